"""What a later sync does when arXiv's record has changed: updates what is refkit's, never what is the user's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from msgspec.structs import replace

from refkit.model import ArxivRecord, Author, PartialDate
from refkit.testing import ArxivCorpus, ArxivServer, ZoteroServer

OWLS = ArxivRecord(
    arxiv_id="2101.00001",
    title="Nocturnal Owls and Their Silent Flight Control",
    authors=(Author("Strix", "Ada"),),
    abstract="We listen to owls.",
    categories=("cs.RO",),
    submitted=PartialDate(2021, 1, 4),
    comments="12 pages",
)
MICE = replace(OWLS, arxiv_id="2101.00002", title="Field Mice Hear What Owls Do Not Say", abstract="We ask the mice.")
NEW = "We listen to owls again, and longer."
Run = Callable[..., Result]
Publish = Callable[..., None]


@pytest.fixture
def publish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publish]:
    """Let arXiv have these records from now on."""
    running: list[ArxivServer] = []

    def change(*records: ArxivRecord) -> None:
        running.append(ArxivServer(ArxivCorpus.from_records(records)).__enter__())
        monkeypatch.setenv("REFKIT_ARXIV_URL", running[-1].url)

    (folder / "digest.txt").write_text(f"{OWLS.title}\n{MICE.title}\n", encoding="utf-8")
    yield change
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def sync(cli: Run) -> Run:
    """Run `refkit sync-zotero digest.txt --refresh`, which asks arXiv anew."""

    def run(*arguments: str, code: int = 0) -> Result:
        return cli("sync-zotero", "digest.txt", "--refresh", *arguments, code=code)

    return run


def paper(web: ZoteroServer, arxiv_id: str) -> dict[str, Any]:
    (row,) = (row for row in web.library.items.values() if row.get("archiveID") == f"arXiv:{arxiv_id}")
    return row


def test_what_nobody_touched_follows_arxiv_and_the_plan_shows_both_texts(
    web: ZoteroServer, publish: Publish, sync: Run
) -> None:
    publish(OWLS, MICE)
    sync()
    publish(replace(OWLS, abstract=NEW), MICE)
    plan = sync("--dry-run").stdout
    assert f"abstractNote: {OWLS.abstract!r} -> {NEW!r}" in plan
    assert "0 create, 1 update, 0 conflict, 1 keep" in plan
    assert paper(web, OWLS.arxiv_id)["abstractNote"] == OWLS.abstract
    assert f"updated arXiv:{OWLS.arxiv_id}" in sync().stdout
    assert paper(web, OWLS.arxiv_id)["abstractNote"] == NEW
    web.clear()
    sync()
    assert not any(request.is_write for request in web.requests)


def test_what_both_sides_changed_is_a_conflict_that_the_user_wins(
    web: ZoteroServer, publish: Publish, sync: Run
) -> None:
    publish(OWLS, MICE)
    sync()
    web.library.edit(paper(web, OWLS.arxiv_id)["key"], abstractNote="About owls.")
    publish(replace(OWLS, abstract=NEW), MICE)
    plan = sync("--dry-run").stdout
    assert plan.startswith(f"conflict arXiv:{OWLS.arxiv_id}  {OWLS.title}\n")
    assert f"abstractNote is {NEW!r} by now, but yours is 'About owls.'; yours stays" in plan
    (change, _) = json.loads(sync("--dry-run", "--json").stdout)["zotero"]["changes"]
    assert (change["op"], change["diff"]) == ("conflict", {})
    version = web.library.version
    assert "0 created, 0 updated, 2 kept as they are" in sync().stderr
    assert (paper(web, OWLS.arxiv_id)["abstractNote"], web.library.version) == ("About owls.", version)
    assert "conflict " not in sync("--dry-run").stdout.replace("0 conflict", "")


def test_a_real_run_tells_of_a_conflict(web: ZoteroServer, publish: Publish, sync: Run) -> None:
    publish(OWLS, MICE)
    sync()
    web.library.edit(paper(web, OWLS.arxiv_id)["key"], abstractNote="About owls.")
    publish(replace(OWLS, abstract=NEW), MICE)
    assert "yours stays" in sync().output


def test_an_undo_of_an_update_puts_the_former_text_back(
    web: ZoteroServer, publish: Publish, sync: Run, cli: Run
) -> None:
    publish(OWLS, MICE)
    sync()
    publish(replace(OWLS, abstract=NEW), MICE)
    sync()
    assert "0 put into the trash, 1 restored" in cli("undo").stderr
    assert paper(web, OWLS.arxiv_id)["abstractNote"] == OWLS.abstract
    assert "1 updated" in sync().stderr
    assert paper(web, OWLS.arxiv_id)["abstractNote"] == NEW


def test_the_comment_of_arxiv_becomes_a_note_once(web: ZoteroServer, publish: Publish, sync: Run) -> None:
    publish(OWLS)
    sync(code=1)
    sync(code=1)
    notes = [row for row in web.library.items.values() if row["itemType"] == "note"]
    assert [(row["note"], row["parentItem"]) for row in notes] == [
        ("Comment: 12 pages", paper(web, OWLS.arxiv_id)["key"])
    ]
