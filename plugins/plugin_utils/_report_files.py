# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files of a report: files of an earlier run are removed first, and either all new files are written or none.

People notice a missing report, but they would take a report of an earlier run for that of this run.

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

# The file name of each format, and the function that returns the file's text.
FORMATS: dict[str, tuple[str, t.Callable[[Report], str]]] = {
    "markdown": ("report.md", markdown),
    "html": ("report.html", html),
    "junit": ("junit.xml", junit),
}

# The variables of the role that `render` takes, without their prefix.
OPTIONS = ("result", "verdict", "title", "formats")


def folder_of(value: t.Any, problems: t.Iterable[str] = ()) -> str:
    """The folder ``value`` as an absolute path without links; a relative path starts at the current folder.

    :arg problems: sentences on variables that could not be evaluated, which can be why ``value`` is missing
    :raises ReportError: when ``value`` is no path
    """
    if not isinstance(value, (str, os.PathLike)) or not str(value).strip():
        raise ReportError(" ".join(problems).rstrip(".") or "job_report_dir must be a folder to write the reports to")
    try:
        return os.path.realpath(os.path.expanduser(str(value)))
    except OSError as error:
        raise ReportError(f"job_report_dir cannot be told from here: {_why(error)}; use an absolute path") from None


def render(result: t.Any, verdict: t.Any, title: t.Any, formats: t.Any) -> dict[str, bytes]:
    """The contents of the files, by their names.

    :arg result: see :func:`report`, as for ``verdict`` and ``title``
    :arg formats: names of formats, as a list or as a text with commas; None or an empty text for all
    :raises ReportError: when an argument is invalid
    """
    if formats is None or formats == "":
        formats = list(FORMATS)
    elif isinstance(formats, str):
        formats = [part.strip() for part in formats.split(",")]
    if not isinstance(formats, (list, tuple)) or not all(isinstance(name, str) and name in FORMATS for name in formats):
        raise ReportError(f"job_report_formats may have {', '.join(FORMATS)}, and nothing else")
    if title is not None and not isinstance(title, (str, int, float)):
        raise ReportError("job_report_title must be a text")
    content = report(result, verdict or None, title if title is None else str(title))
    texts = {FORMATS[name][0]: FORMATS[name][1](content) for name in formats}
    return {file: text.encode("utf-8", "replace") for file, text in texts.items()}


def remove(folder: str) -> dict[str, bytes]:
    """Removes the files of all formats from ``folder``.

    :returns: their contents, by their names
    :raises ReportError: when a file cannot be removed; then it is emptied, if that is possible
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
            # Nobody takes an empty file for a report.
            with contextlib.suppress(OSError), open(path, "wb"):
                pass
    if stuck:
        raise ReportError(stuck)
    return old


def clear(folder: str) -> bool:
    """Empties the files of all formats in ``folder``, so that an interrupted run leaves no report of an earlier run behind.

    The files are not removed, because a condition of the task (``when``) may depend on whether they exist.

    :returns: whether there was a file
    :raises ReportError: when a file cannot be emptied; then the files are removed, if that is possible
    """
    existing = [name for name, _form in FORMATS.values() if os.path.lexists(os.path.join(folder, name))]
    write(folder, dict.fromkeys(existing, b""))
    return bool(existing)


def write(folder: str, contents: t.Mapping[str, bytes]) -> None:
    """Writes files into ``folder``, with mode 0644 where the file system has modes: all of them, or none.

    :arg contents: by the names of the files
    :raises ReportError: when a file cannot be written; then all of them are removed, if that is possible
    """
    ready: dict[str, str] = {}
    try:
        for name, content in contents.items():
            number, ready[name] = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            with os.fdopen(number, "wb") as stream:
                stream.write(content)
            with contextlib.suppress(OSError):  # file systems without modes
                os.chmod(ready[name], 0o644)
        for name, path in ready.items():
            os.replace(path, os.path.join(folder, name))
    except OSError as error:
        for path in (*ready.values(), *(os.path.join(folder, name) for name in contents)):
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise ReportError(f"the reports cannot be written to {folder}: {_why(error)}") from None


def make(folder: str) -> None:
    """Creates ``folder`` and its parents, if they do not exist.

    :raises ReportError: when it cannot be created
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ReportError(f"the folder {folder} cannot be made: {_why(error)}") from None


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
