# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers out of a recording; that a real one serves again is tested where it is made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.avepoint.cloud.tests.simulator import replay
from ansible_collections.avepoint.cloud.tests.simulator.client import FOLDER

REQUEST = {"method": "GET", "url": "https://x.example/aos/jobs", "query": [["top", "1"]]}
ANSWER = {"status": 200, "headers": {}, "json": {"data": []}}


def exchange(**more: Any) -> dict[str, Any]:
    return {"avepoint_recording": 1, "request": REQUEST, "answer": ANSWER, **more}


WRONG = [
    ("{", "it is not JSON (Expecting property name"),
    ("[]", "it has no avepoint_recording, so AVEPOINT_RECORD did not write it"),
    (json.dumps({"data": []}), "it has no avepoint_recording"),
    (json.dumps(exchange(avepoint_recording=2)), "its format is 2, and only 1 is known here"),
    (json.dumps(exchange(request=None)), "request is missing or wrong"),
    (json.dumps(exchange(request={**REQUEST, "method": 1})), "request.method is missing or wrong"),
    (json.dumps(exchange(request={**REQUEST, "url": None})), "request.url is missing or wrong"),
    (json.dumps(exchange(request={**REQUEST, "query": [["a"]]})), "request.query is not a list of names and values"),
    (json.dumps(exchange(answer=None)), "answer, or failure, is missing or wrong"),
    (json.dumps(exchange(answer=None, failure={})), "failure.code is missing or wrong"),
    (json.dumps(exchange(answer={**ANSWER, "status": True})), "answer.status is missing or wrong"),
    (json.dumps(exchange(answer={**ANSWER, "status": 99})), "answer.status is no status of HTTP"),
    (
        json.dumps(exchange(answer={**ANSWER, "headers": {"A": "b\r\nc"}})),
        "answer.headers has values that are no texts",
    ),
    (json.dumps(exchange(answer={"status": 200})), "answer.json, or answer.body, is missing or wrong"),
    (
        json.dumps(exchange(answer={"status": 200, "body": {"kind": "zip", "bytes": 1}})),
        "answer.body is none that is recorded",
    ),
    ("\ud800".encode("utf-8", "surrogatepass"), "codec can't decode"),
    ("[" * 100_000, "maximum recursion depth"),
]


@pytest.mark.parametrize(("content", "why"), WRONG, ids=[why for _content, why in WRONG])
def test_a_recording_that_is_none_is_named(tmp_path, content, why):
    (tmp_path / "1.json").write_text(json.dumps(exchange()))
    (tmp_path / "2.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(replay.NotARecording) as refused:
        replay.read(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / '2.json'} is no recording: ")
    assert why in str(refused.value)


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(replay.NotARecording, match="has no recording in it"):
        replay.read(tmp_path)
    with pytest.raises(replay.NotARecording, match="nowhere cannot be read: No such file"):
        replay.read(tmp_path / "nowhere")


def test_what_is_beside_a_recording_is_left_alone(tmp_path):
    for name in (".hidden.json", "README", "recording.key"):
        (tmp_path / name).write_text("nothing")
    (tmp_path / "1.json").write_text(json.dumps(exchange()))
    assert [found.path for found in replay.read(tmp_path)] == ["/aos/jobs"]


def test_the_command_line_says_it_and_starts_nothing(tmp_path: Path):
    (tmp_path / "1.json").write_text("{}")
    # As make simulator puts it together.
    command = [sys.executable, str(FOLDER), "--example", "--replay", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"{tmp_path / '1.json'} is no recording: it has no avepoint_recording")
    assert "Traceback" not in done.stderr
