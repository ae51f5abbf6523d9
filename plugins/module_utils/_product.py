# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of a product: the names, codes and fields of its job API. Reads the jobs in an answer by it."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field, is_nothing, properties
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, Vocabulary, worse
from ansible_collections.avepoint.cloud.plugins.module_utils._nameless import Nameless
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean


class Endpoint:
    """What is needed to connect to an API."""

    api: t.ClassVar[Api]
    scopes: t.ClassVar[list[str]]
    #: Whether all commercial tenants use the same host, without a data center in its name.
    single_endpoint: t.ClassVar[bool] = False
    #: The largest page size that the server accepts; None if it is not documented.
    largest_page: t.ClassVar[int | None] = None


class Product(Endpoint):
    """The facts about a product, as class attributes, and the reading of its jobs. ``params`` are the module's options."""

    #: The product in options such as ``job_gate_product``, and in the name of its module.
    name: t.ClassVar[str]
    #: The product in reports.
    title: t.ClassVar[str]
    types: t.ClassVar[t.Mapping[t.Any, str]]
    statuses: t.ClassVar[t.Mapping[t.Any, Status]]
    #: Other words that the API may send for types, by code.
    type_words: t.ClassVar[t.Mapping[t.Any, str]] = {}
    #: The keys of a job that not all products have.
    fields: t.ClassVar[tuple[Field, ...]] = ()
    #: The default of ``page_size``.
    page_size: t.ClassVar[int] = 100
    #: The options that only this product has, as an argument spec.
    options: t.ClassVar[dict[str, dict]] = {}
    #: Those of ``options`` that say whose jobs are read when access is checked.
    probe_options: t.ClassVar[tuple[str, ...]] = ()
    #: Common options that this product does not have.
    without: t.ClassVar[frozenset[str]] = frozenset()
    #: The default of ``start_time``; None if the product has no time range.
    reach: t.ClassVar[str | None] = None
    #: The API's names of a job's id, type and status. The first one present counts, but of two statuses the more severe one.
    #: An empty tuple: the API does not send it.
    id_names: t.ClassVar[tuple[str, ...]] = ("jobId",)
    #: The JSON types that a job's id may have.
    id_types: t.ClassVar[tuple[str, ...]] = ("string",)
    #: If jobs may have no id: the keys that identify such a job at the next poll. Several jobs may have the same values.
    alike: t.ClassVar[tuple[str, ...]] = ()
    type_names: t.ClassVar[tuple[str, ...]] = ("type",)
    status_names: t.ClassVar[tuple[str, ...]] = ("status",)
    #: Whether jobs have numeric statuses. If not, ``status_id`` is None, even if the API's filter has numbers.
    status_numbers: t.ClassVar[bool]
    #: Whether jobs have a ``finish_time``.
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
        sources = (() if cls.alike else cls.id_names, cls.type_names, cls.status_names)
        required = [names[0] for names in sources if len(names) == 1]
        job_id = {"type": [*cls.id_types, "null"]} if cls.alike else {"type": list(cls.id_types), "minLength": 1}
        return {
            "type": "object",
            "required": required,
            "properties": {
                **properties(cls.fields),
                **dict.fromkeys(cls.id_names, job_id),
                **{name: {"type": ["integer", "string"]} for name in (*cls.type_names, *cls.status_names)},
            },
        }

    def read_jobs(self, place: str, entries: list[dict], **known: t.Any) -> list[dict]:
        """The jobs of a list in an answer, each as :meth:`read_job` gives it; ``place`` is the path of the list."""
        return [self.read_job(f"{place}[{index}]", entry, **known) for index, entry in enumerate(entries)]

    def read_job(self, place: str, entry: dict, **known: t.Any) -> dict:
        """A job as the modules return it.

        ``entry`` is the job in the answer, which fits :meth:`job_schema`; ``place`` is its path there. ``known`` are values that
        the answer does not contain.

        :raises InvalidResponse: naming the path of a value that cannot be read.
        """
        job_type = self._values_of(place, entry, self.type_names)[0] if self.type_names else None
        statuses = self._values_of(place, entry, self.status_names)
        described = self.vocabulary.describe(job_type, statuses[0])
        for status in statuses[1:]:
            # If two statuses contradict each other, neither proves a success.
            described = worse(described, self.vocabulary.describe(job_type, status))
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
        for name in self.id_names:
            value: t.Any = entry.get(name)
            if not is_nothing(value):
                return self._id_of(value)
        if self.alike:
            return None
        raise InvalidResponse(f"{place}.{self.id_names[0]} is missing")  # without it, two jobs cannot be told apart

    @staticmethod
    def _id_of(value: str | float) -> str:
        """The id as a text; a number may have come as 7.0."""
        return clean(value if isinstance(value, str) else str(int(value)))

    @staticmethod
    def _values_of(place: str, entry: dict, names: tuple[str, ...]) -> list:
        """The values of all of these names that are present, at least one.

        :raises InvalidResponse: when there is none.
        """
        found = [entry[name] for name in names if entry.get(name) is not None]
        if not found:
            raise InvalidResponse(f"{place}.{names[0]} is missing")
        return found

    def code_of(self, job_type: str) -> Code:
        """The API's code of the type with this name."""
        return next(code for code, name in self.types.items() if name == job_type)

    def undocumented(self) -> list[str]:
        """A warning about undocumented types and statuses, in a list; empty if there were none."""
        found = []
        if self.vocabulary.unknown:
            values = ", ".join(f"{field} {value}" for field, value in list(self.vocabulary.unknown)[:5])
            found.append(
                f"{self.api.name} answered with values that are not documented ({values}): the jobs have them as unknown, and "
                "an unknown state never counts as finished; please report this to the collection's issue tracker."
            )
        return found
