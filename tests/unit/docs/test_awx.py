# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/awx.md describes: its playbook against a stand-in for AWX, the gate under ansible-runner with credentials
injected as AWX does it, and the files for execution environments.

The playbook needs the collection awx.awx, which `make docs` fetches into .build/awx once (it comes inside the package
`ansible`); without it that test is skipped.
"""

from __future__ import annotations

import http.server
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import typing as t
from urllib.parse import parse_qs, urlsplit

import jinja2
import jinja2.meta
import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import PC_SCOPE, a_client, a_tenant
from ansible_collections.avepoint.cloud.tests.unit.docs.pages import DOCS, ROOT, load_yaml

AWX = DOCS / "examples" / "awx"
PROGRAMS = pathlib.Path(sys.executable).parent
PLACES = [ROOT / ".build" / "awx", *(folder / "awx" for folder in ROOT.parents), *map(pathlib.Path, sys.path)]
COLLECTION = next(
    (place for place in PLACES if (place / "ansible_collections" / "awx" / "awx" / "MANIFEST.json").is_file()), None
)
SETUP = load_yaml((AWX / "setup.yml").read_text(encoding="utf-8"))[0]
TYPES = {
    task["awx.awx.credential_type"]["name"]: task["awx.awx.credential_type"]
    for task in SETUP["tasks"]
    if "awx.awx.credential_type" in task
}


def collections(folder: pathlib.Path) -> str:
    """A collections path with this collection in it."""
    target = folder / "collections" / "ansible_collections" / "avepoint"
    target.mkdir(parents=True)
    (target / "cloud").symlink_to(ROOT, target_is_directory=True)
    return str(folder / "collections")


class Controller(http.server.ThreadingHTTPServer):
    """As much of AWX's API as its modules need to create things."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ids = itertools.count(1)
        self.things: dict[str, list[dict]] = {"organizations": [{"id": 1000, "name": "Default"}]}
        self.linked: list[tuple[str, dict]] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Controller

    def log_message(self, *_words: t.Any) -> None:
        pass

    def answer(self, status: int, body: t.Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        steps = [step for step in parts.path.split("/") if step]
        if steps == ["api"]:
            self.answer(200, {"current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}})
        elif len(steps) == 3:
            wanted = {key: values[0] for key, values in parse_qs(parts.query).items()}
            unified = ("job_templates", "projects", "workflow_job_templates")
            kinds = unified if steps[2] == "unified_job_templates" else (steps[2],)
            found = [thing for kind in kinds for thing in self.server.things.get(kind, [])]
            for key in ("name", "identifier"):
                value = wanted.get(key) or wanted.get(f"or__{key}")
                if value:
                    found = [thing for thing in found if thing.get(key) == value]
            self.answer(200, {"count": len(found), "results": found, "next": None})
        else:
            found = [thing for thing in self.server.things.get(steps[2], []) if str(thing["id"]) == steps[3]]
            self.answer(200, found[0] if len(steps) == 4 and found else {"count": 0, "results": [], "next": None})

    def do_POST(self) -> None:
        steps = [step for step in urlsplit(self.path).path.split("/") if step]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
        if len(steps) > 3:
            self.server.linked.append(("/".join(steps[2:]), body))
            self.answer(200 if steps[-1] == "survey_spec" else 204)
            return
        number = next(self.server.ids)
        where = f"/api/v2/{steps[2]}/{number}/"
        related = {name: f"{where}{name}/" for name in ("survey_spec", "credentials", "success_nodes", "labels")}
        thing = {**body, "id": number, "url": where, "type": steps[2], "related": related, "summary_fields": {}}
        self.server.things.setdefault(steps[2], []).append(thing)
        self.answer(201, thing)


@pytest.fixture
def controller() -> t.Iterator[Controller]:
    server = Controller()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(COLLECTION is None, reason="the collection awx.awx is not here; `make docs` fetches it")
def test_setup(controller: Controller, tmp_path: pathlib.Path) -> None:
    """The modules of awx.awx check the arguments by their own specs, and AWX gets what it has to fill in unfilled."""
    environ = {
        "PATH": os.pathsep.join([str(PROGRAMS), os.defpath]),
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION),
        "CONTROLLER_HOST": f"http://127.0.0.1:{controller.server_address[1]}",
        "CONTROLLER_OAUTH_TOKEN": "made-up",
    }
    command = [str(PROGRAMS / "ansible-playbook"), str(AWX / "setup.yml")]
    command += ["-e", json.dumps({"avepoint_client_id": "id", "avepoint_client_secret": "made-up"})]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    things = controller.things
    certificate = next(kind for kind in things["credential_types"] if "file" in kind["injectors"])
    assert certificate["injectors"]["env"]["AVEPOINT_CLIENT_CERTIFICATE"] == "{{ tower.filename.certificate }}"
    gate = next(template for template in things["job_templates"] if template["name"] == "AvePoint gate")
    assert json.loads(gate["extra_vars"])["job_gate_query"]["tenant_id"] == "{{ tenant_id }}"
    nodes = {node["identifier"]: node["id"] for node in things["workflow_job_template_nodes"]}
    assert (f"workflow_job_template_nodes/{nodes['gate']}/success_nodes", {"id": nodes["deploy"]}) in [
        (where, {"id": body.get("id")}) for where, body in controller.linked
    ]
    assert len([where for where, _body in controller.linked if where.endswith("survey_spec")]) == 2


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
def test_injectors(kind: dict) -> None:
    """As AWX checks them: no ANSIBLE_ variable, nothing that is not an input."""
    fields = {field["id"] for field in kind["inputs"]["fields"]}
    assert set(kind["inputs"]["required"]) <= fields
    assert not [name for name in kind["injectors"]["env"] if name.startswith("ANSIBLE_")]
    for text in [*kind["injectors"]["env"].values(), *kind["injectors"].get("file", {}).values()]:
        used = jinja2.meta.find_undeclared_variables(jinja2.Environment(autoescape=False).parse(text))  # noqa: S701
        assert used <= fields | {"tower"}


def inject(kind: dict, inputs: dict, folder: pathlib.Path) -> dict[str, str]:
    """The environment that AWX makes of a credential."""
    template = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701
    inputs = {field["id"]: field.get("default", "") for field in kind["inputs"]["fields"]} | inputs
    names = {}
    for key, text in kind["injectors"].get("file", {}).items():
        file = folder / f"injected-{key}"
        file.write_text(template.from_string(text).render(inputs) + "\n", encoding="utf-8")
        file.chmod(0o600)
        names[key.partition(".")[2]] = str(file)
    context = {**inputs, "tower": {"filename": names}}
    return {name: template.from_string(text).render(context) for name, text in kind["injectors"]["env"].items()}


# With the secret it fails and with the certificate it passes: each of them has to log in to see the job.
@pytest.mark.parametrize(("name", "state"), list(zip(TYPES, (3, 2))), ids=TYPES)
def test_gate_under_runner(
    name: str, state: int, simulator: t.Any, certificate: dict[str, str], tmp_path: pathlib.Path
) -> None:
    runner = pytest.importorskip(
        "ansible_runner", reason="ansible-runner is not installed (it is in tests/requirements.txt)"
    )
    read = {form: pathlib.Path(certificate[form]).read_text(encoding="utf-8") for form in ("certificate", "pem")}
    login = {**a_client(PC_SCOPE), "certificate": read["certificate"]}
    tenant = a_tenant(jobs=[{"job_id": "one", "type": 1, "status": state}])
    simulator.put_state({"clients": [login], "tenants": [tenant]})
    inputs = {"client_id": login["client_id"], "client_secret": login["client_secret"], "certificate": read["pem"]}
    kind = TYPES[name]
    given = {field["id"] for field in kind["inputs"]["fields"]}
    injected = inject(kind, {key: value for key, value in inputs.items() if key in given}, tmp_path)
    place = {"AVEPOINT_GRAPH_URL": simulator.url, "AVEPOINT_IDENTITY_URL": simulator.identity_url}
    private = tmp_path / "private"
    (private / "project").mkdir(parents=True)
    for file in ("gate.yml", "deploy.yml"):
        (private / "project" / file).write_text((AWX / file).read_text(encoding="utf-8"), encoding="utf-8")
    template = next(
        task["awx.awx.job_template"]
        for task in SETUP["tasks"]
        if "gate" in task["name"].lower() and "awx.awx.job_template" in task
    )
    survey = {question["variable"]: question.get("default", "") for question in template["survey_spec"]["spec"]}
    survey["job_gate_allowed_states"] = [survey["job_gate_allowed_states"]]
    answers = {**survey, "customer_id": tenant["customer_id"], "tenant_id": tenant["tenant_id"]}
    environ = {
        **injected,
        **place,
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(PROGRAMS), os.defpath]),
        "ANSIBLE_COLLECTIONS_PATH": collections(tmp_path),
    }
    run = runner.run(
        private_data_dir=str(private),
        playbook="gate.yml",
        inventory="",
        envvars=environ,
        extravars={**template["extra_vars"], **answers},
        quiet=True,
    )
    output = "".join(event.get("stdout", "") for event in run.events)
    assert run.status == ("successful" if state == 2 else "failed"), output
    stats = [event["event_data"] for event in run.events if event["event"] == "playbook_on_stats"]
    verdict = stats[0]["artifact_data"]["job_gate_result"]
    assert verdict["passed"] is (state == 2)
    assert [job["state"] for job in verdict["jobs"]] == ["succeeded" if state == 2 else "failed"]
    for secret in (login["client_secret"], "PRIVATE KEY"):
        assert secret not in output
    if state == 3:
        return
    # The next job of the workflow has the artifact as a variable.
    run = runner.run(
        private_data_dir=str(private),
        playbook="deploy.yml",
        inventory="",
        envvars=environ,
        extravars={"job_gate_result": verdict},
        quiet=True,
    )
    assert run.status == "successful"


def builder(*words: str, cwd: pathlib.Path) -> str:
    program = PROGRAMS / "ansible-builder"
    if not program.exists():
        pytest.skip("ansible-builder is not installed (it is in tests/requirements.txt)")
    done = subprocess.run(
        [str(program), *words], check=False, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_builder_create(tmp_path: pathlib.Path) -> None:
    builder(
        "create", "--file", str(AWX / "execution-environment.yml"), "--context", str(tmp_path / "context"), cwd=tmp_path
    )
    assert "avepoint.cloud" in (tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8")


def test_builder_introspect(tmp_path: pathlib.Path) -> None:
    said = builder("introspect", collections(tmp_path), cwd=tmp_path)
    found = load_yaml(said)
    wanted = [line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert [line.partition("#")[0].strip() for line in found["python"]] == wanted
    assert found["system"] == []
