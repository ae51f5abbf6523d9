# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one HTML file: no script, no network, light and dark, for a phone, a screen and paper.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t

from jinja2 import Environment, StrictUndefined

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import LABELS, Job, Report, clock_text, size_text
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_timeline import timeline

# A page with more is slow to open, and those that matter come first.
MOST_JOBS = 2000
# More reasons than this are folded away.
MOST_REASONS = 6

# A path for each state, in a square of 16: seen with the colour, and told apart without it.
ICONS = {
    "succeeded": "M3.5 8.5l3 3 6-7",
    "failed": "M4.5 4.5l7 7m0-7l-7 7",
    "finished_with_exception": "M8 3.5v5.5m0 2.7v.8",
    "running": "M8 3.2a4.8 4.8 0 1 1-4.8 4.8",
    "waiting": "M8 4.5v3.8l2.4 1.6M8 2.6a5.4 5.4 0 1 1 0 10.8 5.4 5.4 0 0 1 0-10.8",
    "skipped": "M4 4.5l4 3.5-4 3.5m4.5-7l4 3.5-4 3.5",
    "unknown": "M5.8 6.2a2.2 2.2 0 1 1 3.4 1.9c-.8.5-1.2.9-1.2 1.7m0 2.2v.4",
}

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d9dee4; --faint: #eef1f4;
  --accent: #0757b8;
  --succeeded: #18742f; --failed: #c9202b; --finished_with_exception: #946100; --running: #0860c9;
  --waiting: #57606a; --skipped: #6b6480; --unknown: #8033b8;
  --good-wash: #e9f7ed; --bad-wash: #fdeced;
  --shadow: 0 1px 2px rgb(27 31 36 / 6%), 0 4px 14px rgb(27 31 36 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #171b21; --ink: #e8ecf1; --soft: #9aa5b1; --line: #2d343d; --faint: #1f252c;
    --accent: #74b1ff;
    --succeeded: #4cc267; --failed: #ff6b66; --finished_with_exception: #e0a93b; --running: #62a9ff;
    --waiting: #9aa5b1; --skipped: #aca3c4; --unknown: #c18af2;
    --good-wash: #12261a; --bad-wash: #2c1618;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
}
main { max-width: 1200px; margin: 0 auto; padding: 36px 24px 56px; }
h1, h2, p, ul, dl, dd { margin: 0; padding: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.02rem; font-weight: 620; letter-spacing: -.005em; }
.eyebrow { font-size: .78rem; font-weight: 600; letter-spacing: .07em; text-transform: uppercase; color: var(--soft); margin-bottom: 4px; }
.meta { color: var(--soft); margin-top: 6px; font-variant-numeric: tabular-nums; }
section, .verdict { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); margin-top: 20px; }
section > header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; justify-content: space-between; padding: 16px 20px 12px; }
section > header p { color: var(--soft); font-size: .87rem; }
.mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .87em; }
.soft { color: var(--soft); }
.bad { color: var(--failed); }
.icon { width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }

.verdict { display: grid; grid-template-columns: auto 1fr; gap: 0 18px; padding: 22px 24px; border-left-width: 6px; }
.verdict .badge { width: 48px; height: 48px; border-radius: 50%; display: grid; place-items: center; color: var(--card); }
.verdict .badge .icon { width: 28px; height: 28px; }
.verdict h2 { font-size: 1.4rem; line-height: 1.25; letter-spacing: -.012em; }
.verdict.pass { border-left-color: var(--succeeded); background: linear-gradient(90deg, var(--good-wash), var(--card) 70%); }
.verdict.pass .badge { background: var(--succeeded); }
.verdict.fail { border-left-color: var(--failed); background: linear-gradient(90deg, var(--bad-wash), var(--card) 70%); }
.verdict.fail .badge { background: var(--failed); }
.verdict .body { min-width: 0; padding-top: 1px; }
.reasons { list-style: none; margin-top: 12px; display: grid; gap: 6px; }
.reasons li { padding-left: 16px; position: relative; overflow-wrap: anywhere; }
.reasons li::before {
  content: ""; position: absolute; left: 2px; top: .62em; width: 5px; height: 5px; border-radius: 50%; background: currentColor; opacity: .55;
}
details { margin-top: 8px; }
summary { cursor: pointer; color: var(--accent); font-size: .92rem; }

.share { display: block; width: 100%; height: 10px; border-radius: 5px; overflow: hidden; margin-top: 20px; background: var(--faint); }
.chips { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; }
.chips label {
  display: inline-flex; align-items: center; gap: 7px; padding: 5px 13px 5px 9px; border: 1px solid var(--line); border-radius: 999px;
  background: var(--card); font-size: .9rem; user-select: none;
}
.chips b { font-weight: 650; font-variant-numeric: tabular-nums; }
.chips span { display: inline-flex; }
.chips input { position: absolute; opacity: 0; pointer-events: none; }
@supports selector(:has(*)) {
  .chips label { cursor: pointer; }
  .chips label:hover { border-color: var(--soft); }
  .chips label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
  .chips label:not(:has(:checked)) { color: var(--soft); background: none; border-style: dashed; }
  .chips label:not(:has(:checked)) .icon { opacity: .45; }
  .chips label:not(.only):not(:has(:checked)) span { text-decoration: line-through; }
  .chips .only:has(:checked) { color: var(--card); background: var(--accent); border-color: var(--accent); }
}

.rules { list-style: none; padding: 0 20px 16px; display: grid; }
.rules li { display: grid; grid-template-columns: 24px minmax(0, 1fr) minmax(0, 1.25fr); gap: 4px 10px; padding: 9px 0; border-top: 1px solid var(--faint); }
.rules .icon { margin-top: 3px; }
.rules span { overflow-wrap: anywhere; }
.ok { color: var(--succeeded); }

.lines { padding: 0 20px 14px; }
.scroll { max-height: 70vh; overflow-y: auto; scrollbar-gutter: stable; }
.scroll svg { display: block; width: 100%; overflow: visible; }
.axis { position: sticky; top: 0; z-index: 1; height: 26px; background: var(--card); border-bottom: 1px solid var(--line); }
.axis text, .marks text, .groups text { font-size: 12px; fill: var(--soft); }
.axis .day { fill: var(--ink); font-weight: 600; }
.grid line { stroke: var(--line); stroke-width: 1; stroke-opacity: .75; }
.grid .day { stroke: var(--soft); }
.marks line { stroke: var(--soft); stroke-dasharray: 3 3; }
.marks .old { stroke: var(--failed); }
.marks rect { fill: var(--failed); fill-opacity: .06; }
.groups text { font-weight: 600; fill: var(--ink); font-size: 13px; }
.bar rect { fill: currentColor; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.bar .hatch { fill: url(#hatch); stroke: none; }
.bar.open rect { fill-opacity: .28; stroke-dasharray: 4 3; stroke-width: 1.5; }
.bar text { font-size: 12px; font-weight: 400; fill: var(--soft); }
.bar:hover rect { stroke-width: 4; }
.undrawn { margin-top: 8px; font-size: .87rem; color: var(--soft); }
.key { font-size: .87rem; color: var(--soft); }

.succeeded { color: var(--succeeded); } .failed { color: var(--failed); } .running { color: var(--running); }
.finished_with_exception { color: var(--finished_with_exception); } .waiting { color: var(--waiting); }
.skipped { color: var(--skipped); } .unknown { color: var(--unknown); }
rect.succeeded, .share .succeeded { fill: var(--succeeded); } .share .failed { fill: var(--failed); } .share .running { fill: var(--running); }
.share .finished_with_exception { fill: var(--finished_with_exception); } .share .waiting { fill: var(--waiting); }
.share .skipped { fill: var(--skipped); } .share .unknown { fill: var(--unknown); }

.jobs { overflow-x: auto; border-radius: 0 0 12px 12px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .89rem; }
th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--soft); background: var(--faint); white-space: nowrap; }
th, td { padding: 9px 11px; border-bottom: 1px solid var(--faint); vertical-align: top; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 20px; }
th:first-child, td:first-child { padding-left: 20px; }
tbody td { color: var(--ink); }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover td { background: var(--faint); }
tr.off td:first-child { box-shadow: inset 4px 0 0 var(--mark); }
tr:target td { background: var(--faint); outline: 2px solid var(--accent); outline-offset: -2px; }
td.state { font-weight: 600; color: var(--mark); overflow-wrap: normal; }
td.state > span { display: inline-flex; gap: 6px; }
td.state .icon { margin-top: 2px; }
td.state small { display: block; font-weight: 400; color: var(--soft); white-space: normal; max-width: 24em; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.time { min-width: 8em; font-variant-numeric: tabular-nums; }
td.job-id { min-width: 16em; }
td.organization { min-width: 14em; }
td .mono, td small { display: block; }
td small { color: var(--soft); }
@media (min-width: 1100px) {
  .jobs { overflow: visible; }
  th { position: sticky; top: 0; z-index: 1; }
}
.more { padding: 12px 20px 16px; color: var(--soft); }
footer { margin-top: 24px; font-size: .82rem; color: var(--soft); }

@media (max-width: 720px) {
  main { padding: 20px 14px 40px; }
  h1 { font-size: 1.4rem; }
  .verdict { grid-template-columns: 1fr; padding: 16px; border-left-width: 1px; border-top-width: 6px; }
  .verdict.pass { border-left-color: var(--line); border-top-color: var(--succeeded); background: linear-gradient(var(--good-wash), var(--card) 70%); }
  .verdict.fail { border-left-color: var(--line); border-top-color: var(--failed); background: linear-gradient(var(--bad-wash), var(--card) 70%); }
  .verdict .badge { width: 36px; height: 36px; margin-bottom: 10px; }
  .verdict .badge .icon { width: 22px; height: 22px; }
  section > header { padding: 14px 16px 10px; }
  .rules, .lines { padding-left: 16px; padding-right: 16px; }
  .rules li { grid-template-columns: 24px minmax(0, 1fr); }
  .rules li .found { grid-column: 2; }
  .bar text, .axis .second { display: none; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody { display: block; }
  tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 14px; padding: 14px 16px; border-top: 1px solid var(--line); }
  tbody tr.off { box-shadow: inset 4px 0 0 var(--mark); }
  td, td:first-child, td.job-id, td.organization, td.time { display: block; padding: 0; border: 0; min-width: 0; overflow-wrap: anywhere; }
  tr.off td:first-child { box-shadow: none; }
  td:empty { display: none; }
  td.state, td.job-id, td.organization { grid-column: 1 / -1; }
  td.num { text-align: left; }
  td[data-label]::before { content: attr(data-label); display: block; font-size: .76rem; color: var(--soft); }
  tbody tr:hover td { background: none; }
}
@media print {
  body { background: none; font-size: 11px; }
  main { max-width: none; padding: 0; }
  section, .verdict { box-shadow: none; break-inside: avoid-page; }
  .scroll { max-height: none; overflow: visible; }
  .table { break-inside: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

# Autoescape is on: whatever comes out of {{ }} is text, never markup. Only our own STYLE is let through.
TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{{ report.headline }}: {{ report.title }}</title>
<style>{{ style | safe }}
{%- for state, _number in report.counts %}
main:has(#show-{{ state }}:not(:checked)) .job.{{ state }} { display: none; }
tr.{{ state }} { --mark: var(--{{ state }}); }
{%- endfor %}
main:has(#only:checked) .job:not(.off) { display: none; }
</style>
</head>
<body>
<svg width="0" height="0" aria-hidden="true" focusable="false" style="position: absolute">
<defs>
{%- for state, path in icons.items() %}
<symbol id="i-{{ state }}" viewBox="0 0 16 16"><path d="{{ path }}"/></symbol>
{%- endfor %}
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="2" height="6" fill="#fff" fill-opacity=".5"/></pattern>
</defs>
</svg>
{% macro icon(state) -%}
<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{{ state }}"/></svg>
{%- endmacro -%}
{% macro line(reason) -%}
{%- set head, colon, rest = reason.partition(': ') -%}
{%- if rest %}<b>{{ head }}</b>{{ colon }}{{ rest }}{% else %}{{ reason }}{% endif -%}
{%- endmacro -%}
<main>
<header>
<p class="eyebrow">AvePoint{% if report.product %} · {{ report.product }}{% endif %}</p>
<h1><bdi>{{ report.title }}</bdi></h1>
<p class="meta">Looked at <time datetime="{{ report.checked_at.isoformat() }}">{{ clock(report.checked_at) }}</time></p>
</header>

<div class="verdict {{ {true: 'pass', false: 'fail', none: 'none'}[report.passed] }}" role="region" aria-labelledby="verdict">
{%- if report.passed is not none %}
<div class="badge">{{ icon('succeeded' if report.passed else 'failed') }}</div>
{%- endif %}
<div class="body">
<h2 id="verdict">{{ report.headline }}</h2>
<p class="soft">{{ sentence }}</p>
{%- if report.reasons %}
<ul class="reasons">
{%- for reason in report.reasons[:most_reasons] %}
<li><bdi>{{ line(reason) }}</bdi></li>
{%- endfor %}
</ul>
{%- if report.reasons | length > most_reasons %}
<details><summary>{{ report.reasons | length - most_reasons }} more</summary>
<ul class="reasons">
{%- for reason in report.reasons[most_reasons:] %}
<li><bdi>{{ line(reason) }}</bdi></li>
{%- endfor %}
</ul></details>
{%- endif %}
{%- endif %}
</div>
</div>

{%- if report.jobs %}
<svg class="share" aria-hidden="true" focusable="false">
{%- for part in shares %}
<rect class="{{ part.state }}" x="{{ part.x }}%" width="{{ part.width }}%" height="100%"/>
{%- endfor %}
</svg>
<div class="chips" role="group" aria-label="Jobs by state; each can be hidden">
{%- for state, number in report.counts %}
<label><input type="checkbox" id="show-{{ state }}" checked><span class="{{ state }}">{{ icon(state) }}</span>
<span>{{ labels[state] }}</span> <b>{{ number }}</b></label>
{%- endfor %}
{%- if 0 < report.offenders < report.jobs | length %}
<label class="only"><input type="checkbox" id="only"><span>Only what is not as required</span> <b>{{ report.offenders }}</b></label>
{%- endif %}
</div>
{%- endif %}

{%- if report.rules %}
<section aria-labelledby="rules">
<header><h2 id="rules">Requirements</h2></header>
<ul class="rules">
{%- for rule in report.rules %}
<li><span class="{{ 'ok' if rule.passed else 'bad' }}" role="img" aria-label="{{ 'met' if rule.passed else 'not met' }}">
{{- icon('succeeded' if rule.passed else 'failed') }}</span>
<span>{{ rule.required[:1] | upper }}{{ rule.required[1:] }}</span>
<span class="found soft"><bdi>{{ rule.found[:1] | upper }}{{ rule.found[1:] }}</bdi></span></li>
{%- endfor %}
</ul>
</section>
{%- endif %}

{%- if picture %}
<section aria-labelledby="timeline">
<header><h2 id="timeline">Timeline</h2><p>{{ span }}, UTC</p></header>
<div class="lines">
<div class="scroll" tabindex="0" role="group" aria-label="Timeline">
<svg class="axis" height="26" aria-hidden="true" focusable="false">
{%- for tick in picture.ticks if tick.text %}
<text x="{{ tick.x }}%" dx="4" y="17" class="{{ 'day' if tick.day }}{{ ' second' if loop.index is even }}">{{ tick.text }}</text>
{%- endfor %}
</svg>
<svg height="{{ picture.height }}" role="img" aria-labelledby="picture-title picture-text">
<title id="picture-title">When the jobs ran</title>
<desc id="picture-text">{{ picture.bars }} jobs from {{ span }}. The table below has the same times in text.</desc>
<g class="grid">
{%- for tick in picture.ticks %}
<line x1="{{ tick.x }}%" x2="{{ tick.x }}%" y1="0" y2="{{ picture.height }}"{% if tick.day %} class="day"{% endif %}/>
{%- endfor %}
</g>
<g class="marks">
{%- if picture.oldest is not none %}
<rect x="0" width="{{ picture.oldest }}%" height="{{ picture.height }}"/>
<line class="old" x1="{{ picture.oldest }}%" x2="{{ picture.oldest }}%" y1="0" y2="{{ picture.height }}">
<title>A success must have finished after this: within {{ report.max_age }}</title></line>
{%- endif %}
{%- if picture.now is not none %}
<line x1="{{ picture.now }}%" x2="{{ picture.now }}%" y1="0" y2="{{ picture.height }}"><title>Looked at {{ clock(report.checked_at) }}</title></line>
{%- endif %}
</g>
{%- for group in picture.groups %}
<g class="groups">
{%- if group.name %}<text x="0" y="{{ group.y + 14 }}">{{ group.name }}</text>{% endif %}
{%- for bar in group.bars %}
<a class="bar job {{ bar.job.state }}{{ ' open' if bar.open }}{{ ' off' if bar.job.problem }}" href="#job-{{ bar.row }}" tabindex="-1">
<title>{{ bar.job.type }} {{ bar.job.job_id }}: {{ bar.job.label }}
{%- if bar.job.duration %}, {{ bar.job.duration }}{% endif %}, from {{ clock(bar.job.start) }}
{%- if bar.job.finish %} to {{ clock(bar.job.finish) }}{% endif %}</title>
<rect x="{{ bar.x }}%" y="{{ bar.y }}" width="{{ bar.width }}%" height="{{ bar.height }}" rx="2"/>
{%- if bar.job.state == 'failed' %}
<rect class="hatch" x="{{ bar.x }}%" y="{{ bar.y }}" width="{{ bar.width }}%" height="{{ bar.height }}"/>
{%- endif %}
{%- if bar.label %}
{%- if bar.label_left %}<text x="{{ bar.x }}%" dx="-8" y="{{ bar.y + 11 }}" text-anchor="end">{{ bar.label }}</text>
{%- else %}<text x="{{ bar.x + bar.width }}%" dx="8" y="{{ bar.y + 11 }}">{{ bar.label }}</text>
{%- endif %}
{%- endif %}
</a>
{%- endfor %}
</g>
{%- endfor %}
</svg>
</div>
{%- if picture.now is not none %}
<p class="undrawn">Grey dashed line: when the jobs were looked at
{%- if picture.oldest is not none %}. Red dashed line: the newest success must have finished after it ({{ report.max_age }}){% endif %}.</p>
{%- endif %}
{%- if picture.undrawn %}
<p class="undrawn">Not in the picture, since they have no start: {{ picture.undrawn }}.</p>
{%- endif %}
</div>
</section>
{%- endif %}

{%- if report.jobs %}
<section class="table" aria-labelledby="jobs">
<header><h2 id="jobs">Jobs</h2><p>{{ 'Those that are not as required come first' if report.offenders else 'All as required' }}</p></header>
<div class="jobs">
<table>
<thead><tr><th scope="col">State</th><th scope="col">Job</th>
{%- for column in columns %}<th scope="col"{% if column.number %} class="num"{% endif %}>{{ column.name }}</th>{% endfor -%}
</tr></thead>
<tbody>
{%- for job in report.jobs[:most_jobs] %}
<tr id="job-{{ loop.index0 }}" class="job {{ job.state }}{{ ' off' if job.problem }}">
<td class="state {{ job.state }}"><span>{{ icon(job.state) }}{{ job.label }}</span>
{%- if job.note %}<small>{{ job.note }}</small>{% endif %}</td>
<td class="job-id" data-label="Job"><bdi>{{ job.type }}</bdi> <bdi class="mono soft">{{ job.job_id }}</bdi></td>
{%- for column in columns %}<td class="{{ column.kind }}" data-label="{{ column.name }}">
{%- if column.kind == 'time' %}{% set moment = column.get(job) %}{% if moment -%}
<time datetime="{{ moment.isoformat() }}" title="{{ clock(moment) }}">
{{- moment.strftime('%H:%M' if column.same_day(job) else '%Y-%m-%d %H:%M') }}</time>{% endif %}
{%- elif column.failed %}{% if column.get(job) %}{{ '{:,}'.format(column.get(job)) }}
{%- if column.failed(job) %} <small class="bad">{{ '{:,}'.format(column.failed(job)) }} failed</small>{% endif %}{% endif %}
{%- else %}{% if column.get(job) %}<bdi>{{ column.get(job) }}</bdi>{% endif %}
{%- if column.more and column.more(job) %}<small><bdi>{{ column.more(job) }}</bdi></small>{% endif %}{% endif %}</td>{% endfor %}
</tr>
{%- endfor %}
</tbody>
</table>
</div>
{%- if report.jobs | length > most_jobs %}
<p class="more">And {{ report.jobs | length - most_jobs }} more jobs.</p>
{%- endif %}
</section>
{%- endif %}
<footer>Times are UTC. Made by the role avepoint.cloud.job_report.</footer>
</main>
</body>
</html>
"""


class Column:
    """A column of the table that is there only when a job has something for it."""

    def __init__(
        self,
        name: str,
        get: t.Callable[[Job], t.Any],
        kind: str = "",
        failed: t.Callable[[Job], t.Any] | None = None,
        more: t.Callable[[Job], t.Any] | None = None,
    ):
        self.name, self.get, self.kind, self.failed, self.more = name, get, kind, failed, more
        self.number = kind == "num"

    def same_day(self, job: Job) -> bool:
        """Whether the day of this time has just been said in the column before."""
        if self.name != "Finished" or job.start is None or job.finish is None:
            return False
        return job.finish.date() == job.start.date()


COLUMNS = [
    Column("Organization", lambda job: job.organization, "organization", more=lambda job: job.module),
    Column("Customer", lambda job: job.customer_id, "mono"),
    Column("Tenant", lambda job: job.tenant_id, "mono"),
    Column("Started", lambda job: job.start, "time"),
    Column("Finished", lambda job: job.finish, "time"),
    Column("Duration", lambda job: job.duration, "num"),
    Column("Entities", lambda job: job.total_entities, "num", lambda job: job.failed_entities),
    Column("Records", lambda job: job.total_records, "num", lambda job: job.failed_records),
    Column("Size", lambda job: size_text(job.backup_size) if job.backup_size else "", "num"),
]


def html(report: Report) -> str:
    """The text of ``report.html``."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    picture = timeline(report)
    return environment.from_string(TEMPLATE).render(
        report=report,
        style=STYLE,
        icons=ICONS,
        labels=LABELS,
        clock=clock_text,
        sentence=_sentence(report),
        shares=_shares(report),
        picture=picture,
        span=_span(report),
        columns=[column for column in COLUMNS if any(column.get(job) for job in report.jobs)],
        most_jobs=MOST_JOBS,
        most_reasons=MOST_REASONS,
    )


def _sentence(report: Report) -> str:
    total = len(report.jobs)
    if not total:
        return "There are no jobs to show."
    if report.passed is None:
        return f"{report.offenders} of them did not end well." if report.offenders else "None of them went wrong."
    if report.offenders:
        return f"{report.offenders} of {total} {'job is' if total == 1 else 'jobs are'} not as required."
    if not report.passed:
        return "The one job is not at fault." if total == 1 else f"None of the {total} jobs is at fault."
    return "The one job is as required." if total == 1 else f"All {total} jobs are as required."


def _shares(report: Report) -> list[dict]:
    """The parts of the bar that shows how many jobs are in each state, in percent."""
    parts, x = [], 0.0
    for state, number in report.counts:
        width = number / len(report.jobs) * 100
        parts.append({"state": state, "x": round(x, 3), "width": round(width, 3)})
        x += width
    return parts


def _span(report: Report) -> str:
    """From when to when the jobs ran."""
    starts = [job.start for job in report.jobs if job.start]
    ends = [job.finish for job in report.jobs if job.start and job.finish] or starts
    if not starts:
        return ""
    first, last = min(starts), max(ends)
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last.day} {last:%b %Y, %H:%M}"
    return f"{first.day} {first:%b %Y, %H:%M} to {end}"
