"""A library over the local API of a running Zotero, with its user's permission (specs/zotero_desktop.md 3).

It differs from the web API: no list has a limit, the trash is a list of its own, nothing tells what was deleted, keys
cannot be chosen, and a write needs a key that the user gives in a dialog of Zotero, for one write or for good.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from operator import methodcaller
from typing import Any, Protocol

from refkit.errors import Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.protocols import Notify, silent
from refkit.secret import Secret
from refkit.writers.zotero.answers import Answer, Refusal
from refkit.writers.zotero.api_client import Client, Library, NotThere, chunks, common_refusal, create
from refkit.writers.zotero.backend import Data, Kind, Rights, Snapshot, Target, Written
from refkit.writers.zotero.transport import Call, Manners

APP_NAME = "refkit"
_MANNERS = Manners(rate=1000.0, burst=1000, insists=False, proxies=False)
# How long the dialog may stay open, in seconds: somebody has to come and read it.
_PATIENCE = 600.0
_ROUNDS = 4  # how often a library that changes while it is read is read again
_KEYS = 50  # in one address
_DIALOG = "Zotero has opened a dialog; choose Always Allow there, and it will not be asked again"
_SETTING = 'Settings > Advanced > "Allow other applications on this computer to communicate with Zotero"'
_TOO_OLD = "This Zotero is older than version 10, whose local API can be written; update it, or use the web API."


class LocalKeys(Protocol):
    """Where the keys that a user has given for good are kept, by the id of the Zotero database they are for."""

    def get(self, server_id: str) -> Secret | None:
        """Return the key for a database, None if there is none."""

    def put(self, server_id: str, key: Secret) -> None:
        """Keep a key."""

    def forget(self, server_id: str) -> None:
        """Forget the key for a database, if there is one."""


class DesktopBackend(Library):
    """One library of a Zotero that runs on this machine; `server_id` is the database that is meant. As `Backend`.

    `notify` is told when Zotero has opened a dialog and waits for its user. An answer of another database is refused,
    because versions and keys of one mean nothing in another.
    """

    client_keys = False
    _escapes = False

    def __init__(
        self,
        target: Target,
        keys: LocalKeys,
        *,
        server_id: str,
        clock: Clock | None = None,
        notify: Notify = silent,
    ) -> None:
        endpoint = f"{target.server}/api"
        client = Client(endpoint, target.kind, target.id, clock=clock, notify=notify, manners=_MANNERS)
        super().__init__(target, client, notify)
        self._keys = keys
        self._server_id = server_id

    def call(self, **more: str) -> Call:
        """Return what every request needs: which database is meant, and that no browser asks."""
        server = {"Zotero-Server-ID": self._server_id} if self._server_id else {}
        return Call(headers={"Zotero-Allowed-Request": "1", **server, **more})

    def rights(self) -> Rights:
        """Return what can be told without asking the user: whether it is the database meant, and new enough."""
        if not self._server_id:
            return Rights(write=False, reason=_TOO_OLD)
        call = Call(headers=self.call().headers, raw=True)
        _, answer = self.ask(lambda zot: zot.client.get(f"{self._client.endpoint}/"), call)
        if answer.server_id != self._server_id:
            return Rights(write=False, reason=self._another() if answer.server_id else _TOO_OLD)
        return Rights(write=True)

    # Reading

    def read(self, since: int, known: Collection[str]) -> Snapshot:
        """Return what changed since a version; two requests if nothing did. What is gone is found by `known`.

        A library that is older than that was restored from a backup, and is read anew. `If-Modified-Since-Version`
        would not tell: it calls an older library unchanged, too.
        """
        items, version, settled = self._changed(since, self.call())
        if since and settled and version == since:
            return Snapshot((), (), since)
        if version < since:
            return self.read(0, known)
        rounds = 0
        while not settled and rounds < _ROUNDS:
            more, version, settled = self._changed(version, self.call())
            items, rounds = {**items, **more}, rounds + 1
        there = self._there() if since or rounds else items.keys()
        removed = tuple(key for key in dict.fromkeys((*known, *items)) if key not in there) if since else ()
        kept = tuple(item for key, item in items.items() if key in there)
        return Snapshot(kept, removed, version, complete=not since)

    def _changed(self, since: int, call: Call) -> tuple[dict[str, dict[str, Any]], int, bool]:
        """Return what changed, in the trash and outside, as of which version, and whether both answers are of it.

        If the library changed in between, an item may have gone from one list to the other unseen.
        """
        after = {"since": since} if since else {}
        trash, first = self._list(methodcaller("trash", limit=None, **after), call)
        top, second = self._list(methodcaller("top", limit=None, **after), self.call())
        items = {item["key"]: item for item in (*trash, *top) if not item.get("parentItem")}
        return items, first, first == second

    def _list(self, request: Callable[[Any], Any], call: Call) -> tuple[list[dict[str, Any]], int]:
        try:
            found, answer = self._client.ask(request, call)
        except Refusal as refusal:
            error = self.refused(refusal, writing=False)
        else:
            return self.objects(found), self.version_of(answer)
        raise error

    def _there(self) -> set[str]:
        """Return the keys of all items at the top and in the trash; rather too many than too few."""
        keys: set[str] = set()
        for _ in range(_ROUNDS):
            trash, first = self._keys_of(methodcaller("trash", format="versions", limit=None))
            top, second = self._keys_of(methodcaller("top", format="versions", limit=None))
            keys = keys | trash | top if first != second else trash | top
            if first == second:
                break
        return keys

    def _keys_of(self, request: Callable[[Any], Any]) -> tuple[set[str], int]:
        found, answer = self.ask(request)
        return set(self.versions(found)), self.version_of(answer)

    def get(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Return the items with these keys, in the trash or not, also children."""
        found: dict[str, dict[str, Any]] = {}
        for part in chunks(keys, _KEYS):
            joined = ",".join(part)
            for name in ("items", "trash"):
                page, _ = self.ask(methodcaller(name, itemKey=joined, limit=None))
                found |= {item["key"]: item for item in self.objects(page)}
        # What hangs on an item in the trash is in neither list.
        for key in dict.fromkeys(key for key in keys if key not in found):
            found |= {item["key"]: item for item in self._single(key)}
        return list(found.values())

    def _single(self, key: str) -> list[dict[str, Any]]:
        try:
            found, _ = self.ask(methodcaller("item", key))
        except NotThere:
            return []
        return self.objects([found])

    def children(self, key: str) -> list[dict[str, Any]]:
        """Return the notes and attachments of an item; none if there is no such item."""
        try:
            found, _ = self.ask(methodcaller("children", key, limit=None))
        except NotThere:
            return []
        return self.objects(found)

    def collections(self) -> list[dict[str, Any]]:
        """Return all collections."""
        found, _ = self.ask(methodcaller("collections", limit=None))
        return self.objects(found)

    # Writing

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        """Write at most 50 objects in one request; as `Backend.write`. The user may be asked in a dialog first.

        A request whose answer did not come is not sent again: Zotero may still be at work on it.
        """
        stored = self._keys.get(self._server_id)
        found = self._send(kind, objects, token, stored or self._authorize())
        if isinstance(found, Refusal) and found.status == HTTPStatus.UNAUTHORIZED and stored:
            self._keys.forget(self._server_id)
            found = self._send(kind, objects, token, self._authorize())
        if isinstance(found, Refusal):
            raise self.not_written(found)
        return self.report(*found, len(objects))

    def _send(self, kind: Kind, objects: Sequence[Data], token: str, key: Secret) -> tuple[Any, Answer] | Refusal:
        headers: Mapping[str, str] = self.call(**{"Zotero-Write-Token": token}).headers
        try:
            return self._client.ask(create(kind, objects, self._client), Call(headers=headers, key=key, resend=False))
        except Refusal as refusal:
            return refusal

    def _authorize(self) -> Secret:
        """Ask the user for a key; it is remembered if it was given for good, else it is used up by one write."""
        self._notify(_DIALOG)
        call = Call(headers=self.call().headers, resend=False, read_timeout=_PATIENCE)
        address = f"{self._client.endpoint}/local/authorize"
        error: WriteError
        try:
            found, _ = self._client.ask(lambda zot: zot.client.post(address, json={"appName": APP_NAME}).json(), call)
        except Refusal as refusal:
            error = self._denied(refusal)
        except Unanswered:
            error = WriteUnavailable("Nobody answered the dialog in Zotero; run the same command again, and allow it.")
        else:
            return self._given(found)
        raise error

    def _given(self, found: Any) -> Secret:
        text = found.get("key") if isinstance(found, dict) else None
        if not isinstance(text, str) or not text:
            raise self.unusable("no key")
        key = Secret(text)
        if found.get("remember") is True:
            self._keys.put(self._server_id, key)
        return key

    def _denied(self, refusal: Refusal) -> WriteError:
        if refusal.status == HTTPStatus.FORBIDDEN and "denied" in refusal.text:
            return WriteRefused("Writing was denied in Zotero's dialog; run the same command again to be asked anew.")
        return self.refused(refusal, writing=True)

    def attach_file(self, item: str, name: str, content: bytes) -> None:
        """Raise WriteRefused: how the local API takes files is not known well enough to rely on it."""
        raise WriteRefused(
            f"{name} ({len(content)} bytes) was not given to the attachment {item}: refkit stores no files through the"
            " local API; in Zotero, 'Find Full Text' does, or use the web API."
        )

    # Refusals

    def refused(self, refusal: Refusal, *, writing: bool) -> WriteError:
        """Return the error for a refusal, in plain words."""
        said = refusal.text
        if refusal.status in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED} and "Server-ID" in said:
            return WriteRefused(self._another())
        for statuses, word, sentence in _SENTENCES:
            if refusal.status in statuses and word in said:
                return WriteRefused(sentence.format(label=self.target.label, said=said))
        if refusal.status == HTTPStatus.NOT_FOUND:
            found = "write to" if writing else "find"
            return NotThere(f"Zotero does not {found} {self.target.label}, or not what was asked of it ({said}).")
        return common_refusal(refusal, self.target)

    def _another(self) -> str:
        return (
            "Another Zotero database answers now than the one that was read; open the right profile in Zotero, or run"
            " the same command again."
        )


_SENTENCES: Iterable[tuple[set[int], str, str]] = (
    ({403}, "not enabled", f"Zotero's local API is switched off; switch it on in {_SETTING}."),
    ({403}, "", "You may not write to {label} (Zotero says: {said}); choose another library."),
    ({401}, "", "Zotero did not take the key that it gave ({said}); run the same command again, and allow it."),
    ({400, 501}, "method", _TOO_OLD),
    ({400}, "logged-in user", "{label} is not that of the user of this Zotero ({said}); choose another library."),
)
