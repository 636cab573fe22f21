"""`refkit sync-zotero` beside a stand-in web API: what a user sees, and what is in the library afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from refkit.testing import ZoteroServer

NAV, FAIR, VOX = "1812.09195", "1909.11869", "2307.05973"
NAV_TITLE = "Learning to Navigate the Web"
FAIR_DOI = "10.1145/3359221"
COLLECTION = r"CI\/CD/Week 11"
Run = Callable[..., Result]


def papers(web: ZoteroServer) -> dict[str, dict[str, Any]]:
    """Return the items that refkit made, by arXiv id."""
    rows = [row for row in web.library.items.values() if row["itemType"] == "preprint"]
    return {str(row["archiveID"]).removeprefix("arXiv:"): row for row in rows}


def key_of(web: ZoteroServer, arxiv_id: str) -> str:
    return str(papers(web)[arxiv_id]["key"])


def tags(row: dict[str, Any]) -> set[str]:
    return {tag["tag"] for tag in row["tags"]}


def names(web: ZoteroServer) -> list[str]:
    return sorted(row["name"] for row in web.library.collections.values())


def attachments(web: ZoteroServer) -> list[dict[str, Any]]:
    return [row for row in web.library.items.values() if row["itemType"] == "attachment"]


def writes(web: ZoteroServer) -> int:
    return sum(request.is_write for request in web.requests)


def block(text: str, arxiv_id: str) -> str:
    """Return what a plan says of one paper."""
    start = text.index(f"arXiv:{arxiv_id}")
    ends = [text.find(mark, start + 1) for mark in ("\ncreate ", "\nupdate ", "\nkeep ", "\nconflict ", "\nplan for")]
    return text[start : min(end for end in ends if end > 0)]


def test_papers_are_created_with_links_and_counts_and_a_second_run_only_reads(web: ZoteroServer, sync: Run) -> None:
    first = sync()
    for arxiv_id in (NAV, FAIR, VOX):
        assert f"created arXiv:{arxiv_id}  " in first.stdout
        key = key_of(web, arxiv_id)
        assert f"zotero://select/library/items/{key}  https://www.zotero.org/ada/items/{key}" in first.stdout
    assert "refkit: the library of ada: 3 created, 0 updated, 0 kept as they are\n" in first.stderr
    assert tags(papers(web)[VOX]) == {"robotics", "Computer Science - Robotics"}
    assert len(attachments(web)) == 3
    web.clear()
    second = sync()
    assert second.stdout == ""
    assert "0 created, 0 updated, 3 kept as they are" in second.stderr
    assert writes(web) == 0


def test_a_dry_run_writes_nothing_and_gives_reasons(web: ZoteroServer, sync: Run) -> None:
    web.library.add(title=NAV_TITLE, archiveID=f"arXiv:{NAV}", repository="arXiv")
    before = web.library.version
    plan = sync("--dry-run", "--collection", "Reading").stdout
    assert (writes(web), web.library.version) == (0, before)
    assert plan.startswith(f"update   arXiv:{NAV}  {NAV_TITLE}\n")
    update = block(plan, NAV)
    assert "found by its arXiv id in archiveID" in update
    assert "tags: +agents, +Computer Science - Machine Learning" in update
    assert "collections: +Reading" in update
    assert "it is not in the library" in block(plan, VOX)
    assert "tags: +robotics, +Computer Science - Robotics" in block(plan, VOX)
    assert plan.endswith("plan for the library of ada: 2 create, 1 update, 0 conflict, 0 keep\n")


def test_a_plan_names_the_pdf_of_a_new_paper_too(web: ZoteroServer, sync: Run) -> None:
    assert "PDF" in block(sync("--dry-run").stdout, NAV)
    assert web.library.version == 0


def test_a_saved_plan_is_applied_as_it_stands(web: ZoteroServer, sync: Run, cli: Run) -> None:
    told = sync("--plan", "plan.json", "--collection", "Reading", "--no-categories")
    assert writes(web) == 0
    assert "the plan is in plan.json; `refkit sync-zotero --apply plan.json` does it" in told.stderr
    assert "3 create" in told.stdout
    assert web.key not in Path("plan.json").read_text(encoding="utf-8")
    done = cli("sync-zotero", "--apply", "plan.json")
    assert "3 created, 0 updated, 0 kept" in done.stderr
    assert names(web) == ["Reading"]
    assert tags(papers(web)[VOX]) == {"robotics"}
    assert all(row["collections"] == [next(iter(web.library.collections))] for row in papers(web).values())


def test_applying_leaves_what_changed_since_and_does_the_rest(web: ZoteroServer, sync: Run, cli: Run) -> None:
    sync("--no-pdf")
    sync("--no-pdf", "--collection", "Reading", "--plan", "plan.json")
    web.library.edit(key_of(web, NAV), title="Mine")
    web.library.trash(key_of(web, FAIR))
    result = cli("sync-zotero", "--apply", "plan.json", code=1)
    assert result.stdout.startswith(f"updated arXiv:{VOX}")
    for arxiv_id in (NAV, FAIR):
        assert f"failed: arXiv:{arxiv_id} " in result.stderr
        assert papers(web)[arxiv_id]["collections"] == []
    assert result.stderr.count("has changed in Zotero since the plan was made") == 2
    assert papers(web)[VOX]["collections"]
    assert papers(web)[NAV]["title"] == "Mine"


def test_a_paper_that_was_added_by_hand_since_the_plan_is_not_added_again(
    web: ZoteroServer, sync: Run, cli: Run
) -> None:
    sync("--plan", "plan.json")
    web.library.add(title=NAV_TITLE, archiveID=f"arXiv:{NAV}", repository="arXiv")
    result = cli("sync-zotero", "--apply", "plan.json", code=1)
    assert f"failed: arXiv:{NAV} " in result.stderr
    assert "2 created, 0 updated, 0 kept as they are, 1 failed" in result.stderr
    assert len(papers(web)) == 3


@pytest.mark.usefixtures("no_waiting")
def test_a_plan_that_stopped_half_way_goes_on_when_it_is_applied_again(web: ZoteroServer, sync: Run, cli: Run) -> None:
    sync("--plan", "plan.json")
    web.faults = lambda _: "500" if papers(web) else ""  # down once the items, but not their PDFs, are there
    stopped = cli("sync-zotero", "--apply", "plan.json", code=3)
    assert "the same command goes on from there" in stopped.stderr
    web.faults = lambda _: ""
    again = cli("sync-zotero", "--apply", "plan.json")
    assert "failed" not in again.stderr
    assert len(attachments(web)) == 3


def test_a_plan_for_another_library_is_not_applied(web: ZoteroServer, sync: Run, refused: Callable[..., str]) -> None:
    sync("--plan", "plan.json")
    plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    plan["target"]["id"] = 5
    Path("other.json").write_text(json.dumps(plan), encoding="utf-8")
    assert "User 5 not found" in refused("sync-zotero", "--apply", "other.json")
    assert writes(web) == 0


@pytest.mark.parametrize("content", ["{", "", "[]", '{"refkit_plan": 1}', "\x00"])
def test_a_file_that_is_no_plan_is_refused(web: ZoteroServer, refused: Callable[..., str], content: str) -> None:
    Path("plan.json").write_text(content, encoding="utf-8")
    assert "plan.json is not a plan that this refkit can read" in refused("sync-zotero", "--apply", "plan.json")
    assert "nowhere.json does not exist" in refused("sync-zotero", "--apply", "nowhere.json")
    assert "make it anew" in refused("sync-zotero", "--apply", ".")
    assert web.requests == []


def test_a_plan_of_a_later_refkit_is_refused(web: ZoteroServer, sync: Run, refused: Callable[..., str]) -> None:
    sync("--plan", "plan.json")
    plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    Path("plan.json").write_text(json.dumps({**plan, "refkit_plan": 2}), encoding="utf-8")
    assert "make it anew" in refused("sync-zotero", "--apply", "plan.json")
    assert writes(web) == 0


@pytest.mark.parametrize(
    "given",
    [
        ["digest.txt"],
        ["--collection", "Reading"],
        ["--dry-run"],
        ["--plan", "new.json"],
        ["--library", "user"],
        ["--pdf"],
        ["--recreate"],
        ["--no-categories"],
        ["--no-pdf"],
        ["--themes", "mine.toml"],
    ],
)
def test_a_plan_is_not_mixed_with_other_wishes(
    web: ZoteroServer, sync: Run, refused: Callable[..., str], given: list[str]
) -> None:
    sync("--plan", "plan.json")
    sentence = refused("sync-zotero", "--apply", "plan.json", *given)
    assert "--apply does what the saved plan says; leave out " in sentence
    assert writes(web) == 0


def test_json_tells_the_plan_and_what_came_of_it(web: ZoteroServer, sync: Run, cli: Run) -> None:
    planned = json.loads(sync("--dry-run", "--json").stdout)
    assert planned["summary"]["matched"] == 3
    zotero = planned["zotero"]
    assert zotero["library"] == {"way": "web", "kind": "user", "id": web.user_id, "name": "ada"}
    assert zotero["plan"] == {"create": 3, "update": 0, "conflict": 0, "keep": 0}
    assert "applied" not in zotero["changes"][0]
    assert zotero["changes"][0]["links"] == []
    saved = json.loads(sync("--plan", "plan.json", "--json").stdout)["zotero"]
    assert saved == zotero
    done = json.loads(cli("sync-zotero", "--apply", "plan.json", "--json").stdout)["zotero"]
    assert [(each["applied"], each["failure"]) for each in done["changes"]] == [(True, "")] * 3
    assert [each["key"] for each in done["changes"]] == [key_of(web, each) for each in (NAV, FAIR, VOX)]
    kept = json.loads(sync("--json").stdout)["zotero"]
    assert {each["op"] for each in kept["changes"]} == {"keep"}
    assert (kept["outage"], kept["remarks"]) == ("", [])


# Collections


def test_a_collection_is_made_once_also_if_a_part_of_it_is_there(web: ZoteroServer, sync: Run) -> None:
    top = web.library.add_collection("CI/CD")
    for _ in range(2):
        sync("--collection", COLLECTION)
    assert names(web) == ["CI/CD", "Week 11"]
    (inner,) = (key for key, row in web.library.collections.items() if row["name"] == "Week 11")
    assert web.library.collections[inner]["parentCollection"] == top
    assert [row["collections"] for row in papers(web).values()] == [[inner]] * 3
    web.clear()
    sync("--collection", COLLECTION)
    assert writes(web) == 0


def test_a_renamed_collection_is_followed_and_a_deleted_one_stays_deleted(web: ZoteroServer, sync: Run) -> None:
    sync("--collection", "Reading")
    (key,) = web.library.collections
    web.library.edit_collection(key, name="Read already")
    assert "3 kept as they are" in sync("--collection", "Reading").stderr
    assert names(web) == ["Read already"]
    web.library.delete_collection(key)
    told = sync("--collection", "Reading")
    assert names(web) == []
    assert "you deleted the collection Reading; --recreate makes it again" in told.stderr
    sync("--collection", "Reading", "--recreate")
    assert names(web) == ["Reading"]
    assert all(row["collections"] for row in papers(web).values())


def test_each_theme_has_its_collection(web: ZoteroServer, sync: Run) -> None:
    sync("--theme-collections", "--collection", "Digest")
    assert names(web) == ["Digest", "agents", "robotics", "society"]
    ways = {row["name"]: key for key, row in web.library.collections.items()}
    assert papers(web)[VOX]["collections"] == [ways["robotics"]]
    assert papers(web)[NAV]["collections"] == [ways["agents"]]


def test_a_collection_that_cannot_be_made_is_not_called_a_success(web: ZoteroServer, sync: Run) -> None:
    told = sync("--collection", "x" * 300, code=1)
    assert "was not made" in told.stderr
    assert names(web) == []


# What is there already


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"archiveID": f"arXiv:{FAIR}", "repository": "arXiv"}, "by its arXiv id in archiveID"),
        ({"DOI": f"10.48550/arXiv.{FAIR}"}, "by its arXiv id in DOI"),
        ({"url": f"https://arxiv.org/abs/{FAIR}v2"}, "by its arXiv id in url"),
        ({"extra": f"cited: 3\narXiv: {FAIR} [cs.CY]"}, "by its arXiv id in Extra"),
        ({"itemType": "journalArticle", "DOI": FAIR_DOI}, "as published, by DOI"),
        (
            {
                "itemType": "journalArticle",
                "title": "This thing called Fairness - Disciplinary confusion realizing a value in technology",
                "creators": [{"creatorType": "author", "firstName": "D. K.", "lastName": "Mulligan"}],
                "date": "November 2019",
            },
            "as published, by title, author and year",
        ),
    ],
)
def test_a_paper_that_is_there_is_not_added_again_but_gets_id_and_tags(
    web: ZoteroServer, sync: Run, fields: dict[str, Any], where: str
) -> None:
    key = web.library.add(**{"title": "Found", **fields}, tags=["mine"])
    assert f"found {where}" in block(sync("--dry-run").stdout, FAIR)
    assert f"updated arXiv:{FAIR}" in sync().stdout
    row = web.library.items[key]
    assert FAIR in row["extra"]
    assert tags(row) == {
        "mine",
        "society",
        "Computer Science - Computers and Society",
        "Computer Science - Human-Computer Interaction",
    }
    assert row["title"] == fields.get("title", "Found")
    assert len([row for row in web.library.items.values() if "title" in row and row["itemType"] != "attachment"]) == 3
    web.clear()
    sync()
    assert writes(web) == 0


def test_what_the_user_changed_or_removed_stays_so_and_the_plan_says_it(web: ZoteroServer, sync: Run) -> None:
    sync("--collection", "Reading")
    (collection,) = web.library.collections
    nav, fair, vox = (key_of(web, each) for each in (NAV, FAIR, VOX))
    web.library.edit(nav, title="Mine", url="")
    web.library.untag(vox, "robotics")
    web.library.uncollect(vox, collection)
    web.library.trash(fair)
    version = web.library.version
    plan = sync("--dry-run", "--collection", "Reading").stdout
    assert "yours stays as you left it: title, url" in block(plan, NAV)
    assert "tag robotics" in block(plan, VOX)
    assert "collection Reading" in block(plan, VOX)
    assert "it is in the trash, so it is left there" in block(plan, FAIR)
    assert "3 kept as they are" in sync("--collection", "Reading").stderr
    assert web.library.version == version
    web.library.empty_trash()
    assert "you deleted it for good, so it is not made again" in block(sync("--dry-run").stdout, FAIR)
    sync()
    assert set(papers(web)) == {NAV, VOX}


def test_a_real_run_says_that_trashed_and_deleted_papers_stay_away(web: ZoteroServer, sync: Run) -> None:
    sync()
    web.library.trash(key_of(web, FAIR))
    web.library.delete(key_of(web, NAV))
    told = sync().stderr
    assert FAIR in told
    assert NAV in told


def test_recreate_brings_back_what_was_trashed_and_what_was_deleted(web: ZoteroServer, sync: Run) -> None:
    sync()
    web.library.trash(key_of(web, FAIR))
    web.library.delete(key_of(web, NAV))
    told = sync("--recreate")
    assert f"created arXiv:{NAV}" in told.stdout
    assert f"updated arXiv:{FAIR}" in told.stdout
    assert set(papers(web)) == {NAV, FAIR, VOX}
    assert not any("deleted" in row for row in web.library.items.values())
    assert len(attachments(web)) == 3


# PDFs


def test_a_pdf_that_cannot_be_had_leaves_nothing_and_the_next_run_attaches_it(
    web: ZoteroServer, cli: Run, pdfs: set[str]
) -> None:
    pdfs.add(NAV)
    told = cli("sync-zotero", "digest.txt", "--pdf", code=1)
    assert "3 created" in told.stderr
    assert f"arXiv:{NAV}: its PDF was not attached: arXiv has no PDF of it" in told.stderr
    files = attachments(web)
    assert {row["linkMode"] for row in files} == {"imported_url"}
    assert {row["parentItem"] for row in files} == {key_of(web, FAIR), key_of(web, VOX)}
    assert set(web.files.values()) == {b"%PDF-1.4\n%%EOF\n"}
    pdfs.clear()
    cli("sync-zotero", "digest.txt", "--pdf")
    assert len(attachments(web)) == 3
    web.clear()
    assert "3 kept as they are" in cli("sync-zotero", "digest.txt", "--pdf").stderr
    assert writes(web) == 0


@pytest.mark.usefixtures("web")
def test_without_the_network_no_pdf_is_asked_for(cli: Run, pdfs: set[str]) -> None:
    pdfs.add(NAV)
    told = cli("sync-zotero", "digest.txt", "--no-network", "--pdf", code=1)
    assert "arXiv has no PDF of it" not in told.stderr


def test_no_pdf_and_no_categories_are_left_out(web: ZoteroServer, sync: Run) -> None:
    sync("--no-pdf", "--no-categories")
    assert attachments(web) == []
    assert [tags(papers(web)[each]) for each in (NAV, FAIR, VOX)] == [{"agents"}, {"society"}, {"robotics"}]
