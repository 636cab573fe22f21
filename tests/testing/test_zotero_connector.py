from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from refkit.testing.zotero_desktop import ZoteroDesktop

PAPER: Mapping[str, Any] = {
    "id": "a",
    "itemType": "preprint",
    "title": "Attention",
    "creators": [{"creatorType": "author", "firstName": "Ada", "lastName": "Berg"}],
    "tags": ["Machine Learning", {"tag": "Vision", "type": 0}],
    "repository": "arXiv",
}
JSON = {"Content-Type": "application/json"}


class Reply:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def data(self) -> Any:
        return json.loads(self.body)


def post(desktop: ZoteroDesktop, name: str, body: object, headers: Mapping[str, str] = JSON) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(desktop.url).netloc, timeout=10)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", f"/connector/{name}", data, dict(headers))
        return Reply(connection.getresponse())
    finally:
        connection.close()


def save(desktop: ZoteroDesktop, *items: Mapping[str, Any], session: str | None = "s1", **headers: str) -> Reply:
    body = {"items": list(items), "uri": "https://example.org/"} | ({"sessionID": session} if session else {})
    return post(desktop, "saveItems", body, {**JSON, **headers})


def update(desktop: ZoteroDesktop, target: str = "L1", session: str = "s1", **body: Any) -> Reply:
    return post(desktop, "updateSession", {"sessionID": session, "target": target, **body})


def papers(desktop: ZoteroDesktop) -> list[dict[str, Any]]:
    return [item for item in desktop.library.items.values() if item["itemType"] == "preprint"]


def test_a_ping_with_json_tells_what_is_supported(desktop: ZoteroDesktop) -> None:
    prefs = post(desktop, "ping", {}).data["prefs"]
    assert prefs["supportsAttachmentUpload"] is True
    assert {"automaticSnapshots", "downloadAssociatedFiles", "translatorsHash", "sortedTranslatorHash"} <= set(prefs)


def test_the_selection_of_a_new_program_is_my_library(desktop: ZoteroDesktop) -> None:
    selected = post(desktop, "getSelectedCollection", {}).data
    assert selected == {
        "libraryID": 1,
        "libraryName": "My Library",
        "libraryEditable": True,
        "filesEditable": True,
        "editable": True,
        "id": None,
        "name": "My Library",
        "targets": [{"id": "L1", "name": "My Library", "filesEditable": True, "level": 0}],
        "tags": {"L1": []},
    }


def test_targets_are_the_tree_of_the_window(desktop: ZoteroDesktop) -> None:
    top = desktop.library.add_collection("Vision")
    desktop.library.add_collection("Robots")
    inner = desktop.library.add_collection("Segmentation", top)
    desktop.selected = desktop.target(inner)
    selected = post(desktop, "getSelectedCollection", {}).data
    assert [(each["name"], each["level"]) for each in selected["targets"]] == [
        ("My Library", 0),
        ("Robots", 1),
        ("Vision", 1),
        ("Segmentation", 2),
    ]
    assert (selected["name"], f"C{selected['id']}") == ("Segmentation", desktop.target(inner))
    assert [each["id"] for each in selected["targets"]] == ["L1", "C2", "C1", "C3"]


def test_collections_keep_their_numbers_and_a_lost_selection_is_my_library(desktop: ZoteroDesktop) -> None:
    first, second = desktop.library.add_collection("One"), desktop.library.add_collection("Two")
    desktop.selected = desktop.target(first)
    desktop.library.delete_collection(first)
    assert desktop.selected == "L1"
    assert desktop.target(second) == "C2"
    with pytest.raises(ValueError, match="shows no 'C1'"):
        desktop.selected = "C1"


def test_read_only_libraries_are_no_targets_and_can_be_left(desktop: ZoteroDesktop) -> None:
    desktop.add_group(7, "Readers", editable=False)
    desktop.add_group(8, "Writers")
    desktop.selected = "L2"
    selected = post(desktop, "getSelectedCollection", {}).data
    assert (selected["libraryID"], selected["libraryName"], selected["editable"]) == (2, "Readers", False)
    assert [each["id"] for each in selected["targets"]] == ["L1", "L3"]
    assert set(selected["tags"]) == {"L1", "L3"}
    left = post(desktop, "getSelectedCollection", {"switchToReadableLibrary": True}).data
    assert (left["libraryID"], left["editable"], desktop.selected) == (1, True, "L1")


def test_an_item_is_saved_into_what_is_selected(desktop: ZoteroDesktop) -> None:
    collection = desktop.library.add_collection("Vision")
    desktop.selected = desktop.target(collection)
    reply = save(desktop, PAPER)
    assert (reply.status, reply.body) == (201, b"")
    (paper,) = papers(desktop)
    assert (paper["title"], paper["repository"], paper["collections"]) == ("Attention", "arXiv", [collection])
    assert paper["creators"] == PAPER["creators"]


def test_an_item_in_my_library_has_no_collection(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    assert papers(desktop)[0]["collections"] == []


def test_all_tags_become_automatic(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    assert papers(desktop)[0]["tags"] == [{"tag": "Machine Learning", "type": 1}, {"tag": "Vision", "type": 1}]
    tags = post(desktop, "getSelectedCollection", {}).data["tags"]
    assert tags == {"L1": [{"tag": "Machine Learning", "type": 1}, {"tag": "Vision", "type": 1}]}


def test_tags_vanish_where_automatic_tags_are_switched_off(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(automatic_tags=False)
    save(desktop, PAPER)
    assert papers(desktop)[0]["tags"] == []
    assert update(desktop, tags=["mine"]).status == 200
    assert papers(desktop)[0]["tags"] == [{"tag": "mine"}]


def test_unknown_fields_are_appended_to_extra(desktop: ZoteroDesktop) -> None:
    save(desktop, {**PAPER, "extra": "arXiv:1", "bogus": "zzz", "university": "MIT", "citationKey": "berg2024"})
    assert papers(desktop)[0]["extra"] == "arXiv:1\nBogus: zzz\nUniversity: MIT"
    assert papers(desktop)[0]["citationKey"] == "berg2024"


def test_a_field_may_be_named_as_its_base_field(desktop: ZoteroDesktop) -> None:
    save(desktop, {"itemType": "preprint", "title": "Attention", "publisher": "arXiv", "number": "arXiv:1"})
    (paper,) = papers(desktop)
    assert (paper["repository"], paper["archiveID"], paper["extra"]) == ("arXiv", "arXiv:1", "")


def test_what_the_program_decides_is_dropped(desktop: ZoteroDesktop) -> None:
    sent = {"key": "ABCD2345", "version": 7, "dateAdded": "1999-01-01", "path": "x", "attachments": [{"url": "x"}]}
    assert save(desktop, {**PAPER, **sent, "seeAlso": []}).status == 201
    (paper,) = papers(desktop)
    assert paper["key"] != "ABCD2345"
    assert not paper["dateAdded"].startswith("1999")
    assert len(desktop.library.items) == 1
    assert paper["extra"] == ""


def test_a_name_of_one_part_stays_one(desktop: ZoteroDesktop) -> None:
    save(desktop, {**PAPER, "creators": [{"creatorType": "author", "lastName": "A Team", "fieldMode": 1}]})
    assert papers(desktop)[0]["creators"] == [{"creatorType": "author", "name": "A Team"}]


def test_notes_become_children(desktop: ZoteroDesktop) -> None:
    save(desktop, {**PAPER, "notes": [{"note": "<p>Comment: 5 pages</p>"}]})
    (paper,) = papers(desktop)
    notes = [item for item in desktop.library.items.values() if item["itemType"] == "note"]
    assert [(note["note"], note["parentItem"]) for note in notes] == [("<p>Comment: 5 pages</p>", paper["key"])]


def test_a_session_id_is_used_once(desktop: ZoteroDesktop) -> None:
    assert save(desktop, PAPER).status == 201
    again = save(desktop, PAPER)
    assert (again.status, again.data) == (409, {"error": "SESSION_EXISTS"})
    assert len(papers(desktop)) == 1


def test_of_several_saves_with_one_session_id_at_once_one_is_carried_out(desktop: ZoteroDesktop) -> None:
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: save(desktop, PAPER).status, range(6)))
    assert sorted(statuses) == [201, 409, 409, 409, 409, 409]
    assert len(papers(desktop)) == 1


def test_a_missing_session_id_is_a_random_one(desktop: ZoteroDesktop) -> None:
    assert [save(desktop, PAPER, session=None).status for _ in range(2)] == [201, 201]
    assert len(papers(desktop)) == 2  # and nothing looks for duplicates


def test_a_body_without_a_type_is_ignored(desktop: ZoteroDesktop) -> None:
    reply = post(desktop, "saveItems", {"sessionID": "s1", "items": [PAPER]}, {})
    assert (reply.status, reply.data) == (409, {"error": "SESSION_EXISTS"})
    assert save(desktop, PAPER).status == 201


NOBODY = {"creatorType": "author"}


@pytest.mark.parametrize(
    "bad",
    [{"itemType": "nope", "title": "x"}, {"title": "no type"}, {"itemType": "book", "creators": [NOBODY, NOBODY]}],
)
def test_one_bad_item_fails_all_and_keeps_the_session(desktop: ZoteroDesktop, bad: dict[str, Any]) -> None:
    version = desktop.library.version
    reply = save(desktop, {**PAPER, "notes": [{"note": "x"}]}, bad)
    assert (reply.status, reply.body) == (500, b"")
    assert (desktop.library.items, desktop.library.version) == ({}, version)
    assert save(desktop, PAPER).status == 409
    assert save(desktop, PAPER, session="s2").status == 201


def test_missing_items_are_a_500(desktop: ZoteroDesktop) -> None:
    assert post(desktop, "saveItems", {"sessionID": "s1"}).status == 500


def test_a_read_only_selection_gives_way_to_my_library(desktop: ZoteroDesktop) -> None:
    group = desktop.add_group(7, "Readers", editable=False)
    desktop.selected = "L2"
    assert save(desktop, PAPER).status == 201
    assert (len(papers(desktop)), len(group.items), desktop.selected) == (1, 0, "L1")


def test_where_nothing_may_be_written_saving_is_a_500(desktop: ZoteroDesktop) -> None:
    desktop.window.read_only.add(1)
    reply = save(desktop, PAPER)
    assert (reply.status, reply.data) == (500, {"libraryEditable": False})


def test_an_outdated_connector_is_refused_and_hangs_what_updates(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    reply = save(desktop, PAPER, session="s2", **{"X-Zotero-Connector-API-Version": "2"})
    assert (reply.status, reply.data) == (400, {"error": "CONNECTOR_VERSION_OUTDATED"})
    statuses: list[int] = []
    caller = threading.Thread(target=lambda: statuses.append(update(desktop).status))
    caller.start()
    caller.join(0.2)
    assert caller.is_alive()
    desktop.close_dialog()
    caller.join(10)
    assert statuses == [200]


def test_the_present_connector_version_is_accepted(desktop: ZoteroDesktop) -> None:
    assert save(desktop, PAPER, **{"X-Zotero-Connector-API-Version": "3"}).status == 201


def test_an_update_moves_the_items_into_exactly_one_collection(desktop: ZoteroDesktop) -> None:
    first, second = desktop.library.add_collection("One"), desktop.library.add_collection("Two")
    desktop.selected = desktop.target(first)
    save(desktop, PAPER, {**PAPER, "id": "b"})
    reply = update(desktop, desktop.target(second))
    assert (reply.status, reply.data) == (200, {})
    assert [paper["collections"] for paper in papers(desktop)] == [[second], [second]]
    assert desktop.selected == desktop.target(second)
    update(desktop, "L1")
    assert [paper["collections"] for paper in papers(desktop)] == [[], []]


def test_places_that_were_saved_to_are_recent(desktop: ZoteroDesktop) -> None:
    collection = desktop.library.add_collection("One")
    save(desktop, PAPER)
    update(desktop, desktop.target(collection))
    targets = post(desktop, "getSelectedCollection", {}).data["targets"]
    assert [target.get("recent") for target in targets] == [True, True]


def test_items_without_an_id_share_one_place_in_the_session(desktop: ZoteroDesktop) -> None:
    collection = desktop.library.add_collection("One")
    nameless = {name: value for name, value in PAPER.items() if name != "id"}
    save(desktop, nameless, {**nameless, "title": "The last"})
    update(desktop, desktop.target(collection))
    assert [paper["title"] for paper in papers(desktop) if paper["collections"]] == ["The last"]


@pytest.mark.parametrize(
    ("tags", "names"),
    [(["a, b", " c ", ""], ["a, b", "c"]), ("a, b,,c", ["a", "b", "c"]), ([], [])],
)
def test_tags_of_an_update_are_manual_and_replace_each_other(
    desktop: ZoteroDesktop, tags: object, names: list[str]
) -> None:
    save(desktop, PAPER)
    update(desktop, tags=["earlier"])
    update(desktop, tags=tags)
    automatic = [{"tag": "Machine Learning", "type": 1}, {"tag": "Vision", "type": 1}]
    assert papers(desktop)[0]["tags"] == automatic + [{"tag": name} for name in names]


def test_a_note_of_an_update_is_written_replaced_and_erased(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    seen = []
    for note in ("one", "two", ""):
        update(desktop, note=note)
        seen.append([item["note"] for item in desktop.library.items.values() if item["itemType"] == "note"])
    assert seen == [["one"], ["two"], []]


def test_a_note_that_the_user_deleted_is_written_anew(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    update(desktop, note="one")
    (note,) = [key for key, item in desktop.library.items.items() if item["itemType"] == "note"]
    desktop.library.delete(note)
    assert update(desktop, note="two").status == 200
    assert [item["note"] for item in desktop.library.items.values() if item["itemType"] == "note"] == ["two"]


def test_an_update_can_move_an_item_into_another_library(desktop: ZoteroDesktop) -> None:
    group = desktop.add_group(8, "Writers")
    collection = group.add_collection("Inside")
    save(desktop, PAPER)
    update(desktop, desktop.target(collection, group), tags=["mine"])
    (moved,) = group.items.values()
    assert (papers(desktop), moved["title"], moved["collections"]) == ([], "Attention", [collection])
    assert moved["tags"][-1] == {"tag": "mine"}


def test_what_the_user_deleted_meanwhile_is_left_alone(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    desktop.library.delete(papers(desktop)[0]["key"])
    assert update(desktop, tags=["mine"]).status == 200
    assert papers(desktop) == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"target": "L1"}, "SESSION_ID_NOT_PROVIDED"),
        ({"sessionID": "s2", "target": "L1"}, "SESSION_NOT_FOUND"),
        ({"sessionID": "s1", "target": "C99"}, "COLLECTION_NOT_FOUND"),
    ],
)
def test_updates_that_make_no_sense_are_refused(desktop: ZoteroDesktop, body: dict[str, str], error: str) -> None:
    save(desktop, PAPER)
    reply = post(desktop, "updateSession", body)
    assert (reply.status, reply.data) == (400, {"error": error})


def test_an_update_without_a_target_is_a_500(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    assert post(desktop, "updateSession", {"sessionID": "s1"}).status == 500


def attach(desktop: ZoteroDesktop, metadata: Mapping[str, str] | None, name: str = "saveAttachment") -> Reply:
    headers = {"Content-Type": "application/pdf"} | ({"X-Metadata": json.dumps(metadata)} if metadata else {})
    return post(desktop, name, b"%PDF-1.7\xff", headers)


FILE = {"sessionID": "s1", "parentItemID": "a", "title": "Größe", "url": "https://example.org/1.pdf"}


def test_a_file_is_attached_to_the_item_of_a_session(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    assert attach(desktop, FILE).status == 201
    (attachment,) = [item for item in desktop.library.items.values() if item["itemType"] == "attachment"]
    assert (attachment["parentItem"], attachment["title"]) == (papers(desktop)[0]["key"], "Größe")
    assert (attachment["contentType"], attachment["url"]) == ("application/pdf", "https://example.org/1.pdf")
    assert desktop.files == {attachment["key"]: b"%PDF-1.7\xff"}


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        (None, "METADATA_NOT_PROVIDED"),
        ({"title": "x"}, "SESSION_ID_NOT_PROVIDED"),
        ({**FILE, "sessionID": "s2"}, "SESSION_NOT_FOUND"),
    ],
)
def test_files_that_belong_nowhere_are_refused(
    desktop: ZoteroDesktop, metadata: dict[str, str] | None, error: str
) -> None:
    save(desktop, PAPER)
    reply = attach(desktop, metadata)
    assert (reply.status, reply.data) == (400, {"error": error})


def test_an_unknown_parent_is_a_500(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    assert attach(desktop, {**FILE, "parentItemID": "b"}).status == 500


def test_a_library_without_files_says_so_with_a_200(desktop: ZoteroDesktop) -> None:
    save(desktop, PAPER)
    desktop.window.read_only.add(1)
    reply = attach(desktop, FILE)
    assert (reply.status, reply.body) == (200, b"Library files are not editable.")


def test_a_file_can_stand_alone(desktop: ZoteroDesktop) -> None:
    collection = desktop.library.add_collection("One")
    desktop.selected = desktop.target(collection)
    reply = attach(desktop, FILE, "saveStandaloneAttachment")
    assert (reply.status, reply.data) == (201, {"canRecognize": True})
    (attachment,) = desktop.library.items.values()
    assert (attachment["itemType"], attachment["collections"]) == ("attachment", [collection])
    assert attach(desktop, FILE, "saveStandaloneAttachment").status == 409
