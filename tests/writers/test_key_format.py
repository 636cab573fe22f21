"""Formulas for citekeys: what each term gives, where a fault is, and that no key depends on the order."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import refkit
from refkit.errors import UsageError
from refkit.model import ArxivRecord, Author, PartialDate, Work
from refkit.writers.citekeys import base_key, cite_keys
from refkit.writers.key_format import DEFAULT, KeyFormat
from refkit.writers.key_terms import FILTERS, FUNCTIONS

MAATEN = ArxivRecord(
    arxiv_id="0811.12345",
    title="Visualizing the Data of B-Coder with t-SNE",
    authors=(Author("van der Maaten", "Laurens"), Author("Şchölkopf", "Bernhard"), Author("O'Brien", "Ada")),
    categories=("stat.ML",),
    submitted=PartialDate(2008, 11, 3),
)
LETTERS = st.text(alphabet="abcXYZ éøß中-' ", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("formula", "key"),
    [
        (DEFAULT, "vandermaaten2008visualizing"),
        ("auth", "vanderMaaten"),
        ("auth(3)", "van"),
        ("auth(0, 2) + shortyear", "Scholkopf08"),
        ("authors", "vanderMaatenScholkopfOBrien"),
        ("authors(2)", "vanderMaatenScholkopfEtAl"),
        ("authors(2, 1).upper", "VSETAL"),
        ("authEtAl", "vanderMaatenEtAl"),
        ("authorsAlpha", "vSO"),
        ("authorLast.lower + '_' + month", "obrien_nov"),
        ("shorttitle", "VisualizingDataBCoder"),
        ("shorttitle(2, 1).lower", "visualizingdata"),
        ("veryshorttitle(1, 1)", "Visualizing"),
        ("title", "VisualizingDataBCoderTSNE"),
        ("title.abbr", "VDBT"),
        ("title.select(2, 2)", "DataBCoder"),
        ("title.condense('-').lower", "visualizing-data-bcoder-tsne"),
        ("title.substring(1, 4).upper", "VISU"),
        ("arxivid.replace('.', '_') + category", "0811_12345stat.ML"),
        ("year.replace('2008', '') | 'none'", "none"),
        ("'a key' + \"{,}\"", "akey"),
        ("[auth:lower][year]", "vandermaaten2008"),
        ("[auth3]-[shorttitle2_2]", "van-VisualizingData"),
        ("[title:select,2,1:lower]|[year]", "data"),
        ("AUTH.Lower", "vandermaaten"),
        ("auth(m=2) + shorttitle(m=1, n=2)", "ScholkopfVisualizingData"),
        ("auth.replace('VAN', 'Von')", "VonderMaaten"),
        ("title.replace(find='.', replace='_')", "VisualizingDataBCoderTSNE"),
        ("title.select(-2)", "BCoderTSNE"),
        ("title.select(n=1)", "Visualizing"),
        ("title.select(0, 1)", "Visualizing"),
        ("title.select(1, 1)", "Visualizing"),
        ("title.abbr(2)", "ViDaBCTS"),
        ("authEtal2.fold", "vanderMaaten.etal"),
        ("authshort", "v.S.O"),
        ("authorsn(1)", "vanderMaatenEtAl"),
        ("authForeIni + auth", "LvanderMaaten"),
        ("auth.prefix('x-') + category.replace('stat.ML', '').postfix('-') + year", "x-vanderMaaten2008"),
        ("category.replace('stat.ML', '').default('none') + year", "none2008"),
        ("arxivid", "0811.12345"),
        ("'[' + auth", "vanderMaaten"),
        ("[auth:replace,van,von]", "vonderMaaten"),
        ("[ auth : lower ][ year ]", "vandermaaten2008"),
        ("[auth3_2]", "Sch"),
        ("[auth_2]", "Scholkopf"),
        ("[shorttitle_3:condense, _ ]", "Visualizing_Data_BCoder"),
        ("[title:select,-1]", "TSNE"),
        ("[auth]x y|z[year]", "vanderMaatenxy"),
        ("[category:replace,stat.ML,] | none | [auth]", "none"),
        ("[category:replace,stat.ML,]|[auth]|[year]", "vanderMaaten"),
        ("[title:condense,1.5]", "Visualizing1.5Data1.5BCoder1.5TSNE"),
        ("auth | year", "vanderMaaten"),
        ("category.replace('stat.ML', '') | '' | auth + year | 'x'", "vanderMaaten2008"),
        ("  auth .lower ( ) + year  ", "vandermaaten2008"),
        ("auth()", "vanderMaaten"),
        ("'a'.upper + \"b\".upper + '\"' + \"'\"", "AB"),
        ("'x.:/+-' + auth + '-+/:.'", "x.:/+-vanderMaaten"),
        ("'.:/+-' + auth", "vanderMaaten"),
        ("'_' + auth + '_'", "_vanderMaaten_"),
        ("auth + '[x]'", "vanderMaatenx"),
    ],
)
def test_terms_and_filters(formula: str, key: str) -> None:
    assert KeyFormat.parse(formula).key(MAATEN) == key


@pytest.mark.parametrize(
    ("formula", "problem"),
    [
        ("auth.lowr", "at character 6 there is no filter 'lowr'; there are: abbr,"),
        ("author + year", "at character 1 there is no function 'author'; there are: arxivid, auth,"),
        ("auth year", "at character 6 `+`, `|`, `.` or the end should stand here"),
        ("auth +", "at character 7 a function or a text in quotes should stand here"),
        ("auth.", "at character 6 a filter should stand here"),
        ("auth('x')", "at character 1 auth takes n (a number) and m (a number) in its parentheses"),
        ("auth(1, 2, 3)", "at character 1 auth takes n (a number) and m (a number)"),
        ("auth(1", "at character 7 `,` or `)` should stand here"),
        ("auth(", "at character 6 a number or a text in quotes should stand here"),
        ("auth(1 2)", "at character 8 `,` or `)` should stand here"),
        ("auth(x=1)", "at character 1 auth takes n (a number) and m (a number)"),
        ("auth(1, n=2)", "at character 1 auth takes n (a number) and m (a number)"),
        ("auth.lower(1)", "at character 6 lower takes nothing in its parentheses"),
        ("auth(n=)", "at character 8 a number or a text in quotes should stand here"),
        ("auth & year", "at character 6 '&' has no meaning in a formula"),
        ("  & x", "at character 3 '&' has no meaning in a formula"),
        ("auth + 'x", 'at character 8 "\'" has no meaning in a formula'),
        (
            "auth + 5 + year",
            "at character 8 a function or a text in quotes should stand here; functions: arxivid, auth,",
        ),
        ("auth | | year", "at character 8 a function or a text in quotes should stand here"),
        ("auth.5", "at character 6 a filter should stand here: abbr, alphanum,"),
        ("auth . + year", "at character 8 a filter should stand here"),
        ("auth)", "at character 5 `+`, `|`, `.` or the end should stand here"),
        ("auth(,1)", "at character 6 a number or a text in quotes should stand here"),
        ("auth(1,)", "at character 8 a number or a text in quotes should stand here"),
        ("auth(n)", "at character 6 a number or a text in quotes should stand here"),
        ("auth(n=lower)", "at character 8 a number or a text in quotes should stand here"),
        ("auth(n=1, n=2)", "at character 1 auth takes n (a number) and m (a number)"),
        ("auth(1, 'x')", "at character 1 auth takes n (a number) and m (a number)"),
        ("authorsn(1, 2)", "at character 1 authorsn takes n (a number) in its parentheses."),
        (
            "year + auth.replace(1)",
            "at character 13 replace takes find (a text) and replace (a text) in its parentheses.",
        ),
        ("year + author", "at character 8 there is no function 'author'"),
        ("year(1)", "at character 1 year takes nothing in its parentheses."),
        ("[auth]]", "at character 7 this bracket has no partner"),
        ("[[auth]]", "at character 1 this bracket has no partner"),
        ("auth]", "at character 5 ']' has no meaning in a formula"),
        ("x[author]", "at character 3 there is no function 'author'; there are: arxivid, auth,"),
        ("x[auth3_2_1]", "at character 3 a function should stand here: arxivid, auth,"),
        ("[year4]", "at character 2 year takes nothing in its parentheses."),
        ("[authorsn_2]", "at character 2 authorsn takes n (a number) in its parentheses."),
        ("[year][auth:lower,1]", "at character 13 lower takes nothing in its parentheses."),
        ("[auth:lower:u]", "at character 13 there is no filter 'u'; there are: abbr,"),
        ("[title:select,2,1:abbr,x]", "at character 19 abbr takes chars (a number) in its parentheses."),
        ("[auth:]", "at character 7 there is no filter ''"),
        ("[auth", "at character 1 this bracket has no partner"),
        ("[auth:lowr]", "there is no filter 'lowr'"),
        ("[]", "a function should stand here"),
        ("", "at character 1 a function or a text in quotes should stand here"),
    ],
)
def test_a_fault_is_named_with_its_place(formula: str, problem: str) -> None:
    with pytest.raises(UsageError) as told:
        KeyFormat.parse(formula)
    assert problem in str(told.value)


def test_capitals_in_a_short_title_stay_as_in_better_bibtex() -> None:
    record = ArxivRecord(arxiv_id="1810.04805", title="BERT: Pre-training of deep Transformers")
    assert KeyFormat.parse("shorttitle").key(record) == "BERTPretrainingdeep"
    assert KeyFormat.parse("shorttitle(3, 3)").key(record) == "BERTPretrainingDeep"


def test_a_key_that_says_nothing_is_the_id() -> None:
    nobody = ArxivRecord(arxiv_id="2401.00001", title="中文")
    assert KeyFormat.parse("auth + year").key(nobody) == "arxiv240100001"
    for text in ("2024", "0", "1-2", "1:/2", "\u4e2d", ".:/+-"):
        assert KeyFormat.parse(f"'{text}'").key(nobody) == "arxiv240100001"
        assert KeyFormat.parse(f"'{text}' | 'else'").key(nobody) == "else"
    for text in ("20245", "x", "2024_", "a-1"):
        assert KeyFormat.parse(f"'{text}' | 'else'").key(nobody) == text


def test_a_formula_that_was_read_keeps_its_text() -> None:
    assert KeyFormat.parse(" auth+year ").formula == " auth+year "
    assert KeyFormat.parse("[auth]").formula == "[auth]"


def test_a_fault_names_the_whole_formula_in_one_sentence() -> None:
    with pytest.raises(UsageError) as told:
        KeyFormat.parse("auth)")
    assert str(told.value) == (
        "The key format 'auth)' cannot be used: at character 5 `+`, `|`, `.` or the end should stand here."
    )


@given(LETTERS, LETTERS, st.integers(1991, 2030))
def test_the_default_is_a_formula_too(family: str, title: str, year: int) -> None:
    record = ArxivRecord(
        arxiv_id="2401.00001", title=title, authors=(Author(family, "A"),), submitted=PartialDate(year)
    )
    if base_key(record).startswith("arxiv"):
        return
    assert KeyFormat.parse(DEFAULT).key(record) == base_key(record)


@given(st.text(max_size=30))
def test_any_text_is_a_formula_or_a_sentence(text: str) -> None:
    try:
        key = KeyFormat.parse(text).key(MAATEN)
    except UsageError as error:
        assert "The key format" in str(error)  # noqa: PT017 - either is right
    else:
        assert key.isascii()
        assert key


@given(st.randoms(use_true_random=False), st.sampled_from(["auth", "year", "auth.lower + year", DEFAULT]))
def test_collisions_do_not_depend_on_the_order(chance: random.Random, formula: str) -> None:
    works = [
        Work(
            record=ArxivRecord(
                arxiv_id=f"2401.0000{number}",
                title=chance.choice(["Deep Words", "deep words", "Other"]),
                authors=(Author(chance.choice(["Gur", "gur", "Gür"]), "A"),),
                submitted=PartialDate(2024, 1, number + 1),
            )
        )
        for number in range(6)
    ]
    key, taken = KeyFormat.parse(formula).key, {"GUR", "gura"}
    keys = dict(zip([work.record.arxiv_id for work in works], cite_keys(works, key=key, taken=taken), strict=True))
    chance.shuffle(works)
    again = dict(zip([work.record.arxiv_id for work in works], cite_keys(works, key=key, taken=taken), strict=True))
    assert again == keys
    assert len({each.casefold() for each in keys.values()} | {"gur", "gura"}) == len(works) + 2


def test_the_page_of_the_documentation_tells_what_each_function_and_filter_gives(root: Path) -> None:
    names = ("Izzeddin Gur", "Ulrich Rueckert", "Aleksandra Faust", "Dilek Hakkani-Tur")
    gur = ArxivRecord(
        arxiv_id="1812.09195",
        title="Learning to Navigate the Web",
        authors=tuple(Author(family, given) for given, family in (name.split() for name in names)),
        categories=("cs.LG",),
        submitted=PartialDate(2018, 12, 21),
    )
    page = (root / "docs/keys.md").read_text(encoding="utf-8")
    rows = [row.strip("| \n").split(" | ") for row in page.splitlines() if row.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`(\w+)", row[0])}
    assert told == set(FUNCTIONS) - {"authorsn"} | set(FILTERS)
    for formula, value in [
        ("auth", "Gur"),
        ("authors(2)", "GurRueckertEtAl"),
        ("authEtAl", "GurEtAl"),
        ("authEtal2", "Gur.etal"),
        ("authorsAlpha", "GRFH"),
        ("auth + authshort", "GurG.R.F"),
        ("authshort + year", "G.R.F+2018"),
        ("authorLast", "HakkaniTur"),
        ("authForeIni", "I"),
        ("auth + shortyear", "Gur18"),
        ("month", "dec"),
        ("title", "LearningNavigateWeb"),
        ("shorttitle", "LearningNavigateWeb"),
        ("veryshorttitle", "Learning"),
        ("arxivid", "1812.09195"),
        ("category", "cs.LG"),
        ("title.abbr", "LNW"),
    ]:
        assert KeyFormat.parse(formula).key(gur) == value
        assert value in page or formula.startswith("auth")


def test_the_library_takes_a_formula() -> None:
    text = refkit.to_bibtex([Work(record=MAATEN)], key_format="auth + year")
    assert text.startswith("@misc{vanderMaaten2008,")
