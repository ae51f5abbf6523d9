# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report: those of an earlier run go first, and all are written or none.

A report that is not there is noticed by whoever reads it. One of the run before is taken for this one's.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import Report, ReportError, report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_html import html
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_junit import junit
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_markdown import markdown

# By the name of a format, its file and what makes the file's text.
FORMATS: dict[str, tuple[str, t.Callable[[Report], str]]] = {
    "markdown": ("report.md", markdown),
    "html": ("report.html", html),
    "junit": ("junit.xml", junit),
}


# What a report is made of.
OPTIONS = ("result", "verdict", "title", "formats")


def folder_of(value: t.Any, problems: t.Iterable[str] = ()) -> str:
    """The folder that ``value`` means, as an absolute path; a relative one begins where the command was started.

    :arg problems: what is wrong already, and may be why there is no value
    :raises ReportError: when it means none
    """
    if not isinstance(value, (str, os.PathLike)) or not str(value).strip():
        raise ReportError(" ".join(problems).rstrip(".") or "job_report_dir must be a folder to write the reports to")
    try:
        return os.path.realpath(os.path.expanduser(str(value)))
    except OSError as error:
        raise ReportError(f"job_report_dir cannot be told from here: {_why(error)}; use an absolute path") from None


def render(result: t.Any, verdict: t.Any, title: t.Any, formats: t.Any) -> dict[str, bytes]:
    """The contents of the files, by their names.

    :arg formats: names of formats, as a list or as a text with commas; None for all
    :raises ReportError: with what cannot be meant
    """
    if formats is None or formats == "":
        formats = list(FORMATS)
    elif isinstance(formats, str):
        formats = [part.strip() for part in formats.split(",")]
    if not isinstance(formats, (list, tuple)) or not all(isinstance(one, str) and one in FORMATS for one in formats):
        raise ReportError(f"job_report_formats may have {', '.join(FORMATS)}, and nothing else")
    if title is not None and not isinstance(title, (str, int, float)):
        raise ReportError("job_report_title must be a text")
    made = report(result, verdict or None, title if title is None else str(title))
    texts = {FORMATS[one][0]: FORMATS[one][1](made) for one in formats}
    return {name: text.encode("utf-8", "replace") for name, text in texts.items()}


def remove(folder: str) -> dict[str, bytes]:
    """Takes away all reports that are in ``folder``.

    :returns: their contents, by their names
    :raises ReportError: when one cannot be taken away; it is empty then, if it can be that at least
    """
    old: dict[str, bytes] = {}
    stuck = ""
    for name, _form in FORMATS.values():
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError), open(path, "rb") as stream:
            old[name] = stream.read()
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            stuck = stuck or f"{path} is in the way and cannot be removed: {_why(error)}"
            # what is empty is no report to anyone
            with contextlib.suppress(OSError), open(path, "wb"):
                pass
    if stuck:
        raise ReportError(stuck)
    return old


def clear(folder: str) -> bool:
    """Empties all reports that are in ``folder``: what is interrupted then leaves none of an earlier run behind.

    Which files are there stays as it is, since a condition may go by that.

    :returns: whether there was one
    :raises ReportError: when one cannot be emptied; it is not there any more, if it can be that at least
    """
    there = [name for name, _form in FORMATS.values() if os.path.lexists(os.path.join(folder, name))]
    write(folder, dict.fromkeys(there, b""))
    return bool(there)


def write(folder: str, contents: t.Mapping[str, bytes]) -> None:
    """Writes the files into ``folder``, for everyone to read: all of them, or none.

    :raises ReportError: when one cannot be written
    """
    ready: dict[str, str] = {}
    try:
        for name, content in contents.items():
            number, ready[name] = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            with os.fdopen(number, "wb") as stream:
                stream.write(content)
            os.chmod(ready[name], 0o644)
        for name, path in ready.items():
            os.replace(path, os.path.join(folder, name))
    except OSError as error:
        for path in (*ready.values(), *(os.path.join(folder, name) for name in contents)):
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise ReportError(f"the reports cannot be written to {folder}: {_why(error)}") from None


def make(folder: str) -> None:
    """Makes ``folder``, where it is not there yet.

    :raises ReportError: when it cannot be made
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ReportError(f"the folder {folder} cannot be made: {_why(error)}") from None


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
