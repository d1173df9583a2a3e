"""Malformed flow files: each is refused before anything is called, with every fault placed and in plain words."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from ledgerflow.core.documents import Document
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.flow import read_flow
from ledgerflow.steps import all_steps

FILE = "flows/a.yaml"

MALFORMED: dict[str, tuple[str, list[str]]] = {
    "a_bracket_that_never_closes": (
        "flow: a\nsteps: {r: [}\n",
        ["line 2: A value is missing here, or a bracket is closed that was not opened."],
    ),
    "an_empty_file": (
        "",
        ["key flow: Missing key 'flow'.", "key steps: Missing key 'steps'."],
    ),
    "no_steps": (
        "flow: a\n",
        ["line 1, key steps: Missing key 'steps'."],
    ),
    "steps_without_a_step": (
        "flow: a\nsteps: {}\n",
        ["line 2, key steps: Expected at least 1 entry, not an empty mapping."],
    ),
    "steps_as_a_list": (
        "flow: a\nsteps:\n  - read: files.a.csv\n",
        ["line 2, key steps: Expected a mapping of keys to values, not a list."],
    ),
    "a_misspelt_top_key": (
        "flow: a\nstep:\n  r: {read: files.a.csv}\n",
        [
            "line 1, key steps: Missing key 'steps'.",
            "line 2, key step: Unknown key 'step'; expected one of 'flow', 'description', 'parameters', 'steps'. Did you mean 'steps'?",
        ],
    ),
    "a_name_other_than_the_file": (
        "flow: b\nsteps:\n  r: {read: files.in/a.csv}\n",
        ["line 1, key flow: The flow is called 'b', but its file is a.yaml. Did you mean 'a'?"],
    ),
    "a_step_name_with_spaces": (
        "flow: a\nsteps:\n  2 x: {read: files.in/a.csv}\n",
        [
            "line 3, key steps.2 x: '2 x' cannot name a step; use letters, digits, '_' and '-', starting with a letter, at most 64 of them."
        ],
    ),
    "two_names_that_differ_in_case": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  R: {read: files.in/b.csv}\n",
        ["line 4, key steps.R: The steps 'r' and 'R' differ in letter case alone; rename one."],
    ),
    "a_step_given_twice": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  r: {read: files.in/a.csv}\n",
        ["line 4: The key 'r' is given twice."],
    ),
    "a_misspelt_kind": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  f: {fliter: r, where: x > 1}\n",
        [
            "line 4, key steps.f.fliter: Unknown kind of step 'fliter'; expected one of 'read', 'aggregate', 'derive', 'distinct', 'filter', 'join', 'limit', 'select', 'sort', 'union', 'unnest', 'write'. Did you mean 'filter'?"
        ],
    ),
    "a_step_without_a_kind": (
        "flow: a\nsteps:\n  r: {where: x}\n",
        [
            "line 3, key steps.r.where: Unknown kind of step 'where'; expected one of 'read', 'aggregate', 'derive', 'distinct', 'filter', 'join', 'limit', 'select', 'sort', 'union', 'unnest', 'write'. Did you mean 'write'?"
        ],
    ),
    "a_step_of_two_kinds": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  f: {filter: r, sort: r, by: [x]}\n",
        ["line 4, key steps.f.sort: 'filter' and 'sort' both say what the step does; a step does one thing."],
    ),
    "a_misspelt_key": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  f: {filter: r, were: x > 1}\n",
        [
            "line 4, key steps.f.where: Missing key 'where'.",
            "line 4, key steps.f.were: Unknown key 'were'; expected one of 'filter', 'where'. Did you mean 'where'?",
        ],
    ),
    "a_missing_key": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  f: {filter: r}\n",
        ["line 4, key steps.f.where: Missing key 'where'."],
    ),
    "an_unknown_input": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  f: {filter: rr, where: x > 1}\n",
        ["line 4, key steps.f.filter: There is no step 'rr'. Did you mean 'r'?"],
    ),
    "two_steps_in_a_circle": (
        "flow: a\nsteps:\n  a: {filter: b, where: x > 1}\n  b: {filter: a, where: x > 1}\n",
        ["line 3, key steps.a.filter: These steps wait for each other: a -> b -> a."],
    ),
    "a_step_that_waits_for_itself": (
        "flow: a\nsteps:\n  a: {filter: a, where: x > 1}\n",
        ["line 3, key steps.a.filter: These steps wait for each other: a -> a."],
    ),
    "a_step_that_reads_a_write": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  w: {write: r, to: files.a.csv}\n  f: {filter: w, where: x > 1}\n",
        ["line 5, key steps.f.filter: 'w' is a write; nothing can be read from it. Take its input instead."],
    ),
    "an_expression_cut_short": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  f: {filter: r, where: 'x > '}\n",
        ["line 4, key steps.f.where: `x >`, character 4: it ends too early."],
    ),
    "two_wrong_expressions": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  d: {derive: r, columns: {y: 'sum(x', z: 'a b'}}\n",
        [
            "line 4, key steps.d.columns.y: `sum(x`, character 6: it ends too early, ')' is missing.",
            "line 4, key steps.d.columns.z: `a b`, character 3: unexpected 'b' (names with spaces stand in double quotes).",
        ],
    ),
    "expressions_that_reach_outside": (
        'flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  d: {derive: r, columns: {y: "(select 1)", z: "read_csv(\'/etc/passwd\')"}}\n',
        [
            "line 4, key steps.d.columns.y: `(select 1)`, character 9: a query stands in it, but only an expression can stand here; add a step for it.",
            "line 4, key steps.d.columns.z: `read_csv('/etc/passwd')`, character 1: read_csv() reads files, settings or the outside world; a read step does that.",
        ],
    ),
    "a_join_of_one_step": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  j: {join: [r], on: {x: y}}\n",
        ["line 4, key steps.j.join[1]: Missing entry 2 of the list."],
    ),
    "a_misspelt_join": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  s: {read: files.b.csv}\n  j: {join: [r, s], how: lefft, on: {x: y}}\n",
        [
            "line 5, key steps.j.how: Expected one of 'inner', 'left', 'right', 'full', 'semi', 'anti', 'cross', not 'lefft'. Did you mean 'left'?"
        ],
    ),
    "a_join_without_columns": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  s: {read: files.b.csv}\n  j: {join: [r, s]}\n",
        ["line 5, key steps.j: Missing key 'on': which column of the left step equals which of the right one."],
    ),
    "an_undeclared_parameter": (
        "flow: a\nparameters: {as_of: {type: date}}\nsteps:\n  r: {read: files.in/a.csv}\n  f: {filter: r, where: x > $as_off}\n",
        ["line 5, key steps.f.where: There is no parameter $as_off; known: $as_of, $company. Did you mean '$as_of'?"],
    ),
    "an_unknown_parameter_type": (
        "flow: a\nparameters: {as_of: {type: day}}\nsteps:\n  r: {read: files.in/a.csv}\n",
        [
            "line 2, key parameters.as_of.type: Expected one of 'text', 'integer', 'decimal', 'date', 'timestamp', 'boolean', not 'day'."
        ],
    ),
    "a_default_that_does_not_fit": (
        "flow: a\nparameters: {as_of: {type: date, default: tomorrow}}\nsteps:\n  r: {read: files.in/a.csv}\n",
        ["line 2, key parameters.as_of: Expected a date such as 2026-11-23, not 'tomorrow'."],
    ),
    "a_resource_without_a_connection": (
        "flow: a\nsteps:\n  r: {read: invoices}\n",
        [
            "line 3, key steps.r.read: Expected CONNECTION.RESOURCE, such as quickbooks.Invoice or files.in/orders.csv, not 'invoices'."
        ],
    ),
    "writes_that_wait_for_each_other": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  w: {write: r, to: files.a.csv, after: [v]}\n  v: {write: r, to: files.b.csv, after: [w]}\n",
        ["line 4, key steps.w.after: These writes wait for each other: w -> v -> w."],
    ),
    "a_write_after_a_read": (
        "flow: a\nsteps:\n  r: {read: files.in/a.csv}\n  w: {write: r, to: files.a.csv, after: [r]}\n",
        ["line 4, key steps.w.after[0]: 'r' is not a write; 'after' names write steps."],
    ),
    "three_faults_at_once": (
        "flow: a\nsteps:\n  r: {read: invoices}\n  f: {fliter: r}\n  g: {sort: q, by: [x]}\n",
        [
            "line 3, key steps.r.read: Expected CONNECTION.RESOURCE, such as quickbooks.Invoice or files.in/orders.csv, not 'invoices'.",
            "line 4, key steps.f.fliter: Unknown kind of step 'fliter'; expected one of 'read', 'aggregate', 'derive', 'distinct', 'filter', 'join', 'limit', 'select', 'sort', 'union', 'unnest', 'write'. Did you mean 'filter'?",
            "line 5, key steps.g.sort: There is no step 'q'.",
        ],
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_flow_is_refused_with_its_faults(name: str) -> None:
    text, expected = MALFORMED[name]
    with pytest.raises(InputRefused) as refused:
        read_flow(Document(text, file=FILE), kinds=all_steps()).checked()
    assert [str(fault).removeprefix(f"{FILE}, ") for fault in refused.value.faults] == expected
    assert refused.value.where.startswith(FILE)
    assert refused.value.next_step
