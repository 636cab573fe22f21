"""Requests and replies of the stand-in Zotero server, and what its endpoints share in reading and writing them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from email.message import Message
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from refkit.testing.zotero_objects import escaped
from refkit.testing.zotero_schema import VERSION
from refkit.testing.zotero_values import ZoteroRefusal

JSON = "application/json"
# The real server serves its plain sentences under this type.
HTML = "text/html; charset=UTF-8"
READING = frozenset({"GET", "HEAD"})
_JSON_ERROR = "JSON Error: Syntax error, malformed JSON"


class WebRequest:
    """A request as an endpoint sees it; `path` is without query, `base` is the address of the server."""

    def __init__(self, *, method: str, path: str, query: str, headers: Message, body: bytes, base: str) -> None:
        self.method, self.path, self.headers, self.body, self.base = method, path, headers, body, base
        self.pairs = parse_qsl(query, keep_blank_values=True)
        self.query = dict(reversed(self.pairs))  # of several values the first

    def header(self, name: str) -> str | None:
        """Return a header, None if it was not sent."""
        value = self.headers.get(name)
        return None if value is None else str(value).strip()

    def version_header(self) -> int | None:
        """Return If-Unmodified-Since-Version, None if it was not sent. Raises ZoteroRefusal if it is no number."""
        given = self.header("If-Unmodified-Since-Version")
        if given is not None and not given.isdecimal():
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, "Invalid If-Unmodified-Since-Version value")
        return None if given is None else int(given)

    @cached_property
    def content(self) -> bytes:
        """The body, unpacked. Raises ZoteroRefusal if it is empty or cannot be unpacked."""
        body = self.body
        if body and self.header("Content-Encoding") == "gzip":
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error):
                raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, "Invalid gzip data") from None
        if not body:
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, "POST data not provided")
        return body

    def json(self) -> Any:
        """Return what the body says. Raises ZoteroRefusal if it is empty or not JSON."""
        try:
            return msgspec.json.decode(self.content)
        except msgspec.DecodeError:
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, _JSON_ERROR) from None

    def form(self) -> dict[str, str]:
        """Return the fields of a form in the body."""
        return dict(parse_qsl(self.content.decode("utf-8", "replace"), keep_blank_values=True))


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered; `objects` is how many objects the request wrote or the answer has.

    `token` says whether the write token of the request is remembered.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = {}
    objects: int = 0
    token: bool = True


def as_json(value: Any, *, version: int | None = None, status: int = 200, objects: int = 0, **headers: str) -> Reply:
    """Return a reply in JSON; `version` is for Last-Modified-Version, underscores in names of headers become dashes."""
    found = {**api_headers(version), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Reply(status=status, body=msgspec.json.encode(value), headers=found, objects=objects)


def nothing(version: int | None, status: int = HTTPStatus.NO_CONTENT, objects: int = 0) -> Reply:
    """Return a reply without a body."""
    return Reply(status=int(status), headers=api_headers(version), objects=objects)


def error(status: int, message: str, **headers: str) -> Reply:
    """Return an error: a sentence, escaped for HTML."""
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=int(status), body=escaped(message).encode(), content_type=HTML, headers=found)


def refused(refusal: ZoteroRefusal) -> Reply:
    """Return a refusal as a reply; only that of a single object has its version."""
    version = {} if refusal.version is None else {"Last_Modified_Version": str(refusal.version)}
    return error(refusal.status, refusal.message, **version)


def api_headers(version: int | None) -> dict[str, str]:
    """Return the headers of every success."""
    found = {"Zotero-API-Version": "3", "Zotero-Schema-Version": str(VERSION)}
    return found if version is None else {**found, "Last-Modified-Version": str(version)}
