# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a product is: the names, codes and fields of its job API, and how a job of an answer is read by them."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field, is_nothing, properties
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, Vocabulary, severity
from ansible_collections.avepoint.cloud.plugins.module_utils._nameless import Nameless
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean


class Endpoint:
    """An API as those see it who only have to reach it."""

    api: t.ClassVar[Api]
    scopes: t.ClassVar[list[str]]
    #: Whether commercial tenants are served at one address without a data center in it.
    single_endpoint: t.ClassVar[bool] = False
    #: Pages larger than this are refused by the server.
    largest_page: t.ClassVar[int | None] = None


class Product(Endpoint):
    """The facts about one product, all of them class attributes, and how its jobs are read. ``params`` are the module's options."""

    #: What users call it, in ``job_gate_product`` and in the name of its module.
    name: t.ClassVar[str]
    #: What reports call it.
    title: t.ClassVar[str]
    types: t.ClassVar[t.Mapping[t.Any, str]]
    statuses: t.ClassVar[t.Mapping[t.Any, Status]]
    #: Other words for types, by the code that they stand for.
    type_words: t.ClassVar[t.Mapping[t.Any, str]] = {}
    #: What a job has besides the keys that all products have.
    fields: t.ClassVar[tuple[Field, ...]] = ()
    #: How many jobs are asked for at once by default.
    page_size: t.ClassVar[int] = 100
    #: The options that this API alone has, as an argument spec.
    options: t.ClassVar[dict[str, dict]] = {}
    #: Those of them that say whose jobs are asked for when access is checked.
    probe_options: t.ClassVar[tuple[str, ...]] = ()
    #: Options of all products that mean nothing here.
    without: t.ClassVar[frozenset[str]] = frozenset()
    #: How far back jobs are looked for by default, as ``start_time`` has it; None where there is no range of time.
    reach: t.ClassVar[str | None] = None
    #: The API's names of what each job has; of several, the first that is there counts. No name: it does not say it.
    id_names: t.ClassVar[tuple[str, ...]] = ("jobId",)
    #: The JSON types that a job's id may have.
    id_types: t.ClassVar[tuple[str, ...]] = ("string",)
    #: Where jobs may have no id: by what keys one is known again at the next poll. Of two that look alike, each is a job.
    alike: t.ClassVar[tuple[str, ...]] = ()
    type_names: t.ClassVar[tuple[str, ...]] = ("type",)
    status_names: t.ClassVar[tuple[str, ...]] = ("status",)
    #: Whether jobs have numbers for their statuses; else they have their names alone, although filters may have numbers.
    status_numbers: t.ClassVar[bool]
    #: Whether its jobs say when they finished.
    has_times: t.ClassVar[bool]

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "status_numbers" not in vars(cls):
            cls.status_numbers = all(isinstance(code, int) for code in getattr(cls, "statuses", ()))
        cls.has_times = any(field.name == "finish_time" for field in cls.fields)

    def __init__(self, params: dict):
        self._params = params
        self.vocabulary = Vocabulary(self.types, self.statuses, self.type_words)

    @classmethod
    def job_schema(cls) -> dict:
        """The JSON Schema of a job in an answer."""
        told = (() if cls.alike else cls.id_names, cls.type_names, cls.status_names)
        always = [names[0] for names in told if len(names) == 1]
        job_id = {"type": [*cls.id_types, "null"]} if cls.alike else {"type": list(cls.id_types), "minLength": 1}
        return {
            "type": "object",
            "required": always,
            "properties": {
                **properties(cls.fields),
                **dict.fromkeys(cls.id_names, job_id),
                **{name: {"type": ["integer", "string"]} for name in (*cls.type_names, *cls.status_names)},
            },
        }

    def read_jobs(self, place: str, entries: list[dict], **known: t.Any) -> list[dict]:
        """The jobs of the list at ``place`` in an answer, as :meth:`read_job` reads each."""
        return [self.read_job(f"{place}[{index}]", entry, **known) for index, entry in enumerate(entries)]

    def read_job(self, place: str, entry: dict, **known: t.Any) -> dict:
        """A job as the modules return it.

        ``entry`` is that of the answer, which fits :meth:`job_schema`, and stands at ``place`` there. ``known`` are keys of
        which the answer says nothing.

        :raises InvalidResponse: naming the place of what cannot be read.
        """
        job_type = self._told(place, entry, self.type_names)[0] if self.type_names else None
        statuses = self._told(place, entry, self.status_names)
        # Of two that contradict each other, neither shows that the job ended well.
        described = min((self.vocabulary.describe(job_type, status) for status in statuses), key=severity)
        job = {
            "job_id": self._read_id(place, entry),
            **described,
            **({} if self.status_numbers else {"status_id": None}),
            **{field.name: field.read(place, entry) for field in self.fields},
            **known,
        }
        if self._params["include_raw"]:
            job["raw"] = entry
        return job if job["job_id"] is not None else Nameless(job)

    def _read_id(self, place: str, entry: dict) -> str | None:
        if all(is_nothing(entry.get(name)) for name in self.id_names):
            if self.alike:
                return None
            raise InvalidResponse(f"{place}.{self.id_names[0]} is missing")  # what would tell two jobs apart
        return self._id_of(self._told(place, entry, self.id_names)[0])

    @staticmethod
    def _id_of(told: str | float) -> str:
        """The id as a text; a number may have come as 7.0."""
        return clean(told if isinstance(told, str) else str(int(told)))

    @staticmethod
    def _told(place: str, entry: dict, names: tuple[str, ...]) -> list:
        """What the API says under one of several names, or under more than one."""
        found = [entry[name] for name in names if entry.get(name) is not None]
        if not found:
            raise InvalidResponse(f"{place}.{names[0]} is missing")
        return found

    def code_of(self, job_type: str) -> Code:
        """The API's code of a type."""
        return next(code for code, name in self.types.items() if name == job_type)

    def undocumented(self) -> list[str]:
        """A sentence on values that nobody documented, where there were some."""
        found = []
        if self.vocabulary.unknown:
            values = ", ".join(f"{field} {value}" for field, value in list(self.vocabulary.unknown)[:5])
            found.append(
                f"{self.api.name} answered with values that are not documented ({values}): the jobs have them as unknown, and "
                "an unknown state never counts as finished; please report this to the collection's issue tracker."
            )
        return found
