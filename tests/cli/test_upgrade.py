"""`refkit upgrade` and `refkit bibtex --published`, as a user runs them, with services that know the papers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from bibtexparser.entrypoint import parse_string as bib_parse
from click.testing import Result

from refkit import registry
from refkit.errors import SourceUnavailable
from refkit.model import Author, PartialDate, Publication, Published, Work
from refkit.testing import ArxivServer

FIELDS = {"title", "authors", "arxiv_id"}
KNOWN: dict[str, dict[str, Any]] = {
    "1812.09195": {"container_title": "ICLR", "issued": PartialDate(2019), "type": "paper-conference"},
    "2307.05973": {
        "container_title": "CoRL",
        "issued": PartialDate(2023),
        "type": "paper-conference",
        "pages": "540-562",
    },
}
SOUND = """% my references
@string{me = "Me"}

@misc{gur2018learning,
  title         = {Learning to {Navigate} the Web},
  author        = {Gur, Izzeddin and Rueckert, Ulrich},
  year          = {2018},
  month         = dec,
  eprint        = {1812.09195},
  archivePrefix = {arXiv},
  doi           = {10.48550/arXiv.1812.09195},
  note          = {read in May},
}
"""


class StandIn:
    """A service that knows some papers, says what a test tells it to, or is down."""

    name, network = "standin", True
    says: ClassVar[dict[str, dict[str, Any]]] = {}
    down = False

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        if self.down:
            raise SourceUnavailable("no answer in 10 s; try again later")
        return [self._of(work) for work in works]

    def _of(self, work: Work) -> list[Published]:
        known = dict(self.says.get(work.record.arxiv_id, {}))
        if not known:
            return []
        own: dict[str, Any] = {"title": work.record.title, "authors": work.record.authors}
        own |= {name: known.pop(name) for name in FIELDS & known.keys()}
        return [Published(publication=Publication(**known), source=self.name, **own)]


@pytest.fixture(autouse=True)
def standin(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    monkeypatch.setitem(sys.modules, "standin_enricher", SimpleNamespace(StandIn=StandIn))
    monkeypatch.setitem(registry.ENRICHERS, "standin", "standin_enricher:StandIn")
    monkeypatch.setattr(StandIn, "says", KNOWN)
    monkeypatch.setattr(StandIn, "down", False)
    return StandIn


@pytest.fixture
def upgrade(folder: Path, cli: Callable[..., Result]) -> Callable[..., tuple[Result, str]]:
    """Run `refkit upgrade refs.bib` on a text; return what is printed and what then stands in the file."""

    def run(text: str | bytes, *options: str, code: int = 0) -> tuple[Result, str]:
        path = folder / "refs.bib"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        result = cli("upgrade", "refs.bib", "--enricher", "standin", "--no-network", *options, code=code)
        return result, path.read_bytes().decode("latin-1" if isinstance(text, bytes) else "utf-8")

    return run


Upgrading = Callable[..., tuple[Result, str]]


def test_an_entry_is_changed_in_place(upgrade: Upgrading) -> None:
    result, text = upgrade(SOUND)
    assert (
        text
        == """% my references
@string{me = "Me"}

@inproceedings{gur2018learning,
  title         = {Learning to {Navigate} the Web},
  author        = {Gur, Izzeddin and Rueckert, Ulrich},
  booktitle     = {International Conference on Learning Representations},
  year          = {2019},
  eprint        = {1812.09195},
  archivePrefix = {arXiv},
  note          = {read in May},
}
"""
    )
    assert "upgraded: refs.bib:4: gur2018learning: published in ICLR, says standin" in result.output
    assert "1 upgraded, 0 already published, 0 no published version known, 0 doubtful, 0 left alone" in result.output
    again, same = upgrade(text)
    assert same == text
    assert "0 upgraded, 1 already published" in again.output
    assert "refs.bib is left as it is" in again.output


def test_a_dry_run_prints_a_diff_and_writes_nothing(upgrade: Upgrading) -> None:
    result, text = upgrade(SOUND, "--dry-run")
    assert text == SOUND
    assert "-@misc{gur2018learning,\n+@inproceedings{gur2018learning,\n" in result.stdout
    assert "+  booktitle     = {International Conference on Learning Representations},\n" in result.stdout
    assert "-  month         = dec,\n" in result.stdout


STYLES = {
    "one line": (
        "@misc{a, title={Learning to Navigate the Web}, eprint={1812.09195}}\n",
        ("@inproceedings{a, title={Learning to Navigate the Web}, "
        "booktitle={International Conference on Learning Representations}, year={2019}, eprint={1812.09195}}\n"),
    ),
    "as a search engine exports it": (
        ("@article{gur2018learning,\n  title={Learning to navigate the web},\n  author={Gur, Izzeddin},\n"
        "  journal={arXiv preprint arXiv:1812.09195},\n  year={2018}\n}\n"),
        ("@inproceedings{gur2018learning,\n  title={Learning to navigate the web},\n  author={Gur, Izzeddin},\n"
        "  eprint={1812.09195},\n  archivePrefix={arXiv},\n  primaryClass={cs.LG},\n"
        "  booktitle={International Conference on Learning Representations},\n  year={2019}\n}\n"),
    ),
    "as INSPIRE exports it": (
        ('@article{Gur:2018,\n    title = "{Learning to Navigate the Web}",\n    eprint = "1812.09195",\n'
        '    archivePrefix = "arXiv",\n    month = "12",\n    year = "2018"\n}\n'),
        ('@inproceedings{Gur:2018,\n    title = "{Learning to Navigate the Web}",\n'
        '    booktitle = "International Conference on Learning Representations",\n    eprint = "1812.09195",\n'
        '    archivePrefix = "arXiv",\n    year = "2019"\n}\n'),
    ),
    "as DBLP exports it": (
        ("@article{DBLP:a,\n  title        = {Learning to Navigate the Web},\n  journal      = {CoRR},\n"
        "  volume       = {abs/1812.09195},\n  year         = {2018},\n  eprinttype    = {arXiv},\n"
        "  eprint       = {1812.09195},\n}\n"),
        ("@inproceedings{DBLP:a,\n  title        = {Learning to Navigate the Web},\n"
        "  booktitle    = {International Conference on Learning Representations},\n"
        "  year         = {2019},\n  eprinttype    = {arXiv},\n"
        "  eprint       = {1812.09195},\n}\n"),
    ),
    "BibLaTeX, commas first, Windows": (
        ('@Online{a\r\n, title = "Learning to Navigate the Web"\r\n, date = {2018-12-21}\r\n'
        ", eprint = {1812.09195}\r\n, eprinttype = {arxiv}\r\n, pubstate = {prepublished}\r\n}\r\n"),
        ('@Inproceedings{a\r\n, title = "Learning to Navigate the Web"\r\n'
        ', booktitle = "International Conference on Learning Representations"\r\n, date = {2019}\r\n'
        ", eprint = {1812.09195}\r\n, eprinttype = {arxiv}\r\n}\r\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_the_layout_of_the_entry_is_kept(style: str, upgrade: Upgrading, folder: Path) -> None:
    before, after = STYLES[style]
    upgrade(before)
    text = (folder / "refs.bib").read_bytes().decode()
    assert text == after
    assert not bib_parse(text).failed_blocks
    upgrade(text)
    assert (folder / "refs.bib").read_bytes().decode() == after


def test_what_is_wrong_or_unsure_is_left_and_told(upgrade: Upgrading, standin: type[StandIn]) -> None:
    wrong_id = SOUND.replace("Learning to {Navigate} the Web", "Quite Another Paper")
    result, text = upgrade(wrong_id, code=1)
    assert text == wrong_id
    assert "doubtful: refs.bib:4: gur2018learning: arXiv:1812.09195 has another title" in result.output
    standin.says = {"1812.09195": {**KNOWN["1812.09195"], "authors": (Author(family="Doe", given="Jane"),)}}
    result, text = upgrade(SOUND, code=1)
    assert text == SOUND
    assert "the authors do not (Jane Doe)" in result.output
    broken = SOUND.replace("{read in May},", "")
    result, text = upgrade(broken, code=1)
    assert text == broken
    assert "left alone: refs.bib:4: gur2018learning: the entry is broken" in result.output


def test_a_month_by_its_number_is_the_same_month(upgrade: Upgrading, standin: type[StandIn]) -> None:
    standin.says = {"1812.09195": {**KNOWN["1812.09195"], "issued": PartialDate(2019, 12)}}
    _, text = upgrade(SOUND.replace("= dec", '= "12"'))
    assert '  month         = "12",\n' in text
    _, text = upgrade(SOUND.replace("= dec", "= {May}"))
    assert "  month         = dec,\n" in text


def test_comments_inside_of_an_entry_stay(upgrade: Upgrading) -> None:
    commented = SOUND.replace("  month ", "% that of v1\n  month ").replace("{1812.09195},\n", "{1812.09195}, % id\n")
    _, text = upgrade(commented)
    assert "  year          = {2019},\n% that of v1\n" in text
    assert "  eprint        = {1812.09195}, % id\n" in text
    assert not bib_parse("".join(line for line in text.splitlines(keepends=True) if line[0] != "%")).failed_blocks


def test_a_broken_entry_does_not_stop_a_sound_one(upgrade: Upgrading) -> None:
    broken = "@misc{x, title = {never closed\n\n"
    _, text = upgrade(broken + SOUND, code=1)
    assert text.startswith(broken)
    assert "@inproceedings{gur2018learning," in text


def test_an_outage_is_told_and_nothing_is_called_unpublished(upgrade: Upgrading, standin: type[StandIn]) -> None:
    standin.down = True
    result, text = upgrade(SOUND, code=3)
    assert text == SOUND
    assert "standin failed: no answer in 10 s; try again later" in result.output
    assert "0 no published version known, 0 doubtful, 0 left alone, 1 could not be looked up in full" in result.output


def test_papers_that_no_source_has_are_taken_as_the_entry_says(upgrade: Upgrading, standin: type[StandIn]) -> None:
    standin.says = {"2602.00001": {"container_title": "Nature", "issued": PartialDate(2026), "type": "article-journal"}}
    _, text = upgrade(
        "@misc{a,\n title = {Of No Catalogue at All},\n author = {Doe, Jane},\n eprint = {2602.00001}\n}\n"
    )
    assert text.startswith(
        "@article{a,\n title = {Of No Catalogue at All},\n author = {Doe, Jane},\n journal = {Nature},\n"
    )


def test_latin_1_stays_latin_1(upgrade: Upgrading, standin: type[StandIn]) -> None:
    standin.says = {"1812.09195": {**KNOWN["1812.09195"], "container_title": "Łódź Tagung"}}
    _, text = upgrade("% é\n".encode("latin-1") + SOUND.replace("month         = dec", "pubstate = {x}").encode())
    assert text.startswith("% é\n% my references\n")
    assert "{\\L}{\\'o}d{\\'z} Tagung" in text


def test_chosen_entries_and_bad_input(upgrade: Upgrading, cli: Callable[..., Result], folder: Path) -> None:
    other = SOUND.replace("gur2018learning", "other")
    _, text = upgrade(SOUND + other, "--key", "other")
    assert text.startswith(SOUND)
    assert "@inproceedings{other," in text
    result, _ = upgrade(SOUND, "--key", "nobody", code=2)
    assert "refs.bib has no entry nobody" in result.output
    assert "does not exist" in cli("upgrade", "missing.bib", code=2).output
    assert "is a folder" in cli("upgrade", str(folder), code=2).output
    assert "no enricher named 'x'" in cli("upgrade", "refs.bib", "--enricher", "x", code=2).output


def test_a_file_changed_meanwhile_is_not_overwritten(
    upgrade: Upgrading, folder: Path, standin: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited(self: StandIn, works: Sequence[Work]) -> list[list[Published]]:
        (folder / "refs.bib").write_text("mine", encoding="utf-8")
        return [self._of(work) for work in works]

    monkeypatch.setattr(standin, "published", edited)
    result, text = upgrade(SOUND, code=2)
    assert text == "mine"
    assert "was changed by another program meanwhile" in result.output


def test_bibtex_writes_published_versions_on_request(cli: Callable[..., Result], standin: type[StandIn]) -> None:
    plain = cli("bibtex", "digest.txt", "--no-network")
    assert plain.stdout.count("@misc{") == 3
    result = cli("bibtex", "digest.txt", "--no-network", "--published", "--enricher", "standin")
    assert "@inproceedings{gur2018learning," in result.stdout
    assert "pages         = {540--562}," in result.stdout
    assert "refkit: published versions of 3 papers: 3 found, 0 doubtful, 0 not known" in result.stderr
    standin.down = True
    broken = cli("bibtex", "digest.txt", "--no-network", "--published", "--enricher", "standin", code=3)
    assert broken.stdout.count("@misc{") == 2
    assert broken.stdout.count("@article{") == 1  # what the authors say on arXiv is known all the same
    assert "standin failed" in broken.stderr


def test_json_has_the_published_version_with_its_sources(cli: Callable[..., Result]) -> None:
    options = ("--no-network", "--published", "--enricher", "standin", "--json")
    found = json.loads(cli("bibtex", "digest.txt", *options).stdout)["resolutions"]
    published = {each["arxiv_id"]: each.get("published") for each in found}
    assert published["2307.05973"] == {
        "type": "paper-conference",
        "container_title": "Conference on Robot Learning",
        "pages": "540-562",
        "issued": "2023",
        "provenance": dict.fromkeys(("type", "container_title", "pages", "issued"), "standin"),
        "dissent": {},
    }
    plain = json.loads(cli("bibtex", "digest.txt", "--no-network", "--json").stdout)["resolutions"]
    assert not any("published" in each for each in plain)


def test_arxiv_is_asked_for_what_the_authors_say(
    cli: Callable[..., Result], folder: Path, arxiv_server: ArxivServer
) -> None:
    (folder / "refs.bib").write_text(
        "@misc{a, title = {This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology}, "
        "eprint = {1909.11869}}\n" + SOUND,
        encoding="utf-8",
    )
    (folder / "refkit.toml").write_text('sources = ["arxiv"]\n', encoding="utf-8")
    result = cli("upgrade", "refs.bib")
    assert "1 upgraded, 0 already published, 1 no published version known" in result.output
    assert "@article{a," in (folder / "refs.bib").read_text(encoding="utf-8")
    assert len(arxiv_server.requests) == 1  # all ids in one
    assert cli("upgrade", "refs.bib").output.endswith("refs.bib is left as it is\n")


def test_enrichers_of_the_configuration_are_asked(cli: Callable[..., Result], folder: Path) -> None:
    (folder / "refkit.toml").write_text('enrichers = ["standin"]\n', encoding="utf-8")
    assert "@inproceedings{" not in cli("bibtex", "digest.txt", "--no-network").stdout
    assert "@inproceedings{" in cli("bibtex", "digest.txt", "--no-network", "--published").stdout
    (folder / "refkit.toml").write_text('[enrichers]\nuse = "standin"\n', encoding="utf-8")
    assert "enrichers.use must be a list of names" in cli("bibtex", "digest.txt", code=2).output
