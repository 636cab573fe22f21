"""What is written is read back as it was: names, texts, dates and whole entries, in every format that is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string as bib_parse
from bibtexparser.middlewares.names import split_multiple_persons_names
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from pybtex.database import parse_string as pybtex_parse

from refkit.model import PartialDate
from refkit.writers.formats.converting import READABLE, read_items, write_items
from refkit.writers.formats.item import DATES as DATE_VARIABLES
from refkit.writers.formats.item import ROLES, TEXTS, TYPES, Date, Item, Name, name_of, squeeze
from refkit.writers.formats.rich import escaped, parts, plain, to_tex, unescaped, without_nocase
from refkit.writers.formats.tex_reading import from_tex

BIB = ("bibtex", "biblatex")
LOOSE = settings(deadline=None, suppress_health_check=list(HealthCheck))


def again(items: list[Item], to: str, source: str = "bibtex") -> list[Item]:
    written = write_items(items, to=to, source=source)
    contents = read_items(written.text, format=to, name="again")
    assert not contents.unread, (contents.unread, written.text)
    return list(contents.items)


def item(**known: Any) -> Item:
    return Item(**{"key": "key1", "type": "article-journal", "texts": {"title": "A title"}, **known})


NAMES = [
    Name(family="Maaten", given="Laurens", particle="van der"),
    Name(family="Gogh", given="Vincent", particle="van"),
    Name(family="Cruz", given="José", particle="de la"),
    Name(family="Le Lan", given="Charline"),
    Name(family="King", given="Martin Luther", suffix="Jr."),
    Name(family="Taïga", given="Adrien Ali"),
    Name(family="Ó Briain", given="Éamon"),
    Name(family="Nguyễn", given="Văn"),
    Name(family="hooks", given="bell"),
    Name(family="李", given="明"),
    Name(family="Достоевский", given="Фёдор"),
    Name(family="Plato"),
    Name(literal="ATLAS Collaboration"),
    Name(literal="Barnes and Noble"),
    Name(literal="Éditions du Seuil"),
]


@pytest.mark.parametrize("to", READABLE)
@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.literal or name.family)
def test_names_come_back(name: Name, to: str) -> None:
    people = (name, Name(family="Next", given="One"))
    (read,) = again([item(names={"author": people, "editor": people[::-1]})], to)
    assert read.names == {"author": people, "editor": people[::-1]}


@pytest.mark.parametrize("to", ["bibtex", "biblatex", "csl-json", "jsonl"])
@pytest.mark.parametrize(
    "name",
    [
        Name(literal="A, B and C, Inc."),
        Name(literal="Plato"),
        Name(literal="others"),
        Name(family="Rock and Roll", given="X"),
        Name(family="Many", given="a, b"),
    ],
    ids=str,
)
def test_names_that_would_be_divided_stay_whole(name: Name, to: str) -> None:
    (read,) = again([item(names={"author": (Name(family="First", given="A"), name)})], to)
    assert read.names["author"] == (Name(family="First", given="A"), name)


@pytest.mark.parametrize("to", BIB)
def test_bibtexparser_and_pybtex_count_the_same_names(to: str) -> None:
    text = write_items([item(names={"author": tuple(NAMES)})], to=to).text
    (entry,) = bib_parse(text).entries
    assert len(split_multiple_persons_names(entry["author"])) == len(NAMES)
    (other,) = pybtex_parse(text, "bibtex").entries.values()
    assert len(other.persons["author"]) == len(NAMES)
    assert str(other.persons["author"][0]) == "van der Maaten, Laurens"


@pytest.mark.parametrize("to", READABLE)
def test_ten_thousand_authors_and_a_long_abstract(to: str) -> None:
    people = tuple(Name(family=f"Müller{number}", given="Zoë") for number in range(10_000))
    long = "Ünïcode and $x_i^2$ in a long text. " * 5_000
    (read,) = again([item(names={"author": people}, texts={"title": "T", "abstract": long.strip()})], to)
    assert read.names["author"] == people
    assert read.texts["abstract"] == long.strip()


WORD = st.text(
    st.one_of(
        st.characters(codec="latin-1", categories=["L", "N", "S", "P"], exclude_characters="\\$'´ª²³¹º¼½¾·¸¨¯"),
        st.sampled_from("αβΣ→∞≤日本語Жш&%#_^~{}<>|–—‘“”"),
    ),
    min_size=1,
    max_size=8,
).map(lambda text: unicodedata.normalize("NFC", text))
PLAIN = st.lists(WORD, min_size=1, max_size=6).map(" ".join).filter(lambda text: not re.search(r"&\w*;|<[^ ]*>", text))
MATH = st.sampled_from([r"$\mathcal{B}$", r"$x_i^2$", "$n$", r"$\frac{a}{b}$", r"$\sqrt{s}=13$"])
RICH = st.lists(st.one_of(PLAIN, MATH, PLAIN.map(lambda text: f"<i>{text}</i>")), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("ascii_only", [True, False])
@LOOSE
@given(text=RICH)
def test_text_comes_back_from_tex(text: str, ascii_only: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert from_tex(to_tex(text, ascii_only=ascii_only), title=True) == text


@pytest.mark.parametrize("ascii_only", [True, False])
@given(text=st.text("-–—`‘“'”?!¿¡a ", max_size=8))
def test_runs_of_dashes_and_quotes_come_back(text: str, ascii_only: bool) -> None:  # noqa: FBT001 - as above
    assert from_tex(to_tex(text, ascii_only=ascii_only)) == squeeze(text)


@LOOSE
@given(st.text(max_size=40))
def test_whatever_is_read_as_tex_is_written_so_that_it_reads_the_same(tex: str) -> None:
    once = from_tex(tex)
    written = to_tex(once, ascii_only=False)
    assert from_tex(written) == once
    assert written.count("{") - written.count(r"\{") == written.count("}") - written.count(r"\}")


@given(
    st.lists(st.sampled_from(["<i>", "&lt;", "&amp;", "lt;", "</i>", '<span class="nocase">', "a", "<", "&"])).map(
        "".join
    )
)
def test_a_literal_tag_is_none(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert all(part.kind == "text" for part in parts(escaped(text)))
    assert plain(escaped(text)) == text


@pytest.mark.parametrize("to", ["biblatex", "csl-json", "jsonl"])
@pytest.mark.parametrize(("number", "season", "circa"), [("21", 1, False), ("24", 4, False), ("22?", 2, True)])
def test_a_season_comes_back(number: str, season: int, circa: bool, to: str) -> None:  # noqa: FBT001 - as above
    (read,) = read_items(
        f"@article{{key1, title = {{A}}, date = {{2024-{number}}}}}", format="biblatex", name="x"
    ).items
    assert read.dates["issued"] == Date(start=PartialDate(2024), season=season, circa=circa)
    (back,) = again([read], to)
    assert back.dates == read.dates


SAFE = st.text(st.characters(categories=["Lu", "Ll"], codec="latin-1", exclude_characters="ªº"), min_size=1, max_size=8)
AUTHORS = st.lists(
    st.builds(lambda family, given: name_of(family=family.capitalize(), given=given.capitalize()), SAFE, SAFE),
    min_size=1,
    max_size=4,
).map(lambda names: tuple(name for name in names if name))
DATES = st.builds(
    lambda date: Date(start=PartialDate(date.year, date.month, date.day)),
    st.dates().filter(lambda date: date.year > 999),
)
FIELDS = {
    "article-journal": ["container-title", "volume", "issue", "page", "ISSN"],
    "paper-conference": ["container-title", "publisher", "volume", "page"],
    "book": ["publisher", "publisher-place", "edition", "ISBN"],
    "chapter": ["container-title", "publisher", "page", "edition"],
    "thesis": ["publisher", "genre"],
    "report": ["publisher", "number", "genre"],
    "webpage": ["language"],
    "software": ["version", "publisher"],
    "dataset": ["version", "publisher"],
    "article": [],
    "manuscript": ["note"],
}
VALUES = {"volume": "12", "issue": "3", "page": "45-67", "ISSN": "1234-5678", "ISBN": "978-3-16-148410-0",
          "edition": "2", "number": "TR-7", "version": "1.2", "language": "en"}  # fmt: skip


@st.composite
def whole_items(draw: st.DrawFn) -> Item:
    kind = draw(st.sampled_from(sorted(FIELDS)))
    some = draw(st.sets(st.sampled_from(FIELDS[kind]))) if FIELDS[kind] else set()
    texts = {name: VALUES.get(name) or draw(SAFE) for name in sorted(some)}
    preprint = kind == "article" or draw(st.booleans())
    return Item(
        key=draw(st.from_regex(r"(?a)\A[a-z][a-z0-9:_-]{0,10}\Z")),
        type=kind,
        names={"author": draw(AUTHORS)},
        dates={"issued": draw(DATES)},
        texts={"title": draw(PLAIN), "DOI": "10.1000/a_b(1)", "URL": "https://x.org/a%20b?c=1&d=~e_f#g", **texts},
        keywords=tuple(draw(st.lists(SAFE, unique=True, max_size=3))),
        arxiv_id="2401.00001" if preprint and kind in ("article", "article-journal", "paper-conference") else "",
        arxiv_class="cs.LG" if preprint and kind in ("article", "article-journal", "paper-conference") else "",
    )


@pytest.mark.parametrize("to", ["biblatex", "csl-json", "ris", "jsonl"])
@LOOSE
@given(wanted=whole_items())
def test_whole_entries_come_back(wanted: Item, to: str) -> None:
    if to == "biblatex" and wanted.type == "article-journal" and not wanted.texts.get("container-title"):
        return  # an article without a journal that is on arXiv is a preprint, whatever it is called
    (read,) = again([wanted], to)
    assert read == wanted


def one_thing(kind: str) -> Iterator[tuple[str, Item]]:
    """Yield an item with one thing besides its title for each thing that CSL has, by its name."""
    bare = Item(key="k", type=kind, texts={"title": "t"})
    day = PartialDate(2024, 3, 4)
    for name in sorted(TEXTS - {"title"}):
        yield name, structs.replace(bare, texts={"title": "t", name: "12"})
    for name in sorted(ROLES):
        yield name, structs.replace(bare, names={name: (Name(family="Doe", given="Jane"),)})
    for name in sorted(DATE_VARIABLES):
        for date in (Date(start=day), Date(start=day, end=PartialDate(2025)), Date(start=PartialDate(2024), season=2)):
            yield name, structs.replace(bare, dates={name: date})
    yield "arxiv", structs.replace(bare, arxiv_id="2401.00001", arxiv_class="cs.LG")
    yield "keyword", structs.replace(bare, keywords=("a", "b"))


# What comes back as something else without a word: an article with an id and no journal is a preprint for .bib files,
# which also call each thesis one of two; RIS has one field for an event and its proceedings, and for pages of books.
TAKEN_OTHERWISE = {
    ("bibtex", "thesis", None), *((to, kind, "archive_location") for to in BIB for kind in ("document", "manuscript")),
    *((to, kind, "arxiv") for to in BIB for kind in TYPES if kind.startswith("article-")),
    *((to, kind, "arxiv") for to in BIB for kind in ("document", "manuscript", "webpage")),
    ("ris", "paper-conference", "event-title"), ("ris", "book", "page"), ("ris", "thesis", "page"),
}  # fmt: skip


@pytest.mark.parametrize("to", READABLE)
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_whatever_does_not_come_back_is_told(kind: str, to: str) -> None:
    for name, wanted in one_thing(kind):
        written = write_items([wanted], to=to)
        (read,) = read_items(written.text, format=to, name="again").items
        if not written.lost[0] and not {(to, kind, name), (to, kind, None)} & TAKEN_OTHERWISE:
            assert structs.replace(read, others={}) == wanted, name


@LOOSE
@given(wanted=whole_items())
def test_from_bib_through_csl_to_bib_all_that_both_know_stays(wanted: Item) -> None:
    first = write_items([wanted], to="biblatex").text
    (read,) = read_items(first, format="biblatex", name="x").items
    (through,) = again([read], "csl-json")
    (back,) = again([through], "biblatex", source="csl-json")
    assert without_nocase(back.texts["title"]) == without_nocase(read.texts["title"])
    assert {**back.texts, "title": ""} == {**read.texts, "title": ""}
    assert (back.key, back.type, back.names, back.dates, back.keywords) == (
        read.key, read.type, read.names, read.dates, read.keywords)  # fmt: skip


@pytest.mark.parametrize("to", BIB)
@LOOSE
@given(wanted=st.lists(whole_items(), max_size=4))
def test_bibtexparser_and_pybtex_read_what_is_written(wanted: list[Item], to: str) -> None:
    written = write_items(wanted, to=to)
    library = bib_parse(written.text)
    assert not library.failed_blocks
    others = pybtex_parse(written.text, "bibtex").entries
    assert [entry.key for entry in library.entries] == list(others)
    assert len(others) == len(wanted)
    for entry, each in zip(library.entries, wanted, strict=True):
        assert from_tex(others[entry.key].fields["title"]) == from_tex(entry["title"]) == each.texts["title"]
        assert entry["url"] == each.texts["URL"]
