# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tenants
short_description: The tenants of AvePoint Elements as an inventory
version_added: 1.0.0
description:
  - Makes every customer tenant in Baseline Management (AvePoint Elements) a host, with its status as variables.
  - All hosts are in the group C(avepoint_tenants). A tenant is not a machine, so plays over tenants need C(connection=local).
  - Each host has C(avepoint_customer_id), C(avepoint_tenant_id), C(avepoint_tenant_name), C(avepoint_tenant_status),
    C(avepoint_tenant_status_id), C(avepoint_drift_detected) (a number), C(avepoint_drift_detected_time),
    C(avepoint_last_deployed_time), C(avepoint_auto_alignment) (true or false), and C(avepoint_applied_baselines), a list
    of C(baseline_id), C(baseline_name) and C(version).
  - The statuses are V(connected), V(deployed_with_exception), V(deploying), V(deployment_draft_saved), V(deployment_failed),
    V(expired), V(deployed), V(restore_failed), V(restored), V(restored_with_exception), V(restoring), V(retrieving_settings),
    V(review_deployment), V(review_restore), V(scheduled_deployment), V(scheduled_restore), V(settings_retrieval_failed),
    and V(unknown) for any other.
  - Text from the server is never evaluated as a template.
  - The configuration is a file whose name ends in C(avepoint_tenants.yml) or C(avepoint_tenants.yaml).
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  plugin:
    description:
      - The name of this plugin.
    type: str
    required: true
    choices: [avepoint.cloud.tenants]
  tenant_ids:
    description:
      - Only the tenants with these ids, compared without regard to case. If not set, all tenants.
    type: list
    elements: str
  hostname:
    description:
      - What the names of the hosts are made from. They consist of the letters C(a) to C(z), digits and hyphens.
      - V(stable) is the tenant's name and eight characters made from its ids, such as C(example-trading-1f3870be). The name of
        a host does not depend on which other tenants there are.
      - V(name) is the tenant's name, such as C(example-trading). All tenants that share a name also get the eight characters.
      - V(id) is the tenant's id.
      - If another source has another tenant as a host of the same name, as can be with V(name) and V(id), this source fails.
    type: str
    choices: [stable, name, id]
    default: stable
  page_size:
    description:
      - How many tenants to request at a time, V(1) to V(100).
    type: int
    default: 100
  max_concurrency:
    description:
      - How many requests may be in progress at once, V(1) to V(16).
    type: int
    default: 4
notes:
  - A source gives all its tenants or none. The variable C(avepoint_tenants_sources) of the group C(avepoint_tenants) has what became of
    each source, an empty text or why it is not whole, which the playbook C(avepoint.cloud.gate_tenants) refuses.
  - The app is registered in AvePoint Elements under API app registration, and needs the permission
    C(elements.bm.tenant.read.all) or C(elements.bm.tenant.readwrite.all).
  - The connection options may be templates, such as C({{ lookup('ansible.builtin.env', 'NAME') }}), and vaulted.
  - When the tenants cannot be read, Ansible warns and goes on with an empty inventory, unless E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED)
    is true. Set it, so that a playbook does not pass because there were no tenants.
extends_documentation_fragment:
  - avepoint.cloud.environment
  - avepoint.cloud.connection
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
seealso:
  - module: avepoint.cloud.avepoint_pc_jobs_info
"""

EXAMPLES = r"""
# customers.avepoint_tenants.yml needs no more than one line, if AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET are set:
# plugin: avepoint.cloud.tenants

# Groups by status and by baseline, a group of tenants with drift, and a variable of your own
plugin: avepoint.cloud.tenants
client_id: 00000000-0000-4000-8000-000000000001
client_certificate: /etc/avepoint/client.pfx
client_certificate_password: "{{ lookup('ansible.builtin.env', 'CERTIFICATE_PASSWORD') }}"
hostname: name
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /var/cache/avepoint
cache_timeout: 3600
groups:
  drifted: avepoint_drift_detected > 0
keyed_groups:
  - prefix: status
    key: avepoint_tenant_status
  - prefix: baseline
    key: avepoint_applied_baselines | map(attribute='baseline_name')
compose:
  has_baseline: avepoint_applied_baselines | length > 0
"""

import collections
import hashlib
import re
import typing as t
import unicodedata

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_connection
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import sentence
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import same_id
from ansible_collections.avepoint.cloud.plugins.module_utils._options import CONNECTION
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._tenants import Tenants
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, mask
from ansible_collections.avepoint.cloud.plugins.plugin_utils._inventory_sources import GROUP, SOURCES, SUFFIXES
from ansible_collections.avepoint.cloud.plugins.plugin_utils._token_folder import TokenFolder
from ansible_collections.avepoint.cloud.plugins.plugin_utils._unsafe import never_template

# The name of the host variable for each property of a tenant.
VARIABLES = {
    "customer_id": "avepoint_customer_id",
    "tenant_id": "avepoint_tenant_id",
    "name": "avepoint_tenant_name",
    "status": "avepoint_tenant_status",
    "status_id": "avepoint_tenant_status_id",
    "drift_detected": "avepoint_drift_detected",
    "drift_detected_time": "avepoint_drift_detected_time",
    "last_deployed_time": "avepoint_last_deployed_time",
    "auto_alignment": "avepoint_auto_alignment",
    "applied_baselines": "avepoint_applied_baselines",
}

# Host names with a special meaning in Ansible.
RESERVED = frozenset(("localhost", "all", "ungrouped"))

LONGEST_NAME = 50

# The end of a host name with a digest, which makes it unique.
MARKED = re.compile(r"-[0-9a-f]{8}(?:[0-9a-f]{24})?\Z")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "avepoint.cloud.tenants"
    inventory: InventoryData

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(SUFFIXES)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            self._configure(path)
            tenants = self._cached(path) if cache else None
            if tenants is None:
                tenants = self._read()
                if self.get_option("cache"):
                    self._cache[self.get_cache_key(path)] = {"tenants": tenants}
            self._populate(tenants)
        except Exception as error:
            # Ansible goes on with the other sources, so the failure is stored for playbooks that need all tenants.
            self._mark(path, clean(str(error), 1000))
            raise
        self._mark(path, self._not_found(tenants))

    def _not_found(self, tenants: list[dict]) -> str:
        """A sentence about the ids of ``tenant_ids`` that were not found; empty if there are none. Also shows a warning."""
        found = {same_id(tenant["tenant_id"]) for tenant in tenants}
        wanted = [tenant_id.strip() for tenant_id in self.get_option("tenant_ids") or ()]
        missing = [clean(tenant_id, 100) for tenant_id in wanted if same_id(tenant_id) not in found]
        if not missing:
            return ""
        text = f"tenant_ids has ids that are not there: {', '.join(missing)}"
        self.display.warning(f"{text}. Take them out, or look at them in AvePoint Elements.")
        return text

    def _mark(self, path: str, problem: str) -> None:
        """Stores why this source is incomplete, or an empty text, in a variable of the group of all tenants."""
        self.inventory.add_group(GROUP)
        marks = {**self.inventory.groups[GROUP].vars.get(SOURCES, {}), path: problem}
        self.inventory.set_variable(GROUP, SOURCES, never_template(marks))

    def _configure(self, path: str) -> None:
        config = self._read_config_data(path)
        unknown = [str(name) for name in config if name != "plugin" and name not in self._options]
        if unknown:
            raise AnsibleParserError(
                f"{path} has options that avepoint.cloud.tenants does not know: {', '.join(unknown)}"
            )
        self.templar.available_variables = self._vars
        texts = {name: config[name] for name in CONNECTION if isinstance(config.get(name), str)}
        if texts:
            self.set_options(direct={**config, **self.templar.template(texts)}, var_options=self._vars)

    def _cached(self, path: str) -> list[dict] | None:
        """The tenants in the cache; None if there are none, or if another release of the collection wrote them."""
        if not self.get_option("cache"):
            return None
        try:
            tenants = self._cache[self.get_cache_key(path)]["tenants"]
            return tenants if all(tenant.keys() == VARIABLES.keys() for tenant in tenants) else None
        except (KeyError, TypeError, AttributeError):
            return None

    def _read(self) -> list[dict]:
        """Queries the server for the tenants.

        :raises AnsibleParserError: with the message that a module would return, without secrets.
        """
        names = (*CONNECTION, "tenant_ids", "page_size", "max_concurrency")
        params = {name: self.get_option(name) for name in names}
        secrets = Secrets(secrets_in(params))
        client = None
        try:
            params = Tenants.check_options(check_connection(params, Tenants))
            secrets.add(*secrets_in(params))
            client = connect(params, Tenants, secrets, tokens=TokenFolder(constants.DEFAULT_LOCAL_TMP))
            service = Tenants(params, client)
            tenants = service.read()
        except AvePointError as error:
            raise AnsibleParserError(sentence(error, secrets)) from None
        finally:
            for warning in client.warnings() if client else ():
                self.display.warning(mask(warning, secrets))
        if service.unknown:
            self.display.warning(
                f"{Tenants.api.name} answered with statuses of tenants that are not documented "
                f"({', '.join(sorted(map(str, service.unknown)))}): they are unknown here; "
                "please report this to the collection's issue tracker."
            )
        return tenants

    def _populate(self, tenants: list[dict]) -> None:
        """Adds the hosts, groups and variables of all tenants, or of none if one of them cannot be constructed."""
        inventory, added = self.inventory, InventoryData()
        added.current_source = inventory.current_source
        self.inventory = added
        try:
            self._construct(tenants, inventory)
        finally:
            self.inventory = inventory
        taken = sorted(
            host.name for host in added.hosts.values() if _is_other_tenant(inventory.hosts.get(host.name), host)
        )
        if taken:
            # Ansible would make them one host, with the variables of the tenant that is read last.
            raise AnsibleParserError(
                f"another source has other tenants as hosts of these names: {', '.join(taken)}; set hostname: stable in both"
            )
        for group in added.groups.values():
            inventory.add_group(group.name)
        for host in added.hosts.values():
            inventory.add_host(host.name)
            for name, value in host.vars.items():
                inventory.set_variable(host.name, name, value)
        for group in added.groups.values():
            for child in (*group.child_groups, *group.hosts):
                inventory.add_child(group.name, child.name)

    def _construct(self, tenants: list[dict], inventory: InventoryData) -> None:
        self.inventory.add_group(GROUP)
        strict = self.get_option("strict")
        for host, tenant in zip(host_names(tenants, self.get_option("hostname")), tenants):
            variables = never_template({VARIABLES[name]: value for name, value in tenant.items()})
            self.inventory.add_host(host, group=GROUP)
            # Expressions of compose, groups and keyed_groups may use variables that other sources set on the host.
            for name, value in (inventory.hosts[host].vars if host in inventory.hosts else {}).items():
                self.inventory.set_variable(host, name, value)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._set_composite_vars(self.get_option("compose"), variables, host, strict)
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict)


def _is_other_tenant(known: t.Any, host: t.Any) -> bool:
    """Whether ``known``, a host of the inventory or None, is a tenant of another source, and not the tenant of ``host``."""
    if known is None or GROUP not in [group.name for group in known.groups]:
        return False
    names = [VARIABLES[name] for name in ("customer_id", "tenant_id")]
    return any(name in known.vars and same_id(str(known.vars[name])) != same_id(str(host.vars[name])) for name in names)


def host_names(tenants: t.Sequence[dict], form: str) -> list[str]:
    """A unique host name for each tenant, in the same order. The names do not depend on the order.

    :arg tenants: with ``name``, ``customer_id`` and ``tenant_id``
    :arg form: the value of the option ``hostname``
    """
    plain = [_plain(tenant["tenant_id" if form == "id" else "name"]) for tenant in tenants]
    digests = [_digest(tenant) for tenant in tenants]
    marked = [f"{name}-{digest[:8]}" for name, digest in zip(plain, digests)]
    names = marked
    if form != "stable":
        counts = collections.Counter(plain)
        names = [
            long if counts[name] > 1 or name in RESERVED or MARKED.search(name) else name
            for name, long in zip(plain, marked)
        ]
    counts = collections.Counter(names)
    return [name if counts[name] == 1 else f"{short}-{digest}" for name, short, digest in zip(names, plain, digests)]


def _plain(text: str) -> str:
    """``text`` with only the letters a to z, digits and single hyphens, at most LONGEST_NAME characters."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower())[:LONGEST_NAME].strip("-") or "tenant"


def _digest(tenant: dict) -> str:
    ids = f"{tenant['customer_id']}/{tenant['tenant_id']}".casefold()
    return hashlib.sha256(ids.encode()).hexdigest()[:32]
