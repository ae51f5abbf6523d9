# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates answers against their JSON Schema (draft 2020-12), and words the error if one does not fit."""

from __future__ import annotations

import itertools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse, MissingLibrary

_EXPECTED = {
    "type": "be of type {0}",
    "minimum": "be {0} or more",
    "minLength": "not be empty",
}


_CLASSES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def plainly_fits(schema: dict, document: t.Any) -> bool:
    """A quick check: True if ``document`` certainly fits; False if only jsonschema can tell.

    Nearly all answers pass it, and importing jsonschema takes longer than everything else that a task does.
    """
    for keyword, rule in schema.items():
        if keyword == "type":
            names = (rule,) if isinstance(rule, str) else rule
            if not any(document.__class__ in _CLASSES[name] for name in names):
                return False
        elif keyword == "required":
            if document.__class__ is dict and not all(name in document for name in rule):
                return False
        elif keyword == "properties":
            if document.__class__ is dict and not all(
                plainly_fits(inner, document[name]) for name, inner in rule.items() if name in document
            ):
                return False
        elif keyword == "items":
            if document.__class__ is list and not all(plainly_fits(rule, item) for item in document):
                return False
        elif keyword == "minimum":
            if document.__class__ in (int, float) and not document >= rule:
                return False
        elif keyword == "maximum":
            if document.__class__ in (int, float) and not document <= rule:
                return False
        elif keyword == "minLength":
            if document.__class__ is str and len(document) < rule:
                return False
        elif keyword == "const":
            if document is not rule:  # enough for true, false and null
                return False
        elif keyword == "if":
            # If the condition does not plainly hold, it may hold all the same.
            if not (plainly_fits(rule, document) and plainly_fits(schema.get("then", {}), document)):
                return False
        elif keyword == "then":
            continue
        elif keyword == "pattern":
            if document.__class__ is str and not re.search(rule, document):
                return False
        else:
            return False
    return True


class Schema:
    """A JSON Schema. Its jsonschema validator is created only if the quick check does not suffice."""

    def __init__(self, schema: dict):
        self._schema = schema
        self._validator: t.Any = None

    def validate(self, document: t.Any, place: str = "") -> None:
        """Returns if ``document`` fits; ``place`` is its path in the whole answer, such as ``data[3]``.

        :raises InvalidResponse: naming the path of the fault, such as ``data[3].status``, and what was expected there.
        :raises MissingLibrary: when jsonschema is needed, and cannot be imported.
        """
        if plainly_fits(self._schema, document):
            return
        if self._validator is None:
            try:
                from jsonschema import Draft202012Validator
            except ImportError:
                raise MissingLibrary("jsonschema") from None
            self._validator = Draft202012Validator(self._schema)
        error = next(self._validator.iter_errors(document), None)
        if error is None:
            return
        place += "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        if error.validator == "required":
            lacking = next(name for name in error.validator_value if name not in error.instance)
            raise InvalidResponse(f"{place}.{lacking} is missing".lstrip("."))
        wanted = error.validator_value
        if isinstance(wanted, list):
            wanted = " or ".join(map(str, wanted))
        expected = _EXPECTED.get(error.validator, "have the documented form").format(wanted)
        raise InvalidResponse(f"{place.lstrip('.') or 'the answer'} should {expected}")


class ListSchema:
    """The schema of an object that contains one list of uniform items, of which there may be tens of thousands.

    ``name`` is the path of the list in the answer, such as ``data.jobs``. ``item`` is the schema of one item. ``properties`` are
    the schemas of the other properties of the object that contains the list.

    ``item`` may use only ``type``, ``required``, ``properties`` and ``minLength: 1``. So whether an item fits depends only on
    the kinds (see :func:`_kind`) of its properties' values, and each combination of kinds is validated once.
    """

    def __init__(self, name: str, item: dict, properties: dict):
        self.name = name
        *path, last = name.split(".")
        whole = {"type": "object", "required": [last], "properties": {last: {"type": "array"}, **properties}}
        for outer in reversed(path):
            whole = {"type": "object", "required": [outer], "properties": {outer: whole}}
        self._whole = Schema(whole)
        self._item = Schema(item)
        self._properties = tuple(item["properties"])
        self._fitting: set[tuple] = set()

    def items(self, document: t.Any) -> list:
        """The list in a valid ``document``."""
        for name in self.name.split("."):
            document = document[name]
        return document

    def validate(self, document: t.Any) -> None:
        """Returns if ``document`` fits.

        :raises InvalidResponse: as :meth:`Schema.validate` does.
        """
        self._whole.validate(document)
        for index, item in enumerate(self.items(document)):
            kinds = tuple(map(_kind, map(item.get, self._properties, _absent))) if item.__class__ is dict else ()
            if kinds not in self._fitting:
                self._item.validate(item, f"{self.name}[{index}]")
                self._fitting.add(kinds)


class EitherListSchema:
    """The schema of an answer in one of several forms, which differ in the name of the list."""

    def __init__(self, *forms: ListSchema):
        self._forms = {form.name: form for form in forms}

    def name_in(self, document: t.Any) -> str:
        """The name of the list in ``document``.

        :raises InvalidResponse: unless exactly one of the names is there.
        """
        names = [name for name in self._forms if isinstance(document, dict) and name in document]
        if len(names) != 1:
            either = " or ".join(f'"{name}"' for name in self._forms)
            raise InvalidResponse(f"there should be either {either} in the answer")
        return names[0]

    def validate(self, document: t.Any) -> None:
        """Returns if ``document`` fits.

        :raises InvalidResponse: as :meth:`Schema.validate` does.
        """
        self._forms[self.name_in(document)].validate(document)


# For map(): the default of each property that an item does not have.
_absent = itertools.repeat(Ellipsis)


def _kind(value: t.Any) -> t.Any:
    """What a schema can distinguish of a value: its class, with 7.0 as an integer, and the empty string."""
    if value.__class__ is str:
        return str if value else ""
    if value.__class__ is float:
        return float if value % 1 else int
    return value.__class__
