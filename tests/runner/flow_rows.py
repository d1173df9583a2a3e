"""What tests of compiled flows share: a flow text, tables in the engine, the rows of a step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from sqlglot import exp

from ledgerflow.core.documents import Document
from ledgerflow.core.flow import Flow, read_flow
from ledgerflow.core.parameters import as_literal, parse_value
from ledgerflow.core.schema import Schema
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.engine.relation import Relation
from ledgerflow.runner.binding import Binder
from ledgerflow.runner.compile import compile_step
from ledgerflow.steps import all_steps

FILE = "flows/a.yaml"


class Compiled:
    """A flow with its columns bound; `statement(step)` is its SQL, `rows(step)` what that gives."""

    def __init__(self, text: str, tables: Mapping[str, pa.Table]) -> None:
        self.draft = read_flow(Document(text, file=FILE), kinds=all_steps())
        self.tables = tables
        self.schemas: dict[str, Schema] = {}
        """The columns of every step, once a statement was made."""
        self.literals = {
            name: as_literal(parse_value(parameter.default, parameter.type))
            for name, parameter in self.flow.parameters.items()
        }

    @property
    def flow(self) -> Flow:
        return self.draft.flow

    def rows(self, step: str) -> list[dict[str, Any]]:
        return asyncio.run(self._rows(step))

    async def _rows(self, step: str) -> list[dict[str, Any]]:
        async with DuckEngine(threads=1) as engine:
            return await engine.rows(await self.statement(engine, step))

    async def statement(self, engine: DuckEngine, step: str) -> exp.Select:
        relations: dict[str, Relation] = {}
        schemas: dict[str, Schema | None] = {}
        for name, table in self.tables.items():
            await engine.register(f"t {name}", table)
            query = exp.select("*").from_(exp.Table(this=exp.to_identifier(f"t {name}", quoted=True)))
            relations[name] = Relation(query=query, schema=await engine.describe(query))
            schemas[name] = relations[name].schema
        async with DuckEngine(threads=1) as binding:
            bound = await binding.use(
                lambda connection: Binder(connection, values=self.literals).bind(self.draft, schemas)
            )
        self.draft.checked()
        self.schemas = {name: each.schema for name, each in bound.items() if each is not None}
        return compile_step(self.flow, step, relations=relations, schemas=self.schemas, values=self.literals)
