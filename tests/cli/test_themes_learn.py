"""`refkit themes learn` and `refkit themes discover`: what a user sees, and the files that are written."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from refkit.testing import ZoteroServer
from refkit.themes.learned import LearnedTagger
from refkit.themes.model_file import load_model
from refkit.themes.taxonomy import load_taxonomy

Run = Callable[..., Result]
TOPICS = {
    "web agents": "web navigate browser website click form link hyperlink",
    "fairness": "fairness confusion disciplinary bias equity justice audit parity",
    "robots": "robotic manipulation grasp arm gripper voxel robot motor",
}
NAV = "Learning to Navigate the Web"  # of the shipped catalogue: 1812.09195


def titles() -> list[tuple[str, str]]:
    """Return made-up titles with their topics."""
    chance = random.Random(2)  # noqa: S311 - made-up titles
    return [
        (f"{' '.join(chance.choices(words.split(), k=4))} study {topic[:3]}{number}", topic)
        for topic, words in TOPICS.items()
        for number in range(14)
    ]


@pytest.fixture
def library(folder: Path) -> Path:
    """A .bib as Zotero exports it, with tags of a reader and others."""
    entries = [
        f"@misc{{key{place}, title = {{{title}}},\n keywords = {{{topic}, to-read, Computer Science - Robotics}}}}\n"
        for place, (title, topic) in enumerate(titles())
    ]
    entries.append("@misc{odd, title = {A Paper About Ponds}, keywords = {ponds}}\n")
    path = folder / "library.bib"
    path.write_text("".join(entries), encoding="utf-8")
    return path


@pytest.mark.usefixtures("library")
def test_a_library_is_learnt_and_the_table_says_how_well(cli: Run) -> None:
    result = cli("themes", "learn", "library.bib", "-o", "my.model.json")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["tag", "papers", "precision", "recall", "F1", "from", "given"]
    assert [line[:10].strip() for line in lines[1:]] == ["fairness", "robots", "web agents"]
    assert all(line.split()[-1] == "yes" and line.split()[-6] == "14" for line in lines[1:])
    assert "learnt 3 tags from 43 papers" in result.stderr
    assert "not learnt, since they say what was done with a paper, not what it is about: to-read" in result.stderr
    assert "not learnt, since they are arXiv's categories: Computer Science - Robotics" in result.stderr
    assert "not learnt, since they have fewer than 8 papers: ponds" in result.stderr
    assert "what was learnt is written to my.model.json" in result.stderr
    first = Path("my.model.json").read_bytes()
    again = cli("themes", "learn", "library.bib", "-o", "my.model.json")
    assert "what was learnt is already in my.model.json" in again.stderr
    assert Path("my.model.json").read_bytes() == first
    assert LearnedTagger(Path("my.model.json")).name == "learned"


@pytest.mark.usefixtures("library")
def test_tags_are_proposed_with_the_papers_that_argue(cli: Run) -> None:
    Path("new.txt").write_text(f"{NAV}\nA Robotic Gripper with a Motor Arm\n", encoding="utf-8")
    result = cli("themes", "learn", "library.bib", "--propose", "new.txt", "--no-network", code=1)
    web, robots = result.stdout.split("\n\n")[1:]
    assert web.startswith(f"{NAV}  arXiv:1812.09195\n")
    assert "  web agents: " in web
    assert web.count("        like ") == 3
    known = dict(titles())
    likes = [line.split("like ")[1] for line in web.splitlines() if "like " in line]
    assert {known[title] for title in likes} == {"web agents"}
    assert robots.startswith("A Robotic Gripper with a Motor Arm\n")
    assert "robots: " in robots
    assert "1 matched, 0 ambiguous, 1 not found" in result.stderr


@pytest.mark.usefixtures("library")
def test_a_higher_confidence_proposes_less(cli: Run) -> None:
    Path("new.txt").write_text("Web Form Study of Justice\n", encoding="utf-8")
    options = ("themes", "learn", "library.bib", "--propose", "new.txt", "--no-network")
    assert "nothing is proposed" not in cli(*options, "--confidence", "0.3", code=1).stdout
    assert "nothing is proposed" in cli(*options, "--confidence", "0.99", code=1).stdout


def test_headings_are_tags_if_they_are_wanted(cli: Run, folder: Path) -> None:
    by_topic: dict[str, list[str]] = {}
    for title, topic in titles():
        by_topic.setdefault(topic, []).append(f"- {title.title()}\n")
    text = "".join(f"## {topic.title()}\n\n{''.join(lines)}\n" for topic, lines in by_topic.items())
    (folder / "list.md").write_text(text, encoding="utf-8")
    assert "nothing to learn" in cli("themes", "learn", "list.md", code=2).stderr
    assert "Web Agents      14" in cli("themes", "learn", "list.md", "--headings").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "No library to learn from: name an export with tags"),
        (("none.bib",), "none.bib"),
        (("library.bib", "-o", "model.bib"), "no file of JSON by its name"),
        (("library.bib", "--to", "web"), "--to is for the library in Zotero; add --zotero"),
        (("library.bib", "--library", "user"), "--library is for the library in Zotero; add --zotero"),
        (("library.bib", "--fewest", "30"), "no tag is had by 30 of them"),
        (("library.bib", "--fewest", "1"), "Invalid value for '--fewest'"),
        (("library.bib", "--confidence", "2"), "Invalid value for '--confidence'"),
        (("digest.txt",), "nothing to learn: of 3 papers 0 have tags"),
        (("--zotero",), "no way into Zotero"),
    ],
)
@pytest.mark.usefixtures("library")
def test_what_cannot_be_done_is_a_sentence(cli: Run, arguments: tuple[str, ...], sentence: str) -> None:
    result = cli("themes", "learn", *arguments, code=2)
    assert sentence in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_the_library_in_zotero_is_learnt_from_and_not_changed(cli: Run, web: ZoteroServer) -> None:
    for title, topic in titles():
        web.library.add(title=f"<i>{title}</i>", tags=[topic, {"tag": "by machine", "type": 1}, "to-read"])
    trashed = web.library.add(title="Trashed", tags=["trash"])
    web.library.trash(trashed)
    web.library.add(itemType="note", note="a note", tags=["noted"])
    before = web.library.version
    result = cli("themes", "learn", "--zotero", "-o", "my.model.json")
    assert "learnt 3 tags from 42 papers" in result.stderr
    assert "by machine" not in result.output
    assert "noted" not in result.output
    assert web.library.version == before
    assert not any(request.is_write for request in web.requests)
    assert {paper.title for paper in load_model(Path("my.model.json")).papers} == {title for title, _ in titles()}


def test_what_refkit_put_into_zotero_itself_is_not_learnt(cli: Run, sync: Run, web: ZoteroServer) -> None:
    for title, topic in titles():
        web.library.add(title=title, tags=[topic])
    sync("--no-pdf")
    robotics = [row for row in web.library.items.values() if {"tag": "robotics"} in row["tags"]]
    assert robotics
    assert "learnt 3 tags from 42 papers" in cli("themes", "learn", "--zotero").stderr


@pytest.mark.usefixtures("web", "no_waiting")
def test_zotero_that_does_not_answer_is_not_an_empty_library(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_URL", "http://127.0.0.1:9")
    assert "nothing to learn" not in cli("themes", "learn", "--zotero", code=3).stderr


@pytest.fixture
def pile(folder: Path) -> Path:
    path = folder / "pile.txt"
    path.write_text("".join(f"{title.title()}\n" for title, _ in titles()), encoding="utf-8")
    return path


@pytest.mark.usefixtures("pile")
def test_themes_are_found_and_written_to_be_edited(cli: Run) -> None:
    result = cli("themes", "discover", "pile.txt", "-o", "my.toml", "--count", "3")
    assert result.stdout == ""
    assert "the themes are written to my.toml; edit it, and use it with --themes my.toml" in result.stderr
    assert "of these papers back" in result.stderr
    loaded = load_taxonomy(Path("my.toml"))
    assert {theme.id for theme in loaded.themes} - {theme.id for theme in load_taxonomy().themes}
    assert (
        "there already, and perhaps you edited it"
        in cli("themes", "discover", "pile.txt", "-o", "my.toml", code=2).stderr
    )
    cli("bibtex", "digest.txt", "--no-network", "--themes", "my.toml")


@pytest.mark.usefixtures("pile")
def test_themes_go_to_standard_output_and_are_the_same_again(cli: Run) -> None:
    first = cli("themes", "discover", "pile.txt")
    assert first.stdout.startswith("# Themes that `refkit themes discover` proposes")
    assert "[themes." in first.stdout
    assert "tried (silhouette at best 0." in first.stderr
    assert cli("themes", "discover", "pile.txt").stdout == first.stdout


def test_papers_that_fit_nowhere_are_told(cli: Run, pile: Path) -> None:
    with pile.open("a", encoding="utf-8") as file:
        file.write("Tectonic Subduction Beneath Andean Volcanoes\n")
    result = cli("themes", "discover", "pile.txt")
    assert "fit nowhere and are left out; they stand at the end" in result.stderr
    assert "#   Tectonic Subduction Beneath Andean Volcanoes" in result.stdout.split("fit nowhere:")[1]


@pytest.mark.usefixtures("pile")
def test_too_few_papers_and_other_names_are_refused(cli: Run) -> None:
    assert "3 papers are too few to find themes in" in cli("themes", "discover", "digest.txt", code=2).stderr
    assert "no file of themes by its name" in cli("themes", "discover", "pile.txt", "-o", "my.txt", code=2).stderr
    assert "No digest to read" in cli("themes", "discover", code=2).stderr


@pytest.mark.usefixtures("pile")
def test_without_scikit_learn_the_extra_is_named(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert "pip install 'refkit[themes]'" in cli("themes", "discover", "pile.txt", code=2).stderr


@pytest.mark.usefixtures("library")
def test_learning_needs_no_scikit_learn(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    cli("themes", "learn", "library.bib", "-o", "my.model.json")
    assert json.loads(Path("my.model.json").read_text(encoding="utf-8"))["version"] == 1
