# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation as one HTML site, in docs/_build/html: `make docs`.

The pages are docs/*.md. The reference is made by antsibull-docs out of the modules, roles and plugins. A warning of
either is an error, and so is a link that leads nowhere. Nothing is asked of any other host than the package registry.

Finally, the playbook for AWX is tried, with the collection awx.awx out of the package `ansible` (56 MB, fetched once).
"""

from __future__ import annotations

import html.parser
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t
import zipfile
from urllib.parse import unquote, urlsplit

os.environ["NO_COLOR"] = "1"  # read as Sphinx is imported

import yaml
from docutils import nodes
from sphinx.application import Sphinx

DOCS = pathlib.Path(__file__).resolve().parent
ROOT = DOCS.parent
BUILD = DOCS / "_build"
SOURCE = BUILD / "source"
SITE = BUILD / "html"
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
ON_GITHUB = f"{GALAXY['repository']}/blob/main/"

# Where the reference points to pages of Ansible itself.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}

# Long names of modules fit into the headings, short tables begin where the text does, commands and messages are not cut off.
STYLE = """h1 { font-size: 1.75em; overflow-wrap: anywhere; }
h2 { font-size: 1.4em; }
h3 { font-size: 1.15em; }
article table.docutils.align-default { margin-left: 0; }
@media (max-width: 46em) { table.docutils code { overflow-wrap: anywhere; } }
.highlight-console pre, .highlight-text pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""

# The last major version with awx.awx in it is 13.
AWX_IN = "ansible>=12,<14"
AWX_FOLDER = "ansible_collections/awx/awx/"

SETTINGS = {
    "project": f"{GALAXY['namespace']}.{GALAXY['name']}",
    "copyright": "The avepoint.cloud contributors",
    "version": GALAXY["version"],
    "release": GALAXY["version"],
    "html_title": f"{GALAXY['namespace']}.{GALAXY['name']} {GALAXY['version']}",
    "extensions": ["myst_parser", "sphinx_antsibull_ext"],
    "antsibull_ext_color_scheme": "default-autodark",
    "exclude_patterns": ["examples"],
    "myst_heading_anchors": 3,
    "nitpicky": True,
    "show_warning_types": True,
    "html_theme": "furo",
    "html_show_sphinx": False,
    "html_copy_source": False,
    "html_static_path": [str(BUILD / "static")],
    "html_css_files": ["pages.css"],
    "html_use_index": False,
    "pygments_style": "ansible",
    "highlight_language": "yaml+jinja",
}


def stage() -> None:
    """Pages and examples in one folder, where the reference is to be put next to them."""
    shutil.rmtree(BUILD, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    (BUILD / "static").mkdir()
    (BUILD / "static" / "pages.css").write_text(STYLE, encoding="utf-8")
    for file in sorted(DOCS.rglob("*")):
        name = file.relative_to(DOCS)
        if (
            file.is_dir()
            or name.parts[0] in ("_build", "docsite")
            or "__pycache__" in name.parts
            or len(name.parts) == 1
        ):
            continue
        (SOURCE / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, SOURCE / name)
    for file in sorted(DOCS.glob("*")):
        if file.suffix == ".md":
            (SOURCE / file.name).write_text(page(file.read_text(encoding="utf-8")), encoding="utf-8")
        elif file.suffix == ".svg":
            shutil.copyfile(file, SOURCE / file.name)


def page(text: str) -> str:
    """A page with its links to sources of documented things led to the reference, others to the repository."""

    def lead(match: re.Match[str]) -> str:
        target = match[1]
        for pattern, name in (
            (r"plugins/modules/(\w+)\.py", r"reference/\1_module.rst"),
            (r"plugins/(filter|inventory|lookup)/(\w+)\.py", r"reference/\2_\1.rst"),
            (r"roles/(\w+)(?:/README\.md)?/?", r"reference/\1_role.rst"),
        ):
            if re.fullmatch(pattern, target):
                return f"]({re.sub(pattern, name, target)})"
        if not (ROOT / target.partition("#")[0]).exists():
            sys.exit(f"A page links to {target}, which is not there.")
        return f"]({ON_GITHUB}{target})"

    return re.sub(r"\]\(\.\./([^)]+)\)", lead, text)


def reference() -> None:
    """What antsibull-docs makes of the modules, roles and plugins."""
    target = SOURCE / "reference"
    target.mkdir(mode=0o755)
    settings = BUILD / "antsibull-docs.cfg"
    settings.write_text(
        'breadcrumbs = true\ncollection_url = {\n  * = "https://galaxy.ansible.com/ui/repo/published/{namespace}/{name}/"\n}\n'
        'collection_install = {\n  * = "ansible-galaxy collection install {namespace}.{name}"\n}\n',
        encoding="utf-8",
    )
    program = pathlib.Path(sys.executable).with_name("antsibull-docs")
    command = [program, "--config-file", settings, "collection", "--use-current"]
    command += ["--squash-hierarchy", "--fail-on-error", "--dest-dir", target, SETTINGS["project"]]
    subprocess.run([str(word) for word in command], check=True)
    names = "|".join(file.stem for file in target.glob("*.rst"))
    for file in target.glob("*.rst"):
        text = file.read_text(encoding="utf-8")
        # The theme has the contents of a page in its margin, and the names alone are enough there.
        text = re.sub(r"^\.\. contents::\n(?: +.*\n)+", "", text, flags=re.MULTILINE)
        text = re.sub(rf"^    (?=({names})$)(\w+)_([a-z]+)$", r"    \2 \3 <\1>", text, flags=re.MULTILINE)
        file.write_text(text, encoding="utf-8")


def missing(_app: Sphinx, _env: t.Any, node: t.Any, content: t.Any) -> nodes.reference | None:
    """A link to Ansible's own documentation."""
    label = str(node["reftarget"])
    found = re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)_(module|filter|lookup|test)", label)
    if found:
        path = f"collections/ansible/builtin/{found[1]}_{found[2]}.html"
    elif node["reftype"] == "envvar" and label.startswith("ANSIBLE_"):
        path = f"{ANSIBLE_PAGES['ansible_configuration_settings']}#envvar-{label}"
    elif label in ANSIBLE_PAGES:
        path = ANSIBLE_PAGES[label]
    else:
        return None
    return nodes.reference("", "", content, internal=False, refuri=ANSIBLE + path)


def render() -> int:
    """The HTML; the number of warnings."""
    warnings = io.StringIO()
    app = Sphinx(SOURCE, None, SITE, BUILD / "doctrees", "html", SETTINGS, status=None, warning=warnings)
    app.connect("missing-reference", missing)
    app.build()
    print(warnings.getvalue(), end="", file=sys.stderr)
    return len(warnings.getvalue().splitlines())


class _Links(html.parser.HTMLParser):
    """What a page has to be linked to, what it links to, and what a browser would load with it."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors.update(value for name in ("id", "name") if (value := found.get(name)))
        if tag == "a" and found.get("href"):
            self.links.add(str(found["href"]))
        elif found.get("src") or (tag == "link" and found.get("href")):
            self.loaded.add(str(found.get("src") or found.get("href")))


def check_links() -> list[str]:
    """What is wrong with the links of the built site."""
    pages: dict[pathlib.Path, _Links] = {}
    for file in sorted(SITE.rglob("*.html")):
        parser = _Links()
        parser.feed(file.read_text(encoding="utf-8"))
        pages[file] = parser
    wrong = []
    for file, parser in pages.items():
        name = file.relative_to(SITE)
        for link in sorted(parser.links | parser.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in parser.loaded and parts.scheme != "data":
                    wrong.append(f"{name} loads {link} from another host")
                elif parts.scheme not in ("https", "mailto", "data"):
                    wrong.append(f"{name} links to {link}, which is not https")
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.exists():
                wrong.append(f"{name} links to {link}, which is not there")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                wrong.append(f"{name} links to {link}, which has no such place")
    return wrong


def try_awx() -> str:
    """Run the test that needs awx.awx; what came of it."""
    collections = pathlib.Path(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]).resolve()
    folder = collections.parent / "awx"
    if not (folder / "ansible_collections").is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, AWX_IN]
        if subprocess.run([str(word) for word in command], check=False).returncode:
            return "not tried: the package ansible could not be fetched"
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(AWX_FOLDER)])
        wheel.unlink()
    test = collections / "ansible_collections" / "avepoint" / "cloud" / "tests" / "unit" / "docs" / "test_awx.py"
    environ = {**os.environ, "PYTHONPATH": str(collections)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{test}::test_setup"],
        check=False,
        cwd=collections,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        return "FAILED"
    return "skipped" if "1 passed" not in done.stdout else "passed"


def main() -> int:
    os.umask(0o022)
    stage()
    reference()
    warnings = render()
    wrong = check_links()
    for line in wrong:
        print(line, file=sys.stderr)
    awx = try_awx()
    print(f"docs: the playbook for AWX: {awx}")
    pages = len(list(SITE.rglob("*.html")))
    print(f"docs: {pages} pages, {warnings} lines of warnings, {len(wrong)} wrong links; open {SITE / 'index.html'}")
    return 1 if warnings or wrong or awx != "passed" else 0


if __name__ == "__main__":
    sys.exit(main())
