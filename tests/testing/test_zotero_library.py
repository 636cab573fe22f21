from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from refkit.testing import ZoteroLibrary, ZoteroServer
from refkit.testing.zotero_print import creator_summary, parsed_date
from refkit.testing.zotero_schema import ITEM_TYPES, blank

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
STAMP = "2026-02-03T04:05:06Z"
PREPRINT = {"itemType": "preprint", "title": "A Paper"}
AUTHOR = {"creatorType": "author", "firstName": "Ada", "lastName": "Berg"}
URI = "http://zotero.org/users/7/items/ABCD2345"


@pytest.fixture
def server() -> Iterator[ZoteroServer]:
    with ZoteroServer(now=lambda: NOW) as server:
        yield server


@pytest.fixture
def library(server: ZoteroServer) -> ZoteroLibrary:
    return server.library


def post(server: ZoteroServer, *objects: Any, folder: str = "items", **headers: str) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{server.url}/users/{server.user_id}/{folder}"
        reply = session.post(url, json=list(objects), headers={"Zotero-API-Key": server.key, **headers})
    assert reply.status_code == 200
    assert set(reply.json()) == {"successful", "success", "unchanged", "failed"}
    report: dict[str, Any] = reply.json()
    return report


def failure(server: ZoteroServer, sent: Any, folder: str = "items") -> tuple[int, str]:
    failed = post(server, sent, folder=folder)["failed"]["0"]
    assert "key" not in failed
    return failed["code"], failed["message"]


def saved(server: ZoteroServer, sent: Any) -> Any:
    return post(server, sent)["successful"]["0"]["data"]


# What an item looks like


def test_a_new_item_comes_back_with_all_properties_of_its_type(server: ZoteroServer) -> None:
    item = post(server, {**PREPRINT, "creators": [AUTHOR], "date": "2024-05"})["successful"]["0"]
    assert list(item) == ["key", "version", "library", "links", "meta", "data"]
    assert item["meta"] == {"creatorSummary": "Berg", "parsedDate": "2024-05", "numChildren": 0}
    assert item["library"]["type"] == "user"
    assert item["links"]["self"]["href"] == f"{server.url}/users/{server.user_id}/items/{item['key']}"
    data = item["data"]
    end = ["tags", "collections", "relations", "dateAdded", "dateModified"]
    assert list(data) == ["key", "version", *blank("preprint"), *end]
    assert (data["archiveID"], data["tags"], data["collections"], data["relations"]) == ("", [], [], {})
    assert data["dateAdded"] == data["dateModified"] == STAMP


def test_preprints_have_the_fields_of_schema_41() -> None:
    assert ITEM_TYPES["preprint"].fields == tuple(
        "title abstractNote genre repository archiveID place date series seriesNumber DOI citationKey url accessDate "
        "archive archiveLocation shortTitle language libraryCatalog callNumber rights extra".split()
    )
    assert ITEM_TYPES["preprint"].creators == ("author", "contributor", "editor", "translator", "reviewedAuthor")


def test_fields_go_over_by_their_base_field_when_the_type_changes(server: ZoteroServer, library: ZoteroLibrary) -> None:
    key = library.add(title="T", repository="arXiv", archiveID="arXiv:1", genre="x", DOI="10.1/1", extra="e")
    change = {"key": key, "version": 1, "itemType": "journalArticle", "volume": "3"}
    data = saved(server, change)
    assert (data["publisher"], data["DOI"], data["extra"], data["volume"]) == ("arXiv", "10.1/1", "e", "3")
    assert not {"repository", "archiveID", "genre"} & data.keys()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("a\x01b", "ab"), ("  a b \n", "a b"), ("😀", "😀"), ("e\u0301", "e\u0301"), (12, "12"), (None, "")],
)
def test_text_is_cleaned(server: ZoteroServer, sent: Any, kept: str) -> None:
    assert saved(server, {**PREPRINT, "title": sent})["title"] == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05+01:00", "2024-01-02T02:04:05Z"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
        ("CURRENT_TIMESTAMP", STAMP),
        ("", ""),
    ],
)
def test_access_dates_are_understood(server: ZoteroServer, sent: str, kept: str) -> None:
    assert saved(server, {**PREPRINT, "accessDate": sent})["accessDate"] == kept


def test_both_dates_can_be_set_on_creation(server: ZoteroServer) -> None:
    data = saved(server, {**PREPRINT, "dateAdded": "2020-01-02T03:04:05Z", "dateModified": "2021-01-02 03:04:05"})
    assert (data["dateAdded"], data["dateModified"]) == ("2020-01-02T03:04:05Z", "2021-01-02T03:04:05Z")


@pytest.mark.parametrize("field", ["citationKey", "PMID", "PMCID"])
def test_fields_new_in_schema_41_are_real_ones(server: ZoteroServer, field: str) -> None:
    assert saved(server, {"itemType": "journalArticle", field: "x"})[field] == "x"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"title": "x"}, "'itemType' property not provided"),
        ({"itemType": "nope"}, "'nope' is not a valid itemType"),
        ({**PREPRINT, "bogus": "x"}, "Invalid property 'bogus'"),
        ({**PREPRINT, "bo<g>us": ""}, "Invalid property 'bo&lt;g&gt;us'"),
        (
            {"itemType": "journalArticle", "university": "x"},
            "'university' is not a valid field for type 'journalArticle'",
        ),
        ({**PREPRINT, "title": ["x"]}, "Unexpected array for property 'title'"),
        ({**PREPRINT, "tags": "x"}, "'tags' property must be an array"),
        ({**PREPRINT, "tags": ["x"]}, "Tag must be an object"),
        ({**PREPRINT, "tags": [{}]}, "Tag object is empty"),
        ({**PREPRINT, "tags": [{"tag": "x", "type": "x"}]}, "Invalid tag type 'x'"),
        ({**PREPRINT, "tags": [{"tag": "x", "color": "x"}]}, "Invalid tag property 'color'"),
        ({**PREPRINT, "creators": "x"}, "'creators' property must be an array"),
        ({**PREPRINT, "creators": [{"name": "x"}]}, "creator object must contain 'creatorType'"),
        ({**PREPRINT, "creators": [{"creatorType": "zzz", "name": "x"}]}, "'zzz' is not a valid creator type"),
        (
            {"itemType": "journalArticle", "creators": [{"creatorType": "director", "name": "x"}]},
            "'director' is not a valid creator type for item type 'journalArticle'",
        ),
        (
            {**PREPRINT, "creators": [AUTHOR, {"creatorType": "author"}]},
            "creator object must contain 'firstName'/'lastName' or 'name'",
        ),
        (
            {**PREPRINT, "creators": [{"creatorType": "author", "lastName": "x"}]},
            "'firstName' creator field must be set if 'lastName' is set",
        ),
        (
            {**PREPRINT, "creators": [{"creatorType": "author", "firstName": "x"}]},
            "'lastName' creator field must be set if 'firstName' is set",
        ),
        (
            {**PREPRINT, "creators": [{**AUTHOR, "name": "x"}]},
            "'firstName' and 'name' creator fields are mutually exclusive",
        ),
        ({**PREPRINT, "creators": [{**AUTHOR, "orcid": "x"}]}, "Invalid creator property 'orcid'"),
        ({**PREPRINT, "collections": "x"}, "'collections' property must be an array"),
        ({**PREPRINT, "collections": ["abc"]}, "'abc' is not a valid collection key"),
        ({**PREPRINT, "relations": {"x:y": URI}}, "Unsupported predicate 'x:y'"),
        (
            {**PREPRINT, "relations": {"dc:relation": "http://x"}},
            "'relations' values currently must be Zotero item URIs",
        ),
        ({"itemType": "attachment"}, "'linkMode' property not provided"),
        ({**PREPRINT, "key": "abc", "version": 0}, "'abc' is not a valid item key"),
        ({**PREPRINT, "key": "ABCD0000", "version": 0}, "'ABCD0000' is not a valid item key"),
        ({**PREPRINT, "version": 3}, "'version' is valid only if item key is provided"),
    ],
)
def test_objects_that_break_a_rule_fail_with_its_sentence(server: ZoteroServer, sent: Any, message: str) -> None:
    assert failure(server, sent) == (400, message)
    assert server.library.version == 0


def test_a_child_needs_a_parent_and_a_type_that_may_have_one(server: ZoteroServer, library: ZoteroLibrary) -> None:
    note = {"itemType": "note", "note": "n", "parentItem": "ZZZZZZZZ"}
    failed = post(server, note)["failed"]["0"]
    assert (failed["code"], failed["message"]) == (409, "Parent item ZZZZZZZZ not found")
    assert failed["data"] == {"parentItem": "ZZZZZZZZ"}
    parent = library.add(title="T")
    message = "Child item must be note, attachment, or annotation"
    assert failure(server, {**PREPRINT, "parentItem": parent}) == (400, message)
    assert saved(server, {**note, "parentItem": parent})["parentItem"] == parent
    assert library.envelope(parent)["meta"]["numChildren"] == 1
    collection = library.add_collection("C")
    assert failure(server, {**note, "parentItem": parent, "collections": [collection]})[0] == 400


def test_a_child_may_follow_its_parent_in_a_batch_but_not_precede_it(server: ZoteroServer) -> None:
    parent = {**PREPRINT, "key": "ABCD2345", "version": 0}
    child = {"itemType": "note", "note": "n", "parentItem": "ABCD2345"}
    assert list(post(server, child, parent)["failed"]) == ["0"]
    server.library.delete("ABCD2345")
    assert post(server, parent, child)["failed"] == {}


def test_an_unknown_collection_is_a_conflict(server: ZoteroServer) -> None:
    failed = post(server, {**PREPRINT, "collections": ["ZZZZZZZZ"]})["failed"]["0"]
    assert failed == {
        "code": 409,
        "message": "Collection ZZZZZZZZ not found",
        "data": {"collection": "ZZZZZZZZ"},
    }


@pytest.mark.parametrize(
    ("sent", "beginning", "data"),
    [
        ({"tags": [{"tag": "t" * 256}]}, f"Tag '{'t' * 50}…' too long", {"tag": "t" * 256}),
        (
            {"creators": [{"creatorType": "author", "name": "n" * 256}]},
            f"The creator name ‘{'n' * 50}…’ is too long to sync.",
            {"field": "creator", "value": "n" * 256},
        ),
        ({"title": "é" * 32768}, "Title field value 'é", {"field": "Title", "value": "é" * 32768}),
    ],
)
def test_what_is_too_long_fails_with_413(server: ZoteroServer, sent: Any, beginning: str, data: Any) -> None:
    failed = post(server, {**PREPRINT, **sent})["failed"]["0"]
    assert failed["code"] == 413
    assert failed["message"].startswith(beginning)
    assert failed["data"] == data


def test_what_is_just_short_enough_is_kept(server: ZoteroServer) -> None:
    names = [{"creatorType": "author", "name": "n" * 255}]
    data = saved(server, {**PREPRINT, "title": "é" * 32767, "tags": [{"tag": "t" * 255}], "creators": names})
    assert (len(data["title"]), data["tags"], data["creators"]) == (32767, [{"tag": "t" * 255}], names)
    assert len(saved(server, {"itemType": "note", "note": "n" * 500_000})["note"]) == 500_000
    assert failure(server, {"itemType": "note", "note": "n" * 500_001})[0] == 413


def test_tags_are_kept_once_per_type_and_empty_ones_dropped(server: ZoteroServer) -> None:
    tags = [{"tag": "a"}, {"tag": "a", "type": 1}, {"tag": "a", "type": 0}, {"tag": " "}]
    assert saved(server, {**PREPRINT, "tags": tags})["tags"] == [{"tag": "a"}, {"tag": "a", "type": 1}]


def test_one_empty_creator_of_a_new_item_is_ignored(server: ZoteroServer) -> None:
    empty = {"creatorType": "author", "firstName": "", "lastName": ""}
    data = saved(server, {**PREPRINT, "creators": [empty]})
    assert data["creators"] == []
    assert failure(server, {"key": data["key"], "version": data["version"], "creators": [empty]})[0] == 400


def test_authors_are_let_through_for_every_type(server: ZoteroServer) -> None:
    assert saved(server, {"itemType": "film", "creators": [AUTHOR]})["creators"] == [AUTHOR]


def test_relations_may_be_an_empty_array_and_a_list_of_one_is_a_string(server: ZoteroServer) -> None:
    assert saved(server, {**PREPRINT, "relations": []})["relations"] == {}
    assert saved(server, {**PREPRINT, "relations": {"dc:relation": [URI]}})["relations"] == {"dc:relation": URI}


def test_deleted_is_a_flag_and_anything_else_crashes(server: ZoteroServer, library: ZoteroLibrary) -> None:
    key = saved(server, PREPRINT)["key"]
    assert saved(server, {"key": key, "version": 9, "deleted": True})["deleted"] == 1
    assert "deleted" not in saved(server, {"key": key, "version": 9, "deleted": 0})
    assert failure(server, {"key": key, "version": 9, "deleted": "yes"})[0] == 500
    assert "deleted" not in library.items[key]


def test_attachments_have_properties_by_their_link_mode(server: ZoteroServer) -> None:
    link = saved(server, {"itemType": "attachment", "linkMode": "linked_url", "url": "http://x", "title": "P"})
    assert (link["url"], "md5" in link, "filename" in link) == ("http://x", False, False)
    stored = saved(server, {"itemType": "attachment", "linkMode": "imported_url", "filename": "a.pdf"})
    assert (stored["filename"], stored["md5"], stored["mtime"]) == ("a.pdf", None, None)


# Versions


def test_each_object_has_a_version_of_its_own(server: ZoteroServer, library: ZoteroLibrary) -> None:
    report = post(server, PREPRINT, {"itemType": "nope"}, PREPRINT)
    assert [item["version"] for item in report["successful"].values()] == [1, 2]
    assert list(report["success"]) == ["0", "2"]
    assert list(report["failed"]) == ["1"]
    assert library.version == 2


def test_an_unchanged_object_raises_the_library_s_version_but_not_its_own(
    server: ZoteroServer, library: ZoteroLibrary
) -> None:
    key = library.add(title="T", tags=["b", "a"])
    report = post(server, {"key": key, "version": 1, "title": "T", "tags": [{"tag": "a"}, {"tag": "b"}]})
    assert report["unchanged"] == {"0": key}
    assert report["successful"] == report["success"] == report["failed"] == {}
    assert (library.version, library.items[key]["version"]) == (2, 1)


def test_writing_to_a_key_changes_only_what_is_sent(server: ZoteroServer, library: ZoteroLibrary) -> None:
    key = library.add(title="T", date="2024", tags=["mine"])
    data = saved(server, {"data": {"key": key, "version": 1, "title": "U"}})
    assert (data["title"], data["date"], data["tags"], data["version"]) == ("U", "2024", [{"tag": "mine"}], 2)


NO_VERSION = "Either If-Unmodified-Since-Version or 'version' property must be provided for 'key'-based writes"


@pytest.mark.parametrize(
    ("key", "version", "code", "message"),
    [
        ("HERE2345", None, 428, NO_VERSION),
        ("HERE2345", 1, 412, "Item has been modified since specified version (expected 1, found 2)"),
        ("HERE2345", 0, 412, "Item has been modified since specified version (expected 0, found 2)"),
        ("AWAY2345", 7, 404, "Item doesn't exist (expected version 7; use 0 instead)"),
    ],
)
def test_versions_that_do_not_fit_fail(
    server: ZoteroServer, library: ZoteroLibrary, key: str, version: int | None, code: int, message: str
) -> None:
    library.add(key="HERE2345", title="T")
    library.edit("HERE2345", title="U")
    sent = {**PREPRINT, "key": key, **({} if version is None else {"version": version})}
    assert failure(server, sent) == (code, message)


@pytest.mark.parametrize("version", [2, 99])
def test_a_version_that_is_new_enough_or_too_new_is_accepted(
    server: ZoteroServer, library: ZoteroLibrary, version: int
) -> None:
    key = library.add(title="T")
    library.edit(key, title="U")
    assert saved(server, {"key": key, "version": version, "title": "V"})["title"] == "V"


def test_a_client_s_key_with_version_0_is_created_even_if_it_was_deleted(
    server: ZoteroServer, library: ZoteroLibrary
) -> None:
    key = library.add(title="T")
    library.delete(key)
    assert library.deleted["items"] == {key: 2}
    assert saved(server, {**PREPRINT, "key": key, "version": 0})["key"] == key
    assert library.deleted["items"] == {}


def test_the_same_new_key_twice_in_a_batch_fails_the_second_time(server: ZoteroServer) -> None:
    sent = {**PREPRINT, "key": "ABCD2345", "version": 0}
    report = post(server, sent, sent)
    assert (list(report["success"]), report["failed"]["1"]["code"]) == (["0"], 412)


def test_the_library_s_version_stands_for_that_of_each_object(server: ZoteroServer, library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    header = {"If-Unmodified-Since-Version": "1"}
    report = post(server, {"key": key, "title": "U"}, {**PREPRINT, "key": "ABCD2345"}, **header)
    assert report["success"] == {"0": key, "1": "ABCD2345"}


# Dates of change


def test_changes_date_an_item_unless_they_are_of_collections_or_relations(library: ZoteroLibrary) -> None:
    library.now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    key = library.add(title="T")
    library.now = lambda: NOW
    library.collect(key, library.add_collection("C"))
    library.edit(key, relations={"dc:relation": URI})
    assert library.items[key]["dateModified"] == "2026-01-01T00:00:00Z"
    library.tag(key, "read")
    assert library.items[key]["dateModified"] == STAMP
    library.edit(key, title="U", dateModified="2020-01-01T00:00:00Z")
    assert library.items[key]["dateModified"] == "2020-01-01T00:00:00Z"
    assert library.items[key]["dateAdded"] == "2026-01-01T00:00:00Z"


# Collections


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        ({}, 400, "'name' property not provided"),
        ({"name": " "}, 400, "Collection name cannot be empty"),
        ({"name": 3}, 400, "'name' must be a string"),
        ({"name": "C", "color": "x"}, 400, "Invalid property 'color'"),
        ({"name": "C", "parentCollection": "ZZZZZZZZ"}, 409, "Parent collection ZZZZZZZZ not found"),
    ],
)
def test_collections_have_rules_too(server: ZoteroServer, sent: Any, code: int, message: str) -> None:
    assert failure(server, sent, "collections") == (code, message)
    assert failure(server, {"name": "n" * 256}, "collections")[0] == 413


def test_equal_names_of_collections_are_allowed_and_their_contents_counted(
    server: ZoteroServer, library: ZoteroLibrary
) -> None:
    report = post(server, {"name": "C"}, {"name": "C", "parentCollection": False}, folder="collections")
    assert report["failed"] == {}
    top, other = report["success"].values()
    library.add_collection("D", top)
    library.add(title="T", collections=[top])
    library.trash(library.add(title="U", collections=[top]))
    assert library.collection_envelope(top)["meta"] == {"numCollections": 1, "numItems": 1}
    assert library.collection_envelope(other)["meta"] == {"numCollections": 0, "numItems": 0}


# What the user does


def test_everything_the_user_does_raises_versions(library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    collection = library.add_collection("C")
    library.edit(key, title="U")
    library.tag(key, "a", "b")
    library.untag(key, "a")
    library.collect(key, collection)
    assert (library.items[key]["tags"], library.items[key]["collections"]) == ([{"tag": "b"}], [collection])
    library.uncollect(key, collection)
    library.trash(key)
    library.restore(key)
    assert (library.version, library.items[key]["version"], library.collections[collection]["version"]) == (9, 9, 2)


def test_deleting_takes_the_children_along(library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    note = library.add(itemType="note", note="n", parentItem=key)
    library.delete(key)
    assert library.items == {}
    assert library.deleted["items"] == dict.fromkeys((key, note), 3)


def test_emptying_the_trash_deletes_for_good(library: ZoteroLibrary) -> None:
    kept, thrown = library.add(title="T"), library.add(title="U")
    library.trash(thrown)
    library.empty_trash()
    assert list(library.items) == [kept]
    assert library.deleted["items"] == {thrown: library.version}


def test_a_deleted_collection_leaves_its_items_and_takes_its_collections(library: ZoteroLibrary) -> None:
    top = library.add_collection("C")
    below = library.add_collection("D", top)
    key = library.add(title="T", collections=[below])
    library.delete_collection(top)
    assert (library.collections, library.items[key]["collections"]) == ({}, [])
    assert set(library.deleted["collections"]) == {top, below}


def test_the_user_is_told_of_mistakes(library: ZoteroLibrary) -> None:
    with pytest.raises(ValueError, match="Invalid property 'bogus'"):
        library.add(bogus="x")
    with pytest.raises(KeyError):
        library.edit("ABCD2345", title="x")


def test_many_items_are_loaded_as_they_are(library: ZoteroLibrary) -> None:
    given: list[dict[str, Any]] = [{"key": "ABCD2345", "title": "T", "tags": ["a"], "dateAdded": STAMP}, {"title": "U"}]
    keys = library.load(given)
    assert keys[0] == "ABCD2345"
    assert [library.items[key]["version"] for key in keys] == [1, 2]
    assert library.items["ABCD2345"]["tags"] == [{"tag": "a"}]
    assert list(library.items[keys[1]]) == list(library.items[library.add(title="V")])


# The desktop's weaker rules


@pytest.fixture
def desktop() -> ZoteroLibrary:
    return ZoteroLibrary(strict=False, client_keys=False, now=lambda: NOW)


def test_the_desktop_appends_unknown_fields_to_extra(desktop: ZoteroLibrary) -> None:
    desktop.write_items([{**PREPRINT, "extra": "e", "bogus": "zzz", "university": "MIT", "numPages": ""}])
    (row,) = desktop.items.values()
    assert row["extra"] == "e\nBogus: zzz\nUniversity: MIT"


def test_the_desktop_takes_texts_as_tags_long_tags_and_wrong_creators(desktop: ZoteroLibrary) -> None:
    creators = [{"creatorType": "director", "name": "x"}]
    desktop.write_items([{"itemType": "book", "tags": ["a", {"tag": "t" * 300}], "creators": creators}])
    (row,) = desktop.items.values()
    assert row["tags"] == [{"tag": "a"}, {"tag": "t" * 300}]
    assert row["creators"] == [{"creatorType": "author", "name": "x"}]


def test_the_desktop_wants_the_exact_version_and_names_keys_of_failures(desktop: ZoteroLibrary) -> None:
    key = desktop.add(title="T")
    report = desktop.write_items([{"key": key, "version": 99, "title": "U"}, {"itemType": "<x>"}])
    message = "item version mismatch: expected 99, found 1"
    assert report["failed"] == {
        "0": {"key": key, "code": 412, "message": message},
        "1": {"key": "", "code": 400, "message": "'<x>' is not a valid itemType"},
    }
    assert desktop.write_items([{"key": key, "version": 1, "title": "T"}])["unchanged"] == {"0": key}
    assert desktop.version == 1


def test_the_desktop_cannot_create_with_a_client_s_key(desktop: ZoteroLibrary) -> None:
    report = desktop.write_items([{**PREPRINT, "key": "NEWKEY22", "version": 0}])
    assert report["failed"]["0"]["message"] == "'primaryData' not loaded for item (null/1/NEWKEY22)"
    failed = desktop.write_items([{**PREPRINT, "collections": ["ZZZZZZZZ"]}])["failed"]["0"]
    assert (failed["code"], failed["message"]) == (400, "Collection ZZZZZZZZ not found for item 1/null")


# How it is printed


@pytest.mark.parametrize(
    ("date", "parsed"),
    [("2024-5-6", "2024-05-06"), ("2024-05", "2024-05"), ("May 2024", "2024"), ("soon", ""), ("", "")],
)
def test_dates_are_parsed_as_far_as_they_are_numbers(date: str, parsed: str) -> None:
    assert parsed_date(date) == parsed


def test_creators_are_summed_up_by_number() -> None:
    names = [{"creatorType": "author", "lastName": name, "firstName": ""} for name in "ABC"]
    editor = {"creatorType": "editor", "name": "Z"}
    kinds = ITEM_TYPES["book"].creators
    summaries = [creator_summary([editor, *names[:count]], kinds) for count in range(4)]
    assert summaries == ["Z", "A", "A and B", "A et al."]
