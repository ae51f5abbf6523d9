# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the job APIs of all products have in common, on a product of the test's own, at a moment that stands still.

Here are the bounds to the second and what exactly is asked for; that servers of each product are met with it, is tested beside them.
"""

from __future__ import annotations

import contextlib
import datetime
import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidInput,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    ServerError,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time, parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Status
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._nameless import Nameless
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService
from ansible_collections.avepoint.cloud.plugins.module_utils._service import (
    Service,
    is_id,
    name_contract,
    page_or_refusal,
    require_id,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import API

NOW = "2026-09-21T14:13:20Z"
SECONDS = parse_time(NOW).timestamp()
RUNNING, FINISHED, FAILED, PAUSED = 1, 2, 3, 4
HOUR, DAY = 3600, 86400


def at(seconds: float) -> str:
    """The time so many seconds after the moment of the tests."""
    return format_time(parse_time(NOW) + datetime.timedelta(seconds=seconds))


class Server:
    """The client of a service: the server's clock, and what it answers each time, of which the last goes on for ever.

    An answer is the list's entries (all of them, of which each page is cut), or an error. With ``status`` in the request it has only those of that status.
    """

    def __init__(self, *answers: t.Any, skew: float | None = 0.0):
        self._answers = list(answers) or [[]]
        self.skews = [skew]
        self.logins = 0
        self.interrupted = contextlib.nullcontext
        self.asked: list[tuple] = []

    @property
    def skew(self) -> float | None:
        return self.skews[0]

    def log_in(self) -> None:
        self.logins += 1

    def page(self, service: Service, number: int, size: int, status: t.Any, *asked: t.Any) -> Page:
        self.asked.append((*asked, status, number))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if len(self.skews) > 1:
            self.skews.pop(0)
        if isinstance(answer, AvePointError):
            raise answer
        rows = [row for row in answer if status is None or row["status"] == status]
        shown = rows[(number - 1) * size : number * size]
        jobs = [service.read_job(f"jobs[{index}]", row) for index, row in enumerate(shown)]
        return Page(jobs, len(rows), size)


class Backups(RangedService):
    name = "backups"
    title = "Backups"
    api = API
    scopes: t.ClassVar[list[str]] = []
    types: t.ClassVar[dict] = {1: "backup", 2: "restore"}
    statuses: t.ClassVar[dict] = {
        RUNNING: Status("in_progress", "running"),
        FINISHED: Status("finished", "succeeded"),
        FAILED: Status("failed", "failed"),
        PAUSED: Status("paused", "waiting"),
    }
    fields = (START_TIME, FINISH_TIME)

    def _fetch_page(self, which: t.Any, start: str, finish: str, status: t.Any, number: int) -> Page:
        return self._client.page(self, number, self._params["page_size"], status, start, finish)


def job(job_id: str, status: t.Any, start: t.Any = None, finish: t.Any = None, job_type: t.Any = 1) -> dict:
    """A job as the server has it; times are seconds from now, or texts."""
    times = [each if each is None or isinstance(each, str) else at(each) for each in (start, finish)]
    return {"jobId": job_id, "type": job_type, "status": status, "startTime": times[0], "finishTime": times[1]}


def service_of(server: t.Any, kind: type[Service] = Backups, **options: t.Any) -> t.Any:
    params = dict.fromkeys(("job_ids", "types", "states", "limit", "page"))
    params |= {"include_raw": False, "wait": False, "page_size": 100, "max_concurrency": 1}
    params |= {"start_time": "-24h", "finish_time": "now", **options}
    return kind(params, server, lambda: SECONDS)


def found(server: Server, **options: t.Any) -> list[str]:
    return [each["job_id"] for each in service_of(server, **options).poll().jobs]


# What is asked for

LATEST, EARLY = at(300), at(-31 * DAY)


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        # What has yet to end is asked for first, from 30 days before the range.
        ({}, [(EARLY, LATEST, RUNNING), (EARLY, LATEST, PAUSED), (at(-DAY), LATEST, None)]),
        ({"page": 1}, [(at(-DAY), LATEST, None)]),
        ({"states": ["failed"]}, [(at(-DAY), LATEST, FAILED)]),
        ({"states": ["running"]}, [(EARLY, LATEST, RUNNING), (at(-DAY), LATEST, RUNNING)]),
        ({"states": ["running"], "page": 1}, [(at(-DAY), LATEST, RUNNING)]),
        ({"states": ["failed", "running"]}, [(EARLY, LATEST, RUNNING), (at(-DAY), LATEST, None)]),
        ({"states": ["failed", "unknown"]}, [(at(-DAY), LATEST, None)]),
        ({"states": ["unknown"]}, [(at(-DAY), LATEST, None)]),
        (
            {"finish_time": "-1h"},
            [(EARLY, LATEST, RUNNING), (EARLY, LATEST, PAUSED), (at(-DAY), at(-HOUR), None)],
        ),
        (
            {"start_time": "-1d", "finish_time": at(HOUR)},
            [(EARLY, at(HOUR), RUNNING), (EARLY, at(HOUR), PAUSED), (at(-DAY), at(HOUR), None)],
        ),
        # Nothing is asked for from before 1970, where a server may have no times.
        ({"start_time": "1970-01-01"}, [("1970-01-01T00:00:00Z", LATEST, each) for each in (RUNNING, PAUSED, None)]),
    ],
)
def test_what_is_asked_for(options, asked):
    server = Server()
    service_of(server, **options).poll()
    assert server.asked == [(*each, 1) for each in asked]


def test_where_nothing_says_what_time_it_is_a_range_that_has_ended_is_asked_for_a_day_on():
    server = Server(skew=None)
    service_of(server, start_time=at(-DAY), finish_time=at(-HOUR)).poll()
    assert server.asked[0] == (EARLY, at(DAY), RUNNING, 1)
    assert server.asked[-1] == (at(-DAY), at(-HOUR), None, 1)
    assert server.logins == 1


class OneList(Backups):
    """A product whose server does not filter by status."""

    filters_status = False


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, (EARLY, LATEST)),
        ({"page": 1}, (at(-DAY), LATEST)),
        ({"finish_time": "-1h"}, (EARLY, LATEST)),
        ({"finish_time": at(HOUR)}, (EARLY, at(HOUR))),
    ],
)
def test_a_server_that_does_not_filter_by_status_is_asked_for_one_list(options, asked):
    server = Server([job("a", RUNNING, -2 * DAY), job("b", FINISHED, -3 * DAY, -2 * DAY)])
    assert found_by(OneList, server, **options) == ["a"]
    assert server.asked == [(*asked, None, 1)]


def found_by(kind: type[Service], server: Server, **options: t.Any) -> list[str]:
    return [each["job_id"] for each in service_of(server, kind, **options).poll().jobs]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("-1s", at(-1)),
        ("-90m", at(-90 * 60)),
        ("-2H", at(-2 * HOUR)),
        ("-3d", at(-3 * DAY)),
        (" -2w ", at(-14 * DAY)),
        ("NOW", NOW),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
    ],
)
def test_what_a_text_means(text, meant):
    server = Server()
    service_of(server, start_time=text, page=1).poll()
    assert server.asked[0][0] == meant


@pytest.mark.parametrize("text", ["-999999w", "-24", "24h", "yesterday", "now-1h", "-1h\n-1d"])
def test_what_means_no_time_is_refused(text):
    for option in ("start_time", "finish_time"):
        params = {"start_time": "-1h", "finish_time": "now", option: text}
        with pytest.raises(InvalidInput, match=f"^{option} cannot be read"):
            Backups.check_options(params, SECONDS)


def test_a_range_may_be_a_moment_but_not_end_before_it_begins():
    for start, finish in (("now", "now"), ("-1h", "-1h")):
        params = {"start_time": start, "finish_time": finish}
        assert Backups.check_options(params, SECONDS) == params
    for start, finish, end in (("-1h", "-2h", at(-2 * HOUR)), (at(1), "now", NOW)):
        with pytest.raises(InvalidInput) as caught:
            Backups.check_options({"start_time": start, "finish_time": finish}, SECONDS)
        assert str(caught.value).endswith(f"is after finish_time ({end})")


# What is of the range


@pytest.mark.parametrize(
    ("status", "start", "finish", "chosen"),
    [
        # Times may have been rounded: a second is allowed on both sides.
        (FINISHED, -DAY - 60, -DAY - 1, True),
        (FINISHED, -DAY - 60, -DAY - 1.5, False),
        (FAILED, -DAY - 60, -DAY - 1.5, False),
        (FINISHED, -HOUR + 1, -60, True),
        (FINISHED, -HOUR + 1.5, -60, False),
        (FAILED, -HOUR + 60, None, False),
        (FAILED, -HOUR + 1.5, -HOUR, True),  # it ended within the range, whenever it began
        (FAILED, -9 * DAY, None, True),
        (FAILED, None, -9 * DAY, False),
        (FAILED, None, -60, True),
        (RUNNING, -9 * DAY, None, True),
        (RUNNING, -9 * DAY, -8 * DAY, True),
        (PAUSED, -9 * DAY, None, True),
        (RUNNING, -HOUR + 1.5, None, False),
        (FINISHED, -9 * DAY, None, False),
        (FINISHED, None, None, True),
        (FAILED, "1999-12-31T00:00:00Z", "1999-12-31T00:00:00Z", True),  # that is no time
        (FAILED, "2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z", False),
        (FAILED, "9999-01-01T00:00:00Z", "9999-01-01T00:00:00Z", True),
        (FAILED, "9998-01-01T00:00:00Z", "9998-01-01T00:00:00Z", False),
        (FAILED, "1970-01-01T00:00:00Z", -9 * DAY, False),
        (FAILED, -9 * DAY, "1970-01-01T00:00:00Z", True),
        (FINISHED, "1999-12-31T00:00:00Z", "1999-12-31T00:00:00Z", False),
    ],
)
def test_what_is_of_the_range(status, start, finish, chosen):
    # Of each request alike, as from a server that goes by no filter.
    server = Server([job("a", status, start, finish)])
    assert found(server, finish_time="-1h") == (["a"] if chosen else [])
    server = Server([job("a", status, start, finish)])
    assert found_by(OneList, server, finish_time="-1h") == (["a"] if chosen else [])


def test_nothing_is_after_a_range_that_ends_now():
    assert found(Server([job("a", FAILED, HOUR, HOUR)])) == ["a"]
    assert found(Server([job("a", FAILED, HOUR, HOUR)]), types=["restore"]) == []


def test_a_wait_follows_what_ran_and_nothing_else_from_before_the_range():
    running = job("old", RUNNING, -3 * DAY)
    ended = [
        job("old", FAILED, -3 * DAY, 30),
        job("done", FINISHED, -3 * DAY + 60, -2 * DAY),  # it had ended before the range
        job("failed", FAILED, -3 * DAY + 60, None),
        job("meanwhile", FINISHED, -3 * DAY + 60, 0),
        job("before", FINISHED, -DAY - 60, -1),
        job("edge", FINISHED, -DAY, -1),
    ]
    server = Server([running])
    service = service_of(server, wait=True)
    assert [each["job_id"] for each in service.poll().jobs] == ["old"]
    server.asked.clear()
    server._answers = [ended]
    snapshot = service.poll()
    assert server.asked[-1] == (at(-3 * DAY), LATEST, None, 1)
    assert server.asked[0] == (at(-33 * DAY), LATEST, RUNNING, 1)
    assert [(each["job_id"], each["state"]) for each in snapshot.jobs] == [
        ("old", "failed"),
        ("meanwhile", "succeeded"),
        ("edge", "succeeded"),
    ]
    server._answers = [ended[:2]]
    assert service.poll().jobs == snapshot.jobs, "what has ended is followed no more, and stays"
    assert server.asked[-1] == (at(-DAY), LATEST, None, 1)


@pytest.mark.parametrize("began", [None, -2 * HOUR])
def test_a_wait_follows_what_runs_beyond_the_end_of_the_range(began):
    server = Server([job("a", RUNNING, began)])
    service = service_of(server, wait=True, finish_time="-1h")
    service.poll()
    server.asked.clear()
    server._answers = [[job("a", FINISHED, began, -60), job("later", FINISHED, -30 * 60, -60)]]
    assert [each["job_id"] for each in service.poll().jobs] == ["a"]
    assert server.asked[-1] == (at(-DAY), LATEST, None, 1)


def test_a_job_of_both_lists_is_counted_once():
    rows = [job("new", RUNNING, -60), job("done", FINISHED, -60, -30)]
    snapshot = service_of(Server([job("old", RUNNING, -3 * DAY), *rows][1:])).poll()
    assert (snapshot.total_count, [each["job_id"] for each in snapshot.jobs]) == (2, ["new", "done"])
    running = [job("old", RUNNING, -3 * DAY), *rows]
    snapshot = service_of(Server(running, [], rows)).poll()
    assert (snapshot.total_count, [each["job_id"] for each in snapshot.jobs]) == (3, ["new", "done", "old"])
    assert snapshot.truncated is False
    # It ended while the lists were read: what was read last counts.
    (read,) = service_of(Server([job("a", RUNNING, -60)], [], [job("a", FINISHED, -60, -30)])).poll().jobs
    assert read["state"] == "succeeded"


def test_the_total_is_that_of_what_was_asked_for_where_a_limit_ended_the_reading():
    rows = [job(f"j{number}", FINISHED, -60, -30) for number in range(5)]
    running = [job(f"r{number}", RUNNING, -3 * DAY) for number in range(3)]
    snapshot = service_of(Server(running, [], rows), limit=2, page_size=2).poll()
    assert (snapshot.total_count, snapshot.truncated, len(snapshot.jobs)) == (5, True, 2)


class ByStatus(Backups):
    """A product of two lists whose server has its own idea of what is in progress."""

    rows: t.ClassVar[dict[t.Any, list[dict]]] = {}

    def _lists(self) -> list[str]:
        return ["one", "other"]

    def _fetch_page(self, which: t.Any, start: str, finish: str, status: t.Any, number: int) -> Page:
        rows = self.rows.get((which, status), [])
        size = self._params["page_size"]
        shown = rows[(number - 1) * size : number * size]
        return Page([self.read_job("jobs", row) for row in shown], len(rows), size)


def test_what_a_server_calls_running_that_is_not_neither_counts_nor_ends_the_reading():
    done = job("done", FINISHED, -60, -30)
    service = service_of(Server(), ByStatus, limit=1, page_size=1)
    service.rows = {("one", None): [done], ("one", RUNNING): [done, job("old", FINISHED, -3 * DAY, -2 * DAY)]}
    snapshot = service.poll()
    assert ([each["job_id"] for each in snapshot.jobs], snapshot.total_count, snapshot.truncated) == (
        ["done"],
        1,
        False,
    )


def test_one_list_of_several_that_was_not_read_to_its_end_is_enough_for_the_total_to_be_the_server_s():
    service = service_of(Server(), ByStatus, limit=1, page_size=1)
    one, other = (job(each, FINISHED, -60, -30) for each in ("one", "other"))
    service.rows = {
        ("one", None): [one] * 3,
        ("other", None): [other],
        ("one", RUNNING): [job("old", RUNNING, -3 * DAY)],
    }
    assert service.poll().total_count == 4
    service.rows[("one", None)] = [one]
    assert service.poll().total_count == 3


@pytest.mark.parametrize("status", [400, 409])
def test_a_refusal_of_the_list_of_what_runs_is_told(status):
    server = Server(InvalidInput("status is not known", http_status=status), [job("a", FINISHED, -60, -30)])
    service = service_of(server)
    if status == 409:
        with pytest.raises(InvalidInput):
            service.poll()
        return
    assert [each["job_id"] for each in service.poll().jobs] == ["a"]
    (warning,) = service.warnings()
    assert warning.startswith("Jobs in progress could not be asked for")
    assert warning.endswith("it began. status is not known")
    service.poll()
    assert service.warnings() == []  # it was refused once, and not again


@pytest.mark.parametrize(
    ("number", "status", "proves"),
    [(2, 400, True), (2, 404, True), (1, 400, False), (1, 404, False)]
    + [(2, status, False) for status in (None, 200, 401, 403, 405, 408, 409, 410, 422, 429, 500, 502, 503, 504)],
)
def test_which_refusal_of_a_page_can_be_one_of_its_number(number, status, proves):
    error = AvePointError("no such page", status)

    def fetch(_number):
        raise error

    if proves:
        assert page_or_refusal(fetch, number) == Page([], refusal=error)
    else:
        with pytest.raises(AvePointError) as caught:
            page_or_refusal(fetch, number)
        assert caught.value is error


# Clocks


@pytest.mark.parametrize(("skew", "now"), [(300, 0), (-300, 0), (301, 301), (-301, -301), (7200, 7200)])
def test_by_whose_clock(skew, now):
    server = Server([job("a", RUNNING, now - 60), job("late", FINISHED, now, now + 300)], skew=skew)
    service = service_of(server)
    assert [(each["job_id"], each["state"]) for each in service.poll().jobs] == [
        ("a", "running"),
        ("late", "succeeded"),
    ]
    assert server.asked[-1] == (at(now - DAY), at(now + 300), None, 1)
    assert len(server.asked) == 3
    minutes = [
        f"The clock of this machine is {round(abs(now) / 60)} minutes {'behind' if now > 0 else 'ahead of'} that"
    ]
    assert [warning[: len(minutes[0])] for warning in service.warnings()] == (minutes if now else [])
    assert server.logins == 0


def test_a_clock_that_comes_out_while_it_is_read_has_it_read_again():
    too_old = -DAY + 60  # by the clock of this machine it is in the range
    server = Server([job("a", FAILED, -60), job("old", FINISHED, too_old, too_old)], skew=None)
    server.skews = [None, None, 7200.0]
    service = service_of(server)
    assert [each["job_id"] for each in service.poll().jobs] == ["a"]
    assert [each[0] for each in server.asked] == [
        EARLY,
        EARLY,
        at(-DAY),
        at(7200 - 31 * DAY),
        at(7200 - 31 * DAY),
        at(7200 - DAY),
    ]


def test_a_clock_that_never_agrees_is_an_error_after_three_readings():
    server = Server()
    server.skews = [number * 3600.0 for number in range(20)]
    with pytest.raises(InvalidResponse, match="differ in what time it is"):
        service_of(server).poll()
    assert len(server.asked) == 9


@pytest.mark.parametrize(("later", "readings"), [(1300.0, 1), (1301.0, 2), (700.0, 1), (699.0, 2)])
def test_clocks_agree_within_five_minutes(later, readings):
    server = Server()
    server.skews = [1000.0, 1000.0, 1000.0, later]
    service_of(server).poll()
    assert len(server.asked) == 3 * readings


def test_the_range_of_a_wait_is_settled_by_its_first_poll():
    server = Server([job("a", RUNNING, -60)])
    service = service_of(server, wait=True)
    service.poll()
    server.skews = [7200.0]
    service.poll()
    assert server.asked[-1] == (at(-DAY), at(7200 + 300), None, 1)


@pytest.mark.parametrize(
    ("start", "finish", "fits"),
    [
        ("-1h", "now", False),
        ("now", "now", False),
        ("2026-01-01", "now", False),
        ("-1h", "2027-01-01", False),
        ("NOW", "2027-01-01", False),
        ("2026-01-01", "2026-01-02", True),
    ],
)
def test_without_a_date_only_absolute_times_will_do(start, finish, fits):
    service = service_of(Server(skew=None), start_time=start, finish_time=finish)
    if fits:
        assert service.poll().jobs == []
    else:
        with pytest.raises(InvalidResponse, match="no answer of The API has a Date header") as caught:
            service.poll()
        assert caught.value.http_status == 200


class ById(Backups):
    ids_any_time = True


def test_ids_that_are_found_whatever_their_time_need_no_clock_and_no_range():
    rows = [job("a", FINISHED, -9 * DAY, -8 * DAY)]
    assert found_by(ById, Server(rows, skew=None), job_ids=["A"]) == ["a"]
    assert found_by(ById, Server(rows)) == []
    assert found(Server(rows), job_ids=["A"]) == []
    with pytest.raises(InvalidResponse, match="Date"):
        found_by(ById, Server(rows, skew=None))


# Times that cannot be


@pytest.mark.parametrize(
    ("status", "start", "finish", "state"),
    [
        (FINISHED, -60, -61, "succeeded"),
        (FINISHED, -60, -61.5, "unknown"),
        (FINISHED, -60, 300, "succeeded"),
        (FINISHED, -60, 300.5, "unknown"),
        (FINISHED, None, 300.5, "unknown"),
        (FINISHED, 300.5, None, "unknown"),
        (FINISHED, 300, None, "succeeded"),
        (FINISHED, 300.7, 300, "unknown"),  # rounded, and in the future
        (FINISHED, None, None, "succeeded"),
        (FAILED, -60, -90, "failed"),
        (RUNNING, HOUR, HOUR, "running"),
        (PAUSED, -60, -90, "waiting"),
    ],
)
def test_what_ended_well_has_times_that_can_be(status, start, finish, state):
    service = service_of(Server())
    read = service.read_job("jobs[0]", job("a", status, start, finish))
    assert (read["state"], read["finished"]) == (state, state in ("succeeded", "failed"))
    assert bool(service.warnings()) is (state == "unknown")


def test_the_newest_success_is_found_with_and_without_milliseconds():
    service = service_of(
        Server([job("a", FINISHED, -90, -61), job("b", FINISHED, -90, -60.5), job("c", FAILED, -90, -9)])
    )
    assert service.summary(service.poll())["latest_success"] == at(-60.5)
    service = service_of(Server([job("a", FINISHED, -90, -61), job("b", FINISHED, -90, -61.5)]))
    assert service.summary(service.poll())["latest_success"] == at(-61)
    service = service_of(Server([job("a", FINISHED, -90, -61), job("b", FINISHED, -90, -60.5)]))
    assert service.summary(service.poll())["latest_success"] == at(-60.5)


# What all have in common


class Plain(Service):
    """A product without times, with one list or several."""

    name = "plain"
    title = "Plain"
    api = API
    scopes: t.ClassVar[list[str]] = []
    types = Backups.types
    statuses = Backups.statuses
    names: t.ClassVar[tuple[str, ...]] = ("",)

    def _paged_lists(self) -> list[PagedList]:
        size = self._params["page_size"]
        return [
            PagedList(self._page_requests(), lambda number: self._client.page(self, number, size, None), name)
            for name in self.names
        ]


class Several(Plain):
    names = ("one", "other")


def test_what_is_an_id():
    assert is_id("a" * 200)
    assert is_id("...")
    assert not is_id("a" * 201)
    assert not any(map(is_id, ("", ".", "..", "a/b", "a\n", "é")))
    require_id("tenant_id", "a")
    with pytest.raises(InvalidInput, match=r"^tenant_id is not an id"):
        require_id("tenant_id", "a/b")


@pytest.mark.parametrize(
    ("number", "error", "raised"),
    [
        (2, InvalidInput("no", http_status=400), False),
        (2, NotFound("no", http_status=404), False),
        (1, NotFound("no", http_status=404), True),
        (1, InvalidInput("no", http_status=400), True),
        (2, ServerError("no", http_status=500), True),
        (2, InvalidResponse("no"), True),
    ],
)
def test_a_page_behind_the_last_one_may_be_refused(number, error, raised):
    def fetch(_number: int) -> Page:
        raise error

    if raised:
        with pytest.raises(type(error)):
            page_or_refusal(fetch, number)
    else:
        assert page_or_refusal(fetch, number) == Page([], refusal=error)


def test_whose_contract_is_broken_is_said_once():
    error = InvalidResponse("pages do not agree")
    for _again in range(2):
        name_contract(API, error)
    assert (len(error.context), error.http_status) == (1, 200)
    assert str(error) == "The API broke its contract: pages do not agree; report it to AvePoint if it lasts"
    for other in (InvalidResponse("no list", http_status=200), ServerError("failed")):
        before = other.http_status
        name_contract(API, other)
        assert (other.context, other.http_status) == ([], before)


@pytest.mark.parametrize("entry", [{}, {"jobId": None}, {"jobId": ""}, {"jobId": "N/A"}])
def test_a_job_without_what_tells_it_from_others_breaks_the_contract(entry):
    service = service_of(Server(), Plain)
    with pytest.raises(InvalidResponse, match=r"jobs\[0\].jobId is missing"):
        service.read_job("jobs[0]", {"type": 1, "status": 2, **entry})


@pytest.mark.parametrize(("told", "read"), [(7, "7"), (7.0, "7"), ("7.0", "7.0"), (0, "0")])
def test_an_id_may_be_a_number(told, read):
    assert service_of(Server(), Plain).read_job("jobs[0]", {"jobId": told, "type": 1, "status": 2})["job_id"] == read


def test_ids_choose_and_those_that_are_not_there_are_missing():
    rows = [job("A", FINISHED), job("b", FAILED)]
    snapshot = service_of(Server(rows), Plain, job_ids=["a", "C"]).poll()
    assert ([each["job_id"] for each in snapshot.jobs], snapshot.missing) == (["A"], ["C"])
    assert (snapshot.total_count, snapshot.truncated) == (2, False)


@pytest.mark.parametrize(
    ("options", "ids", "truncated"),
    [
        ({"limit": 1}, ["a"], True),
        ({"limit": 3}, ["a", "b", "c"], True),
        ({"limit": 4}, ["a", "b", "c", "d"], False),
        ({"limit": None}, ["a", "b", "c", "d"], False),
        ({"limit": 1, "types": ["restore"]}, ["d"], False),
        ({"page": 2}, ["c", "d"], True),
    ],
)
def test_a_part(options, ids, truncated):
    rows = [job(each, FINISHED) for each in "abc"] + [job("d", FINISHED, job_type=2)]
    snapshot = service_of(Server(rows), Plain, page_size=2, **options).poll()
    assert ([each["job_id"] for each in snapshot.jobs], snapshot.truncated) == (ids, truncated)


def test_what_a_wait_has_chosen_stays_and_newer_jobs_do_not_take_its_place():
    first = [job("a", RUNNING), job("b", RUNNING)]
    server = Server(first)
    service = service_of(server, Plain, wait=True, limit=2)
    assert [each["job_id"] for each in service.poll().jobs] == ["a", "b"]
    server._answers = [[job("0-new", FINISHED), job("b", FINISHED)]]
    snapshot = service.poll()
    assert [(each["job_id"], each["state"]) for each in snapshot.jobs] == [("b", "succeeded"), ("a", "running")]
    assert snapshot.truncated is True
    # Without a wait, each poll is by itself.
    server = Server(first)
    service = service_of(server, Plain, limit=2)
    service.poll()
    server._answers = [[job("new", FINISHED)]]
    assert [each["job_id"] for each in service.poll().jobs] == ["new"]


def test_a_wait_reads_on_for_what_it_has_chosen_and_ids_are_read_for_to_the_end():
    rows = [job(f"j{number}", RUNNING) for number in range(6)]
    for options, polls, whole in (
        ({"wait": True}, 1, False),
        ({"wait": True}, 2, True),
        ({"job_ids": ["j0", "j5"]}, 1, True),
    ):
        server = Server(rows)
        service = service_of(server, Plain, page_size=2, limit=1, **options)
        for _each in range(polls):
            server.asked.clear()
            service.poll()
        assert ((None, 3) in server.asked) is whole, options


def test_what_pages_have_shown_of_their_server_holds_for_the_next_poll():
    rows = [job(f"j{number}", FINISHED) for number in range(11)]
    server = Server(rows)
    service = service_of(server, Plain, page_size=10)
    service.poll()
    server.asked.clear()
    server._answers = [rows[:5]]
    service.poll()
    assert server.asked == [(None, 1)], "its totals are those of the list, so there is no second page"


def test_no_list_of_several_or_all_but_one():
    failing = ServerError("failed", http_status=500, transient=True)
    refused = PermissionDenied("denied", http_status=403)
    rows = [job("a", FINISHED)]
    with pytest.raises(ServerError):
        service_of(Server(failing, rows), Several).poll()
    faults: list = []
    snapshot = service_of(Server(failing, rows), Several).poll(faults)
    assert ([each["job_id"] for each in snapshot.jobs], faults, snapshot.truncated) == (["a"], [failing], True)
    assert snapshot.unread == [failing]
    for answers in ((failing, refused), (refused, failing)):
        faults = []
        with pytest.raises(PermissionDenied):
            service_of(Server(*answers), Several).poll(faults)
        assert faults == []
    again = ServerError("again", http_status=500, transient=True)
    with pytest.raises(ServerError, match="failed"):
        service_of(Server(failing, again), Several).poll([])


def test_faults_and_errors_say_whose_contract_is_broken():
    rows = [job("a", FINISHED)]
    faults: list = []
    service_of(Server(InvalidResponse("pages do not agree"), rows), Several).poll(faults)
    assert faults[0].http_status == 200
    with pytest.raises(InvalidResponse) as caught:
        service_of(Server(InvalidResponse("pages do not agree")), Plain).poll()
    assert caught.value.http_status == 200


@pytest.mark.parametrize(("requests", "threads"), [(1, 1), (2, 3), (3, 4), (8, 12)])
def test_answers_are_read_while_others_are_under_way(monkeypatch, requests, threads):
    taken = []
    module = "ansible_collections.avepoint.cloud.plugins.module_utils._service.read_lists"
    monkeypatch.setattr(module, lambda lists, concurrency, *more: taken.append(concurrency) or [])
    service_of(Server(), Plain, max_concurrency=requests).poll()
    assert taken == [threads]


def test_what_a_warning_names_and_what_it_counts():
    rows = [job(f"j{number}", 9) for number in range(11)]
    for count, end in ((10, "unknown: status 9)."), (11, "j9 (backup, unknown: status 9) and 1 more.")):
        service = service_of(Server(rows[:count]), Plain, states=["failed"])
        service.poll()
        assert service.warnings()[1].endswith(end)
        assert ("more" in service.warnings()[1]) is (count == 11)
    rows = [job(f"j{number}", 90 + number) for number in range(6)]
    service = service_of(Server(rows), Plain)
    service.poll()
    assert "(status 90, status 91, status 92, status 93, status 94)" in service.warnings()[0]


@pytest.mark.parametrize(
    ("options", "ids", "doubts"),
    [
        ({}, ["ok", "odd type", "odd status"], []),
        ({"types": ["backup"]}, ["ok", "odd type", "odd status"], ["odd type"]),
        ({"types": ["restore"]}, ["odd type"], ["odd type"]),
        ({"states": ["succeeded"]}, ["ok", "odd type", "odd status"], ["odd status"]),
        ({"states": ["failed"]}, ["odd status"], ["odd status"]),
        ({"states": ["unknown"]}, ["odd status"], []),
        ({"types": ["restore"], "states": ["failed"]}, [], []),
        ({"types": [], "states": []}, ["ok", "odd type", "odd status"], []),
    ],
)
def test_only_what_is_understood_is_left_out(options, ids, doubts):
    rows = [job("ok", FINISHED), job("odd type", FINISHED, job_type=9), job("odd status", 9)]
    service = service_of(Server(rows), Plain, **options)
    assert [each["job_id"] for each in service.poll().jobs] == ids
    named = [[each for each in ids if f"{each} (" in warning] for warning in service.warnings()[1:]]
    assert named == ([doubts] if doubts else [])
    service._client._answers = [[]]
    service.poll()
    assert len(service.warnings()) == 1, "each poll is by itself"


class Untyped(Plain):
    """A product that does not say of what type a job is."""

    type_names = ()


def test_a_job_whose_type_is_not_told_is_among_the_jobs():
    service = service_of(Server([job("a", FINISHED)]), Untyped, types=["restore"])
    assert [each["type"] for each in service.poll().jobs] == [None]
    (warning,) = service.warnings()
    assert warning == "Whether types asks for these jobs cannot be known, so they are among the jobs: a (succeeded)."


@pytest.mark.parametrize(
    ("wanted", "has", "fits", "doubts"),
    [(None, "y", True, 0), ("x", "x", True, 0), ("x", "y", False, 0), ("x", "z", True, 1), ("x", None, True, 1)],
)
def test_what_an_option_asks_for_is_kept_where_that_cannot_be_told(wanted, has, fits, doubts):
    service = service_of(Server(), Plain, module=wanted)
    for key, name in (("module", ()), ("part", ("part",))):
        row = {"job_id": "a", "type": "backup", "state": "failed", "status": "failed", key: has}
        assert service._fits(row, "module", ("x", "y"), *name) is fits
    assert len(service.warnings()) == doubts


@pytest.mark.parametrize(
    ("types", "code"),
    [(None, None), ([], None), (["restore"], 2), (["backup", "restore"], None), (["restore", "restore"], 2)],
)
def test_the_one_type_to_ask_for(types, code):
    assert service_of(Server(), Plain, types=types).type_filter() == code


class Words(Plain):
    types: t.ClassVar[dict] = {"Full": "backup"}
    statuses: t.ClassVar[dict] = {
        "Done": Status("finished", "succeeded"),
        "Bad": Status("failed", "failed"),
        "Lost": Status("timed_out", "failed"),
    }
    status_names = ("state", "result")
    id_names = ("id", "number")
    id_types = ("string", "integer")


class Mixed(Plain):
    statuses: t.ClassVar[dict] = {**Plain.statuses, **Words.statuses}


class Told(Words):
    status_numbers = True
    fields = (START_TIME,)


def test_a_product_has_numbers_for_its_statuses_if_each_is_one_or_it_says_so():
    kinds = (Plain, Words, Mixed, Told)
    assert [kind.status_numbers for kind in kinds] == [True, False, False, True]
    assert (Plain.has_times, Told.has_times, Backups.has_times) == (False, False, True)


def test_a_job_with_several_names_for_one_thing():
    service = service_of(Server(), Words, include_raw=True)
    entry = {"number": 7, "type": "full", "state": "done", "result": "BAD"}
    read = service.read_job("jobs[0]", entry)
    assert (read["job_id"], read["type"], read["state"]) == ("7", "backup", "failed")
    assert (read["status_id"], read["raw"]) == (None, entry)
    # Of two that are as bad, the first.
    statuses = [service.read_job("jobs[0]", {**entry, "state": one})["status"] for one in ("bad", "lost")]
    assert statuses == ["failed", "timed_out"]
    with pytest.raises(InvalidResponse, match="state is missing"):
        service.read_job("jobs[0]", {"number": 7, "type": "full", "state": None})
    assert Words.job_schema()["required"] == ["type"]


class Alike(Plain):
    """A product whose jobs may have no id."""

    alike = ("type", "type_id")


def test_jobs_without_an_id_that_look_alike_are_told_apart():
    rows = [job("", FINISHED), job("", FAILED), job("", FINISHED, job_type=2), job("a", FINISHED)]
    server = Server(rows)
    service = service_of(server, Alike, wait=True)
    snapshot = service.poll()
    assert [(each["job_id"], each["type"], each["state"]) for each in snapshot.jobs] == [
        (None, "backup", "succeeded"),
        (None, "backup", "failed"),
        (None, "restore", "succeeded"),
        ("a", "backup", "succeeded"),
    ]
    assert not any(isinstance(each, Nameless) for each in snapshot.jobs)
    server._answers = [rows[:1]]
    assert len(service.poll().jobs) == 4
    server = Server([job("", FAILED), job("", FINISHED)])
    service = service_of(server, Alike, wait=True)
    service.poll()
    server._answers = [[job("", FINISHED)]]
    assert [each["state"] for each in service.poll().jobs] == ["succeeded", "failed"], "the worse is remembered"
    server._answers = [[job("", FINISHED), job("", FINISHED, job_type=2)]]
    assert len(service.poll().jobs) == 3, "one of another type does not take its place"
    assert [each["job_id"] for each in service_of(Server(rows), Alike, job_ids=["A"]).poll().jobs] == ["a"]
    assert Alike.job_schema()["required"] == ["type", "status"]
    assert Alike.job_schema()["properties"]["jobId"] == {"type": ["string", "null"]}
    assert Plain.job_schema()["required"] == ["jobId", "type", "status"]
    assert Plain.job_schema()["properties"]["jobId"] == {"type": ["string"], "minLength": 1}


def test_whose_a_job_is():
    # Reports group jobs by these, the first of them that has a value.
    owners = {name: [field.name for field in kind.fields if field.owner] for name, kind in SERVICES.items()}
    assert {name: fields for name, fields in owners.items() if fields} == {
        "pc": ["tenant_id"],
        "d365": ["organization_name", "organization_id"],
        "elements": ["customer", "customer_id"],
    }


def test_what_answered_is_returned_where_there_is_a_choice():
    service = service_of(Server(), Plain)
    assert service.returns() == {}
    service.answered_by = "graph"
    assert service.returns() == {"api": "graph"}


def test_access_is_checked_with_the_smallest_request():
    assert Plain.probe_params() == {"page": 1, "page_size": 1}
    assert Plain.check_options({"page": 1}, SECONDS) == {"page": 1}
    server = Server([job("a", FINISHED), job("b", FINISHED)])
    service_of(server, Plain, **Plain.probe_params()).probe()
    assert server.asked == [(None, 1)]
