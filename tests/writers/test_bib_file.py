"""A .bib file in blocks: nothing lost, broken entries kept apart, papers known again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.errors import UsageError
from refkit.writers.bib_file import BibFile, Edit, identify, plain, splice

PIECES = st.sampled_from(
    ["@misc{key,\n", "@article(k2, ", "title = {A {B} C},\n", 'title = "A \\"{o}",', "month = jan # 1", "}", "{", "\n",
     "@comment{x}", '@string{s = "T"}\n', "@preamble{ {x} }", "@", "%", ",", "text\n", "é", "\r\n", ")", "(", "=",
     "#", '"']
)  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(PIECES, max_size=25).map("".join))
def test_the_blocks_are_the_text(text: str) -> None:
    data = text.encode(errors="replace")
    file = BibFile.parse(data, "any.bib")
    place = 0
    for block in file.blocks:
        assert block.start == place < block.end
        assert block.line == 1 + file.text.count("\n", 0, block.start)
        place = block.end
        for field in block.fields:
            assert block.start < field.start < field.value_start <= field.value_end == field.end < block.end
            assert file.text[field.value_start : field.value_end] == field.value
    assert place == len(file.text)
    assert file.encoded(file.text) == data


def test_every_construct_is_a_block() -> None:
    text = (
        'Text\n@string{aaai = "The " # {AAAI}}\n@preamble{"\\x"}\n@comment{@misc{no, title={x}}}\n'
        "@misc{One,\n  title = {A {B} and\n@foo{x} C},\n  year=2020,month = jan # { 1},\n  booktitle = aaai\n}\n"
        '@article(two, title = "A (b) {c)}")\n@misc{}'
    )
    file = BibFile.parse(text.encode(), "x.bib")
    kinds = [block.kind for block in file.blocks if block.kind != "text"]
    assert kinds == ["string", "preamble", "comment", "entry", "entry", "entry"]
    one, two, bare = (block for block in file.blocks if block.kind == "entry")
    assert (one.key, two.key, bare.key, one.type, two.type) == ("One", "two", "", "misc", "article")
    assert [field.name for field in one.fields] == ["title", "year", "month", "booktitle"]
    assert [plain(field.value, file.strings) for field in one.fields] == [
        "A {B} and\n@foo{x} C",
        "2020",
        "jan 1",
        "The AAAI",
    ]
    assert [field.value for field in two.fields] == ['"A (b) {c)}"']


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("@misc{a, title = {x, year = 2020\n", "never closed"),
        ("@misc{a, title = {x} year = {2020}}\n", "a comma is missing behind the field title"),
        ("@misc{a, title = }\n", "no value"),
        ('@misc{a, title = "x}\n', "never closed"),
        ("@misc{a, some words}\n", "is none"),
        ("@misc(a, title = {x}\n", "never closed"),
    ],
)
def test_a_broken_entry_costs_no_sound_one(entry: str, problem: str) -> None:
    file = BibFile.parse(f"{entry}@misc{{b, title = {{Sound}}}}\n".encode(), "x.bib")
    broken, *rest = [block for block in file.blocks if block.kind != "text"]
    assert (broken.kind, broken.line) == ("broken", 1)
    assert problem in broken.problem
    assert [block.key for block in rest] == ["b"]


def test_encodings_are_kept() -> None:
    for data in ("\ufeff@misc{a}é\r\n".encode(), "@misc{a, x = {é}}\n".encode("latin-1")):
        file = BibFile.parse(data, "x.bib")
        assert file.encoded(file.text) == data


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        BibFile.read(tmp_path / "no.bib")


def test_edits_leave_the_rest() -> None:
    assert splice("abcdef", [Edit(4, 5, "X"), Edit(1, 1, "+"), Edit(2, 3, "")]) == "a+bdXf"
    with pytest.raises(ValueError, match="overlap"):
        splice("abc", [Edit(0, 2, ""), Edit(1, 3, "")])


@pytest.mark.parametrize(
    "fields",
    [
        "eprint = {1812.09195}, archivePrefix = {arXiv}",
        "eprint = {arXiv:1812.09195v2}",
        "doi = {https://doi.org/10.48550/arXiv.1812.09195}",
        "url = {http://arxiv.org/abs/1812.09195v1}",
        "journal = {arXiv preprint arXiv:1812.09195}",
        "journal = {CoRR}, volume = {abs/1812.09195}",
        "note = {arXiv:1812.09195}",
        "howpublished = {arXiv:1812.09195 [cs.LG]}",
    ],
)
def test_a_preprint_is_known_by_its_id_wherever_it_stands(fields: str) -> None:
    (entry,) = BibFile.parse(f"@misc{{a, {fields}}}".encode(), "x").blocks
    assert identify(entry).arxiv_id == "1812.09195"


def test_ids_of_other_papers_are_not_taken() -> None:
    for fields in ("note = {Builds on arXiv:1812.09195}", "abstract = {arXiv:1812.09195}", "eprint = {123}",
                   "eprint = {1812.09195}, eprinttype = {hal}", "url = {https://x.org/1812.09195}"):  # fmt: skip
        (entry,) = BibFile.parse(f"@misc{{a, {fields}}}".encode(), "x").blocks
        assert identify(entry).arxiv_id == ""


def test_what_else_an_entry_says_of_itself() -> None:
    (entry,) = BibFile.parse(
        b'@article{a, title = "{The} Title", author = {van der Maaten, L. and B}, date = {2008-01}, DOI = {10.1/X}}',
        "x",
    ).blocks
    found = identify(entry)
    assert (found.doi, found.title_key, found.family, found.year) == ("10.1/x", "thetitle", "vandermaaten", "2008")


def test_real_files_come_back(shared: Path) -> None:
    for path in (shared / "accuracy/raw").glob("*.bib"):
        file = BibFile.read(path)
        assert "".join(file.text[block.start : block.end] for block in file.blocks) == file.text
        assert not [block for block in file.blocks if block.kind == "broken"]


def test_many_broken_entries_cost_no_more_than_sound_ones() -> None:
    text = "@misc{x, title = {never closed, year = 2000\n" * 20_000
    blocks = BibFile.parse(text.encode(), "x").blocks
    assert len(blocks) == 20_000
    assert {block.kind for block in blocks} == {"broken"}


def test_a_comment_may_hold_many_entries() -> None:
    text = "@comment{\n" + "@misc{x, title = {T}}\n" * 100 + "}\n"
    assert [block.kind for block in BibFile.parse(text.encode(), "x").blocks] == ["comment", "text"]
