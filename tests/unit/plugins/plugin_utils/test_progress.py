# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress
from ansible_collections.avepoint.cloud.plugins.plugin_utils._progress import HEARTBEAT, Watcher, line

SEEN = Progress(chosen=5, finished=2, failed=1, running=1, waiting=1, unknown=0, missing=1, elapsed=30, fault=None)


class Watching:
    """A watcher on a clock that stands still until it is moved."""

    def __init__(self):
        self.now = 100.0
        self.lines = []
        self.watcher = Watcher("host1", self.lines.append, lambda: self.now)

    def update(self, after, progress):
        self.now += after
        self.watcher.update(progress)

    def tick(self, after):
        self.now += after
        self.watcher.tick()


@pytest.mark.parametrize(
    ("progress", "elapsed", "shown"),
    [
        (SEEN, 0, "[host1] 2 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 1 missing (0s)"),
        (SEEN, 59.9, "[host1] 2 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 1 missing (59s)"),
        (SEEN, 125, "[host1] 2 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 1 missing (2m 05s)"),
        (SEEN, 3725, "[host1] 2 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 1 missing (1h 02m 05s)"),
        (None, 60, "[host1] no answer yet (1m 00s)"),
    ],
)
def test_a_line(progress, elapsed, shown):
    assert line("host1", progress, elapsed) == shown


def test_unknown_states_are_mentioned_where_there_are_any():
    assert "1 missing, 2 in an unknown state (0s)" in line("host1", SEEN._replace(unknown=2), 0)


def test_what_neither_failed_nor_succeeded_is_mentioned_where_there_is_any():
    text = line("host1", SEEN._replace(with_exception=2, skipped=1, stopped=3), 0)
    assert "1 failed, 2 with exception, 1 skipped, 3 stopped, 1 running" in text


def test_a_fault_is_shown_harmless_and_bounded():
    text = line("host1", SEEN._replace(fault="busy\x1b[31m\r\n\u202e" + "x" * 500), 0)
    assert "busy [31m x" in text
    assert text.isprintable()
    assert len(text) < 300


def test_each_change_is_shown_at_once():
    watching = Watching()
    watching.update(1, SEEN)
    for name in ("chosen", "finished", "failed", "running", "waiting", "unknown", "missing", "stopped"):
        watching.update(1, SEEN._replace(**{name: 9}))
    watching.update(1, SEEN._replace(missing=9, fault="busy"))
    assert len(watching.lines) == 10
    assert watching.lines[-1].endswith("trying again: busy (10s)")


def test_what_has_not_changed_is_not_shown_again():
    watching = Watching()
    for elapsed in (1, 2, 3):
        watching.update(10, SEEN._replace(elapsed=elapsed))
    assert watching.lines == ["[host1] 2 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 1 missing (10s)"]


def test_something_is_said_at_least_each_minute():
    watching = Watching()
    watching.update(0, SEEN)
    for _second in range(300):
        watching.tick(1)
    assert [text.rpartition("(")[2] for text in watching.lines[1:]] == [
        "55s)",
        "1m 50s)",
        "2m 45s)",
        "3m 40s)",
        "4m 35s)",
    ]
    # A wait elsewhere is looked after every two seconds, over a connection that may be slow.
    assert HEARTBEAT + 2 < 60


def test_the_minute_begins_anew_with_each_line():
    watching = Watching()
    watching.update(0, SEEN)
    watching.update(50, SEEN._replace(finished=3))
    watching.tick(54)
    assert len(watching.lines) == 2
    watching.tick(1)
    assert len(watching.lines) == 3


def test_an_unchanged_look_is_a_sign_of_life_as_well():
    watching = Watching()
    watching.update(0, SEEN)
    watching.update(60, SEEN)
    assert len(watching.lines) == 2


def test_a_first_answer_that_does_not_come_is_said():
    watching = Watching()
    watching.tick(54)
    assert watching.lines == []
    watching.tick(1)
    assert watching.lines == ["[host1] no answer yet (55s)"]


def test_each_line_says_whose_it_is():
    lines = []
    for host in ("one", "two"):
        Watcher(host, lines.append, lambda: 0.0).update(SEEN)
    assert [text.split()[0] for text in lines] == ["[one]", "[two]"]
