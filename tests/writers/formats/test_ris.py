"""RIS as EndNote, Mendeley and Zotero write it, and what is written of an item."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.errors import DigestError
from refkit.model import PartialDate
from refkit.writers.formats.item import TEXTS as ALL_TEXTS
from refkit.writers.formats.item import Contents, Date, Item, Name
from refkit.writers.formats.ris import read, write


def one(*lines: str) -> Item:
    (item,) = read("\n".join([*lines, "ER  - ", ""]), name="x").items
    return item


def written(**known: Any) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of an item between its type and its end, and what was lost."""
    found = write([Item(**known)])
    first, *lines, last = found.text.splitlines()
    assert first.startswith("TY  - ")
    assert last == "ER  - "
    return lines, found.lost[0]


# RIS's types by what they are called in CSL; the first is the one that is written.
TYPES = {
    "article-journal": "JOUR EJOUR JFULL ABST INPR", "article-magazine": "MGZN", "article-newspaper": "NEWS",
    "book": "BOOK EDBOOK EBOOK CLSWK SER", "chapter": "CHAP ECHAP", "paper-conference": "CONF CPAPER", "thesis": "THES",
    "report": "RPRT GOVDOC STAND", "webpage": "ELEC", "post-weblog": "BLOG", "software": "COMP",
    "dataset": "DATA AGGR DBASE", "article": "UNPB UNPD", "manuscript": "MANSCPT", "patent": "PAT", "pamphlet": "PAMP",
    "entry-encyclopedia": "ENCYC", "entry-dictionary": "DICT", "map": "MAP", "song": "SOUND MUSIC",
    "motion_picture": "MPCT", "broadcast": "VIDEO", "speech": "SLIDE", "personal_communication": "PCOMM ICOMM",
    "document": "GEN",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "own"), [(kind, own) for kind, names in TYPES.items() for own in names.split()])
def test_types(kind: str, own: str) -> None:
    for name in (own, own.lower()):
        item = one(f"TY  - {name}", "TI  - T")
        assert (item.type, item.others) == (kind, {})
    assert write([item]).text == f"TY  - {TYPES[kind].split()[0]}\nTI  - T\nER  - \n"
    assert write([item]).lost == ((),)


def test_a_type_that_csl_has_not_comes_back() -> None:
    item = one("TY  - XXXX", "TI  - T")
    assert (item.type, item.others) == ("document", {"ris:type": "XXXX"})
    assert write([item]).text == "TY  - XXXX\nTI  - T\nER  - \n"
    assert one("TY  - ", "TI  - T").others == {}


def test_names() -> None:
    item = one(
        "TY  - JOUR", "A1  - Doe, Jane, Jr.", "AU  - van der Berg, Bo", "AU  - Rot, Ada, Bo", "AU  - Plato",
        "AU  - Lot, Ada, Bo, III", "AU  - Rex, V",
        "AU  - ATLAS Collaboration", "AU  - ,", "ED  - Ed, A.", "A2  - Two, B.", "A4  - Trans, L.",
    )  # fmt: skip
    assert item.names == {
        "author": (
            Name(family="Doe", given="Jane", suffix="Jr."),
            Name(family="Berg", given="Bo", particle="van der"),
            Name(family="Rot", given="Ada, Bo"),
            Name(family="Plato"),
            Name(family="Lot", given="Ada, Bo", suffix="III"),
            Name(family="Rex", given="V"),
            Name(literal="ATLAS Collaboration"),
        ),
        "editor": (Name(family="Ed", given="A."), Name(family="Two", given="B.")),
        "translator": (Name(family="Trans", given="L."),),
    }


ROLES = {
    "CHAP": {"AU": "author", "A2": "editor", "A3": "collection-editor", "A4": "translator"},
    "BOOK": {"AU": "author", "A3": "editor", "A2": "collection-editor", "A4": "translator"},
}


@pytest.mark.parametrize(
    ("own", "tag", "role"),
    [(own, tag, role) for own, roles in ROLES.items() for tag, role in roles.items()],
)
def test_roles_a_book_has_its_editors_elsewhere(own: str, tag: str, role: str) -> None:
    item = one(f"TY  - {own}", f"{tag}  - Doe, Jane")
    assert item.names == {role: (Name(family="Doe", given="Jane"),)}
    assert written(type=item.type, names=item.names) == ([f"{tag}  - Doe, Jane"], ())


@pytest.mark.parametrize(("tag", "role"), [("A1", "author"), ("ED", "editor")])
@pytest.mark.parametrize("own", ["JOUR", "BOOK"])
def test_roles_of_older_tags(own: str, tag: str, role: str) -> None:
    assert one(f"TY  - {own}", f"{tag}  - Plato").names == {role: (Name(family="Plato"),)}


TAGS = {
    "TI": "title", "ST": "title-short", "T2": "container-title", "J2": "container-title-short",
    "T3": "collection-title", "AB": "abstract", "VL": "volume", "IS": "issue", "M1": "number", "ET": "edition",
    "PB": "publisher", "CY": "publisher-place", "SN": "ISBN", "DO": "DOI", "UR": "URL", "LA": "language", "N1": "note",
    "DB": "archive", "AN": "archive_location", "DP": "source", "CN": "call-number", "M3": "genre",
    "NV": "number-of-volumes", "SE": "section", "RN": "annote",
}  # fmt: skip
OF_TYPE = [
    *((own, *pair) for own in ("JOUR", "MGZN", "NEWS") for pair in (("C7", "number"), ("SN", "ISSN"))),
    *((own, "ET", "version") for own in ("COMP", "DATA", "UNPB")),
    ("CONF", "CY", "event-place"), ("CONF", "C1", "publisher-place"), ("RPRT", "SN", "number"),
    ("BOOK", "T2", "collection-title"), ("BOOK", "SP", "number-of-pages"), ("THES", "SP", "number-of-pages"),
]  # fmt: skip


@pytest.mark.parametrize(("own", "tag", "name"), [*(("GEN", *pair) for pair in TAGS.items()), *OF_TYPE])
def test_tags(own: str, tag: str, name: str) -> None:
    item = one(f"TY  - {own}", f"{tag}  - 12")
    assert (item.texts, item.others) == ({name: "12"}, {})
    assert written(type=item.type, texts=item.texts) == ([f"{tag}  - 12"], ())


@pytest.mark.parametrize(
    ("tag", "name"),
    [("T1", "title"), ("CT", "title"), ("BT", "title"), ("N2", "abstract"), ("JO", "container-title"),
     ("JF", "container-title"), ("JA", "container-title-short"), ("L3", "DOI"), ("M2", "note"),
     ("PP", "publisher-place")],
)  # fmt: skip
def test_tags_that_are_only_read(tag: str, name: str) -> None:
    item = one("TY  - GEN", f"{tag}  - 12")
    assert (item.texts, item.others) == ({name: "12"}, {})
    (usual,) = [usual for usual, each in TAGS.items() if each == name]
    both = one("TY  - GEN", f"{tag}  - 12", f"{usual}  - 3")
    assert (both.texts, both.others) == ({name: "3"}, {f"ris:{tag}": "12"})


@pytest.mark.parametrize(
    ("kind", "names"),
    [("article-journal", "ISBN"), ("article-magazine", "ISBN"), ("article-newspaper", "ISBN"), ("report", "ISBN"),
     ("software", "edition"), ("dataset", "edition"), ("article", "edition"), ("book", "container-title"),
     ("document", "ISSN version event-title event-place number-of-pages")],
)  # fmt: skip
def test_what_a_type_has_no_tag_for_is_told(kind: str, names: str) -> None:
    for name in names.split():
        assert written(type=kind, texts={name: "12"}) == ([], (name,))


@pytest.mark.parametrize("kind", TYPES)
def test_no_two_texts_stand_below_one_tag(kind: str) -> None:
    lines, lost = written(type=kind, texts={name: str(place) for place, name in enumerate(sorted(ALL_TEXTS))})
    assert len({line[:2] for line in lines}) == len(lines)
    assert len(lines) + len(lost) == len(ALL_TEXTS)


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        (["TY  - JOUR", "T1  - T", "JO  - J", "JA  - Jx", "IS  - 4"],
         {"title": "T", "container-title": "J", "container-title-short": "Jx", "issue": "4"}),
        (["TY  - JOUR", "SN  - 1234-5678", "C7  - e5"], {"ISSN": "1234-5678", "number": "e5"}),
        (["TY  - BOOK", "T2  - S", "SN  - 978", "SP  - 300"],
         {"collection-title": "S", "ISBN": "978", "number-of-pages": "300"}),
        (["TY  - BOOK", "SP  - 3", "EP  - 9"], {"page": "3-9"}),
        (["TY  - THES", "SP  - xii"], {"page": "xii"}),
        (["TY  - CONF", "C3  - P", "T2  - E", "CY  - Here", "C1  - There"],
         {"container-title": "P", "event-title": "E", "event-place": "Here", "publisher-place": "There"}),
        (["TY  - CONF", "T2  - Only"], {"container-title": "Only"}),
        (["TY  - CONF", "C3  - Same", "T2  - Same"], {"container-title": "Same"}),
        (["TY  - RPRT", "SN  - TR 1", "M3  - Report"], {"number": "TR 1", "genre": "Report"}),
        (["TY  - COMP", "ET  - 1.2"], {"version": "1.2"}),
        (["TY  - GEN", "N1  - one", "N1  - two"], {"note": "one two"}),
        (["TY  - GEN", "M2  - aside"], {"note": "aside"}),
        (["TY  - GEN", "SP  - 3 – 9"], {"page": "3-9"}),
        (["TY  - GEN", "AB  - long", " going on", "", "and on"], {"abstract": "long going on and on"}),
        (["TY  - GEN", "TI  - a <i>b</i>"], {"title": "a &lt;i>b&lt;/i>"}),
        (["TY  - GEN", "TI  -", "DO  - 10.1/x"], {"DOI": "10.1/x"}),
        (["TY  - GEN", "DO  - https://doi.org/10.1/x", "UR  - https://doi.org/10.1/x"],
         {"DOI": "10.1/x", "URL": "https://doi.org/10.1/x"}),
        (["TY  - GEN", "DO  - 10.1/<i>", "UR  - x/<i>", "AN  - <i>", "SN  - <i>"],
         {"DOI": "10.1/<i>", "URL": "x/<i>", "archive_location": "<i>", "ISBN": "<i>"}),
        (["TY  - GEN", "        TI - A", "  ST   - B", "   C  -"], {"title": "A", "title-short": "B C -"}),
        (["TY  - GEN", "M2  - one", "M2  - two"], {"note": "one two"}),
        (["TY  - GEN", "EP  - 9"], {"page": "9"}),
        (["TY  - BOOK", "SP  - 3--9"], {"page": "3-9"}),
        (["TY  - JOUR", "SP  - 300"], {"page": "300"}),
        (["TY  - CONF", "C3  - Only"], {"container-title": "Only"}),
    ],
)  # fmt: skip
def test_texts(lines: list[str], texts: dict[str, str]) -> None:
    item = one(*lines)
    assert (item.texts, item.others) == (texts, {})


def test_what_has_no_place_in_csl_comes_back() -> None:
    lines = ["TY  - JOUR", "TI  - T", "T1  - Other", "U1  - x", "U1  - y", "VL  - 1", "VL  - 2", "N1  - n", "M2  - m"]
    item = one(*lines)
    assert item.texts == {"title": "T", "volume": "1", "note": "n"}
    assert item.others == {"ris:T1": "Other", "ris:U1": "x\ny", "ris:VL": "2", "ris:M2": "m"}
    assert sorted(write([item]).text.splitlines()[:-1]) == sorted(lines)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["PY  - 2020"], {"issued": Date(start=PartialDate(2020))}),
        (["PY  - 2020", "DA  - 2020/03/04/"], {"issued": Date(start=PartialDate(2020, 3, 4))}),
        (["Y1  - 2020/03//", "PY  - 2020"], {"issued": Date(start=PartialDate(2020, 3))}),
        (["PY  - in press"], {"issued": Date(literal="in press")}),
        (["PY  - in press", "DA  - 2020"], {"issued": Date(start=PartialDate(2020))}),
        (["PY  - 2021", "Y1  - 2020", "DA  - 2019"], {"issued": Date(start=PartialDate(2019))}),
        (["DA  - soon", "Y1  - 2020/03//", "PY  - 2021/04//"], {"issued": Date(start=PartialDate(2020, 3))}),
        (["Y2  - 2024///", "Y2  - 2025///"], {"accessed": Date(start=PartialDate(2024))}),
        (["Y2  - 2024/01/02/"], {"accessed": Date(start=PartialDate(2024, 1, 2))}),
        (["PY  - "], {}),
    ],
)
def test_dates(lines: list[str], wanted: dict[str, Date]) -> None:
    assert one("TY  - GEN", *lines).dates == wanted


@pytest.mark.parametrize(
    ("lines", "arxiv_id", "group", "texts"),
    [
        (["TY  - UNPB", "M1  - arXiv:2310.03173 [cs.LG]", "PB  - arXiv"], "2310.03173", "cs.LG", {}),
        (["TY  - UNPB", "M1  - arXiv:2310.03173", "PB  - X"], "2310.03173", "", {"publisher": "X"}),
        (["TY  - JOUR", "N1  - arXiv: math/0309136", "N1  - n"], "math/0309136", "", {"note": "n"}),
        (["TY  - JOUR", "C7  - arXiv:2310.03173"], "2310.03173", "", {}),
        (["TY  - GEN", "AN  - ARXIV:2310.03173"], "2310.03173", "", {}),
        (["TY  - JOUR", "M1  - arXiv:2310.03173", "PB  - arXiv"], "2310.03173", "", {"publisher": "arXiv"}),
        (["TY  - UNPD", "M1  - arXiv:2310.03173", "PB  - ARXIV"], "2310.03173", "", {}),
        (["TY  - GEN", "DO  - 10.1/arXiv.2310.03173"], "", "", {"DOI": "10.1/arXiv.2310.03173"}),
        (["TY  - GEN", "N1  - see arXiv:2310.03173"], "", "", {"note": "see arXiv:2310.03173"}),
        (["TY  - GEN", "N1  - arXiv:nothing"], "", "", {"note": "arXiv:nothing"}),
        (["TY  - GEN", "DO  - 10.48550/arXiv.2310.03173"], "2310.03173", "", {"DOI": "10.48550/arXiv.2310.03173"}),
    ],
)
def test_preprints_of_arxiv(lines: list[str], arxiv_id: str, group: str, texts: dict[str, str]) -> None:
    item = one(*lines)
    assert (item.arxiv_id, item.arxiv_class, item.texts) == (arxiv_id, group, texts)


def test_keywords_stand_in_lines_or_between_semicolons() -> None:
    assert one("TY  - GEN", "KW  - owls; sleep", "KW  - owls", "KW  - rest;").keywords == ("owls", "sleep", "rest")


def test_a_record_that_is_not_ended_and_lines_outside_are_told() -> None:
    text = "\ufeffhead\r\nTY  - GEN\r\nTI  - A\r\nTY  - GEN\r\nTI  - B\r\nER  - \r\n\r\ntail\r\n"
    contents = read(text, name="x")
    assert [item.texts["title"] for item in contents.items] == ["A", "B"]
    assert [(each.line, each.reason) for each in contents.unread] == [
        (1, "a line outside of the records"),
        (4, "a record begins before the one above it has its `ER  - `"),
        (8, "a line outside of the records"),
    ]


def test_the_first_of_two_keys_counts() -> None:
    assert one("TY  - GEN", "ID  - a", "ID  - b") == Item(key="a")


def test_lines_end_in_any_way() -> None:
    for end in ("\n", "\r\n", "\r"):
        (item,) = read(end.join(["TY  - BOOK", "ID  - k", "TI  - A", "ER  -", ""]), name="x").items
        assert item == Item(key="k", type="book", texts={"title": "A"})


def test_without_a_record_it_is_an_error() -> None:
    with pytest.raises(DigestError, match=r"refs\.ris:1: there is no record that begins with `TY  - `"):
        read("TI  - T\n", name="refs.ris")
    assert read("\ufeff \n", name="x") == Contents()


@pytest.mark.parametrize(
    ("known", "lines", "lost"),
    [
        ({"type": "bill"}, [], ("type bill",)),
        ({"names": {"composer": (Name(literal="C"),)}}, [], ("composer",)),
        ({"names": {"author": (Name(literal="Owls, Inc."),)}}, ["AU  - Owls, Inc."], ("comma in author",)),
        (
            {"names": {"author": (Name(family="Gogh", given="V.", particle="van", suffix="Jr."),)}},
            ["AU  - van Gogh, V., Jr."],
            (),
        ),
        ({"texts": {"title": "a <i>b</i>"}}, ["TI  - a b"], ("markup of title",)),
        ({"texts": {"title": 'a <span class="nocase">B</span>'}}, ["TI  - a B"], ()),
        ({"texts": {"dimensions": "3"}}, [], ("dimensions",)),
        ({"type": "article-journal", "texts": {"ISBN": "1", "ISSN": "2"}}, ["SN  - 2"], ("ISBN",)),
        ({"type": "thesis", "texts": {"number-of-pages": "300", "page": "5-9"}}, ["SP  - 300"], ("page",)),
        ({"type": "book", "texts": {"page": "5-9"}}, ["SP  - 5", "EP  - 9"], ()),
        ({"texts": {"page": "5-6"}}, ["SP  - 5", "EP  - 6"], ()),
        ({"texts": {"page": "5", "volume": "3"}}, ["VL  - 3", "SP  - 5"], ()),
        ({"texts": {"page": "-6"}}, ["SP  - -6"], ()),
        ({"texts": {"page": "5-6-7"}}, ["SP  - 5-6-7"], ()),
        ({"texts": {"page": "5-"}}, ["SP  - 5-"], ()),
        ({"type": "paper-conference", "texts": {"container-title": "P"}}, ["C3  - P", "T2  - P"], ()),
        (
            {"type": "paper-conference", "texts": {"container-title": "P", "event-title": "E"}},
            ["C3  - P", "T2  - E"],
            (),
        ),
        ({"dates": {"submitted": Date(start=PartialDate(2024))}}, [], ("submitted",)),
        (
            {"dates": {"issued": Date(start=PartialDate(2024), end=PartialDate(2025))}},
            ["PY  - 2024"],
            ("end of the date",),
        ),
        (
            {"dates": {"accessed": Date(start=PartialDate(2024), circa=True)}},
            ["Y2  - 2024///"],
            ("precision of the date",),
        ),
        (
            {"dates": {"issued": Date(start=PartialDate(2024), season=1)}},
            ["PY  - 2024", "DA  - 2024///spring"],
            (),
        ),
        ({"dates": {"issued": Date(literal="in press")}}, ["PY  - in press"], ()),
        ({"dates": {"issued": Date(start=PartialDate(999))}}, ["PY  - 0999"], ()),
        (
            {"dates": {"issued": Date(start=PartialDate(2024, 3), circa=True)}},
            ["PY  - 2024", "DA  - 2024/03//"],
            ("precision of the date",),
        ),
        ({"dates": {"accessed": Date(literal="today")}}, ["Y2  - today"], ()),
        ({"type": "article", "arxiv_id": "2310.03173"}, ["PB  - arXiv", "M1  - arXiv:2310.03173"], ()),
        (
            {"type": "article", "arxiv_id": "2310.03173", "texts": {"publisher": "X", "number": "5"}},
            ["PB  - X", "M1  - 5", "N1  - arXiv:2310.03173"],
            (),
        ),
        (
            {"type": "article-journal", "arxiv_id": "2310.03173", "arxiv_class": "cs.LG"},
            ["N1  - arXiv:2310.03173 [cs.LG]"],
            (),
        ),
        ({"key": "k", "keywords": ("b", "a")}, ["ID  - k", "KW  - b", "KW  - a"], ()),
        ({"others": {"ris:type": "XXXX", "bib:file": "a.pdf", "ris:U1": "x\ny"}}, ["U1  - x", "U1  - y"], ("file",)),
    ],
)
def test_what_is_written_and_what_has_no_place(known: dict[str, Any], lines: list[str], lost: tuple[str, ...]) -> None:
    assert written(**known) == (lines, lost)
