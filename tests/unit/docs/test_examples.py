# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of every page is tried, in the order of the page, in a new folder; and so are the EXAMPLES of the plugins.

Commands and playbooks run against the simulator, as a user would run them. What needs the real cloud or another host is
checked for its syntax only, and says why.
"""

from __future__ import annotations

import ast
import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import (
    APPLY_SCOPE,
    BASELINES_SCOPE,
    BASELINES_WRITE_SCOPE,
    RESTORE_SCOPE,
    a_client,
    a_tenant,
)
from ansible_collections.avepoint.cloud.tests.simulator.client import SCOPES as PRODUCT_SCOPES
from ansible_collections.avepoint.cloud.tests.unit.conftest import PASSWORD
from ansible_collections.avepoint.cloud.tests.unit.docs.pages import (
    DOCS,
    PAGES,
    ROOT,
    SIMULATOR,
    Block,
    blocks,
    load_yaml,
    name_of,
)

ALL = [block for page in [*PAGES, SIMULATOR] for block in blocks(page)]
LANGUAGES = {"bash", "console", "yaml", "text", "python", "groovy", "json", "{toctree}"}
PLUGINS = sorted(
    file
    for kind in ("modules", "filter", "lookup")
    for file in (ROOT / "plugins" / kind).glob("*.py")
    if "EXAMPLES" in file.read_text(encoding="utf-8")
)
PROGRAMS = pathlib.Path(sys.executable).parent
SCOPES = (
    *(scope for scopes in PRODUCT_SCOPES.values() for scope in scopes),
    *(APPLY_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE, RESTORE_SCOPE),
)
CERTIFICATE_OF_EXAMPLES = "/etc/avepoint/client.pfx"
CLIENT_OF_EXAMPLES = "00000000-0000-4000-8000-000000000001"
CACHE_OF_EXAMPLES = "/var/cache/avepoint"
LONGEST = 900  # a busy machine


class Cloud:
    """A state of the simulator in which the examples work, and the variables that they use.

    No job moves: what a page shows must not depend on how long its commands take. Waits are tested elsewhere.
    """

    def __init__(self, simulator: t.Any, certificate: str):
        self.simulator = simulator
        self.client = {**a_client(*SCOPES), "certificate": certificate}
        self.good = a_tenant(
            name="Good",
            jobs=[
                {"job_id": "2b1c7a52-0000-4000-8000-000000000001", "type": 1, "status": 2},
                {"job_id": "2b1c7a52-0000-4000-8000-000000000002", "type": 7, "status": 2},
            ],
        )
        self.mixed = a_tenant(
            name="Mixed",
            jobs=[
                {"job_id": "2b1c7a52-0000-4000-8000-000000000003", "type": 5, "status": 1},
                {"job_id": "2b1c7a52-0000-4000-8000-000000000004", "type": 5, "status": 3},
            ],
        )
        self.second = a_tenant(
            name="Second", jobs=[{"job_id": "2b1c7a52-0000-4000-8000-000000000005", "type": 5, "status": 3}]
        )
        self.state = {
            "clients": [self.client],
            "tenants": [self.good, self.mixed, self.second],
            "d365": {
                "organizations": [{"id": "2b1c7a52-0000-4000-8000-0000000000e1", "name": "Contoso"}],
                "jobs": [
                    {"job_id": f"DCIB000{n}", "type": 1, "status": 3, "start_time": -600 * n, "finish_time": -500 * n}
                    for n in (1, 2, 3)
                ],
            },
            "baselines": [
                {"baseline_id": "B-standard", "name": "Standard", "status": 3},
                {"baseline_id": "B-teams", "name": "Teams", "status": 2},
            ],
            # What is started has ended at once.
            "baselines_api": {"applied": [[0, 2]], "created": [[0, 2]]},
            "m365_restore": {"timeline": [[0, 2]]},
            "aos": {"generate": {"count": 3, "types": [0, 10], "statuses": [2]}},
            "opus": {"jobs": [{"job_id": f"opus-{n}", "status": 2} for n in (1, 2)]},
            "m365": {"jobs": [{"job_id": f"m365-{n}", "type": 1, "service": 2, "status": 2} for n in (1, 2)]},
            "google": {"jobs": [{"job_id": f"google-{n}", "type": 1, "service": 1, "status": 2} for n in (1, 2)]},
            "iaas": {"jobs": [{"job_id": f"iaas-{n}", "type": 1, "service": 1, "status": 2} for n in (1, 2)]},
            "salesforce": {"generate": {"count": 3, "types": [1, 2, 3], "statuses": [2]}},
            "customers": [
                {
                    "customer_id": self.good["customer_id"],
                    "organization": "Example Foods",
                    "jobs": [
                        {"job_id": f"elements-{module}", "type": 7, "module": module, "status": 2}
                        for module in (302, 303, 305)
                    ],
                },
                {
                    "customer_id": self.mixed["customer_id"],
                    "organization": "Example Trading",
                    "jobs": [{"job_id": "elements-1", "type": 7, "module": 303, "status": 4, "failedCount": "7"}],
                },
            ],
        }
        simulator.put_state(self.state)

    def variables(self, tenant: str = "good") -> dict[str, t.Any]:
        """What the examples leave to the user."""
        chosen = getattr(self, tenant)
        ids = {name: chosen[name] for name in ("customer_id", "tenant_id")}
        found = {
            **ids,
            **{f"avepoint_{name}": value for name, value in ids.items()},
            "avepoint_client_id": self.client["client_id"],
            "avepoint_client_secret": self.client["client_secret"],
            "avepoint_certificate_password": PASSWORD,
            "tenants": [ids],
            "my_tenants": [ids],
            "avepoint_tenants": [ids],
            "started_job_id": chosen["jobs"][0]["job_id"],
            "running_job_id": self.mixed["jobs"][0]["job_id"],
            "failed_job_id": self.mixed["jobs"][1]["job_id"],
            "first_baseline_id": "B-standard",
            "second_baseline_id": "B-teams",
            "m365_job_id": "m365-1",
            "iaas_job_id": "iaas-1",
            "opus_job_id": "opus-1",
            "avepoint_customers": [self.good["customer_id"], self.mixed["customer_id"]],
            "opus_job_ids": ["opus-1", "opus-2"],
            "organization_id": self.state["d365"]["organizations"][0]["id"],
        }
        job = {"job_id": "one", "type": "backup", "status_id": 3, "state": "succeeded", "finished": True}
        found["jobs"] = {
            "jobs": [job],
            "summary": {"total": 1, "all_succeeded": True},
            "missing_job_ids": [],
            "truncated": False,
            "timed_out": False,
        }
        return found


@pytest.fixture
def cloud(simulator: t.Any, certificate: dict[str, str]) -> Cloud:
    return Cloud(simulator, pathlib.Path(certificate["certificate"]).read_text(encoding="utf-8"))


def environment(cloud: Cloud, folder: pathlib.Path) -> dict[str, str]:
    """That of a user who has followed the first steps of docs/getting_started.md, and nothing else."""
    collections = folder / ".collections"
    (collections / "ansible_collections" / "avepoint").mkdir(parents=True)
    (collections / "ansible_collections" / "avepoint" / "cloud").symlink_to(ROOT, target_is_directory=True)
    (folder / ".home").mkdir()
    # Else ansible-playbook looks each millisecond whether a task has ended.
    (folder / ".home" / ".ansible.cfg").write_text("[defaults]\ninternal_poll_interval = 0.02\n", encoding="utf-8")
    return {
        "PATH": os.pathsep.join([str(PROGRAMS), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(folder / ".home"),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "AVEPOINT_GRAPH_URL": cloud.simulator.url,
        "AVEPOINT_IDENTITY_URL": cloud.simulator.identity_url,
        "AVEPOINT_CLIENT_ID": cloud.client["client_id"],
        "AVEPOINT_CLIENT_SECRET": cloud.client["client_secret"],
        "AVEPOINT_REGION": "us",
        "CUSTOMER_ID": cloud.good["customer_id"],
        "TENANT_ID": cloud.good["tenant_id"],
    }


def hook(name: str, cloud: Cloud) -> str:
    """Shell commands for what the page tells the reader to do elsewhere."""
    if name == "second tenant":
        return f"export CUSTOMER_ID={cloud.second['customer_id']} TENANT_ID={cloud.second['tenant_id']}"
    if name == "certificate":
        state = {**cloud.state, "clients": [{**cloud.client, "certificate": "CERTIFICATE"}]}
        put = (
            "import json, sys, urllib.request as r; s = json.load(open('.state'));"
            "s['clients'][0]['certificate'] = open('certificate.pem').read();"
            "r.urlopen(r.Request(sys.argv[1], json.dumps(s).encode(), method='PUT'))"
        )
        text = shlex.quote(json.dumps(state))
        return f'echo {text} > .state; {sys.executable} -c {shlex.quote(put)} "$AVEPOINT_GRAPH_URL/simulator/state"'
    if name == "token":
        ask = (
            "import json, sys, urllib.request as r, urllib.parse as p;"
            "f = dict(grant_type='client_credentials', client_id=sys.argv[2], client_secret=sys.argv[3], scope=sys.argv[4]);"
            "print(json.load(r.urlopen(sys.argv[1], p.urlencode(f).encode()))['access_token'])"
        )
        words = [cloud.client["client_id"], cloud.client["client_secret"], SCOPES[0]]
        return f'AVEPOINT_ACCESS_TOKEN=$({sys.executable} -c {shlex.quote(ask)} "$AVEPOINT_IDENTITY_URL" {shlex.join(words)})'
    raise AssertionError(f"there is no hook {name}")


def plays(text: str, variables: dict[str, t.Any]) -> list[dict]:
    """What can be run of a block: its plays, or one play around its tasks; nothing for other YAML."""
    content = load_yaml(text)
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        return []
    if all("hosts" in entry for entry in content):
        found = content
    elif any("hosts" in entry or "import_playbook" in str(list(entry)) for entry in content):
        return []
    else:
        found = [{"name": "Tasks", "hosts": "localhost", "gather_facts": False, "tasks": content}]
    return [{**play, "vars": {**variables, **play.get("vars", {})}} for play in found]


def run_well(command: list[str], folder: pathlib.Path, environ: dict[str, str]) -> str:
    """What a command says that ends well."""
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout


class Session:
    """A shell script of what a reader does, with a check after each step."""

    def __init__(self, cloud: Cloud, folder: pathlib.Path):
        self._cloud = cloud
        self._folder = folder
        self._lines: list[str] = []
        self._plays: list[dict] = []
        self._before: tuple[str, int] | None = None
        self.steps = 0

    def play(self, found: list[dict]) -> None:
        """Plays that follow one another on a page run as one playbook, which saves time."""
        self._plays += found

    def flush(self) -> None:
        if self._plays:
            self.steps += 1
            file = self._folder / f"example-{self.steps}.yml"
            file.write_text(json.dumps(self._plays), encoding="utf-8")
            self._plays = []
            self.command(f"ansible-playbook {file.name}")

    def write(self, name: str, text: str) -> None:
        self._before = None
        (self._folder / name).write_text(text, encoding="utf-8")

    def command(self, line: str, status: int = 0) -> None:
        self.flush()
        if (line, status) == self._before:
            return  # a page says it again, and nothing has happened since
        self._before = line, status
        self.steps += 1
        self._lines += [f"echo {shlex.quote('$ ' + line)}", line]
        self._lines += [f's=$?; if [ $s -ne {status} ]; then echo "exit status $s, not {status}"; exit 1; fi']

    def hook(self, name: str) -> None:
        self.flush()
        self._before = None
        self._lines += [hook(name, self._cloud)]

    def run(self) -> None:
        self.flush()
        if not self._lines:
            return
        script = self._folder / ".script"
        script.write_text("\n".join(self._lines), encoding="utf-8")
        environ = environment(self._cloud, self._folder)
        run_well(["bash", str(script)], self._folder, {**environ, "PWD": str(self._folder)})


def follow(session: Session, page: list[Block], cloud: Cloud) -> None:
    """Do what the page says."""
    for block in page:
        if block.marks.get("hook"):
            session.hook(block.marks["hook"])
        if "same as" in block.marks and block.language != "console":
            session.write(block.marks["same as"].rpartition("/")[2], block.text)
            continue
        if "file" in block.marks:
            session.flush()
            session.write(block.marks["file"], block.text)
            if "run" not in block.marks:
                continue
        if "not run" in block.marks:
            continue
        if block.language == "yaml":
            session.play(plays(block.text, cloud.variables(block.marks.get("tenant", "good"))))
        elif block.language == "bash":
            session.command(block.text.strip())
        elif block.language == "console":
            for line in block.commands[:-1]:
                session.command(line)
            session.command(block.commands[-1], int(block.marks.get("exit", "0")))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page(page: pathlib.Path, cloud: Cloud, certificate: dict[str, str], tmp_path: pathlib.Path) -> None:
    found = blocks(page)
    needed = any("ansible-builder" in block.text for block in found if block.language == "console")
    if needed and not (PROGRAMS / "ansible-builder").exists():
        pytest.skip("ansible-builder is not installed (it is in tests/requirements.txt)")
    if page.name == "authentication.md" and shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; the package openssl of any system has it")
    found = [block._replace(text=block.text.replace(CERTIFICATE_OF_EXAMPLES, certificate["pfx"])) for block in found]
    session = Session(cloud, tmp_path)
    follow(session, found, cloud)
    session.run()


def examples(file: pathlib.Path) -> str:
    """The EXAMPLES of a plugin."""
    (text,) = [
        ast.literal_eval(node.value)
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES"
    ]
    return str(text)


def test_examples_of_plugins(cloud: Cloud, certificate: dict[str, str], tmp_path: pathlib.Path) -> None:
    """In one run, which saves time; each on a host of its own, so that what one registers is not there for another."""
    session = Session(cloud, tmp_path)
    local = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    session.write("hosts", "".join(f"{file.stem} {local}\n" for file in PLUGINS))
    session.command("export ANSIBLE_INVENTORY=hosts")
    for file in PLUGINS:
        found = plays(examples(file).replace(CERTIFICATE_OF_EXAMPLES, certificate["pfx"]), cloud.variables())
        assert [play["hosts"] for play in found] == ["localhost"], file
        session.play([{**play, "name": file.stem, "hosts": file.stem} for play in found])
    session.run()


def test_examples_of_inventory(cloud: Cloud, certificate: dict[str, str], tmp_path: pathlib.Path) -> None:
    text = examples(ROOT / "plugins" / "inventory" / "tenants.py")
    for example, real in (
        (CERTIFICATE_OF_EXAMPLES, certificate["pfx"]),
        (CLIENT_OF_EXAMPLES, cloud.client["client_id"]),
        (CACHE_OF_EXAMPLES, str(tmp_path / "cache")),
    ):
        assert example in text
        text = text.replace(example, real)
    session = Session(cloud, tmp_path)
    session.command("export ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true")
    session.command(f"export CERTIFICATE_PASSWORD={shlex.quote(PASSWORD)}")
    (shortest,) = (line.removeprefix("# ") for line in text.splitlines() if line.startswith("# plugin:"))
    for number, document in enumerate((shortest, text)):
        session.write(f"{number}.avepoint_tenants.yml", document)
        session.command(f"ansible-inventory -i {number}.avepoint_tenants.yml --list | grep '\"avepoint_tenant_name\"'")
    session.run()
    assert session.steps == 4


def test_page_of_simulator(simulator: t.Any, tmp_path: pathlib.Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; the package curl of any system has it")
    found = blocks(SIMULATOR)
    state, fault = (json.loads(block.text) for block in found if block.language == "json")
    simulator.put_state(state)
    simulator.faults(fault)
    (python,) = (block.text for block in found if block.language == "python")
    (shell,) = (block.text for block in found if block.language == "bash")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
    ready = f"curl -s --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:{port}/simulator/clock"
    assert "sleep 2\n" in shell
    shell = shell.replace("sleep 2\n", f"{ready}\n").replace("18080", port)
    for command in ([sys.executable, "-c", python], ["bash", "-ec", f"{shell}wait"]):
        environ = {
            **os.environ,
            "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT.parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        said = run_well(command, ROOT, environ)
    assert "HTTP/1.1 503" in said, said


@pytest.mark.parametrize("block", ALL, ids=lambda block: f"{block.page}:{block.line}")
def test_syntax(block: Block) -> None:
    assert block.language in LANGUAGES, "how is a block of this language to be tried?"
    if block.language == "yaml":
        assert load_yaml(block.text) is not None
    elif block.language == "json":
        json.loads(block.text)
    elif block.language == "python":
        compile(block.text, block.page, "exec")
    elif block.language in ("bash", "console"):
        assert block.language == "bash" or block.commands, "a command begins with '$ '"
        text = "\n".join(block.commands) if block.language == "console" else block.text
        subprocess.run(["bash", "-n"], input=text, check=True, text=True, timeout=LONGEST)
    if "same as" in block.marks:
        file = (DOCS / block.marks["same as"]).read_text(encoding="utf-8")
        lines = [line for line in file.splitlines() if not line.lstrip("/# ").startswith("SPDX-")]
        assert "\n".join(lines[lines[0] == "---" :]).strip() == block.text.strip()
