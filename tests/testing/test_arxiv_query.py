from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.testing.arxiv_query import Chain, Not, QueryError, Term, TooDeep, adapt, parse

# What arXiv's adapter was seen to make of each query.
ADAPTED = {
    'ti:"Attention Is All You Need"': 'ti:"Attention Is All You Need"',
    "ti:Attention Is All": "ti:Attention OR all:Is OR all:All",
    "Attention Is All": "all:Attention OR all:Is OR all:All",
    '"Attention Is"': 'all:"Attention Is"',
    "ti:(deep learning)": "(ti:deep OR ti:learning)",
    'ti:("deep learning" OR "x y")': '(ti:"deep learning" OR ti:"x y")',
    "ti:BERT: Pre-training": "ti:BERT: OR all:Pre-training",
    "ti:GPT-4 (technical) report": "ti:GPT-4 OR (all:technical) OR all:report",
    'ti:"GPT-4 (technical) report"': 'ti:"GPT-4 (technical) report"',
    'ti:"Q: what is X OR Y?"': 'ti:"Q: what is X OR Y?"',
    'ti:"C++ & more"': 'ti:"C++ & more"',
    'ti:"OR"': 'ti:"OR"',
    'ti:"a"b"c"': 'ti:"a" OR all:b OR all:"c"',
    'ti:""': 'ti:""',
    'ti:"': "",
    "ti:foo OR OR ti:bar": "ti:foo OR ti:bar",
    "NOT ti:foo": "ANDNOT ti:foo",
    "ti:foo AND NOT ti:bar": "ti:foo ANDNOT ti:bar",
    "ti:foo and ti:bar": "ti:foo OR all:and OR ti:bar",
    'title:"foo bar"': 'ti:"foo bar"',
    'cat:"cs.AI" ti:foo': 'cat:"cs.AI" OR ti:foo',
    "id_list:2401.00001": "all:id_list:2401.00001",
    "ti:'single quoted'": "ti:'single OR all:quoted'",
    "ti:“curly”": "ti:“curly”",
    "ti:%22x%22": "ti:%22x%22",
    "lastUpdatedDate:[2023 TO 2024]": 'submittedDate:"202301010000 TO 202412312359"',
    "submittedDate:[202402 TO 202402]": 'submittedDate:"202402010000 TO 202402292359"',
    "submittedDate:[20240229 TO 202402291530]": 'submittedDate:"202402290000 TO 202402291530"',
    "submittedDate:[2023-01 TO 2024-99]": 'submittedDate:"2023-01 TO 2024-99"',
    "submittedDate:[2023 TO 202499]": 'submittedDate:"202301010000 TO 202499"',
    "ti:a\r\nti:b": "ti:a OR ti:b",
    "au:del_maestro": 'au:"del maestro"',
    'au:"del_maestro"': 'au:"del maestro"',
    # The name is taken from the first term, whatever that is.
    "au:del_maestro AND au:x_y": 'au:"del maestro" AND au:x_y',
    "ti:x_y AND au:z": 'ti:x_y AND au:"x y"',
    "ti:x AND au:del_maestro": "ti:x AND au:del_maestro",
    'ti:(a (b OR "c")) au:x': '(ti:a OR (ti:b OR ti:"c") ) OR au:x',
    "ti:(a au:b)": "(ti:a OR au:b)",
    "(ti:a)(ti:b)": "(ti:a) OR (ti:b)",
    "AND AND AND": "AND",
    "a AND au:": "all:a AND",
    "ti: au:x": "OR au:x",
    "()": "( )",
    "ORnament ANDy": "all:ORnament OR all:ANDy",
    "": "",
    " \n ": "",
}
BROKEN = [
    'ti:"what\\"s"',
    'ti:"ends\\"',
    "ti:foo AND",
    "AND ti:foo",
    "()",
    '(ti:"x"',
    'ti:"x")',
    "ti:OR",
    "ti: au:x",
    "AND AND AND",
]


@pytest.mark.parametrize(("query", "adapted"), ADAPTED.items())
def test_sloppy_queries_are_repaired(query: str, adapted: str) -> None:
    assert adapt(query) == adapted


@pytest.mark.parametrize("query", BROKEN)
def test_what_cannot_be_repaired_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parse(adapt(query))


@pytest.mark.parametrize("query", [query for query in ADAPTED.values() if query and query not in BROKEN])
def test_a_repaired_query_stays_as_it_is(query: str) -> None:
    if query not in {"AND", "all:a AND", "OR au:x", "( )"}:
        parse(query)


def test_operators_bind_alike_and_to_the_right() -> None:
    assert str(parse("ti:A OR ti:B AND ti:C OR ti:D")) == "ti:A OR (ti:B AND (ti:C OR ti:D))"


def test_parentheses_decide() -> None:
    assert str(parse("(ti:A OR ti:B) AND ti:C")) == "(ti:A OR ti:B) AND ti:C"
    assert parse("((ti:A))") == Term("ti", "A")


def test_a_negation_at_the_start_takes_all_that_follows() -> None:
    assert parse("ANDNOT ti:a") == Not(Term("ti", "a"))
    assert parse("ANDNOT ti:a AND ti:b") == Not(Chain((Term("ti", "a"), Term("ti", "b")), ("AND",)))


def test_a_value_keeps_its_quotes_without_outer_blanks() -> None:
    term = parse('ti:" deep learning "')
    assert isinstance(term, Term)
    assert (term.value, term.text, term.quoted) == ('"deep learning"', "deep learning", True)
    assert not Term("ti", '"').quoted


@pytest.mark.parametrize("query", ["title:x", "foo:x", 'ti:foo"bar"', "ti:", "x", '"x"'])
def test_a_query_that_was_not_adapted_is_read_strictly(query: str) -> None:
    with pytest.raises(QueryError):
        parse(query)


def test_a_thousand_terms_are_too_many() -> None:
    assert isinstance(parse(" OR ".join(["ti:x"] * 990)), Chain)
    with pytest.raises(TooDeep):
        parse(" OR ".join(["ti:x"] * 1100))
    with pytest.raises(TooDeep):
        parse("(" * 1100 + "ti:x" + ")" * 1100)


PIECES = [*'ab "()\\_:[]', "ti:", "au:", " AND ", " OR ", " NOT ", "submittedDate:[", " TO ", "2024"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_read_or_refused(query: str) -> None:
    try:
        parse(adapt(query))
    except (QueryError, TooDeep):
        return
