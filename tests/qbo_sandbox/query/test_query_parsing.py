"""The query language as text: what can be read, what comes out again, and the words of a refusal."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_sandbox.query import Condition, CurrentDate, Query, QueryRefused, SortKey, parse, print_query

RESERVED = {
    "select", "from", "where", "and", "or", "in", "like", "order", "orderby", "by", "asc", "desc",
    "startposition", "maxresults", "count", "true", "false", "current_date",
}  # fmt: skip

words = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda word: word.lower() not in RESERVED)
names = st.lists(words, min_size=1, max_size=3).map(".".join)
values = st.one_of(
    st.text(max_size=12),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.integers(-(10**15), 10**15).map(Decimal),
    st.just(CurrentDate()),
)
comparisons = st.builds(
    Condition,
    name=names,
    operator=st.sampled_from(["=", "<", ">", "<=", ">=", "LIKE"]),
    values=values.map(lambda value: (value,)),
)
memberships = st.builds(
    Condition, name=names, operator=st.just("IN"), values=st.lists(values, min_size=1, max_size=4).map(tuple)
)
queries = st.builds(
    Query,
    entity=words,
    selected=st.lists(names | st.just("*"), max_size=4).map(tuple),
    where=st.lists(comparisons | memberships, max_size=4).map(tuple),
    order=st.lists(st.builds(SortKey, name=names, descending=st.booleans()), max_size=3).map(tuple),
    start=st.none() | st.integers(-5, 10**6),
    rows=st.none() | st.integers(-5, 10**6),
)


@given(query=queries)
def test_a_printed_query_reads_as_the_same_query(query: Query) -> None:
    assert parse(print_query(query)) == query


@given(query=queries)
def test_printing_what_was_read_changes_nothing(query: Query) -> None:
    text = print_query(query)
    assert print_query(parse(text)) == text


@given(text=st.text(max_size=60))
def test_any_text_is_either_read_or_refused_with_fault_4000(text: str) -> None:
    refusal: QueryRefused | None = None
    try:
        query = parse(text)
    except QueryRefused as refused:
        refusal = refused
    if refusal is None:
        assert parse(print_query(query)) == query
    else:
        assert refusal.code == "4000"
        assert refusal.detail.startswith("QueryParserError: ")


def test_both_spellings_of_order_by_and_every_letter_case_are_read() -> None:
    one = parse("select * from Invoice where Balance > '0' orderby TxnDate desc, Id startposition 11 maxresults 10")
    other = parse("SELECT * FROM Invoice WHERE Balance > '0' Order By TxnDate DESC,Id STARTPOSITION 11 MaxResults 10")
    assert one == other
    assert one.order == (SortKey(name="TxnDate", descending=True), SortKey(name="Id"))
    assert (one.start, one.rows) == (11, 10)


def test_names_that_begin_like_a_keyword_are_names() -> None:
    query = parse("select OrderNumber, FromAccountRef, InStock from Description where Country = 'x'")
    assert query.selected == ("OrderNumber", "FromAccountRef", "InStock")


def test_a_backslash_escapes_a_quote_and_itself_and_nothing_else() -> None:
    query = parse(r"select * from Customer where Notes = 'Adam\'s C:\shop \\ 5\%'")
    assert query.where[0].values == (r"Adam's C:\shop \ 5\%",)


def test_numbers_are_exact_quoted_or_bare() -> None:
    query = parse("select * from Invoice where TotalAmt = 99999999999999.99")
    assert query.where[0].values == (Decimal("99999999999999.99"),)


def test_count_selects_no_properties() -> None:
    query = parse("SELECT COUNT(*) FROM Invoice")
    assert query.is_count
    assert query.selected == ()


def detail_of(text: str) -> str:
    with pytest.raises(QueryRefused) as caught:
        parse(text)
    assert caught.value.code == "4000"
    return caught.value.detail


def test_an_unescaped_quote_is_refused_in_the_words_of_the_service() -> None:
    text = "select * from vendor where DisplayName = 'Cutlery 'R Us'"
    assert detail_of(text) == (
        'QueryParserError: Encountered " <IDENTIFIER> "R "" at line 1, column 52.\n'
        "Was expecting one of:\n"
        "    <EOF> \n"
        "    <AND> ...\n"
        '    "iterator" ...\n'
        '    "maxresults" ...\n'
        "    <OR> ...\n"
        '    "order" ...\n'
        '    "orderby" ...\n'
        '    "startposition" ...\n'
        "    "
    )


def test_a_missing_select_is_the_only_thing_expected() -> None:
    assert detail_of("Invoice") == (
        'QueryParserError: Encountered " <IDENTIFIER> "Invoice "" at line 1, column 1.\n'
        'Was expecting:\n    "select" ...\n    '
    )


def test_an_end_too_early_names_the_end() -> None:
    assert detail_of("select * from").startswith('QueryParserError: Encountered "<EOF>" at line 1, column 13.\n')


@pytest.mark.parametrize(
    ("text", "encountered", "column"),
    [
        ("select * from Invoice where Id = '1' or Id = '2'", "<OR>", 38),
        ("select * from Invoice where not Id = '1'", "<IDENTIFIER>", 33),
        ("select * from Invoice where Id <> '1'", '">"', 33),
        ("select * from Invoice join Customer", "<IDENTIFIER>", 23),
        ("select * from Invoice maxresults 'a'", "<STRING>", 34),
        ("select * from Invoice where TxnDate > 2026-01-01", "<INTEGER>", 43),
    ],
)
def test_what_the_language_lacks_is_refused_where_it_stands(text: str, encountered: str, column: int) -> None:
    assert detail_of(text).startswith(f'QueryParserError: Encountered " {encountered} "')
    assert f"at line 1, column {column}.\nWas expecting" in detail_of(text)


def test_or_is_not_among_what_is_expected_where_it_was_found() -> None:
    assert "<OR> ..." not in detail_of("select * from Invoice where Id = '1' or Id = '2'")


def test_a_character_of_no_token_is_a_lexical_error() -> None:
    assert detail_of("select * from Account where%20x") == (
        'QueryParserError: Invalid content. Lexical error at line 1, column 28.  Encountered: "%" (37), after : ""'
    )


def test_a_text_that_is_never_closed_is_a_lexical_error_at_the_end() -> None:
    assert detail_of("select * from Account where Name = 'abc") == (
        'QueryParserError: Invalid content. Lexical error at line 1, column 36.  Encountered: <EOF> after : "\'abc"'
    )


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_query_is_called_empty(text: str) -> None:
    assert detail_of(text) == "QueryParserError: Invalid content. The query provided was empty"
