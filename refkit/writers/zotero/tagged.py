"""The papers of a Zotero library with the tags that its reader gave them: what `refkit themes learn` learns from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from refkit.model import Mention
from refkit.writers.zotero.merge import Base

_AUTOMATIC = 1  # the type of tags that Zotero took from a web page, and refkit from arXiv's categories
_NO_PAPERS = frozenset({"attachment", "note", "annotation"})
_MARKUP = re.compile(r"</?(?:i|b|sub|sup|span|sc)\b[^<>]{0,80}>")


def tagged_papers(items: Iterable[Mapping[str, Any]], bases: Mapping[str, Base]) -> list[Mention]:
    """Return the items that are papers and not in the trash, their reader's tags as keywords.

    Tags that came by themselves are left out, and so are those that refkit itself once put there (`bases`, by key):
    nobody has looked at them.
    """
    return [_mention(item, bases.get(str(item.get("key")))) for item in items if _is_paper(item)]


def _is_paper(item: Mapping[str, Any]) -> bool:
    return bool(item.get("title")) and item.get("itemType") not in _NO_PAPERS and not item.get("deleted")


def _mention(item: Mapping[str, Any], base: Base | None) -> Mention:
    ours = base.tags if base else {}
    tags = [tag for tag in item.get("tags") or () if isinstance(tag, Mapping) and tag.get("type") != _AUTOMATIC]
    names = dict.fromkeys(str(tag.get("tag", "")).strip() for tag in tags)
    return Mention(
        title=_MARKUP.sub("", str(item["title"])),
        abstract=_MARKUP.sub("", str(item.get("abstractNote") or "")),
        keywords=tuple(name for name in names if name and name not in ours),
    )
