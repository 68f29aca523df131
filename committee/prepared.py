"""Queries that every opening of 'Examen afnames' asks, or every piece of an export: the ORM writes the text of each
once, and an asking fills in its own numbers. Writing them anew may take longer than the answer. What they find is never
kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler

STAND_INS = (-1, -2, -3)  # no row has these ids


class OneOf(Lookup):
    """Whether a number is one of these, however many: one parameter, which costs a database next to nothing to read.

    A stand-in may stand for them.
    """

    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        number, given = self.process_lhs(compiler, connection)
        condition = f"{number} IN (SELECT value FROM json_each(%s))"  # noqa: S608  the ORM's
        return condition, (*given, _as_parameter(self.rhs, connection))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        number, given = self.process_lhs(compiler, connection)
        # Of one type: only then it looks up by hash.
        return f"{number} = ANY(%s::bigint[])", (*given, _as_parameter(self.rhs, connection))


def _as_parameter(given: int | Sequence[int], connection: BaseDatabaseWrapper) -> int | str:
    """A list as text: the driver would take each number apart."""
    if isinstance(given, int):
        return given
    if connection.vendor == "postgresql":
        return f"{{{','.join(map(str, given))}}}"
    return json.dumps(list(given))


class Prepared:
    """The rows of a `values_list`, which `make` gives for stand-ins: each for a number, or in `OneOf` for a list."""

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], *, takes: int = 1) -> None:
        self._make, self._stand_ins = make, STAND_INS[:takes]

    def ask(self, *given: int | Sequence[int]) -> list[tuple[Any, ...]]:
        sql, parameters, converters = self._written
        values = dict(zip(self._stand_ins, (_as_parameter(each, connection) for each in given), strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql, [values.get(one, one) if type(one) is int else one for one in parameters])
            rows = cursor.fetchall()
        if not converters:
            return rows
        return [tuple(self._converted(row, converters)) for row in rows]

    @cached_property
    def _written(self) -> tuple[str, Sequence[Any], dict[int, Any]]:
        compiler = self._make(*self._stand_ins).query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        if any(isinstance(one, date) for one in parameters):
            raise ValueError("This query holds a moment, which would stand still.")
        return sql, parameters, compiler.get_converters([column for column, *_ in compiler.select])

    @staticmethod
    def _converted(row: Sequence[Any], converters: dict[int, Any]) -> list[Any]:
        values = list(row)
        for place, (functions, column) in converters.items():
            for function in functions:
                values[place] = function(values[place], column, connection)
        return values
