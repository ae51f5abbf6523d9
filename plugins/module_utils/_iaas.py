# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Backup for IaaS + PaaS: the vendor's "Get job information"."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import COUNT, DURATION, TEXT, Field
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME

PATH = "/backup/vm/jobs"

SERVICES = {
    "azure_vm": 1,
    "entra_id": 2,
    "azure_storage": 4,
    "admin_portal_settings": 64,
    "common": 128,
    "amazon_ec2": 256,
    "native_azure_sql": 512,
    "azure_devops": 1024,
    "azure_sql": 2048,
    "azure_ad_b2c": 4096,
    "google_cloud": 8192,
    "aws_settings": 16384,
    "sql_server": 20000,
    "vmware": 21000,
    "google_cloud_storage": 23000,
    "cosmos_db": 24000,
    "postgresql": 25000,
    "amazon_s3": 26000,
    "entra_external_id": 27000,
}


class Iaas(RangedService):
    """The jobs of one tenant. The server cannot filter by status, so the range begins earlier, to include jobs that still run."""

    name = "iaas"
    title = "IaaS + PaaS"
    api = Api(
        name="Cloud Backup for IaaS + PaaS",
        permission="PlatformBackup.ReadWrite.All",
        registration="AvePoint Online Services > App registrations",
        not_found="check region or graph_url, and that Cloud Backup for IaaS + PaaS is part of the subscription",
    )
    scopes = ["PlatformBackup.ReadWrite.All"]
    types = {
        1: "azure_vm_backup",
        2: "azure_vm_restore",
        4: "azure_vm_file_export",
        33: "azure_vm_index_generation",
        64: "data_retention",
        128: "entra_id_backup",
        256: "entra_id_restore",
        257: "entra_id_export",
        1024: "azure_storage_backup",
        2048: "azure_storage_restore",
        4096: "azure_storage_export",
        20003: "admin_portal_settings_backup",
        20004: "admin_portal_settings_export",
        20006: "admin_portal_settings_restore",
        20009: "amazon_ec2_backup",
        20010: "amazon_ec2_restore",
        20012: "native_azure_sql_backup",
        20013: "native_azure_sql_restore",
        20014: "azure_devops_backup",
        20015: "azure_devops_restore",
        20016: "azure_sql_backup",
        20017: "azure_sql_restore",
        20018: "azure_vm_file_restore",
        20019: "azure_ad_b2c_backup",
        20020: "azure_ad_b2c_restore",
        20022: "google_vm_backup",
        20023: "google_vm_restore",
        20024: "google_vm_index_generation",
        20025: "google_vm_file_export",
        30003: "data_deletion",
        40000: "aws_configuration_backup",
        40001: "aws_configuration",
        60000: "sql_server_backup",
        60001: "sql_server_restore",
        60010: "vmware_backup",
        60011: "vmware_restore",
        60100: "postgresql_backup",
        60101: "postgresql_restore",
        70010: "google_cloud_storage_backup",
        70011: "google_cloud_storage_restore",
        70012: "google_cloud_storage_export",
        80000: "cosmos_db_backup",
        80010: "cosmos_db_restore",
        90000: "entra_external_id_backup",
        90001: "entra_external_id_restore",
        90002: "entra_external_id_export",
        90110: "amazon_s3_backup",
        90120: "amazon_s3_restore",
    }
    statuses = {
        0: Status("not_started", "waiting"),
        1: Status("in_progress", "running"),
        2: Status("successful", "succeeded"),
        4: Status("skipped", "skipped"),
        8: Status("exception", "finished_with_exception"),
        16: Status("failed", "failed"),
        32: Status("waiting", "waiting"),
        64: Status("stopped", "stopped"),
    }
    type_names = ("jobType",)
    fields = (
        START_TIME,
        FINISH_TIME,
        Field("duration_hours", DURATION, ("duration",), "Duration"),
        Field("total_count", COUNT, ("totalCount",), "Objects", failed="failed_count"),
        Field("successful_count", COUNT, ("successfulCount",)),
        Field("failed_count", COUNT, ("failedCount",), detail="objects failed"),
        Field("skipped_count", COUNT, ("skippedCount",)),
        Field("comments", TEXT, ("comments",), "Comments", "comments"),
    )
    options = {**RangedService.options, "service": {"type": "str", "choices": list(SERVICES)}}
    filters_status = False
    ids_any_time = True

    def _lists(self) -> t.Sequence[str | None]:
        """The requested job ids, one list each; else a single None for all jobs in the range."""
        return list(self._wanted.values()) or [None]

    def _fetch_page(self, which: str | None, start: str, finish: str, _status: Code | None, number: int) -> Page:
        query = {
            # The server also finds an id in descriptions of other jobs; :meth:`_chosen` drops these.
            "searchText": which,
            "startTime": None if which else start,
            "finishTime": None if which else finish,
            "serviceType": SERVICES.get(self._params["service"]),
            "jobType": self.type_filter(),
            "pageNumber": number - 1,
            "pageSize": self._params["page_size"],
        }
        document = self._client.call("GET", PATH, ANSWER, query)
        jobs = self.read_jobs("jobs", document["jobs"])
        # nextLink is an opaque token.
        more = bool(document["nextLink"]) if "nextLink" in document else None
        return Page(jobs, whole(document.get("totalCount")), more=more)


ANSWER = ListSchema(
    "jobs",
    Iaas.job_schema(),
    {"totalCount": {"type": ["integer", "null"], "minimum": 0}, "nextLink": {"type": ["string", "null"]}},
)
