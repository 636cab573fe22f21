"""How the stand-in desktop's local API is read: which objects, in what order, printed how (specs/zotero_desktop.md 3).

There is no limit by default and no maximum. Versions are the desktop's own and have nothing to do with the web's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from refkit.testing.zotero_desktop_http import Call, Reply, text
from refkit.testing.zotero_library import ZoteroLibrary

Row = dict[str, Any]
_SORTS = frozenset(
    "dateAdded dateModified title creator itemType date publisher publicationTitle journalAbbreviation language "
    "accessDate libraryCatalog callNumber rights addedBy numItems".split()
)
_YEAR = re.compile(r"\d{4}")


class Refused(Exception):  # noqa: N818 - it carries a reply and is not a failure of ours
    """A request that is answered with an error; carries the reply."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.reply = text(status, message)


def items(library: ZoteroLibrary, call: Call, choose: Callable[[Row], bool], *, trash: bool = False) -> list[Row]:
    """Return the chosen items that fit the parameters of the request, without the trash or of it alone."""
    with library.lock:
        chosen = [row for row in library.items.values() if choose(row) and trash == _trashed(library, row, trash=trash)]
    if (wanted := call.parameter("itemKey")) is not None:
        keys = set(wanted.split(","))
        chosen = [row for row in chosen if row["key"] in keys]
    if query := call.parameter("q"):
        chosen = [row for row in chosen if query.casefold() in _quick(row)]
    for condition in call.parameters("itemType"):
        chosen = [row for row in chosen if _fits(condition, {str(row["itemType"])})]
    for condition in call.parameters("tag"):
        chosen = [row for row in chosen if _fits(condition, {tag["tag"] for tag in row.get("tags", ())})]
    return chosen


def _trashed(library: ZoteroLibrary, row: Row, *, trash: bool) -> bool:
    """Tell whether an item is in the trash; those below one that is are neither in it nor outside."""
    if row.get("deleted"):
        return True
    return not trash and bool(library.items.get(row.get("parentItem", ""), {}).get("deleted"))


def _quick(row: Row) -> str:
    """Return what a quick search looks at: title, creators, year."""
    names = (str(each.get(part, "")) for each in row.get("creators", ()) for part in ("firstName", "lastName", "name"))
    year = _YEAR.search(str(row.get("date", "")))
    return " ".join([str(row.get("title", "")), *names, year[0] if year else ""]).casefold()


def _fits(condition: str, values: set[str]) -> bool:
    """Tell whether a condition holds: "a || b" is one of them, "-a" is its contrary."""
    if condition.startswith("-"):
        return not _fits(condition[1:], values)
    return any(each.removeprefix("\\") in values for each in condition.split(" || "))


def page(rows: Iterable[Row], call: Call, version: int, envelope: Callable[[Row], Row]) -> Reply:
    """Return the reply to a request for several objects. Raises Refused if a parameter is wrong."""
    found = _sorted(_since(list(rows), call), call)
    total, start = len(found), min(max(_number(call.parameter("start")), 0), len(found))
    limit = _number(call.parameter("limit")) or total - start
    shown = found[start : start + max(limit, 0)]
    headers = {"Total-Results": str(total), "Last-Modified-Version": str(version)}
    if links := _links(call, start, limit, total):
        headers["Link"] = links
    if _not_modified(call, version):
        return Reply(304, headers=headers)
    return _printed(shown, call, headers, envelope)


def single(row: Row | None, call: Call, envelope: Callable[[Row], Row]) -> Reply:
    """Return the reply to a request for one object, whose version is the one in the header."""
    if row is None:
        return text(404, "Not found")
    version = int(row["version"])
    headers = {"Content-Type": "application/json", "Last-Modified-Version": str(version)}
    return Reply(304, headers=headers) if _not_modified(call, version) else Reply(200, _json(envelope(row)), headers)


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=4)


def _number(given: str | None) -> int:
    return int(given) if given and re.fullmatch(r"-?\d+", given) else 0


def _since(rows: list[Row], call: Call) -> list[Row]:
    given = call.parameter("since")
    if given is None:
        return rows
    if not given.isdecimal():
        raise Refused(400, f"Invalid 'since' value '{given}'")
    return [row for row in rows if row["version"] > int(given)]


def _sorted(rows: list[Row], call: Call) -> list[Row]:
    field = call.parameter("sort") or "dateModified"
    direction = call.parameter("direction") or ("desc" if field.startswith("date") else "asc")
    if field not in _SORTS:
        raise Refused(400, f"Invalid 'sort' value '{field}'")
    if direction not in {"asc", "desc"}:
        raise Refused(400, f"Invalid 'direction' value '{direction}'")
    return sorted(rows, key=lambda row: _sort_value(row, field), reverse=direction == "desc")


def _sort_value(row: Row, field: str) -> str:
    if field != "creator":
        return str(row.get(field, "")).casefold()
    first: Row = next(iter(row.get("creators", ())), {})
    return str(first.get("lastName") or first.get("name") or "").casefold()


def _links(call: Call, start: int, limit: int, total: int) -> str:
    """Return the Link header, by which a client finds the next page; without a limit there is one page."""
    starts: dict[str, int] = {}
    if start:
        starts |= {"first": 0, "prev": max(start - limit, 0)}
    if limit > 0:
        starts["last"] = (total - 1) // limit * limit if total else 0
        if start + limit < total:
            starts["next"] = start + limit
    return ", ".join(f'<{_address(call, begin)}>; rel="{name}"' for name, begin in starts.items())


def _address(call: Call, start: int) -> str:
    fields = [(name, value) for name, value in call.query if name not in {"start", "key"}]
    query = urlencode([*fields, ("start", start)] if start else fields)
    return f"http://{call.header('Host')}{quote(call.path)}" + (f"?{query}" if query else "")


def _not_modified(call: Call, version: int) -> bool:
    given = call.header("If-Modified-Since-Version")
    return given.isdecimal() and version <= int(given)


def _printed(rows: Sequence[Row], call: Call, headers: dict[str, str], envelope: Callable[[Row], Row]) -> Reply:
    form = call.parameter("format") or "json"
    match form:
        case "keys":
            body, kind = "\n".join(str(row["key"]) for row in rows).encode(), "text/plain"
        case "versions":
            body, kind = _json({str(row["key"]): row["version"] for row in rows}), "application/json"
        case "json":
            body, kind = _json([envelope(row) for row in rows]), "application/json"
        case "atom":
            raise Refused(501, "Local API does not support Atom output")
        case _:
            raise Refused(400, f"Invalid 'format' value '{form}'")
    return Reply(200, body, {**headers, "Content-Type": kind})
