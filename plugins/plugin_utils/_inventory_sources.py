# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the inventory sources of the plugin tenants, and which of them were not read completely.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

# The group of all tenants, and its variable that maps each inventory source to an empty text, or to why it is incomplete.
GROUP = "avepoint_tenants"
SOURCES = "avepoint_tenants_sources"
SUFFIXES = ("avepoint_tenants.yml", "avepoint_tenants.yaml")

_NAMES_THE_PLUGIN = re.compile(rb"(?:^|[{,])\s*[\"']?plugin[\"']?\s*:\s*[\"']?avepoint\.cloud\.tenants\b", re.MULTILINE)
# The plugin's name is searched in so many bytes from the start of a file.
_HEAD = 65536
# Ansible's default inventory.
_DEFAULT = "/etc/ansible/hosts"
# Folders in an inventory folder that Ansible does not read as sources; hidden ones are not read either.
_NO_SOURCES = ("group_vars", "host_vars", "vars_plugins")


def unread(sources: t.Sequence[str], groups: t.Mapping, hostvars: t.Mapping) -> list[str]:
    """A sentence for each source of tenants that could not be read completely.

    :arg sources: Ansible's inventory sources: files, folders, and host lists with commas
    :arg groups: Ansible's variable ``groups``
    :arg hostvars: Ansible's variable ``hostvars``
    """
    tenants = groups.get(GROUP) or ()
    marks = (hostvars[tenants[0]].get(SOURCES) if tenants and tenants[0] in hostvars else None) or {}
    marks = {_same_path(path): str(reason) for path, reason in marks.items()} if isinstance(marks, t.Mapping) else {}
    named = {_same_path(path): path for source in sources if "," not in source for path in _tenant_sources(source)}
    wrong = {path: reason.rstrip(".") for path, reason in marks.items() if reason}
    wrong |= {path: _not_taken(path) for path in named if path not in marks}
    return [
        f"The tenants of {clean(path)} could not be read: {clean(reason, 1000)}. "
        "Not all tenants are there, so there is no gate; mend the source, or take it out of the inventory."
        for path, reason in wrong.items()
    ]


def _tenant_sources(source: str) -> t.Iterator[str]:
    """The files of a source that the inventory plugin has to read, or the source itself if it does not exist."""
    if os.path.isdir(source):
        for folder, folders, files in os.walk(source):
            folders[:] = [name for name in folders if name not in _NO_SOURCES and not name.startswith(".")]
            paths = (os.path.join(folder, name) for name in files if not name.startswith("."))
            yield from filter(_has_tenants, paths)
    elif _has_tenants(source) or not (os.path.exists(source) or source == _DEFAULT):
        yield source


def _has_tenants(path: str) -> bool:
    if path.endswith(SUFFIXES):
        return True
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        with open(path, "rb") as stream:
            return _NAMES_THE_PLUGIN.search(stream.read(_HEAD)) is not None
    except OSError:
        return True


def _not_taken(path: str) -> str:
    return "Ansible warned of it when it started" if os.path.exists(path) else "there is no such file"


def _same_path(path: str) -> str:
    return os.path.realpath(path)
