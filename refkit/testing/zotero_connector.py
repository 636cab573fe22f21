"""The connector endpoints of the stand-in desktop: what browsers save through (specs/zotero_desktop.md 2).

A session is one save; its id is never used again while the program runs, also when the save failed. What was saved in
it can be moved and tagged afterwards, which is the only way to name a place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from threading import Event, RLock
from typing import Any

import msgspec

from refkit.testing.zotero_desktop_http import Call, Crash, Endpoint, Reply, as_json, text
from refkit.testing.zotero_desktop_keys import random_text
from refkit.testing.zotero_desktop_saving import change, create, save
from refkit.testing.zotero_desktop_window import Place, Window
from refkit.testing.zotero_library import ZoteroLibrary

_POST = frozenset({"POST"})
_JSON = frozenset({"application/json"})
_DOCUMENTS = ("application/pdf", "application/epub+zip")  # those of which the desktop can recognise the paper
_PAGE = b"<!DOCTYPE html><html><body>Zotero is running</body></html>"


class Saved(msgspec.Struct):
    """An item of a session, where it is now, and the note that the user gave it in the session."""

    library: ZoteroLibrary
    key: str
    note: str = ""


class Connector:
    """The endpoints, over one window. `dialog_closed` is set while no modal dialog hangs the program."""

    def __init__(self, window: Window, *, version: int, automatic_tags: Callable[[], bool]) -> None:
        self.version = version
        self.sessions: dict[str, dict[Any, Saved]] = {}
        self.files: dict[str, bytes] = {}
        self.dialog_closed = Event()
        self.dialog_closed.set()
        self._window = window
        self._automatic_tags = automatic_tags
        self._lock = RLock()
        plain = frozenset({"application/json", "text/plain"})
        self._endpoints = {
            "/connector/ping": Endpoint(answer=self._ping, methods=frozenset({"GET", "POST"}), types=plain),
            "/connector/getSelectedCollection": Endpoint(answer=self._selected, methods=_POST, types=_JSON),
            "/connector/saveItems": Endpoint(answer=self._save_items, methods=_POST, types=_JSON),
            "/connector/updateSession": Endpoint(answer=self._update_session, methods=_POST, types=_JSON),
            "/connector/saveAttachment": Endpoint(answer=self._save_attachment, methods=_POST),
            "/connector/saveStandaloneAttachment": Endpoint(answer=self._save_standalone, methods=_POST),
            "/connector/delaySync": Endpoint(answer=lambda _: Reply(204), methods=_POST),
        }

    def endpoint(self, path: str) -> Endpoint | None:
        """Return what answers at a path."""
        return self._endpoints.get(path)

    def _ping(self, call: Call) -> Reply:
        if call.method == "GET":
            return Reply(200, _PAGE, {"Content-Type": "text/html"})
        names = "automaticSnapshots downloadAssociatedFiles supportsAttachmentUpload supportsTagsAutocomplete"
        prefs: dict[str, Any] = dict.fromkeys([*names.split(), "canUserAddNote"], True)
        return as_json(200, {"prefs": {**prefs, "translatorsHash": "0" * 32, "sortedTranslatorHash": "0" * 32}})

    def _selected(self, call: Call) -> Reply:
        if not isinstance(call.data, dict):
            raise Crash
        window = self._window
        with self._lock:
            place = window.save_target() if call.data.get("switchToReadableLibrary") else window.current()
            name = place.library.collections[place.collection]["name"] if place.collection else place.library.name
            target = window.target(place.number, place.collection)
            answer = {
                "libraryID": place.number,
                "libraryName": place.library.name,
                "libraryEditable": place.editable,
                "filesEditable": place.editable,
                "editable": place.editable,
                "id": int(target[1:]) if place.collection else None,
                "name": name,
            }
            writable = [number for number in window.libraries if number not in window.read_only]
            targets = [row for number in writable for row in self._rows(number)]
            tags = {f"L{number}": _all_tags(window.libraries[number]) for number in writable}
        return as_json(200, {**answer, "targets": targets, "tags": tags})

    def _rows(self, number: int) -> list[dict[str, Any]]:
        """Return a library and its collections, in the order of the window."""
        library = (f"L{number}", self._window.libraries[number].name, 0)
        recent = self._window.recent
        return [
            {"id": target, "name": name, "filesEditable": True, "level": level}
            | ({"recent": True} if target in recent else {})
            for target, name, level in [library, *self._window.tree(number)]
        ]

    def _open(self, session: Any) -> str:
        """Return the id of a new session, "" if it was used before. A body that was ignored counts as one that was."""
        identifier = random_text(8) if session is msgspec.UNSET else str(session)
        if identifier in self.sessions:
            return ""
        self.sessions[identifier] = {}
        return identifier

    def _save_items(self, call: Call) -> Reply:
        if self._outdated(call):
            self.dialog_closed.clear()
            return _error(400, "CONNECTOR_VERSION_OUTDATED")
        with self._lock:
            data = call.data
            place = self._window.save_target()
            session = self._open(data.get("sessionID", msgspec.UNSET)) if isinstance(data, dict) else ""
            if not session:
                return _error(409, "SESSION_EXISTS")
            target = self._window.target(place.number, place.collection)
            self._window.select(target)
            if not place.editable:
                return as_json(500, {"libraryEditable": False})
            items = data.get("items")
            if not isinstance(items, list):
                raise Crash
            keys = save(place, items, automatic_tags=self._automatic_tags())
            for sent, key in zip(items, keys, strict=True):
                self.sessions[session][sent.get("id")] = Saved(place.library, key)
            return Reply(201, headers={"Content-Type": "application/json"})

    def _outdated(self, call: Call) -> bool:
        sent = call.header("X-Zotero-Connector-API-Version")
        return sent.isdecimal() and int(sent) < self.version

    def _update_session(self, call: Call) -> Reply:
        self.dialog_closed.wait()
        data = call.data if isinstance(call.data, dict) else {}
        with self._lock:
            refused = self._no_session(data.get("sessionID"))
            if refused:
                return refused
            target = data.get("target")
            if not target or not isinstance(target, str):
                raise Crash
            place = self._window.resolve(target)
            if place is None and target.startswith("C"):
                return _error(400, "COLLECTION_NOT_FOUND")
            if place is None or not place.editable:
                raise Crash
            self._window.select(target)
            sent = data.get("tags") or []
            tags = sent.split(",") if isinstance(sent, str) else sent
            for saved in self.sessions[str(data["sessionID"])].values():
                _update(saved, place, tags, str(data.get("note") or ""))
            return as_json(200, {})

    def _no_session(self, session: Any) -> Reply | None:
        if not session:
            return _error(400, "SESSION_ID_NOT_PROVIDED")
        return None if str(session) in self.sessions else _error(400, "SESSION_NOT_FOUND")

    def _save_attachment(self, call: Call) -> Reply:
        with self._lock:
            metadata = _metadata(call)
            if isinstance(metadata, Reply):
                return metadata
            if refused := self._no_session(metadata["sessionID"]):
                return refused
            if not self._window.save_target().editable:
                return text(200, "Library files are not editable.")
            parent = self.sessions[str(metadata["sessionID"])].get(metadata.get("parentItemID"))
            if parent is None or call.data is None:
                raise Crash
            self._store(parent.library, call, metadata, {"parentItem": parent.key})
            return Reply(201)

    def _save_standalone(self, call: Call) -> Reply:
        with self._lock:
            metadata = _metadata(call)
            if isinstance(metadata, Reply):
                return metadata
            session = self._open(metadata["sessionID"])
            if not session:
                return _error(409, "SESSION_EXISTS")
            place = self._window.save_target()
            self._window.select(self._window.target(place.number, place.collection))
            if call.data is None:
                raise Crash
            collections = [place.collection] if place.collection else []
            key = self._store(place.library, call, metadata, {"collections": collections})
            self.sessions[session][metadata.get("url")] = Saved(place.library, key)
            return as_json(201, {"canRecognize": call.header("Content-Type").split(";")[0] in _DOCUMENTS})

    def _store(self, library: ZoteroLibrary, call: Call, metadata: dict[str, Any], where: dict[str, Any]) -> str:
        """Save a file as an attachment and return its key."""
        kind, url = call.header("Content-Type").split(";")[0], str(metadata.get("url") or "")
        item = {
            "itemType": "attachment",
            "linkMode": "imported_url",
            "title": str(metadata.get("title") or ""),
            "url": url,
            "contentType": kind,
            "filename": url.rsplit("/", 1)[-1] or "file",
            "tags": [],
            "relations": {},
        }
        key = create(library, [{**item, **where}])[0]
        self.files[key] = call.data if isinstance(call.data, bytes) else str(call.data).encode()
        return key


def _error(status: int, name: str) -> Reply:
    return as_json(status, {"error": name})


def _all_tags(library: ZoteroLibrary) -> list[dict[str, Any]]:
    with library.lock:
        pairs = {(tag["tag"], tag.get("type", 0)) for item in library.items.values() for tag in item.get("tags", ())}
    return [{"tag": tag, "type": kind} for tag, kind in sorted(pairs)]


def _metadata(call: Call) -> dict[str, Any] | Reply:
    """Return what the header says of a file; the desktop undoes the coding of non-ASCII text in headers."""
    sent = call.header("X-Metadata")
    if not sent:
        return _error(400, "METADATA_NOT_PROVIDED")
    try:
        metadata = json.loads(str(make_header(decode_header(sent))))
    except (ValueError, HeaderParseError):
        raise Crash from None
    if not isinstance(metadata, dict):
        raise Crash
    session = metadata.get("sessionID") or call.parameter("sessionID")
    return {**metadata, "sessionID": session} if session else _error(400, "SESSION_ID_NOT_PROVIDED")


def _update(saved: Saved, place: Place, tags: Iterable[str], note: str) -> None:
    """Put an item into exactly one place, with exactly these manual tags and this note beside what was automatic."""
    with saved.library.lock:
        if saved.key not in saved.library.items:
            return  # the user was faster
        if saved.library is not place.library:
            _move(saved, place.library)
        kept = [tag for tag in saved.library.items[saved.key]["tags"] if tag.get("type") == 1]
        given = [{"tag": tag} for tag in dict.fromkeys(str(tag).strip() for tag in tags) if tag]
        collections = [place.collection] if place.collection else []
        change(saved.library, saved.key, tags=kept + given, collections=collections)
        _write_note(saved, note)


def _move(saved: Saved, library: ZoteroLibrary) -> None:
    """Take an item into another library, where it gets another key."""
    item = {name: value for name, value in saved.library.items[saved.key].items() if name not in {"key", "version"}}
    key = create(library, [{**item, "collections": [], "relations": {}}])[0]
    saved.library.delete(saved.key)
    saved.library, saved.key, saved.note = library, key, ""


def _write_note(saved: Saved, note: str) -> None:
    if saved.note not in saved.library.items:
        saved.note = ""
    if note and saved.note:
        change(saved.library, saved.note, note=note)
    elif note:
        item = {"itemType": "note", "note": note, "parentItem": saved.key, "tags": [], "relations": {}}
        saved.note = create(saved.library, [item])[0]
    elif saved.note:
        saved.library.delete(saved.note)
        saved.note = ""
