"""pyzotero over refkit's own transport, for one library: what the web API and the desktop's local API have in common.

Only calls that pyzotero 1.6.11 and 1.16 make alike are used. It is not thread-safe, so each client has a lock; and it
remembers parameters of a call that failed, so they are cleared before each.
"""

from __future__ import annotations

import html
import importlib
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from refkit.errors import AlreadySent, Unanswered, WriteError, WriteRefused, WriteUnavailable
from refkit.pace import Clock
from refkit.protocols import Notify, silent
from refkit.secret import Secret
from refkit.writers.zotero.answers import Answer, Refusal
from refkit.writers.zotero.backend import Data, Kind, Outcome, State, Target, Written
from refkit.writers.zotero.proxies import unmade, unmade_errors
from refkit.writers.zotero.transport import Call, Manners, Transport

PAGE = 100  # the most that one answer of the web API holds (specs/zotero_web_api.md 7)
# What pyzotero is told is the key: it makes the address `/keys/current` of it, and the real one stays out of addresses.
_NO_KEY = "current"
_VERSION = "3"
NO_TOKEN = "Write token already used"  # noqa: S105 - what the server says


class Client:
    """pyzotero for one library; made on its first use, because importing it takes long.

    `endpoint` is the address below which the libraries are. Close it, or let it go: then its connections are closed.
    """

    def __init__(
        self,
        endpoint: str,
        kind: str,
        number: int,
        key: Secret | None = None,
        *,
        clock: Clock | None = None,
        notify: Notify = silent,
        manners: Manners | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._library = (kind, number)
        self._key = key
        self._clock = clock or Clock()
        self._notify = notify
        self._manners = manners or Manners()
        self._lock = threading.RLock()
        self._made: tuple[Any, Transport] | None = None

    def ask(self, request: Callable[[Any], Any], call: Call | None = None) -> tuple[Any, Answer]:
        """Return what a request by pyzotero gives, and what the headers of its last answer say.

        Raises Refusal, WriteUnavailable and Unanswered as `Transport` does.
        """
        with self._lock:
            zot, transport = self._made or self._make()
            zot.url_params = zot.links = None
            with transport.calling(call or Call()):
                return request(zot), transport.last

    def send(
        self, method: str, url: str, body: bytes | None = None, call: Call | None = None, **headers: str
    ) -> tuple[Any, Answer]:
        """Return the response to a request that pyzotero has no method for; as `ask`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(lambda zot: zot.client.request(method, url, content=body, headers=named), call)

    def address(self, path: str) -> str:
        """Return the address of something in the library."""
        kind, number = self._library
        return f"{self.endpoint}/{kind}s/{number}/{path}"

    def _make(self) -> tuple[Any, Transport]:
        _check_address(self.endpoint)
        pyzotero = importlib.import_module("pyzotero.zotero")
        kind, number = self._library
        try:
            zot = pyzotero.Zotero(number, kind, _NO_KEY)
        except unmade_errors() as error:  # its own client, which is not used, reads the environment
            failure = unmade(error)
            raise WriteUnavailable(f"Zotero cannot be asked: {failure.reason}; {failure.remedy}.") from None
        zot.client.close()
        httpx = importlib.import_module(type(zot.client).__module__.split(".")[0])
        transport = Transport(
            httpx, self.endpoint, self._key, clock=self._clock, notify=self._notify, manners=self._manners
        )
        headers = {"Zotero-API-Version": _VERSION, "Accept": "application/json, */*;q=0.5"}
        zot.client = httpx.Client(transport=transport, trust_env=False, follow_redirects=False, headers=headers)
        zot.endpoint = self.endpoint
        weakref.finalize(self, transport.close)
        self._made = zot, transport
        return self._made

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            if self._made:
                self._made[1].close()
                self._made[0].client = None
                self._made = None


class Library:
    """What both ways into a library do alike. `target` is the library, `client` the way to it."""

    client_keys = True
    _escapes = True  # whether the server escapes its messages for HTML

    def __init__(self, target: Target, client: Client, notify: Notify) -> None:
        self.target = target
        self._client = client
        self._notify = notify

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    # For each way

    def refused(self, refusal: Refusal, *, writing: bool) -> WriteError:
        """Return the error for a refusal, with a remedy."""
        raise NotImplementedError

    def call(self) -> Call:
        """Return what every request of this way needs."""
        return Call()

    # Reading

    def ask(self, request: Callable[[Any], Any], call: Call | None = None) -> tuple[Any, Answer]:
        """As `Client.ask`, with a refusal turned into its error."""
        try:
            return self._client.ask(request, call or self.call())
        except Refusal as refusal:
            error = self.refused(refusal, writing=False)
        raise error

    def objects(self, found: Any) -> list[dict[str, Any]]:
        """Return the `data` of each object of a page, with `numChildren`. Raises WriteUnavailable if it is no page."""
        if not isinstance(found, list):
            raise self.unusable("no list of objects")
        return [self._object(each) for each in found]

    def _object(self, envelope: Any) -> dict[str, Any]:
        data = envelope.get("data") if isinstance(envelope, dict) else None
        if not isinstance(data, dict):
            raise self.unusable("a list of something else than objects")
        key, version = (data.get(name, envelope.get(name)) for name in ("key", "version"))
        if not isinstance(key, str) or not isinstance(version, int):
            raise self.unusable("objects without a key or a version")
        meta = envelope.get("meta")
        children = meta.get("numChildren") if isinstance(meta, dict) else None
        number = int(children) if isinstance(children, int) else 0
        return {**data, "key": key, "version": version, "numChildren": number}

    def versions(self, found: Any) -> dict[str, int]:
        """Return the versions by key that an answer in that format holds. Raises WriteUnavailable if it is none."""
        if isinstance(found, dict) and all(isinstance(each, int) for each in found.values()):
            return found
        raise self.unusable("no versions by key")

    def version_of(self, answer: Answer) -> int:
        """Return the library's version as an answer tells it. Raises WriteUnavailable if it does not."""
        if answer.version is None:
            raise self.unusable("no version of the library")
        return answer.version

    def unusable(self, what: str) -> WriteUnavailable:
        """Return the error for an answer that is not what was asked for."""
        return WriteUnavailable(
            f"Something at {self._client.endpoint} answered for Zotero, but its answer holds {what}; check the"
            " network and the address of Zotero."
        )

    # Writing

    def report(self, report: Any, answer: Answer, count: int) -> Written:
        """Return the outcomes that an answer tells. Raises Unanswered if it does not tell of every object."""
        maps = {name: report.get(name) if isinstance(report, dict) else None for name in _MAPS}
        maps["successful"] = {} if maps["successful"] is None else maps["successful"]  # an old server has only keys
        if not all(isinstance(each, dict) for each in maps.values()):
            raise self._unclear("its answer is none to a write")
        outcomes = tuple(self._outcome(str(index), maps) for index in range(count))
        return Written(outcomes, answer.version or 0)

    def _outcome(self, index: str, maps: Mapping[str, Any]) -> Outcome:
        if index in maps["failed"]:
            return self._failure(maps["failed"][index])
        if index in maps["successful"] and isinstance(maps["successful"][index], dict):
            found = maps["successful"][index]
            key, version = found.get("key"), found.get("version")
            if isinstance(key, str) and isinstance(version, int):
                return Outcome(state=State.DONE, key=key, version=version)
        for name, state in (("success", State.DONE), ("unchanged", State.UNCHANGED)):
            if isinstance(key := maps[name].get(index), str):
                return Outcome(state=state, key=key)
        raise self._unclear("its answer does not tell of every object")

    def _failure(self, failed: Any) -> Outcome:
        told = failed if isinstance(failed, dict) else {}
        code, key, message = (told.get(name) for name in ("code", "key", "message"))
        text = message if isinstance(message, str) else ""
        return Outcome(
            state=State.FAILED,
            key=key if isinstance(key, str) else "",
            code=code if isinstance(code, int) else 0,
            message=html.unescape(text) if self._escapes else text,
        )

    def _unclear(self, why: str) -> Unanswered:
        return Unanswered(f"It is not known whether {self.target.label} was written: {why}.")

    def not_written(self, refusal: Refusal) -> WriteError:
        """Return the error for a write request that was refused as a whole."""
        if refusal.status == HTTPStatus.PRECONDITION_FAILED and NO_TOKEN in refusal.text:
            return AlreadySent(f"Zotero has received this write to {self.target.label} before; reading shows it.")
        return self.refused(refusal, writing=True)


class Unchanged(WriteError):  # noqa: N818 - it says what is
    """The library is as it was; never leaves the backends."""


class NotThere(WriteRefused):
    """What was asked for is not there, or the library as a whole."""


_MAPS = ("successful", "success", "unchanged", "failed")


def _check_address(address: str) -> None:
    """Raise WriteRefused, without showing the address, which may hold a password, if nothing can be asked there."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise WriteRefused(
            "The address that is set for Zotero is none; it begins with http:// or https://, as in"
            " https://api.zotero.org (REFKIT_ZOTERO_URL, REFKIT_ZOTERO_DESKTOP_URL)."
        )


def create(kind: Kind, objects: Sequence[Data], client: Client) -> Callable[[Any], Any]:
    """Return the request that writes objects as they are."""
    sent = [dict(each) for each in objects]
    if kind == "items":
        return lambda zot: zot.create_items(sent)
    # pyzotero would move a collection whose parent is not given to the top.
    return lambda zot: zot.client.post(client.address("collections"), json=sent).json()


def chunks(keys: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield keys in parts of at most this size, each key once."""
    each = list(dict.fromkeys(keys))
    for start in range(0, len(each), size):
        yield each[start : start + size]


def common_refusal(refusal: Refusal, target: Target) -> WriteRefused:
    """Return the error for a refusal that no way has words of its own for."""
    said = refusal.text or "no reason given"
    if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return WriteRefused(f"Zotero finds the request for {target.label} too large ({said}); send less at once.")
    return WriteRefused(
        f"Zotero refused a request for {target.label}: {said} ({refusal.status}); if it stays so, report it to"
        " refkit's authors."
    )
