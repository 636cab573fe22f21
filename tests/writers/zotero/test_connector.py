from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refkit.errors import Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.testing.zotero_desktop import ZoteroDesktop
from refkit.testing.zotero_desktop_other import JabrefDesktop
from refkit.writers.zotero.backend import State
from refkit.writers.zotero.connector import Connector, Selection, TargetRow, find_target, manual_tags, to_translator

PAPER: dict[str, Any] = {
    "itemType": "preprint",
    "title": "Attention to Tests",
    "creators": [
        {"creatorType": "author", "firstName": "Ada B.", "lastName": "Çelik"},
        {"creatorType": "author", "name": "The Test Collaboration"},
    ],
    "abstractNote": "",
    "repository": "arXiv",
    "archiveID": "arXiv:2401.00001",
    "DOI": "10.48550/arXiv.2401.00001",
    "extra": "arXiv:2401.00001 [cs.CL]",
    "tags": [
        {"tag": "Computer Science - Computation and Language", "type": 1},
        {"tag": "Testing, with commas", "type": 0},
        {"tag": "Reading"},
    ],
    "collections": ["ABCD2345"],
    "relations": {},
}
NOTES = ("Comment: 12 pages &amp; 3 figures",)
THEMES = ["Testing, with commas", "Reading"]


@pytest.fixture
def desktop() -> Iterator[ZoteroDesktop]:
    with ZoteroDesktop() as desktop:
        yield desktop


def save(connector: Connector, session: str = "", target: str = "") -> Any:
    item = to_translator(PAPER, NOTES)
    return connector.save(session or secrets.token_hex(8), item, target, manual_tags(PAPER))


def papers(desktop: ZoteroDesktop) -> list[dict[str, Any]]:
    return [item for item in desktop.library.items.values() if item["itemType"] == "preprint"]


def tags(item: dict[str, Any]) -> dict[str, int]:
    return {tag["tag"]: tag.get("type", 0) for tag in item["tags"]}


def on(*numbers: int, fault: str = "lost") -> Callable[[int], str]:
    """Let these requests fail; number 1 is the one that finds out who listens."""
    return lambda number: fault if number in numbers else ""


# The format of translators


def test_an_item_of_the_api_becomes_one_of_a_translator() -> None:
    item = to_translator(PAPER, NOTES)
    assert item["creators"] == [
        {"creatorType": "author", "firstName": "Ada B.", "lastName": "Çelik"},
        {"creatorType": "author", "lastName": "The Test Collaboration", "fieldMode": 1},
    ]
    assert item["tags"] == [{"tag": "Computer Science - Computation and Language", "type": 1}]
    assert item["notes"] == [{"note": "Comment: 12 pages &amp; 3 figures"}]
    assert item["id"] == "arXiv:2401.00001"
    assert item["title"] == "Attention to Tests"
    assert not {"abstractNote", "collections", "relations", "key", "version"} & item.keys()


def test_an_item_with_a_key_is_named_by_it_and_one_without_notes_has_none() -> None:
    item = to_translator({**PAPER, "key": "ABCD2345", "version": 7})
    assert item["id"] == "ABCD2345"
    assert not {"key", "version", "notes"} & item.keys()


def test_manual_tags_are_those_that_are_not_automatic() -> None:
    assert manual_tags(PAPER) == THEMES
    assert manual_tags({"itemType": "preprint"}) == []


# Targets


SELECTION = Selection(
    library_id=2,
    targets=(
        TargetRow("L1", "My Library", 0),
        TargetRow("C1", "Reading", 1),
        TargetRow("L2", "Group", 0),
        TargetRow("C2", "A", 1),
        TargetRow("C3", "B", 2),
        TargetRow("C4", "C", 3),
        TargetRow("C5", "B", 1),
        TargetRow("C6", "CI/CD", 2),
        TargetRow("C7", "A", 1),
        TargetRow("C8", "D", 2),
        TargetRow("L3", "Other", 0),
        TargetRow("C9", "E", 1),
    ),
)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", "L2"),
        ("A", "C2"),
        ("A/B", "C3"),
        ("A/B/C", "C4"),
        ("B", "C5"),
        (r"B/CI\/CD", "C6"),
        ("B/C", ""),
        ("C", ""),
        ("A/D", ""),
        ("Reading", ""),
        ("E", ""),
        ("A/B/C/A", ""),
    ],
)
def test_a_path_means_a_collection_of_the_selected_library(path: str, target: str) -> None:
    assert find_target(SELECTION, path) == target


def test_a_library_that_may_not_be_written_has_no_targets() -> None:
    assert find_target(Selection(library_id=9, targets=SELECTION.targets), "") == ""


def test_what_is_selected_is_told(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add_collection("Reading")
    inner = desktop.library.add_collection("2025", key)
    connector = Connector(desktop.url)
    nothing = connector.selected()
    assert (nothing.library, nothing.collection, nothing.target) == ("My Library", "", "L1")
    desktop.selected = desktop.target(inner)
    chosen = connector.selected()
    assert (chosen.library, chosen.collection, chosen.target) == ("My Library", "2025", desktop.selected)
    assert chosen.editable
    assert find_target(chosen, "Reading/2025") == desktop.target(inner)
    assert find_target(chosen, "Reading/2026") == ""


# Saving


def test_a_paper_is_saved_into_its_collection_with_both_kinds_of_tags(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add_collection("Reading")
    assert save(Connector(desktop.url), target=desktop.target(key)).state is State.DONE
    (paper,) = papers(desktop)
    assert paper["title"] == "Attention to Tests"
    assert paper["archiveID"] == "arXiv:2401.00001"
    assert paper["extra"] == "arXiv:2401.00001 [cs.CL]"
    assert paper["collections"] == [key]
    assert tags(paper) == {
        "Computer Science - Computation and Language": 1,
        "Testing, with commas": 0,
        "Reading": 0,
    }
    assert paper["creators"] == [
        {"creatorType": "author", "firstName": "Ada B.", "lastName": "Çelik"},
        {"creatorType": "author", "name": "The Test Collaboration"},
    ]
    (note,) = [item for item in desktop.library.items.values() if item["itemType"] == "note"]
    assert (note["note"], note["parentItem"]) == (NOTES[0], paper["key"])


def test_themes_stay_when_the_user_wants_no_automatic_tags() -> None:
    with ZoteroDesktop(automatic_tags=False) as desktop:
        save(Connector(desktop.url))
        assert tags(papers(desktop)[0]) == dict.fromkeys(THEMES, 0)


def test_without_a_target_a_paper_goes_where_the_window_is(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add_collection("Reading")
    desktop.selected = desktop.target(key)
    assert save(Connector(desktop.url)).message == ""
    assert papers(desktop)[0]["collections"] == [key]


def test_who_listens_is_asked_once_before_anything_is_posted(desktop: ZoteroDesktop) -> None:
    connector = Connector(desktop.url)
    save(connector, target="L1")
    save(connector, target="L1")
    assert [(request.method, request.path.rpartition("/")[2]) for request in desktop.requests] == [
        ("GET", "ping"),
        ("POST", "saveItems"),
        ("POST", "updateSession"),
        ("POST", "saveItems"),
        ("POST", "updateSession"),
    ]
    assert len(papers(desktop)) == 2
    for request in desktop.requests:
        assert request.headers["Zotero-Allowed-Request"] == "1"
        assert "X-Zotero-Connector-API-Version" not in request.headers


def test_another_program_is_posted_nothing() -> None:
    with JabrefDesktop() as other:
        connector = Connector(other.url)
        with pytest.raises(WriteUnavailable, match="is not Zotero"):
            save(connector, target="L1")
        with pytest.raises(WriteUnavailable, match="is not Zotero"):
            connector.selected()
        with pytest.raises(WriteUnavailable, match="is not Zotero"):
            connector.attach("session", "parent", "PDF", "", b"%PDF-1.5")
        assert {request.method for request in other.requests} == {"GET"}


def test_another_program_that_takes_the_port_over_is_posted_nothing(desktop: ZoteroDesktop) -> None:
    connector = Connector(desktop.url)
    save(connector, target="L1")
    desktop.quit()
    with pytest.raises(WriteUnavailable, match="Start Zotero") as closed:
        save(connector, target="L1")
    assert not isinstance(closed.value, Unanswered)
    with JabrefDesktop(port=int(desktop.url.rpartition(":")[2])) as other:
        with pytest.raises(WriteUnavailable, match="is not Zotero"):
            save(connector, target="L1")
        assert {request.method for request in other.requests} == {"GET"}


@pytest.mark.parametrize("lost", [2, 3], ids=["saveItems", "updateSession"])
def test_a_lost_answer_neither_loses_nor_doubles_a_paper(lost: int) -> None:
    with ZoteroDesktop(faults=on(lost)) as desktop:
        connector = Connector(desktop.url)
        with pytest.raises(Unanswered, match="not known"):
            save(connector, "same", "L1")
        assert save(connector, "same", "L1").state is State.DONE
        (paper,) = papers(desktop)
        assert tags(paper) == {"Computer Science - Computation and Language": 1, **dict.fromkeys(THEMES, 0)}


def test_a_request_that_never_arrived_is_simply_sent_again() -> None:
    with ZoteroDesktop(faults=on(2, fault="reset")) as desktop:
        connector = Connector(desktop.url)
        with pytest.raises(Unanswered):
            save(connector, "same", "L1")
        assert save(connector, "same", "L1").state is State.DONE
        assert len(papers(desktop)) == 1


@pytest.mark.parametrize("again", range(4, 8))
def test_any_further_lost_answer_can_be_repaired_in_the_same_way(again: int) -> None:
    with ZoteroDesktop(faults=on(2, again)) as desktop:
        connector = Connector(desktop.url)
        for _ in range(2):
            with pytest.raises(Unanswered):
                save(connector, "same", "L1")
        assert save(connector, "same", "L1").state is State.DONE
        (paper,) = papers(desktop)
        assert tags(paper) == {"Computer Science - Computation and Language": 1, **dict.fromkeys(THEMES, 0)}


def test_a_known_session_whose_save_failed_is_not_taken_for_saved(desktop: ZoteroDesktop) -> None:
    connector = Connector(desktop.url)
    broken = {**to_translator(PAPER), "itemType": "nonsense"}
    first = connector.save("same", broken, "L1", THEMES)
    assert (first.state, first.code) == (State.FAILED, 500)
    assert "nothing of it was saved" in first.message
    with pytest.raises(Unanswered, match="not in the library"):  # as after an answer that was lost
        save(connector, "same", "L1")
    assert papers(desktop) == []
    assert save(connector, "other", "L1").state is State.DONE


def test_a_dialog_that_hangs_zotero_is_named() -> None:
    with ZoteroDesktop(faults=on(2, fault="stall"), stall=30) as desktop:
        connector = Connector(desktop.url, timeout=(5, 0.3))
        with pytest.raises(Unanswered, match="a dialog may be open in Zotero"):
            save(connector, "same", "L1")
        assert save(connector, "same", "L1").state is State.DONE
        assert len(papers(desktop)) == 1


def test_a_collection_that_is_gone_leaves_the_paper_tagged_in_the_library(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add_collection("Reading")
    target = desktop.target(key)
    desktop.library.delete_collection(key)
    outcome = save(Connector(desktop.url), target=target)
    assert outcome.state is State.DONE
    assert "but not put into its collection: that no longer exists" in outcome.message
    (paper,) = papers(desktop)
    assert paper["collections"] == []
    assert tags(paper)["Reading"] == 0


def test_a_collection_that_is_gone_does_not_hinder_finding_a_paper_again() -> None:
    with ZoteroDesktop(faults=on(2)) as desktop:
        key = desktop.library.add_collection("Reading")
        target = desktop.target(key)
        desktop.library.delete_collection(key)
        connector = Connector(desktop.url)
        with pytest.raises(Unanswered):
            save(connector, "same", target)
        assert "no longer exists" in save(connector, "same", target).message
        (paper,) = papers(desktop)
        assert set(tags(paper)) == {"Computer Science - Computation and Language", *THEMES}


def test_zotero_closed_between_saving_and_tagging_is_told_with_the_paper() -> None:
    with ZoteroDesktop() as desktop:
        connector = Connector(desktop.url, notify=lambda _: desktop.quit() if papers(desktop) else None)
        outcome = save(connector, target="L1")
        assert outcome.state is State.DONE
        assert "was saved" in outcome.message
        assert "Zotero is closed" in outcome.message
        assert len(papers(desktop)) == 1


def test_a_zotero_that_failed_to_tag_is_told_with_the_paper() -> None:
    with ZoteroDesktop(faults=on(3, fault="500")) as desktop:
        outcome = save(Connector(desktop.url), target="L1")
        assert outcome.state is State.DONE
        assert "but not put into its place and tagged: status 500" in outcome.message


def test_a_zotero_that_failed_to_save_is_a_sentence() -> None:
    with ZoteroDesktop(faults=on(2, fault="500")) as desktop:
        outcome = save(Connector(desktop.url), target="L1")
        assert (outcome.state, outcome.code) == (State.FAILED, 500)
        assert outcome.message == "Zotero could not save it (status 500); nothing of it was saved."
        assert papers(desktop) == []


def test_libraries_that_may_all_only_be_read_refuse_a_paper(desktop: ZoteroDesktop) -> None:
    desktop.window.read_only.add(1)
    with pytest.raises(WriteRefused, match="no library that may be written"):
        save(Connector(desktop.url), target="L1")
    assert papers(desktop) == []


def test_an_answer_that_tells_no_selection_is_a_sentence() -> None:
    with ZoteroDesktop(faults=on(2, fault="500")) as desktop, pytest.raises(WriteUnavailable, match="status 500"):
        Connector(desktop.url).selected()


def test_what_is_waited_for_is_told(desktop: ZoteroDesktop) -> None:
    told: list[str] = []
    Connector(desktop.url, notify=told.append).selected()
    assert told == ["waiting for Zotero"]


# Attaching


def test_a_pdf_is_attached_to_the_paper_of_its_session(desktop: ZoteroDesktop) -> None:
    connector = Connector(desktop.url)
    save(connector, "same", "L1")
    url = "https://arxiv.org/pdf/2401.00001v1"
    connector.attach("same", "arXiv:2401.00001", "Prépublication\n", url, b"%PDF-1.5\n\xff")
    (paper,) = papers(desktop)
    (key,) = desktop.files
    assert desktop.files[key] == b"%PDF-1.5\n\xff"
    attachment = desktop.library.items[key]
    assert (attachment["parentItem"], attachment["url"]) == (paper["key"], url)
    assert attachment["title"].strip() == "Prépublication"
    assert attachment["contentType"] == "application/pdf"


def test_a_pdf_of_an_unknown_session_is_told_with_the_reason(desktop: ZoteroDesktop) -> None:
    with pytest.raises(WriteError, match="Zotero was restarted"):
        Connector(desktop.url).attach("unknown", "item", "PDF", "", b"%PDF-1.5")


def test_a_pdf_of_an_unknown_item_is_told_with_the_status(desktop: ZoteroDesktop) -> None:
    connector = Connector(desktop.url)
    save(connector, "same", "L1")
    with pytest.raises(WriteError, match=r"could not attach the PDF \(status 500\)"):
        connector.attach("same", "other", "PDF", "", b"%PDF-1.5")


def test_a_library_without_files_refuses_a_pdf(desktop: ZoteroDesktop) -> None:
    connector = Connector(desktop.url)
    save(connector, "same", "L1")
    desktop.window.read_only.add(1)
    with pytest.raises(WriteRefused, match="takes no files"):
        connector.attach("same", "arXiv:2401.00001", "PDF", "", b"%PDF-1.5")
    assert desktop.files == {}


def test_a_lost_answer_to_a_pdf_is_told_as_such() -> None:
    with ZoteroDesktop(faults=on(4)) as desktop:
        connector = Connector(desktop.url)
        save(connector, "same", "L1")
        with pytest.raises(Unanswered, match="whether the PDF was attached is not known"):
            connector.attach("same", "arXiv:2401.00001", "PDF", "", b"%PDF-1.5")
