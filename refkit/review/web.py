"""The page of a review: a small server for one person on this machine, and nobody else.

Who may ask: a page of our own (Host and Origin are ours, so that no name of a stranger leads here and no page of a
stranger asks) that knows the token. The token is handed over in the fragment of the address, which browsers send to
nobody, and comes back in a header, which no other page can set. docs/decisions/0014-review-web.md tells why.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import cache, partial
from importlib.resources import files
from threading import Event, Thread
from typing import Any, Literal

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from refkit.errors import RefkitError, SourceError, WriteConflict, WriteUnavailable
from refkit.review.plans import Plans
from refkit.review.session import Session

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_HTTP_PORT = 80  # the one that browsers leave out
_MOST = 64 * 1024  # bytes of a question; the longest holds a line that somebody typed
_GLANCE = 0.2  # seconds between two looks whether the server is ending
_OPEN_DOOR = "/api/enter"
_WHOLE_ADDRESS = "Open the address that `refkit review --web` printed, with all of it."
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


class Keys:
    """The token that opens the review, and tickets that each can be changed for it once."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._tickets: set[str] = set()

    def ticket(self) -> str:
        """Return a ticket: a browser's command line can be read by all users of a machine, so it holds no token."""
        made = secrets.token_urlsafe(32)
        self._tickets.add(made)
        return made

    def fits(self, given: str) -> bool:
        """Whether a text is the token; how long it takes tells nothing of it."""
        return secrets.compare_digest(given.encode(errors="replace"), self.token.encode())

    def enter(self, given: str) -> str:
        """Return the token for a ticket, which is then used up, or for itself; "" for anything else."""
        if given in self._tickets:
            self._tickets.remove(given)
            return self.token
        return self.token if self.fits(given) else ""


class Guard:
    """Lets only our own page through, and puts the same headers on every answer."""

    def __init__(self, inner: Asgi, keys: Keys, port: int) -> None:
        self._inner = inner
        self._keys = keys
        self._hosts = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == _HTTP_PORT else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 403."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                headers.update(_HEADERS)
                message = {**message, "headers": headers.raw}
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await _told(refusal, 403)(scope, receive, guarded)
        else:
            await self._inner(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(raw=list(scope["headers"]))
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            return "This server answers only under its own address, the one that `refkit review --web` printed."
        is_ours = origin == f"http://{host}" if origin is not None else scope["method"] in {"GET", "HEAD"}
        if not is_ours or headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return "This server answers only its own page."
        if scope["path"].startswith("/api/") and scope["path"] != _OPEN_DOOR:
            kind, _, token = headers.get("authorization", "").partition(" ")
            if kind != "Bearer" or not self._keys.fits(token):
                return _WHOLE_ADDRESS
        return ""


class _Enter(Struct, forbid_unknown_fields=True):
    ticket: str


class _Choose(Struct, forbid_unknown_fields=True):
    place: int
    what: Literal["accept", "none"]
    seen: str
    id: str = ""


class _Themes(Struct, forbid_unknown_fields=True):
    place: int
    themes: tuple[str, ...]
    seen: str


class _Undo(Struct, forbid_unknown_fields=True):
    seen: str


class _Search(Struct, forbid_unknown_fields=True):
    place: int
    text: str


class _File(Struct, forbid_unknown_fields=True):
    file: str


class _Nothing(Struct, forbid_unknown_fields=True):
    pass


class _Plan(Struct, forbid_unknown_fields=True):
    plan: str


def application(session: Session, plans: Plans, keys: Keys, port: int, ending: Event) -> Asgi:
    """Return the server of a review that listens at a port of this machine.

    Once it is `ending`, what is only being looked for is given up; what is being written is finished.
    """
    asked_for: list[tuple[str, Any, Callable[[Any], Any]]] = [
        ("/api/search", _Search, lambda asked: session.search(asked.place, asked.text)),
        ("/api/plan/bibtex", _File, lambda asked: plans.bibtex(asked.file)),
        ("/api/plan/zotero", _Nothing, lambda _: plans.zotero()),
    ]
    written: list[tuple[str, Any, Callable[[Any], Any]]] = [
        ("/api/choose", _Choose, lambda asked: session.choose(asked.place, asked.what, asked.id, asked.seen)),
        ("/api/themes", _Themes, lambda asked: session.set_themes(asked.place, asked.themes, asked.seen)),
        ("/api/undo", _Undo, lambda asked: session.undo(asked.seen)),
        ("/api/apply", _Plan, lambda asked: plans.apply(asked.plan)),
    ]
    routes = [Route(path, _file(*named)) for path, named in _FILES.items()]
    routes += [
        Route("/api/review", _gives(lambda _: session.everything())),
        Route("/api/version", _gives(lambda _: session.version())),
        Route("/api/title/{place:int}", _gives(lambda request: session.title(request.path_params["place"]))),
    ]
    for several, given_up in ((asked_for, ending), (written, None)):
        for path, shape, act in several:
            routes.append(Route(path, _takes(shape, partial(_answered_to, act, given_up)), methods=["POST"]))
    routes.append(Route(_OPEN_DOOR, _takes(_Enter, partial(_enter, keys)), methods=["POST"]))
    return Guard(Starlette(routes=routes), keys, port)


@cache
def _content(name: str) -> bytes:
    return files("refkit.review").joinpath(name).read_bytes()


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    return lambda _: Response(_content(name), headers={"Content-Type": kind})


def _gives(act: Callable[[Request], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await _answered(partial(act, request))

    return endpoint


def _takes(shape: Any, answer: Callable[[Any], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            return _told("A question here is JSON.", 415)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _MOST:
                return _told("That is too long.", 413)
        try:
            asked = msgspec.json.decode(body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _told(f"The page asked what cannot be answered ({error}); load it again.", 400)
        return await answer(asked)

    return endpoint


async def _enter(keys: Keys, asked: _Enter) -> Response:
    token = keys.enter(asked.ticket)
    return _json({"token": token}) if token else _told(_WHOLE_ADDRESS, 403)


async def _answered_to(act: Callable[[Any], Any], given_up: Event | None, asked: Any) -> Response:
    return await _answered(partial(act, asked), given_up)


async def _answered(act: Callable[[], Any], given_up: Event | None = None) -> Response:
    """Return what an action gives, or the sentence with which it refuses; or give it up, as soon as that is set."""
    answer = _begun(act)
    while not answer.done():
        await asyncio.wait({answer}, timeout=_GLANCE if given_up else None)
        if given_up and given_up.is_set() and not answer.done():
            return _told("refkit was ended meanwhile.", 503)
    return answer.result()


def _begun(act: Callable[[], Any]) -> asyncio.Future[Response]:
    """Begin an action in a thread that does not keep the program from ending, as those of a pool would."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Response] = loop.create_future()

    def give(response: Response) -> None:
        if not answer.done():
            answer.set_result(response)

    def run() -> None:
        response = _told("refkit failed, and its terminal says why; please report it. What you chose is kept.", 500)
        try:
            response = _json(act())
        except RefkitError as error:
            response = _told(str(error), _status(error))
        finally:
            with suppress(RuntimeError):  # the server has ended, and nobody waits for it any more
                loop.call_soon_threadsafe(give, response)

    Thread(target=run, daemon=True).start()
    return answer


def _status(error: RefkitError) -> int:
    if isinstance(error, WriteConflict):
        return 409
    return 503 if isinstance(error, SourceError | WriteUnavailable) else 400


def _told(sentence: str, status: int) -> Response:
    return _json({"error": sentence}, status)


def _json(document: Any, status: int = 200) -> Response:
    """Return a document as JSON in ASCII: file names may hold halves of characters, which UTF-8 cannot."""
    return Response(json.dumps(document, separators=(",", ":")), status, media_type="application/json")
