"""Each function and each filter of a key format by itself, with and without its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.model import ArxivRecord, Author, PartialDate
from refkit.writers.key_format import KeyFormat
from refkit.writers.key_terms import FILTERS, FUNCTIONS, safe

FAMILIES = ("Gur", "Rueckert", "Faust", "Hakkani-Tur", "van der Berg")
TITLE = "Learning to Navigate the web of B-Coder"


def record(people: int = 1, **known: Any) -> ArxivRecord:
    given = {
        "arxiv_id": "1812.09195",
        "title": TITLE,
        "authors": tuple(Author(each, "Ada") for each in FAMILIES[:people]),
        "categories": ("cs.LG", "stat.ML"),
        "submitted": PartialDate(2018, 12, 21),
    }
    return ArxivRecord(**{**given, **known})


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("auth", ["", "Gur", "Gur", "Gur", "Gur", "Gur"]),
        ("authors", ["", "Gur", "GurRueckert", "GurRueckertFaust", "GurRueckertFaustHakkaniTur",
                     "GurRueckertFaustHakkaniTurvanderBerg"]),
        ("authorsn", ["", "Gur", "GurRueckert", "GurRueckertFaust", "GurRueckertFaustHakkaniTur",
                      "GurRueckertFaustHakkaniTurvanderBerg"]),
        ("authEtAl", ["", "Gur", "GurRueckert", "GurEtAl", "GurEtAl", "GurEtAl"]),
        ("authEtal2", ["", "Gur", "Gur.Rueckert", "Gur.etal", "Gur.etal", "Gur.etal"]),
        ("authshort", ["", "Gur", "G.R", "G.R.F", "G.R.F+", "G.R.F+"]),
        ("authorsAlpha", ["", "Gur", "GR", "GRF", "GRFH", "GRF+"]),
        ("authorLast", ["", "Gur", "Rueckert", "Faust", "HakkaniTur", "vanderBerg"]),
        ("authForeIni", ["", "A", "A", "A", "A", "A"]),
    ],
)  # fmt: skip
def test_names_of_none_to_five_authors(name: str, wanted: list[str]) -> None:
    assert [FUNCTIONS[name].call(record(people)) for people in range(6)] == wanted


def test_the_label_of_one_author_has_three_letters() -> None:
    assert FUNCTIONS["authorsAlpha"].call(record(authors=(Author("Rueckert", "Ulrich"),))) == "Rue"


@pytest.mark.parametrize(
    ("author", "name"),
    [
        (Author("Hakkani-Tur", "Dilek"), "HakkaniTur"),
        (Author("O'Brien", "A"), "OBrien"),
        (Author("O’Neill ‘t Hooft", "A"), "ONeilltHooft"),
        (Author("D`Arcy Jr.", "A"), "DArcyJr"),
        (Author("Şchölkopf", "B"), "Scholkopf"),
        (Author(literal="ATLAS Collaboration"), "ATLASCollaboration"),
        (Author(given="Plato"), "Plato"),
        (Author(family="Gur", given="x", literal="y"), "Gur"),
    ],
)
def test_a_name_is_written_without_blanks_and_signs(author: Author, name: str) -> None:
    assert FUNCTIONS["auth"].call(record(authors=(author,))) == name


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("auth(1)", "R"),
        ("auth(2)", "Ru"),
        ("auth(99)", "Rueckert"),
        ("auth(0)", "Rueckert"),
        ("auth(-1)", "Rueckert"),
        ("auth(0, 1)", "Rueckert"),
        ("auth(2, 2)", "Gu"),
        ("auth(0, 3)", "Faust"),
        ("auth(0, 4) | 'none4'", "none4"),
        ("auth(0, 0) | 'none0'", "none0"),
        ("auth(0, -1) | 'none0'", "none0"),
        ("authors(0)", "RueckertGurFaust"),
        ("authors(1)", "RueckertEtAl"),
        ("authors(2)", "RueckertGurEtAl"),
        ("authors(3)", "RueckertGurFaust"),
        ("authors(4)", "RueckertGurFaust"),
        ("authors(-1)", "RueckertGurFaust"),
        ("authors(0, 1) + 'x123'", "RGFx123"),
        ("authors(2, 2)", "RuGuEtAl"),
        ("authors(0, 0)", "RueckertGurFaust"),
        ("authors(0, -1)", "RueckertGurFaust"),
        ("authorsn(1)", "RueckertEtAl"),
        ("authorsn(n=2)", "RueckertGurEtAl"),
        ("authors(m=1, n=1)", "REtAl"),
        ("shorttitle", "LearningNavigateweb"),
        ("shorttitle(1)", "Learning"),
        ("shorttitle(4)", "LearningNavigatewebBCoder"),
        ("shorttitle(0) | 'none'", "none"),
        ("shorttitle(-1) | 'none'", "none"),
        ("shorttitle(3, 2)", "LearningNavigateweb"),
        ("shorttitle(3, 3)", "LearningNavigateWeb"),
        ("shorttitle(m=3)", "LearningNavigateWeb"),
        ("veryshorttitle", "Learning"),
        ("veryshorttitle(2)", "LearningNavigate"),
        ("veryshorttitle(0) | 'none'", "none"),
        ("veryshorttitle(3, 3)", "LearningNavigateWeb"),
        ("title", "LearningNavigateWebBCoder"),
        ("title.condense('_')", "Learning_Navigate_Web_BCoder"),
        ("shorttitle.condense('_')", "Learning_Navigate_web"),
        ("category", "cs.LG"),
        ("arxivid", "1812.09195"),
        ("'x' + year", "x2018"),
        ("'x' + shortyear", "x18"),
        ("'a-key' + month", "a-keydec"),
    ],
)
def test_the_numbers_of_a_function(formula: str, wanted: str) -> None:
    authors = (Author("Rueckert", "Ulrich"), Author("Gur", "Izzeddin"), Author("Faust", "Aleksandra"))
    assert KeyFormat.parse(formula).key(record(authors=authors)) == wanted


def test_small_letters_at_the_start_of_a_short_title_stay_unless_a_capital_is_asked_for() -> None:
    small = record(title="learning of gRPC words")
    for name in ("shorttitle", "veryshorttitle"):
        assert FUNCTIONS[name].call(small, n=2) == "learning gRPC"
        assert FUNCTIONS[name].call(small, n=2, m=1) == "Learning gRPC"
        assert FUNCTIONS[name].call(small, n=2, m=2) == "Learning GRPC"
    assert FUNCTIONS["title"].call(small) == "Learning GRPC Words"


def test_a_title_of_stop_words_alone_keeps_them() -> None:
    assert FUNCTIONS["title"].call(record(title="To Be or Not to Be")) == "To Be Or Not To Be"
    assert FUNCTIONS["title"].call(record(title="")) == ""


@pytest.mark.parametrize("name", ["year", "shortyear", "month"])
def test_of_an_unknown_date_there_is_nothing(name: str) -> None:
    assert FUNCTIONS[name].call(record(submitted=None)) == ""
    assert FUNCTIONS[name].call(record(submitted=PartialDate())) == ""


def test_of_a_year_alone_there_is_no_month() -> None:
    assert FUNCTIONS["month"].call(record(submitted=PartialDate(2018))) == ""
    assert FUNCTIONS["year"].call(record(submitted=PartialDate(476))) == "0476"


def test_months_have_the_names_of_bibtex() -> None:
    months = [FUNCTIONS["month"].call(record(submitted=PartialDate(2018, month))) for month in range(1, 13)]
    assert months == ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def test_without_a_category_there_is_none_and_the_id_has_no_version() -> None:
    assert FUNCTIONS["category"].call(record(categories=())) == ""
    assert FUNCTIONS["arxivid"].call(record(arxiv_id="1812.09195v2")) == "1812.09195"


@pytest.mark.parametrize(
    ("name", "given", "text", "wanted"),
    [
        ("lower", {}, "Deep Ärger", "deep ärger"),
        ("upper", {}, "Deep ärger", "DEEP ÄRGER"),
        ("capitalize", {}, "deep gRPC  nets", "Deep GRPC Nets"),
        ("ascii", {}, "Şchölkopf Пётр", "Scholkopf Petr"),
        ("fold", {}, "Şchölkopf Пётр", "Scholkopf Petr"),
        ("transliterate", {}, "Şchölkopf Пётр", "Scholkopf Petr"),
        ("clean", {}, "Şch ö{,}l:k.o_p/f+1-2", "Schol:k.o_p/f+1-2"),
        ("alphanum", {}, "a-b_c d, é1! ", "abc d é1 "),
        ("nopunct", {}, "a-b_c d, é1!", "a-b_c d é1"),
        ("abbr", {}, "Deep neural Nets", "DnN"),
        ("abbr", {"chars": 2}, "Deep neural N", "DeneN"),
        ("abbr", {"chars": 0}, "Deep neural Nets", ""),
        ("abbr", {"chars": -1}, "Deep neural Nets", ""),
        ("skipwords", {}, "Learning to navigate The Web", "Learning navigate Web"),
        ("skipwords", {}, "To the", ""),
        ("select", {}, "a b c d", "a b c d"),
        ("select", {"start": 2}, "a b c d", "b c d"),
        ("select", {"start": 1, "n": 1}, "a b c d", "a"),
        ("select", {"start": 2, "n": 2}, "a b c d", "b c"),
        ("select", {"start": 4, "n": 2}, "a b c d", "d"),
        ("select", {"start": 5}, "a b c d", ""),
        ("select", {"start": 0, "n": 2}, "a b c d", "a b"),
        ("select", {"start": -1}, "a b c d", "d"),
        ("select", {"start": -3, "n": 2}, "a b c d", "b c"),
        ("select", {"start": -9, "n": 2}, "a b c d", "a b"),
        ("select", {"n": -1}, "a b c d", "a b c d"),
        ("substring", {}, "abcd", "abcd"),
        ("substring", {"start": 1, "n": 1}, "abcd", "a"),
        ("substring", {"start": 2, "n": 2}, "abcd", "bc"),
        ("substring", {"start": 3}, "abcd", "cd"),
        ("substring", {"start": 0, "n": 2}, "abcd", "ab"),
        ("substring", {"start": 5}, "abcd", ""),
        ("substring", {"n": -1}, "abcd", "abcd"),
        ("condense", {}, "Deep neural Nets", "DeepneuralNets"),
        ("condense", {"sep": "-"}, "Deep  neural Nets", "Deep-neural-Nets"),
        ("replace", {"find": "VAN", "replace": "von "}, "van der Vank", "von  der von k"),
        ("replace", {"find": ".", "replace": "_"}, "a.b", "a_b"),
        ("replace", {"find": "b", "replace": "\\1"}, "abc", "a\\1c"),
        ("replace", {"find": "b"}, "abc", "ac"),
        ("replace", {"replace": "x"}, "abc", "abc"),
        ("replace", {}, "abc", "abc"),
        ("prefix", {"prefix": "_"}, "abc", "_abc"),
        ("prefix", {"prefix": "_"}, "", ""),
        ("prefix", {}, "abc", "abc"),
        ("postfix", {"postfix": "_"}, "abc", "abc_"),
        ("postfix", {"postfix": "_"}, "", ""),
        ("postfix", {}, "abc", "abc"),
        ("default", {"text": "none"}, "", "none"),
        ("default", {"text": "none"}, "abc", "abc"),
        ("default", {}, "", ""),
    ],
)
def test_a_filter(name: str, given: dict[str, Any], text: str, wanted: str) -> None:
    assert FILTERS[name].call(text, **given) == wanted
    assert given.keys() <= FILTERS[name].parameters.keys()


def test_arguments_without_names_go_in_their_order() -> None:
    for formula, wanted in [
        ("title.select(2, 1)", "Navigate"),
        ("title.select(n=1, start=2)", "Navigate"),
        ("title.substring(2, 3)", "ear"),
        ("title.substring(n=3, start=2)", "ear"),
        ("title.abbr(2)", "LeNaWeBC"),
        ("title.abbr(chars=2)", "LeNaWeBC"),
        ("auth.replace('u', 'oo')", "Goor"),
        ("auth.condense(sep='-').prefix('a-').postfix('-b')", "a-Gur-b"),
        ("auth.replace('Gur', '').default('none')", "none"),
        ("auth.prefix(prefix='a-').postfix(postfix='-b')", "a-Gur-b"),
        ("auth.replace('Gur', '').default(text='none')", "none"),
    ]:
        assert KeyFormat.parse(formula).key(record()) == wanted


def test_a_key_holds_only_what_tex_biber_and_shells_take() -> None:
    every = "".join(map(chr, range(32, 127)))
    assert safe(every) == "+-./0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    assert safe("Straße Ñandú 中") == "StrasseNandu"
