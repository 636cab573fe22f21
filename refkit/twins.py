"""Whether a preprint and a published paper are one work, as far as authors and dates tell; shared by the stages."""

from __future__ import annotations

from collections.abc import Sequence

from refkit.model import Author, PartialDate
from refkit.names import may_be_same, name_letters

# How many years a published version may be older or newer than v1 and still be the same paper (measured:
# docs/decisions/0006-zotero.md).
OLDER, NEWER = 1, 4
# Many papers are called "Introduction": a title of fewer words says little by itself.
TELLING_WORDS = 4


def is_plausible(submitted: PartialDate | None, issued: PartialDate | None) -> bool | None:
    """Whether a paper submitted then may have been published then; None where a year is not known."""
    if submitted is None or issued is None or submitted.year is None or issued.year is None:
        return None
    return -OLDER <= issued.year - submitted.year <= NEWER


def shared_people(ours: Sequence[Author], theirs: Sequence[Author]) -> int:
    """Return how many names of the shorter list may be those of persons in the other; each name counts once."""
    fewer, more = sorted(([name_letters(each) for each in people] for people in (ours, theirs)), key=len)
    left = list(more)
    shared = 0
    for name in fewer:
        found = next((other for other in left if may_be_same(name, other)), None)
        if found is not None:
            left.remove(found)
            shared += 1
    return shared
