# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a job of any AvePoint product is to a playbook: names, the normalised state, the summary."""

from __future__ import annotations

import datetime
import functools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

STATES = ("waiting", "running", "succeeded", "finished_with_exception", "failed", "skipped", "stopped", "unknown")
FINISHED = frozenset(("succeeded", "finished_with_exception", "failed", "skipped", "stopped"))


# How far the clocks of two machines may be apart: they rarely agree to the second.
CLOCK_SKEW = datetime.timedelta(minutes=5)


class Status(t.NamedTuple):
    """A documented status: its name, and the state that it means in every product."""

    name: str
    state: str


UNKNOWN = Status("unknown", "unknown")


Code = t.Union[int, str]


class Vocabulary:
    """The documented codes of one API and their names.

    A code is a number, or a word where the API has no numbers. Of words and names, blanks, hyphens, underscores and case may
    differ. What nobody documented is kept as ``unknown`` and remembered for a warning.
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

    def describe(self, job_type: Code | None, status: Code) -> dict:
        """``type``, ``type_id``, ``status``, ``status_id``, ``state`` and ``finished`` of a job.

        Takes numbers, numbers in a string, and names such as ``In progress``; None for the type of a job that does not say
        it. Of what is unknown, ``type_text`` and ``status_text`` have what was sent.
        """
        type_code = None if job_type is None else code_in(job_type, self._type_codes)
        status_code = code_in(status, self._status_codes)
        type_name = self._types.get(type_code)
        known = self._statuses.get(status_code)
        texts = {}
        for field, value, meant in (("type", job_type, type_name), ("status", status, known)):
            if meant is None and value is not None:
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
    """The code that each name, and each code that is a word, stands for."""
    found = {_plain(name): code for code, name in zip(codes, names)}
    found.update({_plain(code): code for code in found.values() if isinstance(code, str)})
    return found


_NUMBER = re.compile(r"-?[0-9]{1,9}")


def _plain(name: str) -> str:
    # ASCII only: other letters have lower forms that look like these.
    return re.sub(r"[\s_-]+", "", name, flags=re.ASCII).lower() if name.isascii() else name


def described(job: dict) -> str:
    """Type and state of a job for a message: of what is unknown, with the number or word that the API sent."""
    parts = []
    for name, field in ((job["type"], "type"), (job["state"], "status")):
        if name is None:
            continue  # an API that does not say it
        # A status can be known where the state is not: of a job whose times contradict it.
        sent = [job.get(key) for key in (f"{field}_text", field, f"{field}_id")]
        text = next((str(value) for value in sent if value not in (None, "", "unknown")), "")
        parts.append(f"{name}: {field} {clean(text, 40)}" if name == "unknown" and text else name)
    return ", ".join(parts)


# What tells a job without an id from others, for a message.
_TELLING = ("customer", "customer_id", "module", "name")


def job_label(job: dict) -> str:
    """A job for a message: by its id, else by whose and what it is; with its type and state."""
    if job["job_id"] is not None:
        return f"{job['job_id']} ({described(job)})"
    told = [
        str(job[name]) for name in _TELLING if job.get(name) and not (name == "customer_id" and job.get("customer"))
    ]
    return f"{' '.join(told) or 'one'} without an id ({described(job)})"


def code_in(value: Code, codes: t.Mapping[str, Code]) -> Code | None:
    """The code that was sent: a number, one in a text, or a name of ``codes``, however it is spelled; None for another word."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if _NUMBER.fullmatch(text) else codes.get(_plain(text))
    return int(value)


def whole(value: float | str | None) -> int | None:
    """A number that a schema has found to be a whole one, as Python's own; None for none."""
    return None if value is None else int(value)


def same_id(job_id: str) -> str:
    """The form in which job ids are compared: without regard to case."""
    return job_id.casefold()


def worse(one: dict, other: dict) -> dict:
    """Of two readings of one job the one that lets nothing pass too early.

    Pages that overlap show a job twice, perhaps before and after a change.
    """
    return min(one, other, key=severity)


_SEVERITY = ("unknown", "waiting", "running", "failed", "finished_with_exception", "stopped", "skipped", "succeeded")


def severity(job: dict) -> int:
    """The place of a job's state among all states; the first is the one that lets nothing pass too early."""
    return _SEVERITY.index(job["state"])


def summarize(jobs: t.Sequence[dict], missing: t.Sequence[str]) -> dict:
    """The ``summary`` that all modules return, without what is special to one of them."""
    states = dict.fromkeys(STATES, 0)
    for job in jobs:
        states[job["state"]] += 1
    counts = bool(jobs) and not missing
    return {
        "total": len(jobs),
        "states": states,
        "all_finished": counts and all(job["finished"] for job in jobs),
        "all_succeeded": counts and states["succeeded"] == len(jobs),
        "any_failed": states["failed"] > 0,
    }


_ISO_8601 = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?\Z",
    re.ASCII | re.IGNORECASE,
)


# What all but a few times of jobs are, and Python reads by itself.
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z\Z", re.ASCII)


@functools.lru_cache(maxsize=1024)
def parse_time(text: str) -> datetime.datetime:
    """The moment that an ISO 8601 text means; without an offset it is UTC.

    :raises ValueError: when it means none.
    """
    if _USUAL.match(text):
        return datetime.datetime.fromisoformat(f"{text[:-1]}+00:00")
    match = _ISO_8601.match(text.strip())
    if match is None:
        raise ValueError("not ISO 8601")
    year, _dash, month, day, hour, minute, second, fraction, offset = match.groups()
    offset = "+0000" if not offset or offset in "Zz" else offset.replace(":", "").ljust(5, "0")
    moment = datetime.datetime.fromisoformat(
        f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
        f".{(fraction or '0')[:6]:0<6}{offset[:3]}:{offset[3:]}"
    )
    try:
        return moment.astimezone(datetime.timezone.utc)
    except OverflowError:
        raise ValueError("out of range") from None


def format_time(moment: datetime.datetime) -> str:
    """ISO 8601 in UTC ending in ``Z``, to the millisecond where there are any."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def job_time(place: str, text: str | None) -> str | None:
    """A time of the API in our form; None where the API sent nothing, or its year 1 that means nothing.

    :raises InvalidResponse: naming ``place`` when it cannot be read.
    """
    if not text:
        return None
    if text.startswith("0001-01-01"):
        return None
    try:
        return format_time(parse_time(text))
    except ValueError:
        raise InvalidResponse(f"{place} should be an ISO 8601 time") from None
