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
    assert not (paper / "refs.bib.keys.tsv").exists()


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_key_press_midway_puts_all_back(paper: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    from refkit import files
    from refkit.rekeying import plan_rekeying

    (paper / "keys.tsv").write_text("old\tnew\na\tb\n", "utf-8")
    before = {path: path.read_bytes() for path in paper.iterdir()}
    planned = plan_rekeying(paper / "refs.bib", tex=[paper / "paper.tex"])
    replace, count = files.replace_file, 0

    def interrupted(target: Path, data: bytes, *, mode: int) -> None:
        nonlocal count
        if target.name != "keys.tsv":
            count += 1
            if count == after:  # after the file is there, before anybody is told so
                replace(target, data, mode=mode)
                raise KeyboardInterrupt
        replace(target, data, mode=mode)

    monkeypatch.setattr(files, "replace_file", interrupted)
    if not after:
        assert planned.write(paper / "keys.tsv")
        return
    with pytest.raises(KeyboardInterrupt):
        planned.write(paper / "keys.tsv")
    assert {path: path.read_bytes() for path in paper.iterdir()} == before


def test_what_refkit_remembers_follows_the_keys(paper: Path, cli: Callable[..., Result]) -> None:
    (paper / "refs.bib").unlink()
    cli("bibtex", "digest.txt", "--no-network", "--into", "refs.bib")
    cli("rekey", "refs.bib", "--key-format", "auth + year")
    text = (paper / "refs.bib").read_text("utf-8")
    assert "@misc{Gur2018," in text
    told = cli("bibtex", "digest.txt", "--no-network", "--into", "refs.bib", "--key-format", "auth + year").stderr
    assert (paper / "refs.bib").read_text("utf-8") == text
    assert "3 as they are" in told


def test_files_are_found_from_the_folder_of_the_main_file(paper: Path, cli: Callable[..., Result]) -> None:
    (paper / "sec").mkdir()
    (paper / "paper.tex").write_text("\\include{sec/one}\\input{gone}\n", "utf-8")
    (paper / "sec/one.tex").write_text("\\input{sec/two}\n", "utf-8")
    (paper / "sec/two.tex").write_text("\n\\cite{OLD1}\n", "utf-8")
    assert "Old1 (sec/two.tex:2)" in cli("rekey", "refs.bib", "--tex", "paper.tex", code=2).stderr
    told = cli("rekey", "refs.bib", "--tex", "paper.tex", "--rewrite-tex").stderr
    assert "paper.tex: gone, which it reads in, is not there" in told
    assert "1 key renamed, 1 citation in 1 TeX file changed" in told
    assert (paper / "sec/two.tex").read_text("utf-8") == "\n\\cite{gur2018learning}\n"


def test_an_aux_file_says_what_is_cited(paper: Path, cli: Callable[..., Result]) -> None:
    (paper / "paper.aux").write_text("\\relax\n\\citation{Old1}\n", "utf-8")
    assert "Old1 (paper.aux:2). With --rewrite-tex" in cli("rekey", "refs.bib", "--tex", "paper.aux", code=2).stderr
    told = cli("rekey", "refs.bib", "--tex", "paper.aux", "--rewrite-tex", code=2).stderr
    assert "The TeX files that cite so are not named; add them with --tex" in told
    assert (paper / "refs.bib").read_text("utf-8") == BIB
    told = cli("rekey", "refs.bib", "--tex", "paper.aux", "--tex", "paper.tex", "--rewrite-tex").stderr
    assert "3 citations in 2 TeX files changed" in told
    assert (paper / "paper.aux").read_text("utf-8") == "\\relax\n\\citation{Old1}\n"


@pytest.mark.parametrize("key_map", ["refs.bib", "paper.tex", ".", "damaged.tsv", "no/map.tsv"])
def test_a_map_that_cannot_be_leaves_all_as_it_was(paper: Path, cli: Callable[..., Result], key_map: str) -> None:
    (paper / "damaged.tsv").write_bytes(b"old\tnew\n\xff")
    told = cli("rekey", "refs.bib", "--tex", "paper.tex", "--rewrite-tex", "--map", key_map, code=2).stderr
    assert key_map in told
    assert (paper / "refs.bib").read_text("utf-8") == BIB
    assert (paper / "paper.tex").read_text("utf-8") == TEX


def test_keys_of_several_entries_stay(paper: Path, cli: Callable[..., Result]) -> None:
    twice = BIB.replace(
        "@book{Knuth", "@misc{OLD1, title = {Deep}, author = {Xu, Li}, eprint = {2005.00007}}\n@book{Knuth"
    )
    (paper / "refs.bib").write_text(twice, "utf-8")
    told = cli("rekey", "refs.bib", "--tex", "paper.tex", "--rewrite-tex").stderr
    assert "refs.bib:2: several entries have the key Old1, so it stays; give all but one another key" in told
    assert (paper / "refs.bib").read_text("utf-8") == twice
    assert (paper / "paper.tex").read_text("utf-8") == TEX


def test_tex_is_rewritten_only_where_it_is_named(paper: Path, cli: Callable[..., Result]) -> None:
    assert "name them" in cli("rekey", "refs.bib", "--rewrite-tex", code=2).stderr
    assert (paper / "refs.bib").read_text("utf-8") == BIB


def test_a_wrong_formula_is_told_before_anything_is_read(paper: Path, cli: Callable[..., Result]) -> None:
    assert paper
    assert "there is no filter 'lowr'" in cli("bibtex", "digest.txt", "--key-format", "auth.lowr", code=2).stderr
    assert "cannot be read" in cli("rekey", "refs.bib", "--tex", "nothing.tex", code=2).stderr


def test_the_formula_may_stand_in_the_configuration(paper: Path, cli: Callable[..., Result]) -> None:
    (paper / "refkit.toml").write_text('key_format = "auth + shortyear"\n', "utf-8")
    assert "@misc{Gur18," in cli("bibtex", "digest.txt", "--no-network").stdout
