from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from refkit.themes.rules import load_taxonomy

Run = Callable[..., Result]
MINE = (
    '[themes.ponds]\nlabel = "Life in ponds"\nterms = [{ weight = 2, any = ["frog", "newt"] }]\nnot = ["frog king"]\n'
)
NAVIGATE = "Learning to Navigate the Web"  # 1812.09195, cs.LG


@pytest.fixture
def mine(folder: Path) -> Path:
    path = folder / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    return path


# list


def test_the_list_has_each_theme_with_its_label_its_terms_and_its_files(cli: Run) -> None:
    lines = cli("themes", "list").stdout.splitlines()
    themes = load_taxonomy().themes
    assert [line.split()[0] for line in lines] == [theme.id for theme in themes]
    (robots,) = [line for line in lines if line.startswith("robotics ")]
    count = next(len(theme.terms) for theme in themes if theme.id == "robotics")
    assert robots.split()[1] == "Robotics"
    assert robots.endswith(f"{count} terms  themes.toml, fields.toml")


@pytest.mark.usefixtures("mine")
def test_the_list_has_the_user_s_themes(cli: Run, folder: Path) -> None:
    (line,) = [line for line in cli("themes", "list", "--themes", "mine.toml").stdout.splitlines() if "pond" in line]
    assert line.split() == ["ponds", "Life", "in", "ponds", "2", "terms", "mine.toml"]
    (folder / "refkit.toml").write_text('themes = ["mine.toml"]\n', encoding="utf-8")
    found = json.loads(cli("themes", "list", "--json").stdout)
    assert found["version"] == 1
    (ponds,) = [each for each in found["themes"] if each["id"] == "ponds"]
    assert ponds == {
        "id": "ponds",
        "label": "Life in ponds",
        "terms": 2,
        "threshold": 6,
        "categories": {},
        "field": [],
        "at_large": False,
        "files": [str(folder / "mine.toml")],
    }


# explain


def test_a_title_of_the_catalogue_is_explained_with_its_categories(cli: Run) -> None:
    text = cli("themes", "explain", NAVIGATE).stdout
    assert text.startswith(f"{NAVIGATE} (arXiv:1812.09195, cs.LG)\nIts themes:\n  agents: 12 of 6 points\n")
    assert "     12  “Navigate the Web” in the title, the term “navigat* ... web”, weight 4\n" in text
    assert "      0  “Web” in the title, weight 1; is part of “Navigate the Web”, which counts more\n" in text
    assert "Nearly given:\n" in text
    assert "      3  cs.LG, a category of the paper\n" in text


@pytest.mark.usefixtures("mine")
def test_what_blocks_a_theme_is_shown_as_a_near_miss(cli: Run) -> None:
    text = cli("themes", "explain", "The Frog King", "--themes", "mine.toml").stdout
    assert text == (
        "The Frog King\nIt gets no theme.\nNearly given:\n  ponds: 0 of 6 points, 6 are missing\n"
        "      0  “Frog” in the title, weight 2; stands in “Frog King”, where it does not count\n"
    )


def test_categories_and_an_abstract_may_be_given(cli: Run) -> None:
    text = cli("themes", "explain", "A Note", "--category", "cs.CL", "--abstract", "Of trees.").stdout
    assert text.startswith(
        "A Note (cs.CL)\nIts themes:\n  natural-language: no theme has enough points, and this is the f"
    )
    found = json.loads(
        cli("themes", "explain", "A Robot", "--category", "math.NT", "--category", "cs.RO", "--json").stdout
    )
    assert (found["version"], found["title"], found["arxiv_id"]) == (1, "A Robot", None)
    assert found["categories"] == ["math.NT", "cs.RO"]
    assert found["given"] == ["robotics", "number-theory"]
    (robots,) = [each for each in found["themes"] if each["theme"] == "robotics"]
    assert robots["category"] == {"code": "cs.RO", "points": 3}
    assert robots["terms"] == [
        {"term": "robot*", "words": "Robot", "place": "title", "times": 1, "weight": 2, "points": 6, "note": ""}
    ]


def test_a_digest_lends_its_abstract(cli: Run, root: Path) -> None:
    digest = str(root / "seeds/trending-papers.txt")
    text = cli("themes", "explain", NAVIGATE, "--digest", digest).stdout
    assert "  reinforcement-learning: 6 of 6 points\n      6  “Q-learning” in the summary, weight 3\n" in text


def test_all_themes_with_points_are_shown_on_demand(cli: Run) -> None:
    text = cli("themes", "explain", "Image of a Tree", "--all").stdout
    assert "Not given:\n" in text
    assert "computer-vision: 3 of 9 points, 6 are missing (6 would do, but its categories are not known)" in text
    assert "Not given" not in cli("themes", "explain", "Image of a Tree").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("explain", " "), "The title is empty"),
        (("explain", "A", "--category", "cs.XX"), "There is no category 'cs.XX' on arXiv"),
        (("explain", "A", "--digest", "none.txt"), "none.txt"),
        (("explain", "A", "--digest", "digest.txt"), "digest.txt has no title 'A'; copy it from the digest"),
        (("explain", "A", "--digest", "digest.txt", "--abstract", "b"), "leave one of them out"),
        (("list", "--themes", "none.toml"), "none.toml: there is no such file of themes; correct its name"),
        (("list", "--themes", "broken.toml"), "broken.toml:1: this is not TOML"),
        (("test", "none.jsonl"), "none.jsonl"),
        (("test", "empty.jsonl"), "empty.jsonl has no labelled paper"),
        (("test", "strange.jsonl"), "strange.jsonl: no label is a theme (to read, 2024); `refkit themes list` shows"),
        (("test", "digest.txt"), "digest.txt has no labelled paper"),
    ],
)
def test_a_mistake_is_a_sentence(cli: Run, folder: Path, arguments: tuple[str, ...], message: str) -> None:
    (folder / "broken.toml").write_text("[themes\n", encoding="utf-8")
    (folder / "empty.jsonl").write_text("", encoding="utf-8")
    (folder / "strange.jsonl").write_text('{"title": "A", "themes": ["to read", "2024"]}\n', encoding="utf-8")
    told = cli("themes", *arguments, code=2)
    assert told.stdout == ""
    assert message.replace("to read, 2024", "2024, to read") in told.stderr


# test


LABELS = [
    {"title": "A Frog", "themes": ["ponds", "to read"]},
    {"title": "A Frog in a Network of Robots", "themes": ["Robotics"]},
    {"title": "Leaves", "themes": ["ponds"]},
]


@pytest.fixture
def labels(mine: Path) -> str:
    path = mine.parent / "labels.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in LABELS), encoding="utf-8")
    return path.name


def test_a_taxonomy_is_held_against_labels(cli: Run, labels: str) -> None:
    told = cli("themes", "test", labels, "--themes", "mine.toml")
    assert told.stdout == (
        "          right  wrong  missed  precision  recall    F1\n"
        "ponds         1      1       1       0.50    0.50  0.50\n"
        "robotics      1      0       0       1.00    1.00  1.00\n"
        "all           2      1       1       0.67    0.67  0.67\n"
        "3 works, 1 without a theme\n"
        "Terms that gave points to works not labelled so:\n"
        "  ponds: “frog” on 1 wrong, 1 right\n"
        "labels.jsonl:2: A Frog in a Network of Robots\n"
        "  wrong: ponds: 6 of 6 points\n"
        "      6  “Frog” in the title, weight 2\n"
        "labels.jsonl:3: Leaves\n"
        "  missed: ponds: none of its terms stands there\n"
    )
    assert told.stderr == "refkit: 1 label is no theme and is left out: to read\n"


def test_the_scores_are_printed_as_json(cli: Run, labels: str) -> None:
    found = json.loads(cli("themes", "test", labels, "--themes", "mine.toml", "--json").stdout)
    assert (found["version"], found["works"], found["without"]) == (1, 3, 1)
    assert found["all"] == {"right": 2, "wrong": 1, "missed": 1, "precision": 0.6667, "recall": 0.6667, "f1": 0.6667}
    assert found["themes"].keys() == {"ponds", "robotics"}
    assert found["terms"] == [{"theme": "ponds", "term": "frog", "wrong": 1, "right": 1}]
    assert [(each["place"], len(each["wrong"]), len(each["missed"])) for each in found["faults"]] == [
        ("labels.jsonl:2", 1, 0),
        ("labels.jsonl:3", 0, 1),
    ]
    assert found["faults"][0]["wrong"][0]["terms"][0]["words"] == "Frog"
    assert found["labels_left_out"] == {"to read": 1}


def test_the_sample_has_no_wrong_theme(cli: Run, root: Path) -> None:
    digest = str(root / "seeds/trending-papers.txt")
    found = json.loads(cli("themes", "test", str(root / "seeds/truth.jsonl"), "--digest", digest, "--json").stdout)
    assert (found["works"], found["without"], found["all"]["wrong"]) == (53, 0, 0)
    assert found["all"]["right"] >= 100


# on a terminal


@pytest.mark.parametrize(
    ("columns", "arguments"),
    [
        (70, ("list",)),
        (50, ("explain", NAVIGATE, "--all")),
        (50, ("test", "labels.jsonl", "--themes", "mine.toml")),
    ],
)
def test_what_is_shown_fits_the_terminal(
    on_terminal: Callable[..., Any], cli: Run, labels: str, columns: int, arguments: tuple[str, ...]
) -> None:
    assert labels == "labels.jsonl"
    piped = cli("themes", *arguments).stdout
    assert max(map(len, piped.splitlines())) > columns
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("themes", *arguments, columns=columns).raw.decode())
    assert max(map(len, shown.splitlines())) <= columns
    assert not Counter("".join(piped.split())) - Counter("".join(shown.split()))  # no letter is lost


# --headings


DIGEST = """# Week 11

## Web agents

- [Learning to Navigate the Web](https://arxiv.org/abs/1812.09195)

## Other

- [VoxPoser: Composable 3D Value Maps for Robotic Manipulation with Language Models](https://arxiv.org/abs/2307.05973)
"""


@pytest.fixture
def headed(folder: Path) -> str:
    (folder / "headed.md").write_text(DIGEST, encoding="utf-8")
    return "headed.md"


def keywords(told: Result) -> list[str]:
    return sorted(line.strip() for line in told.stdout.splitlines() if "keywords" in line)


def test_headings_become_themes_on_demand(cli: Run, headed: str) -> None:
    plain, with_headings = (keywords(cli("bibtex", headed, "--no-network", *more)) for more in ([], ["--headings"]))
    assert ["web-agents" in line for line in plain] == [False, False]
    assert [line.partition("{")[2].strip("},") for line in with_headings] == ["agents, web-agents", "robotics"]
    page = cli("report", headed, "--no-network", "--headings").stdout
    assert "web-agents" in page
    assert "web-agents" not in cli("report", headed, "--no-network").stdout


def test_headings_may_be_chosen_in_the_configuration(cli: Run, folder: Path, headed: str) -> None:
    settings = '[taggers]\nuse = ["headings"]\n[taggers.headings]\nnames = { "Web Agents" = "agents" }\n'
    (folder / "refkit.toml").write_text(settings, encoding="utf-8")
    assert [line.partition("{")[2].strip("},") for line in keywords(cli("bibtex", headed, "--no-network"))] == [
        "agents"
    ]
    (folder / "refkit.toml").write_text('taggers = ["guess"]\n', encoding="utf-8")
    assert "There is no tagger named 'guess'" in cli("bibtex", headed, "--no-network", code=2).stderr


def test_headings_become_tags_in_zotero(web: object, cli: Run, headed: str) -> None:
    assert web
    plan = cli("sync-zotero", headed, "--no-network", "--headings", "--dry-run").stdout
    assert "+web-agents" in plan
