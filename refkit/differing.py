"""Which words of two titles differ, as the matcher compares words. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from refkit.normalize import title_key


class Run(NamedTuple):
    """Words in a row that stand in both titles, only in ours, or only in theirs (`words` are then theirs)."""

    where: Literal["both", "ours", "theirs"]
    words: Sequence[str]


def differing(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Run]:
    """Yield the words of two titles in order. Those that differ in case, accents or punctuation only are the same."""
    keys, others = [title_key(word) for word in ours], [title_key(word) for word in theirs]
    steps = difflib.SequenceMatcher(None, keys, others, autojunk=False).get_opcodes()
    for _, start, end, other_start, other_end in steps:
        gone, added = ours[start:end], theirs[other_start:other_end]
        if "".join(keys[start:end]) == "".join(others[other_start:other_end]):
            yield Run("both", added)
            continue
        if gone:
            yield Run("ours", gone)
        if added:
            yield Run("theirs", added)
