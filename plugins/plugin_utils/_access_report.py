# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of avepoint_access_info as text for people: a table of the products, and what to do about each failed check.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW
from ansible_collections.avepoint.cloud.plugins.module_utils._login import LEAST_DAYS
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._table import WIDTH, paragraph, row

HEADINGS = ("product", "result", "step", "to do")
_WIDTHS = (10, 7, 10, WIDTH - 10 - 7 - 10 - 6)

# Longer texts are cut, in characters.
LONGEST = 1000

# By step and error code: where to act, and on what. None stands for any other error code. {registration}, {portal}, {proof}
# and {address} are filled in from the check.
TO_DO: dict[tuple[str, str | None], str] = {
    ("settings", None): "here: the option or the library that is named below",
    ("connect", None): "here: the network, the proxy or the CA, as below",
    ("login", None): "{registration}: id, {proof} and permission of the app",
    ("login", "rate_limited"): "check again later",
    ("login", "server_error"): "check again later",
    ("permission", "permission_denied"): "{registration}: permission of the app, and consent",
    ("permission", "not_found"): "here: {address} and ids as {portal} shows them",
    ("permission", None): "check again later",
    ("contract", None): "here: does a proxy answer? Else report it",
}

# How the playbook is given what a product was skipped for, by the words of its message.
MISSING = {
    "customer_id and tenant_id": "-e check_customer_id=... -e check_tenant_id=...",
    "region or graph_url": "set AVEPOINT_REGION, such as us.",
}


def access_report(result: t.Any) -> list[str]:
    """The lines of the report, at most :data:`WIDTH` columns wide.

    A table has one row for each product. Below it comes each problem, once for all products that have it, then notes. The
    last line says whether access works.

    :arg result: what avepoint_access_info returned; anything else gives a report of one line
    """
    checks = result.get("checks") if isinstance(result, dict) else None
    if not isinstance(checks, list) or not checks or not all(isinstance(check, dict) for check in checks):
        return ["Access is not known to work: nothing was checked."]
    lines = [*row(HEADINGS, _WIDTHS), "  ".join("-" * width for width in _WIDTHS)]
    for check in checks:
        lines += row((_text(check, "product"), *_cells(check)), _WIDTHS)
    lines.append("")
    for note in (*_problems(checks), *_notes(result, checks), *_conclusion(checks, result.get("ok") is True)):
        lines += paragraph(note)
    return lines


def _failed(check: dict) -> bool:
    return check.get("ok") is not True and check.get("skipped") is not True


def _cells(check: dict) -> tuple[str, str, str]:
    """The cells of a row after the product: result, step, and what to do."""
    if check.get("ok") is True:
        return "ok", "", f"nothing (logged in by {_text(check, 'login')})"
    if not _failed(check):
        return "skipped", "", _text(check, "msg")
    step, code = _text(check, "step"), _text(_error(check), "code")
    registration = _text(check, "registration")
    text = TO_DO.get((step, code)) or TO_DO.get((step, None)) or "read what is below"
    service = SERVICES.get(_text(check, "product"))
    to_do = text.format(
        registration=registration,
        portal=registration.partition(" > ")[0],
        proof=_text(check, "login") or "secret",
        address="graph_url" if service and service.single_endpoint else "region, graph_url",
    )
    return "FAILED", step, to_do


def _problems(checks: list[dict]) -> t.Iterator[str]:
    """One paragraph for each different problem, which begins with the products that have it."""
    products: dict[tuple[str, str], list[dict]] = {}
    for check in filter(_failed, checks):
        products.setdefault((_text(check, "step"), _text(check, "msg")), []).append(check)
    for (step, msg), same in products.items():
        ids = dict.fromkeys(_text(_error(check), "request_id") for check in same)
        request_ids = f" Request id for AvePoint's support: {', '.join(filter(None, ids))}." if any(ids) else ""
        hosts = ", ".join(dict.fromkeys(clean(str(host), 100) for check in same for host in check.get("hosts") or ()))
        proxies = ", ".join(dict.fromkeys(filter(None, (_text(check, "proxy") for check in same))))
        route = f"through the proxy {proxies}" if proxies else "without a proxy"
        needed = f" To be reached {route}: {hosts}." if step == "connect" else ""
        yield f"{', '.join(_text(check, 'product') for check in same)}, {step}: {msg}{needed}{request_ids}"


def _notes(result: dict, checks: list[dict]) -> t.Iterator[str]:
    """Paragraphs on the clock, the certificate and warnings, which do not make a check fail."""
    skew = result.get("clock_skew")
    if isinstance(skew, (int, float)) and abs(skew) > CLOCK_SKEW.total_seconds():
        yield (
            f"Clock: this machine is {round(abs(skew) / 60)} minutes {'behind' if skew > 0 else 'ahead of'} the servers. "
            "Set it, best by NTP; a login by certificate is refused where clocks differ."
        )
    found = result.get("certificate")
    certificate = found if isinstance(found, dict) else {}
    days = certificate.get("days_left")
    if isinstance(days, int) and days >= LEAST_DAYS:  # with fewer days left, there is a warning
        yield (
            f"Certificate: {_text(certificate, 'subject')}, until {_text(certificate, 'not_after')} ({days} days left)."
        )
    for warning in dict.fromkeys(str(text) for check in checks for text in check.get("warnings") or ()):
        yield f"Note: {clean(warning, LONGEST)}"


def _conclusion(checks: list[dict], ok: bool) -> t.Iterator[str]:
    failed = [_text(check, "product") for check in checks if _failed(check)]
    working = [_text(check, "product") for check in checks if check.get("ok") is True]
    for needed, how in MISSING.items():
        skipped = [
            _text(check, "product")
            for check in checks
            if check.get("skipped") is True and needed in _text(check, "msg")
        ]
        if skipped:
            yield f"To check {', '.join(skipped)}: {how}"
    if failed and working:
        yield f"To check only what works: -e check_products={','.join(working)}"
    if ok:
        yield f"Access works: {', '.join(working)}."
    elif failed:
        yield f"Access does not work: {', '.join(failed)}."
    else:
        yield "Access is not known to work: nothing was checked, since options are missing."


def _error(check: dict) -> dict:
    error = check.get("error")
    return error if isinstance(error, dict) else {}


def _text(facts: dict, name: str) -> str:
    value = facts.get(name)
    # ansible-core before 2.19 shows each line as a JSON string, where the backslashes before double quotes widen the table.
    return "" if value is None else clean(str(value), LONGEST).replace('"', "'")
