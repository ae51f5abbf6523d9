# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate as gate
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_requirements as gate_requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _report_html
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_html import STYLE
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_html import html as page_of
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import (
    HOSTILE,
    NOW,
    d365_job,
    failure,
    pc_job,
    result,
)

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "input", "br", "wbr"}


def page(*jobs, product="d365", title=None, verdict=True, answer=None, **required):
    answer = answer or result(*jobs)
    judged = gate.judge(answer, gate_requirements.requirements(product, **required), NOW) if verdict else None
    return page_of(report(judged or answer, judged, title, NOW))


class Page(html.parser.HTMLParser):
    """The elements and the text of a page; fails where an element is not closed as it was opened."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.open = [], "", []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, tag, **attributes):
        return [attrs for name, attrs in self.elements if name == tag and attributes.items() <= attrs.items()]


JOBS = [
    d365_job(state, state, total_entity=40, failed_entity=2, total_record=5000, module="Customer Engagement")
    for state in STATES
]


@pytest.mark.parametrize(
    "text",
    [
        page(*JOBS, max_age="24h"),
        page(*(pc_job(state, state) for state in STATES), product="pc"),
        page(d365_job()),
        page(min_jobs=0),
        page(answer=failure()),
        page(*JOBS, verdict=False),
        page(
            *(d365_job(HOSTILE, state, type=HOSTILE, organization_name=HOSTILE, module=HOSTILE) for state in STATES),
            title=HOSTILE,
        ),
    ],
    ids=["d365", "pc", "passed", "no jobs", "failed query", "no verdict", "hostile"],
)
def test_a_page_is_whole_and_loads_nothing(text):
    made = Page(text)
    tags = {tag for tag, _attributes in made.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "base", "form", "image", "foreignobject"}
    for _tag, attributes in made.elements:
        assert not any(name.startswith("on") or name in ("src", "srcset", "action") for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in STYLE.replace("url(#hatch)", "")
    assert "@import" not in STYLE
    ids = [attributes["id"] for _tag, attributes in made.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _tag, attributes in made.elements:
        for name in ("href", "aria-labelledby"):
            for target in attributes.get(name, "").split():
                assert target.lstrip("#") in ids


def test_the_verdict_is_at_the_top():
    made = Page(page(*JOBS, title="Backups"))
    assert made.text.index("The gate did not pass") < made.text.index("Requirements") < made.text.index("Jobs")
    assert "7 of 8 jobs are not as required." in made.text
    assert "The gate passed" in page(d365_job())
    assert "All 2 jobs are as required." in page(d365_job("A"), d365_job("B"))
    assert "The one job is not at fault." in page(d365_job(), max_age="10m")
    assert "None of the 2 jobs is at fault." in page(d365_job("A"), d365_job("B"), min_jobs=3)


def test_a_name_breaks_after_an_underscore_and_stays_text():
    text = page(
        answer=result(d365_job(module="sharepoint_online", name="<b>_&"), product="elements"), product="elements"
    )
    assert "<bdi>sharepoint_<wbr>online</bdi>" in text
    assert "<bdi>&lt;b&gt;_<wbr>&amp;</bdi>" in text


def test_there_is_a_picture_only_where_there_are_times():
    assert Page(page(d365_job())).all("svg", role="img")
    assert not Page(page(pc_job(), product="pc")).all("svg", role="img")
    assert len(Page(page(*JOBS)).all("a")) == len(JOBS)


def test_a_table_has_the_columns_there_is_something_for():
    def headings(text):
        return re.findall(r"<th [^>]*>([^<]+)</th>", text)

    assert headings(page(pc_job(), product="pc")) == ["State", "Job", "Customer", "Tenant"]
    assert headings(page(*JOBS)) == [
        "State",
        "Job",
        "Organization",
        "Started",
        "Finished",
        "Duration",
        "Entities",
        "Records",
        "Size",
    ]


def test_names_from_the_server_are_only_text():
    made = Page(
        page(d365_job(HOSTILE, "failed", type=HOSTILE, organization_name=HOSTILE, module=HOSTILE), title=HOSTILE)
    )
    assert made.text.count("<script>alert(1)</script> | `id`") >= 6
    assert "{{ lookup('pipe', 'id') }}" in made.text


def test_a_page_with_very_many_jobs_ends(monkeypatch):
    monkeypatch.setattr(_report_html, "MOST_JOBS", 20)
    made = Page(page(*(d365_job(str(number)) for number in range(23))))
    assert len(made.all("tr")) == 20 + 1
    assert "And 3 more jobs." in made.text


def luminance(colour):
    colour = colour.lstrip("#")
    colour = "".join(digit * 2 for digit in colour) if len(colour) == 3 else colour
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_a_text_can_be_read_on_its_ground(scheme):
    """WCAG 2 AA: a contrast of 4.5 to 1."""
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light if scheme == "light" else dark.split("\n}\n")[0]))
    for text in ["ink", "soft", "accent", *STATES]:
        for ground in ["card", "page", "faint"] + (
            ["good-wash", "bad-wash"] if text in ("ink", "soft", "accent") else []
        ):
            one, other = sorted((luminance(colours[text]), luminance(colours[ground])))
            assert (other + 0.05) / (one + 0.05) >= 4.5, f"{text} on {ground}"


# In a browser

# Everything in the frame is from one file, so that the page around it may look into it.
PROBE = """<!doctype html><title>probe</title><body><script>
const widths = [320, 720, 1280], found = {};
(async () => {
  for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:800px;border:0`;
    frame.src = "report.html";
    document.body.append(frame);
    await new Promise(done => frame.onload = done);
    const page = frame.contentDocument, root = page.documentElement;
    const shown = () => [...page.querySelectorAll("tr.job")].filter(row => row.offsetParent !== null).length;
    const one = { overflow: root.scrollWidth - root.clientWidth, background: getComputedStyle(page.body).backgroundColor, rows: shown() };
    one.cut = [...page.querySelectorAll("main *:not(svg *, thead *)")].filter(part => part.getBoundingClientRect().right > width + 1).length;
    const table = page.querySelector("table");
    one.beyond = table.scrollWidth - table.parentNode.clientWidth;
    const only = page.getElementById("only"), failed = page.getElementById("show-failed");
    if (only) { only.click(); one.only = shown(); only.click(); }
    if (failed) { failed.click(); one.withoutFailed = shown(); failed.click(); }
    found[width] = one;
  }
  const out = document.createElement("pre");
  out.id = "found";
  out.textContent = JSON.stringify(found);
  document.body.append(out);
})();
</script>
"""


FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # nothing is reached, whatever is asked for
    *("--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>"),
    *("--allow-file-access-from-files", "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"),
]


def browse(folder, text, scheme="light"):
    """The DOM after a page was opened, what the console said, and every address that a page asked for."""
    target, log = folder / "page.html", folder / "net.json"
    target.write_text(text, encoding="utf-8")
    command = [BROWSER, *FLAGS, f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", target.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    events = (event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"])
    # What the browser asks for by itself has no origin.
    asked = {
        event["url"]
        for event in events
        if event.get("initiator", "not an origin") != "not an origin" and "url" in event
    }
    return done.stdout, console, {address for address in asked if not address.startswith(("file:", "data:"))}


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here; .ci/run installs it")
def test_the_check_in_the_browser_sees_what_it_looks_for(tmp_path):
    image = "<img src='http://127.0.0.1:9/x.png'>"
    head = page(d365_job()).split("<meta name=")[0]
    _dom, console, asked = browse(tmp_path, f"{head}</head><body>{image}<script>1</script>")
    assert len(console) == 2
    assert asked == set()
    assert browse(tmp_path, f"<!doctype html><body>{image}")[2] == {"http://127.0.0.1:9/x.png"}


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here; .ci/run installs it")
@pytest.mark.parametrize(
    ("kind", "scheme"), [("d365", "light"), ("pc", "light"), ("elements", "light"), ("hostile", "dark")]
)
def test_in_a_browser_the_page_is_quiet_and_fits(kind, scheme, tmp_path):
    number = 100
    states = [STATES[one % len(STATES)] for one in range(number)]
    if kind == "pc":
        text = page(*(pc_job(f"{'9f' * 16}{one}", state) for one, state in enumerate(states)), product="pc")
    elif kind == "elements":
        counts = {"total_count": 9999999, "failed_count": 99999, "backup_size": 999 * 2**30}
        names = {"customer": "Example Customer 123456", "module": "sharepoint_online", "name": "Example Production"}
        jobs = [d365_job(f"{'9f' * 16}{one}", state, **names, **counts) for one, state in enumerate(states)]
        text = page(answer=result(*jobs, product="elements"), product="elements")
    else:
        name = {"d365": "Example Production", "hostile": HOSTILE + "W" * 300}[kind]
        numbers = {"total_entity": 99999, "failed_entity": 9999, "total_record": 9999999}
        jobs = [d365_job(f"{name}{one}", state, organization_name=name, **numbers) for one, state in enumerate(states)]
        text = page(*jobs, title=name, max_age="24h")
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    dom, console, asked = browse(tmp_path, PROBE, scheme)
    assert console == []
    assert asked == set()
    found = json.loads(re.search(r'<pre id="found">(.*?)</pre>', dom)[1])
    assert len(found) == 3
    for width, seen in found.items():
        assert seen["overflow"] <= 0, width
        assert seen["cut"] == 0, width
        assert seen["beyond"] <= 0, width
        assert seen["rows"] == number
        assert seen["only"] == number - states.count("succeeded")
        assert seen["withoutFailed"] == number - states.count("failed")
        assert seen["background"] == ("rgb(14, 17, 22)" if scheme == "dark" else "rgb(246, 247, 249)")
