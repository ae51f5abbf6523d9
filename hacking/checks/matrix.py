# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sanity, unit and integration tests on each ansible-core promised, with Pythons it supports, as far as this machine has them.

python hacking/checks matrix [WORD...] runs those whose name has one of the words in it (2.18, py3.12, libraries), the
oldest or the newest; without words, all of them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import time

import integration
import interpreters
from environment import clean, keep_pip_settings, spare_pip_download
from runner import header, started
from settings import BUILD, ROOT, TREE

# Oldest first, with those Pythons that tell most: the limits of the oldest and the newest, one of each between.
CORES = (
    ("2.16", ("3.10", "3.11", "3.12")),
    ("2.17", ("3.11",)),
    ("2.18", ("3.11",)),
    ("2.19", ("3.11",)),
    ("2.20", ("3.12",)),
    ("2.21", ("3.12", "3.13")),
)
REQUIREMENTS = ("tests/unit/requirements.txt", "tests/integration/requirements.txt")
# Those whose outcome is another with another ansible-core; all of them run with the newest.
SANITY = ("ansible-doc", "compile", "validate-modules", "yamllint")
# The pages, the simulator and the tools around are tested with the newest ansible-core alone: they are not the collection.
UNITS = ("tests/unit/plugins/", "tests/unit/extensions/")
ELSEWHERE = ("simulator", "runner_slices")
RUNNERS = ("pytest>=8,<10", "pytest-forked", "pytest-mock", "pytest-xdist")


@dataclasses.dataclass
class Pair:
    """One row of the table."""

    core: str
    python: str
    interpreter: pathlib.Path
    oldest_libraries: bool = False
    results: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return f"core{self.core}-py{self.python}{'-libraries' if self.oldest_libraries else ''}"

    @property
    def folder(self) -> pathlib.Path:
        return BUILD / "matrix" / self.name


def available() -> list[Pair]:
    """What this machine can run, oldest first, the one with the oldest libraries last."""
    versions = sorted({version for _core, versions in CORES for version in versions})
    found = {version: path for version in versions if (path := interpreters.find(version))}
    pairs = [Pair(core, python, found[python]) for core, pythons in CORES for python in pythons if python in found]
    return pairs + [dataclasses.replace(pair, oldest_libraries=True, results={}) for pair in pairs[:1]]


def chosen(pairs: list[Pair], words: list[str]) -> list[Pair]:
    """Those that the words ask for, in the order of the table."""
    if not words:
        return pairs
    known = {"oldest": pairs[0].name, "newest": [pair for pair in pairs if not pair.oldest_libraries][-1].name}
    return [
        pair
        for pair in pairs
        if any(pair.name == known[word] if word in known else word in pair.name.split("-") for word in words)
        or any(word in (pair.core, pair.python) for word in words)
    ]


def lower_bounds() -> list[str]:
    """requirements.txt with the oldest versions that it allows."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [re.sub(r"\s*>=\s*", "==", line) for line in lines if line and not line.startswith("#")]


def install(pair: Pair, log: pathlib.Path) -> pathlib.Path:
    """The pair's virtual environment, made anew when what belongs into it has changed."""
    words = [f"ansible-core~={pair.core}.0", *RUNNERS]
    for name in REQUIREMENTS:
        words += ["-r", str(ROOT / name)]
    words += lower_bounds() if pair.oldest_libraries else []
    python = pair.folder / "venv" / "bin" / "python"
    stamp = pair.folder / "stamp"
    texts = [str(pair.interpreter), *words, *((ROOT / name).read_text(encoding="utf-8") for name in REQUIREMENTS)]
    wanted = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(pair.folder / "venv", ignore_errors=True)
        with log.open("a", encoding="utf-8") as out:
            for line in (
                [str(pair.interpreter), "-m", "venv", str(pair.folder / "venv")],
                [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *words],
            ):
                # With the caller's environment: its pip settings are needed here.
                subprocess.run(line, check=True, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def run(pair: Pair) -> bool:
    """Sanity, units and integration of one pair; what they print goes to a log file, which is shown when they fail."""
    pair.folder.mkdir(parents=True, exist_ok=True)
    log = pair.folder / "log"
    log.unlink(missing_ok=True)
    start = time.monotonic()
    try:
        python = install(pair, log)
    except subprocess.CalledProcessError:
        pair.results["install"] = "FAILED"
    else:
        keep_pip_settings()
        spare_pip_download(python, pair.python)
        sanity = [word for name in SANITY for word in ("--test", name)]
        for kind, words in (("sanity", sanity), ("units", list(UNITS))):
            line = [
                str(python.parent / "ansible-test"),
                kind,
                "--local",
                "--python",
                pair.python,
                "--color",
                "no",
                *words,
            ]
            with log.open("a", encoding="utf-8") as out, started(line, TREE, clean(python), out) as process:
                process.wait()
            if process.returncode:
                print(log.read_text(encoding="utf-8")[-20000:])
            pair.results[kind] = "FAILED" if process.returncode else "passed"
        passed = re.findall(r"^=+ .*passed.* =+$", log.read_text(encoding="utf-8"), re.MULTILINE)
        print("\n".join(passed), flush=True)
        chosen = [name for name in integration.targets() if name not in ELSEWHERE]
        failed = integration.run(python, ["--python", pair.python, *chosen], quiet=True)
        pair.results["integration"] = "FAILED" if failed else "passed"
    pair.seconds = time.monotonic() - start
    print(f"the log of set-up, sanity and units: {log}", flush=True)
    return "FAILED" not in pair.results.values()


def main(words: list[str]) -> int:
    """Run what is asked for, and print the table."""
    pairs = available()
    picked = chosen(pairs, words) if pairs else []
    if not picked:
        print(f"Nothing to run; there are {', '.join(pair.name for pair in pairs) or 'no Pythons'}.", file=sys.stderr)
        return 2
    passed = 0
    for pair in picked:
        header(f"matrix: {pair.name}")
        passed += run(pair)
    header("matrix")
    print(f"{'ansible-core':<14}{'Python':<8}{'libraries':<11}{'sanity':<9}{'units':<9}{'integration':<13}seconds")
    for pair in picked:
        print(
            f"{pair.core:<14}{pair.python:<8}{'oldest' if pair.oldest_libraries else 'newest':<11}"
            f"{pair.results.get('sanity', '-'):<9}{pair.results.get('units', '-'):<9}{pair.results.get('integration', '-'):<13}{pair.seconds:7.1f}"
        )
    missing = [
        python for python in sorted({p for _c, ps in CORES for p in ps}) if python not in {p.python for p in pairs}
    ]
    if missing:
        print(f"Not tested, because this machine does not have it: Python {', '.join(missing)}")
    print(f"matrix: {passed} passed, {len(picked) - passed} failed", flush=True)
    return 0 if passed == len(picked) else 1
