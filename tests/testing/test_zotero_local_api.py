from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from refkit.testing.zotero_desktop import ZoteroDesktop

MINE = "/api/users/0"
TOKEN = "a" * 32
PAPER: Mapping[str, Any] = {"itemType": "preprint", "title": "Attention", "repository": "arXiv"}


class Reply:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.reason = response.status, response.reason
        self.headers, self.body = response.headers, response.read()

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def version(self) -> int:
        return int(self.headers["Last-Modified-Version"])


def ask(
    desktop: ZoteroDesktop,
    path: str,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(desktop.url).netloc, timeout=10)
    try:
        data = None if body is None else json.dumps(body).encode()
        fields = ({"Content-Type": "application/json"} if data else {}) | dict(headers or {})
        connection.request(method, path, data, fields)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def write(desktop: ZoteroDesktop, path: str, method: str, body: object = None, **headers: object) -> Reply:
    """Write with all that is needed: the server's id and a permanent key."""
    fields = {"Zotero-Server-ID": desktop.server_id, "Zotero-API-Key": desktop.keys.add()}
    extra = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return ask(desktop, f"{MINE}/{path}", method, body, {**fields, **extra})


def authorize(desktop: ZoteroDesktop, body: object, **headers: str) -> Reply:
    return ask(desktop, "/api/local/authorize", "POST", body, {"Zotero-Server-ID": desktop.server_id, **headers})


# What holds for every address


def test_the_local_api_must_be_switched_on(desktop: ZoteroDesktop) -> None:
    desktop.local_api = False
    reply = ask(desktop, f"{MINE}/items")
    assert (reply.status, reply.text) == (403, "Local API is not enabled")
    desktop.local_api = True
    assert ask(desktop, f"{MINE}/items").status == 200


def test_every_reply_names_the_api_the_schema_and_the_server(desktop: ZoteroDesktop) -> None:
    for path in (f"{MINE}/items", f"{MINE}/items/NOTHERE2", "/api/"):
        headers = ask(desktop, path).headers
        assert (headers["Zotero-API-Version"], headers["Zotero-Schema-Version"]) == ("3", "41")
        assert headers["Zotero-Server-ID"] == desktop.server_id
    assert len(desktop.server_id) == 12


@pytest.mark.parametrize("user", ["0", "1000001"])
def test_the_user_is_0_or_who_is_logged_in(desktop: ZoteroDesktop, user: str) -> None:
    assert ask(desktop, f"/api/users/{user}/items").status == 200


def test_another_user_is_refused(desktop: ZoteroDesktop) -> None:
    reply = ask(desktop, "/api/users/5/items")
    assert (reply.status, "userID 0 or 1000001" in reply.text) == (400, True)


def test_another_version_of_the_api_is_not_there(desktop: ZoteroDesktop) -> None:
    assert ask(desktop, f"{MINE}/items", headers={"Zotero-API-Version": "2"}).status == 501
    assert ask(desktop, f"{MINE}/items?v=2").status == 501
    assert ask(desktop, f"{MINE}/items?v=3", headers={"Zotero-API-Version": "3"}).status == 200


@pytest.mark.parametrize("path", ["items/new", "deleted", "keys/current", "nothing"])
def test_some_addresses_of_the_web_are_missing(desktop: ZoteroDesktop, path: str) -> None:
    assert ask(desktop, f"{MINE}/{path}").status == 404
    assert ask(desktop, f"/api/{path}").status == 404


# Reading


def test_reading_needs_no_key(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    reply = ask(desktop, f"{MINE}/items")
    (item,) = reply.data
    assert (item["key"], item["data"]["title"]) == (key, "Attention")
    assert item["library"]["type"] == "user"
    assert reply.version == desktop.library.version
    assert reply.headers["Total-Results"] == "1"
    assert "://api.zotero.org" not in reply.text
    assert item["links"]["self"]["href"].endswith(f"/api/users/1000001/items/{key}")


def test_a_wrong_server_id_is_refused_also_when_reading(desktop: ZoteroDesktop) -> None:
    reply = ask(desktop, f"{MINE}/items", headers={"Zotero-Server-ID": "other"})
    assert (reply.status, reply.text) == (412, "Zotero-Server-ID does not match this server")
    assert ask(desktop, f"{MINE}/items", headers={"Zotero-Server-ID": desktop.server_id}).status == 200


def test_there_is_no_limit_by_default_and_no_maximum(desktop: ZoteroDesktop) -> None:
    for number in range(120):
        desktop.library.add(**PAPER, date=str(number))
    assert len(ask(desktop, f"{MINE}/items").data) == 120
    assert len(ask(desktop, f"{MINE}/items?limit=110").data) == 110


def test_pages_are_linked(desktop: ZoteroDesktop) -> None:
    keys = {desktop.library.add(**PAPER) for _ in range(5)}
    path, seen = f"{MINE}/items?limit=2&format=json", []
    while path:
        reply = ask(desktop, path)
        seen += [item["key"] for item in reply.data]
        links = dict(link.split(">; rel=")[::-1] for link in reply.headers["Link"].split(", "))
        path = links.get('"next"', "").removeprefix("<" + desktop.url)
    assert (len(seen), set(seen)) == (5, keys)


def test_notes_are_children_and_not_at_the_top(desktop: ZoteroDesktop) -> None:
    parent = desktop.library.add(**PAPER)
    note = desktop.library.add(itemType="note", note="x", parentItem=parent)
    assert {item["key"] for item in ask(desktop, f"{MINE}/items").data} == {parent, note}
    assert [item["key"] for item in ask(desktop, f"{MINE}/items/top").data] == [parent]
    assert [item["key"] for item in ask(desktop, f"{MINE}/items/{parent}/children").data] == [note]
    assert ask(desktop, f"{MINE}/items/{parent}").data["meta"]["numChildren"] == 1


def test_the_trash_is_only_seen_in_the_trash(desktop: ZoteroDesktop) -> None:
    kept, gone = desktop.library.add(**PAPER), desktop.library.add(**PAPER)
    desktop.library.add(itemType="note", note="goes with its parent", parentItem=gone)
    desktop.library.trash(gone)
    for path in ("items", "items/top", "items?includeTrashed=1"):
        assert [item["key"] for item in ask(desktop, f"{MINE}/{path}").data] == [kept]
    assert [item["key"] for item in ask(desktop, f"{MINE}/items/trash").data] == [gone]
    assert ask(desktop, f"{MINE}/items/{gone}").data["data"]["deleted"] == 1
    desktop.library.restore(gone)
    assert ask(desktop, f"{MINE}/items/trash").data == []


def test_since_gives_what_is_newer(desktop: ZoteroDesktop) -> None:
    desktop.library.add(**PAPER)
    version = desktop.library.version
    later = desktop.library.add(**PAPER)
    assert ask(desktop, f"{MINE}/items?since={version}&format=keys").text == later
    assert ask(desktop, f"{MINE}/items?since=0&format=versions").data.keys() == desktop.library.items.keys()
    assert ask(desktop, f"{MINE}/items?since=x").status == 400


def test_versions_and_keys_can_be_asked_for_alone(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    version = desktop.library.items[key]["version"]
    assert ask(desktop, f"{MINE}/items/top?format=versions").data == {key: version}
    assert ask(desktop, f"{MINE}/items?format=keys").text == key
    assert ask(desktop, f"{MINE}/items?format=atom").status == 501
    assert ask(desktop, f"{MINE}/items?format=nothing").status == 400


def test_items_can_be_chosen(desktop: ZoteroDesktop) -> None:
    one = desktop.library.add(**PAPER, date="2017-06-12")
    two = desktop.library.add(itemType="book", title="Another", creators=[{"creatorType": "author", "name": "A Team"}])
    desktop.library.tag(one, "a", "b")
    desktop.library.tag(two, "b")
    chosen = {
        f"itemKey={one},NOTHERE2": {one},
        "q=attent": {one},
        "q=2017": {one},
        "q=a+team": {two},
        "itemType=book": {two},
        "itemType=-book": {one},
        "tag=b": {one, two},
        "tag=a&tag=b": {one},
        "tag=a+%7C%7C+c": {one},
        "tag=-a": {two},
    }
    for query, keys in chosen.items():
        assert set(ask(desktop, f"{MINE}/items?format=keys&{query}").text.split()) == keys, query


def test_items_are_sorted(desktop: ZoteroDesktop) -> None:
    for title in ("b", "a", "c"):
        desktop.library.add(itemType="book", title=title)

    def titles(query: str) -> str:
        return "".join(item["data"]["title"] for item in ask(desktop, f"{MINE}/items?{query}").data)

    assert titles("sort=title") == "abc"
    assert titles("sort=title&direction=desc") == "cba"
    assert titles("sort=title&start=1&limit=1") == "b"
    assert ask(desktop, f"{MINE}/items?sort=zzz").text == "Invalid 'sort' value 'zzz'"
    assert ask(desktop, f"{MINE}/items?direction=zzz").text == "Invalid 'direction' value 'zzz'"


def test_what_did_not_change_is_a_304(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    version = desktop.library.version
    for path in (f"{MINE}/items", f"{MINE}/items/{key}"):
        reply = ask(desktop, path, headers={"If-Modified-Since-Version": str(version)})
        assert (reply.status, reply.body) == (304, b"")
        assert ask(desktop, path, headers={"If-Modified-Since-Version": str(version + 1)}).status == 304
        assert ask(desktop, path, headers={"If-Modified-Since-Version": str(version - 1)}).status == 200


def test_a_single_object_has_its_own_version(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    desktop.library.add(**PAPER)
    assert ask(desktop, f"{MINE}/items/{key}").version == desktop.library.items[key]["version"]
    assert ask(desktop, f"{MINE}/items/NOTHERE2").status == 404


def test_collections_are_read_as_a_tree(desktop: ZoteroDesktop) -> None:
    top = desktop.library.add_collection("Vision")
    inner = desktop.library.add_collection("Segmentation", top)
    paper = desktop.library.add(**PAPER)
    desktop.library.collect(paper, inner)
    assert {each["key"] for each in ask(desktop, f"{MINE}/collections").data} == {top, inner}
    assert [each["key"] for each in ask(desktop, f"{MINE}/collections/top").data] == [top]
    assert [each["key"] for each in ask(desktop, f"{MINE}/collections/{top}/collections").data] == [inner]
    assert [each["key"] for each in ask(desktop, f"{MINE}/collections/{inner}/items").data] == [paper]
    assert ask(desktop, f"{MINE}/collections/{top}/items").data == []
    one = ask(desktop, f"{MINE}/collections/{inner}").data
    assert (one["data"]["name"], one["data"]["parentCollection"], one["meta"]["numItems"]) == ("Segmentation", top, 1)
    assert ask(desktop, f"{MINE}/collections/NOTHERE2").status == 404


def test_groups_are_listed_and_read(desktop: ZoteroDesktop) -> None:
    group = desktop.add_group(77, "Readers")
    group.add(**PAPER)
    (listed,) = ask(desktop, f"{MINE}/groups").data
    assert (listed["id"], listed["data"]["name"]) == (77, "Readers")
    assert ask(desktop, "/api/groups/77").data == listed
    (item,) = ask(desktop, "/api/groups/77/items").data
    assert (item["library"]["type"], item["library"]["id"]) == ("group", 77)
    assert "/api/groups/77/items/" in item["links"]["self"]["href"]
    assert ask(desktop, "/api/groups/78/items").status == 404


def test_types_and_fields_are_told(desktop: ZoteroDesktop) -> None:
    assert ask(desktop, "/api/").status == 200
    assert "preprint" in {each["itemType"] for each in ask(desktop, "/api/itemTypes").data}
    assert {"title", "archiveID"} <= {each["field"] for each in ask(desktop, "/api/itemFields").data}
    fields = ask(desktop, "/api/itemTypeFields?itemType=preprint").data
    assert {"field": "abstractNote", "localized": "Abstract note"} in fields
    creators = ask(desktop, "/api/itemTypeCreatorTypes?itemType=preprint").data
    assert creators[0]["creatorType"] == "author"
    assert ask(desktop, "/api/itemTypeFields").status == 400
    assert [each["field"] for each in ask(desktop, "/api/creatorFields").data] == ["firstName", "lastName", "name"]
    schema = ask(desktop, "/api/schema").data
    (preprint,) = [each for each in schema["itemTypes"] if each["itemType"] == "preprint"]
    assert {"field": "repository", "baseField": "publisher"} in preprint["fields"]
    assert preprint["creatorTypes"][0] == {"creatorType": "author", "primary": True}


# Who may write


def test_before_zotero_10_the_local_api_is_read_only(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(writable=False, version="7.0.15")
    key = desktop.library.add(**PAPER)
    reply = write(desktop, "items", "POST", [PAPER])
    assert (reply.status, reply.text) == (400, "Endpoint does not support method\n")
    assert write(desktop, f"items/{key}", "PATCH", {"title": "x"}).status == 501
    assert authorize(desktop, {"appName": "refkit"}).status == 404
    assert len(ask(desktop, f"{MINE}/items").data) == 1
    assert "Zotero-Server-ID" not in ask(desktop, f"{MINE}/items").headers


def test_writing_is_checked_in_order(desktop: ZoteroDesktop) -> None:
    desktop.add_group(77, "Readers", editable=False)
    headers: dict[str, str] = {}
    seen = []
    for step in ({}, {"Zotero-Server-ID": "other"}, {"Zotero-Server-ID": desktop.server_id}):
        headers |= step
        seen += [ask(desktop, "/api/groups/77/items", "POST", [PAPER], headers)]
    for key in ("wrong", desktop.keys.add()):
        headers |= {"Zotero-API-Key": key}
        seen += [ask(desktop, "/api/groups/77/items", "POST", [PAPER], headers)]
    assert [(reply.status, reply.text) for reply in seen] == [
        (428, "Zotero-Server-ID not provided"),
        (412, "Zotero-Server-ID does not match this server"),
        (401, "API key required -- POST /api/local/authorize to obtain one"),
        (401, "Invalid or expired API key"),
        (403, "Write access denied"),
    ]
    assert [reply.reason for reply in seen] == [
        "undefined",
        "Precondition Failed",
        "undefined",
        "undefined",
        "Forbidden",
    ]
    assert "WWW-Authenticate" in seen[2].headers


def test_a_key_is_sent_in_any_of_three_ways(desktop: ZoteroDesktop) -> None:
    key, server = desktop.keys.add(), {"Zotero-Server-ID": desktop.server_id}
    assert ask(desktop, f"{MINE}/items", "POST", [PAPER], {**server, "Zotero-API-Key": key}).status == 200
    assert ask(desktop, f"{MINE}/items", "POST", [PAPER], {**server, "Authorization": f"Bearer {key}"}).status == 200
    assert ask(desktop, f"{MINE}/items?key={key}", "POST", [PAPER], server).status == 200


def test_the_dialog_gives_a_key_for_one_write(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(prompt="allow")
    granted = authorize(desktop, {"appName": "refkit"})
    assert (granted.status, granted.data["remember"], len(granted.data["key"])) == (200, False, 32)
    headers = {"Zotero-API-Key": granted.data["key"]}
    assert write(desktop, "items", "POST", [PAPER], **headers).status == 200
    assert write(desktop, "items", "POST", [PAPER], **headers).status == 401


def test_a_failing_write_uses_the_key_up_too(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(prompt="allow")
    headers = {"Zotero-API-Key": authorize(desktop, {"appName": "refkit"}).data["key"]}
    assert write(desktop, "items", "POST", [], **headers).status == 400
    assert write(desktop, "items", "POST", [PAPER], **headers).status == 401


def test_the_dialog_gives_a_key_for_ever(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(prompt=["always", "allow"])
    granted = authorize(desktop, {"appName": "refkit"}).data
    once = authorize(desktop, {"appName": "refkit"}).data
    assert (granted["remember"], once["remember"]) == (True, False)
    desktop.quit()
    desktop.open()
    for _ in range(2):
        assert write(desktop, "items", "POST", [PAPER], Zotero_API_Key=granted["key"]).status == 200
    assert write(desktop, "items", "POST", [PAPER], Zotero_API_Key=once["key"]).status == 401
    desktop.keys.revoke()
    assert write(desktop, "items", "POST", [PAPER], Zotero_API_Key=granted["key"]).status == 401


def test_the_user_may_deny_and_is_told_who_asks(start: Callable[..., ZoteroDesktop]) -> None:
    asked: list[str] = []

    def deny(app: str) -> str:
        asked.append(app)
        return "deny"

    reply = authorize(start(prompt=deny), {"appName": "refkit"})
    assert (reply.status, reply.data, asked) == (403, {"denied": True}, ["refkit"])


@pytest.mark.parametrize("body", [{}, {"appName": ""}, [], {"appName": 5}])
def test_who_asks_must_say_its_name(desktop: ZoteroDesktop, body: object) -> None:
    reply = authorize(desktop, body)
    assert (reply.status, reply.text) == (400, "appName is required")


def test_who_asks_must_know_the_server(desktop: ZoteroDesktop) -> None:
    assert authorize(desktop, {"appName": "refkit"}, **{"Zotero-Server-ID": "other"}).status == 412
    assert ask(desktop, "/api/local/authorize", "POST", {"appName": "refkit"}).status == 428


def test_the_user_is_asked_five_times_a_minute(start: Callable[..., ZoteroDesktop]) -> None:
    now = [1000.0]
    desktop = start(prompt="deny", clock=lambda: now[0])
    statuses = []
    for _ in range(5):
        statuses.append(authorize(desktop, {"appName": "refkit"}).status)
        now[0] += 4
    refused = authorize(desktop, {"appName": "refkit"})
    assert (statuses, refused.status, refused.headers["Retry-After"]) == ([403] * 5, 429, "40")
    now[0] += 40
    assert authorize(desktop, {"appName": "refkit"}).status == 403
    refused = authorize(desktop, {"appName": "refkit"})
    assert (refused.status, refused.headers["Retry-After"]) == (429, "4")


# Writing


def test_an_item_is_created(desktop: ZoteroDesktop) -> None:
    reply = write(desktop, "items", "POST", [PAPER])
    assert reply.status == 200
    assert set(reply.data) == {"successful", "success", "unchanged", "failed"}
    key = reply.data["success"]["0"]
    assert desktop.library.items[key]["title"] == "Attention"
    assert reply.data["successful"]["0"]["data"]["repository"] == "arXiv"
    assert reply.version == desktop.library.version


def test_one_bad_object_does_not_stop_the_others(desktop: ZoteroDesktop) -> None:
    reply = write(desktop, "items", "POST", [PAPER, {"itemType": "<nope>"}, PAPER])
    assert set(reply.data["success"]) == {"0", "2"}
    failed = reply.data["failed"]["1"]
    assert (failed["key"], failed["code"]) == ("", 400)
    assert "<nope>" in failed["message"]


def test_a_key_of_ones_own_cannot_be_created(desktop: ZoteroDesktop) -> None:
    reply = write(desktop, "items", "POST", [{**PAPER, "key": "NEWKEY22", "version": 0}])
    failed = reply.data["failed"]["0"]
    assert (failed["code"], failed["key"]) == (400, "NEWKEY22")
    assert failed["message"] == "'primaryData' not loaded for item (null/1/NEWKEY22)"
    assert write(desktop, "items/NEWKEY22", "PUT", PAPER, If_Unmodified_Since_Version=0).status == 500
    assert desktop.library.items == {}


def test_an_existing_key_is_a_patch_and_the_version_must_match_exactly(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    version = desktop.library.items[key]["version"]
    for wrong in (version + 5, version - 1):
        failed = write(desktop, "items", "POST", [{"key": key, "version": wrong, "title": "x"}]).data["failed"]["0"]
        assert (failed["code"], failed["key"]) == (412, key)
        assert failed["message"] == f"item version mismatch: expected {wrong}, found {version}"
    reply = write(desktop, "items", "POST", [{"key": key, "version": version, "title": "Better"}])
    assert reply.data["success"] == {"0": key}
    assert (desktop.library.items[key]["title"], desktop.library.items[key]["repository"]) == ("Better", "arXiv")


def test_a_key_without_a_version_is_refused(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    failed = write(desktop, "items", "POST", [{"key": key, "title": "x"}]).data["failed"]["0"]
    assert failed["code"] == 428
    assert "must be provided for 'key'-based writes" in failed["message"]


def test_what_stays_the_same_bumps_nothing(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    version = desktop.library.version
    reply = write(desktop, "items", "POST", [{"key": key, "version": version, "title": "Attention"}])
    assert reply.data["unchanged"] == {"0": key}
    assert (reply.version, desktop.library.version) == (version, version)


def test_a_stale_library_version_stops_the_whole_request(desktop: ZoteroDesktop) -> None:
    desktop.library.add(**PAPER)
    version = desktop.library.version
    assert write(desktop, "items", "POST", [PAPER], If_Unmodified_Since_Version=version - 1).status == 412
    assert len(desktop.library.items) == 1
    assert write(desktop, "items", "POST", [PAPER], If_Unmodified_Since_Version=version).status == 200
    assert write(desktop, "items", "POST", [PAPER], If_Unmodified_Since_Version="x").status == 400


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ([], 400, "No items provided"),
        ({}, 400, "Uploaded data must be a JSON array"),
        ([PAPER] * 51, 413, "Cannot add more than 50 items at a time"),
    ],
)
def test_a_batch_has_1_to_50_objects(desktop: ZoteroDesktop, body: object, status: int, message: str) -> None:
    reply = write(desktop, "items", "POST", body)
    assert (reply.status, reply.text) == (status, message)
    assert desktop.library.items == {}


def test_the_rules_are_weaker_than_the_web_s(desktop: ZoteroDesktop) -> None:
    collection = desktop.library.add_collection("One")
    sent = {
        **PAPER,
        "itemType": "book",
        "bogus": "zzz",
        "tags": ["text", {"tag": "x" * 300}],
        "creators": [{"creatorType": "director", "name": "A Team"}],
        "collections": [collection],
    }
    reply = write(desktop, "items", "POST", [sent, {**PAPER, "collections": ["ZZZZZZZZ"]}])
    data = reply.data["successful"]["0"]["data"]
    assert data["extra"] == "Repository: arXiv\nBogus: zzz"
    assert data["tags"] == [{"tag": "text"}, {"tag": "x" * 300}]
    assert data["creators"] == [{"creatorType": "author", "name": "A Team"}]
    failed = reply.data["failed"]["1"]
    assert (failed["code"], failed["message"]) == (400, "Collection ZZZZZZZZ not found for item 1/null")


def test_a_write_token_is_used_once_in_twelve_hours(start: Callable[..., ZoteroDesktop]) -> None:
    now = [0.0]
    desktop = start(clock=lambda: now[0])
    assert write(desktop, "items", "POST", [PAPER, {"itemType": "nope"}], Zotero_Write_Token=TOKEN).status == 200
    again = write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN)
    assert (again.status, again.text, len(desktop.library.items)) == (412, "Write token already used", 1)
    now[0] += 12 * 3600
    assert write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN).status == 200


def test_a_write_token_is_kept_although_every_object_failed_but_not_past_the_end_of_the_program(
    desktop: ZoteroDesktop,
) -> None:
    assert write(desktop, "items", "POST", [{"itemType": "nope"}], Zotero_Write_Token=TOKEN).status == 200
    assert write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN).status == 412
    desktop.quit()
    desktop.open()
    assert write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN).status == 200


def test_of_several_writes_with_one_token_at_once_one_is_carried_out(desktop: ZoteroDesktop) -> None:
    with ThreadPoolExecutor(6) as pool:
        writes = pool.map(lambda _: write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN), range(6))
        assert sorted(reply.status for reply in writes) == [200, 412, 412, 412, 412, 412]
    assert len(desktop.library.items) == 1


def test_a_lost_answer_is_protected_by_the_token(start: Callable[..., ZoteroDesktop]) -> None:
    desktop = start(faults=lambda number: "lost" if number == 1 else "")
    with pytest.raises(ConnectionResetError):
        write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN)
    assert write(desktop, "items", "POST", [PAPER], Zotero_Write_Token=TOKEN).status == 412
    assert len(desktop.library.items) == 1


def test_collections_are_created_changed_and_selected(desktop: ZoteroDesktop) -> None:
    reply = write(desktop, "collections", "POST", [{"name": "Vision"}])
    key = reply.data["success"]["0"]
    assert desktop.library.collections[key]["name"] == "Vision"
    assert desktop.selected == desktop.target(key)
    version = desktop.library.version
    changed = write(desktop, f"collections/{key}", "PATCH", {"name": "Sight"}, If_Unmodified_Since_Version=version)
    assert (changed.status, changed.version) == (204, desktop.library.version)
    assert desktop.library.collections[key]["name"] == "Sight"
    assert write(desktop, "collections", "POST", []).text == "No collections provided"


def test_items_are_not_posted_to_a_collection(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add_collection("Vision")
    assert write(desktop, f"collections/{key}/items", "POST", [PAPER]).status == 405


def test_a_patch_changes_what_it_names_and_a_put_empties_the_rest(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    desktop.library.tag(key, "mine")
    version = desktop.library.items[key]["version"]
    reply = write(desktop, f"items/{key}", "PATCH", {"date": "2017"}, If_Unmodified_Since_Version=version)
    item = desktop.library.items[key]
    assert (reply.status, reply.body, reply.version) == (204, b"", item["version"])
    assert (item["date"], item["repository"], item["tags"]) == ("2017", "arXiv", [{"tag": "mine"}])
    body = {"itemType": "preprint", "title": "Only", "version": item["version"], "tags": [], "collections": []}
    assert write(desktop, f"items/{key}", "PUT", {**body, "relations": {}}).status == 204
    item = desktop.library.items[key]
    assert (item["title"], item["date"], item["repository"], item["tags"]) == ("Only", "", "", [])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_single_write_needs_the_version(desktop: ZoteroDesktop, method: str) -> None:
    key = desktop.library.add(**PAPER)
    body = {**PAPER, "title": "x"} if method != "DELETE" else None
    reply = write(desktop, f"items/{key}", method, body)
    assert (reply.status, reply.text) == (428, "If-Unmodified-Since-Version not provided")
    assert write(desktop, f"items/{key}", method, body, If_Unmodified_Since_Version=0).status == 412
    assert desktop.library.items[key]["title"] == "Attention"


def test_a_refused_patch_says_why(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    version = desktop.library.version
    reply = write(desktop, f"items/{key}", "PATCH", {"tags": "x"}, If_Unmodified_Since_Version=version)
    assert (reply.status, "tags" in reply.text) == (400, True)
    assert write(desktop, f"items/{key}", "PATCH", [], If_Unmodified_Since_Version=version).status == 400
    assert write(desktop, "items/NOTHERE2", "PATCH", {}, If_Unmodified_Since_Version=version).status == 404


def test_a_patch_puts_into_the_trash(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    version = desktop.library.version
    write(desktop, f"items/{key}", "PATCH", {"deleted": 1}, If_Unmodified_Since_Version=version)
    assert [item["key"] for item in ask(desktop, f"{MINE}/items/trash").data] == [key]


def test_deleting_is_final_and_takes_the_children(desktop: ZoteroDesktop) -> None:
    key = desktop.library.add(**PAPER)
    desktop.library.add(itemType="note", note="x", parentItem=key)
    version = desktop.library.items[key]["version"]
    reply = write(desktop, f"items/{key}", "DELETE", If_Unmodified_Since_Version=version)
    assert (reply.status, desktop.library.items) == (204, {})
    assert write(desktop, f"items/{key}", "DELETE", If_Unmodified_Since_Version=version).status == 404


def test_several_items_are_deleted_at_once(desktop: ZoteroDesktop) -> None:
    one, two, kept = (desktop.library.add(**PAPER) for _ in range(3))
    path = f"items?itemKey={one},{two},NOTHERE2"
    assert write(desktop, path, "DELETE").status == 428
    version = desktop.library.version
    assert write(desktop, path, "DELETE", If_Unmodified_Since_Version=version - 1).status == 412
    assert write(desktop, path, "DELETE", If_Unmodified_Since_Version=version).status == 204
    assert list(desktop.library.items) == [kept]
    many = ",".join(["NOTHERE2"] * 51)
    version = desktop.library.version
    assert write(desktop, f"items?itemKey={many}", "DELETE", If_Unmodified_Since_Version=version).status == 413
    assert write(desktop, "items", "DELETE", If_Unmodified_Since_Version=version).status == 400


def test_a_deleted_collection_leaves_its_items(desktop: ZoteroDesktop) -> None:
    collection = desktop.library.add_collection("One")
    key = desktop.library.add(**PAPER)
    desktop.library.collect(key, collection)
    version = desktop.library.version
    path = f"collections?collectionKey={collection}"
    assert write(desktop, path, "DELETE", If_Unmodified_Since_Version=version).status == 204
    assert (desktop.library.collections, desktop.library.items[key]["collections"]) == ({}, [])


def test_a_group_may_be_written_if_the_user_may(desktop: ZoteroDesktop) -> None:
    group = desktop.add_group(77, "Writers")
    headers = {"Zotero-Server-ID": desktop.server_id, "Zotero-API-Key": desktop.keys.add()}
    reply = ask(desktop, "/api/groups/77/collections", "POST", [{"name": "One"}], headers)
    assert reply.status == 200
    assert [each["name"] for each in group.collections.values()] == ["One"]
    assert desktop.selected == desktop.target(reply.data["success"]["0"], group)
