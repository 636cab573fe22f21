"""A .bib file as items: types, fields, preprints, names and what is broken."""

from __future__ import annotations

from typing import Any

import pytest

from refkit.errors import DigestError
from refkit.model import PartialDate
from refkit.writers.formats.bib_reading import read
from refkit.writers.formats.item import Contents, Date, Item, Name


def all_of(text: str) -> Contents:
    return read(text, name="refs.bib")


def one(text: str) -> Item:
    (item,) = all_of(text).items
    return item


@pytest.mark.parametrize(
    ("entry", "kind", "others"),
    [
        ("@article{k, journal={J}}", "article-journal", {}),
        ("@article{k, journal={J}, entrysubtype={Magazine}}", "article-magazine", {}),
        ("@article{k, journal={J}, entrysubtype={newspaper}}", "article-newspaper", {}),
        ("@article{k, journal={J}, eprint={2310.03173}}", "article-journal", {}),
        ("@article{k, eprint={2310.03173}}", "article", {}),
        ("@article{k, journal={arXiv preprint arXiv:2310.03173}}", "article", {}),
        ("@BOOK{k, x={}}", "book", {}),
        ("@manual{k, x={}}", "book", {"bib:entrytype": "manual"}),
        ("@inbook{k, x={}}", "chapter", {"bib:entrytype": "inbook"}),
        ("@conference{k, x={}}", "paper-conference", {"bib:entrytype": "conference"}),
        ("@misc{k, x={}}", "document", {}),
        ("@misc{k, eprint={x/1}, eprinttype={hal}}", "article", {}),
        ("@online{k, url={x}}", "webpage", {}),
        ("@unpublished{k, note={n}}", "manuscript", {}),
        ("@unpublished{k, eprint={math/0309136}}", "article", {"bib:entrytype": "unpublished"}),
        ("@nosuchtype{k, x={}}", "document", {"bib:entrytype": "nosuchtype"}),
    ],
)
def test_types(entry: str, kind: str, others: dict[str, str]) -> None:
    item = one(entry)
    assert (item.type, item.others) == (kind, others)


@pytest.mark.parametrize(
    ("fields", "arxiv_id", "arxiv_class"),
    [
        ("eprint={2310.03173v2}, archiveprefix={arXiv}, primaryclass={cs.LG}", "2310.03173", "cs.LG"),
        ("eprint={2310.03173}, eprinttype={arxiv}, eprintclass={cs.LG}", "2310.03173", "cs.LG"),
        ("eprint={arXiv:2310.03173}", "2310.03173", ""),
        ("eprint={2310.03173}, eprinttype={hal}", "", ""),
        ("journal={CoRR}, volume={abs/2310.03173}", "2310.03173", ""),
        ("journaltitle={ArXiv e-prints, arXiv:2310.03173}", "2310.03173", ""),
        ("doi={https://doi.org/10.48550/arXiv.2310.03173}", "2310.03173", ""),
        ("doi={10.1000/2310.03173}", "", ""),
        ("title={T}", "", ""),
    ],
)
def test_preprints_of_arxiv(fields: str, arxiv_id: str, arxiv_class: str) -> None:
    item = one(f"@article{{k, {fields}}}")
    assert (item.arxiv_id, item.arxiv_class) == (arxiv_id, arxiv_class)
    assert item.texts.get("version", "") == ("2" if "v2" in fields else "")
    assert "container-title" not in item.texts
    assert not [name for name in item.others if name in ("bib:eprint", "bib:journal", "bib:volume")]


@pytest.mark.parametrize(
    ("entry", "genre"),
    [
        ("@phdthesis{k, school={MIT}}", "PhD thesis"),
        ("@mastersthesis{k, school={MIT}}", "Master's thesis"),
        ("@thesis{k, institution={MIT}, type={mathesis}}", "Master's thesis"),
        ("@thesis{k, institution={MIT}, type={Habilitation}}", "Habilitation"),
        ("@phdthesis{k, school={MIT}, type={Dr. thesis}}", "Dr. thesis"),
    ],
)
def test_theses(entry: str, genre: str) -> None:
    assert one(entry).texts == {"publisher": "MIT", "genre": genre}


@pytest.mark.parametrize(
    ("entry", "texts"),
    [
        ("@book{k, title={A}, subtitle={B}}", {"title": "A: B"}),
        ("@book{k, title={Why?}, subtitle={B}}", {"title": "Why? B"}),
        (
            "@inproceedings{k, booktitle={P}, booksubtitle={Q}}",
            {"container-title": "P: Q"},
        ),
        ("@article{k, journaltitle={J}, journalsubtitle={S}}", {"container-title": "J: S"}),
        ("@article{k, journal={J}, pages={1--3, 5 -- 7}}", {"container-title": "J", "page": "1-3, 5-7"}),
        (
            "@article{k, number={3}, issue={Spring}, eid={e5}}",
            {"issue": "3", "collection-number": "Spring", "number": "e5"},
        ),
        ("@techreport{k, institution={NASA}, number={TR 1}}", {"publisher": "NASA", "number": "TR 1"}),
        ("@online{k, organization={W3C}}", {"container-title": "W3C"}),
        ("@manual{k, organization={GNU}, address={Here}}", {"publisher": "GNU", "publisher-place": "Here"}),
        ("@book{k, doi={doi: 10.1/x}, isbn={1 2}}", {"DOI": "10.1/x", "ISBN": "1 2"}),
        (
            r"@misc{k, url={\url{https://x.org/a\_b\%20c\~{}d{\_}e$\sim$f}}}",
            {"URL": "https://x.org/a_b%20c~d_e~f"},
        ),
        (r"@misc{k, howpublished={\url{https://x.org/a_b}}}", {"medium": "https://x.org/a_b"}),
        ("@misc{k, note={}}", {}),
    ],
)
def test_fields(entry: str, texts: dict[str, str]) -> None:
    assert one(entry).texts == texts


def test_dates_of_an_event_of_a_visit_and_of_the_original() -> None:
    item = one("@online{k, urldate={2024-01-02}, eventdate={2024-05/2024-06}, origdate={1900}, year={2024}, month=may}")
    assert item.dates == {
        "issued": Date(start=PartialDate(2024, 5)),
        "accessed": Date(start=PartialDate(2024, 1, 2)),
        "event-date": Date(start=PartialDate(2024, 5), end=PartialDate(2024, 6)),
        "original-date": Date(start=PartialDate(1900)),
    }
    assert item.others == {}


def test_what_a_date_cannot_say_stays_as_it_is_written() -> None:
    item = one("@article{k, year=2024, month={jan--feb}, day={7th}, file={a.pdf}}")
    assert item.others == {"bib:month": "jan--feb", "bib:day": "7th", "bib:file": "a.pdf"}


@pytest.mark.parametrize("name", ["keywords", "keyword"])
def test_keywords(name: str) -> None:
    assert one(f"@misc{{k, {name}={{owls; sleep, R\\&D, owls,}}}}").keywords == ("owls", "sleep", "R&D")


def test_abbreviations_are_written_out_and_the_later_of_two_counts() -> None:
    text = '@string{J = "old"}\n@string{j = "Journal"}\n@article{k, journal = J # " of Owls", title = unknown # {!}}'
    item = one(text)
    assert item.texts == {"container-title": "Journal of Owls", "title": "unknown!"}


def test_preambles_and_comments_are_no_entries() -> None:
    contents = all_of('\ufeff@preamble{"\\newcommand{\\x}{y}"}\r\n@comment{x}\rtext\r\n@book{k, title={T}}\r\n')
    assert [item.key for item in contents.items] == ["k"]
    assert contents.unread == ()


def test_parents_lend_and_what_only_lends_is_no_entry() -> None:
    text = """@inproceedings{child, title = {C}, crossref = {PARENT}, xdata = {press}}
@xdata{press, publisher = {ACM}}
@proceedings{parent, title = {P}, editor = {Ed, A.}}
"""
    child, parent = all_of(text).items
    assert child.texts == {"title": "C", "container-title": "P", "publisher": "ACM"}
    assert child.names == {"editor": (Name(family="Ed", given="A."),)}
    assert child.others == {"bib:crossref": "PARENT"}
    assert parent.key == "parent"


def test_a_set_of_entries_is_told() -> None:
    contents = all_of("@book{a, title={T}}\n\n@set{both, entryset={a,b}}\n")
    assert [item.key for item in contents.items] == ["a"]
    assert [(each.line, each.reason) for each in contents.unread] == [
        (3, "a @set of other entries, which no other format has; it is left out (both)")
    ]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("@article{b, title = {no end", "a broken entry: unexpectedly reached end of file"),
        ("@article{b title = {T}}", "a broken entry: expected comma after entry key, but found ="),
    ],
)
def test_a_broken_entry_is_told_and_the_others_are_read(broken: str, reason: str) -> None:
    contents = all_of(f"@book{{a, title={{T}}}}\n{broken}\n")
    assert [item.key for item in contents.items] == ["a"]
    assert [(each.line, each.reason) for each in contents.unread] == [(2, reason)]


def test_a_field_that_stands_twice_is_told_and_the_first_counts() -> None:
    contents = all_of("@book{a,\n title={First},\n title={Second}}\n")
    assert contents.items[0].texts == {"title": "First"}
    (told,) = contents.unread
    assert told.line == 1
    assert told.reason.endswith("duplicate field keys on entry: 'title'; it is converted all the same")


def test_two_entries_of_one_key_are_both_read() -> None:
    contents = all_of("@book{a, title={First}}\n@book{a, title={Second}}\n")
    assert [item.texts["title"] for item in contents.items] == ["First", "Second"]
    assert [each.line for each in contents.unread] == [2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("just text", "refs.bib:1: there is no entry like `@article{key, title = {...}}`; correct it, or name"),
        ("\n@article{b, title = {no end", "refs.bib:2: a broken entry: unexpectedly reached end of file; correct it"),
    ],
)
def test_what_holds_no_entry_is_an_error(text: str, message: str) -> None:
    with pytest.raises(DigestError) as caught:
        all_of(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "\ufeff \n"])
def test_an_empty_file_is_an_empty_bibliography(text: str) -> None:
    assert all_of(text) == Contents()


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Doe, Jane and others", (Name(family="Doe", given="Jane"), Name(literal="others"))),
        ("{ATLAS {Collab.}} and {\\'E}mile Zola", (Name(literal="ATLAS Collab."), Name(family="Zola", given="Émile"))),
        ("{Ada} {Byron}", (Name(family="Byron", given="Ada"),)),
        ("ATLAS Collaboration", (Name(literal="ATLAS Collaboration"),)),
        ("Plato", (Name(family="Plato"),)),
        ("de la Cruz, Jr., José", (Name(family="Cruz", given="José", particle="de la", suffix="Jr."),)),
        ("Jr., a, b, c", (Name(family="Jr.", given="b c", suffix="a"),)),
        (
            'family=Gogh, given="Vincent", prefix={van}, suffix=Jr',
            (Name(family="Gogh", given="Vincent", particle="van", suffix="Jr"),),
        ),
        (
            "given=Ludwig, prefix=van, useprefix=false, family={Beet {h} oven}",
            (Name(family="Beet h oven", given="Ludwig", dropping="van"),),
        ),
        ('family={M{\\"u}ller}, given=Zo{\\"e}', (Name(family="Müller", given="Zoë"),)),
        (r"{Zoo \{a}", (Name(literal="Zoo {a"),)),
        ("{}", ()),
        ("", ()),
    ],
)
def test_names(value: str, wanted: Any) -> None:
    assert one(f"@misc{{k, author = {{{value}}}}}").names.get("author", ()) == wanted
