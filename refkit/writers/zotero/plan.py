"""Works and a library -> what refkit would do there: one change a work. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from refkit.model import Change, Op, Work
from refkit.writers.zotero.items import PDF_TITLE, Options, Wanted, object_key, wanted
from refkit.writers.zotero.merge import Base, Merge, created, merge
from refkit.writers.zotero.places import Places
from refkit.writers.zotero.shelf import Found, Shelf


class Child(Struct, frozen=True, kw_only=True):
    """A note or an attachment to be made below an item; `key` is "" where we may make none."""

    role: Literal["note", "pdf"]
    key: str
    data: dict[str, Any]

    @property
    def is_file(self) -> bool:
        """Whether it is a PDF to be downloaded and stored."""
        return self.data.get("linkMode") == "imported_url"


class ItemChange(Change, frozen=True, kw_only=True):
    """One step of the plan: `key` is the item's, or the arXiv id where the library makes the keys.

    `reason` says why, `notes` what the user should know beside it. `data` is what is sent of the item (whole for
    CREATE), made for its `version`; `base` is what is remembered after it.
    """

    reason: str
    notes: tuple[str, ...] = ()
    version: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    base: Base | None = None
    children: tuple[Child, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is sent for it."""
        return bool(self.data or self.children)


class Library(Struct, frozen=True, kw_only=True):
    """What a plan is made from: the items by key, what refkit remembers by key, the places, who makes the keys.

    `name` tells libraries apart in the keys that refkit makes; `now` is the time as the API writes it.
    """

    name: str
    items: Mapping[str, Mapping[str, Any]]
    bases: Mapping[str, Base]
    places: Places
    client_keys: bool
    now: str


def plan(works: Iterable[Work], library: Library, options: Options) -> list[ItemChange]:
    """Return one change for each paper, in the order of arXiv ids."""
    planner = _Planner(library, options)
    unique = {work.record.arxiv_id: work for work in works}
    return [planner.change(unique[arxiv_id]) for arxiv_id in sorted(unique)]


class _Planner:
    def __init__(self, library: Library, options: Options) -> None:
        self._library = library
        self._options = options
        self._shelf = Shelf(library.items.values())
        self._known = {base.arxiv_id: base for base in library.bases.values() if base.key not in library.items}
        self._known |= {base.arxiv_id: base for base in library.bases.values() if base.key in library.items}

    def change(self, work: Work) -> ItemChange:
        record = work.record
        want = wanted(work, self._options)
        known = self._known.get(record.arxiv_id)
        own = known.key if known else object_key(self._library.name, record.arxiv_id)
        found = self._shelf.find(record, own)
        if found:
            return self._there(work, want, found, own)
        if known and not (known.undone or self._options.recreate):
            return ItemChange(op=Op.KEEP, key=known.key, work=work, reason=_GONE)
        return self._create(work, want)

    def _create(self, work: Work, want: Wanted) -> ItemChange:
        key = object_key(self._library.name, want.arxiv_id) if self._library.client_keys else ""
        collections, notes = self._collections(want)
        data, base = created(want, key, collections, self._library.now)
        children = tuple(self._children(want, base))
        return ItemChange(
            op=Op.CREATE,
            key=key or want.arxiv_id,
            work=work,
            reason="it is not in the library",
            notes=(*notes, *want.left_out),
            data=data,
            base=base,
            children=children,
            diff={"title": ("", want.fields.get("title", "")), **_listed(data, collections), **_shown(children)},
        )

    def _there(self, work: Work, want: Wanted, found: Found, own: str) -> ItemChange:
        item = self._library.items[found.key]
        base = self._library.bases.get(found.key)
        if base is None and found.key == own:  # made by a run that could not tell, or on another machine
            base = Base(key=own, arxiv_id=want.arxiv_id, created=True)
        back = bool(item.get("deleted")) and (self._options.recreate or bool(base and base.undone))
        if item.get("deleted") and not back:
            return ItemChange(op=Op.KEEP, key=found.key, work=work, reason=_TRASHED, version=int(item["version"]))
        collections, notes = self._collections(want)
        if collections:
            item = {**item, "collections": self._library.places.existing(item.get("collections") or ())}
        result = merge(item, want, base, collections)
        data = {**result.patch, **({"deleted": 0} if back else {})}
        children = tuple(self._children(want, result.base)) if result.base.created else ()
        diff = dict(result.diff)
        if back:
            diff["trash"] = ("", "taken out of it")
        diff |= _shown(children)
        return ItemChange(
            op=_op(result, writes=bool(data or children)),
            key=found.key,
            work=work,
            reason=_reason(found, result, writes=bool(data or children)),
            notes=(*_notes(found, result, writes=bool(data or children)), *notes, *want.left_out),
            version=int(item["version"]),
            data=data,
            base=result.base,
            children=children,
            diff=diff,
        )

    def _collections(self, want: Wanted) -> tuple[dict[str, str], list[str]]:
        """Return the collections by key with their paths, and a sentence on each that stays deleted."""
        places = [self._library.places.resolve(path) for path in want.paths]
        gone = [
            f"you deleted the collection {place.path}; --recreate makes it again" for place in places if not place.key
        ]
        return {place.key: place.path for place in places if place.key}, gone

    def _children(self, want: Wanted, base: Base) -> Iterable[Child]:
        if want.note and "note" not in base.children:
            yield self._child("note", want, {"itemType": "note", "note": want.note, "tags": []})
        if want.pdf and "pdf" not in base.children:
            stored = self._options.pdf == "file"
            data: dict[str, Any] = {
                "itemType": "attachment",
                "linkMode": "imported_url" if stored else "linked_url",
                "title": PDF_TITLE,
                "url": want.pdf,
                "accessDate": self._library.now,
                "contentType": "application/pdf",
                "tags": [],
            }
            yield self._child("pdf", want, data)

    def _child(self, role: Literal["note", "pdf"], want: Wanted, data: dict[str, Any]) -> Child:
        key = object_key(self._library.name, want.arxiv_id, role) if self._library.client_keys else ""
        return Child(role=role, key=key, data=data)


_GONE = "you deleted it for good, so it is not made again; --recreate makes it"
_TRASHED = "it is in the trash, so it is left there; restore it in Zotero, or use --recreate"
STAYS_AWAY = frozenset({_GONE, _TRASHED})  # why a paper that is wanted is not there
_CHILDREN = {
    ("note", False): "the comment as a note",
    ("pdf", False): "a link to the PDF",
    ("pdf", True): "the PDF, downloaded",
}


def _shown(children: Iterable[Child]) -> dict[str, tuple[str, str]]:
    return {child.role: ("", f"+{_CHILDREN[child.role, child.is_file]}") for child in children}


def _op(result: Merge, *, writes: bool) -> Op:
    if writes:
        return Op.UPDATE
    return Op.CONFLICT if result.conflicts else Op.KEEP


def _reason(found: Found, result: Merge, *, writes: bool) -> str:
    if result.conflicts and not writes:
        return "; ".join(result.conflicts) + "; yours stays"
    kept = f"; yours stays as you left it: {', '.join(result.kept)}" if result.kept else ""
    return f"found {found.how}{'' if writes else '; nothing to add'}{kept}"


def _notes(found: Found, result: Merge, *, writes: bool) -> list[str]:
    notes = [f"{conflict}; yours stays" for conflict in result.conflicts] if writes else []
    if found.others:
        notes.append(f"it stands {len(found.others)} more times in the library: {', '.join(found.others)}")
    return notes


def _listed(data: Mapping[str, Any], collections: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    tags = ", ".join(f"+{tag['tag']}" for tag in data["tags"])
    paths = ", ".join(f"+{path}" for path in collections.values())
    return {name: ("", text) for name, text in (("tags", tags), ("collections", paths)) if text}
