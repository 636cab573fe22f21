"""What refkit last wrote into a .bib, kept in a small file beside it (`refs.bib.refkit`), so that edits are known.

Three sides are needed to tell an edit of the user's from a value that only got old: what stands there, what refkit
would write, and what it wrote last. One JSON line a paper, sorted, so that differences under version control are small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from refkit.errors import UsageError

_SUFFIX = ".refkit"


class Remembered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What refkit last wrote of a paper: the fields that are its own, and of `keywords` those that it added.

    `type` is empty where the entry was the user's before.
    """

    arxiv_id: str
    key: str
    type: str = ""
    fields: dict[str, str] = {}


def path_of(bib: Path) -> Path:
    """Return the file beside a .bib that remembers what refkit wrote into it."""
    return bib.with_name(bib.name + _SUFFIX)


def parse_state(text: str, name: str) -> dict[str, Remembered]:
    """Return what is remembered, by arXiv id. Raises UsageError with the line of what is no such file."""
    found: dict[str, Remembered] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=Remembered)
        except msgspec.DecodeError as error:
            raise UsageError(
                f"{name}:{number}: this is not what refkit remembers of a .bib ({error}); restore the file, or delete "
                "it: then all that differs counts as yours."
            ) from error
        found[row.arxiv_id] = row
    return found


def state_text(rows: Mapping[str, Remembered] | Iterable[Remembered]) -> str:
    """Return the text of the file, sorted by arXiv id."""
    values = rows.values() if isinstance(rows, Mapping) else rows
    lines = [msgspec.json.encode(row, order="sorted").decode() for row in sorted(values, key=lambda row: row.arxiv_id)]
    return "".join(f"{line}\n" for line in lines)
