# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any JSON in the place of an answer, or of any part of one: a result or ``invalid_response``, never an exception."""

from __future__ import annotations

import copy
import json
import threading

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.module_utils import _connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import parse_json
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    GRAPH_URL,
    IDENTITY_URL,
    Time,
    answer,
    params,
)
from ansible_collections.avepoint.cloud.tests.unit.properties import budget

NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 1, 2, 2**31, 2**63, 10**20, -(10**400), 10**400]),
    st.floats(allow_nan=False, allow_infinity=False),
)
TEXTS = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "",
            " ",
            "1",
            "-5",
            "9" * 50,
            "Finished",
            "0001-01-01",
            "2026-01-02T03:04:05Z",
            "\ud800",
            "\x00",
            "\u202e",
            "٣",
        ]
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
NAMES = st.one_of(
    st.text(), st.sampled_from(["data", "result", "jobs", "jobId", "type", "status", "metadata", "totalCount"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)

D365_JOB = {
    "jobId": "DCIB1",
    "type": 1,
    "status": 3,
    "module": "Customer Engagement",
    "startTime": "2026-01-02T03:04:05.678Z",
    "finishTime": "2026-01-02T04:04:05.678Z",
    "durationHours": 1.0,
    "successfulEntity": 1,
    "failedRecord": 0,
    "backupSize": 1024,
    "organizationId": "6a4e0000-0000-4000-8000-000000000001",
    "organizationName": "Example",
}
M365_JOB = {
    "id": "FB1",
    "state": "Finished with exception",
    "startTime": "2026-01-02T03:04:05.678Z",
    "finishTime": "2026-01-02T04:04:05.678Z",
    "duration": "0.011",
    "backupDetails": {"totalNumber": 12, "failedCount": "1"},
    "jobErrors": [{"isErrorCode": True, "value": "Denied", "url": "https://contoso.example", "number": 2}],
}
GOOGLE_JOB = {
    "jobId": "GB1",
    "appType": 1,
    "jobType": "Delete",
    "dataSource": 1,
    "status": 0,
    "progress": 50.0,
    "startTime": "2026-01-02T03:04:05.678Z",
    "finishTime": None,
    "operator": "admin@contoso.example",
}
IAAS_JOB = {
    "jobId": "VB1",
    "jobType": 20003,
    "status": 16,
    "failedCount": 1,
    "totalCount": "12",
    "startTime": "2026-01-02T03:04:05.678Z",
    "finishTime": "2026-01-02T04:04:05.678Z",
    "duration": "1.01:00:00",
    "comments": "",
}
ELEMENTS_JOB = {
    "jobId": "N/A",
    "jobType": 0,
    "jobModule": 0,
    "status": 4,
    "name": "N/A",
    "totalCount": "2430",
    "failedCount": "7",
    "backupSize": "0.01 GB",
    "jobDuration": "1h13m30s",
    "startTime": "N/A",
}
GOOD = {
    "pc": {
        "data": [{"jobId": "a", "type": 1, "status": 2}, {"jobId": "b", "type": 5, "status": 1}],
        "metadata": {"pageIndex": 1, "pageSize": 100, "totalCount": 2},
    },
    "v1": {"totalNumber": 2, "result": [D365_JOB, {**D365_JOB, "jobId": "DCIB2", "status": "In progress"}]},
    "graph": {"totalCount": 1, "nextLink": None, "jobs": [D365_JOB], "pageIndex": 1, "pageSize": 50},
    "m365": {"statusCode": 200, "data": [M365_JOB], "metadata": {"totalNumber": 1, "nextLink": ""}},
    "m365 by id": {"statusCode": 200, "data": M365_JOB, "metadata": None},
    "google": {"status": 200, "message": "", "jobs": [GOOGLE_JOB], "nextLink": ""},
    "iaas": {"totalCount": 1, "jobs": [IAAS_JOB], "nextLink": None},
    "salesforce": {
        "statusCode": 200,
        "data": {
            "totalCount": 1,
            "jobs": [
                {
                    "jobId": 20260102030405,
                    "type": 1,
                    "state": 2,
                    "startTime": "2026-01-02T03:04:05.678Z",
                    "finishTime": "2026-01-02T04:04:05.678Z",
                    "totalRecords": 12,
                    "failedRecords": "0",
                    "dataSize": 2048,
                    "organizationId": "00D000000000001EAA",
                }
            ],
            "nextLink": None,
        },
    },
    "aos": {
        "totalCount": 1,
        "jobs": [
            {
                "id": "a",
                "type": 0,
                "state": 2,
                "startTime": "2026-09-21T05:58:40.4092427+00:00",
                "finishTime": "2026-09-21T06:58:40.4092427+00:00",
                "scanProfileName": "Default",
                "category": 0,
                "extension": None,
            }
        ],
        "nextLink": "",
    },
    "opus": {
        "success": True,
        "message": "",
        "job": {"id": "a", "status": 2, "progress": 75.0, "startTime": "2026-01-02T03:04:05Z", "finishTime": None},
    },
    "elements": {
        "data": [
            {**ELEMENTS_JOB, "jobId": "FB1", "jobType": 7, "jobModule": 302, "endTime": "2026-01-02T04:04:05Z"},
            ELEMENTS_JOB,
            ELEMENTS_JOB,
        ],
        "metadata": {"pageIndex": 1, "pageSize": 100, "totalCount": 3},
    },
    "customers": {
        "data": [{"id": "c1", "organization": "Example"}, {"id": "c2", "organization": None}],
        "metadata": {"pageIndex": 1, "pageSize": 100, "totalCount": 2},
    },
    "token": {"access_token": "run-time-token", "expires_in": 3600, "token_type": "Bearer", "scope": "x"},
}
KINDS = tuple(GOOD)
PC = ("pc", {"customer_id": "c", "tenant_id": "t"})
# Whose answers they are, and with which options they are asked for, where a product of that name is not asked without any.
ASKED: dict[str, tuple[str, dict]] = {
    "pc": PC,
    "token": PC,
    "v1": ("d365", {"api": "v1"}),
    "graph": ("d365", {"api": "graph"}),
    "m365 by id": ("m365", {"job_ids": ["FB1"]}),
    "opus": ("opus", {"job_ids": ["a", "b"]}),
    "elements": ("elements", {"customer_id": "c"}),
    "customers": ("elements", {}),
}


class Api:
    """Answers the token endpoint and the API with these bodies, whatever is asked for; ``lists`` is that of a list of customers."""

    def __init__(self, token: bytes, api: bytes, lists: bytes):
        date = "Mon, 21 Sep 2026 14:13:20 GMT"  # that of the frozen time
        self._token, self._api, self._lists = (answer(body, Date=date) for body in (token, api, lists))
        self.requests = 0
        self.warnings: list[str] = []
        self.stopped = threading.Event()

    def exchange(self, method, url, seconds, **content):
        self.requests += 1
        assert self.requests < 2000, "it never ends"
        if url == IDENTITY_URL:
            return self._token
        return self._lists if url.endswith("/customers/batch") else self._api

    def proxy_for(self, url):
        return None

    def cut(self):
        pass


def result_of(kind: str, body: bytes, **options) -> dict:
    """What a module returns when this is the body of the answer of that kind."""
    bodies = {"token": json.dumps(GOOD["token"]).encode(), kind: body}
    jobs = {"token": "pc", "customers": "elements"}.get(kind)
    api = Api(bodies["token"], json.dumps(GOOD[jobs]).encode() if jobs else body, body)
    product, more = ASKED.get(kind, (kind, {}))
    service = SERVICES[product]
    moment = Time(frozen=True)
    transport = _connect.Transport
    _connect.Transport = lambda *args, **kwargs: api  # type: ignore[assignment, misc]
    try:
        return run(
            service,
            params(
                service,
                client_id="client",
                client_secret="client-secret-0123",
                graph_url=GRAPH_URL,
                identity_url=IDENTITY_URL,
                include_raw=True,
                max_concurrency=1,
                **more,
                **options,
            ),
            timing=moment.timing(),
        )
    finally:
        _connect.Transport = transport  # type: ignore[misc]


def sound(kind: str, body: bytes, **options) -> dict:
    """Whatever the body: a result that Ansible can take, or invalid_response."""
    result = result_of(kind, body, **options)
    # What goes from a module to Ansible: JSON of whole characters.
    json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    if result.get("failed"):
        event("failed")
        assert result["error"]["code"] in ("invalid_response", *(["wait_timeout"] if options else []))
        assert result["msg"].isprintable()
        assert len(result["msg"]) < 600
        if not options:
            assert result["jobs"] == []
    else:
        event("succeeded")
        for job in result["jobs"]:
            assert job["state"] in STATES
            assert isinstance(job["finished"], bool)
            assert (job["job_id"] or "").isprintable()
            assert len(job["job_id"] or "") <= 300
        assert isinstance(result["total_count"], int)
        assert result["summary"]["total"] == len(result["jobs"])
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_answers_are_good(kind):
    assert not result_of(kind, json.dumps(GOOD[kind]).encode()).get("failed")


@pytest.mark.parametrize("kind", KINDS)
@budget(40)
@given(document=ANYTHING)
def test_any_json_in_the_place_of_an_answer(kind, document):
    sound(kind, json.dumps(document).encode())


@pytest.mark.parametrize("kind", KINDS)
# 40 did not find that the total of a list is not checked.
@budget(80)
@given(data=st.data())
def test_any_json_in_the_place_of_any_part_of_an_answer(kind, data):
    document = copy.deepcopy(GOOD[kind])
    holder, step = data.draw(st.sampled_from(places(document)))
    holder[step] = data.draw(ANYTHING)
    sound(kind, json.dumps(document).encode())


def places(node) -> list[tuple]:
    found: list[tuple] = []
    for step, child in list(
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        found += [(node, step), *places(child)]
    return found


@pytest.mark.parametrize("kind", ["pc", "v1"])
@budget(40)
@given(data=st.data())
def test_any_json_in_a_wait(kind, data):
    document = copy.deepcopy(GOOD[kind])
    holder, step = data.draw(st.sampled_from(places(document)))
    holder[step] = data.draw(SCALARS)
    sound(kind, json.dumps(document).encode(), wait=True, wait_timeout=100)


@pytest.mark.parametrize("kind", KINDS)
@budget(60)
@given(data=st.data())
def test_any_bytes_within_an_answer(kind, data):
    body = bytearray(json.dumps(GOOD[kind]).encode())
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 8)))
    body[start:end] = data.draw(st.binary(max_size=8))
    sound(kind, bytes(body))


@budget(100)
@given(body=st.one_of(st.binary(), ANYTHING.map(lambda document: json.dumps(document).encode())))
def test_parsing_reads_or_refuses(body):
    try:
        document = parse_json(body)
    except InvalidResponse as error:
        assert str(error).isprintable()
        assert len(str(error)) < 400
        return
    json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


@budget(60)
@given(document=ANYTHING)
def test_parsing_changes_nothing_but_halves_of_characters(document):
    text = json.dumps(document, ensure_ascii=False)
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return
    assert parse_json(json.dumps(document).encode()) == document
    assert parse_json(text.encode()) == document
