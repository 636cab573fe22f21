from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from refkit.testing import ZoteroLibrary, ZoteroRequest, ZoteroServer
from refkit.testing.zotero_access import Access

ONCE = "token"
PREPRINT = {"itemType": "preprint", "title": "A Paper"}
FORM = "application/x-www-form-urlencoded"


class Caller:
    """Asks a server; paths that do not begin with a slash lie in the user's library."""

    def __init__(self, server: ZoteroServer, session: requests.Session) -> None:
        self.server, self.session = server, session
        session.trust_env = False

    def __call__(
        self, method: str, path: str, *, key: str | None = None, data: Any = None, **headers: str
    ) -> requests.Response:
        url = self.server.url + (path if path.startswith("/") else f"/users/{self.server.user_id}/{path}")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        chosen = self.server.key if key is None else key
        body = data if data is None or isinstance(data, bytes | str) else json.dumps(data)
        auth = {"Zotero-API-Key": chosen} if chosen else {}
        return self.session.request(method, url, data=body, headers={**auth, **sent}, timeout=10)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def server() -> Iterator[ZoteroServer]:
    with ZoteroServer() as server:
        yield server


@pytest.fixture
def library(server: ZoteroServer) -> ZoteroLibrary:
    return server.library


@pytest.fixture
def ask(server: ZoteroServer, session: requests.Session) -> Caller:
    return Caller(server, session)


def error(reply: requests.Response) -> tuple[int, str]:
    assert reply.headers["Content-Type"].startswith("text/html")
    return reply.status_code, reply.text


def last_modified(reply: requests.Response) -> int:
    return int(reply.headers["Last-Modified-Version"])


# 1. Requests in general


@pytest.mark.parametrize(
    "headers", [{"Zotero-API-Key": "{}"}, {"Authorization": "Bearer {}"}, {"Authorization": "bearer {}"}]
)
def test_a_key_may_come_in_either_header(server: ZoteroServer, ask: Caller, headers: dict[str, str]) -> None:
    sent = {name: value.format(server.key) for name, value in headers.items()}
    assert ask("GET", "items", key="", **sent).status_code == 200


def test_a_key_may_come_in_the_address_but_not_differ_from_the_header(server: ZoteroServer, ask: Caller) -> None:
    assert ask("GET", f"items?key={server.key}", key="").status_code == 200
    reply = ask("GET", "items?key=abc")
    assert error(reply) == (400, "Zotero-API-Key header and 'key' parameter differ")


def test_a_malformed_authorization_is_refused(ask: Caller) -> None:
    reply = ask("GET", "items", key="", Authorization="Bearer a-b")
    assert error(reply) == (400, "Invalid Authorization header format")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("items", 403, "Invalid key"),
        ("/users/999/items", 403, "Invalid key"),
        ("/keys/current", 403, "Invalid key"),
    ],
)
def test_an_unknown_key_is_forbidden_before_anything_else(ask: Caller, path: str, status: int, message: str) -> None:
    assert error(ask("GET", path, key="abc")) == (status, message)


def test_an_unknown_user_or_group_is_not_found(ask: Caller) -> None:
    assert error(ask("GET", "/users/999/items")) == (404, "User 999 not found")
    assert error(ask("GET", "/users/0/items")) == (400, "Invalid user ID")
    assert error(ask("GET", "/groups/999/items"))[0] == 404


@pytest.mark.parametrize(
    ("rights", "read", "write"),
    [
        (None, (403, "Forbidden"), (403, "An API key is required for write requests.")),
        ({"user_id": 5, "write": True}, (403, "Forbidden"), (403, "Write access denied")),
        ({}, (200, "[]"), (403, "Write access denied")),
        ({"library": False, "groups": True}, (403, "Forbidden"), (403, "Write access denied")),
    ],
)
def test_rights_decide(
    server: ZoteroServer, ask: Caller, rights: dict[str, Any] | None, read: Any, write: tuple[int, str]
) -> None:
    key = "" if rights is None else server.add_key(**rights)
    reply = ask("GET", "items", key=key)
    assert (reply.status_code, reply.text) == read
    assert error(ask("POST", "items", key=key, data=[PREPRINT])) == write
    assert error(ask("DELETE", "items?itemKey=ABCD2345", key=key)) == write
    assert server.library.items == {}


def test_the_version_of_the_api_is_3_unless_said_otherwise(ask: Caller) -> None:
    assert ask("GET", "items").headers["Zotero-API-Version"] == "3"
    assert error(ask("GET", "items", Zotero_API_Version="9")) == (400, "Invalid API version '9'")
    assert error(ask("GET", "items?v=9")) == (400, "Invalid API version '9'")
    assert error(ask("GET", "items?v=2", Zotero_API_Version="3"))[0] == 400
    assert ask("GET", "items?v=3", Zotero_API_Version="3").status_code == 200


def test_expectations_are_refused(server: ZoteroServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        headers = {"Expect": "100-continue", "Zotero-API-Key": server.key, "Content-Length": "2"}
        connection.request("POST", f"/users/{server.user_id}/items", headers=headers)
        response = connection.getresponse()
        assert (response.status, response.read()) == (417, b"Expect header is not supported")
    finally:
        connection.close()


def test_bodies_may_be_packed_and_of_any_type(ask: Caller, library: ZoteroLibrary) -> None:
    packed = gzip.compress(json.dumps([PREPRINT]).encode())
    assert ask("POST", "items", data=packed, Content_Encoding="gzip", Content_Type="text/plain").status_code == 200
    assert len(library.items) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("POST", "items", b"", "POST data not provided"),
        ("PUT", "items/ABCD2345", b"", "POST data not provided"),
        ("PATCH", "items/ABCD2345", b"", "POST data not provided"),
        ("POST", "items", b"{[", "JSON Error: Syntax error, malformed JSON"),
        ("POST", "items", b"{}", "Uploaded data must be a JSON array"),
    ],
)
def test_bodies_that_say_nothing_are_refused(ask: Caller, method: str, path: str, body: bytes, message: str) -> None:
    assert error(ask(method, path, data=body)) == (400, message)


def test_errors_are_escaped_and_have_no_version(ask: Caller) -> None:
    reply = ask("GET", 'items?sort=<"%26>')
    assert error(reply) == (400, "Invalid 'sort' value '&lt;&quot;&amp;&gt;'")
    assert "Last-Modified-Version" not in reply.headers


def test_a_connection_is_kept(server: ZoteroServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        sockets = set()
        for _ in range(3):
            connection.request("GET", f"/users/{server.user_id}/items", headers={"Zotero-API-Key": server.key})
            assert connection.getresponse().read() == b"[]"
            sockets.add(connection.sock)
        assert len(sockets) == 1
        assert None not in sockets
    finally:
        connection.close()


# 2. Keys


def test_a_key_tells_what_it_may(server: ZoteroServer, ask: Caller) -> None:
    full = ask("GET", "/keys/current").json()
    assert full == {
        "key": server.key,
        "userID": 1000001,
        "username": "ada",
        "displayName": "ada",
        "access": {
            "user": {"library": True, "files": True, "notes": True, "write": True},
            "groups": {"all": {"library": True, "write": True}},
        },
    }
    reader = server.add_key(notes=False)
    assert ask("GET", f"/keys/{reader}", key="").json()["access"] == {"user": {"library": True, "files": True}}
    assert ask("GET", "/keys/abc", key="").status_code == 404
    assert ask("POST", "/keys", data={}).status_code == 403
    server.revoke_key(reader)
    assert error(ask("GET", "/keys/current", key=reader)) == (403, "Invalid key")


# 3. Writing several objects; the rules of single ones are in test_zotero_library.py


def test_an_empty_array_has_an_empty_report(ask: Caller) -> None:
    reply = ask("POST", "items", data=[])
    assert (reply.status_code, reply.json()) == (200, {"successful": {}, "success": {}, "unchanged": {}, "failed": {}})


@pytest.mark.parametrize("folder", ["items", "collections"])
def test_more_than_50_objects_are_refused(ask: Caller, library: ZoteroLibrary, folder: str) -> None:
    sent = {"items": PREPRINT, "collections": {"name": "C"}}[folder]
    assert error(ask("POST", folder, data=[sent] * 51)) == (413, f"Cannot add more than 50 {folder} at a time")
    assert library.version == 0
    assert len(ask("POST", folder, data=[sent] * 50).json()["success"]) == 50


def test_a_report_of_failures_alone_is_a_success(ask: Caller) -> None:
    reply = ask("POST", "items", data=[{}, {"itemType": "nope"}])
    assert reply.status_code == 200
    assert list(reply.json()["failed"]) == ["0", "1"]
    assert last_modified(reply) == 0


def test_the_header_has_the_library_s_version(ask: Caller, library: ZoteroLibrary) -> None:
    reply = ask("POST", "items", data=[PREPRINT, {}, PREPRINT])
    assert last_modified(reply) == library.version == 2


def test_a_stale_header_refuses_the_whole_request(ask: Caller, library: ZoteroLibrary) -> None:
    library.add(title="T")
    reply = ask("POST", "items", data=[PREPRINT], If_Unmodified_Since_Version="0")
    assert error(reply) == (412, "Library has been modified since specified version (expected 0, found 1)")
    assert "Last-Modified-Version" not in reply.headers
    assert error(ask("POST", "items", data=[PREPRINT], If_Unmodified_Since_Version="x")) == (
        400,
        "Invalid If-Unmodified-Since-Version value",
    )
    assert len(library.items) == 1


def test_of_six_writers_with_the_same_header_one_wins(server: ZoteroServer, ask: Caller) -> None:
    def write(_: int) -> int:
        with requests.Session() as session:
            return Caller(server, session)(
                "POST", "items", data=[PREPRINT], If_Unmodified_Since_Version="0"
            ).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(write, range(6))) == [200, *[412] * 5]
    assert len(server.library.items) == 1
    assert ask("GET", "items").status_code == 200


# 3.2 Write tokens


def token_of(ask: Caller, token: str, *objects: Any) -> int:
    return ask("POST", "items", data=list(objects), Zotero_Write_Token=token).status_code


def test_a_write_token_works_once_per_key(server: ZoteroServer, ask: Caller, library: ZoteroLibrary) -> None:
    assert token_of(ask, "token", PREPRINT) == 200
    reply = ask("POST", "items", data=[PREPRINT], Zotero_Write_Token=ONCE)
    assert error(reply) == (412, "Write token already used")
    assert "Last-Modified-Version" not in reply.headers
    other = server.add_key(write=True)
    assert ask("POST", "items", key=other, data=[PREPRINT], Zotero_Write_Token=ONCE).status_code == 200
    assert len(library.items) == 2


@pytest.mark.parametrize("token", ["four", "t" * 33])
def test_a_write_token_has_a_length(ask: Caller, token: str) -> None:
    reply = ask("POST", "items", data=[PREPRINT], Zotero_Write_Token=token)
    assert error(reply) == (400, "Write token must be 5-32 characters in length")


def test_a_write_token_is_lost_if_the_last_object_fails(ask: Caller, library: ZoteroLibrary) -> None:
    assert [token_of(ask, "token1", PREPRINT, {}) for _ in range(2)] == [200, 200]
    assert len(library.items) == 2
    assert [token_of(ask, "token2", {}, PREPRINT) for _ in range(2)] == [200, 412]
    assert [token_of(ask, "token3", {}) for _ in range(2)] == [200, 200]


def test_a_write_token_is_checked_by_all_methods_and_kept_by_patch(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    assert ask("PATCH", f"items/{key}", data={"title": "U", "version": 1}, Zotero_Write_Token=ONCE).status_code == 204
    reply = ask("DELETE", f"items/{key}", If_Unmodified_Since_Version="9", Zotero_Write_Token=ONCE)
    assert error(reply) == (412, "Write token already used")
    assert ask("GET", "items", Zotero_Write_Token=ONCE).status_code == 200


def test_a_write_token_is_forgotten_after_twelve_hours(session: requests.Session) -> None:
    seconds = [0.0]
    with ZoteroServer(clock=lambda: seconds[0]) as server:
        ask = Caller(server, session)
        assert token_of(ask, "token", PREPRINT) == 200
        seconds[0] = 12 * 3600 - 1
        assert token_of(ask, "token", PREPRINT) == 412
        seconds[0] += 1
        assert token_of(ask, "token", PREPRINT) == 200


# 4. Single objects


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_single_write_has_no_body_and_the_object_s_new_version(
    ask: Caller, library: ZoteroLibrary, method: str
) -> None:
    key = library.add(title="T")
    sent = {**library.items[key], "title": "U"}
    reply = ask(method, f"items/{key}", data=sent)
    assert (reply.status_code, reply.content, last_modified(reply)) == (204, b"", 2)
    again = ask(method, f"items/{key}", data={**library.items[key]})
    assert (again.status_code, last_modified(again), library.version) == (204, 2, 2)


def test_a_single_write_needs_a_version_that_fits(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    library.edit(key, title="U")
    reply = ask("PATCH", f"items/{key}", data={"title": "V"})
    message = "Either If-Unmodified-Since-Version or object version property must be provided for key-based writes"
    assert error(reply) == (428, message)
    reply = ask("PATCH", f"items/{key}", data={"title": "V"}, If_Unmodified_Since_Version="1")
    assert error(reply) == (412, "Item has been modified since specified version (expected 1, found 2)")
    assert last_modified(reply) == 2
    assert ask("PATCH", f"items/{key}", data={"version": 1}, If_Unmodified_Since_Version="2").status_code == 400
    assert ask("PATCH", f"items/{key}", data={}, If_Unmodified_Since_Version="x").status_code == 400
    assert ask("PATCH", f"items/{key}", data={"title": "V"}, If_Unmodified_Since_Version="2").status_code == 204


def test_put_empties_what_is_left_out_and_wants_the_lists(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T", date="2024")
    sent: dict[str, Any] = {"itemType": "preprint", "version": 1, "collections": [], "relations": {}}
    assert error(ask("PUT", f"items/{key}", data=sent)) == (400, "'tags' property not provided")
    assert ask("PUT", f"items/{key}", data={**sent, "tags": []}).status_code == 204
    assert (library.items[key]["title"], library.items[key]["date"]) == ("", "")


def test_put_creates_and_patch_does_so_with_version_0(ask: Caller, library: ZoteroLibrary) -> None:
    assert ask("PUT", "items/ABCD2345", data=PREPRINT).status_code == 204
    reply = ask("PATCH", "items/ABCD2346", data=PREPRINT)
    hint = "(to create, use If-Unmodified-Since-Version: 0, JSON 'version' 0, or PUT method)"
    assert error(reply) == (404, f"Item not found {hint}")
    assert ask("PATCH", "items/ABCD2346", data={**PREPRINT, "version": 0}).status_code == 204
    assert set(library.items) == {"ABCD2345", "ABCD2346"}


def test_other_methods_are_named(ask: Caller) -> None:
    reply = ask("POST", "items/ABCD2345", data=PREPRINT)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "HEAD, GET, PUT, PATCH, DELETE")


def test_a_single_item_is_read_with_its_own_version(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    library.add(title="U")
    reply = ask("GET", f"items/{key}")
    assert (reply.json()["data"]["title"], last_modified(reply)) == ("T", 1)
    assert ask("GET", f"items/{key}", If_Modified_Since_Version="1").status_code == 304
    head = ask("HEAD", f"items/{key}")
    assert (head.status_code, head.content, last_modified(head)) == (200, b"", 1)
    assert error(ask("GET", "items/ABCD2345")) == (404, "Item does not exist")
    assert error(ask("GET", "items/abc")) == (404, "Not found")


def test_what_is_in_the_trash_is_shown_there_alone(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    assert ask("PATCH", f"items/{key}", data={"deleted": 1, "version": 1}).status_code == 204
    assert ask("GET", f"items/{key}").json()["data"]["deleted"] == 1
    shown = {path: len(ask("GET", path).json()) for path in ("items", "items/top", "items/trash")}
    assert shown == {"items": 0, "items/top": 0, "items/trash": 1}
    assert [row["key"] for row in ask("GET", "items/top?includeTrashed=1").json()] == [key]


# 5. Deleting


def test_deleting_one_needs_its_version(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T")
    note = library.add(itemType="note", note="n", parentItem=key)
    library.edit(key, title="U")
    message = "If-Unmodified-Since-Version must be provided for delete requests"
    assert error(ask("DELETE", f"items/{key}")) == (428, message)
    stale = ask("DELETE", f"items/{key}", If_Unmodified_Since_Version="1")
    assert (stale.status_code, last_modified(stale)) == (412, 3)
    done = ask("DELETE", f"items/{key}", If_Unmodified_Since_Version="3")
    assert (done.status_code, last_modified(done)) == (204, 4)
    gone = ask("DELETE", f"items/{key}", If_Unmodified_Since_Version="3")
    assert error(gone) == (412, "Item not found (expected version 3)")
    assert set(ask("GET", "deleted?since=0").json()["items"]) == {key, note}


def test_deleting_several_needs_no_header_and_passes_over_the_unknown(ask: Caller, library: ZoteroLibrary) -> None:
    first, second, third = (library.add(title=title) for title in "ABC")
    stale = ask("DELETE", f"items?itemKey={first}", If_Unmodified_Since_Version="2")
    assert stale.status_code == 412
    done = ask("DELETE", f"items?itemKey={first},{second},ABCD2345,abc")
    assert (done.status_code, last_modified(done)) == (204, 4)
    assert list(library.items) == [third]
    collection = library.add_collection("C")
    assert ask("DELETE", f"collections?collectionKey={collection}").status_code == 204
    assert library.collections == {}


def test_what_was_deleted_is_listed_since_a_version(ask: Caller, library: ZoteroLibrary) -> None:
    first, second = library.add(title="A"), library.add(title="B")
    library.delete(first)
    library.delete(second)
    reply = ask("GET", "deleted?since=3")
    assert reply.json() == {"collections": [], "items": [second], "searches": [], "tags": [], "settings": []}
    assert last_modified(reply) == 4
    assert error(ask("GET", "deleted")) == (400, "'since' parameter must be provided")


def test_deleting_tags_needs_a_header(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="T", tags=["a", "b", "c"])
    assert error(ask("DELETE", "tags?tag=a")) == (428, "If-Unmodified-Since-Version not provided")
    assert ask("DELETE", "tags?tag=a || b", If_Unmodified_Since_Version="1").status_code == 204
    assert library.items[key]["tags"] == [{"tag": "c"}]
    assert ask("GET", "deleted?since=1").json()["tags"] == ["a", "b"]
    (tag,) = ask("GET", "tags").json()
    assert (tag["tag"], tag["meta"]) == ("c", {"type": 0, "numItems": 1})


# 6. Collections


def test_collections_are_written_and_read(ask: Caller, library: ZoteroLibrary) -> None:
    top = ask("POST", "collections", data=[{"name": "C"}]).json()["success"]["0"]
    below = ask("POST", "collections", data=[{"name": "D", "parentCollection": top}]).json()["success"]["0"]
    read = {
        path: [row["key"] for row in ask("GET", path).json()]
        for path in ("collections", "collections/top", f"collections/{top}/collections")
    }
    assert {path: set(keys) for path, keys in read.items()} == {
        "collections": {top, below},
        "collections/top": {top},
        f"collections/{top}/collections": {below},
    }
    one = ask("GET", f"collections/{top}").json()
    assert (one["data"]["name"], one["meta"]) == ("C", {"numCollections": 1, "numItems": 0})
    assert one["data"]["parentCollection"] is False
    assert ask("PATCH", f"collections/{top}", data={"name": "E", "version": 1}).status_code == 204
    assert library.collections[top]["name"] == "E"
    assert ask("GET", "collections?format=versions").json() == {top: 3, below: 2}


def test_items_of_a_collection_are_listed_with_their_children(ask: Caller, library: ZoteroLibrary) -> None:
    collection = library.add_collection("C")
    key = library.add(title="T", collections=[collection])
    note = library.add(itemType="note", note="n", parentItem=key)
    library.add(title="U")
    assert {row["key"] for row in ask("GET", f"collections/{collection}/items").json()} == {key, note}
    assert [row["key"] for row in ask("GET", f"collections/{collection}/items/top").json()] == [key]
    assert [row["key"] for row in ask("GET", f"items/{key}/children").json()] == [note]
    assert error(ask("GET", "collections/ABCD2345/items")) == (404, "Collection not found")
    assert error(ask("GET", "items/ABCD2345/children")) == (404, "Item does not exist")


def test_adding_by_the_collection_does_not_tell_and_removing_crashes(ask: Caller, library: ZoteroLibrary) -> None:
    collection = library.add_collection("C")
    key = library.add(title="T")
    assert ask("GET", f"collections/{collection}/items").json() == []
    assert ask("POST", f"collections/{collection}/items", data=f"{key} ").status_code == 204
    assert (library.version, library.items[key]["version"]) == (2, 2)
    assert [row["key"] for row in ask("GET", f"collections/{collection}/items").json()] == [key]
    assert ask("DELETE", f"collections/{collection}/items/{key}").status_code == 500


# 7. Reading


def test_changes_since_a_version_are_listed(ask: Caller, library: ZoteroLibrary) -> None:
    first, second = library.add(title="A"), library.add(title="B")
    library.add_collection("C")
    reply = ask("GET", "items/top?since=1")
    assert [row["key"] for row in reply.json()] == [second]
    assert (last_modified(reply), reply.headers["Total-Results"]) == (3, "1")
    assert ask("GET", "items?since=0&format=versions").json() == {first: 1, second: 2}
    assert error(ask("GET", "items?since=x")) == (400, "Invalid value for 'since' parameter")


def test_an_unchanged_library_is_answered_with_304(ask: Caller, library: ZoteroLibrary) -> None:
    library.add(title="A")
    for version, status in (("0", 200), ("1", 304), ("2", 304)):
        assert ask("GET", "items", If_Modified_Since_Version=version).status_code == status
    assert ask("GET", "items", If_Modified_Since_Version="1").content == b""


@pytest.mark.parametrize(
    ("limit", "found"), [("", 25), ("limit=7", 7), ("limit=100", 100), ("limit=101", 100), ("limit=0", 25)]
)
def test_pages_have_25_objects_and_at_most_100(ask: Caller, library: ZoteroLibrary, limit: str, found: int) -> None:
    library.load({"title": f"T{number}"} for number in range(130))
    reply = ask("GET", f"items?{limit}")
    assert (len(reply.json()), reply.headers["Total-Results"]) == (found, "130")


def test_versions_and_keys_have_no_limit(ask: Caller, library: ZoteroLibrary) -> None:
    keys = library.load({"title": f"T{number}"} for number in range(130))
    assert ask("GET", "items?format=versions").json() == {key: library.items[key]["version"] for key in keys}
    listed = ask("GET", "items?format=keys")
    assert (set(listed.text.split()), listed.headers["Content-Type"]) == (set(keys), "text/plain")


def test_pages_are_linked(ask: Caller, library: ZoteroLibrary) -> None:
    keys = library.load({"title": f"T{number}"} for number in range(5))
    reply = ask("GET", "items?limit=2&tag=-x")
    assert set(reply.links) == {"next", "last", "alternate"}
    assert urlsplit(reply.links["last"]["url"]).query == "limit=2&tag=-x&start=4"
    found = [row["key"] for row in reply.json()]
    while "next" in reply.links:
        reply = ask.session.get(reply.links["next"]["url"], headers={"Zotero-API-Key": ask.server.key})
        found += [row["key"] for row in reply.json()]
    assert sorted(found) == sorted(keys)
    assert set(reply.links) == {"first", "prev", "alternate"}


def test_the_last_changed_comes_first(ask: Caller, library: ZoteroLibrary) -> None:
    days = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in count())
    library.now = lambda: next(days)
    first, second = library.add(title="B"), library.add(title="a")
    library.edit(first, date="2024")
    orders = {
        query: [row["key"] for row in ask("GET", f"items?{query}").json()]
        for query in ("", "direction=asc", "sort=title", "sort=title&direction=desc", "sort=dateAdded")
    }
    assert orders == {
        "": [first, second],
        "direction=asc": [second, first],
        "sort=title": [second, first],
        "sort=title&direction=desc": [first, second],
        "sort=dateAdded": [second, first],
    }


@pytest.mark.parametrize("name", ["sort", "direction", "format"])
def test_unknown_ways_of_listing_are_refused(ask: Caller, name: str) -> None:
    assert error(ask("GET", f"items?{name}=zzz")) == (400, f"Invalid '{name}' value 'zzz'")


def test_items_are_chosen_by_key_tag_type_and_words(ask: Caller, library: ZoteroLibrary) -> None:
    first = library.add(title="One Title", tags=["a", "b"], date="2024")
    second = library.add(title="Other", tags=["b", "-c"], itemType="book")

    def chosen(query: str) -> set[str]:
        return {row["key"] for row in ask("GET", f"items?{query}").json()}

    assert chosen(f"itemKey={first},ABCD2345") == {first}
    assert chosen("tag=b") == {first, second}
    assert chosen("tag=a&tag=b") == {first}
    assert chosen("tag=a || zzz") == {first}
    assert chosen("tag=-a") == {second}
    assert chosen("tag=\\-c") == {second}
    assert chosen("itemType=-book") == {first}
    assert chosen("q=title 2024") == {first}


def test_a_list_is_never_older_than_the_library(ask: Caller, library: ZoteroLibrary) -> None:
    key = library.add(title="A")
    assert [row["data"]["title"] for row in ask("GET", "items").json()] == ["A"]
    library.edit(key, title="B")
    assert [row["data"]["title"] for row in ask("GET", "items").json()] == ["B"]
    library.delete(key)
    assert ask("GET", "items").json() == []


# 8. Limits and overload


def test_too_many_requests_in_a_moment_are_refused(session: requests.Session) -> None:
    seconds = [0.0]
    with ZoteroServer(limits=True, clock=lambda: seconds[0]) as server:
        ask = Caller(server, session)
        assert {ask("GET", "items?limit=1").status_code for _ in range(100)} == {200}
        refused = ask("GET", "items?limit=1")
        assert error(refused) == (429, "Request rate limit exceeded")
        assert refused.headers["Retry-After"] == "10"
        assert ask("GET", "items", key=server.add_key()).status_code == 200
        seconds[0] = 0.1
        assert [ask("GET", "items?limit=1").status_code for _ in range(2)] == [200, 429]


def test_too_many_unknown_keys_are_refused(session: requests.Session) -> None:
    with ZoteroServer(limits=True) as server:
        ask = Caller(server, session)
        assert [ask("GET", "items", key="abc").status_code for _ in range(6)] == [*[403] * 5, 429]
        assert ask("GET", "items").status_code == 200


def test_more_than_five_requests_at_once_are_refused() -> None:
    with ZoteroServer(limits=True) as server:

        def read(_: int) -> tuple[int, str]:
            with requests.Session() as session:
                reply = Caller(server, session)("GET", "items")
            return reply.status_code, reply.headers.get("Retry-After", "")

        server.library.lock.acquire()  # who is let in waits inside
        with ThreadPoolExecutor(12) as pool:
            try:
                answers = [pool.submit(read, number) for number in range(12)]
                deadline = time.monotonic() + 10
                while sum(answer.done() for answer in answers) < 7 and time.monotonic() < deadline:
                    time.sleep(0.005)
                refused = [answer.result() for answer in answers if answer.done()]
            finally:
                server.library.lock.release()
        answered = [answer.result()[0] for answer in answers]
    assert [status for status, _ in refused] == [429] * 7
    assert all(1 <= int(pause) <= 30 for _, pause in refused)
    assert sorted(answered) == [*[200] * 5, *[429] * 7]


def test_a_backoff_comes_with_any_answer(server: ZoteroServer, ask: Caller) -> None:
    assert "Backoff" not in ask("GET", "items").headers
    server.backoff = 3
    assert ask("GET", "items").headers["Backoff"] == "3"
    assert ask("GET", "items", key="abc").headers["Backoff"] == "3"


def test_maintenance_is_503_without_retry_after(server: ZoteroServer, ask: Caller) -> None:
    server.maintenance = True
    reply = ask("GET", "items")
    assert error(reply) == (503, "Server updates in progress. Please try again in a few minutes.")
    assert "Retry-After" not in reply.headers
    server.maintenance = False
    assert ask("GET", "items").status_code == 200


# Groups, forms, files


def test_a_user_sees_the_groups(server: ZoteroServer, ask: Caller) -> None:
    group = server.add_group("Reading Club")
    (listed,) = ask("GET", "groups").json()
    assert (listed["id"], listed["version"]) == (group.id, 0)
    assert (listed["data"]["name"], listed["data"]["type"], listed["data"]["libraryEditing"]) == (
        "Reading Club",
        "Private",
        "members",
    )
    assert ask("GET", f"/groups/{group.id}").json()["data"]["name"] == "Reading Club"
    report = ask("POST", f"/groups/{group.id}/items", data=[PREPRINT]).json()
    assert report["successful"]["0"]["library"]["type"] == "group"
    assert (len(group.items), len(server.library.items)) == (1, 0)
    assert ask("GET", "groups", key=server.add_key()).json() == []
    reader = server.add_key(groups=True)
    assert ask("GET", f"/groups/{group.id}/items", key=reader).status_code == 200
    assert error(ask("POST", f"/groups/{group.id}/items", key=reader, data=[PREPRINT])) == (403, "Write access denied")


def test_item_types_and_their_forms_need_no_key(ask: Caller) -> None:
    form = ask("GET", "/items/new?itemType=preprint", key="").json()
    assert form["creators"] == [{"creatorType": "author", "firstName": "", "lastName": ""}]
    assert (form["archiveID"], form["tags"], form["collections"], form["relations"]) == ("", [], [], {})
    assert "preprint" in {row["itemType"] for row in ask("GET", "/itemTypes", key="").json()}
    fields = [row["field"] for row in ask("GET", "/itemTypeFields?itemType=preprint", key="").json()]
    assert fields[:3] == ["title", "abstractNote", "genre"]
    schema = ask("GET", "/schema", key="").json()
    assert schema["version"] == 41
    preprint = next(row for row in schema["itemTypes"] if row["itemType"] == "preprint")
    assert {"field": "repository", "baseField": "publisher"} in preprint["fields"]
    assert ask("GET", "/items/new?itemType=nope", key="").status_code == 400


def test_a_new_form_can_be_written_as_it_is(ask: Caller) -> None:
    form = ask("GET", "/items/new?itemType=preprint").json()
    assert ask("POST", "items", data=[form]).json()["failed"] == {}


def test_a_file_is_uploaded_in_three_steps(server: ZoteroServer, ask: Caller, library: ZoteroLibrary) -> None:
    content = b"%PDF-1.7 a paper\r\n"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    parent = library.add(title="T")
    attachment: dict[str, Any] = {"itemType": "attachment", "linkMode": "imported_file", "parentItem": parent}
    key = library.add(**attachment)
    form = f"md5={md5}&filename=a.pdf&filesize={len(content)}&mtime=1700000000000"
    path = f"items/{key}/file"
    assert ask("POST", path, data=form, Content_Type=FORM).status_code == 428
    permit = ask("POST", path, data=form, Content_Type=FORM, If_None_Match="*").json()
    assert set(permit) == {"url", "contentType", "prefix", "suffix", "uploadKey"}
    register = f"upload={permit['uploadKey']}"
    assert ask("POST", path, data=register, Content_Type=FORM, If_None_Match="*").status_code == 400
    body = permit["prefix"].encode() + content + permit["suffix"].encode()
    uploaded = ask.session.post(permit["url"], data=body, headers={"Content-Type": permit["contentType"]})
    assert uploaded.status_code == 201
    version = library.version
    done = ask("POST", path, data=register, Content_Type=FORM, If_None_Match="*")
    assert (done.status_code, last_modified(done)) == (204, version + 1)
    row = library.items[key]
    assert (row["md5"], row["filename"], row["mtime"]) == (md5, "a.pdf", 1700000000000)
    assert (server.files[md5], ask("GET", path).content) == (content, content)
    assert ask("POST", path, data=form, Content_Type=FORM, If_None_Match="*").status_code == 412
    other = library.add(**attachment)
    known = ask("POST", f"items/{other}/file", data=form, Content_Type=FORM, If_None_Match="*")
    assert (known.json(), library.items[other]["md5"]) == ({"exists": 1}, md5)


# Records


def test_requests_are_recorded_without_their_key(server: ZoteroServer, ask: Caller) -> None:
    ask("GET", f"items?key={server.key}&limit=5", key="")
    ask("POST", "items", data=[PREPRINT, PREPRINT], Zotero_Write_Token=ONCE)
    ask("GET", "items", key="")
    ask("GET", "items", key="abc")
    first, second, third, fourth = server.requests
    assert (first.number, first.method, first.path) == (1, "GET", f"/users/{server.user_id}/items")
    assert (first.query, first.key, first.status, first.is_write) == ((("limit", "5"),), "key1", 200, False)
    assert (second.objects, second.headers["Zotero-Write-Token"], second.is_write) == (2, "token", True)
    assert (third.key, third.status, fourth.key, fourth.status) == ("", 403, "unknown", 403)
    assert server.key not in repr(server.requests)
    assert [request.parallel for request in server.requests] == [1, 1, 1, 1]
    server.clear()
    ask("GET", "items")
    assert [request.number for request in server.requests] == [1]


def test_a_watcher_is_told_of_each_request(session: requests.Session) -> None:
    seen: list[ZoteroRequest] = []
    with ZoteroServer(seen=seen.append) as server:
        Caller(server, session)("GET", "items")
    assert [request.status for request in seen] == [200]


def test_libraries_and_keys_may_be_given(session: requests.Session) -> None:
    library = ZoteroLibrary(id=7, name="bob")
    access = Access(user_id=7, username="bob", name="bob's", write=True)
    with ZoteroServer([library], {"abc": access}) as server:
        assert (server.key, server.user_id, server.library) == ("abc", 7, library)
        assert Caller(server, session)("POST", "items", data=[PREPRINT]).status_code == 200
        assert server.requests[0].key == "bob's"
    assert len(library.items) == 1


def test_a_stopped_server_keeps_its_port_and_its_libraries(session: requests.Session) -> None:
    server = ZoteroServer()
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = server.url
    with server:
        url = server.url
        Caller(server, session)("POST", "items", data=[PREPRINT])
    with pytest.raises(requests.ConnectionError):
        session.get(url, timeout=5)
    with server:
        assert server.url == url
        assert len(Caller(server, session)("GET", "items").json()) == 1


# As a program


def test_the_stand_in_runs_as_a_program(session: requests.Session) -> None:
    command = [sys.executable, "-m", "refkit.testing.zotero", "--every", "2", "--fault", "503"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            url, key = program.stdout.readline().strip(), program.stdout.readline().strip()
            session.trust_env = False
            statuses = [
                session.get(f"{url}/keys/current", headers={"Zotero-API-Key": key}, timeout=10).status_code
                for _ in range(2)
            ]
            assert statuses == [200, 503]
        finally:
            program.send_signal(signal.SIGTERM)
    assert program.returncode == 0
