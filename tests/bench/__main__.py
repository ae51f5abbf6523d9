# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how fast the collection is, compared with what people would write instead: `make bench`.

A row compares the medians of two variants, which run alternately (A B A B ...) against the simulator on this machine. The variant
with ansible.builtin.uri is what a playbook would do without this collection; it does not check or normalise anything. The time of
a task is the time of a playbook with the task minus the time of an empty playbook.

`--quick` runs everything once and shortened, to see that it works; its figures mean nothing. `--output FILE` writes JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import requests as http

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from simulator.client import SCOPES, Simulator, a_client, a_customer, a_tenant  # noqa: E402 - found by the line above

MODULE = "ansible_collections.avepoint.cloud.plugins.modules.avepoint_pc_jobs_info"
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
LATENCY = 0.05
CONCURRENCY = 8
# The jobs of a list with one page. A multiple of 5 would cost one more request: see "One request more" in docs/speed.md.
LENGTH = 48


class Cost(t.NamedTuple):
    """Wall time and CPU time in seconds, including all child processes."""

    wall: float
    cpu: float

    def less(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


class Row(t.NamedTuple):
    name: str
    figure: float
    goal: float
    detail: str

    @property
    def reached(self) -> bool:
        return self.figure <= self.goal


class Bench:
    """Runs playbooks against a simulator, and collects the rows of the result."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder = folder
        self.runs = runs
        self.quick = runs == 1
        self.rows: list[Row] = []
        self.clients = {product: a_client(*scopes) for product, scopes in SCOPES.items()}

    def add(self, name: str, figure: float, goal: float, detail: str) -> None:
        row = Row(name, figure, goal, detail)
        self.rows.append(row)
        print(
            f"  {'ok  ' if row.reached else 'OVER'} {row.figure:8.3f} (goal {row.goal:g})  {name}: {detail}", flush=True
        )

    def play(self, simulator: Simulator, tasks: list[dict[str, t.Any]], **variables: t.Any) -> Cost:
        """Runs a playbook with these tasks, and returns its cost."""
        playbook = self.folder / "playbook.json"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), "utf-8")
        return self.run(simulator, str(playbook), "-e", json.dumps({"bench": variables}))

    def run(self, simulator: Simulator, *arguments: str) -> Cost:
        """Runs ansible-playbook, and returns its cost. Raises SystemExit if it fails."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AVEPOINT_")},
            "AVEPOINT_GRAPH_URL": simulator.url,
            "AVEPOINT_IDENTITY_URL": simulator.identity_url,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done = subprocess.run(
            [PLAYBOOK, *arguments],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"a playbook of the benchmark failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
        return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def in_turn(self, simulator: Simulator, *kinds: list[dict[str, t.Any]], runs: int | None = None) -> list[Cost]:
        """The median cost of each list of tasks, minus that of an empty playbook. All run alternately, after a warm-up.

        With `--quick`, all lists run in one playbook, and its cost stands for each.
        """
        apart = ([task for tasks in kinds for task in tasks],) if self.quick else kinds
        found: list[list[Cost]] = [[] for _kind in range(len(apart) + 1)]
        for turn in range((runs or self.runs) + (not self.quick)):
            for costs, tasks in zip(found, ([], *apart)):
                cost = self.play(simulator, tasks)
                if turn or self.quick:
                    costs.append(cost)
        empty, *medians = (
            Cost(statistics.median(cost.wall for cost in costs), statistics.median(cost.cpu for cost in costs))
            for costs in found
        )
        return [median.less(empty) for median in medians] * (len(kinds) // len(apart))

    def took(self, simulator: Simulator, product: str, count: int, **options: t.Any) -> float:
        """The median of the `duration` in seconds that a module returns. The module must find `count` jobs."""
        file = self.folder / "duration"
        tasks = [
            self.module(product, self.token(simulator, product), max_concurrency=CONCURRENCY, **options),
            {"ansible.builtin.assert": {"that": f"found.jobs | length == {count}", "quiet": True}},
            {"ansible.builtin.copy": {"content": "{{ found.duration }}", "dest": str(file), "mode": "0600"}},
        ]
        durations = []
        for _turn in range(self.runs):
            self.play(simulator, tasks)
            durations.append(float(file.read_text("utf-8")))
        return statistics.median(durations)

    def against_limit(self, what: str, took: float, requests: int, goal: float, detail: str = "") -> None:
        """Adds a row that compares the duration of so many requests with the shortest possible one."""
        least = LATENCY * requests / CONCURRENCY
        self.add(
            f"{what}: duration against the least", took / least, goal, f"{took:.3f} s against {least:.3f} s{detail}"
        )

    def unread(self, simulator: Simulator, token: str, method: str, path: str, alone: int, pages: int) -> float:
        """The median of the seconds of the same requests as a script with requests sends them, without reading the answers.

        ``path`` lacks the page number. So many pages are requested ``alone``, and one at the end; the others side by side.
        """
        local = threading.local()

        def ask(number: int) -> None:
            if not hasattr(local, "session"):
                local.session = http.Session()
            headers = {"Authorization": f"Bearer {token}"}
            body = {} if method == "POST" else None
            local.session.request(
                method, f"{simulator.url}{path}{number}", json=body, headers=headers, timeout=60
            ).raise_for_status()

        durations = []
        for _turn in range(self.runs):
            began = time.monotonic()
            for number in range(1, alone + 1):
                ask(number)
            with ThreadPoolExecutor(CONCURRENCY) as pool:
                # One more than the pages: see "One request more" in docs/speed.md.
                list(pool.map(ask, range(2, pages + 2)))
            ask(1)
            durations.append(time.monotonic() - began)
        return statistics.median(durations)

    def token(self, simulator: Simulator, product: str = "pc") -> str:
        """An access token."""
        answer = http.post(simulator.identity_url, self.login_form(product), timeout=60)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def login_form(self, product: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": self.clients[product]["client_id"],
            "client_secret": self.clients[product]["client_secret"],
            "scope": " ".join(SCOPES[product]),
        }

    def uri_login(self, simulator: Simulator, product: str = "pc") -> dict[str, t.Any]:
        return {
            "ansible.builtin.uri": {
                "url": simulator.identity_url,
                "method": "POST",
                "body_format": "form-urlencoded",
                "body": self.login_form(product),
            },
            "register": "login",
        }

    def uri_jobs(
        self, simulator: Simulator, tenant: dict[str, t.Any], token: str, **keywords: t.Any
    ) -> dict[str, t.Any]:
        return self.uri(simulator, f"{pages_of_pc(tenant)}1", token, {}, **keywords)

    def uri(
        self, simulator: Simulator, path: str, token: str, body: dict[str, t.Any] | None = None, **keywords: t.Any
    ) -> dict[str, t.Any]:
        posted = {} if body is None else {"method": "POST", "body_format": "json", "body": body}
        return {
            "ansible.builtin.uri": {
                "url": f"{simulator.url}{path}",
                **posted,
                "headers": {"Authorization": f"Bearer {token}"},
            },
            "register": "answer",
            **keywords,
        }

    def module(self, product: str, token: str | None = None, **options: t.Any) -> dict[str, t.Any]:
        client = self.clients[product]
        names = ("client_id", "client_secret")
        login = {"access_token": token} if token else {name: client[name] for name in names}
        return {f"avepoint.cloud.avepoint_{product}_jobs_info": {**login, **options}, "register": "found"}


def pages_of_pc(tenant: dict[str, t.Any]) -> str:
    """The path of a page of a tenant's jobs, without the page number."""
    path = f"/partner/external/v3/bm/customers/{tenant['customer_id']}/tenants/{tenant['tenant_id']}"
    return f"{path}/process-center/jobs/batch?pageSize=100&pageIndex="


def pages_of_m365(start: str, finish: str) -> str:
    """The path of a page of the jobs of Microsoft 365 in a range of time, without the page number."""
    return f"/backup/m365/cloudbackupjobs?startTime={start}&finishTime={finish}&pageSize=100&pageIndex="


def last_day() -> tuple[str, str]:
    """When a range of time that has all jobs starts and finishes."""
    start, finish = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds)) for seconds in (-86400, 600)
    )
    return start, finish


def ids_of(tenant: dict[str, t.Any]) -> dict[str, str]:
    """The options of avepoint_pc_jobs_info for a tenant."""
    return {name: tenant[name] for name in ("customer_id", "tenant_id")}


def one_task(bench: Bench) -> None:
    tenant = a_tenant(generate={"count": LENGTH})
    with Simulator({"clients": [bench.clients["pc"]], "tenants": [tenant]}) as simulator:
        token = bench.token(simulator)
        kinds = {
            "module, token": [bench.module("pc", token, **ids_of(tenant))],
            "uri": [bench.uri_jobs(simulator, tenant, token)],
            "module, login": [bench.module("pc", **ids_of(tenant))],
            "uri + uri": [
                bench.uri_login(simulator),
                bench.uri_jobs(simulator, tenant, "{{ login.json.access_token }}"),
            ],
            "ping": [{"ansible.builtin.ping": {}}],
        }
        cost = dict(zip(kinds, bench.in_turn(simulator, *kinds.values())))
    for ours, theirs, goal in (
        ("module, token", "uri", 0.7),
        ("module, login", "uri + uri", 0.35),
        ("module, token", "ping", 0.9),
    ):
        a, b = cost[ours].wall, cost[theirs].wall
        bench.add(f"one task ({ours}) against {theirs}", a / b, goal, f"{a:.3f} s against {b:.3f} s")


def each_of_many(bench: Bench) -> None:
    count = 2 if bench.quick else 30
    tenant = a_tenant(generate={"count": LENGTH})
    with Simulator({"clients": [bench.clients["pc"]], "tenants": [tenant]}) as simulator:
        token = bench.token(simulator)
        kinds = ([bench.module("pc", token, **ids_of(tenant))], [{"ansible.builtin.debug": {"msg": "nothing"}}])
        ours, least = (
            cost.wall / count
            for cost in bench.in_turn(simulator, *(kind * count for kind in kinds), runs=min(3, bench.runs))
        )
    bench.add(
        f"each of {count} tasks (module, token) against debug, the least a task can do",
        ours / least,
        4.0,
        f"{ours:.3f} s against {least:.3f} s",
    )


def one_login(bench: Bench) -> None:
    latency = 0.05 if bench.quick else 0.5
    tenant = a_tenant(generate={"count": 1})
    with Simulator({"clients": [bench.clients["pc"]], "tenants": [tenant], "latency": latency}) as simulator:
        for count, goal in ((2 if bench.quick else 10, 0.6), (1, 1.03)):
            kinds = ([bench.module("pc", **ids_of(tenant))], [bench.module("pc", **ids_of(tenant), share_login=False)])
            shared, own = (
                cost.wall
                for cost in bench.in_turn(simulator, *(kind * count for kind in kinds), runs=min(3, bench.runs))
            )
            bench.add(
                f"{count} task{'s' if count > 1 else ''}, latency {1000 * latency:.0f} ms, with one login against share_login: false",
                shared / own,
                goal,
                f"{shared:.2f} s against {own:.2f} s",
            )
    count = 2 if bench.quick else 50
    tenants = [a_tenant(name=f"Tenant {number}", generate={"count": 1, "statuses": [2]}) for number in range(count)]
    client = bench.clients["pc"]
    with Simulator({"clients": [client], "tenants": tenants}) as simulator:
        inventory = bench.folder / "all.avepoint_tenants.yml"
        login = {name: client[name] for name in ("client_id", "client_secret")}
        inventory.write_text(json.dumps({"plugin": "avepoint.cloud.tenants", **login}), "utf-8")
        query = {"gate_tenants_query": login, "job_gate_wait": False}
        bench.run(simulator, "avepoint.cloud.gate_tenants", "-i", str(inventory), "-e", json.dumps(query))
        counts = simulator.log()["counts"]
    bench.add(
        f"logins of {count} tenants through gate_tenants", counts["logins"], 1, f"{counts['pc']} requests for jobs"
    )


def each_product(bench: Bench) -> None:
    jobs = {"generate": {"count": LENGTH, "statuses": [2]}}
    customer = a_customer(generate={"count": LENGTH, "types": [7], "statuses": [2]})
    state: dict[str, t.Any] = {"clients": list(bench.clients.values()), "customers": [customer]}
    state |= dict.fromkeys(("m365", "google", "iaas", "salesforce", "aos"), jobs)
    state |= {
        "d365": {"generate": {"count": LENGTH, "statuses": [3]}},
        "opus": {"jobs": [{"job_id": "a", "status": 2}]},
    }
    start, finish = last_day()
    times = f"startTime={start}&finishTime={finish}"
    elements = f"/partner/external/v3/general/customers/{customer['customer_id']}/avpt-products/jobs/batch"
    v1 = {"pageInfo": {"currentPage": 1, "pageSize": 50}, "type": 0, "startTime": start, "endTime": finish}
    # For each product, the options of the module, and the path and body of the request for the first page.
    queries: dict[str, tuple[dict[str, t.Any], str, dict[str, t.Any] | None]] = {
        "d365": ({}, "/api/OpenApi/GetJobs", v1),
        "m365": ({}, f"{pages_of_m365(start, finish)}0", None),
        "google": ({}, f"/backup/google/admin/jobs?{times}&pageIndex=0&pageSize=100", None),
        "iaas": ({}, f"/backup/vm/jobs?{times}&pageNumber=0&pageSize=100", None),
        "salesforce": ({}, f"/backup/sfbapi/jobs?{times}&pageIndex=0&pageSize=100", None),
        "aos": ({}, "/aos/jobs?top=100&skip=0&orderby=startTime&sortorder=1", None),
        "opus": ({"job_ids": ["a"]}, "/api/restore/GetRestoreJobStatus?jobId=a", None),
        "elements": ({"customer_id": customer["customer_id"]}, f"{elements}?pageIndex=1&pageSize=100", {}),
    }
    with Simulator(state) as simulator:
        kinds = []
        for product, (options, path, body) in queries.items():
            token = bench.token(simulator, product)
            kinds += [[bench.module(product, token, **options)], [bench.uri(simulator, path, token, body)]]
        walls = [cost.wall for cost in bench.in_turn(simulator, *kinds)]
    for product, ours, theirs in zip(queries, walls[::2], walls[1::2]):
        detail = f"{ours:.3f} s against {theirs:.3f} s"
        bench.add(f"one task of {product} (given token) against uri", ours / theirs, 0.4, detail)


def waiting(bench: Bench) -> None:
    seconds = 1 if bench.quick else 20
    tenant = a_tenant(jobs=[{"job_id": "the-job", "type": 5, "timeline": [[0, 1], [seconds, 2]]}])
    state = {"clients": [bench.clients["pc"]], "tenants": [tenant], "token_lifetime": 36000}
    ours: list[float] = []
    theirs: list[float] = []
    idle: list[float] = []
    with Simulator(state) as simulator:
        for _turn in range(max(1, bench.runs // 2)):
            empty = bench.play(simulator, []).cpu
            # The CPU time that ansible-playbook itself needs to wait for any task of that length.
            short, long = (
                bench.play(simulator, [{"ansible.builtin.wait_for": {"timeout": timeout}}]).cpu
                for timeout in (1, seconds + 1)
            )
            idle.append(long - short)
            for costs in (ours, theirs):
                simulator.put_state(state)
                token = bench.token(simulator)
                if costs is ours:
                    tasks = [bench.module("pc", token, **ids_of(tenant), wait=True, wait_sleep=1, wait_timeout=120)]
                else:
                    done = "answer.json.data[0].status == 2"
                    tasks = [bench.uri_jobs(simulator, tenant, token, until=done, retries=3 * seconds, delay=1)]
                costs.append(bench.play(simulator, tasks).cpu - empty)
    a, b, floor = statistics.median(ours), statistics.median(theirs), statistics.median(idle)
    bench.add(
        f"CPU of a wait of {seconds} s, looks 1 s apart, against uri with until",
        a / b,
        0.05,
        f"{a:.3f} s against {b:.3f} s; of either, {floor:.3f} s are ansible-playbook's own",
    )


def many_pages(bench: Bench) -> None:
    count = 10_000  # to be quick as well: no other test reads a list as long
    tenant = a_tenant(generate={"count": count})
    m365 = {"generate": {"count": count, "statuses": [2, 2, 3], "every": 1}}
    state = {"clients": list(bench.clients.values()), "tenants": [tenant], "m365": m365, "latency": LATENCY}
    with Simulator(state) as simulator:
        for product, options, goal, request in (
            ("pc", ids_of(tenant), 1.3, ("POST", pages_of_pc(tenant), 1)),
            # Two requests come alone: the jobs that still run are asked for first.
            ("m365", {"page_size": 100}, 1.4, ("GET", pages_of_m365(*last_day()), 2)),
        ):
            took = bench.took(simulator, product, count, **options)
            unread = bench.unread(simulator, bench.token(simulator, product), *request, count // 100)
            what = f"{count} jobs of {product} in pages of 100, latency 50 ms, {CONCURRENCY} at once"
            detail = f"; a script that only sends the same requests takes {unread:.3f} s"
            bench.against_limit(what, took, count // 100, goal, detail)


def many_customers(bench: Bench) -> None:
    count = 10 if bench.quick else 200
    lengths = [number % 31 for number in range(count)]
    customers = [a_customer(generate={"count": length, "types": [7], "statuses": [2]}) for length in lengths]
    state = {"clients": [bench.clients["elements"]], "customers": customers, "latency": LATENCY}
    with Simulator(state) as simulator:
        took = bench.took(simulator, "elements", sum(lengths))
    bench.against_limit(f"{count} customers, latency 50 ms, {CONCURRENCY} at once", took, count, 1.3)


def many_tenants(bench: Bench) -> None:
    count = 2 if bench.quick else 100
    tenants = [a_tenant(generate={"count": 20 + number % 7}) for number in range(count)]
    with Simulator({"clients": [bench.clients["pc"]], "tenants": tenants, "latency": LATENCY}) as simulator:
        token = bench.token(simulator)
        ids = [ids_of(tenant) for tenant in tenants]
        item = {name: f"{{{{ item.{name} }}}}" for name in ids[0]}
        ours = [bench.module("pc", token, tenants=ids, max_concurrency=CONCURRENCY)]
        theirs = [bench.uri_jobs(simulator, item, token, loop=ids)]
        a, b = (cost.wall for cost in bench.in_turn(simulator, ours, theirs, runs=max(1, bench.runs // 3)))
    bench.add(
        f"{count} tenants in one call against a loop of uri, latency 50 ms", a / b, 0.03, f"{a:.2f} s against {b:.2f} s"
    )


def memory(bench: Bench) -> None:
    few, many = (10, 500) if bench.quick else (500, 50_000)
    peaks = {}
    for count in (few, many):
        tenant = a_tenant(generate={"count": count})
        with Simulator({"clients": [bench.clients["pc"]], "tenants": [tenant]}) as simulator:
            arguments = bench.folder / "arguments.json"
            where = {"graph_url": simulator.url, "identity_url": simulator.identity_url}
            options = bench.module("pc", **ids_of(tenant), **where, max_concurrency=CONCURRENCY)
            arguments.write_text(
                json.dumps({"ANSIBLE_MODULE_ARGS": options["avepoint.cloud.avepoint_pc_jobs_info"]}), "utf-8"
            )
            output = bench.folder / "output.json"
            with output.open("wb") as stdout:
                environment = {**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
                process = subprocess.Popen(
                    [sys.executable, "-m", MODULE, str(arguments)], stdout=stdout, env=environment
                )
                _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode or len(json.loads(output.read_bytes())["jobs"]) != count:
                raise SystemExit("the module did not return all jobs")
            peaks[count] = usage.ru_maxrss * 1024
    small, large = peaks[few], peaks[many]
    growth = (large - small) / (many - few) / 1024
    bench.add(
        "peak memory of the module's process, KB a job",
        growth,
        2.5,
        f"{small / 2**20:.0f} MB with {few}, {large / 2**20:.0f} MB with {many:,} jobs",
    )


def requests(bench: Bench) -> None:
    for count in (250,) if bench.quick else (250, 10_000):
        tenant = a_tenant(generate={"count": count})
        with Simulator({"clients": [bench.clients["pc"]], "tenants": [tenant], "latency": LATENCY}) as simulator:
            bench.play(simulator, [bench.module("pc", **ids_of(tenant), max_concurrency=CONCURRENCY)])
            log = simulator.log()
        pages, logins, most = log["counts"]["pc"], log["counts"]["logins"], log["max_in_flight"]
        goal = -(-count // 100)
        bench.add(
            f"requests for {count} jobs",
            pages,
            goal,
            f"{logins} login, {pages} pages of 100, at most {most} of {CONCURRENCY} at once",
        )


SECTIONS = (
    one_task,
    each_of_many,
    one_login,
    each_product,
    waiting,
    many_pages,
    many_customers,
    many_tenants,
    memory,
    requests,
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each kind (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="once each, shortened: only to see that it works")
    parser.add_argument(
        "--only", choices=[section.__name__ for section in SECTIONS], action="append", help="some of the rows"
    )
    parser.add_argument("--output", type=Path, help="write the figures here as JSON")
    options = parser.parse_args()
    machine = {
        "processors": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("ansible-core", "urllib3", "jsonschema")},
        "runs": 1 if options.quick else options.runs,
    }
    print("machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="avepoint-bench-") as folder:
        bench = Bench(Path(folder), 1 if options.quick else options.runs)
        for section in SECTIONS:
            if not options.only or section.__name__ in options.only:
                print(f"{section.__name__.replace('_', ' ')}:", flush=True)
                section(bench)
    print("\n| what | measured | goal | |\n|---|---|---|---|")
    for row in bench.rows:
        print(f"| {row.name} | {row.figure:.3g} | <= {row.goal:g} | {row.detail} |")
    if options.output:
        rows = [{**row._asdict(), "reached": row.reached} for row in bench.rows]
        options.output.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
