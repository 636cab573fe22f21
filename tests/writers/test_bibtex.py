"""The files that are written: golden cases, the programs that read them, and the promises of a writer."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bibtexparser.entrypoint import parse_string as bib_parse
from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string as pybtex_parse

import refkit
from refkit.errors import UsageError, WriteError
from refkit.model import ArxivRecord, Author, Change, Op, PartialDate, ThemeTag, Work
from refkit.pipeline import to_bibtex
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter

CASES = sorted(path for path in Path(__file__).with_name("bibtex").iterdir() if path.is_dir())
SAMPLE = Path(__file__).parents[2] / "seeds/trending-papers.txt"
DIALECTS = ["bibtex", "biblatex"]


def case_works(case: Path) -> list[Work]:
    return msgspec.json.decode((case / "input.json").read_bytes(), type=list[Work])


def sample_works() -> list[Work]:
    return refkit.tag(refkit.resolve(refkit.read(SAMPLE)))


def work(**known: Any) -> Work:
    return Work(record=ArxivRecord(**{"arxiv_id": "2401.00001", "title": "A Title", **known}))


def fields(text: str) -> dict[str, str]:
    (entry,) = bib_parse(text).entries
    return {field.key: field.value for field in entry.fields}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case: Path) -> None:
    works = case_works(case)
    assert to_bibtex(works) == (case / "expected.bib").read_text(encoding="utf-8")
    assert to_bibtex(works, dialect="biblatex") == (case / "expected.biblatex.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_order_of_works_does_not_matter(dialect: str) -> None:
    works = [work for case in CASES for work in case_works(case)]
    wanted = to_bibtex(works, dialect=dialect)
    for seed in range(5):
        random.Random(seed).shuffle(works)  # noqa: S311 - a shuffle, no secret
        assert to_bibtex(works, dialect=dialect) == wanted


def test_plan_apply_and_one_text() -> None:
    texts: list[str] = []
    writer = BibtexWriter(texts.append)
    works = case_works(CASES[0])
    changes = writer.plan(works)
    assert not texts
    assert [change.op for change in changes] == [Op.CREATE] * len(works)
    assert [change.key for change in changes] == sorted(change.key for change in changes)
    report = writer.apply(changes)
    assert texts == [writer.render(changes)]
    assert report.done == tuple(changes)
    assert not report.failed


def test_without_a_place_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    writer = BiblatexWriter()
    writer.apply(writer.plan([work()]))
    assert capsys.readouterr().out == to_bibtex([work()], dialect="biblatex")


def test_no_works_make_an_empty_text() -> None:
    assert to_bibtex([]) == ""


def test_what_cannot_be_written_is_an_error() -> None:
    def full(_: str) -> None:
        raise OSError("disk full")

    writer = BibtexWriter(full)
    with pytest.raises(WriteError, match="disk full"):
        writer.apply(writer.plan([work()]))
    with pytest.raises(WriteError, match="would be corrupt"):
        writer.render([Change(op=Op.CREATE, key="a key, and", work=work())])
    with pytest.raises(WriteError, match="keywords"):
        to_bibtex([Work(record=work().record, themes=(ThemeTag("un}balanced"),))])
    with pytest.raises(WriteError, match="same citekey"):
        writer.render([Change(op=Op.CREATE, key=key, work=work()) for key in ("Key", "key")])
    with pytest.raises(UsageError, match="bibtex, biblatex"):
        to_bibtex([], dialect="docx")


def test_nothing_is_invented() -> None:
    assert set(fields(to_bibtex([work()]))) == {"title", "eprint", "archivePrefix", "doi", "url"}
    known = fields(to_bibtex([work(submitted=PartialDate(2024, None, 5))], dialect="biblatex"))
    assert known["date"] == "2024"
    assert "year" not in fields(to_bibtex([work(submitted=PartialDate(None, 3, 5))]))
    assert "10.1000" not in to_bibtex([work(doi="10.1000/published")])


def test_ids_are_bare() -> None:
    written = fields(to_bibtex([work(arxiv_id="2401.00001v3")]))
    assert written["eprint"] == "2401.00001"
    assert written["doi"] == "10.48550/arXiv.2401.00001"
    assert written["url"] == "https://arxiv.org/abs/2401.00001"


def test_importing_the_writer_is_light() -> None:
    code = "import sys, refkit.writers.bibtex as _; print({'bibtexparser', 'pylatexenc'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


NAMES = [
    (Author(family="van der Maaten", given="Laurens"), "van der Maaten, Laurens"),
    (Author(family="Le Lan", given="Charline"), "Le Lan, Charline"),
    (Author(family="de la Cruz", given="José"), r"de la Cruz, Jos{\'e}"),
    (Author(family="Smith", given="John", suffix="Jr."), "Smith, Jr., John"),
    (Author(family="Taïga", given="Adrien Ali"), r"Ta{\"\i}ga, Adrien Ali"),
    (Author(family="Ó Briain", given="Éamon"), r"{\'O} Briain, {\'E}amon"),
    (Author(family="hooks", given="bell"), "hooks, bell"),
    (Author(family='Sch\\"olkopf', given="B."), r"Sch{\"o}lkopf, B."),
    (Author(literal="ATLAS Collaboration"), "{ATLAS Collaboration}"),
    (Author(literal="A and B, Inc."), "{A and B, Inc.}"),
    (Author(literal="others"), "{others}"),
    (Author(family="Plato"), "{Plato}"),
    (Author(family="Rock and Roll", given="X, Y"), "{Rock and Roll}, {X, Y}"),
    (Author(family="Many", given="a, b, c, d"), "{a, b, c, d Many}"),
]


@pytest.mark.parametrize(("author", "wanted"), NAMES)
def test_names_come_back_in_their_parts(author: Author, wanted: str) -> None:
    text = to_bibtex([work(authors=(author, Author(family="Next", given="One")))])
    first, second = split_multiple_persons_names(fields(text)["author"])
    assert (first, second) == (wanted, "Next, One")
    (entry,) = pybtex_parse(text, "bibtex").entries.values()
    person, parts = entry.persons["author"][0], parse_single_name_into_parts(first)
    whole = wanted.startswith("{") and wanted.endswith("}") and wanted.count("{") == 1
    family, given = (wanted, "") if whole else re.split(r", (?:Jr\., )?", wanted, maxsplit=1)
    assert " ".join([*parts.von, *parts.last]) == " ".join([*person.prelast_names, *person.last_names]) == family
    assert " ".join(parts.first) == " ".join([*person.first_names, *person.middle_names]) == given
    assert parts.jr == person.lineage_names == ([author.suffix] if author.suffix else [])


NAME = st.text(min_size=1, max_size=12)
AUTHOR = st.one_of(
    st.builds(Author, family=NAME, given=NAME, suffix=st.sampled_from(["", "Jr."])),
    st.builds(Author, literal=NAME),
    st.builds(
        Author, family=st.sampled_from(["van der Ö", "and", "x} y", "a, b"]), given=st.sampled_from(["\\", "é and"])
    ),
)
TITLE = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from([*'\\${}&%#_^~@" aB1é:-', "\n@misc{x,"]), max_size=25).map("".join)
)


@settings(deadline=None)
@given(TITLE, st.lists(AUTHOR, max_size=3), st.sampled_from(DIALECTS))
def test_whatever_comes_is_read_back(title: str, authors: list[Author], dialect: str) -> None:
    works = [work(title=title, authors=tuple(authors)), work(arxiv_id="math/0211159", title="After It")]
    text = to_bibtex(works, dialect=dialect)  # reads the text back itself, and raises if a value is lost
    library = bib_parse(text)
    assert not library.failed_blocks
    eprints = {entry["eprint"] for entry in library.entries}
    assert eprints == {"2401.00001", "math/0211159"}
    read = pybtex_parse(text, "bibtex").entries
    assert {entry.fields["eprint"] for entry in read.values()} == eprints
    for entry in library.entries:
        people = split_multiple_persons_names(entry["author"]) if "author" in entry else []
        assert len(people) == len(read[entry.key].persons.get("author", []))


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_characters="\\${}", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=30)
)
def test_a_plain_title_reads_as_it_was(title: str) -> None:
    written = fields(to_bibtex([work(title=title)], dialect="biblatex")).get("title", "")
    plain = re.sub(r"\\([&%#_])", r"\1", written.replace(r"\^{}", "^"))
    assert plain.replace("{", "").replace("}", "") == unicodedata.normalize("NFC", title)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_sample_digest_is_read_by_all(dialect: str) -> None:
    works = sample_works()
    text = to_bibtex(works, dialect=dialect)
    library = bib_parse(text)
    read = pybtex_parse(text, "bibtex").entries
    assert len(library.entries) == len(read) == len(works) == 53
    (saycan,) = [entry for entry in read.values() if entry.fields["eprint"] == "2204.01691"]
    assert len(saycan.persons["author"]) == 45
    for known in works:
        (entry,) = [entry for entry in library.entries if entry["eprint"] == known.record.arxiv_id]
        assert len(split_multiple_persons_names(entry["author"])) == len(known.record.authors)


@pytest.mark.skipif(not shutil.which("biber"), reason="the program biber is not installed")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_biber_has_no_complaint(dialect: str, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(to_bibtex(sample_works(), dialect=dialect), encoding="utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "refs.bib"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0
    assert not re.search(r"^(?:WARN|ERROR)", ran.stdout, re.MULTILINE), ran.stdout
    assert "Rocktäschel, Tim" in (tmp_path / "refs_bibertool.bib").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("bibtex"), reason="the program bibtex is not installed")
@pytest.mark.parametrize("style", ["plain", "alpha"])
def test_bibtex_prints_the_sample_digest(style: str, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(to_bibtex(sample_works()), encoding="utf-8")
    (tmp_path / "t.aux").write_text(f"\\citation{{*}}\n\\bibstyle{{{style}}}\n\\bibdata{{refs}}\n", encoding="utf-8")
    ran = subprocess.run(["bibtex", "t"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "Warning" not in ran.stdout
    printed = " ".join((tmp_path / "t.bbl").read_text(encoding="utf-8").split())
    for wanted in (
        "Do as {I} can, not as {I} say: Grounding language in robotic affordances, April 2022.",
        r"{$\mathcal{B}$-Coder}: Value-based deep reinforcement learning for program synthesis",
        r"{Align$^2$LLaVA}: Cascaded human",
        "{VoxPoser}: Composable {3D} value maps",
        r"Tim Rockt{\"a}schel",
        "Charline Le~Lan",
    ):
        assert wanted in printed
    assert printed.count("\\bibitem") == 53
