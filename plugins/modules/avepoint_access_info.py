#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_access_info
short_description: Check what works with an app registration, and what to do about what does not
version_added: 1.0.0
description:
  - Tries, for each product, to log in and to read the least that the API can be asked for. It says how far that goes, and what to do where it
    does not go on.
  - It does not fail for what it finds. Look at RV(ok), or use the playbook C(avepoint.cloud.check), which shows a table and fails.
  - A product that does not work does not keep the others from being checked. Hosts and logins that several products share are tried once.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  products:
    description:
      - The products to check. If not set or empty, all of them.
      - An app registration is usually for one product, or for those of one portal; the others fail at the step V(login).
    type: list
    elements: str
    # common: names
    choices:
      - pc
      - d365
      - m365
      - google
      - iaas
      - salesforce
      - aos
      - opus
      - elements
    # end
  customer_id:
    description:
      - For Process Center and AvePoint Elements, the customer whose jobs are asked for.
      - Without it, Process Center is skipped. AvePoint Elements is asked for the customers of the partner, and for the jobs of the first.
    type: str
  tenant_id:
    description:
      - For Process Center, the tenant of O(customer_id) whose jobs are asked for. Without it, Process Center is skipped.
    type: str
  max_retries:
    description:
      - How many times a request is sent again after a fault. Fewer than the other modules have, since whoever checks wants to know of faults.
      - If not set, the environment variable E(AVEPOINT_MAX_RETRIES) is used.
    type: int
    default: 1
notes:
  - For each product, one request is sent to each of its two hosts, which need not know what it is about, then a login, then one for a page with
    a single job, in the range of time that the module of the product has by default. That is one request more where AvePoint Elements lists
    customers, and where Cloud Backup for Dynamics 365 has another API.
  - It always logs in itself, whatever O(share_login) says, since it is to show whether that works now.
  - AvePoint Opus lists no jobs. It is asked for a job that does not exist, and works if it says so with the HTTP status 200, as documented.
    If it says so with 404, that cannot be told from a wrong address, and the check fails.
  - Nothing of this proves that a job can be started.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_pc_jobs_info
  - module: avepoint.cloud.avepoint_d365_jobs_info
"""

EXAMPLES = r"""
# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Check what works
  avepoint.cloud.avepoint_access_info:
    region: us
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
  register: access

- name: Show what does not, and what to do
  ansible.builtin.debug:
    msg: "{{ access.checks | rejectattr('ok') | map(attribute='msg') }}"

- name: Check one product, and stop unless it works
  avepoint.cloud.avepoint_access_info:
    products: [d365]
    client_id: "{{ avepoint_client_id }}"
    client_certificate: /etc/avepoint/client.pfx
    client_certificate_password: "{{ avepoint_certificate_password }}"
    region: us
  register: access
  failed_when: not access.ok

- name: Warn a quarter of a year before the certificate ends
  ansible.builtin.debug:
    msg: "The certificate {{ access.certificate.subject }} ends on {{ access.certificate.not_after }}."
  when: access.certificate.days_left < 90
"""

RETURN = r"""
ok:
  description:
    - Whether every product that was not skipped works. False if all were skipped.
  returned: always
  type: bool
  sample: false
checks:
  description: What came of each product, in the order of O(products).
  returned: always
  type: list
  elements: dict
  contains:
    product:
      description: The name of the product, one of the choices of O(products).
      type: str
    title:
      description: What it is called.
      type: str
    ok:
      description: Whether all steps have passed.
      type: bool
    skipped:
      description:
        - Whether an option is missing without which nothing can be asked, RV(checks[].msg) says which. That is O(region) or O(graph_url),
          and for Process Center O(customer_id) and O(tenant_id).
        - Missing credentials are no reason to skip a product.
      type: bool
    step:
      description:
        - The first step that is not known to have passed. Null if all have passed, and if the product was skipped.
        - V(settings), if an option cannot be used, credentials are missing, or a library is not installed.
        - V(connect), if the host of the logins or that of the API cannot be reached. Names are resolved, connections made, through the proxy if
          there is one, and certificates checked.
        - V(login), if there is no token, or the API does not accept it.
        - V(permission), if the API does not give what was asked for, as with the HTTP statuses 403, 404, 429 and 500.
        - V(contract), if the answer is not as it is documented, or the API refuses the request as wrong.
      type: str
    msg:
      description: What is wrong, and what to do.
      type: str
    error:
      description: The same for programs, as the other modules return it when they fail. Null for a product that works.
      type: dict
      contains:
        code:
          description: The same codes as those of the other modules.
          type: str
        http_status:
          description: The HTTP status of the answer, if there was one.
          type: int
        request_id:
          description: What AvePoint's support asks for, if the server sent one.
          type: str
    seconds:
      description: How long it took, with what it shares with other products.
      type: float
    login:
      description: By what it logs in, V(client secret), V(client certificate) or V(access token). Null if that is not known.
      type: str
    scopes:
      description: The scopes that were granted, as the server says it. Null if it does not, or there was no login.
      type: list
      elements: str
    permission:
      description: The permission that the app needs.
      type: str
    registration:
      description: The portal where the app is registered.
      type: str
    hosts:
      description: The hosts that are needed, each with its port if that is not the usual one.
      type: list
      elements: str
    proxy:
      description: The host and port of the proxy through which the API is reached, or null.
      type: str
    warnings:
      description: What is no failure, such as a login that grants less than was asked for. The module warns of it, too.
      type: list
      elements: str
  sample:
    - product: d365
      title: Cloud Backup for Dynamics 365
      ok: false
      skipped: false
      step: permission
      msg: "Cloud Backup for Dynamics 365 denied access: give the app the permission Dynamics.ReadWrite.All in AvePoint Online Services > App
        registrations, with consent (HTTP 403)."
      error: {code: permission_denied, http_status: 403, request_id: 0f4c9a0d}
      seconds: 1.204
      login: client certificate
      scopes: [Dynamics.ReadWrite.All]
      permission: Dynamics.ReadWrite.All
      registration: AvePoint Online Services > App registrations
      hosts: [identity.avepointonlineservices.com, graph-us.avepointonlineservices.com]
      proxy: proxy.example.com:3128
      warnings: []
clock_skew:
  description:
    - By how many seconds the clock of a server is ahead of this machine's, by the C(Date) header of its answers, as far as the time that the
      request took cannot explain it. Negative if it is behind, null if no answer said. Of several servers, the one that differs most.
  returned: always
  type: float
  sample: 0.0
certificate:
  description: The certificate that is used to log in, or null.
  returned: always
  type: dict
  sample: {subject: CN=client, not_after: "2027-01-01T00:00:00Z", days_left: 200}
  contains:
    subject:
      description: Whose it is, as RFC 4514 writes it.
      type: str
    not_after:
      description: When it ends, in ISO 8601 and UTC.
      type: str
    days_left:
      description: The whole days until then, negative when it has ended. Below 30, this and all other modules warn.
      type: int
duration:
  description: The seconds that the whole call took.
  returned: always
  type: float
  sample: 1.731
"""

from ansible_collections.avepoint.cloud.plugins.module_utils import _python


def main():
    _python.require_supported()  # the imports below need Python 3.9
    from ansible_collections.avepoint.cloud.plugins.module_utils._access import OPTIONS, check_access
    from ansible_collections.avepoint.cloud.plugins.module_utils._module import finish, start

    module = start(OPTIONS)
    finish(module, check_access(module.params))


if __name__ == "__main__":
    main()
