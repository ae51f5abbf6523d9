# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The environment variables of the connection options, for plugins other than modules: Ansible reads those from their
    # documentation. It has to stand before avepoint.cloud.connection in a list of fragments. A unit test compares it with the
    # table that modules use. The certificate's path has the type str here, because Ansible would change a certificate that was
    # pasted in place of its path, and the collection would no longer recognise it.
    DOCUMENTATION = r"""
options:
  client_id:
    env:
      - name: AVEPOINT_CLIENT_ID
  client_secret:
    env:
      - name: AVEPOINT_CLIENT_SECRET
  client_certificate:
    type: str
    env:
      - name: AVEPOINT_CLIENT_CERTIFICATE
  client_certificate_password:
    env:
      - name: AVEPOINT_CLIENT_CERTIFICATE_PASSWORD
  access_token:
    env:
      - name: AVEPOINT_ACCESS_TOKEN
  cloud_environment:
    env:
      - name: AVEPOINT_CLOUD_ENVIRONMENT
  region:
    env:
      - name: AVEPOINT_REGION
  graph_url:
    env:
      - name: AVEPOINT_GRAPH_URL
  identity_url:
    env:
      - name: AVEPOINT_IDENTITY_URL
  share_login:
    env:
      - name: AVEPOINT_SHARE_LOGIN
  validate_certs:
    env:
      - name: AVEPOINT_VALIDATE_CERTS
  ca_path:
    env:
      - name: AVEPOINT_CA_PATH
  proxy:
    env:
      - name: AVEPOINT_PROXY
  request_timeout:
    env:
      - name: AVEPOINT_REQUEST_TIMEOUT
  max_retries:
    env:
      - name: AVEPOINT_MAX_RETRIES
  max_retry_delay:
    env:
      - name: AVEPOINT_MAX_RETRY_DELAY
"""
