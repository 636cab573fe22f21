"""Saving into a Zotero desktop through the endpoints of its browser connector (specs/zotero_desktop.md 2).

They need no key and work with every version, but they can only add: one item a session, first saved where Zotero's
window is, then put into its place and tagged by `updateSession`. Session ids are never reused while Zotero runs, which
is what makes it safe to send the same save again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import requests
from msgspec import Struct

from refkit.errors import Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.protocols import Notify, silent
from refkit.writers.zotero.backend import Outcome, State
from refkit.writers.zotero.desktop import URL, closed, greet, hangs, is_late, is_refused, open_session
from refkit.writers.zotero.items import AUTOMATIC, MANUAL, collection_name, split_path

_CONNECT, _READ = 15.0, 60.0  # seconds: a modal dialog of Zotero's holds requests up until it is closed
_SHOWN = 200  # characters of an answer that is shown to people
# The desktop decides these by itself, or they are of the web API alone (specs/zotero_desktop.md 2, saveItems).
_NOT_SENT = frozenset(
    "key version dateAdded dateModified path id tags creators collections relations deleted parentItem".split()
)
_DOUBTFUL = "so whether the paper was saved is not known; run the same command again"
_READ_ONLY = "Zotero shows no library that may be written; select one in its window, or ask for write access"
_NO_FILES = "Zotero's library takes no files; choose to attach none, or select another library in Zotero's window"


class TargetRow(Struct, frozen=True):
    """A place that can be saved to: `id` is "L1" for a library (`level` 0) or "C7" for a collection below it."""

    id: str
    name: str
    level: int = 0


class Selection(Struct, frozen=True, kw_only=True, rename={"library_id": "libraryID", "library": "libraryName"}):
    """What is selected in Zotero's window. `library_id` is the desktop's number, not the id on the web.

    `id` is the number of the selected collection (None: the library itself) and `name` its name. `targets` are the
    places of all libraries that may be written, as the window shows them: each library before its collections.
    """

    library_id: int
    library: str = ""
    editable: bool = False
    id: int | None = None
    name: str = ""
    targets: tuple[TargetRow, ...] = ()

    @property
    def target(self) -> str:
        """The selected place as the connector names it."""
        return f"L{self.library_id}" if self.id is None else f"C{self.id}"

    @property
    def collection(self) -> str:
        """The selected collection's name, "" for the library itself."""
        return "" if self.id is None else self.name


class _Tag(Struct, frozen=True):
    tag: str


class _Tags(Struct, frozen=True):
    """The tags of the libraries that may be written, by target."""

    tags: dict[str, tuple[_Tag, ...]] = {}


def find_target(selection: Selection, path: str) -> str:
    r"""Return the target that a path like "A/B" means in the selected library; "" is the library itself.

    Returns "" if there is no such place: the connector can make none. `\/` is a slash within a name; of several
    collections with one name the first counts.
    """
    rows = _rows(selection)
    if not rows:
        return ""
    at = 0
    for level, part in enumerate(split_path(path), start=1):
        name = collection_name(part)
        at = next((n for n in range(at + 1, _end(rows, at)) if (rows[n].level, rows[n].name) == (level, name)), 0)
        if not at:
            return ""
    return rows[at].id


def _rows(selection: Selection) -> Sequence[TargetRow]:
    """Return the selected library and its collections, nothing if it may not be written."""
    rows, library = selection.targets, f"L{selection.library_id}"
    start = next((n for n, row in enumerate(rows) if row.id == library), len(rows))
    return rows[start : _end(rows, start)]


def _end(rows: Sequence[TargetRow], at: int) -> int:
    """Return where the rows below one end."""
    return next((n for n in range(at + 1, len(rows)) if rows[n].level <= rows[at].level), len(rows))


def to_translator(data: Mapping[str, Any], notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return an item of the web API, and its notes (HTML), in the format of Zotero's translators for `save`.

    Its manual tags are left out: `saveItems` would make them automatic (specs/zotero_desktop.md 2), so they travel by
    `manual_tags` and `updateSession`. `id` is what `attach` names the item by.
    """
    item = {name: value for name, value in data.items() if name not in _NOT_SENT and value not in ("", None, [], {})}
    item["id"] = str(data.get("key") or data.get("archiveID") or "item")
    item["creators"] = [_creator(each) for each in data.get("creators", ())]
    item["tags"] = [{"tag": name, "type": AUTOMATIC} for name in _tags(data, AUTOMATIC)]
    if notes:
        item["notes"] = [{"note": note} for note in notes]
    return item


def manual_tags(data: Mapping[str, Any]) -> list[str]:
    """Return the names of an item's manual tags, for `save`."""
    return _tags(data, MANUAL)


def _tags(data: Mapping[str, Any], kind: int) -> list[str]:
    return [str(tag["tag"]) for tag in data.get("tags", ()) if tag.get("type", MANUAL) == kind]


def _creator(creator: Mapping[str, Any]) -> dict[str, Any]:
    """Return a creator with two names; one with a single name has it as its last one."""
    if "name" not in creator:
        return dict(creator)
    return {"creatorType": creator["creatorType"], "lastName": creator["name"], "fieldMode": 1}


class _Reply(Struct, frozen=True):
    """What the desktop answered."""

    status: int
    text: str

    @property
    def error(self) -> str:
        """The name of the error, as in specs/zotero_desktop.md 2; "" if it has none."""
        return str(self.said().get("error", ""))

    @property
    def read_only(self) -> bool:
        return self.said().get("libraryEditable") is False

    def said(self) -> dict[str, Any]:
        """The object that it sent, {} if it sent none."""
        try:
            return msgspec.json.decode(self.text, type=dict[str, Any])
        except msgspec.DecodeError:
            return {}

    @property
    def told(self) -> str:
        """What it said, for people."""
        text = " ".join((self.error or self.text).split())[:_SHOWN]
        return f"status {self.status}" + (f", {text}" if text else "")


class Connector:
    """The way into the desktop at `url`; nothing is asked on construction.

    `notify` is told what is waited for; `timeout` are the seconds to connect and to wait for an answer. Before it posts
    anything it makes sure, by a GET, that it is Zotero that listens; again after every failure. Every method raises
    WriteUnavailable, with the remedy, if Zotero does not answer and nothing was saved.
    """

    def __init__(
        self, url: str = URL, *, notify: Notify = silent, timeout: tuple[float, float] = (_CONNECT, _READ)
    ) -> None:
        self.url = url.rstrip("/")
        self._notify = notify
        self._timeout = timeout
        self._is_zotero = False

    def selected(self) -> Selection:
        """Return what is selected in Zotero's window."""
        reply = self._json("getSelectedCollection", {}, doubt="so what is selected in its window is not known")
        try:
            return msgspec.json.decode(reply.text, type=Selection)
        except msgspec.DecodeError:
            raise WriteUnavailable(
                f"Zotero did not tell what is selected in its window ({reply.told}); restart Zotero."
            ) from None

    def save(self, session: str, item: Mapping[str, Any], target: str, tags: Sequence[str]) -> Outcome:
        """Save one translator item into a target ("": where the window is), with these manual tags.

        Raises Unanswered if an answer was lost: call again with the same session id, and the item is neither lost nor
        there twice, as long as Zotero was not restarted between. After an Outcome, take a new id. DONE with a message
        is an item that was saved, but not placed or tagged as wanted. Raises WriteRefused if nothing may be written.
        """
        target = target or self.selected().target
        reply = self._json("saveItems", {"sessionID": session, "items": [item]}, doubt=_DOUBTFUL)
        if reply.status == HTTPStatus.CREATED:
            return self._place(session, target, tags)
        if reply.error == "SESSION_EXISTS":
            return self._settle(session, target, tags)
        if reply.read_only:
            raise WriteRefused(f"{_READ_ONLY}.")
        return _failed(reply.status, f"Zotero could not save it ({reply.told}); nothing of it was saved")

    def _place(self, session: str, target: str, tags: Sequence[str]) -> Outcome:
        """Put a saved item into its place and tag it."""
        try:
            reply, gone = self._update(session, target, tags)
        except Unanswered:
            raise
        except WriteUnavailable as error:  # nothing was sent now, but the item is there: this is no failure to save it
            return _saved("where Zotero's window was", "but not put into its place and tagged", str(error))
        if reply.status != HTTPStatus.OK:
            return _saved("where Zotero's window was", "but not put into its place and tagged", reply.told)
        if gone:
            return _saved("and tagged", "but not put into its collection", "that no longer exists")
        return Outcome(state=State.DONE)

    def _settle(self, session: str, target: str, tags: Sequence[str]) -> Outcome:
        """Find out what came of an earlier save of this session, and place and tag its item.

        A save that failed keeps its session, too (specs/zotero_desktop.md 2), so that the session is known proves
        nothing. What is in it can be tagged: if a tag that nothing else has turns up in the library, the item is there.
        """
        mark = f"refkit {session}"
        try:
            reply, _ = self._update(session, target, [*tags, mark])
            if reply.error == "SESSION_NOT_FOUND":
                return _failed(reply.status, "Zotero was restarted before it had saved it; nothing of it was saved")
            found = self._has_tag(mark)
        except WriteUnavailable as error:
            raise Unanswered(f"Zotero has received it before, but what became of it is not known: {error}") from None
        outcome = self._place(session, target, tags)
        if not found:
            raise Unanswered(
                "Zotero has received it before, but it is not in the library: it is still being saved, or it failed."
                " Close any dialog in Zotero and look whether it is there before you save it again."
            )
        return outcome

    def _has_tag(self, name: str) -> bool:
        """Whether a library of the window has this tag (`tags` of getSelectedCollection)."""
        reply = self._json("getSelectedCollection", {}, doubt=_DOUBTFUL)
        try:
            libraries = msgspec.json.decode(reply.text, type=_Tags).tags.values()
        except msgspec.DecodeError:
            raise Unanswered(f"it does not list its tags ({reply.told}).") from None
        return any(tag.tag == name for tags in libraries for tag in tags)

    def _update(self, session: str, target: str, tags: Sequence[str]) -> tuple[_Reply, bool]:
        """Put the item of a session into a target, and tag it; return whether that target is gone.

        Then it goes where the window is: without a target it could not be tagged.
        """
        # A list: a text would be split at commas, of which themes may have some (specs/zotero_desktop.md 2).
        data = {"sessionID": session, "target": target, "tags": [*tags]}
        reply = self._json("updateSession", data, doubt=_DOUBTFUL)
        if reply.error != "COLLECTION_NOT_FOUND":
            return reply, False
        return self._json("updateSession", {**data, "target": self.selected().target}, doubt=_DOUBTFUL), True

    def attach(self, session: str, parent: str, title: str, url: str, content: bytes) -> None:
        """Attach a PDF to the item that has this `id` in a session, as if it came from `url`.

        Raises WriteRefused if the library takes no files, WriteError if Zotero could not store it, Unanswered if the
        answer was lost; unlike `save` it must not be called again then, or there may be two.
        """
        metadata = {"sessionID": session, "parentItemID": parent, "title": title, "url": url}
        headers = {"Content-Type": "application/pdf", "X-Metadata": json.dumps(metadata)}  # ASCII, as headers must be
        doubt = "so whether the PDF was attached is not known; look in Zotero"
        reply = self._post("saveAttachment", content, headers, doubt=doubt)
        if reply.status == HTTPStatus.OK:  # a text that says so (specs/zotero_desktop.md 2)
            raise WriteRefused(f"{_NO_FILES}.")
        if reply.error == "SESSION_NOT_FOUND":
            raise WriteError(
                "Zotero was restarted since it saved the paper, so the PDF can no longer be attached to it."
            )
        if reply.status != HTTPStatus.CREATED:
            raise WriteError(f"Zotero could not attach the PDF ({reply.told}).")

    def _json(self, endpoint: str, data: Mapping[str, Any], *, doubt: str) -> _Reply:
        return self._post(endpoint, msgspec.json.encode(data), {"Content-Type": "application/json"}, doubt=doubt)

    def _post(self, endpoint: str, body: bytes, headers: Mapping[str, str], *, doubt: str) -> _Reply:
        """Post to Zotero, and to nothing else; `doubt` says what is not known if no answer comes."""
        with open_session() as session:
            self._meet(session)
            self._notify("waiting for Zotero")
            try:
                response = session.post(
                    f"{self.url}/connector/{endpoint}",
                    data=body,
                    headers=dict(headers),
                    timeout=self._timeout,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                self._is_zotero = False  # what listens there next may be another program
                raise self._lost(error, doubt) from None
            return _Reply(response.status_code, response.content.decode("utf-8", "replace"))

    def _meet(self, session: requests.Session) -> None:
        if not self._is_zotero:
            desktop = greet(session, self.url, self._timeout[1])
            if not desktop.running:
                raise WriteUnavailable(desktop.reason)
            self._is_zotero = True

    def _lost(self, error: requests.RequestException, doubt: str) -> WriteUnavailable:
        if is_refused(error):
            return WriteUnavailable(closed(self.url))
        if is_late(error):
            return Unanswered(f"{hangs(self.url, self._timeout[1])} It took the request, {doubt}.")
        return Unanswered(f"The connection to Zotero broke, {doubt}.")


def _failed(code: int, message: str) -> Outcome:
    return Outcome(state=State.FAILED, code=code, message=f"{message}.")


def _saved(where: str, missing: str, problem: str) -> Outcome:
    return Outcome(state=State.DONE, message=f"it was saved {where}, {missing}: {problem.rstrip('.')}.")
