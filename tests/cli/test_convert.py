"""`refkit convert`, as a user runs it: formats found and named, what is lost told, nothing written that is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

BIB = """@article{doe2020owls,
  title   = {How {Owls} Sleep},
  author  = {Doe, Jane and van der Berg, Bo},
  journal = {Journal of Birds},
  year    = 2020,
  month   = mar,
  volume  = 3,
  number  = 4,
  pages   = {10--19},
  doi     = {10.1000/owls},
  keywords = {birds, sleep},
  file    = {owls.pdf},
}
"""
CSL = json.dumps(
    [
        {
            "id": "doe2020owls",
            "type": "article-journal",
            "title": 'How <span class="nocase">Owls</span> Sleep',
            "author": [
                {"family": "Doe", "given": "Jane"},
                {"family": "Berg", "given": "Bo", "non-dropping-particle": "van der"},
            ],
            "issued": {"date-parts": [[2020, 3]]},
            "container-title": "Journal of Birds",
            "volume": "3",
            "issue": "4",
            "page": "10-19",
            "DOI": "10.1000/owls",
            "keyword": "birds, sleep",
        }
    ]
)
RIS = """TY  - JOUR
ID  - doe2020owls
AU  - Doe, Jane
AU  - van der Berg, Bo
TI  - How Owls Sleep
T2  - Journal of Birds
VL  - 3
IS  - 4
PY  - 2020
DA  - 2020/03//
SP  - 10
EP  - 19
DO  - 10.1000/owls
KW  - birds
KW  - sleep
ER  -
"""
JSONL = (
    '{"key": "doe2020owls", "title": "How Owls Sleep", "item": {"key": "doe2020owls", "type": "article-journal", '
    '"names": {"author": [{"family": "Doe", "given": "Jane"}, {"family": "Berg", "given": "Bo", "particle": "van der"}]'
    '}, "dates": {"issued": {"start": {"year": 2020, "month": 3}}}, "texts": {"title": "How Owls Sleep", '
    '"container-title": "Journal of Birds", "volume": "3", "issue": "4", "page": "10-19", "DOI": "10.1000/owls"}, '
    '"keywords": ["birds", "sleep"]}}\n'
)
SOURCES = {"bibtex": BIB, "csl-json": CSL, "ris": RIS, "jsonl": JSONL}
OTHERS = ("bibtex", "biblatex", "csl-json", "ris", "jsonl", "markdown", "html")


@pytest.fixture
def shelf(folder: Path) -> Path:
    for name, text in (("refs.bib", BIB), ("refs.json", CSL), ("refs.ris", RIS), ("refs.jsonl", JSONL)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("to", OTHERS)
@pytest.mark.parametrize("source", SOURCES)
def test_any_format_becomes_any_other(source: str, to: str, cli: Callable[..., Result]) -> None:
    said = cli("convert", "-", "--to", to, stdin=SOURCES[source]).stdout
    for word in ("Owls", "Berg", "Journal of Birds", "2020", "10.1000/owls"):
        assert word in said, word


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_it_comes_from_it_says_the_same(source: str, cli: Callable[..., Result]) -> None:
    (row,) = json.loads(cli("convert", "-", "--to", "csl-json", stdin=SOURCES[source]).stdout)
    (wanted,) = json.loads(CSL)
    assert {**row, "title": ""} == {**wanted, "title": ""}
    assert row["title"].replace('<span class="nocase">', "").replace("</span>", "") == "How Owls Sleep"


def test_the_name_of_the_output_says_its_format(shelf: Path, cli: Callable[..., Result]) -> None:
    for name, start in (
        ("o.bib", "@article{"), ("o.bibtex", "@article{"), ("o.json", "[\n"), ("o.RIS", "TY  - "), ("o.jsonl", "{"),
        ("o.ndjson", "{"), ("o.md", "- Doe"), ("o.markdown", "- Doe"), ("o.html", "<!DOCTYPE"), ("o.htm", "<!DOCTYPE"),
    ):  # fmt: skip
        done = cli("convert", "refs.ris", "-o", name)
        assert done.stdout == ""
        assert f"refkit: 1 entry written to {name}\n" in done.stderr
        assert (shelf / name).read_text("utf-8").startswith(start)


def test_a_second_run_changes_nothing(shelf: Path, cli: Callable[..., Result]) -> None:
    cli("convert", "refs.bib", "-o", "out.json")
    before = (shelf / "out.json").stat().st_mtime_ns
    assert "refkit: 1 entry already as they are in out.json\n" in cli("convert", "refs.bib", "-o", "out.json").stderr
    assert (shelf / "out.json").stat().st_mtime_ns == before


def test_what_is_lost_is_named_with_how_often(shelf: Path, cli: Callable[..., Result]) -> None:
    (shelf / "two.bib").write_text(
        BIB + BIB.replace("doe2020owls", "b").replace("  file ", "  bdsk-file-1 = {x},\n  file "), encoding="utf-8"
    )
    done = cli("convert", "two.bib", "--to", "ris")
    assert done.stderr == "refkit: ris has no place for: file (2), bdsk-file-1 (1)\n"
    assert done.stdout.count("TY  - ") == 2


def test_strict_makes_it_an_error_and_writes_nothing(
    shelf: Path, cli: Callable[..., Result], refused: Callable[..., str]
) -> None:
    said = refused("convert", "refs.bib", "-o", "out.ris", "--strict")
    assert said == ("refs.bib: ris has no place for: file (1). Nothing is written; leave --strict out to do without.")
    assert not (shelf / "out.ris").exists()
    cli("convert", "refs.json", "-o", "out.ris", "--strict")
    assert (shelf / "out.ris").exists()


def test_what_cannot_be_read_is_told_and_the_rest_is_converted(shelf: Path, cli: Callable[..., Result]) -> None:
    (shelf / "half.bib").write_text(BIB + "@article{broken, title = {no end\n", encoding="utf-8")
    done = cli("convert", "half.bib", "--to", "ris", code=1)
    assert "refkit: half.bib:14: " in done.stderr
    assert "ID  - doe2020owls" in done.stdout
    strict = cli("convert", "half.bib", "-o", "out.ris", "--strict", code=2)
    assert "half.bib:14: " in strict.stderr
    assert not (shelf / "out.ris").exists()


def test_strict_refuses_what_is_read_only_in_part(shelf: Path, cli: Callable[..., Result]) -> None:
    (shelf / "half.json").write_text('[{"id": "a", "title": "T"}, 5]', encoding="utf-8")
    told = cli("convert", "half.json", "-o", "out.ris", "--strict", code=2).stderr.splitlines()
    assert told[0] == "refkit: half.json: item 2 is no object but 5"
    assert told[1].startswith("refkit: half.json: not all of it could be read. Nothing is written")
    assert not (shelf / "out.ris").exists()


def test_long_lists_of_faults_are_cut(shelf: Path, cli: Callable[..., Result]) -> None:
    (shelf / "many.json").write_text(json.dumps([*range(25), {"id": "a", "title": "T"}]), encoding="utf-8")
    told = cli("convert", "many.json", "--to", "ris", code=1).stderr.splitlines()
    assert told[19] == "refkit: many.json: item 20 is no object but 19"
    assert told[20:] == ["refkit: ... and 5 more that could not be read"]


def test_keys_that_bibtex_cannot_read_are_written_otherwise_and_told(shelf: Path, cli: Callable[..., Result]) -> None:
    rows = [{"id": f"owl {number}", "title": "T"} for number in range(23)] + [{"id": "owl1", "title": "T"}]
    (shelf / "odd.json").write_text(json.dumps(rows), encoding="utf-8")
    done = cli("convert", "odd.json", "--to", "bibtex")
    told = done.stderr.splitlines()
    assert told[0] == "refkit: the key 'owl 0' is written as 'owl0'"
    assert told[20:] == ["refkit: ... and 4 more keys"]
    assert "@misc{owl1a," in done.stdout
    assert done.stdout.count("@misc{") == 24


def test_as_json_it_tells_what_was_done(shelf: Path, cli: Callable[..., Result]) -> None:
    (shelf / "odd.json").write_text('[{"id": "a b", "title": "T", "dimensions": "3 m"}, "x"]', encoding="utf-8")
    told = json.loads(cli("convert", "odd.json", "-o", "out.bib", "--json", code=1).stdout)
    assert told == {
        "version": 1,
        "format": "bibtex",
        "output": "out.bib",
        "entries": 1,
        "lost": {"dimensions": 1},
        "renamed": {"a b": "ab"},
        "unread": [{"line": 0, "reason": 'item 2 is no object but "x"'}],
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["refs.bib"],
            "Name the format to write with --to: bibtex, biblatex, csl-json, ris, jsonl, markdown, html.",
        ),
        (["refs.bib", "-o", "out.pdf"], "Name the format to write with --to: bibtex, biblatex"),
        (["refs.bib", "-o", "./refs.bib"], "refs.bib is the bibliography itself; name another file with --output."),
        (["refs.bib", "--to", "ris", "--json"], "--json prints what was done, so name a file"),
        (["refs.bib", "--to", "ris", "--by-theme"], "--style, --by-theme and --title are for markdown and html, not"),
        (["refs.bib", "--to", "ris", "--title", "x"], "--style, --by-theme and --title are for markdown and html, not"),
        (["refs.bib", "--to", "ris", "--style", "x"], "--style, --by-theme and --title are for markdown and html, not"),
        (["none.bib", "--to", "ris"], "none.bib: there is no such file; correct its name."),
        (["plain.txt", "--to", "ris"], "plain.txt: this is no bibliography that refkit reads"),
        (["refs.bib", "--to", "ris", "--encoding", "klingon"], "klingon"),
        (["plain.txt", "--from", "bibtex", "--to", "ris"], "plain.txt:1: there is no entry like `@article{key, title"),
        (["refs.bib", "--from", "csl-json", "--to", "ris"], "refs.bib:1: this is no JSON"),
        (["refs.bib", "--from", "ris", "--to", "bibtex"], "refs.bib:1: there is no record that begins with `TY  - `"),
        (["refs.json", "--from", "jsonl", "--to", "ris"], "refs.json:1: "),
        (["refs.bib", "--to", "markdown", "--style", "no/such.csl"], "There is no style no/such.csl; name a .csl file"),
    ],
)
def test_what_it_refuses(arguments: list[str], sentence: str, shelf: Path, refused: Callable[..., str]) -> None:
    (shelf / "plain.txt").write_text("Learning to Navigate the Web\n", encoding="utf-8")
    assert sentence in refused("convert", *arguments)
    assert (shelf / "refs.bib").read_text("utf-8") == BIB


def test_an_empty_bibliography_becomes_an_empty_one(shelf: Path, cli: Callable[..., Result]) -> None:
    (shelf / "empty.bib").write_text("", encoding="utf-8")
    assert cli("convert", "empty.bib", "--to", "csl-json").stdout == "[]\n"
    assert "refkit: 0 entries written to out.ris" in cli("convert", "empty.bib", "-o", "out.ris").stderr


def test_the_encoding_is_found_or_named(shelf: Path, cli: Callable[..., Result], refused: Callable[..., str]) -> None:
    text = BIB.replace("Doe, Jane", "Müller, Zoë")
    (shelf / "marked.bib").write_bytes(text.encode("utf-16"))
    (shelf / "dos.bib").write_bytes(text.encode("cp850"))
    assert "AU  - Müller, Zoë\n" in cli("convert", "marked.bib", "--to", "ris").stdout
    assert refused("convert", "dos.bib", "--to", "ris").startswith("dos.bib:3: byte 0x81 in column 15 is not UTF-8")
    assert "AU  - Müller, Zoë\n" in cli("convert", "dos.bib", "--to", "ris", "--encoding", "cp850").stdout


def test_a_list_for_people_by_theme_with_a_heading(shelf: Path, cli: Callable[..., Result]) -> None:
    assert shelf
    listed = cli("convert", "refs.ris", "--to", "markdown", "--by-theme").stdout
    assert [line for line in listed.splitlines() if line.startswith("## ")] == ["## birds", "## sleep"]
    page = cli("convert", "refs.ris", "--to", "html", "--title", "Owls & more").stdout
    assert "<h1>Owls &amp; more</h1>" in page
    assert '<li id="doe2020owls">' in page
    assert "<h1>Bibliography</h1>" in cli("convert", "refs.ris", "--to", "html").stdout


def test_capitals_get_braces_where_the_source_marks_none(cli: Callable[..., Result]) -> None:
    ris = RIS.replace("Owls Sleep", "BERT Sleeps")
    assert "{How {BERT} Sleeps}" in cli("convert", "-", "--to", "bibtex", stdin=ris).stdout
    bare = BIB.replace("{Owls} Sleep", "BERT Sleeps")
    assert "{How BERT Sleeps}" in cli("convert", "-", "--to", "biblatex", stdin=bare).stdout
