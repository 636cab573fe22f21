"""What an undo would do and then does: each object with its reason, the user's edits never among what goes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from refkit.errors import Unanswered, UsageError, WriteRefused, WriteUnavailable
from refkit.model import ArxivRecord, Author, PartialDate, ThemeTag, Work
from refkit.pace import Clock
from refkit.secret import Secret
from refkit.testing import ZoteroServer
from refkit.writers.zotero.api import WebBackend
from refkit.writers.zotero.backend import Data, Kind, Target, Written
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.state import State
from refkit.writers.zotero.undo import NOTHING, Undone, last_sync, plan_undo, undo
from refkit.writers.zotero.writer import ZoteroWriter

OWLS = Work(
    record=ArxivRecord(
        arxiv_id="2101.00001",
        title="Nocturnal Owls",
        authors=(Author("Strix", "Ada"),),
        abstract="We listen to owls.",
        submitted=PartialDate(2021, 1, 4),
        comments="9 pages",
    ),
    themes=(ThemeTag("Birds"),),
)
MICE = replace(OWLS, record=replace(OWLS.record, arxiv_id="2101.00002", title="Field Mice"))
BARE = Options(pdf="none", note=False)
CLOCK = Clock(sleep=lambda _: None)


class Killed(BaseException):
    """The process ends here and now."""


class Web(WebBackend):
    """The web API; `meddle` is what somebody does before the next write, `word` what befalls it."""

    meddle: Callable[[], object] = staticmethod(lambda: None)
    word = ""

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        word, self.word = self.word, ""
        meddle, self.meddle = self.meddle, lambda: None
        meddle()
        if word == "unsent":
            raise Killed
        if word == "down":
            raise WriteUnavailable("Zotero is down.")
        written = super().write(kind, objects, token)
        if word == "killed":
            raise Killed
        if word == "lost":
            raise Unanswered("nothing came back")
        return written


class Bench:
    """A library, and refkit's runs on it."""

    def __init__(self, server: ZoteroServer, folder: Path) -> None:
        self.server = server
        self.library = server.library
        target = Target(server=server.url, kind="user", id=server.user_id, name="ada")
        self.backend = Web(target, Secret(server.key), clock=CLOCK)
        self.folder = folder

    def writer(self, options: Options = BARE) -> ZoteroWriter:
        state, mirror = State(self.folder / "state.sqlite"), Mirror(self.folder / "mirror.sqlite")
        return ZoteroWriter(self.backend, state, mirror, options, clock=CLOCK)

    def _do(self, what: Callable[[ZoteroWriter], Any], options: Options = BARE) -> Any:
        writer = self.writer(options)
        with closing(writer.state), closing(writer.mirror):
            writer.recover()
            return what(writer)

    def sync(self, *works: Work, options: Options = BARE) -> None:
        report = self._do(lambda writer: writer.apply(writer.plan(works)), options)
        assert not report.outage

    def undo(self) -> Undone:
        def both(writer: ZoteroWriter) -> Undone:
            sync = last_sync(writer)
            return undo(writer, sync, plan_undo(writer, sync))

        undone: Undone = self._do(both)
        return undone

    def planned(self) -> list[tuple[str, dict[str, Any], str]]:
        """Return of each step its title, what is sent, and why it is left."""
        steps = self._do(lambda writer: plan_undo(writer, last_sync(writer)))
        return [(step.title, step.data, step.why) for step in steps]

    def reasons(self) -> list[str]:
        assert not [title for title, data, _ in self.planned() if data]
        return [why for _, _, why in self.planned()]

    def found(self, **fields: Any) -> str:
        given = {"title": "Found", "archiveID": "arXiv:2101.00001", "repository": "arXiv", **fields}
        return self.library.add(**given)

    def key(self, work: Work = OWLS) -> str:
        (key,) = (k for k, row in self.library.items.items() if row.get("archiveID") == f"arXiv:{work.record.arxiv_id}")
        return key

    def paper(self, work: Work = OWLS) -> dict[str, Any]:
        return self.library.items[self.key(work)]

    def base(self, key: str = "") -> Base:
        with closing(State(self.folder / "state.sqlite")) as state:
            base = state.base(key or self.key())
        assert base
        return base


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ZoteroServer() as server:
        bench = Bench(server, tmp_path)
        yield bench
        bench.backend.close()


def names(row: Data) -> set[str]:
    return {tag["tag"] for tag in row["tags"]}


def abstract(work: Work, text: str) -> Work:
    return replace(work, record=replace(work.record, abstract=text))


# Which sync


def test_there_is_nothing_to_undo_before_the_first_sync_and_after_the_last_undo(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no sync to undo"):
        bench.planned()
    bench.sync(OWLS)
    bench.undo()
    with pytest.raises(UsageError) as caught:
        bench.planned()
    assert str(caught.value) == NOTHING


def test_a_sync_that_wrote_nothing_does_not_stand_in_the_way(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.backend.word = "down"
    writer = bench.writer()
    with closing(writer.state), closing(writer.mirror):
        assert writer.apply(writer.plan([MICE])).outage
    assert [title for title, _, _ in bench.planned()] == ["Nocturnal Owls"]


def test_what_zotero_refused_is_not_to_be_undone(bench: Bench) -> None:
    writer = bench.writer()
    with closing(writer.state), closing(writer.mirror):
        bad, good = writer.plan([OWLS, MICE])
        writer.apply([replace(bad, data={**bad.data, "collections": ["ZZZZZZZZ"]}), good])
    assert [title for title, _, _ in bench.planned()] == ["Field Mice"]


def test_a_collection_stays(bench: Bench) -> None:
    bench.sync(OWLS, options=replace(BARE, collection="Reading"))
    assert len(bench.planned()) == 1
    bench.undo()
    assert len(bench.library.collections) == 1


# What was created


def test_a_created_paper_goes_to_the_trash_with_its_children_in_one_step(bench: Bench) -> None:
    bench.sync(OWLS, options=Options())
    assert len(bench.library.children(bench.key())) == 2
    assert bench.planned() == [("Nocturnal Owls", {"deleted": 1}, "")]
    assert bench.undo().trashed == ("Nocturnal Owls",)
    assert bench.paper()["deleted"] == 1
    assert bench.base().undone


def test_a_created_paper_that_later_syncs_changed_goes_too(bench: Bench) -> None:
    """Its version, its date of change and its number of children are not the user's doing."""
    bench.sync(OWLS, options=Options())
    bench.sync(OWLS, options=Options(collection="Reading"))
    bench.undo()
    bench.library.edit(bench.key(), dateModified="2030-01-01T00:00:00Z")
    assert bench.undo().trashed == ("Nocturnal Owls",)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"title": "Mine"}, "you changed title since"),
        ({"rights": "mine", "date": ""}, "you changed date, rights since"),
        ({"tags": ["Birds", "mine"]}, "you changed tags since"),
        ({"tags": []}, "you changed tags since"),
        ({"extra": "cited: 3"}, "you changed extra since"),
        ({"creators": []}, "you changed creators since"),
        ({"itemType": "book"}, "itemType"),
    ],
)
def test_a_created_paper_that_the_user_edited_is_left(bench: Bench, edit: dict[str, Any], why: str) -> None:
    bench.sync(OWLS)
    bench.library.edit(bench.key(), **edit)
    (told,) = bench.reasons()
    assert why in told


def test_a_created_paper_that_the_user_put_into_a_collection_is_left(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.library.collect(bench.key(), bench.library.add_collection("Mine"))
    assert bench.reasons() == ["you changed collections since"]


def test_a_created_paper_is_left_for_what_the_user_did_below_it(bench: Bench) -> None:
    bench.sync(OWLS, options=Options())
    added = bench.library.add(itemType="note", note="mine", parentItem=bench.key())
    assert bench.reasons() == ["you added a note or a file to it"]
    bench.library.delete(added)
    (note,) = (key for key in bench.library.children(bench.key()) if bench.library.items[key]["itemType"] == "note")
    bench.library.edit(note, note="mine")
    (why,) = bench.reasons()
    assert why.startswith("you changed")
    assert "its note" in why


def test_a_created_paper_goes_although_the_user_deleted_its_note(bench: Bench) -> None:
    bench.sync(OWLS, options=Options())
    first, second = bench.library.children(bench.key())
    bench.library.delete(first)
    bench.library.trash(second)
    assert bench.planned() == [("Nocturnal Owls", {"deleted": 1}, "")]


def test_what_is_gone_or_in_the_trash_is_told(bench: Bench) -> None:
    bench.sync(OWLS, MICE)
    bench.library.trash(bench.key(OWLS))
    bench.library.delete(bench.key(MICE))
    assert sorted(bench.planned()) == [
        ("Field Mice", {}, "you deleted it for good"),
        ("Nocturnal Owls", {}, "it is in the trash already"),
    ]


def test_a_paper_that_had_no_title_and_is_gone_is_told_by_its_key(bench: Bench) -> None:
    bench.sync(replace(OWLS, record=replace(OWLS.record, title="")))
    key = bench.key()
    bench.library.delete(key)
    assert bench.planned() == [(key, {}, "you deleted it for good")]


def test_a_paper_of_which_the_user_annotated_the_pdf_is_left(bench: Bench) -> None:
    bench.sync(OWLS, options=replace(BARE, pdf="file"))
    annotate(bench)
    assert bench.reasons() == ["you changed or annotated its note or its PDF"]


def annotate(bench: Bench) -> None:
    (pdf,) = bench.library.children(bench.key())
    bench.library.add(itemType="annotation", parentItem=pdf, annotationType="highlight", annotationText="owls")


@pytest.mark.parametrize("word", ["killed", "lost"])
def test_an_edit_is_seen_also_if_the_answer_to_the_creation_was_never_read(bench: Bench, word: str) -> None:
    """What reading found is of the version that the user's edit made: that version says nothing about an edit."""
    bench.backend.word = word
    if word == "lost":
        bench.sync(OWLS)
    else:
        with suppress(Killed):
            bench.sync(OWLS)
    bench.library.edit(bench.key(), title="Mine")
    assert bench.reasons() == ["you changed title since"]


# What was changed


def test_all_that_a_sync_put_there_goes_back_and_what_stood_there_stays(bench: Bench) -> None:
    mine = bench.library.add_collection("Mine")
    key = bench.found(tags=["mine", "Birds"], collections=[mine], extra="cited: 3", date="1999")
    before = dict(bench.library.items[key])
    more = replace(OWLS, themes=(ThemeTag("Birds"), ThemeTag("Night")))
    bench.sync(more, options=replace(BARE, collection="Reading"))
    assert names(bench.paper()) == {"mine", "Birds", "Night"}
    assert len(bench.paper()["collections"]) == 2
    bench.library.tag(key, "later")
    other = bench.library.add_collection("Other")
    bench.library.collect(key, other)
    assert bench.undo().restored == ("Found",)
    after = bench.library.items[key]
    assert names(after) == {"mine", "Birds", "later"}
    assert set(after["collections"]) == {mine, other}
    rest = {"title", "extra", "date", "abstractNote", "DOI", "url", "creators", "shortTitle", "libraryCatalog"}
    assert {name: after[name] for name in rest} == {name: before[name] for name in rest}


def test_what_the_item_did_not_have_at_all_is_emptied(bench: Bench) -> None:
    key = bench.found()
    for name in ("abstractNote", "creators"):
        del bench.library.items[key][name]
    bench.sync(OWLS)
    assert bench.paper()["abstractNote"] == "We listen to owls."
    ((_, data, _),) = bench.planned()
    assert (data["abstractNote"], data["creators"]) == ("", [])
    bench.undo()
    assert (bench.paper()["abstractNote"], bench.paper()["creators"]) == ("", [])


def test_a_field_that_the_user_edited_since_stays_and_is_told(bench: Bench) -> None:
    key = bench.found()
    bench.sync(OWLS)
    bench.library.edit(key, abstractNote="Mine", url="")
    ((title, data, why),) = bench.planned()
    assert (title, why) == ("Found", "you changed abstractNote, url since")
    assert not {"abstractNote", "url"} & data.keys()
    undone = bench.undo()
    assert (undone.restored, undone.left) == (("Found",), (("Found", why),))
    assert (bench.paper()["abstractNote"], bench.paper()["DOI"]) == ("Mine", "")


def test_what_the_user_took_off_again_is_told(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.sync(replace(OWLS, themes=(ThemeTag("Birds"), ThemeTag("Night"))))
    bench.library.untag(bench.key(), "Night")
    assert bench.reasons() == ["what the sync added was removed already"]


def test_an_item_that_one_sync_wrote_twice_goes_back_to_what_it_was_before_both(bench: Bench) -> None:
    """Two papers with one published version: the second is planned anew after the first was written."""
    key = bench.library.add(itemType="journalArticle", title="Owls and Mice", DOI="10.1000/both", extra="cited: 3")
    both = [replace(work, record=replace(work.record, doi="10.1000/both")) for work in (OWLS, MICE)]
    bench.sync(*both)
    assert {"2101.00001", "2101.00002"} <= {word[6:] for word in bench.library.items[key]["extra"].split()}
    bench.undo()
    assert bench.library.items[key]["extra"] == "cited: 3"
    assert names(bench.library.items[key]) == set()


def test_a_paper_that_a_sync_took_out_of_the_trash_goes_back_there_and_its_new_link_with_it(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.undo()
    bench.sync(OWLS, options=replace(BARE, pdf="link"))
    assert [data for _, data, _ in bench.planned()] == [{"deleted": 1}]
    bench.undo()
    assert bench.paper()["deleted"] == 1
    assert bench.base().undone


def test_a_paper_that_came_out_of_the_trash_and_was_edited_since_stays_out(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.undo()
    bench.sync(OWLS)
    bench.library.edit(bench.key(), title="Mine")
    (told,) = bench.reasons()
    assert "stays out of the trash" in told
    bench.undo()
    assert not bench.paper().get("deleted")


# Notes and links that were added to a paper of an earlier sync


def test_a_link_that_was_added_later_goes_alone_and_is_forgotten(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.sync(OWLS, options=replace(BARE, pdf="link"))
    (link,) = bench.library.children(bench.key())
    assert bench.planned() == [("the PDF of 2101.00001", {"deleted": 1}, "")]
    bench.undo()
    assert bench.library.items[link]["deleted"] == 1
    assert not bench.paper().get("deleted")
    assert (bench.base().children, bench.base().trashed) == ({}, (link,))


def test_a_note_that_was_added_later_and_edited_or_deleted_is_left(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.sync(OWLS, options=replace(BARE, note=True))
    (note,) = bench.library.children(bench.key())
    bench.library.edit(note, note="Mine")
    assert bench.planned() == [("the note of 2101.00001", {}, "you changed note since")]
    bench.library.trash(note)
    assert bench.reasons() == ["you deleted it"]
    bench.library.delete(note)
    assert bench.reasons() == ["you deleted it"]


def test_a_pdf_that_was_added_later_goes_alone_unless_the_user_annotated_it(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.sync(OWLS, options=replace(BARE, pdf="file"))
    assert bench.planned() == [("the PDF of 2101.00001", {"deleted": 1}, "")]
    annotate(bench)
    assert bench.planned() == [("the PDF of 2101.00001", {}, "you annotated it")]
    bench.library.delete(bench.library.children(bench.key())[0])
    assert bench.reasons() == ["you deleted it"]


# What is remembered then


def test_a_new_sync_offers_again_what_was_undone(bench: Bench) -> None:
    key = bench.found(tags=["mine"])
    options = replace(BARE, collection="Reading")
    bench.sync(OWLS, options=options)
    synced = dict(bench.library.items[key])
    bench.undo()
    bench.sync(OWLS, options=options)
    now = bench.library.items[key]
    assert {**synced, "version": 0, "dateModified": ""} == {**now, "version": 0, "dateModified": ""}


def test_an_update_that_was_undone_is_nobodys_edit(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.sync(abstract(OWLS, "New."))
    bench.undo()
    assert bench.paper()["abstractNote"] == "We listen to owls."
    bench.sync(abstract(OWLS, "Newer."))
    assert bench.paper()["abstractNote"] == "Newer."


def test_what_could_not_go_back_is_still_remembered(bench: Bench) -> None:
    key = bench.found()
    bench.sync(OWLS)
    bench.library.untag(key, "Birds")
    bench.undo()
    bench.sync(OWLS)
    assert names(bench.paper()) == set()


# Doing it


def test_a_key_that_may_not_write_undoes_nothing_and_begins_nothing(bench: Bench) -> None:
    bench.sync(OWLS)
    target = bench.backend.target
    bench.backend.close()
    bench.backend = Web(target, Secret(bench.server.add_key(write=False)), clock=CLOCK)
    with pytest.raises(WriteRefused, match="may read but not write"):
        bench.undo()
    with closing(State(bench.folder / "state.sqlite")) as state:
        assert [sync.kind for sync in state.syncs()] == ["sync"]


def test_what_changes_at_the_moment_of_the_undo_is_left_and_not_called_done(bench: Bench) -> None:
    bench.sync(OWLS, MICE)
    bench.backend.meddle = lambda: bench.library.edit(bench.key(), title="Mine")
    undone = bench.undo()
    assert undone.trashed == ("Field Mice",)
    assert undone.left == (("Nocturnal Owls", "it changed just now; run `refkit undo` again"),)
    assert not bench.paper().get("deleted")


def test_what_zotero_refuses_at_the_undo_is_left_with_its_sentence(bench: Bench) -> None:
    bench.sync(OWLS, MICE)

    def both(writer: ZoteroWriter) -> Undone:
        sync = last_sync(writer)
        owls, mice = plan_undo(writer, sync)
        return undo(writer, sync, [replace(owls, data={**owls.data, "tags": [{"tag": "x" * 300}]}), mice])

    undone: Undone = bench._do(both)
    assert (undone.trashed, [title for title, _ in undone.left]) == (("Field Mice",), ["Nocturnal Owls"])
    assert undone.left[0][1].startswith("Zotero refused it: Tag 'xxx")
    with closing(State(bench.folder / "state.sqlite")) as state:
        newest, sync = state.syncs()
        assert (newest.note, newest.undoes) == ("1 to the trash, 0 restored, 1 left", sync.id)


def test_an_undo_that_was_stopped_is_told_and_does_not_count(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.backend.word = "down"
    undone = bench.undo()
    assert (undone.outage, undone.trashed) == ("Zotero is down.", ())
    assert bench.undo().trashed == ("Nocturnal Owls",)
    with closing(State(bench.folder / "state.sqlite")) as state:
        first, second, sync = state.syncs()
        assert (first.undoes, second.undoes) == (sync.id, 0)
        assert first.note == "1 to the trash, 0 restored, 0 left"
        assert [write.entries[0].new_version for write in state.writes(first.id)] == [bench.paper()["version"]]


@pytest.mark.parametrize("word", ["killed", "lost"])
def test_an_undo_whose_answer_is_missing_is_found_out_by_reading(bench: Bench, word: str) -> None:
    bench.sync(OWLS)
    bench.sync(OWLS, options=replace(BARE, pdf="link"))
    (link,) = bench.library.children(bench.key())
    bench.backend.word = word
    with suppress(Killed):
        assert bench.undo().trashed == ("the PDF of 2101.00001",)
    bench._do(lambda _: None)
    assert bench.base().trashed == (link,)
    bench.sync(OWLS, options=replace(BARE, pdf="link"))
    assert not bench.library.items[link].get("deleted")


def test_an_undo_that_was_killed_before_it_was_sent_has_done_nothing(bench: Bench) -> None:
    bench.sync(OWLS)
    bench.backend.word = "unsent"
    with suppress(Killed):
        bench.undo()
    bench._do(lambda _: None)
    assert not bench.base().undone
    assert bench.undo().trashed == ("Nocturnal Owls",)


def test_more_papers_than_fit_into_a_request_are_undone(bench: Bench) -> None:
    works = [replace(OWLS, record=replace(OWLS.record, arxiv_id=f"2101.{n:05}", title=f"N {n}")) for n in range(1, 105)]
    bench.sync(*works)
    assert len(bench.undo().trashed) == 104
    assert all(row.get("deleted") for row in bench.library.items.values())
