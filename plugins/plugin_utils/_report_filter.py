# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters report_markdown, report_html and report_junit have in common.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import parse_time
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import Report, ReportError, report


def render(name: str, form: t.Callable[[Report], str], result: t.Any, verdict: t.Any, title: t.Any, now: t.Any) -> str:
    """The text of a report.

    :arg name: the filter, for messages
    :arg form: makes a text of a report
    :raises AnsibleFilterError: when one of the others cannot be meant
    """
    try:
        moment = parse_time(str(now)) if now else None
    except ValueError:
        raise AnsibleFilterError(f"{name}: now must be a time in ISO 8601.") from None
    try:
        return form(report(result, verdict or None, title, moment))
    except ReportError as error:
        raise AnsibleFilterError(f"{name}: {error}.") from None
