from __future__ import annotations

import json
from pathlib import Path

import pytest

from refkit.errors import DigestError, RefkitError, UsageError
from refkit.labelling import Row, read_rows, with_abstracts, works_of
from refkit.model import ArxivRecord, Candidate, Evidence, Mention, Resolution, Verdict


def rows(tmp_path: Path, name: str, text: str) -> list[Row]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_rows(path)


def test_lines_of_json(tmp_path: Path) -> None:
    lines = [
        {"title": " Frogs ", "arxiv_id": "arXiv:2401.00001v2", "themes": ["frogs", "frogs", " "]},
        {"title": "Newts", "labels": "newts, ponds", "abstract": "Of newts.", "categories": "q-bio.PE math.DS"},
        {"title": "Trees", "themes": [], "categories": ["math.CO"]},
    ]
    text = "\n\n".join(map(json.dumps, lines)) + "\n"
    frogs, newts, trees = rows(tmp_path, "labels.jsonl", text)
    assert (frogs.mention.title, frogs.mention.arxiv_id, frogs.labels) == ("Frogs", "2401.00001", ("frogs",))
    assert (newts.mention.abstract, newts.labels, newts.categories) == (
        "Of newts.",
        ("newts", "ponds"),
        ("q-bio.PE", "math.DS"),
    )
    assert (trees.labels, trees.categories, trees.place) == ((), ("math.CO",), f"{tmp_path / 'labels.jsonl'}:5")


def test_the_keywords_of_a_bibliography(tmp_path: Path) -> None:
    text = (
        "@misc{a, title = {Frogs}, eprint = {2401.00001}, archiveprefix = {arXiv}, primaryclass = {q-bio.PE},\n"
        "  keywords = {frogs, Life in ponds}}\n@misc{b, title = {Trees}}\n@misc{c, keywords = {untitled}}\n"
    )
    frogs, trees = rows(tmp_path, "refs.bib", text)
    assert (frogs.mention.title, frogs.labels, frogs.categories) == ("Frogs", ("frogs", "Life in ponds"), ("q-bio.PE",))
    assert (frogs.mention.arxiv_id, frogs.place) == ("2401.00001", f"{tmp_path / 'refs.bib'} (a)")
    assert trees.labels == ()


def test_the_headings_of_a_digest_that_are_topics(tmp_path: Path) -> None:
    text = (
        "# Papers of 2024\n\n## Robotics\n\n- [A Robot That Walks on Sand](https://arxiv.org/abs/2401.00001)\n\n"
        "## Other\n\n- [A Paper about Trees and Leaves](https://arxiv.org/abs/2401.00002)\n"
    )
    robots, trees = rows(tmp_path, "digest.md", text)
    assert (robots.labels, robots.place) == (("Robotics",), f"{tmp_path / 'digest.md'}:5")
    assert trees.labels == ()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"title": "A", "themes": []}\n{', "a.jsonl:2: this is not a line of JSON"),
        ("a.jsonl", "[]", "a.jsonl:1: the line has no title"),
        ("a.jsonl", '{"title": 3, "themes": []}', "a.jsonl:1: the line has no title"),
        ("a.jsonl", '{"title": "A"}', "a.jsonl:1: the line has no themes"),
        ("a.jsonl", '{"title": "A", "themes": [3]}', "a.jsonl:1: `themes` is no list of texts"),
        ("a.jsonl", '{"title": "A", "themes": {"a": 1}}', "a.jsonl:1: `themes` is no list of texts"),
        ("a.jsonl", '{"title": "A", "themes": ["b"], "abstract": 3}', "a.jsonl:1: `abstract` is no text"),
        ("a.jsonl", '{"title": "A", "themes": ["b"], "categories": 3}', "a.jsonl:1: `categories` is no list of texts"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DigestError) as caught:
        rows(tmp_path, name, text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", ""),
        ("a.jsonl", '{"title": "A", "themes": []}'),
        ("a.bib", ""),
        ("a.bib", "@misc{a, title = {Frogs}}"),
        ("a.txt", "Learning to Navigate the Web\n"),
    ],
)
def test_a_file_without_labels_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UsageError, match="has no labelled paper; name lines of JSON like"):
        rows(tmp_path, name, text)


@pytest.mark.parametrize("name", ["none.jsonl", "none.bib", "none.txt"])
def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefkitError, match=name):
        read_rows(tmp_path / name)


def test_a_digest_lends_its_abstracts_to_titles_that_have_none(tmp_path: Path) -> None:
    text = (
        '{"title": "Frogs in Ponds", "themes": ["frogs"]}\n{"title": "Newts", "themes": ["newts"], "abstract": "Own."}'
    )
    said = [Mention(title="Frogs in ponds.", abstract="Lent."), Mention(title="Newts", abstract="Lent too.")]
    frogs, newts = with_abstracts(rows(tmp_path, "a.jsonl", text), said)
    assert (frogs.mention.title, frogs.mention.abstract, frogs.labels) == ("Frogs in Ponds", "Lent.", ("frogs",))
    assert newts.mention.abstract == "Own."


def test_what_is_known_of_a_paper_goes_before_what_the_row_says(tmp_path: Path) -> None:
    text = (
        '{"title": "Frogs", "themes": ["frogs"], "categories": "q-bio.PE"}\n'
        '{"title": "Newts", "themes": [], "categories": "q-bio.PE"}\n{"title": "Toads", "themes": []}'
    )
    known = ArxivRecord(arxiv_id="2401.00001", title="On Frogs", categories=("math.DS",))
    bare = ArxivRecord(arxiv_id="2401.00002", title="On Newts", abstract="Known.")

    def resolve(mentions: object) -> list[Resolution]:
        assert mentions
        found = [
            Resolution(
                mention=Mention(title="x"),
                verdict=Verdict.MATCHED,
                reason="",
                candidates=(Candidate(record=record, evidence=Evidence(), score=1, source="x"),),
            )
            for record in (known, bare)
        ]
        return [*found, Resolution(mention=Mention(title="x"), verdict=Verdict.NOT_FOUND, reason="")]

    frogs, newts, toads = works_of(rows(tmp_path, "a.jsonl", text), resolve)
    assert frogs.work.record == known
    assert (newts.work.record.title, newts.work.record.abstract, newts.work.record.categories) == (
        "On Newts",
        "Known.",
        ("q-bio.PE",),
    )
    assert (toads.work.record.title, toads.work.record.categories) == ("Toads", ())
    assert [each.work.mentions[0].title for each in (frogs, newts, toads)] == ["Frogs", "Newts", "Toads"]
