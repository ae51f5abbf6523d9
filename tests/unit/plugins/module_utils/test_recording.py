# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A recording shows what was said, and nothing of who said it; and it can be answered from."""

from __future__ import annotations

import asyncio
import base64
import collections
import errno
import importlib.util
import json
import os
import re
import stat
import sys
import types
import typing as t
import uuid
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.inventory import tenants as inventory
from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils import _recording as recording
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ConnectionFailed
from ansible_collections.avepoint.cloud.plugins.module_utils._pseudonyms import Pseudonyms, known
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.tests.simulator import client as simulated
from ansible_collections.avepoint.cloud.tests.simulator.client import Simulator
from ansible_collections.avepoint.cloud.tests.unit.conftest import PASSWORD, PROXY_CREDENTIALS
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    Cloud,
    answer,
    failed,
    succeeded,
)
from ansible_collections.avepoint.cloud.tests.unit.properties import budget

MASK = "********"
KEY = b"k" * 32
HOUR = 3600
FORKS = 3
SOURCE = Path(simulated.__file__).parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "jobs.py"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where recordings go from now on."""
    monkeypatch.setenv("AVEPOINT_RECORD", str(tmp_path / "recording"))
    return tmp_path / "recording"


def words(text: str) -> set[str]:
    return set(text.split())


def documents(folder: Path) -> list[dict]:
    return [json.loads(path.read_text("ascii")) for path in sorted(folder.iterdir())]


def recorded(
    tmp_path: Path, answered: t.Any, url: str = "https://graph.example.test/aos/jobs", **content: t.Any
) -> dict:
    """What is recorded of one exchange."""
    folder = tmp_path / uuid.uuid4().hex
    found = recording.Recording(str(folder), Secrets())
    found.add("POST", url, content, 1_790_000_000.0, answered)
    assert found.warnings == []
    (document,) = documents(folder)
    return document


# Made-up values


def test_what_stays_is_what_the_api_says():
    made_up = Pseudonyms(KEY)
    document = {
        "status": 17,
        "state": "Almost finished",
        "jobType": "7",
        "type": 20003,
        "startTime": "2024-09-26T05:58:40.4092427+00:00",
        "duration": "1.02:03:04",
        "jobDuration": "2m33s",
        "backupSize": "0.01 GB",
        "totalCount": "2430",
        "failedNumber": 7,
        "jobId": "N/A",
        "comments": None,
        "extension": "",
        "organizationId": "00000000-0000-0000-0000-000000000000",
        "isErrorCode": False,
        "scope": "microsoft365backup.jobInfo.read.all PlatformBackup.ReadWrite.All",
        "message": "The value of 'pageSize' must be a whole number from 1 to 100, not 2 2026-01-01 10:00.",
        "error": "invalid_client",
        "errors": [{"code": "invalidArgument", "field": "pageInfo.currentPage"}],
    }
    assert made_up.document(document) == document
    url = "/partner/external/v3/bm/customers/batch?pageIndex=2&startTime=2026-01-01T00%3A00%3A00Z"
    assert made_up.url(url) == url


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("550e8400-e29b-41d4-a716-446655440000", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("550E8400E29B41D4A716446655440000", r"[0-9A-F]{32}"),
        ("DCIB2022081903124382222110", r"[A-Z]{4}[0-9]{22}"),
        ("00D5e000000abcDEAQ", r"[0-9]{2}[A-Z][0-9][a-z][0-9]{6}[a-z]{3}[A-Z]{4}"),
        ("7000123", r"[1-9][0-9]{6}"),
        ("Example Trading", r"X-[0-9A-F]{12}"),
        ("someone@contoso.example", r"x-[0-9a-f]{12}@x-[0-9a-f]{12}\.example"),
        ("graph-us.contoso.example:8443", r"x-[0-9a-f]{12}\.example"),
        ("192.0.2.77", r"x-[0-9a-f]{12}\.example"),
        (
            "https://me:pass@a.example/jobs/payroll?status=2&customerId=c1#top",
            r"https://x-[0-9a-f]{12}\.example/jobs/x-[0-9a-f]{12}\?status=2&customerId=x-[0-9a-f]{12}#x-[0-9a-f]{12}",
        ),
    ],
)
def test_what_is_made_up_has_the_form_of_what_it_stands_for(text, form):
    found = Pseudonyms(KEY).text(text)
    assert re.fullmatch(form, found), found
    assert found == Pseudonyms(KEY).text(text)
    assert found != Pseudonyms(b"another key" * 3).text(text)


# Where something can turn up that nobody has put there in the examples of the vendor.
HIDDEN = "Geheimhaus-Nord"
GUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    "body",
    [
        {HIDDEN: 1},
        {GUID: {"status": 2}},
        {"data": {"name": HIDDEN}},
        {"tenantName": HIDDEN, "unheardOf": HIDDEN, "comments": f"{HIDDEN} has failed"},
        {
            "message": f"The customer {HIDDEN} ({GUID}) was not found at https://{HIDDEN}.example/{GUID}: ask a.b@{HIDDEN}.example"
        },
        {"errors": [{"field": f"customers['{HIDDEN}']", "code": f"{HIDDEN}!", "message": f"'{HIDDEN}'=[{GUID}]"}]},
        {"requestId": GUID, "traceId": HIDDEN},
        {"message": f"tenantId:{GUID} customer:{HIDDEN}, user={HIDDEN}; {HIDDEN}\\{HIDDEN}"},
        {"error": f"The user {HIDDEN} has no access", "code": f"No {HIDDEN}", "location": HIDDEN},
        {"error": {"message": HIDDEN, "innerError": {HIDDEN: f"//{HIDDEN}/{GUID}"}}},
        {"status": f"{HIDDEN}.example", "scope": f"api://{GUID}/.default"},
        {"nextLink": f"https://graph.example/aos/jobs?skiptoken={HIDDEN}&{HIDDEN}=1", "jobs": [[HIDDEN]]},
        {"nextLink": f"/jobs?{HIDDEN}"},
        [HIDDEN],
        HIDDEN,
        {"totalCount": HIDDEN, "duration": HIDDEN, "startTime": f"2026-01-01 {HIDDEN}"},
        {"message": "Call +49 304 711 815 or 304 711 815 (304 711 815)", "detail": "304 711 815"},
        {"\u202e" + HIDDEN: "\x1b" + HIDDEN, "message": f"\x1b[31m{HIDDEN}\x07\n{HIDDEN.upper()}"},
    ],
    ids=str,
)
def test_a_name_is_found_wherever_it_is(tmp_path, body):
    text = json.dumps(recorded(tmp_path, answer(body))).lower()
    for needle in ("geheimhaus", GUID, GUID[:8], "a.b@", "304 711"):
        assert needle not in text
    assert "\\u001b" not in text


@pytest.mark.parametrize(
    ("name", "number", "stays"),
    [
        ("jobId", 700012345678, False),
        ("jobId", 7654321, False),
        ("customerNumber", 4242424, False),
        ("sequence", 1234567, False),
        ("sequence", 3, True),
        ("type", 90120, True),
        ("totalCount", 1234567, True),
        ("dataSize", 123456789012, True),
        ("status", 10**20, False),
        ("number", 491701234567, False),
        ("number", "491701234567", False),
        ("number", 12, True),
        ("state", 700012345678, False),
    ],
)
def test_a_number_that_may_be_an_id(tmp_path, name, number, stays):
    found = recorded(tmp_path, answer({name: number}))["answer"]["json"][name]
    assert len(str(found)) == len(str(number))
    assert (found == number) == stays


def test_a_secret_is_masked_wherever_it_is(tmp_path):
    form = {"grant_type": "client_credentials", "client_id": GUID, "client_secret": "hidden-0123456789"}
    body = {
        "access_token": "token-0123456789",
        "refresh_token": "other",
        "idToken": "third",
        "message": "It was hidden-0123456789.",
    }
    document = recorded(tmp_path, answer(body), data=form, bearer="bearer-0123456789")
    sent = document["request"]["form"]
    assert sent.pop("client_id") not in (GUID, MASK)
    assert sent == {"grant_type": "client_credentials", "client_secret": MASK}
    told = document["answer"]["json"]
    assert [told[name] for name in ("access_token", "refresh_token", "idToken")] == [MASK] * 3
    assert told["message"] == f"It was {MASK}."
    assert "bearer" not in json.dumps(document).lower()


def test_of_headers_a_few_are_kept(tmp_path):
    headers = {
        "Date": "Thu, 26 Nov 2026 04:20:53 GMT",
        "Retry_After": "30",
        "Content_Type": f"application/json; name={HIDDEN}",
        "Set_Cookie": HIDDEN,
        "Server": HIDDEN,
        "WWW_Authenticate": f'Bearer realm="{HIDDEN}"',
        "Location": f"https://{HIDDEN}.example/login?customerId={GUID}",
        "request_id": GUID,
    }
    found = recorded(tmp_path, answer({}, 302, **headers))["answer"]["headers"]
    location = found.pop("Location")
    assert location.count("/login?customerId=") == 1
    assert HIDDEN not in location
    assert re.fullmatch(r"[0-9a-f-]{36}", found.pop("request-id"))
    assert found == {
        "Date": headers["Date"],
        "Retry-After": "30",
        "Content-Type": "(another)",
        "WWW-Authenticate": "Bearer",
    }
    assert HIDDEN not in str(found)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"<html>Geheimhaus</html>", "html"),
        (b"Geheimhaus", "text"),
        (b'{"name": "Geheimhaus', "broken json"),
        (b'{"a": NaN}', "broken json"),
        (b"\xff\xfeGeheimhaus", "bytes"),
        (b'{"a":' * 10000, "broken json"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_json_is_cut_to_its_kind_and_length(tmp_path, body, kind):
    document = recorded(tmp_path, answer(body))
    assert document["answer"]["body"] == {"kind": kind, "bytes": len(body)}
    assert "json" not in document["answer"]


def test_a_failure_is_recorded_without_names(tmp_path):
    error = ConnectionFailed(f"the server's certificate is not trusted (hostname mismatch for '{HIDDEN}.example')")
    found = recorded(tmp_path, error)["failure"]
    assert found["code"] == "connection_failed"
    assert found["message"].startswith("the server's certificate is not trusted (")
    assert HIDDEN.lower() not in found["message"].lower()


TEXTS = st.one_of(
    st.text(max_size=60),
    st.uuids().map(str),
    st.integers(0, 10**30).map(str),
    st.emails(),
    st.from_regex(r"[A-Z]{2,4}[0-9]{4,20}", fullmatch=True),
    st.from_regex(
        r"https?://[a-z]{1,9}\.[a-z]{2,5}/[A-Za-z0-9/%._-]{0,30}(\?[a-z]{1,5}=[a-z0-9]{1,5})?", fullmatch=True
    ),
)


@budget(50)
@given(TEXTS, TEXTS)
def test_the_same_for_the_same_and_never_for_another(one, other):
    first, second = Pseudonyms(KEY), Pseudonyms(KEY)
    assert first.text(one) == second.text(one)
    if one.isascii():
        assert first.text(one).lower() == first.text(one.lower()).lower()
    if (
        one.isascii()
        and other.isascii()
        and not {"://", "/", "@"} & {part for part in ("://", "/", "@") if part in one + other}
    ):
        # What differs in more than capitals is told apart (but for a host's port, which goes with it).
        assert (first.text(one).lower() == first.text(other).lower()) == (
            one.lower() == other.lower()
        ) or ":" in one + other
    assert len(first.document({one: [other, {other: one}], one.swapcase(): 1})) == len({one, one.swapcase()})


# Anywhere in a document, under names of the APIs' own and others, alone and in other texts.
HIDING = "Geheimhaus-Nord 4711"
NAMES = st.sampled_from(
    sorted(
        {
            "status",
            "jobId",
            "message",
            "nextLink",
            "totalCount",
            "scope",
            "field",
            "value",
            "error",
            "location",
            "x",
            HIDING,
        }
    )
)
PLACES = st.sampled_from(
    ["{}", "The job of {} has failed.", "https://a.example/{}?id={}", "id:{}", "{}@a.example", "2026-01-01 {}", "'{}'"]
)
DOCUMENTS = st.recursive(
    PLACES.map(lambda place: place.replace("{}", HIDING)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@budget(50)
@given(DOCUMENTS, NAMES)
def test_a_name_is_found_wherever_it_hides(document, name):
    text = json.dumps(Pseudonyms(KEY).document({name: document})).lower()
    assert "geheimhaus" not in text
    assert "4711" not in text or "nord" not in text


@budget(50)
@given(st.integers(0, 9999), st.integers(0, 9999))
def test_short_numbers_stay_apart(one, other):
    made_up = Pseudonyms(KEY)
    assert (made_up.text(str(one)) == made_up.text(str(other))) == (one == other)
    assert len(made_up.text(str(one))) == len(str(one))


def test_no_word_that_stays_is_a_name():
    assert not [
        word for word in ("contoso", "standard", "example", "trading", "administrator", "berlin") if known(word)
    ]
    assert not known("")
    assert not known("365")


def test_every_name_that_the_products_use_stays():
    names: set[str] = set()
    for service in SERVICES.values():
        properties = [name for field in service.fields for source in field.sources for name in source.split(".")]
        names |= {*properties, *service.id_names, *service.type_names, *service.status_names, *service.scopes}
        module = sys.modules[service.__module__]
        paths = [getattr(module, name) for name in dir(module) if name.endswith("PATH")]
        assert paths
        names |= {part for path in paths for part in path.split("/") if part and "{" not in part}
    names |= words(
        "pageIndex pageSize jobIds endTime finishTime objectType appType dataSource orderby sortorder nextLink"
    )
    names |= words(
        "jobtype jobstatus searchText searchtext pageNumber starttime finishtime apptype datasource pageindex"
    )
    names |= words("grant_type client_id client_assertion_type baselineId rankingOrder actionType statusCode traceId")
    names |= words(
        "oneDriveRestoreScope oneDriveUpn recoveryDateTime siteRestoreScope libraryName relativePath baselineName"
    )
    assert {name for name in names if not known(name)} == set()


# Files


def no_links(*_args: t.Any) -> None:
    """What os.link does on FAT, and on some network file systems."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("link", [os.link, no_links])
def test_files_are_of_one_recording_whichever_process_writes_them(tmp_path, monkeypatch, link):
    monkeypatch.setattr(os, "link", link)
    folder = tmp_path / "not there yet" / "recording"
    children = []
    for _fork in range(FORKS):
        child = os.fork()
        if not child:
            found = recording.Recording(str(folder), Secrets())
            for index in range(10):
                found.add("GET", f"https://{HIDDEN}.example", {}, 1_790_000_000.0 + index, answer({"jobId": GUID}))
            os._exit(len(found.warnings))
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * FORKS
    names = sorted(os.listdir(folder))
    assert len(names) == 10 * FORKS
    assert all(re.fullmatch(r"2026\d{4}T\d{6}\.\d{6}-\d+-\d{6}\.json", name) for name in names)
    found = documents(folder)
    assert [document["sent"] for document in found] == sorted(document["sent"] for document in found)
    for name in ("pseudonyms", "request", "answer"):
        assert len({json.dumps(document[name]) for document in found}) == 1
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    key = folder.with_name("recording.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert sorted(os.listdir(folder.parent)) == ["recording", "recording.key"]
    assert key.read_text("ascii").strip() not in "".join(path.read_text("ascii") for path in folder.iterdir())


def record(folder: Path) -> list[str]:
    """Records an exchange as a process of its own would; returns the warnings."""
    found = recording.Recording(str(folder), Secrets())
    found.add("GET", f"https://{HIDDEN}.example", {}, 1_790_000_000.0, answer({"jobId": GUID}))
    return found.warnings


def test_without_hard_links_the_key_of_the_first_process_is_that_of_all(tmp_path, monkeypatch):
    folder = tmp_path / "recording"

    def another_is_first(*args: t.Any) -> None:
        monkeypatch.setattr(os, "link", no_links)
        assert record(folder) == []
        no_links(*args)

    monkeypatch.setattr(os, "link", another_is_first)
    assert record(folder) == []
    assert len({document["pseudonyms"] for document in documents(folder)}) == 1


def test_without_hard_links_the_key_may_be_empty_for_a_moment(tmp_path, monkeypatch):
    key = tmp_path / "recording.key"
    key.touch()
    monkeypatch.setattr(recording.time, "sleep", lambda _seconds: key.write_text("0" * 64))
    assert record(tmp_path / "recording") == []
    assert len(documents(tmp_path / "recording")) == 1


def full(*_args: t.Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def broken(*_args: t.Any) -> None:
    raise ValueError("a mistake, with a secret in its text")


def another() -> int:
    return os.getuid() + 1


@pytest.mark.parametrize(
    ("place", "fault", "reason"),
    [
        ("file/recording", None, "Not a directory"),
        ("file", None, "it is no folder"),
        ("damaged", None, "is not a key: remove it"),
        ("empty", None, "is not a key: remove it"),
        ("pipe", None, "is not a key: remove it"),
        ("theirs", another, "belongs to another user, who could know what is made up: choose another folder"),
        ("recording", full, "No space left on device"),
        ("recording", broken, "ValueError"),
    ],
)
def test_what_cannot_be_written_changes_nothing_but_for_one_warning(cloud, tmp_path, monkeypatch, place, fault, reason):
    jobs = [{"job_id": str(uuid.uuid4()), "type": 7, "status": 2} for _number in range(5)]
    cloud.set(*jobs)
    plain = cloud.pc(page_size=2)
    (tmp_path / "file").touch()
    (tmp_path / "damaged.key").write_text("no key")
    (tmp_path / "empty.key").touch()
    monkeypatch.setattr(recording, "TRIES", 1)
    (tmp_path / "theirs.key").write_text("0" * 64)
    os.mkfifo(tmp_path / "pipe.key")
    monkeypatch.setenv("AVEPOINT_RECORD", str(tmp_path / place))
    if fault is another:
        monkeypatch.setattr(os, "geteuid", another)
    elif fault:
        monkeypatch.setattr(recording, "_create" if fault is full else "_kind", fault)
        monkeypatch.setattr(recording, "parse_json", fault) if fault is broken else None
    cloud.set(*jobs)
    cloud.tenant["jobs"] = jobs
    result = cloud.pc(page_size=2)
    (warning,) = result.pop("warnings")
    assert warning.startswith(f"AVEPOINT_RECORD: {tmp_path / place} cannot be written (")
    assert reason in warning
    assert "secret" not in warning
    different = {name for name in plain if plain[name] != result[name]}
    assert different <= {"duration", "jobs", "clock_skew"}
    assert [job["job_id"] for job in result["jobs"]] == [job["job_id"] for job in plain["jobs"]]


def test_it_costs_nothing_when_it_is_off(cloud, monkeypatch, tmp_path):
    name = recording.__name__
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("AVEPOINT_RECORD", " ")
    monkeypatch.chdir(tmp_path)
    succeeded(cloud.pc(min_jobs=0))
    assert name not in sys.modules
    assert list(tmp_path.iterdir()) == []


def test_a_relative_folder_begins_where_one_stands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AVEPOINT_RECORD", "here")
    assert _options.record_folder() == str(tmp_path / "here")


# A recording of everything


def guid() -> str:
    return str(uuid.uuid4())


def state(cloud: Cloud) -> dict[str, t.Any]:
    """Jobs of every product, with names, ids, texts and addresses of every kind."""
    domain = "geheimhaus-nord.example"

    def jobs(*more: dict, form: t.Callable[[int], str] = lambda _number: guid()) -> list[dict]:
        return [{"job_id": form(number), **job} for number, job in enumerate(more)]

    ended = {"status": 2, "start_time": -2 * HOUR}
    what = {"value": f"Zugriff auf Lohnliste verweigert: https://{domain}/sites/Lohnliste"}
    shared = {"errors": [{"isErrorCode": False, **what, "url": f"https://{domain}/sites/Personalakten", "number": 2}]}
    return {
        "clients": [*cloud.clients.values()],
        "tenants": [
            {
                "customer_id": guid(),
                "tenant_id": guid(),
                "name": f"Mandant Müller & Söhne {number}",
                "status": 3,
                "applied_baselines": [{"baselineId": guid(), "baselineName": "Grundlinie Werk Süd", "version": 3}],
                "jobs": jobs({"type": 1, "status": 2}, {"type": 4, "status": 77}, {"type": 7, "status": 3}),
            }
            for number in range(2)
        ],
        "d365": {
            "organizations": [{"id": guid(), "name": f"lohnbuero.crm.{domain}"}],
            "jobs": jobs(
                *[{"type": 1, "status": status, "start_time": -HOUR} for status in (3, 4, 2)],
                form=lambda number: f"DCIB20261126{uuid.uuid4().int % 10**12:012}{number}",
            ),
        },
        "m365": {
            "jobs": jobs({"type": 1, "service": 1, **ended, **shared}, {"type": 2, "service": 2, **ended, "status": 3})
        },
        "google": {
            "jobs": jobs(
                {"type": 1, "service": 1, **ended, "operator": f"petra.geheim@{domain}"},
                {"type": 2, "service": 2, **ended, "status": 3},
            )
        },
        "iaas": {
            "jobs": jobs(
                {"type": 1, **ended, "comments": "Server VM-LOHN-01 von Petra Geheim"},
                {"type": 1, **ended, "status": 8},
            )
        },
        "salesforce": {
            "job_id_form": "number",
            "jobs": jobs(
                {"type": 1, **ended, "organization_id": "00D5e000000abcDEAQ"},
                {"type": 3, **ended, "status": 3, "failedRecords": 4},
                form=lambda number: str(700_000_000_000 + uuid.uuid4().int % 10**11 + number),
            ),
        },
        "aos": {
            "jobs": jobs(
                {"type": 0, **ended, "scan_profile": "Vorstand und Betriebsrat"}, {"type": 10, **ended, "status": 3}
            )
        },
        "opus": {"jobs": jobs(ended)},
        "customers": [
            {
                "customer_id": guid(),
                "organization": "Geheimhaus Nord GmbH",
                "owner_email": f"inhaberin@{domain}",
                "country_or_region": "Liechtenstein",
                "tenants": [{"id": guid(), "name": "Mandant Geheimhaus"}],
                "jobs": jobs(
                    {
                        "type": 7,
                        "module": 303,
                        "name": "Postfach Vorstand",
                        "status": 4,
                        "failedCount": "7",
                        "start_time": -7200,
                    },
                    {"type": 16, "module": 401, "status": 2, "start_time": -7200},
                ),
            }
        ],
    }


# Strings of a state that are values of the API, or that say how the simulator behaves.
NOT_SOUGHT = re.compile(r"[0-9A-Za-z]{0,5}|number|PrimaryGeoLocation|[\w.]+\.all", re.IGNORECASE)


def strings(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def names_in(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(item)


def needles(state: dict, *more: str) -> set[str]:
    """What must not be found, and of what has parts each that would tell something."""
    whole = {text for text in (*strings(state), *more) if not NOT_SOUGHT.fullmatch(text)}
    parts = {part for text in whole for part in re.split(r"[\s/@:&.']+|-----", text) if len(part) >= 6}
    english = {"sites", "https", "server", "client", "example", "BEGIN", "CERTIFICATE", "BEGIN CERTIFICATE"}
    return {text for text in whole | parts if text not in english and not known(text)}


def forms(needle: str) -> t.Iterator[str]:
    """A text in every spelling in which it could be there."""
    data = needle.encode()
    yield from (needle, quote(needle), quote_plus(needle), quote(needle, safe=""), json.dumps(needle)[1:-1])
    yield needle.encode("utf-8").hex()
    for shift in range(3):  # as part of a longer text, whatever is before it
        for code in (base64.b64encode, base64.urlsafe_b64encode):
            yield code(b"\0" * shift + data)[4 if shift else 0 : -4].decode()


class Inventory(inventory.InventoryModule):
    """The inventory plugin without a file."""

    def __init__(self, options: dict):
        self._given = {**{name: spec.get("default") for name, spec in _options.CONNECTION.items()}, **options}
        self.told: list[str] = []
        self.display = types.SimpleNamespace(warning=self.told.append)

    def get_option(self, option: str, hostvars: t.Any = None) -> t.Any:
        return self._given.get(option)


def run_everything(cloud: Cloud, state: dict, options: dict) -> dict[str, dict]:
    """Every product's module, the inventory and the event source; the results of the modules."""
    tenants = [{name: tenant[name] for name in ("customer_id", "tenant_id")} for tenant in state["tenants"]]
    own = {"pc": {"tenants": tenants}, "opus": {"job_ids": [state["opus"]["jobs"][0]["job_id"]]}}
    results = {product: cloud.run(product, **own.get(product, {}), **options) for product in SERVICES}
    login = {name: cloud.pc_client[name] for name in ("client_id", "client_secret")}
    where = {"graph_url": cloud.simulator.url, "identity_url": cloud.simulator.identity_url, **login}
    source = Inventory({**where, "tenant_ids": None, "page_size": 100, "max_concurrency": 4, **options})
    results["inventory"] = {"tenants": source._read()}
    spec = importlib.util.spec_from_file_location("avepoint_event_source_recorded", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    args = {"product": "pc", "tenants": tenants, "max_retries": 0, **where, **options}
    queue: asyncio.Queue = asyncio.Queue()
    asyncio.run(module.Source(module.options(args))._poll_once(queue))
    results["events"] = {"count": queue.qsize()}
    return results


FAULTS: tuple[dict, ...] = (
    {"kind": "echo_secret", "status": 400, "times": -1},
    {"kind": "echo_secret", "status": 500, "match": {"method": "POST"}, "skip": 1, "times": -1},
    {"kind": "control_chars", "status": 403, "match": {"method": "POST"}, "skip": 1, "times": -1},
    {"kind": "control_chars", "match": {"method": "POST"}, "skip": 1, "times": -1},
    {"kind": "html", "times": -1},
    {"kind": "redirect", "location": "https://geheimhaus-nord.example/anmeldung?user=petra.geheim", "times": -1},
    {"kind": "cut_json", "times": -1},
    {"kind": "reset", "times": -1},
    {"kind": "bad_charset", "times": -1},
    {"kind": "duplicate_keys", "times": -1},
    {"kind": "status", "status": 429, "retry_after": 3, "message": "Petra Geheim asks too often."},
)


@pytest.fixture
def everything(cloud, folder, monkeypatch, certificate, tls_simulator, guarded_proxy) -> types.SimpleNamespace:
    """A recording of everything, and what must not be in it."""
    issued: set[str] = set()
    add = recording.Recording.add

    def noting(self: t.Any, method: str, url: str, content: dict, sent: float, outcome: t.Any) -> None:
        form = content.get("data") or {}
        issued.update(form.get(name, "") for name in ("client_secret", "client_assertion"))
        issued.add(content.get("bearer") or "")
        add(self, method, url, content, sent, outcome)

    monkeypatch.setattr(recording.Recording, "add", noting)
    whole = state(cloud)
    cloud.simulator.put_state(whole)
    results = run_everything(cloud, whole, {})
    plain = len(documents(folder))
    for fault in FAULTS:
        cloud.simulator.clear_faults()
        cloud.simulator.faults(fault)
        first = whole["tenants"][0]
        cloud.run("pc", customer_id=first["customer_id"], tenant_id=first["tenant_id"], max_retries=1)
    cloud.simulator.clear_faults()
    # A certificate, and a proxy with a password, to a server whose own certificate is not trusted, too.
    with_certificate = {**cloud.pc_client, "certificate": Path(certificate["certificate"]).read_text("utf-8")}
    del with_certificate["client_secret"]
    secure = {**whole, "clients": [with_certificate]}
    tls_simulator.put_state(secure)
    user, password = PROXY_CREDENTIALS
    port = guarded_proxy.port
    for options in (
        {"ca_path": tls_simulator.ca_path},
        {},
        {"ca_path": tls_simulator.ca_path, "proxy": f"http://{user}:wrong-{password}@127.0.0.1:{port}"},
        {"ca_path": tls_simulator.ca_path, "proxy": f"http://{user}:{password}@127.0.0.1:{port}"},
    ):
        where = {"graph_url": tls_simulator.url, "identity_url": tls_simulator.identity_url}
        login = {"client_certificate": certificate["pfx"], "client_certificate_password": PASSWORD}
        first = whole["tenants"][0]
        ids = {"customer_id": first["customer_id"], "tenant_id": first["tenant_id"]}
        cloud.run("pc", **ids, **where, **login, max_retries=0, **options)
    addresses = [cloud.simulator.url, tls_simulator.url, f"127.0.0.1:{port}", f"localhost:{port}"]
    hidden = needles(
        secure, *strings(whole), *filter(None, issued), *addresses, PASSWORD, *PROXY_CREDENTIALS, "petra.geheim"
    )
    return types.SimpleNamespace(folder=folder, state=whole, results=results, plain=plain, hidden=hidden, issued=issued)


def test_a_recording_of_everything_shows_nothing_of_anybody(everything):
    found = everything.folder
    shown = "\n".join([path.name + path.read_text("ascii") for path in sorted(found.iterdir())]).lower()
    decoded = json.dumps(documents(found), ensure_ascii=False).lower()
    assert len(everything.hidden) > 80
    assert any(secret.count(".") == 2 for secret in everything.issued), "an assertion was among them"
    seen = {
        needle
        for needle in everything.hidden
        for form in forms(needle)
        if len(form) > 5 and form.lower() in shown + decoded
    }
    assert seen == set()
    kinds = collections.Counter(
        "failure" if "failure" in document else document["answer"].get("body", {}).get("kind", "json")
        for document in documents(found)
    )
    assert {"failure", "json", "html", "broken json", "bytes"} <= kinds.keys()
    # Nothing of the APIs' own is made up.
    plain = documents(found)[: everything.plain]
    names = {name for document in plain for name in names_in(document["answer"].get("json"))}
    assert len(names) > 70
    assert {name for name in names if not known(name)} == set()
    # What a report is for: what the API said of states and types, and in which words it refused.
    text = json.dumps(documents(found))
    for word in ('"status": 77', '"Finished"', "invalid_client", '"status": 429', "too", "often"):
        assert word in text, word


def comparable(result: dict) -> dict:
    """What a replay has to give again."""
    times = ("start_time", "finish_time", "duration_hours")
    plain = ("type", "type_id", "status", "status_id", "state", "finished", "total_count", "failed_count", *times)
    names = ("total_count", "truncated", "timed_out", "polls", "missing_job_ids")
    return {
        "summary": result["summary"],
        "jobs": [{name: job.get(name) for name in plain} for job in result["jobs"]],
        **{name: result[name] for name in names},
        "warned": len(result.get("warnings", ())),
    }


def pseudonyms_of(folder: Path) -> Pseudonyms:
    return Pseudonyms(bytes.fromhex(folder.with_name(folder.name + ".key").read_text("ascii").strip()))


def test_a_recording_of_everything_can_be_answered_from(cloud, folder, monkeypatch):
    whole = state(cloud)
    cloud.simulator.put_state(whole)
    results = run_everything(cloud, whole, {})
    assert {product for product, result in results.items() if result.get("failed")} == set()
    monkeypatch.delenv("AVEPOINT_RECORD")
    made_up = pseudonyms_of(folder)
    again = {
        "tenants": [
            {"customer_id": made_up.text(tenant["customer_id"]), "tenant_id": made_up.text(tenant["tenant_id"])}
            for tenant in whole["tenants"]
        ],
        "opus": {"jobs": [{"job_id": made_up.text(whole["opus"]["jobs"][0]["job_id"])}]},
    }
    with Simulator(replay=folder) as replay:
        other = Cloud.__new__(Cloud)
        other.simulator, other.clients, other.time = replay, cloud.clients, cloud.time
        repeated = run_everything(other, again, {})
        assert replay.errors() == ""
        for product in SERVICES:
            assert comparable(succeeded(repeated[product])) == comparable(results[product]), product
            wanted = [
                None if job["job_id"] is None else made_up.text(job["job_id"]) for job in results[product]["jobs"]
            ]
            assert [job["job_id"] for job in repeated[product]["jobs"]] == wanted
        assert [tenant["status"] for tenant in repeated["inventory"]["tenants"]] == ["deploying"] * 2
        assert repeated["inventory"]["tenants"][0]["name"] == made_up.text(whole["tenants"][0]["name"])
        assert repeated["events"] == results["events"]
        # What is not in it is refused, in words; nothing else is asked in its place.
        more = other.run("aos")
        failed(more, "server_error", "Not in the recording (it was asked 1 times, and not once more): GET /aos/jobs")
        failed(other.run("google", types=["export"]), "server_error", "that was asked with another query or body")
        elsewhere = other.run("pc", customer_id="a", tenant_id="b")
        failed(elsewhere, "server_error", "nothing was asked there")
        said = replay.errors().splitlines()
        assert [line.split("?")[0].split(" '")[0] for line in said[:2]] == [
            "not in the recording: GET /aos/jobs",
            "not in the recording: GET /backup/google/admin/jobs",
        ]
        assert len(said) == 3


def test_failures_and_bodies_that_are_no_json_are_answered_again(cloud, folder, monkeypatch):
    cloud.set({"job_id": guid(), "type": 7, "status": 2})
    faults = [{"kind": "reset"}, {"kind": "html", "status": 502}, {"kind": "status", "status": 503, "retry_after": 7}]
    cloud.simulator.faults(*[{**fault, "match": {"service": "pc"}} for fault in faults])
    first = succeeded(cloud.pc())
    pauses, cloud.time.pauses = cloud.time.pauses, []
    monkeypatch.delenv("AVEPOINT_RECORD")
    made_up = pseudonyms_of(folder)
    with Simulator(replay=folder) as replay:
        cloud.simulator = replay
        second = succeeded(cloud.run("pc", **{name: made_up.text(value) for name, value in cloud.ids.items()}))
    assert first["retries"] == second["retries"] == 3
    assert cloud.time.pauses == pauses
    assert second["jobs"][0]["state"] == "succeeded"


def test_the_inventory_and_the_event_source_warn_once(cloud, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AVEPOINT_RECORD", str(tmp_path / "file" / "recording"))
    whole = state(cloud)
    cloud.simulator.put_state(whole)
    login = {name: cloud.pc_client[name] for name in ("client_id", "client_secret")}
    where = {"graph_url": cloud.simulator.url, "identity_url": cloud.simulator.identity_url, **login}
    source = Inventory({**where, "tenant_ids": None, "page_size": 1, "max_concurrency": 4})
    assert len(source._read()) == 2
    assert [text.partition(" cannot be written")[0] for text in source.told] == [
        f"AVEPOINT_RECORD: {tmp_path}/file/recording"
    ]
    results = run_everything(cloud, whole, {})
    assert results["events"]["count"] == 6
    assert [record.message.partition(":")[0] for record in caplog.records if "AVEPOINT_RECORD" in record.message] == [
        "AVEPOINT_RECORD"
    ]
