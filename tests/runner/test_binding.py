"""What does not go together is found on empty tables, told all at once, each with step, key, expression and place."""

# ruff: noqa: E501 - the messages stand whole

from __future__ import annotations

import asyncio

import pytest
from flow_rows import FILE

from ledgerflow.core.documents import Document
from ledgerflow.core.flow import FlowDraft, read_flow
from ledgerflow.core.parameters import as_literal, parse_value
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.binding import Binder, Bound
from ledgerflow.steps import all_steps


def schema(**columns: str) -> Schema:
    return Schema(tuple(Column(name=name, type=kind) for name, kind in columns.items()))


KNOWN = {
    "invoices": schema(
        Id="VARCHAR",
        Balance="DECIMAL(28,9)",
        DueDate="DATE",
        CustomerRef='STRUCT("value" VARCHAR, "name" VARCHAR)',
        Line='STRUCT("Amount" DECIMAL(28,9), "Id" VARCHAR)[]',
        MetaData='STRUCT("LastUpdatedTime" TIMESTAMP WITH TIME ZONE)',
    ),
    "customers": schema(Id="VARCHAR", DisplayName="VARCHAR", Active="BOOLEAN", Since="DATE"),
}
HEAD = """flow: a
parameters: {as_of: {type: date, default: 2026-11-23}}
steps:
  invoices: {read: quickbooks.Invoice}
  customers: {read: quickbooks.Customer}
  rows: {read: shop.Orders}
"""


def bind(steps: str) -> tuple[FlowDraft, dict[str, Bound | None]]:
    draft = read_flow(Document(HEAD + steps, file=FILE), kinds=all_steps())
    literals = {
        name: as_literal(parse_value(parameter.default, parameter.type))
        for name, parameter in draft.flow.parameters.items()
    }

    async def work() -> dict[str, Bound | None]:
        async with DuckEngine(threads=1) as engine:
            return await engine.use(lambda connection: Binder(connection, values=literals).bind(draft, KNOWN))

    return draft, asyncio.run(work())


def faults(steps: str) -> list[str]:
    draft, _ = bind(steps)
    return [f"{fault.key.removeprefix('steps.')}: {fault.text}" for fault in draft.faults]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            "s: {filter: invoices, where: DueDat < $as_of and CustomerRef.vale = 'x'}",
            [
                "s.where: `DueDat < $as_of and CustomerRef.vale = 'x'`, character 1: 'invoices' has no column 'DueDat'. "
                "Did you mean 'DueDate'?",
                "s.where: `DueDat < $as_of and CustomerRef.vale = 'x'`, character 21: CustomerRef has no field 'vale'. "
                "Did you mean 'CustomerRef.value'?",
            ],
        ),
        (
            "s: {filter: invoices, where: Line.Amount > 5}",
            [
                "s.where: `Line.Amount > 5`, character 1: Line is a list; open it with a step of kind 'unnest', "
                "or take one element: Line[1].Amount."
            ],
        ),
        (
            "s: {filter: invoices, where: Balance.cents > 5}",
            ["s.where: `Balance.cents > 5`, character 1: Balance is a decimal; it has no field 'cents'."],
        ),
        (
            's: {filter: invoices, where: Id = "abc"}',
            ["s.where: `Id = \"abc\"`, character 6: 'invoices' has no column 'abc'; text stands in single quotes."],
        ),
        (
            "s: {filter: invoices, where: Balance > DueDate}",
            [
                "s.where: `Balance > DueDate`, character 1: a decimal and a date cannot be compared; cast one of them, "
                "such as CAST(... AS DECIMAL(18,2))."
            ],
        ),
        (
            "s: {filter: invoices, where: DueDate < 'soon'}",
            ["s.where: `DueDate < 'soon'`, character 1: 'soon' is not a date."],
        ),
        (
            "s: {filter: invoices, where: \"Id in ('a', 5)\"}",
            [
                "s.where: `Id in ('a', 5)`, character 1: text and an integer cannot be compared; cast one of them, "
                "such as CAST(... AS VARCHAR)."
            ],
        ),
        (
            "s: {filter: invoices, where: Balance}",
            ["s.where: `Balance`: a condition is true or false, but this is a decimal."],
        ),
        (
            "s: {filter: invoices, where: sum(Balance) > 1}",
            [
                "s.where: `sum(Balance) > 1`, character 1: an aggregate such as sum() cannot stand here; "
                "aggregate in a step before."
            ],
        ),
        (
            "s: {filter: invoices, where: row_number() over () > 1}",
            [
                "s.where: `row_number() over () > 1`, character 1: a window function (... OVER ...) cannot stand here; "
                "derive a column in a step before."
            ],
        ),
        (
            "s: {derive: invoices, columns: {x: 'sum(Id) + lwer(Id)', y: upper(5)}}",
            [
                "s.columns.x: `sum(Id) + lwer(Id)`, character 1: sum() does not take text; it takes decimal or boolean "
                "or integer or floating-point number.",
                "s.columns.x: `sum(Id) + lwer(Id)`, character 11: there is no function lwer(). Did you mean 'lower'?",
                "s.columns.y: `upper(5)`, character 1: upper() does not take an integer; it takes text.",
            ],
        ),
        (
            "s: {derive: invoices, columns: {x: sum(Balance)}}",
            [
                "s.columns.x: `sum(Balance)`, character 1: an aggregate makes one row of many; use a step of kind "
                "'aggregate', or sum(...) OVER ()."
            ],
        ),
        (
            "s: {derive: invoices, columns: {x: 'list_transform(Line, l -> l.Amunt)'}}",
            [
                "s.columns.x: `list_transform(Line, l -> l.Amunt)`, character 1: there is no field 'Amunt' in the object."
            ],
        ),
        (
            "s: {derive: invoices, columns: {x: Balance + DueDate}}",
            ["s.columns.x: `Balance + DueDate`, character 1: + does not take a decimal and a date; cast one of them."],
        ),
        (
            "s: {derive: invoices, columns: {net: '1', Net: '2'}}",
            ["s.columns.Net: 'net' and 'Net' differ in letter case alone."],
        ),
        (
            "s: {aggregate: invoices, by: [DueDate], columns: {x: Balance, DueDate: count(*)}}",
            [
                "s.columns.x: `Balance`, character 1: 'Balance' stands beside an aggregate, but is neither in 'by' nor "
                "inside one.",
                "s.columns.DueDate: There would be two columns 'DueDate'; name one differently.",
            ],
        ),
        (
            "s: {aggregate: invoices, by: [CustomerRef.nme], columns: {n: count(*)}}",
            [
                "s.by[0]: `CustomerRef.nme`, character 1: CustomerRef has no field 'nme'. "
                "Did you mean 'CustomerRef.name'?"
            ],
        ),
        (
            "s: {sort: invoices, by: [Balanse desc, DueDate]}",
            ["s.by[0]: `Balanse desc`, character 1: 'invoices' has no column 'Balanse'. Did you mean 'Balance'?"],
        ),
        (
            "s: {join: [invoices, customers], on: {CustomerRef.value: Idd, Duedate: Since, Balnce: Id}}",
            [
                "s.on.CustomerRef.value: `Idd`, character 1: 'customers' has no column 'Idd'. Did you mean 'Id'?",
                "s.on.Balnce: `Balnce`, character 1: 'invoices' has no column 'Balnce'. Did you mean 'Balance'?",
            ],
        ),
        (
            "s: {join: [invoices, customers], on: {DueDate: Id}}",
            [
                "s.on.DueDate: DueDate is a date, Id is text; make them the same with a derive step before, "
                "such as CAST(... AS DATE)."
            ],
        ),
        (
            "d: {derive: invoices, columns: {Id_customers: '1'}}\n"
            "  s: {join: [d, customers], on: {CustomerRef.value: Id}}",
            ["s.join: Column 'Id' of 'customers' would become 'Id_customers', which is there too; rename one before."],
        ),
        (
            "s: {select: invoices, columns: [Id, CustomerRef.value, CustomerRef.name], rename: {CustomerRef.value: Id}}",
            ["s.columns[1]: There would be two columns 'Id'; give one another name under 'rename'."],
        ),
        ("s: {unnest: invoices, column: Balance}", ["s.unnest: Only a list can be opened, not a decimal."]),
        (
            "w: {write: invoices, to: quickbooks.Invoice, fields: {DocNumber: Numbr, Line.Amount: sum(Balance)}}",
            [
                "w.fields.DocNumber: `Numbr`, character 1: 'invoices' has no column 'Numbr'.",
                "w.fields.Line.Amount: `sum(Balance)`, character 1: an aggregate makes one row of many; use a step of "
                "kind 'aggregate', or sum(...) OVER ().",
            ],
        ),
    ],
)
def test_a_step_that_does_not_go_is_told_with_key_expression_and_place(step: str, expected: list[str]) -> None:
    assert faults(f"  {step}\n") == expected


def test_every_fault_of_every_step_is_told_at_once() -> None:
    told = faults(
        "  a: {filter: invoices, where: DueDat < $as_of}\n"
        "  b: {derive: a, columns: {x: noosuch(Balance)}}\n"
        "  c: {sort: b, by: [Balanc]}\n"
    )
    assert [line.split(":")[0] for line in told] == ["a.where", "b.columns.x", "c.by[0]"]


def test_a_column_that_a_fault_makes_unknown_raises_no_more_faults_below() -> None:
    draft, bound = bind(
        "  a: {derive: invoices, columns: {x: noosuch(Balance), y: x + 1}}\n"
        "  b: {filter: a, where: x > 5 and y = 'a'}\n"
        "  c: {aggregate: b, by: [Id], columns: {t: sum(x), u: sum(Balance)}}\n"
        "  d: {sort: c, by: [t desc, u, v]}\n"
    )
    assert [fault.key for fault in draft.faults] == ["steps.a.columns.x", "steps.d.by[2]"]
    assert bound["c"] is not None
    assert bound["c"].schema.names == ("Id", "t", "u")


def test_steps_after_a_read_whose_columns_are_not_known_wait_for_the_data() -> None:
    draft, bound = bind("  a: {filter: rows, where: anything > 5}\n  b: {join: [a, invoices], on: {x: Id}}\n")
    assert draft.faults == []
    assert bound["a"] is None
    assert bound["b"] is None


def test_columns_and_types_of_each_step_are_known_before_anything_is_read() -> None:
    _, bound = bind(
        "  late: {filter: invoices, where: DueDate < $as_of}\n"
        "  days: {derive: late, columns: {late_by: \"date_diff('day', DueDate, $as_of)\", who: CustomerRef.value}}\n"
        "  totals: {aggregate: days, by: [who], columns: {open: sum(Balance), n: count(*)}}\n"
        "  lines: {unnest: invoices, column: Line}\n"
        "  amounts: {select: lines, columns: [Id, Line.Amount]}\n"
    )

    def columns(step: str) -> dict[str, str]:
        found = bound[step]
        assert found is not None
        return {column.name: column.type for column in found.schema}

    assert columns("totals") == {"who": "VARCHAR", "open": "DECIMAL(38,9)", "n": "BIGINT"}
    assert columns("amounts") == {"Id": "VARCHAR", "Amount": "DECIMAL(28,9)"}
    assert columns("days")["late_by"] == "BIGINT"


def test_names_are_found_in_any_letter_case_as_in_sql() -> None:
    assert faults("  a: {filter: invoices, where: duedate < $as_of and customerref.VALUE = 'x'}\n") == []


@pytest.mark.parametrize(
    "where",
    [
        "DueDate < '2026-01-01'",
        "Balance > 5",
        "Balance between 0 and 10.5",
        "MetaData.LastUpdatedTime > DueDate",
        "Id in ('1', '2')",
        "Id is not distinct from CustomerRef.name",
        "list_contains(list_transform(Line, l -> l.Amount), 5)",
        "Balance = null",
        "coalesce(Balance, 0) > 0 or not Id like 'x%'",
    ],
)
def test_comparisons_that_go_together_are_let_through(where: str) -> None:
    assert faults(f'  a: {{filter: invoices, where: "{where}"}}\n') == []
