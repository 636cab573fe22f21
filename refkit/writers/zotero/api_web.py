"""A library over Zotero's web API, read in pages and written in batches (specs/zotero_web_api.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from operator import methodcaller
from typing import Any
from urllib.parse import urlencode

from refkit.errors import Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.protocols import Notify, silent
from refkit.secret import Secret
from refkit.writers.zotero.answers import Answer, Refusal
from refkit.writers.zotero.api_client import PAGE, Client, Library, NotThere, Unchanged, chunks, common_refusal, create
from refkit.writers.zotero.backend import Data, Kind, Rights, Snapshot, Target, Written
from refkit.writers.zotero.transport import Call

KEYS_PAGE = "https://www.zotero.org/settings/keys"
_NOT_MODIFIED = HTTPStatus.NOT_MODIFIED
_ROUNDS = 3
_FORM = "application/x-www-form-urlencoded"


class WebBackend(Library):
    """One library of the web API, through a key. Fulfils `Backend`."""

    def __init__(self, target: Target, key: Secret, *, clock: Clock | None = None, notify: Notify = silent) -> None:
        client = Client(target.server, target.kind, target.id, key, clock=clock, notify=notify)
        super().__init__(target, client, notify)
        self._clock = clock or Clock()

    def rights(self) -> Rights:
        """Return what the key may do in this library."""
        found, _ = self.ask(methodcaller("key_info"))
        if not isinstance(found, dict):
            raise self.unusable("nothing about the key")
        return rights_of(found, self.target)

    # Reading

    def read(self, since: int, known: Collection[str]) -> Snapshot:
        """Return what changed since a version of the library; one request if nothing did."""
        return self._changes(since, known) if since else self._everything()

    def _everything(self) -> Snapshot:
        items, versions, total = self._pages("top", includeTrashed=1)
        if len(set(versions)) == 1 and len(items) == total:
            return Snapshot(tuple(items.values()), (), versions[0], complete=True)
        items, version = self._repaired(items, includeTrashed=1)
        return Snapshot(tuple(items.values()), (), version, complete=True)

    def _changes(self, since: int, known: Collection[str]) -> Snapshot:
        call = Call(headers={"If-Modified-Since-Version": str(since)})
        try:
            items, versions, total = self._pages("top", call, since=since, includeTrashed=1)
        except Unchanged:
            return Snapshot((), (), since)
        version = versions[0]
        if len(set(versions)) > 1 or len(items) != total:
            items, version = self._repaired(items, since=since, includeTrashed=1)
        removed = dict.fromkeys(self._deleted(since))
        if maybe := [key for key in known if key not in items and key not in removed]:
            removed |= dict.fromkeys(self._moved(since, frozenset(maybe)))
        kept = tuple(item for key, item in items.items() if key not in removed)
        return Snapshot(kept, tuple(removed), version)

    def _pages(
        self, method: str, call: Call | None = None, *args: str, **params: Any
    ) -> tuple[dict[str, dict[str, Any]], list[int], int]:
        """Return the objects of a list by key, the library's version at each page, and how many there should be.

        Oldest first: what somebody adds meanwhile comes last, and an edit moves nothing, so that no page shifts. By the
        server's own order, the last modified first, each edit would shift all of them.
        """
        items: dict[str, dict[str, Any]] = {}
        versions: list[int] = []
        start = total = 0
        order = {"sort": "dateAdded", "direction": "asc"}
        while not versions or start < total:
            asked = {**params, **order, "start": start, "limit": PAGE}
            found, answer = self._page(method, call, args, asked)
            page = self.objects(found)
            items.update((each["key"], each) for each in page)
            versions.append(self.version_of(answer))
            start, total = start + len(page), answer.total if answer.total is not None else start + len(page)
            if not page and start < total:
                raise self.unusable("fewer objects than it says")
            if total > PAGE:
                self._notify(f"reading {self.target.label}: {min(start, total)} of {total}")
        return items, versions, total

    def _page(
        self, method: str, call: Call | None, args: Sequence[str], params: Mapping[str, Any]
    ) -> tuple[Any, Answer]:
        try:
            return self._client.ask(methodcaller(method, *args, **params), call)
        except Refusal as refusal:
            error = Unchanged() if refusal.status == _NOT_MODIFIED else self.refused(refusal, writing=False)
        raise error

    def _repaired(self, items: Mapping[str, dict[str, Any]], **params: Any) -> tuple[dict[str, dict[str, Any]], int]:
        """Return the items of a list whose pages shifted while they were read, and the version they stand for.

        One answer tells the version of every item that belongs there; what is missing or older is read by its key, what
        is not among them was deleted, or became a child.
        """
        found, answer = self.ask(methodcaller("top", format="versions", limit=None, **params))
        there = self.versions(found)
        wrong = [key for key, version in there.items() if key not in items or items[key]["version"] < version]
        read = {each["key"]: each for each in self.get(wrong) if "parentItem" not in each}
        kept = {key: item for key, item in items.items() if key in there and key not in set(wrong)}
        return {**kept, **read}, self.version_of(answer)

    def _deleted(self, since: int) -> list[str]:
        found, _ = self.ask(methodcaller("deleted", since=since, limit=None))
        keys = found.get("items") if isinstance(found, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise self.unusable("nothing about deleted items")
        return keys

    def _moved(self, since: int, maybe: frozenset[str]) -> list[str]:
        """Return which of these items changed although they are not at the top any more: they became children."""
        found, _ = self.ask(methodcaller("items", format="versions", limit=None, since=since, includeTrashed=1))
        changed = [key for key in self.versions(found) if key in maybe]
        return [item["key"] for item in self.get(changed) if item.get("parentItem")]

    def get(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Return the items with these keys, in the trash or not, also children."""
        found = []
        for part in chunks(keys, PAGE):
            joined = ",".join(part)
            page, _ = self.ask(methodcaller("items", itemKey=joined, includeTrashed=1, limit=PAGE))
            found += self.objects(page)
        return found

    def children(self, key: str) -> list[dict[str, Any]]:
        """Return the notes and attachments of an item; none if there is no such item."""
        try:
            return list(self._pages("children", None, key)[0].values())
        except NotThere:
            return []

    def collections(self) -> list[dict[str, Any]]:
        """Return all collections."""
        for _ in range(_ROUNDS):
            found, versions, total = self._pages("collections")
            if len(set(versions)) == 1 and len(found) == total:
                break  # else pages may have shifted
        return list(found.values())

    # Writing

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        """Write at most 50 objects in one request; as `Backend.write`."""
        call = Call(headers={"Zotero-Write-Token": token})
        try:
            found, answer = self._client.ask(create(kind, objects, self._client), call)
        except Refusal as refusal:
            error = self.not_written(refusal)
        else:
            return self.report(found, answer, len(objects))
        raise error

    def attach_file(self, item: str, name: str, content: bytes) -> None:
        """Give an attachment its PDF: ask for permission, upload, register. Raises WriteError."""
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        mtime = str(int(self._clock.now() * 1000))
        asked = {"md5": md5, "filename": name, "filesize": str(len(content)), "mtime": mtime}
        granted = self._file(item, asked)
        if granted.get("exists"):
            return
        parts = [granted.get(each) for each in ("url", "contentType", "prefix", "suffix", "uploadKey")]
        if not all(isinstance(each, str) for each in parts):
            raise self.unusable("no permission to upload")
        url, kind, prefix, suffix, upload = (str(each) for each in parts)
        self._upload(url, kind, prefix.encode() + content + suffix.encode())
        try:
            self._file(item, {"upload": upload}, raw=True)
        except Unanswered:
            if not self._file(item, asked).get("exists"):  # what was registered is there
                raise

    def _file(self, item: str, form: Mapping[str, str], *, raw: bool = False) -> dict[str, Any]:
        address = self._client.address(f"items/{item}/file")
        headers = {"Content_Type": _FORM, "If_None_Match": "*"}
        try:
            response, _ = self._client.send("POST", address, urlencode(form).encode(), Call(raw=raw), **headers)
        except Refusal as refusal:
            error = self._no_file(refusal)
        else:
            found = {} if raw else response.json()
            return found if isinstance(found, dict) else {}
        if error is None:
            return {"exists": 1}
        raise error

    def _no_file(self, refusal: Refusal) -> WriteError | None:
        if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return WriteRefused("Zotero's storage is full; free some, or attach links (`--no-pdf` attaches nothing).")
        if refusal.status == HTTPStatus.PRECONDITION_FAILED:
            return None  # it has a file already, perhaps by an attempt whose answer was lost
        return self.refused(refusal, writing=True)

    def _upload(self, url: str, kind: str, content: bytes) -> None:
        try:
            self._client.send("POST", url, content, Call(raw=True), Content_Type=kind)
        except Refusal as refusal:
            error = WriteUnavailable(
                f"Zotero's file storage did not take the file ({refusal.status}); run the same command again later."
            )
        else:
            return
        raise error

    # Refusals

    def refused(self, refusal: Refusal, *, writing: bool) -> WriteError:
        """Return the error for a refusal, in plain words."""
        label, said = self.target.label, refusal.text
        if refusal.status == HTTPStatus.FORBIDDEN:
            return forbidden(said, label, writing=writing)
        if refusal.status == HTTPStatus.NOT_FOUND:
            return NotThere(f"Zotero does not find {label}, or not what was asked of it ({said}); check the library.")
        return common_refusal(refusal, self.target)


def forbidden(said: str, label: str, *, writing: bool) -> WriteRefused:
    """Return the error for a key that may not do what was asked; `said` is the server's own word for it."""
    if "Invalid key" in said:
        return WriteRefused(f"Zotero does not know this key (it says: Invalid key); make one at {KEYS_PAGE}.")
    if writing:
        return WriteRefused(
            f"The key may not write to {label} (Zotero says: {said or 'forbidden'}); make one with write access at"
            f" {KEYS_PAGE}."
        )
    return WriteRefused(
        f"The key gives no access to {label} (Zotero says: {said or 'forbidden'}); make one that does at {KEYS_PAGE}."
    )


def rights_of(found: Mapping[str, Any], target: Target) -> Rights:
    """Return what a key may do in a library, by what `/keys/current` says of it (specs/zotero_web_api.md 2)."""
    access = found.get("access")
    access = access if isinstance(access, dict) else {}
    if target.kind == "user" and found.get("userID") != target.id:
        who, whose = found.get("username") or found.get("userID"), target.name or f"user {target.id}"
        return Rights(write=False, reason=f"The key belongs to {who}, not to {whose}; use a key of that user's.")
    given = granted_in_group(access, target.id) if target.kind == "group" else access.get("user")
    given = given if isinstance(given, dict) else {}
    write = bool(given.get("library") and given.get("write"))
    if write:
        return Rights(write=True, files=target.kind == "group" or bool(given.get("files")))
    lacks = "may read but not write" if given.get("library") else "gives no access to"
    return Rights(write=False, reason=f"The key {lacks} {target.label}; make one with write access at {KEYS_PAGE}.")


def granted_in_group(access: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return what a key may do in a group: what is granted for all groups and for this one."""
    groups = access.get("groups")
    groups = groups if isinstance(groups, dict) else {}
    given = [groups.get(name) for name in ("all", str(number))]
    return {name: right for each in given if isinstance(each, dict) for name, right in each.items()}
