"""Three-way: what refkit last offered, what stands in the library, what refkit offers now. Pure.

The rule in one sentence: what refkit put there and nobody touched follows refkit, everything else is the user's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct, field

from refkit.writers.zotero.items import Wanted
from refkit.writers.zotero.shelf import arxiv_ids

PREPRINT = "preprint"
_SHOWN = 60  # characters of a value in a diff


class Base(Struct, frozen=True, kw_only=True):
    """What refkit remembers of an item: `fields` are those that it offered last, `extra` the line of Extra.

    A field whose value is None was filled by somebody else when refkit first saw it, and is left to them. `tags` and
    `collections` are all that it ever added, `children` the keys of note and PDF by their role. `created` tells its own
    items from those that it found. `undone` means that `refkit undo` put the item into the trash, `trashed` names the
    notes and PDFs that it put there.
    """

    key: str
    arxiv_id: str
    created: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    extra: str = ""
    tags: Mapping[str, int] = field(default_factory=dict)
    collections: tuple[str, ...] = ()
    children: Mapping[str, str] = field(default_factory=dict)
    undone: bool = False
    trashed: tuple[str, ...] = ()


class Merge(Struct, frozen=True, kw_only=True):
    """What to write of an item and why: `patch` goes to the server, `diff` to the reader, `base` is for the next time.

    `kept` names what the user changed and keeps, `conflicts` what both sides changed since.
    """

    patch: Mapping[str, Any]
    diff: Mapping[str, tuple[str, str]]
    base: Base
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def merge(item: Mapping[str, Any], wanted: Wanted, base: Base | None, collections: Mapping[str, str]) -> Merge:
    """Return what an item that is in the library still lacks.

    `collections` are the keys of those it shall be in, with the paths to show for them.
    """
    known = base or Base(key=str(item["key"]), arxiv_id=wanted.arxiv_id)
    work = _Merging(item, known)
    # An item that refkit knows as another paper, and that names this one too, stays the other paper.
    if item.get("itemType") == PREPRINT and known.arxiv_id == wanted.arxiv_id:
        for name, ours in wanted.fields.items():
            work.field(name, ours)
        # A title that lost its subtitle has no short one any more.
        if known.fields.get("shortTitle") and "title" in wanted.fields and "shortTitle" not in wanted.fields:
            work.field("shortTitle", "")
    work.extra_line(wanted.extra, wanted.arxiv_id)
    work.tags(wanted.tags)
    work.collections(collections)
    return work.result()


class _Merging:
    """The merge of one item, part by part."""

    def __init__(self, item: Mapping[str, Any], base: Base) -> None:
        self._item = item
        self._base = base
        self._fields = dict(base.fields)
        self._extra = base.extra
        self._tags = dict(base.tags)
        self._collections = list(base.collections)
        self._patch: dict[str, Any] = {}
        self._diff: dict[str, tuple[str, str]] = {}
        self._kept: list[str] = []
        self._conflicts: list[str] = []

    def field(self, name: str, ours: Any) -> None:
        theirs = self._item.get(name) or ""
        if name not in self._base.fields:
            if same(theirs, ours) and self._base.created:
                self._fields[name] = ours
            elif theirs:
                self._fields[name] = None  # filled by somebody else: it is theirs from now on, also once it is emptied
            else:
                self._offer(name, theirs, ours, free=True)
            return
        before = self._base.fields[name]
        if before is None or same(theirs, ours):
            self._fields[name] = before if before is None else ours
        elif same(before, ours):
            self._kept.append(name)
        else:
            self._offer(name, theirs, ours, free=same(theirs, before))

    def _offer(self, name: str, theirs: Any, ours: Any, *, free: bool) -> None:
        self._fields[name] = ours
        if free:
            self._patch[name] = ours
            self._diff[name] = (shown(theirs), shown(ours))
        else:
            self._conflicts.append(f"{name} is {shown(ours)!r} by now, but yours is {shown(theirs)!r}")

    def extra_line(self, line: str, arxiv_id: str) -> None:
        """Extra is merged by lines: programs and people keep lines of their own in it."""
        text = str(self._item.get("extra") or "")
        lines = re.split(r"\r\n|\r|\n", text)
        if arxiv_id != self._base.arxiv_id:  # one published version of two papers: each has its line
            if not has_id(text, arxiv_id):
                self._patch["extra"] = f"{text.rstrip()}\n{line}"
                self._diff["extra"] = (shown(text), shown(self._patch["extra"]))
            return
        if line in lines:
            self._extra = line
            return
        if self._base.extra and self._base.extra in lines:  # ours, and now another one
            new = "\n".join(line if each == self._base.extra else each for each in lines)
        elif has_id(text, arxiv_id):
            return
        elif self._base.extra:
            self._kept.append("extra")
            return
        else:
            new = f"{text.rstrip()}\n{line}" if text.strip() else line
        self._patch["extra"] = new
        self._diff["extra"] = (shown(text), shown(new))
        self._extra = line

    def tags(self, wanted: Mapping[str, int]) -> None:
        present = tag_names(self._item)
        new = {name: kind for name, kind in wanted.items() if name not in present and name not in self._base.tags}
        self._kept += [f"tag {name}" for name in wanted if name not in present and name in self._base.tags]
        self._tags |= {name: kind for name, kind in wanted.items() if name not in self._tags}
        if new:
            self._patch["tags"] = [*(self._item.get("tags") or ()), *tag_list(new)]
            self._diff["tags"] = ("", ", ".join(f"+{name}" for name in new))

    def collections(self, wanted: Mapping[str, str]) -> None:
        present = list(self._item.get("collections") or ())
        new = [key for key in wanted if key not in present and key not in self._base.collections]
        self._kept += [
            f"collection {path}" for key, path in wanted.items() if key not in present and key in self._base.collections
        ]
        self._collections += [key for key in wanted if key not in self._collections]
        if new:
            self._patch["collections"] = [*present, *new]
            self._diff["collections"] = ("", ", ".join(f"+{wanted[key]}" for key in new))

    def result(self) -> Merge:
        base = Base(
            key=self._base.key,
            arxiv_id=self._base.arxiv_id,
            created=self._base.created,
            fields=self._fields,
            extra=self._extra,
            tags=self._tags,
            collections=tuple(self._collections),
            children=self._base.children,
            trashed=self._base.trashed,
        )
        return Merge(
            patch=self._patch, diff=self._diff, base=base, kept=tuple(self._kept), conflicts=tuple(self._conflicts)
        )


def created(wanted: Wanted, key: str, collections: Collection[str], accessed: str) -> tuple[dict[str, Any], Base]:
    """Return the whole of a new item as it is sent, without key and version, and what is to be remembered of it."""
    data = {
        "itemType": PREPRINT,
        **wanted.fields,
        "extra": wanted.extra,
        "accessDate": accessed,
        "tags": tag_list(wanted.tags),
        "collections": list(collections),
        "relations": {},
    }
    base = Base(
        key=key,
        arxiv_id=wanted.arxiv_id,
        created=True,
        fields=dict(wanted.fields),
        extra=wanted.extra,
        tags=dict(wanted.tags),
        collections=tuple(collections),
    )
    return data, base


def tag_list(tags: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return tags as the API writes them: type 0 is left out."""
    return [{"tag": name, "type": kind} if kind else {"tag": name} for name, kind in tags.items()]


def tag_names(item: Mapping[str, Any]) -> set[str]:
    """Return the names of an item's tags, whoever set them."""
    return {str(tag.get("tag")) for tag in item.get("tags") or () if isinstance(tag, dict)}


def same(one: Any, other: Any) -> bool:
    """Whether two values of a field are the same to Zotero, which leaves out what is empty and trims."""
    equal: bool = _plain(one) == _plain(other)
    return equal


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain_part(each) for each in value] or ""
    return value.strip() if isinstance(value, str) else value or ""


def _plain_part(each: Any) -> Any:
    return {name: _plain(part) for name, part in each.items() if part} if isinstance(each, dict) else each


def has_id(extra: str, arxiv_id: str) -> bool:
    """Whether a line of Extra gives this arXiv id, in any of the usual forms."""
    return any(found == arxiv_id for found, _ in arxiv_ids({"extra": extra}))


def shown(value: Any) -> str:
    """Return a value for a diff: names of creators, text not endless and on one line."""
    if isinstance(value, list):
        value = [each if isinstance(each, dict) else {"name": each} for each in value]
        names = [str(each.get("name") or f"{each.get('firstName', '')} {each.get('lastName', '')}") for each in value]
        value = "; ".join(" ".join(name.split()) for name in names)
    text = " | ".join(line.strip() for line in str(value).splitlines())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
