# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options for the login and the connection to the API.
    DOCUMENTATION = r"""
options:
  client_id:
    description:
      - The application (client) id of the app registration.
      - Needed with O(client_secret) and with O(client_certificate).
      - If not set, the environment variable E(AVEPOINT_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - The client secret of the app registration.
      - Exactly one of O(client_secret), O(client_certificate) and O(access_token) is needed. One that the task sets takes precedence
        over another one in the environment.
      - If not set, the environment variable E(AVEPOINT_CLIENT_SECRET) is used.
    type: str
  client_certificate:
    description:
      - A certificate with its RSA private key, to log in with instead of a secret.
      - The path of one PEM file with both, or of a PFX (PKCS#12) file. It is read on the machine where the task runs.
        If that is the controller, a relative path begins where the command was started.
      - Or the content of such a file, as CI servers keep it in a variable. PEM as it is, also where its ends of lines have become spaces or
        C(\n); PFX or PEM in base64. It is treated as a secret then.
      - If not set, the environment variable E(AVEPOINT_CLIENT_CERTIFICATE) is used.
    type: path
  client_certificate_password:
    description:
      - The password of O(client_certificate), if it has one.
      - If not set, the environment variable E(AVEPOINT_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  access_token:
    description:
      - A bearer token to use as it is. No token is requested, and this one cannot be renewed when it expires.
      - If not set, the environment variable E(AVEPOINT_ACCESS_TOKEN) is used.
    type: str
  scopes:
    description:
      - The OAuth scopes to request. If not set, the one that is needed.
      - AvePoint refuses long lists, and C(Dynamics.ReadWrite.All) together with others.
    type: list
    elements: str
  cloud_environment:
    description:
      - The AvePoint environment of the tenant. It determines the token endpoint and the address of the API.
      - V(commercial) is AvePoint Online Services with all its public data centers, V(us_gov) AvePoint Online Services for
        U.S. Government, V(aos2) the AOS2 environment, and V(fedramp) the FedRAMP environment at Project Hosts.
      - If not set, the environment variable E(AVEPOINT_CLOUD_ENVIRONMENT) is used.
    type: str
    choices: [commercial, us_gov, aos2, fedramp]
    default: commercial
  region:
    description:
      - The data center of a tenant in O(cloud_environment=commercial).
      - One of V(au), V(sg), V(ca), V(ne), V(we), V(fr), V(de), V(jp), V(kr), V(ch), V(uk), V(us), V(uae), V(za), V(qa)
        and V(gcp-au), V(gcp-jp), V(gcp-us), V(gcp-we), V(gcp-kr).
      - If not set, the environment variable E(AVEPOINT_REGION) is used.
    type: str
  graph_url:
    description:
      - The base URL of the API, instead of the one that follows from O(cloud_environment) and O(region).
      - Plain C(http://) is accepted for loopback addresses only.
      - If not set, the environment variable E(AVEPOINT_GRAPH_URL) is used.
    type: str
  identity_url:
    description:
      - The complete URL of the token endpoint, instead of the one that follows from O(cloud_environment).
      - Plain C(http://) is accepted for loopback addresses only.
      - If not set, the environment variable E(AVEPOINT_IDENTITY_URL) is used.
    type: str
  share_login:
    description:
      - Whether tasks of one run that log in alike share an access token, over all hosts. It is kept in the temporary folder of that
        run, which only its user can read, and which Ansible removes at the end.
      - Holds for what runs in the process of C(ansible-playbook), which is nearly everything on localhost. A module that runs
        elsewhere, or as a process of its own, logs in by itself.
      - If not set, the environment variable E(AVEPOINT_SHARE_LOGIN) is used.
    type: bool
    default: true
  validate_certs:
    description:
      - Whether to verify the certificates of the servers. Switch this off for tests only.
      - If not set, the environment variable E(AVEPOINT_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - The path of a bundle of CA certificates to trust instead of the usual ones, or of a folder that C(openssl rehash) was run on.
      - On the controller, a relative path begins where the command was started.
      - If not set, the environment variable E(AVEPOINT_CA_PATH) is used, then E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE).
    type: path
  proxy:
    description:
      - The URL of an HTTP proxy for all requests but those with plain C(http://), which are for this machine itself. SOCKS proxies are refused.
      - If not set, the environment variable E(AVEPOINT_PROXY) is used, then E(HTTPS_PROXY), E(ALL_PROXY) and E(NO_PROXY).
    type: str
  request_timeout:
    description:
      - How many seconds one HTTP request may take as a whole, from connecting to the last byte of the answer.
      - If not set, the environment variable E(AVEPOINT_REQUEST_TIMEOUT) is used.
    type: float
    default: 30.0
  max_retries:
    description:
      - How many times a request is sent again after a fault, which is a failed connection, no answer in time, or one of the
        HTTP statuses 429, 500, 502, 503 and 504. V(0) means never.
      - If not set, the environment variable E(AVEPOINT_MAX_RETRIES) is used.
    type: int
    default: 5
  max_retry_delay:
    description:
      - The longest pause before a request is sent again, in seconds, even if the server asks for a longer one.
      - If not set, the environment variable E(AVEPOINT_MAX_RETRY_DELAY) is used.
    type: float
    default: 60.0
notes:
  - If the environment variable E(AVEPOINT_RECORD) names a folder, every request and its answer are written there, fit for a public bug
    report, without secrets and with made-up ids, names and addresses. The page on troubleshooting says how.
requirements:
  - python >= 3.9
  - requests >= 2.28
  - jsonschema >= 4.0.1
  - PyJWT >= 2.4 with cryptography >= 39 (for O(client_certificate))
"""
