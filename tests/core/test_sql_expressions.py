"""Expressions of a flow: what they may be, where they go wrong, and that the engine is asked for what they say."""

from __future__ import annotations

import duckdb
import pytest
from pydantic import TypeAdapter, ValidationError

from ledgerflow.core.expressions import ExpressionFault, SqlExpression, column_uses, parse_expression, parse_ordering

ROW = (
    "SELECT 7::BIGINT AS n, 2.50::DECIMAL(28,9) AS m, 'Ann''s' AS t, DATE '2026-11-23' AS d, NULL::VARCHAR AS x, "
    "TIMESTAMPTZ '2026-11-23 18:00:00+00' AS ts, [1, 2, 3] AS l, {'value': 'v', 'deep': {'er': 5}} AS s, true AS yes"
)


@pytest.mark.parametrize(
    "text",
    [
        "n / 2",
        "n // 2",
        "n % 4",
        "-n ** 2",
        "m * 3 + n - 1",
        "n = 7 and not m > 3 or x is null",
        "n == 7",
        "n <> 7",
        "n between 1 and 10",
        "n in (1, 7)",
        "coalesce(x, t) || '!'",
        "ifnull(x, 'none')",
        "case when m > 2 then 'big' when m is null then null else 'small' end",
        "if(n > 5, 'a', 'b')",
        "date_diff('day', d, DATE '2026-12-31')",
        "date_trunc('month', d)",
        "d + 30",
        "d - INTERVAL 1 MONTH",
        "strftime(d, '%d.%m.%Y')",
        "strptime('23.11.2026', '%d.%m.%Y')::DATE",
        "year(d) * 100 + month(d)",
        "extract(quarter from d)",
        "ts > d",
        "ts AT TIME ZONE 'America/New_York'",
        "epoch_ms(ts)",
        "round(m, 1)",
        "m::DECIMAL(18,2)",
        "try_cast(t AS INTEGER)",
        "t ilike 'ann%'",
        "t like 'A_n%'",
        "regexp_matches(t, '^A')",
        "regexp_replace(t, 'n+', 'N')",
        "upper(substr(t, 1, 2))",
        "t[1:2]",
        "split_part('a-b-c', '-', 2)",
        "lpad(n::VARCHAR, 4, '0')",
        "position('n' in t)",
        "trim('  x ')",
        "l[1]",
        "len(l)",
        "list_sum(list_transform(l, lambda e: e * n))",
        "list_filter(l, lambda e: e > 1)",
        "s.value",
        "s.deep.er + 1",
        "struct_pack(a := n, b := m)",
        "{'a': n}",
        "[n, 1]",
        "greatest(n, 3)",
        "n is distinct from null",
        "nullif(n, 7)",
        "xor(n, 1)",
        "n & 3",
        "md5(t)",
        "to_json(s)",
        "json_extract_string('{\"a\": [1, 2]}', '$.a[1]')",
        "'{\"a\": 1}'::JSON ->> '$.a'",
        "99999999999999.99",
        "1e3",
        "yes and true",
        "concat_ws('-', t, x, 'z')",
        "row_number() over (partition by n order by d desc)",
        "sum(m) over ()",
        "count(*) filter (where n > 1) over ()",
        "any_value(t) over ()",
        "string_agg(t, ',') over ()",
    ],
)
def test_the_engine_is_asked_for_what_the_expression_says(text: str) -> None:
    """The tree that sqlglot made, written out again, gives the value and type of the text as it was written."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        made = parse_expression(text).sql("duckdb", identify=True)
        as_written = engine.sql(f"SELECT {text} AS v, typeof({text}) AS t FROM ({ROW})").fetchall()
        assert engine.sql(f"SELECT {made} AS v, typeof({made}) AS t FROM ({ROW})").fetchall() == as_written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DueDate <", "`DueDate <`, character 10: it ends too early."),
        ("(a", "`(a`, character 3: it ends too early, ')' is missing."),
        ("a)", "`a)`, character 2: unexpected ')'."),
        ("a b", "`a b`, character 3: unexpected 'b' (names with spaces stand in double quotes)."),
        ("a\n  < b c", "`a < b c`, line 2, character 7: unexpected 'c' (names with spaces stand in double quotes)."),
        ("'abc", "`'abc`: a quoted text or a bracket is not closed, or a character does not belong here."),
        ("", "``: an expression is expected, but there is none."),
        ("select 1", "`select 1`, character 1: SELECT begins a statement; only an expression can stand here."),
        ("drop table x", "`drop table x`, character 1: DROP begins a statement; only an expression can stand here."),
        ("a as b", "`a as b`, character 3: the key names the column, so no AS can stand here."),
        ("a in (select 1)", "a query stands in it, but only an expression can stand here; add a step for it."),
        ("exists (select 1)", "a query stands in it, but only an expression can stand here; add a step for it."),
        ("a; b", "several statements stand in it, but only one expression can stand here."),
        ("*", "`*`, character 1: '*' stands for all columns; name one."),
        ("columns('a')", "COLUMNS(...) stands for several columns; name each one."),
        ("unnest(a)", "unnest makes several rows of one; the step kind 'unnest' does that."),
        ("?", "`?`: a parameter needs a name, such as $as_of."),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ExpressionFault) as refused:
        parse_expression(text)
    assert str(refused.value).endswith(said)


@pytest.mark.parametrize(
    "text",
    [
        "read_csv('/etc/passwd')",
        "READ_TEXT('x')",
        "coalesce(a, read_blob('x'))",
        "glob('*')",
        "getenv('HOME')",
        "current_setting('memory_limit')",
        "list_transform(l, x -> read_json(x))",
        "query('select 1')",
        "parquet_scan('x')",
        "sniff_csv('x')",
        "duckdb_secrets()",
        "pragma_version()",
        "nextval('s')",
        "attach 'x'",
        "copy t to 'x'",
    ],
)
def test_nothing_in_an_expression_reaches_outside(text: str) -> None:
    with pytest.raises(ExpressionFault):
        parse_expression(text)


def test_a_text_that_names_such_a_function_is_only_a_text() -> None:
    assert (
        parse_expression("t = 'read_csv(1)' or \"read_csv\" = 1").sql("duckdb")
        == "t = 'read_csv(1)' OR \"read_csv\" = 1"
    )


def test_the_columns_of_an_expression_are_told_with_their_places() -> None:
    tree = parse_expression('sum(a.b.c) + "Invoice No" - list_sum(list_transform(l, x -> x.y + z))')
    assert [(use.path, use.position, use.quoted) for use in column_uses(tree)] == [
        (("a", "b", "c"), 5, False),
        (("Invoice No",), 14, True),
        (("l",), 53, False),
        (("z",), 67, False),
    ]


def test_an_ordering_may_have_a_direction_and_a_place_for_nulls() -> None:
    assert parse_ordering("overdue desc nulls first").sql("duckdb") == "overdue DESC NULLS FIRST"
    with pytest.raises(ExpressionFault):
        parse_ordering("a desc b")


def test_yaml_values_are_expressions_but_a_number_that_lost_digits_is_refused() -> None:
    check = TypeAdapter(SqlExpression).validate_python
    assert [check(value) for value in (True, 5, 0.5, "x")] == ["true", "5", "0.5", "x"]
    with pytest.raises(ValidationError, match="stands in quotes"):
        check(99999999999999.99)
