"""How the Zotero server lists objects: filters, order, pages, versions (specs/zotero_web_api.md 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any, Literal
from urllib.parse import urlencode

from refkit.testing.zotero_http import Reply, WebRequest, api_headers, as_json, nothing
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_rules import Data
from refkit.testing.zotero_values import ZoteroRefusal

Folder = Literal["items", "collections"]

_PAGE, _LONGEST_PAGE = 25, 100
_MOST_KEYS = 100
_SORTS = frozenset(
    "dateAdded dateModified title creator itemType date publisher publicationTitle journalAbbreviation language "
    "accessDate libraryCatalog callNumber rights addedBy numItems".split()
)
_NEWEST_FIRST = frozenset({"dateAdded", "dateModified", "date"})
_REMEMBERED = 16  # lists, for a caller who turns their pages
_ALTERNATE = "https://www.zotero.org"


def _bad(message: str) -> ZoteroRefusal:
    return ZoteroRefusal(HTTPStatus.BAD_REQUEST, message)


class Lister:
    """Answers requests for lists; keeps the last ones, so that each of many pages costs no new sorting."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lists: dict[tuple[Any, ...], list[str]] = {}

    def forget(self) -> None:
        """Forget the lists: something changed of which the version does not tell."""
        with self._lock:
            self._lists.clear()

    def reply(
        self,
        request: WebRequest,
        library: ZoteroLibrary,
        folder: Folder,
        place: str,
        rows: Callable[[], Iterable[Data]],
    ) -> Reply:
        """Return the part of a list that is asked for; `place` names it among the lists of its library."""
        with library.lock:
            version = library.version
            if is_unchanged(request, version):
                return nothing(version, HTTPStatus.NOT_MODIFIED)
            found = self._keys(request, library, folder, place, rows)
            style = request.query.get("format") or "json"
            table = library.items if folder == "items" else library.collections
            if style == "versions":
                listed = {key: table[key]["version"] for key in found}
                return as_json(listed, version=version, Total_Results=str(len(found)), objects=len(found))
            if style == "keys":
                body = "".join(f"{key}\n" for key in found).encode()
                headers = {**api_headers(version), "Total-Results": str(len(found))}
                return Reply(body=body, content_type="text/plain", headers=headers, objects=len(found))
            if style != "json":
                raise _bad(f"Invalid 'format' value '{style}'")
            start, limit = _page(request)
            printed = library.envelope if folder == "items" else library.collection_envelope
            page = [printed(key) for key in found[start : start + limit]]
        link = _link(request, start, limit, len(found))
        return as_json(page, version=version, Total_Results=str(len(found)), Link=link, objects=len(page))

    def _keys(
        self,
        request: WebRequest,
        library: ZoteroLibrary,
        folder: Folder,
        place: str,
        rows: Callable[[], Iterable[Data]],
    ) -> list[str]:
        asked = sorted(
            (name, value) for name, value in request.pairs if name not in {"start", "limit", "format", "key"}
        )
        name = (library.kind, library.id, library.version, place, tuple(asked))
        with self._lock:
            found = self._lists.get(name)
        if found is None:
            found = _sorted(request, folder, _filtered(request, folder, rows()))
            with self._lock:
                if len(self._lists) >= _REMEMBERED:
                    del self._lists[next(iter(self._lists))]
                self._lists[name] = found
        return found


def is_unchanged(request: WebRequest, version: int) -> bool:
    """Return whether the caller has this version already (If-Modified-Since-Version)."""
    given = request.header("If-Modified-Since-Version")
    return given is not None and given.isdecimal() and int(given) >= version


def since(request: WebRequest, *, required: bool = False) -> int:
    """Return the version after which changes are asked for, -1 for all. Raises ZoteroRefusal if it is no number."""
    given = request.query.get("since")
    if given is None and required:
        raise _bad("'since' parameter must be provided")
    if given is not None and not given.isdecimal():
        raise _bad("Invalid value for 'since' parameter")
    return -1 if given is None else int(given)


def listed_keys(request: WebRequest, name: str) -> list[str]:
    """Return the keys that a parameter names, as far as they may be listed."""
    return [key for key in request.query.get(name, "").split(",") if key][:_MOST_KEYS]


def _filtered(request: WebRequest, folder: Folder, rows: Iterable[Data]) -> list[Data]:
    after = since(request)
    found = [row for row in rows if row["version"] > after]
    one = "itemKey" if folder == "items" else "collectionKey"
    if one in request.query:
        wanted = set(listed_keys(request, one))
        found = [row for row in found if row["key"] in wanted]
    if folder == "collections":
        return found
    for name, values in (("tag", _tags), ("itemType", lambda row: {row["itemType"]})):
        for expression in (value for each, value in request.pairs if each == name):
            found = [row for row in found if _matches(expression, values(row))]
    words = request.query.get("q", "").casefold().split()
    return [row for row in found if all(word in _searched(row) for word in words)] if words else found


def _tags(row: Data) -> set[str]:
    return {tag["tag"] for tag in row["tags"]}


def _matches(expression: str, values: set[str]) -> bool:
    """Return whether values fit: `a || b` is either, `-a` is not, a backslash lets a value begin with a dash."""
    if expression.startswith("-"):
        return expression[1:] not in values
    return any(each.removeprefix("\\") in values for each in re.split(r"\s*\|\|\s*", expression.strip()))


def _searched(row: Data) -> str:
    """Return what a quick search looks through."""
    names = [part for creator in row.get("creators", ()) for part in creator.values()]
    return " ".join([row.get("title", ""), *names, row.get("date", "")]).casefold()


def _sorted(request: WebRequest, folder: Folder, rows: list[Data]) -> list[str]:
    field = request.query.get("sort") or "dateModified"
    if field not in _SORTS:
        raise _bad(f"Invalid 'sort' value '{field}'")
    direction = request.query.get("direction") or ("desc" if field in _NEWEST_FIRST else "asc")
    if direction not in {"asc", "desc"}:
        raise _bad(f"Invalid 'direction' value '{direction}'")
    name = "name" if folder == "collections" and field == "title" else field
    ordered = sorted(rows, key=lambda row: (_sortable(row, name), row["version"]), reverse=direction == "desc")
    return [row["key"] for row in ordered]


def _sortable(row: Data, field: str) -> str:
    if field == "dateModified":
        return str(row.get(field, ""))  # what nearly everybody asks for
    if field == "creator":
        first: dict[str, str] = next(iter(row.get("creators", ())), {})
        return str(first.get("lastName") or first.get("name", "")).casefold()
    return str(row.get(field, "")).casefold()


def _page(request: WebRequest) -> tuple[int, int]:
    """Return start and limit; what is no number, or none that makes sense, is the default."""
    start, limit = (request.query.get(name, "") for name in ("start", "limit"))
    size = int(limit) if limit.isdecimal() else 0
    return int(start) if start.isdecimal() else 0, min(size or _PAGE, _LONGEST_PAGE)


def _link(request: WebRequest, start: int, limit: int, total: int) -> str:
    """Return the Link header: the other pages, as far as there are any, and the page for people."""
    last = (total - 1) // limit * limit if total else 0
    pages: Sequence[tuple[str, int, bool]] = (
        ("first", 0, start > 0),
        ("prev", max(0, start - limit), start > 0),
        ("next", start + limit, start + limit < total),
        ("last", last, start + limit < total),
    )
    found = [f'<{_address(request, offset)}>; rel="{name}"' for name, offset, shown in pages if shown]
    return ", ".join([*found, f'<{_ALTERNATE}{request.path}>; rel="alternate"'])


def _address(request: WebRequest, start: int) -> str:
    pairs = [(name, value) for name, value in request.pairs if name not in {"start", "key"}]
    query = urlencode([*pairs, *([("start", str(start))] if start else [])])
    return f"{request.base}{request.path}{'?' if query else ''}{query}"
