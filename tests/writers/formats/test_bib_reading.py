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
        ("@article{k, journaltitle={J}, eprint={2310.03173}}", "article-journal", {}),
        ("@article{k, eprint={2310.03173}}", "article", {}),
        ("@article{k, eprint={x/1}, eprinttype={hal}}", "article-journal", {}),
        ("@article{k, journaltitle={CoRR}, eprint={2310.03173}}", "article", {}),
        ("@article{k, journal={arXiv preprint arXiv:2310.03173}}", "article", {}),
        ("@BOOK{k, x={}}", "book", {}),
        ("@manual{k, x={}}", "book", {"bib:entrytype": "manual"}),
        ("@inbook{k, x={}}", "chapter", {"bib:entrytype": "inbook"}),
        ("@conference{k, x={}}", "paper-conference", {"bib:entrytype": "conference"}),
        ("@misc{k, x={}}", "document", {}),
        ("@misc{k, eprint={x/1}, eprinttype={hal}}", "article", {}),
        ("@misc{k, doi={10.48550/arXiv.2310.03173}}", "article", {}),
        ("@book{k, eprint={2310.03173}}", "book", {}),
        ("@online{k, url={x}}", "webpage", {}),
        ("@online{k, eprint={2310.03173}}", "article", {}),
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
        ("eprint={https://arxiv.org/abs/math/0309136}, archiveprefix={ARXIV}", "math/0309136", ""),
        ("eprint={2310.03173}, archiveprefix={hal}", "", ""),
        ("eprint={2310.0317}", "", ""),
        ("eprint={arXiv:2310.0317}", "2310.0317", ""),
        ("eprint={2310.0317}, eprinttype={arXiv}", "2310.0317", ""),
        ("eprint={none}, archiveprefix={arXiv}, doi={10.48550/ARXIV.2310.03173}", "2310.03173", ""),
        ("journal={arXiv preprint arXiv:2310.03173}, volume={12}", "2310.03173", ""),
        ("journal={{arXiv} 2310.03173}", "2310.03173", ""),
        ("journal={CoRR}, volume={abs/2310.03173}", "2310.03173", ""),
        ("journaltitle={ArXiv e-prints, arXiv:2310.03173}", "2310.03173", ""),
        ("doi={https://doi.org/10.48550/arXiv.2310.03173}", "2310.03173", ""),
        ("doi={10.1000/2310.03173}", "", ""),
        ("doi={10.1000/arXiv.2310.03173}", "", ""),
        ("title={T}", "", ""),
    ],
)
def test_preprints_of_arxiv(fields: str, arxiv_id: str, arxiv_class: str) -> None:
    item = one(f"@article{{k, {fields}}}")
    assert (item.arxiv_id, item.arxiv_class) == (arxiv_id, arxiv_class)
    assert item.texts.get("version", "") == ("2" if "v2" in fields else "")
    assert "container-title" not in item.texts
    assert item.texts.get("volume", "") == ("12" if "volume={12}" in fields else "")
    assert not [name for name in item.others if name in ("bib:eprint", "bib:journal", "bib:volume")]


def test_all_fields_of_a_preprint_are_said_by_its_id_and_its_class() -> None:
    item = one(
        "@misc{k, eprint={2310.03173}, archiveprefix={arXiv}, eprinttype={arXiv}, eprintclass={cs.LG}, "
        "primaryclass={cs.CL}}"
    )
    assert (item.arxiv_id, item.arxiv_class, item.texts, item.others) == ("2310.03173", "cs.LG", {}, {})
    item = one("@article{k, journal={CoRR}, journaltitle={CoRR}, volume={abs/2310.03173}}")
    assert (item.arxiv_id, item.texts, item.others) == ("2310.03173", {}, {})


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ("eprint={2310.03173v12}", "12"),
        ("eprint={2310.03173v2}, version={3}", "3"),
        ("eprint={2310.03173}", ""),
        ("eprint={hal-01v2}, eprinttype={hal}", ""),
    ],
)
def test_the_version_of_a_preprint(fields: str, version: str) -> None:
    assert one(f"@misc{{k, {fields}}}").texts.get("version", "") == version


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
        ("@book{k, title={So:}, subtitle={B}}", {"title": "So: B"}),
        ("@book{k, title={So!}, subtitle={B}}", {"title": "So! B"}),
        ("@book{k, title={So}, subtitle={{BERT}}}", {"title": 'So: <span class="nocase">BERT</span>'}),
        ("@book{k, title={A}, subtitle={}}", {"title": "A"}),
        (
            "@book{k, title={A}, title={B}, publisher={P}, school={S}, note={N}}",
            {"title": "A", "publisher": "P", "note": "N"},
        ),
        (
            "@inproceedings{k, booktitle={P}, booksubtitle={Q}}",
            {"container-title": "P: Q"},
        ),
        ("@article{k, journaltitle={J}, journalsubtitle={S}}", {"container-title": "J: S"}),
        ("@article{k, journal={J}, pages={1--3, 5 -- 7}}", {"container-title": "J", "page": "1-3, 5-7"}),
        ("@misc{k, pages={1–3, 5 ‒ 7, 9—10}, number={1--3}}", {"page": "1-3, 5-7, 9-10", "number": "1–3"}),
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
        (
            r"@misc{k, url={a\textasciitilde{}b\textasciitilde c\~{}d{\~}e{\textunderscore}f  g}}",
            {"URL": "a~b~c~d~e_f g"},
        ),
        (r"@misc{k, url={\_\%\&\#\$\^{}}}", {"URL": "_%&#$^"}),
        (r"@misc{k, url={\nolinkurl{a}}, doi={\href{https://dx.doi.org/10.1/x}}}", {"URL": "a", "DOI": "10.1/x"}),
        (r"@misc{k, url={x.org/{a}--``b~}, note={doi:10.1/x}}", {"URL": "x.org/a--``b~", "note": "doi:10.1/x"}),
        (r"@misc{k, howpublished={\url{https://x.org/a_b}}}", {"medium": "https://x.org/a_b"}),
        ("@misc{k, note={}}", {}),
    ],
)
def test_fields(entry: str, texts: dict[str, str]) -> None:
    assert one(entry).texts == texts


@pytest.mark.parametrize(
    ("field", "variable"),
    [
        ("title", "title"),
        ("shorttitle", "title-short"),
        ("booktitle", "container-title"),
        ("series", "collection-title"),
        ("maintitle", "volume-title"),
        ("origtitle", "original-title"),
    ],
)
def test_braces_keep_capitals_in_titles_of_each_kind(field: str, variable: str) -> None:
    assert one(f"@book{{k, {field}={{A {{BERT}}}}}}").texts == {variable: 'A <span class="nocase">BERT</span>'}
    assert one("@book{k, note={A {BERT}}, publisher={{MIT}}}").texts == {"note": "A BERT", "publisher": "MIT"}


@pytest.mark.parametrize(
    ("fields", "others"),
    [
        ("subtitle={B}", {"bib:subtitle": "B"}),
        ("title={A}, subtitle={B}, booktitle={C}, booksubtitle={D}", {}),
        ("booksubtitle={B}", {"bib:booksubtitle": "B"}),
        ("booktitle={A}, journalsubtitle={B}", {"bib:journalsubtitle": "B"}),
        ("file={}, groups={ }", {}),
        ("file={{a} \\_ b}", {"bib:file": r"{a} \_ b"}),
        ("keywords={a}, keyword={b}, entrysubtype={c}, xdata={none}, author={Doe, J.}, date={2024}", {}),
    ],
)
def test_what_only_a_bib_file_knows_stays_as_it_is_written(fields: str, others: dict[str, str]) -> None:
    assert one(f"@book{{k, {fields}}}").others == others


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ("date={2024-03-04}, year={2023}, month={5}, day={6}", {}),
        ("year={2024}, month={3}, day={4}", {}),
        ("year={2024}, month={3}", {}),
        ("urldate={2024}, eventdate={2024}, origdate={2024}", {}),
        ("month={3}", {"bib:month": "3"}),
    ],
)
def test_fields_of_dates_do_not_stay_beside_the_date(fields: str, left: dict[str, str]) -> None:
    assert one(f"@book{{k, {fields}}}").others == left


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
    item = one(f"@misc{{k, {name}={{owls; sleep, R\\&D, owls,}}}}")
    assert (item.keywords, item.others) == (("owls", "sleep", "R&D"), {})
    assert one("@misc{k, keyword={a}, keywords={b}}").keywords == ("b",)
    assert one("@misc{k, title={T}}").keywords == ()


def test_abbreviations_are_written_out_and_the_later_of_two_counts() -> None:
    text = '@string{J = "old"}\n@string{j = "Journal"}\n@article{k, journal = J # " of Owls", title = unknown # {!}}'
    item = one(text)
    assert item.texts == {"container-title": "Journal of Owls", "title": "unknown!"}


def test_months_are_abbreviations_and_names_in_braces_are_none() -> None:
    text = '@string{owl = "Owl" # " Press"}\n@book{k, publisher = OWL, note = {owl}, year = 2024, month = MAR}'
    item = one(text)
    assert item.texts == {"publisher": "Owl Press", "note": "owl"}
    assert item.dates == {"issued": Date(start=PartialDate(2024, 3))}


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


def test_what_is_not_read_is_told_in_the_order_of_its_lines() -> None:
    contents = all_of("@set{a, entryset={x}}\n\n@book{b, title={T}}\n@book{c title={T}}\n@set{d, entryset={x}}\n")
    assert [each.line for each in contents.unread] == [1, 4, 5]
    assert [item.key for item in contents.items] == ["b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    contents = all_of(f"@book{{a,{end}title={{A{end}title}}}}{end}@set{{b, entryset={{x}}}}{end}")
    assert [each.line for each in contents.unread] == [4]
    assert contents.items[0].texts == {"title": "A title"}


def test_of_two_parents_with_one_key_the_first_lends() -> None:
    first, *_ = all_of("@inbook{k, crossref={P}}\n@book{P, title={First}}\n@book{p, title={Second}}\n").items
    assert first.texts["container-title"] == "First"


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
        ("@book{b title={T}}\n@book{c title={T}}\n", "refs.bib:1: a broken entry: expected comma after entry key"),
        ("\n@article{b, title = {no end", "refs.bib:2: a broken entry: unexpectedly reached end of file; correct it"),
    ],
)
def test_what_holds_no_entry_is_an_error(text: str, message: str) -> None:
    with pytest.raises(DigestError) as caught:
        all_of(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "\ufeff \n", "\r\n\r\n", "\ufeff\r \t"])
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
