# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    ConnectionFailed,
    MissingLibrary,
    NotFound,
    Reading,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure, sentence


@pytest.mark.parametrize(
    ("said", "msg"),
    [("it is gone", "it is gone."), ("it is gone...", "it is gone."), ("did it restart?", "did it restart?")],
)
def test_a_failed_result_has_a_whole_sentence_and_the_same_for_programs(said, msg):
    facts = {"code": "connection_failed", "http_status": None, "request_id": None}
    assert failure(ConnectionFailed(said)) == {"failed": True, "msg": msg, "error": facts}


def test_no_secret_is_told_wherever_it_is():
    error = NotFound("no job of the-secret", 404, "the-secret")
    error.context.append(Reading("tenant the-secret"))
    assert failure(error, {"the-secret"}) == {
        "failed": True,
        "msg": "tenant ********: no job of ********.",
        "error": {"code": "not_found", "http_status": 404, "request_id": "********"},
    }


def test_a_library_is_asked_for_in_ansible_s_words_whoever_tells():
    assert sentence(MissingLibrary("requests")).startswith("Failed to import the required Python library (requests)")
