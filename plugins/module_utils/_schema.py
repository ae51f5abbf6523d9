# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers against their JSON Schema (draft 2020-12), and what is said of one that does not fit."""

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
    """Whether ``document`` fits beyond doubt; False says nothing, and jsonschema is asked.

    Nearly all answers do, and importing jsonschema takes longer than everything else that a task does.
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
        elif keyword == "pattern":
            if document.__class__ is str and not re.search(rule, document):
                return False
        else:
            return False
    return True


class Schema:
    """A schema, whose validator of jsonschema is made where a document does not plainly fit."""

    def __init__(self, schema: dict):
        self._schema = schema
        self._validator: t.Any = None

    def validate(self, document: t.Any, place: str = "") -> None:
        """Returns when ``document`` fits; ``place`` is where it stands in the whole answer.

        :raises InvalidResponse: naming the place of what is wrong, as ``data[3].status``, and what was expected there.
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
    """An answer that is an object with a list of like items in it, of which there may be tens of thousands.

    ``name`` is where the list stands: the names of objects that lead to it have dots between them, as in ``data.jobs``.
    ``properties`` are those of the object that it stands in.

    ``item`` may use ``type``, ``required``, ``properties`` and ``minLength: 1`` only. So whether an item fits depends on
    nothing but the kind of value that each of its properties has, and the schema is asked once for each combination.
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
        """The list in a document that fits."""
        for name in self.name.split("."):
            document = document[name]
        return document

    def validate(self, document: t.Any) -> None:
        """Returns when ``document`` fits.

        :raises InvalidResponse: as :meth:`Schema.validate` does.
        """
        self._whole.validate(document)
        for index, item in enumerate(self.items(document)):
            kinds = tuple(map(_kind, map(item.get, self._properties, _absent))) if item.__class__ is dict else ()
            if kinds not in self._fitting:
                self._item.validate(item, f"{self.name}[{index}]")
                self._fitting.add(kinds)


class EitherListSchema:
    """An answer with its list under one of several names, which tell its form."""

    def __init__(self, *forms: ListSchema):
        self._forms = {form.name: form for form in forms}

    def name_in(self, document: t.Any) -> str:
        """The name of the list in a document.

        :raises InvalidResponse: when there is not exactly one.
        """
        names = [name for name in self._forms if isinstance(document, dict) and name in document]
        if len(names) != 1:
            either = " or ".join(f'"{name}"' for name in self._forms)
            raise InvalidResponse(f"there should be either {either} in the answer")
        return names[0]

    def validate(self, document: t.Any) -> None:
        """Returns when ``document`` fits.

        :raises InvalidResponse: as :meth:`Schema.validate` does.
        """
        self._forms[self.name_in(document)].validate(document)


_absent = itertools.repeat(Ellipsis)


def _kind(value: t.Any) -> t.Any:
    if value.__class__ is str:
        return str if value else ""
    if value.__class__ is float:
        return float if value % 1 else int
    return value.__class__
