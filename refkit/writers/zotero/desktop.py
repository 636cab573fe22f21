"""What listens on the port of the Zotero desktop, and what it can do: asked by GET alone (specs/zotero_desktop.md 1).

JabRef has a server on the same port by default (specs/field_mappings.md 4.3), so nothing is posted anywhere before its
answer to a GET has shown that it is Zotero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
from msgspec import Struct
from msgspec.structs import replace
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from refkit.errors import WriteUnavailable
from refkit.version import __version__
from refkit.writers.zotero.backend import Target

URL = "http://127.0.0.1:23119"
URL_VARIABLE = "REFKIT_ZOTERO_DESKTOP_URL"
# The desktop answers to no other name (specs/zotero_desktop.md 1), and a key must not leave the machine in the clear.
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_RUNNING = b"Zotero is running"
_FIRST_WRITABLE = 10  # the version whose local API takes writes (specs/zotero_desktop.md 3)
_ENOUGH = 4_000_000  # bytes of an answer: whatever listens there may never stop sending
_OTHER_PORT = (
    f"close it, or change one of the ports (Zotero's is in its settings) and set {URL_VARIABLE} to Zotero's address"
)
_SWITCH_ON = (
    'switch it on in Zotero: Settings > Advanced > "Allow other applications on this computer to communicate with'
    ' Zotero"'
)


class Desktop(Struct, frozen=True, kw_only=True):
    """What answers at `url`.

    `running` says that it is Zotero, `version` is its own and `connector` that of its connector API; `local_api` can be
    read, `writable` can be written. `server_id` names its database, `user_id` whom it belongs to (0: not told).
    `reason` is the sentence with the remedy if something is missing, "" if nothing is.
    """

    url: str
    running: bool = False
    version: str = ""
    connector: int = 0
    local_api: bool = False
    writable: bool = False
    server_id: str = ""
    user_id: int = 0
    reason: str = ""


def desktop_url(environ: Mapping[str, str]) -> str:
    """Return the root of the desktop's addresses: REFKIT_ZOTERO_DESKTOP_URL, or the usual one."""
    return environ.get(URL_VARIABLE, "").strip().rstrip("/") or URL


def open_session() -> requests.Session:
    """Return a session for this machine: through no proxy, with nothing of ~/.netrc, never taken for a browser's.

    A browser's request is dropped without an answer unless it has `Zotero-Allowed-Request` (specs/zotero_desktop.md 1).
    """
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"User-Agent": f"refkit/{__version__}", "Zotero-Allowed-Request": "1"})
    return session


def probe(url: str = URL, *, timeout: float = 3.0) -> Desktop:
    """Return what answers at a root; never raises. `timeout` is in seconds, for each of at most four requests."""
    url = url.rstrip("/")
    with open_session() as session:
        desktop = greet(session, url, timeout)
        return _local_api(session, desktop, timeout) if desktop.running else desktop


def local_groups(url: str = URL, *, timeout: float = 3.0) -> list[Target]:
    """Return the groups whose libraries are on this desktop, by the local API.

    Raises WriteUnavailable with the remedy if that cannot be read. `timeout` is in seconds.
    """
    desktop = probe(url, timeout=timeout)
    if not desktop.local_api:
        raise WriteUnavailable(desktop.reason)
    with open_session() as session:
        answer = _get(session, f"{desktop.url}/api/users/0/groups", timeout)
    rows = _rows(answer) if isinstance(answer, _Answer) else None
    if rows is None:
        raise WriteUnavailable(f"Zotero did not list its groups at {desktop.url}; restart Zotero and try again.")
    return [_group(desktop.url, row) for row in rows if isinstance(row.get("id"), int)]


def _group(url: str, row: Mapping[str, Any]) -> Target:
    data = row.get("data")
    name = data.get("name") if isinstance(data, dict) else ""
    return Target(server=url, kind="group", id=row["id"], name=str(name or ""), way="desktop")


def greet(session: requests.Session, url: str, timeout: float) -> Desktop:
    """Return who answers at a root, by the one GET that tells (specs/zotero_desktop.md 2, ping); never raises."""
    desktop = Desktop(url=url)
    if not is_local(url):
        sentence = f"{url!r} is no address of a Zotero on this computer; set {URL_VARIABLE} to one like {URL}."
        return replace(desktop, reason=sentence)
    answer = _get(session, f"{url}/connector/ping", timeout)
    if isinstance(answer, str):
        return replace(desktop, reason=answer)
    version = answer.header("X-Zotero-Version")
    if answer.status != HTTPStatus.OK or not version or _RUNNING not in answer.body:
        return replace(desktop, reason=_stranger(url))
    return replace(
        desktop, running=True, version=version, connector=_number(answer.header("X-Zotero-Connector-API-Version"))
    )


def is_local(url: str) -> bool:
    """Whether an address is the root of a server on this computer."""
    try:
        parts = urlsplit(url)
        port_is_usable = parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
    is_root = not ("@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK and port_is_usable and is_root


class _Answer(Struct, frozen=True):
    """The part of an answer that tells."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "").strip()


def _get(session: requests.Session, url: str, timeout: float) -> _Answer | str:
    """Return the answer, or the sentence that says why there is none."""
    root = url.partition("/connector/")[0].partition("/api/")[0]
    try:
        with session.get(url, timeout=timeout, allow_redirects=False, stream=True) as response:
            return _Answer(response.status_code, response.headers, _body(response))
    except requests.RequestException as error:
        if is_late(error):
            return hangs(root, timeout)
        return closed(root) if is_refused(error) else _stranger(root)
    except (OSError, ValueError):  # what cannot even be sent
        return _stranger(root)


def _body(response: requests.Response) -> bytes:
    body = b""
    for chunk in response.iter_content(_ENOUGH):
        body += chunk
        if len(body) >= _ENOUGH:
            break
    return body


def is_late(error: requests.RequestException) -> bool:
    """Whether a request was given up because no answer, or no more of it, came in time."""
    cause = error.args[0] if error.args else None
    return isinstance(error, requests.ReadTimeout) or isinstance(cause, ReadTimeoutError)


def is_refused(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing of the request was sent."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError)


def closed(url: str) -> str:
    """Return the sentence for a port that nothing listens on."""
    return f"Nothing listens at {url}: Zotero is closed. Start Zotero, or set {URL_VARIABLE} if its port was changed."


def hangs(url: str, timeout: float) -> str:
    """Return the sentence for a program that took a request and gave no answer in so many seconds."""
    return (
        f"No answer came from {url} within {timeout:g} s: a dialog may be open in Zotero. Close it and run the same"
        " command again."
    )


def _stranger(url: str) -> str:
    return f"What listens at {url} is not Zotero (JabRef uses the same port): {_OTHER_PORT}."


def _local_api(session: requests.Session, desktop: Desktop, timeout: float) -> Desktop:
    """Add what the local API says of itself. Collections are asked for first: they are few, and name their library."""
    for kind in ("collections", "items/top"):
        answer = _get(session, f"{desktop.url}/api/users/0/{kind}?limit=1", timeout)
        if isinstance(answer, str):
            return desktop if desktop.local_api else replace(desktop, reason=answer)
        rows = _rows(answer)
        if rows is None:
            return desktop if desktop.local_api else replace(desktop, reason=_why_unread(desktop, answer))
        desktop = _readable(desktop, answer.header("Zotero-Server-ID"), rows)
        if desktop.user_id:
            break
    return desktop


def _readable(desktop: Desktop, server_id: str, rows: list[dict[str, Any]]) -> Desktop:
    writable = _major(desktop.version) >= _FIRST_WRITABLE and bool(server_id)
    library = rows[0].get("library") if rows else None
    user_id = library.get("id") if isinstance(library, dict) and library.get("type") == "user" else 0
    return replace(
        desktop,
        local_api=True,
        writable=writable,
        server_id=server_id,
        user_id=user_id if isinstance(user_id, int) else 0,
        reason="" if writable else _too_old(desktop, "can be read by other programs, but not written"),
    )


def _why_unread(desktop: Desktop, answer: _Answer) -> str:
    if answer.status == HTTPStatus.FORBIDDEN:
        return f"The local API of Zotero {desktop.version} is switched off; {_SWITCH_ON}."
    if answer.status == HTTPStatus.NOT_FOUND:
        return _too_old(desktop, "has no local API")
    return f"The local API of Zotero {desktop.version} answered with status {answer.status}; restart Zotero."


def _too_old(desktop: Desktop, what: str) -> str:
    return f"Zotero {desktop.version} {what}; install Zotero {_FIRST_WRITABLE} or later."


def _rows(answer: _Answer) -> list[dict[str, Any]] | None:
    """Return the objects that an answer lists, None if it lists none."""
    if answer.status != HTTPStatus.OK:
        return None
    try:
        return msgspec.json.decode(answer.body, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _major(version: str) -> int:
    return _number(version.partition(".")[0])


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
