"""`refkit explain` of an arXiv id or a citekey: each field, who says so, what others say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

ENTRY = """@article{fair,
  title = {This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology},
  journal = {Another Journal},
  year = 2019,
  note = {mine},
  keywords = {society},
  eprint = {1909.11869}
}
@misc{noid, title = {X}}
@misc{broken, title = {X
"""


@pytest.mark.parametrize("name", ["1909.11869", "arXiv:1909.11869v2", "https://arxiv.org/abs/1909.11869"])
def test_an_arxiv_id_is_explained(name: str, cli: Callable[..., Result]) -> None:
    lines = cli("explain", name, "--no-network").stdout.splitlines()
    assert lines[0] == "arXiv:1909.11869"
    assert lines[1] == "  published in Proc. ACM Hum.-Comput. Interact., says arxiv"
    assert "  submitted       2019-09-26  [catalogue]" in lines
    assert "  issue           CSCW  [arxiv]" in lines


def test_an_entry_is_explained_field_by_field(cli: Callable[..., Result], folder: Path) -> None:
    (folder / "refs.bib").write_text(ENTRY, encoding="utf-8")
    out = cli("explain", "fair", "--bib", "refs.bib", "--no-network").stdout
    assert out.startswith("fair  arXiv:1909.11869\n")
    entry = out.partition("  the entry:\n")[2].splitlines()
    assert [line.split()[0] for line in entry] == ["title", "journal", "year", "note", "keywords", "eprint"]
    assert entry[0].endswith("[as catalogue says]")
    assert entry[1].endswith("Another Journal  [yours; arxiv says Proc. ACM Hum.-Comput. Interact.]")
    assert entry[2].endswith("2019  [as arxiv says]")
    assert entry[3].endswith("mine  [your own]")
    assert entry[4].endswith("society  [themes, or your own]")
    assert (folder / "refs.bib").read_text(encoding="utf-8") == ENTRY


def test_what_cannot_be_looked_up_is_a_sentence(cli: Callable[..., Result], folder: Path) -> None:
    (folder / "refs.bib").write_text(ENTRY, encoding="utf-8")
    for key, said in (("noid", "refs.bib:9: the entry noid cannot be looked up: it names no arXiv id"),
                      ("nobody", "refs.bib has no entry nobody")):  # fmt: skip
        assert said in cli("explain", key, "--bib", "refs.bib", "--no-network", code=2).stderr
    assert "No source has arXiv:2402.99999" in cli("explain", "2402.99999", "--no-network", code=2).stderr
    assert "does not exist" in cli("explain", "a", "--bib", "nowhere.bib", code=2).stderr


def test_a_title_is_explained_as_before(cli: Callable[..., Result]) -> None:
    out = cli("explain", "Learning to Navigate the Web", "--no-network").stdout
    assert "MATCHED: The title is the same." in out
