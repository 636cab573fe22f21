"""An entry of a preprint becomes one of the paper: which fields come, which go, and how they look beside the others."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from refkit.model import ArxivRecord, Author, PartialDate, Publication, Work
from refkit.writers.bib_file import BibFile, Block, splice
from refkit.writers.bib_upgrade import Line, compared, is_preprint, upgrade

RECORD = ArxivRecord(
    arxiv_id="1812.09195",
    title="Learning to Navigate the Web",
    authors=(Author(family="Gur", given="Izzeddin"),),
    categories=("cs.LG",),
    submitted=PartialDate(2018, 12, 21),
)
PAPER = Publication(type="paper-conference", container_title="ICLR", issued=PartialDate(2019))
ARTICLE = Publication(
    type="article-journal",
    container_title="Nature",
    volume="1",
    issue="2",
    pages="3-4",
    publisher="P",
    issued=PartialDate(2019, 5),
    doi="10.1000/x",
)


def first(file: BibFile) -> Block:
    return next(block for block in file.blocks if block.kind == "entry")


def upgraded(text: str, publication: Publication | None = PAPER, *, ascii_only: bool = False) -> str:
    file = BibFile(text)
    work = Work(record=RECORD, publication=publication)
    after = splice(text, upgrade(text, first(file), work, file.strings, ascii_only=ascii_only))
    assert [block.kind for block in BibFile(after).blocks if block.kind != "text"] == ["entry"]
    return after


def lines(text: str, publication: Publication | None = PAPER) -> dict[str, Line]:
    file = BibFile(text)
    found = compared(first(file), Work(record=RECORD, publication=publication), file.strings)
    return {line.name: line for line in found}


@pytest.mark.parametrize(
    "kind", "misc online unpublished article preprint techreport report electronic inproceedings conference".split()
)
def test_preprints_are_kept_under_many_types(kind: str) -> None:
    assert is_preprint(first(BibFile(f"@{kind}{{a, title={{T}}}}")), {})


@pytest.mark.parametrize("kind", ["phdthesis", "book", "incollection", "inbook", "software"])
def test_other_types_are_other_things(kind: str) -> None:
    assert is_preprint(first(BibFile(f"@{kind}{{a, title={{T}}}}")), {}) is False


@pytest.mark.parametrize("field", ["journal", "journaltitle", "Booktitle"])
@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        ("arXiv preprint", True),
        ("ar-Xiv", True),
        ("CoRR", True),
        ("Computing Research Repository", True),
        ("1812.09195", True),
        ("", True),
        ("Nature", False),
        ("Corrosion", False),
        ("s", False),
    ],
)
def test_an_entry_is_of_a_preprint_if_it_stands_in_no_journal(field: str, place: str, is_one: bool) -> None:  # noqa: FBT001 - pytest gives it
    for value in (f"{{{place}}}", "s") if place == "s" else (f"{{{place}}}",):
        entry = first(BibFile(f"@misc{{a, {field}={value}}}"))
        assert is_preprint(entry, {"s": "Nature"}) == is_one
    if is_one:
        assert not is_preprint(first(BibFile(f"@misc{{a, {field}={{{place}}}, journal={{Nature}}}}")), {})


def test_without_a_published_version_nothing_changes() -> None:
    text = "@misc{a, title={T}, month=dec}"
    assert upgraded(text, None) == text
    assert upgraded(text, replace(PAPER, container_title="", type="")) == text


UPGRADES = [
    (PAPER, "@misc{a, title={T}, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, year={2019}, eprint={1}}"),
    (ARTICLE, "@misc{a, title={T}, eprint={1}}",
     ("@article{a, title={T}, journal={Nature}, volume={1}, number={2}, pages={3--4}, year={2019}, month=may,"
     " doi={10.1000/x}, eprint={1}}")),
    (ARTICLE, "@misc{a, title={T}, date={2018}, eprint={1}}",
     ("@article{a, title={T}, journaltitle={Nature}, volume={1}, number={2}, pages={3--4}, doi={10.1000/x},"
     " date={2019-05}, eprint={1}}")),
    (PAPER, "@misc{a, title={T}, note={n}}",
     ("@inproceedings{a, title={T}, booktitle={ICLR}, year={2019}, eprint={1812.09195}, archivePrefix={arXiv},"
     " primaryClass={cs.LG}, note={n}}")),
    (PAPER, "@online{a, title={T}, date={2018}}",
     ("@inproceedings{a, title={T}, booktitle={ICLR}, eprint={1812.09195}, eprinttype={arxiv}, eprintclass={cs.LG},"
     " date={2019}}")),
    (replace(PAPER, title="Another"), "@misc{a, TITLE={T}, eprint={1}}",
     "@inproceedings{a, TITLE={Another}, booktitle={ICLR}, year={2019}, eprint={1}}"),
    (replace(PAPER, title="Another"), "@misc{a, eprint={1}}",
     "@inproceedings{a, eprint={1}, title={Another}, booktitle={ICLR}, year={2019}}"),
    (PAPER, "@misc{a, title={T}, date={2018}, year=2018, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, date={2019}, year={2019}, eprint={1}}"),
    (ARTICLE,
     "@online{a, title={T}, year=2018, month=may, pages={3}, volume=1, number={2}, doi={10.1000/X}, eprint={1}}",
     ("@article{a, title={T}, journaltitle={Nature}, year={2019}, pages={3--4}, volume=1, number={2}, doi={10.1000/X},"
     " eprint={1}}")),
    (PAPER, "@misc{a, title={T}, journal={arXiv}, booktitle={x}, year=2019, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, year=2019, eprint={1}}"),
    (ARTICLE, ("@misc{a, title={T}, booktitle   = {CoRR}, year=2019, month=5, volume={1}, number=2, pages={3 – 4},"
     " doi={https://doi.org/10.1000/X}, eprint={1}}"),
     ("@article{a, title={T}, journal     = {Nature}, year=2019, month=5, volume={1}, number=2, pages={3 – 4},"
     " doi={https://doi.org/10.1000/X}, eprint={1}}")),
    (PAPER, "@misc{a, title={T}, journal  = {CoRR}, year=2019, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle = {ICLR}, year=2019, eprint={1}}"),
    (PAPER, "@misc{a, title={T}, journal = {CoRR}, year=2019, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle = {ICLR}, year=2019, eprint={1}}"),
    (PAPER, "@misc{a, title={T}, journal={CoRR}, year=2019, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, year=2019, eprint={1}}"),
    (PAPER, "@misc{a, title={T}, journal     = {CoRR}, year=2019, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle   = {ICLR}, year=2019, eprint={1}}"),
    (replace(ARTICLE, volume="", issue="", pages="", doi=""),
     "@article{a, title={T}, journaltitle={CoRR}, year=2019, month={May}, eprint={1}}",
     "@article{a, title={T}, journaltitle={Nature}, year=2019, eprint={1}}"),
    (replace(ARTICLE, volume="", issue="", pages="", doi=""),
     "@article{a, title={T}, journal={CoRR}, year=2019, month={December}, eprint={1}}",
     "@article{a, title={T}, journal={Nature}, year=2019, month=may, eprint={1}}"),
    (replace(ARTICLE, volume="", issue="", pages="", doi="", issued=PartialDate(2019)),
     "@misc{a, title={T}, booktitle = {CoRR}, year=2019, eprint={1}}",
     "@article{a, title={T}, journal = {Nature}, year=2019, eprint={1}}"),
    (PAPER, "@online{a, title={T}, date={2018}, month=dec, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, date={2019}, eprint={1}}"),
    (replace(PAPER, issued=None), "@misc{a, title={T}, month=dec, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, month=dec, eprint={1}}"),
    (PAPER, "@misc{a, title={T}, year=2018, year=2017, eprint={1}}",
     "@inproceedings{a, title={T}, booktitle={ICLR}, year={2019}, year=2017, eprint={1}}"),
]  # fmt: skip


@pytest.mark.parametrize(("publication", "before", "after"), UPGRADES)
def test_an_entry_gets_what_the_paper_has(publication: Publication, before: str, after: str) -> None:
    assert upgraded(before, publication) == after
    assert upgraded(after, publication) == after


@pytest.mark.parametrize("name", ["journal", "journaltitle"])
def test_both_names_of_a_journal_are_right(name: str) -> None:
    bare = replace(ARTICLE, volume="", issue="", pages="", doi="", issued=PartialDate(2019))
    text = f"@article{{a, title={{T}}, {name}={{CoRR}}, year=2019, eprint={{1}}}}"
    assert upgraded(text, bare) == text.replace("CoRR", "Nature")
    text = f"@online{{a, title={{T}}, {name}={{Nature}}, date=2019, eprint={{1}}}}"
    assert upgraded(text, bare) == text.replace("online", "article")


def test_letters_that_the_file_lacks_are_latex() -> None:
    polish = replace(PAPER, container_title="Łódź")
    text = "@online{a, title={T}, date=2019, eprint={1}}"
    assert "booktitle={Łódź}" in upgraded(text, polish)
    file = BibFile(text)
    edits = upgrade(text, first(file), Work(record=RECORD, publication=polish), file.strings)
    assert splice(text, edits) == upgraded(text, polish)
    assert r"booktitle={{\L}{\'o}d{\'z}}" in upgraded(text, polish, ascii_only=True)


GONE = [
    ("publisher institution organization howpublished school", ["arXiv", "ar-Xiv e-prints", "arXiv:1"],
     ["Elsevier", "CoRR", "preprint", "of arXiv"]),
    ("journal journaltitle booktitle pages number series", ["arXiv", "the ar-Xiv", "CoRR", "bioRxiv preprint"],
     ["Nature", "abs/1", "submitted"]),
    ("volume", ["abs/1812.09195", "arXiv:1"], ["12", "CoRR", "x abs/1"]),
    ("pubstate", ["prepublished", "preprint", "submitted"], ["inpress", "a preprint"]),
    ("doi", ["10.48550/arXiv.1", "https://doi.org/10.48550/ARXIV.1"], ["10.1000/x"]),
    ("type", ["Preprint"], ["Tutorial", "arXiv"]),
    ("note url keywords", [], ["arXiv", "preprint", "CoRR", "submitted"]),
]  # fmt: skip


@pytest.mark.parametrize(("names", "gone", "stay"), GONE)
def test_what_says_where_the_preprint_is_kept_goes(names: str, gone: list[str], stay: list[str]) -> None:
    bare = replace(PAPER, container_title="")
    for name in names.split():
        date = "date" if name in {"pubstate", "journaltitle"} else "year"
        after = f"@inproceedings{{a, title={{T}}, {date}={{2019}}, eprint={{1}}}}"
        for value in gone:
            text = f"@misc{{a, title={{T}}, {date}={{2019}}, {name} = {{{value}}}, eprint={{1}}}}"
            assert upgraded(text, replace(bare, event_title="")) == after
        for value in stay:
            text = f"@misc{{a, title={{T}}, {date}={{2019}}, {name} = {{{value}}}, eprint={{1}}}}"
            assert upgraded(text, bare) == text.replace("@misc", "@inproceedings")


def test_a_value_that_a_string_stands_for_is_read() -> None:
    text = "@string{c = {CoRR}}\n@misc{a, title={T}, year=2019, journal = c, eprint={1}}"
    file = BibFile(text)
    edits = upgrade(text, first(file), Work(record=RECORD, publication=PAPER), file.strings)
    assert splice(text, edits).endswith("@inproceedings{a, title={T}, year=2019, booktitle = {ICLR}, eprint={1}}")


LAYOUTS = [
    ("@misc{a}", "@inproceedings{a,\n  booktitle = {ICLR},\n  year = {2019},\n  eprint"),
    ("@misc{a, eprint={1}}", "@inproceedings{a, eprint={1}, booktitle={ICLR}, year={2019}}"),
    ("@misc{a, eprint={1}, note={n}}", "@inproceedings{a, eprint={1}, booktitle={ICLR}, year={2019}, note={n}}"),
    ("@misc{a, author={X}, eprint={1}, title={T}}",
     "@inproceedings{a, author={X}, eprint={1}, title={T}, booktitle={ICLR}, year={2019}}"),
    ("@misc{a, title={T}, author={X}, eprint={1}}",
     "@inproceedings{a, title={T}, author={X}, booktitle={ICLR}, year={2019}, eprint={1}}"),
    ("@misc{a, eprint={1}, Editor={X}}", "@inproceedings{a, eprint={1}, Editor={X}, booktitle={ICLR}, year={2019}}"),
    ("@misc{a,, title={T}, eprint={1}}", "@inproceedings{a,, title={T}, booktitle={ICLR}, year={2019}, eprint={1}}"),
    ("@misc{a,,title={T},eprint={1}}", "@inproceedings{a,,title={T}, booktitle={ICLR}, year={2019},eprint={1}}"),
    ("@misc{a, % of\n title={T}, eprint={1}}",
     "@inproceedings{a, % of\n title={T},\n  booktitle={ICLR},\n  year={2019}, eprint={1}}"),
    ("@misc{a\n , title = {T}\n , eprint={1}}",
     "@inproceedings{a\n , title = {T}\n , booktitle = {ICLR}\n , year = {2019}\n , eprint={1}}"),
    ('@misc{a, title="T", eprint={1}}', '@inproceedings{a, title="T", booktitle="ICLR", year="2019", eprint={1}}'),
    ("@misc{a,\n  title  = {T},\n  eprint = {1}}",
     "@inproceedings{a,\n  title  = {T},\n  booktitle = {ICLR},\n  year   = {2019},\n  eprint = {1}}"),
    ("@misc{a,\n  title    =   {T},\n  eprint =  {1}}",
     "@inproceedings{a,\n  title    =   {T},\n  booktitle    =   {ICLR},\n  year    =   {2019},\n  eprint =  {1}}"),
    ("@misc{a,\n  title=     {T},\n  eprint=    {1}}",
     "@inproceedings{a,\n  title=     {T},\n  booktitle= {ICLR},\n  year=      {2019},\n  eprint=    {1}}"),
    ("@Conference{a, title={T}, eprint={1}}", "@Conference{a, title={T}, booktitle={ICLR}, year={2019}, eprint={1}}"),
    ("@MISC{a, eprint={1}}", "@INPROCEEDINGS{a, eprint={1}, booktitle={ICLR}, year={2019}}"),
    ("@ Misc{misc, eprint={1}}", "@ Inproceedings{misc, eprint={1}, booktitle={ICLR}, year={2019}}"),
    ("@mISC{a, eprint={1}}", "@inproceedings{a, eprint={1}, booktitle={ICLR}, year={2019}}"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), LAYOUTS)
def test_new_fields_look_like_the_one_before_them(before: str, after: str) -> None:
    assert upgraded(before).startswith(after)


def test_a_value_with_a_quote_stands_in_braces() -> None:
    quoted = replace(PAPER, container_title='The "Web"')
    assert 'title="T", booktitle={The "Web"}, year="2019"' in upgraded('@misc{a, title="T", eprint={1}}', quoted)
    assert 'booktitle = "ICLR"' in upgraded('@misc{a, title={T}, booktitle = "CoRR", eprint={1}}')


REMOVED = [
    ("@misc{a, year=2019, series={arXiv}, booktitle={ICLR}, eprint={1}}",
     "@inproceedings{a, year=2019, booktitle={ICLR}, eprint={1}}"),
    ("@misc{a, series={arXiv}, year=2019, booktitle={ICLR}, eprint={1}}",
     "@inproceedings{a, year=2019, booktitle={ICLR}, eprint={1}}"),
    ("@misc{a, year=2019, booktitle={ICLR}, eprint={1}, series={arXiv}, type={preprint}}",
     "@inproceedings{a, year=2019, booktitle={ICLR}, eprint={1}}"),
    ("@misc{a, year=2019, booktitle={ICLR}, eprint={1}, % why\n series={arXiv}\n}",
     "@inproceedings{a, year=2019, booktitle={ICLR}, eprint={1}, % why\n \n}"),
    ("@misc{a, year=2019, booktitle={ICLR}, % why, so\n series={arXiv} , eprint={1}}",
     "@inproceedings{a, year=2019, booktitle={ICLR}, % why, so\n eprint={1}}"),
    ("@misc{a, year=2019, booktitle={ICLR} % why, so\n , series={arXiv}, eprint={1}}",
     "@inproceedings{a, year=2019, booktitle={ICLR} % why, so\n , eprint={1}}"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), REMOVED)
def test_what_goes_takes_one_comma_with_it_and_no_comment(before: str, after: str) -> None:
    assert upgraded(before) == after


def test_an_entry_is_shown_beside_what_is_known() -> None:
    text = (
        "@misc{a, title={Learning to navigate the {Web}}, author={X}, eprint={1812.09195}, primaryClass={cs.AI},\n"
        " journal={Nature}, volume=7, number={2}, pages={3–4}, publisher={Q}, doi={doi: 10.1000/X}, year={2018},\n"
        " month={May}, note={mine}, booktitle={x}}"
    )
    found = lines(text, ARTICLE)
    assert list(found) == [field.name for field in first(BibFile(text)).fields]
    told = {name: (line.value, line.known, line.about, line.same) for name, line in found.items()}
    assert told == {
        "title": ("Learning to navigate the {Web}", "Learning to Navigate the Web", "title", True),
        "author": ("X", "Gur, Izzeddin", "authors", False),
        "eprint": ("1812.09195", "1812.09195", "arxiv_id", True),
        "primaryClass": ("cs.AI", "cs.LG", "categories", False),
        "journal": ("Nature", "Nature", "publication.container_title", True),
        "volume": ("7", "1", "publication.volume", False),
        "number": ("2", "2", "publication.issue", True),
        "pages": ("3–4", "3--4", "publication.pages", True),
        "publisher": ("Q", "", "", False),
        "doi": ("doi: 10.1000/X", "10.1000/x", "publication.doi", True),
        "year": ("2018", "2019", "publication.issued", False),
        "month": ("May", "may", "publication.issued", True),
        "note": ("mine", "", "", False),
        "booktitle": ("x", "Nature", "publication.container_title", False),
    }


def test_so_is_one_of_biblatex_and_one_that_is_not_published() -> None:
    found = lines("@online{a, date={2019-05}, year=2019, journaltitle={J}, eprintclass={cs.LG}}", ARTICLE)
    assert [(line.known, line.about, line.same) for line in found.values()] == [
        ("2019-05", "publication.issued", True),
        ("2019", "publication.issued", True),
        ("Nature", "publication.container_title", False),
        ("cs.LG", "categories", True),
    ]
    found = lines("@misc{a, year=2018, month=12, journal={CoRR}, publisher={P}}", None)
    assert [(line.known, line.about, line.same) for line in found.values()] == [
        ("2018", "submitted", True),
        ("dec", "submitted", True),
        ("", "", False),
        ("", "", False),
    ]
    paper = replace(PAPER, publisher="P", issue="16")  # BibTeX's styles take no volume beside it
    assert (
        lines("@online{a, number=1}", paper)["number"].known,
        lines("@misc{a, number=1}", paper)["number"].known,
    ) == (
        "16",
        "",
    )
    assert lines("@misc{a, publisher={P}}", paper)["publisher"].about == "publication.publisher"


@pytest.mark.parametrize("name", ["date", "eprinttype", "eprintclass", "journaltitle", "pubstate"])
def test_a_field_of_biblatex_shows_its_dialect(name: str) -> None:
    assert "date={2019}" in upgraded(f"@misc{{a, title={{T}}, {name}={{x}}}}")
    assert lines(f"@misc{{a, {name}={{x}}, date={{2019}}}}")["date"].known == "2019"
    assert "year={2019}" in upgraded("@misc{a, title={T}, note={x}}")


@pytest.mark.parametrize(("number", "month"), [(1, "jan"), (9, "sep"), (10, "oct"), (12, "dec")])
def test_months_are_compared_by_what_they_say(number: int, month: str) -> None:
    work = replace(ARTICLE, issued=PartialDate(2019, number))
    for value, same in ((str(number), True), (month.upper(), True), (f"{month}x", True), ("13", False), ("0", False)):
        assert lines(f"@article{{a, month={{{value}}}}}", work)["month"].same == same
