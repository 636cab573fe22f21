"""Which items refkit knows to be in Zotero, from its own memory alone: nothing is asked, nothing is written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.text import links

# The end of the names that `locate.py` gives; those of a connector have no group, as it tells no keys either.
_NAME = re.compile(r"-(user|group)-(\d+)$")
_PATIENCE = 1.0  # seconds; a link is not worth more
_BASE = msgspec.json.Decoder(Base)


def known_links(state: Path) -> dict[str, str]:
    """Return the `zotero://select` address of each paper that refkit put into Zotero or found there, by arXiv id.

    `state` is refkit's state folder. A paper of several libraries is selected in a user's own. A file that cannot be
    read is passed over: a missing link is no fault of what is shown.
    """
    found: dict[str, str] = {}
    files = sorted((state / "zotero").glob("*.sqlite"), key=lambda path: ("-user-" in path.name, path.name))
    for path in files:
        name = _NAME.search(path.stem)
        if not name:
            continue
        # `links` looks only at the kind and the number of a library for the address in the program.
        target = Target(server="", kind="group" if name[1] == "group" else "user", id=int(name[2]))
        for base in _bases(path):
            address = links(target, base.key)
            if address and not base.undone:
                found[base.arxiv_id] = address[0]
    return found


def _bases(path: Path) -> Iterator[Base]:
    with suppress(sqlite3.Error, msgspec.MsgspecError, TypeError):
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)) as memory:
            blobs = memory.execute("select base from bases order by key desc").fetchall()
        yield from [_BASE.decode(blob) for (blob,) in blobs]
