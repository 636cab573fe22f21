"""Merging into an existing .bib: what is not refkit's keeps its bytes, what the user edited stays, twice is once."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string as bib_parse

from refkit.errors import UsageError, WriteError
from refkit.model import ArxivRecord, Author, Op, PartialDate, Publication, ThemeTag, Work
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_merge import Merge, plan_merge
from refkit.writers.bib_state import Remembered, parse_state, state_text
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter

GUR = ArxivRecord(
    arxiv_id="1812.09195",
    title="Learning to Navigate the Web",
    authors=(Author("Gur", "Izzeddin"), Author("Faust", "Aleksandra")),
    categories=("cs.LG",),
    submitted=PartialDate(2018, 12, 21),
)
VOX = ArxivRecord(
    arxiv_id="2307.05973",
    title="VoxPoser: Composable 3D Value Maps",
    authors=(Author("Huang", "Wenlong"),),
    categories=("cs.RO",),
    submitted=PartialDate(2023, 7, 12),
)
NOTHING: Mapping[str, Remembered] = {}


def work(record: ArxivRecord = GUR, *themes: str, **known: Any) -> Work:
    return Work(record=record, themes=tuple(ThemeTag(theme) for theme in themes), **known)


def merge(text: str, *works: Work, before: Mapping[str, Remembered] = NOTHING, **options: Any) -> Merge:
    file = BibFile.parse(text.encode(), "refs.bib")
    writer = options.pop("writer", BibtexWriter())
    return plan_merge(file, works, writer=writer, remembered=before, **options)


def fields(text: str, key: str) -> dict[str, str]:
    return {field.key: field.value for field in bib_parse(text).entries_dict[key].fields}


def test_new_entries_look_like_those_that_stand_there() -> None:
    text = '% mine\n@Article{old2001,\n\tauthor="A, B",\n\ttitle="T"\n}\n@comment{end}\n'
    done = merge(text, work())
    before, after = text.split("\n@comment")
    assert done.text.startswith(before)
    assert done.text.endswith("\n@comment" + after)
    assert "\n@misc{gur2018learning,\n\ttitle={Learning to Navigate the Web},\n\tauthor={Gur" in done.text
    assert "month=dec,\n" in done.text
    assert [change.op for change in done.changes] == [Op.CREATE]


def test_a_file_of_nothing_is_laid_out_as_refkit_does() -> None:
    text = merge("", work(), work(VOX)).text
    assert text.startswith("@misc{gur2018learning,\n  title         = {Learning to Navigate the Web},\n")
    assert "}\n\n@misc{huang2023voxposer," in text
    assert text.endswith(",\n}\n")


def test_the_second_run_changes_nothing() -> None:
    first = merge("@misc{x, title={T}}\r\n", work(GUR, "web"), work(VOX, "robots"))
    second = merge(first.text, work(VOX, "robots"), work(GUR, "web"), before=first.remembered)
    assert second.text == first.text
    assert {change.op for change in second.changes} == {Op.KEEP}
    assert second.remembered == first.remembered


@pytest.mark.parametrize(
    "entry",
    [
        "@article{mine, title={Another}, eprint={1812.09195}, archivePrefix={arXiv}}",
        "@article{mine, title={Another}, journal={arXiv preprint arXiv:1812.09195v2}}",
        "@misc{mine, title={Another}, url={https://arxiv.org/abs/1812.09195v1}}",
        "@misc{mine, title={Another}, doi={10.48550/arXiv.1812.09195}}",
        "@inproceedings{mine, title={Learning to {Navigate} the Web}, author={Gur, I. and Faust, A.}, year=2019}",
    ],
)
def test_a_paper_is_known_again_whatever_its_key(entry: str) -> None:
    done = merge(entry, work())
    assert [(change.key, change.op is Op.CREATE) for change in done.changes] == [("mine", False)]
    assert "gur2018learning" not in done.text


@pytest.mark.parametrize(
    "entry",
    [
        "@article{other, title={Learning to Navigate the Web}, author={Smith, J.}, year=2019}",
        "@article{other, title={Learning to Navigate the Web}, author={Gur, I.}, year=1999}",
        "@article{other, title={Learning to Navigate the Web}, author={Gur, I.}, year=2019, eprint={1901.00001}}",
    ],
)
def test_another_paper_of_the_title_is_not_it(entry: str) -> None:
    done = merge(entry, work())
    assert [(change.key, change.op) for change in done.changes] == [("gur2018learning", Op.CREATE)]
    assert done.text.startswith(entry)


def test_an_entry_of_the_users_gets_its_preprint_and_themes_and_nothing_else() -> None:
    entry = '@inproceedings{mine,\n  title = "Learning to Navigate the Web",\n  author = {Gur, I.},\n  year = 2019\n}\n'
    done = merge(entry, work(GUR, "web"))
    read = fields(done.text, "mine")
    assert read == {
        "title": "Learning to Navigate the Web", "author": "Gur, I.", "year": "2019", "eprint": "1812.09195",
        "archivePrefix": "arXiv", "primaryClass": "cs.LG", "keywords": "web",
    }  # fmt: skip
    assert {kept.field for kept in done.kept} == {"author", "year"}
    assert merge(done.text, work(GUR, "web"), before=done.remembered).text == done.text


def test_an_edited_field_stays_and_is_shown_until_it_is_forced() -> None:
    first = merge("", work())
    edited = first.text.replace("Learning to Navigate the Web", "My {Title}").replace("  month         = dec,\n", "")
    done = merge(edited, work(), before=first.remembered)
    assert done.text == edited
    assert [(kept.field, kept.yours, kept.ours) for kept in done.kept] == [
        ("title", "My {Title}", "Learning to Navigate the Web"),
        ("month", "", "dec"),
    ]
    forced = merge(edited, work(), before=first.remembered, update=["title"])
    assert fields(forced.text, "gur2018learning")["title"] == "Learning to Navigate the Web"
    assert "month" not in fields(forced.text, "gur2018learning")


def test_a_field_that_nobody_edited_follows_the_record() -> None:
    first = merge("", work())
    renamed = ArxivRecord(**{**{name: getattr(GUR, name) for name in GUR.__struct_fields__}, "title": "A New Title"})
    done = merge(first.text, work(renamed), before=first.remembered)
    assert [change.diff["title"] for change in done.changes] == [("Learning to Navigate the Web", "A New Title")]
    assert done.text == first.text.replace("Learning to Navigate the Web", "A New Title")


def test_keywords_are_added_and_only_refkits_own_are_taken_away() -> None:
    first = merge("", work(GUR, "web", "agents"))
    assert fields(first.text, "gur2018learning")["keywords"] == "agents, web"
    edited = first.text.replace("{agents, web}", "{mine, agents, web; old}")
    done = merge(edited, work(GUR, "web", "planning"), before=first.remembered)
    assert fields(done.text, "gur2018learning")["keywords"] == "mine, web; old, planning"
    removed = first.text.replace("{agents, web}", "{agents}")
    again = merge(removed, work(GUR, "web", "agents"), before=first.remembered)
    assert again.text == removed  # the user took "web" away


def test_keywords_that_the_user_had_stay_when_the_theme_goes() -> None:
    entry = "@misc{mine, title = {T}, eprint = {1812.09195}, keywords = {Web; reading}}"
    done = merge(entry, work(GUR, "web", "agents"))
    assert fields(done.text, "mine")["keywords"] == "Web; reading; agents"
    gone = merge(done.text, work(GUR), before=done.remembered)
    assert fields(gone.text, "mine")["keywords"] == "Web; reading"


def test_a_deleted_entry_does_not_come_back_unless_asked_for() -> None:
    first = merge("", work(), work(VOX))
    only = first.text[: first.text.index("@misc{huang")]
    done = merge(only, work(), work(VOX), before=first.remembered)
    assert done.text == only
    assert [reason for _, reason in done.refused] == ["you deleted its entry; --recreate makes it again"]
    assert merge(only, work(), work(VOX), before=first.remembered, recreate=True).text.count("@misc") == 2


def test_duplicates_are_reported_and_only_the_first_is_changed() -> None:
    text = "@misc{a, title={T}, eprint={1812.09195}}\n@misc{B, title={U}, url={https://arxiv.org/abs/1812.09195}}\n"
    done = merge(text, work(GUR, "web"))
    assert done.twins == (((1, "a"), (2, "B")),)
    assert done.text.endswith("@misc{B, title={U}, url={https://arxiv.org/abs/1812.09195}}\n")
    assert "keywords={web}" in done.text.split("\n")[0]


def test_a_key_that_is_taken_in_any_case_is_not_taken_twice() -> None:
    text = "@book{GUR2018Learning, title={Another Book}}\n@book{gur2018learninga, title={Yet Another}}\n"
    assert [change.key for change in merge(text, work()).changes] == ["gur2018learningb"]


def test_a_broken_entry_stays_and_does_not_stop_the_others() -> None:
    text = "@misc{bad, title = {A {B, year = 2000}\n\n@misc{mine, title={T}, eprint={1812.09195}}\n"
    done = merge(text, work(GUR, "web"), work(VOX))
    assert done.text.startswith("@misc{bad, title = {A {B, year = 2000}\n\n@misc{mine, title={T}")
    assert {change.key for change in done.changes} == {"mine", "huang2023voxposer"}
    hidden = merge("@misc{bad, title = {A {B}, eprint = {1812.09195}\n\n@misc{c, title={T}}\n", work())
    assert hidden.refused[0][1] == "the broken entry in line 1 seems to be it; correct that first"
    with pytest.raises(WriteError, match=r"refs\.bib: no entry can be read; line 1: .*\. Correct it first\."):
        merge("@misc{bad, title = {A {B, year = 2000}\n", work())


def test_a_published_version_changes_the_type_of_an_entry_that_is_refkits() -> None:
    first = merge("", work())
    paper = Publication(type="paper-conference", container_title="ICLR", issued=PartialDate(2019), doi="10.1/x")
    done = merge(first.text, work(publication=paper), before=first.remembered)
    assert "@inproceedings{gur2018learning," in done.text
    assert fields(done.text, "gur2018learning")["booktitle"] == "ICLR"
    assert "month" not in fields(done.text, "gur2018learning")
    mine = merge("@unpublished{mine, title={T}, eprint={1812.09195}}", work(publication=paper))
    assert mine.text.startswith("@unpublished{mine")


def test_latin_1_and_line_ends_are_kept() -> None:
    data = "@misc{x,\r\n  title = {Käse},\r\n}\r\n".encode("latin-1")
    file = BibFile.parse(data, "refs.bib")
    author = ArxivRecord(arxiv_id="2401.00001", title="On “Šálek”", authors=(Author("Çelik", "Žofie"),))
    done = plan_merge(file, [work(author)], writer=BiblatexWriter(), remembered={})
    after = file.encoded(done.text)
    assert after.startswith(data[:-2])
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert b"\\v" in after


def test_what_is_remembered_is_read_back_and_a_broken_line_is_named() -> None:
    rows = merge("", work(GUR, "web"), work(VOX)).remembered
    assert parse_state(state_text(rows), "x") == rows
    with pytest.raises(UsageError, match=r"refs\.bib\.refkit:2: this is not what refkit remembers"):
        parse_state('{"arxiv_id":"1","key":"k"}\nno json\n', "refs.bib.refkit")


VALUES = ("{A {B} c}", '"A {"}B{"} {\\"o} c"', "2001", "jan", 'me # " and " # {You}', "{}", "{\n@line{x} at start}")
NAMES = ("title", "Author", "YEAR", "month", "note", "x-y", "keywords", "url")
OTHERS = (
    '@string{me = "M{\\"u}ller"}', "@preamble{ {\\newcommand{\\x}{y}} }", "@comment{ @misc{a, b={c}} }", "@misc{}",
    "% a comment with @ sign", "free text é 中", "@misc{broken, title = {never closed",
)  # fmt: skip


def generated(chance: random.Random) -> str:
    """Return a file with every construct that people have in theirs, in any order and layout."""
    newline = chance.choice(["\n", "\r\n"])
    parts = []
    for number in range(chance.randint(0, 12)):
        parts.append(entry(chance, number, newline) if chance.random() < 0.6 else chance.choice(OTHERS))
        parts.append(chance.choice([newline, 2 * newline, 3 * newline]))
    return "".join(parts)


def entry(chance: random.Random, number: int, newline: str) -> str:
    opened, closed = chance.choice([("{", "}"), ("{", "}"), ("(", ")")])
    indent, equals = chance.choice(["  ", "\t", "", "      "]), chance.choice([" = ", "=", "  =  "])
    found = {name: chance.choice(VALUES) for name in chance.sample(NAMES, chance.randint(0, 6))}
    if chance.random() < 0.3:
        found["eprint"] = f"{{{chance.choice([GUR, VOX]).arxiv_id}}}"
    body = "".join(f",{newline}{indent}{name}{equals}{value}" for name, value in found.items())
    end = chance.choice([",", "", f",{newline}"])
    return f"@{chance.choice(['misc', 'Article', 'WEIRD'])}{opened}Key:{number}{body}{end}{newline}{closed}"


def untouched(text: str, touched: set[str]) -> list[str]:
    blocks = BibFile.parse(text.encode(), "x").blocks
    return [text[each.start : each.end] for each in blocks if each.kind != "text" and each.key not in touched]


@pytest.mark.parametrize("hundred", range(20))
def test_no_byte_outside_of_refkits_own_entries_changes(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        text = generated(random.Random(seed))  # noqa: S311 - a sample, not a secret
        try:
            done = merge(text, work(GUR, "web", "agents"), work(VOX, "robots"))
        except WriteError:
            assert "never closed" in text
            continue
        touched = {change.key for change in done.changes}
        assert untouched(done.text, touched) == untouched(text, touched)
        blocks = [block for block in BibFile.parse(text.encode(), "x").blocks if block.kind == "entry"]
        at = blocks[-1].end if blocks else len(text)
        if all(change.op is Op.CREATE for change in done.changes):
            assert done.text.startswith(text[:at])
        assert done.text.endswith(text[at:])
        again = merge(done.text, work(VOX, "robots"), work(GUR, "web", "agents"), before=done.remembered)
        assert again.text == done.text, seed


def test_real_files_keep_every_byte(shared: Path) -> None:
    for path in sorted((shared / "accuracy/raw").glob("*.bib")):
        file = BibFile.parse(path.read_bytes(), path.name)
        done = plan_merge(file, [work(VOX, "robots")], writer=BibtexWriter(), remembered={})
        (change,) = done.changes
        assert change.op is Op.CREATE
        at = max(block.end for block in file.blocks if block.kind == "entry")
        assert done.text[:at] == file.text[:at]
        assert done.text.endswith(file.text[at:])
        assert f"{{{change.key}," in done.text[at : len(done.text) - len(file.text[at:])]
