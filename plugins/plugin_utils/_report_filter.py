# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common code of the filters report_markdown, report_html and report_junit.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import Report, ReportError, report


def render(name: str, form: t.Callable[[Report], str], result: t.Any, verdict: t.Any, title: t.Any, now: t.Any) -> str:
    """The text of a report.

    :arg name: the name of the filter, for messages
    :arg form: the function that turns a report into text
    :arg result: see :func:`report`, as for ``verdict`` and ``title``
    :arg now: an ISO 8601 time, or None
    :raises AnsibleFilterError: when an argument is invalid
    """
    try:
        moment = parse_time(str(now)) if now else None
    except ValueError:
        raise AnsibleFilterError(f"{name}: now must be a time in ISO 8601.") from None
    try:
        return form(report(result, verdict or None, title, moment))
    except ReportError as error:
        raise AnsibleFilterError(f"{name}: {error}.") from None
