# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the jobs of all AvePoint products have in common: ids, names, the normalised state, the summary."""

from __future__ import annotations

import collections
import datetime
import functools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

STATES = ("waiting", "running", "succeeded", "finished_with_exception", "failed", "skipped", "stopped", "unknown")
FINISHED = frozenset(("succeeded", "finished_with_exception", "failed", "skipped", "stopped"))


# The difference that is tolerated between the clocks of two machines.
CLOCK_SKEW = datetime.timedelta(minutes=5)


class Status(t.NamedTuple):
    """A documented status: its name, and the state that it means in every product."""

    name: str
    state: str


UNKNOWN = Status("unknown", "unknown")


Code = t.Union[int, str]


class Vocabulary:
    """The documented codes of one API and their names.

    A code is a number, or a word if the API has no numbers. Words and names are compared without blanks, hyphens, underscores
    and case. An undocumented value gives ``unknown``, and is kept in :attr:`unknown` for a warning.
    """

    def __init__(
        self,
        types: t.Mapping[t.Any, str],
        statuses: t.Mapping[t.Any, Status],
        type_words: t.Mapping[t.Any, str] | None = None,
    ):
        self._types = types
        self._statuses = statuses
        self._type_codes = codes_of(types, types.values())
        self._type_codes.update(codes_of(type_words, type_words.values()) if type_words else {})
        self._status_codes = codes_of(statuses, (status.name for status in statuses.values()))
        self.unknown: dict[tuple[str, str], None] = {}
        # Long lists consist of jobs of a few types and statuses.
        self._describe_once = functools.lru_cache(maxsize=1024, typed=True)(self._describe)

    def describe(self, job_type: Code | None, status: Code) -> dict:
        """``type``, ``type_id``, ``status``, ``status_id``, ``state`` and ``finished`` of a job.

        Takes numbers, numeric strings, and names such as ``In progress``; None if the API does not send the type. For an
        unknown value, ``type_text`` or ``status_text`` is what the API sent.
        """
        return dict(self._describe_once(job_type, status))

    def _describe(self, job_type: Code | None, status: Code) -> dict:
        type_code = None if job_type is None else code_in(job_type, self._type_codes)
        status_code = code_in(status, self._status_codes)
        type_name = self._types.get(type_code)
        known = self._statuses.get(status_code)
        texts = {}
        for field, value, documented in (("type", job_type, type_name), ("status", status, known)):
            if documented is None and value is not None:
                texts[f"{field}_text"] = text = clean(str(value), 40)
                self.unknown[field, text] = None
        name, state = known or UNKNOWN
        return {
            "type": type_name or (None if job_type is None else UNKNOWN.name),
            "type_id": type_code if isinstance(type_code, int) else None,
            "status": name,
            "status_id": status_code if isinstance(status_code, int) else None,
            "state": state,
            "finished": state in FINISHED,
            **texts,
        }


def codes_of(codes: t.Iterable[Code], names: t.Iterable[str]) -> dict[str, Code]:
    """Maps each name, and each code that is a word, to its code; the keys are as :func:`_normalized` makes them."""
    found = {_normalized(name): code for code, name in zip(codes, names)}
    found.update({_normalized(code): code for code in found.values() if isinstance(code, str)})
    return found


_NUMBER = re.compile(r"-?[0-9]{1,9}")


def _normalized(name: str) -> str:
    # ASCII only: a few other letters become ASCII letters in lower case.
    return re.sub(r"[\s_-]+", "", name, flags=re.ASCII).lower() if name.isascii() else name


def described(job: dict) -> str:
    """Type and state of a job for a message; an unknown one with the number or word that the API sent."""
    parts = []
    for name, field in ((job["type"], "type"), (job["state"], "status")):
        if name is None:
            continue  # the API does not send it
        # If a job's times contradict its status, the status is known, but the state is not.
        sent = [job.get(key) for key in (f"{field}_text", field, f"{field}_id")]
        text = next((str(value) for value in sent if value not in (None, "", "unknown")), "")
        parts.append(f"{name}: {field} {clean(text, 40)}" if name == "unknown" and text else name)
    return ", ".join(parts)


# The keys that identify a job without an id in a message.
_LABEL_KEYS = ("customer", "customer_id", "module", "name")


def job_label(job: dict) -> str:
    """Names a job in a message: by its id, or else by customer, module and name; then its type and state."""
    if job["job_id"] is not None:
        return f"{job['job_id']} ({described(job)})"
    labels = [
        str(job[name]) for name in _LABEL_KEYS if job.get(name) and not (name == "customer_id" and job.get("customer"))
    ]
    return f"{' '.join(labels) or 'one'} without an id ({described(job)})"


def code_in(value: Code, codes: t.Mapping[str, Code]) -> Code | None:
    """The code that ``value`` means: a number, a numeric string, or a name in ``codes``; None for another word."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if _NUMBER.fullmatch(text) else codes.get(_normalized(text))
    return int(value)


def whole(value: float | str | None) -> int | None:
    """An int from a number that a schema accepted as an integer, such as 7.0; None for None."""
    return None if value is None else int(value)


# The form of a job id for comparison, which ignores case.
same_id = str.casefold


def worse(one: dict, other: dict) -> dict:
    """Of two readings of one job, the one with the more severe state, so that a gate does not pass too early.

    Overlapping pages contain a job twice, perhaps as it was before and after a change.
    """
    return min(one, other, key=severity)


_SEVERITY = ("unknown", "waiting", "running", "failed", "finished_with_exception", "stopped", "skipped", "succeeded")


def severity(job: dict) -> int:
    """The rank of a job's state: 0 is the most severe, ``unknown``; ``succeeded`` is the last."""
    return _SEVERITY.index(job["state"])


def summarize(jobs: t.Sequence[dict], missing: t.Sequence[str]) -> dict:
    """The ``summary`` of jobs and missing job ids, without the keys that only some products have."""
    counts = collections.Counter(job["state"] for job in jobs)
    states = {state: counts[state] for state in STATES}
    complete = bool(jobs) and not missing
    return {
        "total": len(jobs),
        "states": states,
        "all_finished": complete and FINISHED.issuperset(counts),
        "all_succeeded": complete and states["succeeded"] == len(jobs),
        "any_failed": states["failed"] > 0,
    }
