"""`refkit rekey` and `--key-format`, as a user runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from refkit.errors import WriteError

BIB = """% mine
@misc{Old1, title = {Learning to {Navigate} the Web}, author = {Gur, I.}, eprint = {1812.09195}, archivePrefix={arXiv}}
@book{Knuth, title = {The TeXbook}, author = {Knuth, Donald}, year = 1984, crossref = {Old1}}
@set{both, entryset = {Knuth, Old1}}
"""
TEX = "See \\cite{Old1, Knuth} and \\citep[p.~1]{Old1}. % \\cite{Old1}\n\\input{part}\n"


@pytest.fixture
def paper(folder: Path) -> Path:
    (folder / "refs.bib").write_text(BIB, "utf-8")
    (folder / "paper.tex").write_text(TEX, "utf-8")
    (folder / "part.tex").write_text("\\textcite{Old1}\n", "utf-8")
    return folder


def test_keys_of_arxiv_papers_are_renamed_and_all_that_names_them(paper: Path, cli: Callable[..., Result]) -> None:
    told = cli("rekey", "refs.bib", "--tex", "paper.tex", "--rewrite-tex").stderr
    assert (paper / "refs.bib").read_text("utf-8") == BIB.replace("Old1", "gur2018learning")
    new = TEX.replace("{Old1,", "{gur2018learning,").replace("]{Old1}", "]{gur2018learning}")
    assert (paper / "paper.tex").read_text("utf-8") == new
    assert (paper / "part.tex").read_text("utf-8") == "\\textcite{gur2018learning}\n"
    assert (paper / "refs.bib.keys.tsv").read_text("utf-8") == "old\tnew\nOld1\tgur2018learning\n"
    assert "1 key renamed, 3 citations in 2 TeX files changed; old and new keys are in refs.bib.keys.tsv" in told
    again = cli("rekey", "refs.bib", "--tex", "paper.tex").stderr
    assert "refs.bib: all keys are as they should be" in again


def test_cited_keys_are_not_renamed_without_leave(paper: Path, cli: Callable[..., Result]) -> None:
    told = cli("rekey", "refs.bib", "--tex", ".", code=2).stderr
    assert "1 key that would be renamed is cited: Old1 (paper.tex:1). With --rewrite-tex" in told
    assert (paper / "refs.bib").read_text("utf-8") == BIB
    assert not (paper / "refs.bib.keys.tsv").exists()


def test_a_formula_all_entries_and_aliases(paper: Path, cli: Callable[..., Result]) -> None:
    cli("rekey", "refs.bib", "--all", "--keep-ids", "--key-format", "auth + year", "--map", "map.tsv")
    text = (paper / "refs.bib").read_text("utf-8")
    assert "@misc{Gur2018," in text
    assert "@book{Knuth1984," in text
    assert "ids = {Old1}" in text
    assert "entryset = {Knuth1984, Gur2018}" in text
    assert "Knuth\tKnuth1984\n" in (paper / "map.tsv").read_text("utf-8")


def test_a_dry_run_shows_all_files(paper: Path, cli: Callable[..., Result]) -> None:
    done = cli("rekey", "refs.bib", "--tex", "paper.tex", "--rewrite-tex", "--dry-run")
    assert "+\\textcite{gur2018learning}" in done.stdout
    assert "(nothing is written)" in done.stderr
    assert (paper / "refs.bib").read_text("utf-8") == BIB


def test_a_failure_midway_puts_all_back(
    paper: Path, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    from refkit import files

    replace = files.replace_unchanged

    def failing(path: Path, before: bytes, after: bytes) -> bool:
        if path.name == "part.tex":
            raise WriteError("part.tex could not be written (no space left on device).")
        return replace(path, before, after)

    monkeypatch.setattr(files, "replace_unchanged", failing)
    assert "no space left" in cli("rekey", "refs.bib", "--tex", "paper.tex", "--rewrite-tex", code=2).stderr
    assert (paper / "refs.bib").read_text("utf-8") == BIB
    assert (paper / "paper.tex").read_text("utf-8") == TEX


def test_what_refkit_remembers_follows_the_keys(paper: Path, cli: Callable[..., Result]) -> None:
    (paper / "refs.bib").unlink()
    cli("bibtex", "digest.txt", "--no-network", "--into", "refs.bib")
    cli("rekey", "refs.bib", "--key-format", "auth + year")
    text = (paper / "refs.bib").read_text("utf-8")
    assert "@misc{Gur2018," in text
    told = cli("bibtex", "digest.txt", "--no-network", "--into", "refs.bib", "--key-format", "auth + year").stderr
    assert (paper / "refs.bib").read_text("utf-8") == text
    assert "3 as they are" in told


def test_a_wrong_formula_is_told_before_anything_is_read(paper: Path, cli: Callable[..., Result]) -> None:
    assert paper
    assert "there is no filter 'lowr'" in cli("bibtex", "digest.txt", "--key-format", "auth.lowr", code=2).stderr
    assert "cannot be read" in cli("rekey", "refs.bib", "--tex", "nothing.tex", code=2).stderr


def test_the_formula_may_stand_in_the_configuration(paper: Path, cli: Callable[..., Result]) -> None:
    (paper / "refkit.toml").write_text('key_format = "auth + shortyear"\n', "utf-8")
    assert "@misc{Gur18," in cli("bibtex", "digest.txt", "--no-network").stdout
