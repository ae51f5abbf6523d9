# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job API that docs/inside.md adds, in a copy of the collection: what is written there is all that it takes.

Only the files and lines of the page are added. Then the product has to work as a module in both ways, in the gate, in reports, as
an event source and in the generated documentation: each fails where a file that is not the product's own knows products by name.
"""

from __future__ import annotations

import ast
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import typing as t
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from ansible_collections.avepoint.cloud.tests.unit.docs.pages import DOCS, ROOT, blocks

PAGE = DOCS / "inside.md"
LONGEST = 120  # seconds, for what is over in a few unless it hangs
REGION = re.compile(r"((?:# |<!-- )common: .*\n)(?:.*\n)*?( *(?:# |<!-- )end\b)")

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - avepoint.cloud.avepoint_example_jobs_info: {page_size: 2}
      register: here
    - avepoint.cloud.avepoint_example_jobs_info: {page_size: 2, types: [restore]}
      environment: {ANY: thing}  # so it is shipped, as to any other machine
      register: shipped
    - block:
        - ansible.builtin.include_role: {name: avepoint.cloud.job_gate}
          vars:
            job_gate_product: example
            job_gate_query: {page_size: 2}
            job_gate_wait: false
            job_gate_max_age: 2d
            job_gate_report_dir: "{{ folder }}/report"
      rescue:
        - ansible.builtin.copy:
            dest: "{{ folder }}/results.json"
            content: "{{ {'here': here, 'shipped': shipped, 'gate': job_gate_result} }}"
"""

EVENTS = """
import asyncio, importlib.util, json, sys

spec = importlib.util.spec_from_file_location("jobs", "extensions/eda/plugins/event_source/jobs.py")
source = importlib.util.module_from_spec(spec)
spec.loader.exec_module(source)

async def main():
    queue = asyncio.Queue()
    running = asyncio.ensure_future(source.main(queue, {"product": "example", "types": ["backup"]}))
    print(json.dumps([await asyncio.wait_for(queue.get(), 60) for _each in range(2)]))
    running.cancel()

asyncio.run(main())
"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Example Backup: three jobs, pages from 0, words."""

    began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    rows = (("one", "Backup", "Done"), ("two", "Restore", "Broken"), ("three", "Backup", "Done"))
    queries: t.ClassVar[list[dict[str, str]]] = []

    def _answer(self, document: dict) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert form["scope"] == ["example.read.all"]
        self._answer({"access_token": "token-of-the-example", "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        assert (url.path, self.headers["Authorization"]) == ("/backup/example/jobs", "Bearer token-of-the-example")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.queries.append(query)
        time = self.began.isoformat()
        jobs = [
            {
                "jobId": job_id,
                "type": kind,
                "status": status,
                "startTime": time,
                "finishTime": time,
                "machineName": "db",
            }
            for job_id, kind, status in self.rows
            if query.get("type", kind) == kind and query.get("status", status) == status
        ]
        first, size = int(query["pageIndex"]) * int(query["pageSize"]), int(query["pageSize"])
        self._answer({"totalCount": len(jobs), "jobs": jobs[first : first + size]})

    def log_message(self, *args: t.Any) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> t.Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def contents(folder: pathlib.Path) -> dict[str, str]:
    """All files by their path."""
    return {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8")
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".svg"
    }


class Copy:
    """The collection with the example in it."""

    def __init__(self, folder: pathlib.Path, url: str):
        self.root = folder / "ansible_collections" / "avepoint" / "cloud"
        for name in ("changelogs", "docs", "extensions", "hacking", "meta", "playbooks", "plugins", "roles"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__", "_build", ".*"))
        for name in ("README.md", "galaxy.yml"):
            shutil.copy(ROOT / name, self.root / name)
        self.before = contents(self.root)
        for block in blocks(PAGE):
            if "new" in block.marks:
                file = self.root / block.marks["new"]
                assert not file.exists(), "the page says that it is new"
                file.write_text(block.text, encoding="utf-8")
            if "line" in block.marks:
                self._insert(self.root / block.marks["line"], block.text.strip())
        self.after = contents(self.root)
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AVEPOINT_"))},
            "ANSIBLE_COLLECTIONS_PATH": str(folder),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AVEPOINT_GRAPH_URL": url,
            "AVEPOINT_IDENTITY_URL": f"{url}/connect/token",
            "AVEPOINT_CLIENT_ID": "example-client",
            "AVEPOINT_CLIENT_SECRET": "example-secret-of-the-tests",
        }

    @staticmethod
    def _insert(file: pathlib.Path, line: str) -> None:
        """Puts a line below the one that is most like it, with the same indentation."""
        lines = file.read_text(encoding="utf-8").splitlines()
        alike = max(range(len(lines)), key=lambda at: len(os.path.commonprefix([lines[at].strip(), line])))  # noqa: RUF071 - of texts
        indent = lines[alike][: len(lines[alike]) - len(lines[alike].lstrip())]
        lines.insert(alike + 1, indent + line)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, *command: str) -> str:
        """What a command says, which has to end well."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, url: str) -> Copy:
    return Copy(tmp_path_factory.mktemp("inside"), url)


@pytest.fixture(scope="module")
def results(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> t.Any:
    folder = tmp_path_factory.mktemp("playbook")
    (folder / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    copy.run("-m", "ansible", "playbook", str(folder / "play.yml"), "-e", f"folder={folder}")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    reports = {file.name: file.read_text(encoding="utf-8") for file in (folder / "report").iterdir()}
    return {**results, "reports": reports}


def test_files(copy: Copy) -> None:
    """Besides new files, there is one more line in two files, and nothing else."""
    new = {name for name in copy.after if name not in copy.before}
    changed = {name for name, text in copy.before.items() if copy.after.get(name) != text}
    assert new == {
        "plugins/module_utils/_example.py",
        "plugins/modules/avepoint_example_jobs_info.py",
        "plugins/action/avepoint_example_jobs_info.py",
        "changelogs/fragments/example.yml",
    }
    assert changed == {"plugins/module_utils/_services.py", "meta/runtime.yml"}
    for name in changed:
        before, after = (text.splitlines() for text in (copy.before[name], copy.after[name]))
        assert len(after) == len(before) + 1
        assert [line for line in after if line in before] == before
    fragment = yaml.safe_load(copy.after["changelogs/fragments/example.yml"])
    assert [len(entries) for entries in fragment.values()] == [1]


def test_module(results: t.Any) -> None:
    here, shipped = results["here"], results["shipped"]
    assert (here["product"], here["total_count"]) == ("example", 3)
    assert {job["job_id"]: (job["type"], job["state"], job["machine"]) for job in here["jobs"]} == {
        "one": ("backup", "succeeded", "db"),
        "two": ("restore", "failed", "db"),
        "three": ("backup", "succeeded", "db"),
    }
    assert here["summary"]["latest_success"]
    assert [job["job_id"] for job in shipped["jobs"]] == ["two"]
    assert {query["pageIndex"] for query in Handler.queries} >= {"0", "1"}
    assert {query.get("status") for query in Handler.queries} >= {None, "Busy"}


def test_gate(results: t.Any) -> None:
    verdict = results["gate"]
    assert (verdict["product"], verdict["passed"]) == ("example", False)
    assert {rule["name"]: rule["passed"] for rule in verdict["rules"]}["max_age"]
    assert "failed: restore two, machine db" in verdict["msg"]
    # By its own reach, the query went back as far as the age that is asked for.
    starts = [datetime.datetime.fromisoformat(query["from"].replace("Z", "+00:00")) for query in Handler.queries]
    assert any(datetime.timedelta(hours=47) < Handler.began - start for start in starts)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report.md", ("Example", "Machine")),
        ("report.html", ("Example", "Machine")),
        ("junit.xml", ("cloud.example.",)),
    ],
)
def test_report(results: t.Any, name: str, said: tuple[str, ...]) -> None:
    assert [text for text in said if text not in results["reports"][name]] == []


def test_event_source(copy: Copy) -> None:
    events = [event["avepoint"] for event in json.loads(copy.run("-c", EVENTS))]
    assert [(event["product"], event["state"], event["job"]["job_id"]) for event in events] == [
        ("example", "succeeded", "one"),
        ("example", "succeeded", "three"),
    ]


def test_documentation(copy: Copy) -> None:
    """It is written by the command, between the comments that are there for it."""
    copy.run("hacking/write_docs.py")
    written = contents(copy.root)
    assert written.keys() == copy.after.keys()
    changed = {name for name, text in copy.after.items() if written[name] != text}
    assert changed >= {"README.md", "roles/job_gate/meta/argument_specs.yml", "plugins/filter/gate_verdict.py"}
    for name in changed:
        assert REGION.sub(r"\1\2", written[name]) == REGION.sub(r"\1\2", copy.after[name])
    module = ast.parse(written["plugins/modules/avepoint_example_jobs_info.py"])
    texts = {node.targets[0].id: node.value.value for node in module.body if isinstance(node, ast.Assign)}  # type: ignore[attr-defined]
    returned = yaml.safe_load(texts["RETURN"])
    assert list(returned["jobs"]["contains"])[-3:] == ["start_time", "finish_time", "machine"]
    assert yaml.safe_load(texts["DOCUMENTATION"])["options"]["types"]["choices"] == ["backup", "restore"]
    copy.run("hacking/write_docs.py", "--check")


@pytest.mark.parametrize("file", [PAGE, DOCS / "inside.svg"], ids=lambda file: file.name)
def test_files_are_there(file: t.Any) -> None:
    names = set(re.findall(r"[a-z/]*_[a-z0-9_]+\*?\.py", file.read_text(encoding="utf-8")))
    names -= {name for name in names if "example" in name}
    assert names
    for name in names:
        assert [
            found for folder in ("plugins", "hacking") for found in (ROOT / folder).rglob(name.rpartition("/")[2])
        ], name
