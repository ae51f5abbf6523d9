# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import STATUSES as D365_STATUSES
from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import TYPES as D365_TYPES
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    CLOCK_SKEW,
    FINISHED,
    STATES,
    Status,
    Vocabulary,
    described,
    job_label,
    same_id,
    summarize,
    whole,
    worse,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import STATUSES as PC_STATUSES
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import TYPES as PC_TYPES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

PC = {
    0: ("waiting", "waiting", False),
    1: ("in_progress", "running", False),
    2: ("finished", "succeeded", True),
    3: ("failed", "failed", True),
    4: ("skipped", "skipped", True),
    5: ("finished_with_exception", "finished_with_exception", True),
}
D365 = {
    2: ("in_progress", "running", False),
    3: ("finished", "succeeded", True),
    4: ("failed", "failed", True),
    7: ("finished_with_exception", "finished_with_exception", True),
}


def pc() -> Vocabulary:
    return Vocabulary(PC_TYPES, PC_STATUSES)


def d365() -> Vocabulary:
    return Vocabulary(D365_TYPES, D365_STATUSES)


def test_the_documented_names_are_complete():
    assert PC_TYPES == {
        1: "apply_baseline",
        2: "auto_alignment",
        3: "create_baseline",
        4: "detect_drift",
        5: "deploy",
        6: "deploy_detected_deviations",
        7: "daily_tenant_backup",
        8: "edit_tenant_configurations",
        9: "restore_to_date",
        10: "restore",
    }
    assert D365_TYPES == {1: "backup", 2: "restore", 4: "dry_run", 8: "retention", 16: "audit_backup", 32: "export"}
    assert set(PC_STATUSES) == set(PC)
    assert set(D365_STATUSES) == set(D365)


@pytest.mark.parametrize("number", PC)
def test_each_status_of_process_center(number):
    job = pc().describe(5, number)
    assert (job["status"], job["state"], job["finished"]) == PC[number]
    assert (job["type"], job["type_id"], job["status_id"]) == ("deploy", 5, number)


@pytest.mark.parametrize("number", D365)
def test_each_status_of_dynamics_365(number):
    job = d365().describe(16, number)
    assert (job["status"], job["state"], job["finished"]) == D365[number]
    assert (job["type"], job["type_id"], job["status_id"]) == ("audit_backup", 16, number)


@pytest.mark.parametrize(
    ("job_type", "status"),
    [
        (16, 7),
        ("16", "7"),
        (" 16 ", " 7 "),
        ("Audit backup", "Finished with exception"),
        ("auditbackup", "FinishedWithException"),
        ("AUDIT_BACKUP", "finished-with-exception"),
        (16.0, 7.0),
    ],
)
def test_a_number_a_numeric_string_and_a_display_name_are_the_same(job_type, status):
    vocabulary = d365()
    assert vocabulary.describe(job_type, status) == {
        "type": "audit_backup",
        "type_id": 16,
        "status": "finished_with_exception",
        "status_id": 7,
        "state": "finished_with_exception",
        "finished": True,
    }
    assert vocabulary.unknown == {}


@pytest.mark.parametrize(
    ("status", "number"), [(0, 0), (6, 6), ("6", 6), (-1, -1), ("-1", -1), ("Paused", None), ("", None), ("2.0", None)]
)
def test_an_unknown_status_is_neither_finished_nor_succeeded_and_keeps_its_number(status, number):
    job = d365().describe(1, status)
    assert (job["status"], job["state"], job["finished"], job["status_id"]) == ("unknown", "unknown", False, number)


@pytest.mark.parametrize(
    "word",
    [
        "\u672aFinished",
        "Finished\u672a",
        "Fin\u0131shed",  # a dotless i
        "\uff26inished",  # a wide F
        "F\u0130nished",  # its lower form begins with an i
        "Finished!",
        "Fin\x1fished",  # a separator, but no blank of ASCII
        "Not finished",
        "(Finished)",
        "Finished.",
        "Finished, 3",
        "\u200bFinished",
        "s\u212aipped",  # the lower form of the Kelvin sign is a k
        "Finished/failed",
        "3 finished",
        "\u0663",
    ],
)
def test_a_word_is_compared_whole(word):
    for vocabulary in (d365(), pc()):
        job = vocabulary.describe(word, word)
        assert (job["status"], job["state"], job["finished"], job["status_id"]) == ("unknown", "unknown", False, None)
        assert (job["type"], job["type_id"]) == ("unknown", None)
        assert list(vocabulary.unknown) == [("type", job["type_text"]), ("status", job["status_text"])]


def test_what_is_unknown_keeps_what_was_sent():
    # All of one vocabulary: what is equal to an earlier value, but was sent otherwise, is no exception.
    vocabulary = d365()
    for value, text in ((9, "9"), (9.0, "9.0"), ("9", "9"), ("Paused", "Paused"), ("Fin\u0131shed", "Fin\u0131shed")):
        job = vocabulary.describe(value, value)
        assert (job["type_text"], job["status_text"]) == (text, text)
    assert not {"type_text", "status_text"} & vocabulary.describe(1, 3).keys()


@pytest.mark.parametrize(("job_type", "number"), [(0, 0), (3, 3), ("64", 64), ("Migration", None)])
def test_an_unknown_type_keeps_its_number(job_type, number):
    job = d365().describe(job_type, 3)
    assert (job["type"], job["type_id"], job["state"]) == ("unknown", number, "succeeded")


def test_an_api_that_sends_no_type_leaves_nothing_unknown():
    vocabulary = d365()
    read = vocabulary.describe(None, 3)
    assert read == {"type": None, "type_id": None, "status": "finished", "status_id": 3, "state": "succeeded", "finished": True}  # fmt: skip
    assert not vocabulary.unknown
    read["state"] = "failed"
    assert vocabulary.describe(None, 3)["state"] == "succeeded", "each job is by itself"


def test_what_is_unknown_is_remembered_once_cleaned_and_bounded():
    vocabulary = d365()
    for _again in range(3):
        vocabulary.describe("Migration", "Paused\x1b[31m" + "x" * 100)
    assert list(vocabulary.unknown) == [("type", "Migration"), ("status", "Paused [31m" + "x" * 28 + "…")]


def test_ids_are_compared_without_regard_to_case():
    assert same_id("DCIB2022") == same_id("dcib2022")
    assert same_id("a") != same_id("b")


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ("succeeded", "running", "running"),
        ("running", "waiting", "waiting"),
        ("succeeded", "failed", "failed"),
        ("succeeded", "unknown", "unknown"),
        ("finished_with_exception", "failed", "failed"),
        ("skipped", "succeeded", "skipped"),
        ("succeeded", "finished_with_exception", "finished_with_exception"),
    ],
)
def test_of_two_readings_the_one_that_lets_nothing_pass_is_kept(one, other, kept):
    assert worse({"state": one}, {"state": other}) == {"state": kept}
    assert worse({"state": other}, {"state": one}) == {"state": kept}


def test_every_state_has_its_place_in_that_order():
    for state in STATES:
        assert worse({"state": state}, {"state": "succeeded"}) == {"state": state}


# The summary


def jobs(*states: str) -> list[dict]:
    return [{"state": state, "finished": state in FINISHED} for state in states]


def test_the_summary_counts_every_state_zeros_included():
    summary = summarize(jobs("succeeded", "failed", "succeeded", "unknown"), [])
    assert summary["total"] == 4
    assert summary["states"] == {
        "waiting": 0,
        "running": 0,
        "succeeded": 2,
        "finished_with_exception": 0,
        "failed": 1,
        "skipped": 0,
        "stopped": 0,
        "unknown": 1,
    }


@pytest.mark.parametrize(
    ("states", "missing", "finished", "succeeded", "any_failed"),
    [
        (["succeeded", "succeeded"], [], True, True, False),
        (["succeeded", "failed"], [], True, False, True),
        (["succeeded", "finished_with_exception"], [], True, False, False),
        (["succeeded", "skipped"], [], True, False, False),
        (["succeeded", "stopped"], [], True, False, False),
        (["succeeded", "running"], [], False, False, False),
        (["succeeded", "waiting"], [], False, False, False),
        (["succeeded", "unknown"], [], False, False, False),
        (["failed", "running"], [], False, False, True),
        (["succeeded"], ["gone"], False, False, False),
        (["failed"], ["gone"], False, False, True),
        ([], [], False, False, False),
        ([], ["gone"], False, False, False),
    ],
)
def test_the_verdicts_of_the_summary(states, missing, finished, succeeded, any_failed):
    summary = summarize(jobs(*states), missing)
    # "is": playbooks need booleans, an empty list or a number would not do
    assert summary["all_finished"] is finished
    assert summary["all_succeeded"] is succeeded
    assert summary["any_failed"] is any_failed


# In messages


@pytest.mark.parametrize(
    "job, text",
    [
        ({"type": "deploy", "state": "failed", "status": "failed", "status_id": 3}, "deploy, failed"),
        ({"type": None, "state": "failed", "status": "failed"}, "failed"),
        ({"type": "deploy", "state": "unknown", "status": "unknown", "status_id": 9}, "deploy, unknown: status 9"),
        (
            {"type": "deploy", "state": "unknown", "status": "finished", "status_id": 2},
            "deploy, unknown: status finished",
        ),
        ({"type": "deploy", "state": "unknown", "status": "unknown", "status_id": 0}, "deploy, unknown: status 0"),
        ({"type": "deploy", "state": "unknown", "status": "unknown", "status_text": ""}, "deploy, unknown"),
        (
            {"type": "deploy", "state": "unknown", "status": "unknown", "status_text": "", "status_id": 9},
            "deploy, unknown: status 9",
        ),
        (
            {"type": "unknown", "type_text": "7", "state": "running", "status": "in_progress", "status_id": 1},
            "unknown: type 7, running",
        ),
        (
            {"type": "deploy", "state": "unknown", "status": "unknown", "status_text": "x" * 60},
            f"deploy, unknown: status {clean('x' * 60, 40)}",
        ),
    ],
)
def test_a_message_describes_a_job_by_type_and_state_and_what_is_unknown_by_what_was_sent(job, text):
    assert described(job) == text


@pytest.mark.parametrize(
    "job, text",
    [
        ({"job_id": "DC-1"}, "DC-1 (backup, failed)"),
        ({"job_id": "", "name": "Mail"}, " (backup, failed)"),
        (
            {"job_id": None, "customer": "Contoso", "customer_id": "c-1", "module": "gmail", "name": "Mail"},
            "Contoso gmail Mail without an id (backup, failed)",
        ),
        ({"job_id": None, "customer": None, "customer_id": "c-1", "name": ""}, "c-1 without an id (backup, failed)"),
        ({"job_id": None}, "one without an id (backup, failed)"),
    ],
)
def test_a_message_names_a_job_by_its_id_or_by_whose_and_what_it_is(job, text):
    assert job_label({"type": "backup", "state": "failed", "status": "failed", **job}) == text


@pytest.mark.parametrize("value, number", [(None, None), (0, 0), (7.0, 7), ("12", 12)])
def test_a_whole_number_may_come_in_several_forms(value, number):
    found = whole(value)
    assert found == number
    assert found is None or isinstance(found, int)


# Words


def test_codes_that_are_words_are_found_by_word_and_by_name():
    vocabulary = Vocabulary(
        {"FullBackup": "full"}, {"Succeeded well": Status("finished", "succeeded")}, {"FullBackup": "The whole"}
    )
    for job_type in ("full", "FullBackup", "full_backup", "the-whole"):
        for status in ("finished", "succeeded_well", "SUCCEEDED WELL"):
            found = vocabulary.describe(job_type, status)
            assert (found["type"], found["state"], found["type_id"], found["status_id"]) == (
                "full", "succeeded", None, None,
            ), (job_type, status)  # fmt: skip
    assert not vocabulary.unknown


def test_clocks_may_be_five_minutes_apart():
    assert CLOCK_SKEW.total_seconds() == 300
