"""What a review shows, as values for its page: the list of titles, and one title with its candidates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from refkit.categories import category_name
from refkit.differing import differing
from refkit.formula import FORMULA, Piece, pieces
from refkit.lock import Decision
from refkit.model import Candidate, Mention, Outcome, Part, Resolution, ThemeTag, Verdict
from refkit.normalize import to_unicode
from refkit.withdrawn import is_withdrawn

# A candidate below both has hardly anything in common with the title, as in `refkit explain` and in reasons.
_LIKELY, _ALIKE = 0.03, 0.6
_MOST = 9  # candidates that have a key
_OPEN = {"ambiguous", "not found", "failed"}
# What the list shows of a title; one letter each, since it is sent for all titles at once.
LETTERS = {
    "accepted": "a", "none": "n", "matched": "m", "ambiguous": "q", "not found": "x", "failed": "f",
}  # fmt: skip


def shown_of(found: Resolution) -> tuple[Candidate, ...]:
    """Return the candidates that are shown: at most nine, likely ones or with a title alike, or else the first."""
    worth = tuple(
        each for each in found.candidates if each.score >= _LIKELY or (each.evidence.title.score or 0.0) >= _ALIKE
    )
    return (worth or found.candidates[:1])[:_MOST]


class Row(Struct, frozen=True):
    """What is decided at once: mentions that say the same (the first stands for all), and what the sources said."""

    mentions: tuple[Mention, ...]
    found: Resolution

    @property
    def mention(self) -> Mention:
        """The first of its mentions."""
        return self.mentions[0]


def state_of(row: Row, held: Decision | None) -> str:
    """Return where a title stands: what a lock decides of it, or else what the sources said."""
    if held and held.decided not in _OPEN:
        return held.decided
    if row.found.decided and row.found.decided not in _OPEN:
        return "ambiguous"  # it was decided when it was read, and that was taken back
    return row.found.verdict.value


def is_open(state: str) -> bool:
    """Whether a title needs a person."""
    return state in _OPEN


def listed(rows: Sequence[Row], held: Sequence[Decision | None]) -> dict[str, Any]:
    """Return the list of all titles, by columns, so that thousands of them are sent in one short text."""
    digests = list(dict.fromkeys(row.mention.digest for row in rows))
    number = {digest: place for place, digest in enumerate(digests)}
    titles = [to_unicode(row.mention.title) for row in rows]
    shown = [pieces(row.mention.title) for row in rows]
    return {
        "digests": digests,
        "titles": titles,
        "formulae": {place: each for place, each in enumerate(shown) if each != [titles[place]]},
        "states": "".join(LETTERS[state_of(row, each)] for row, each in zip(rows, held, strict=True)),
        "digest": [number[row.mention.digest] for row in rows],
        "line": [row.mention.line for row in rows],
        "papers": [_id_of(each) for each in held],
    }


def _id_of(held: Decision | None) -> str:
    return held.record.arxiv_id if held and held.record else ""


def detail(row: Row, candidates: Sequence[Candidate], held: Decision | None, *, remark: str = "") -> dict[str, Any]:
    """Return one title with what the digest says of it, its candidates, and what is decided."""
    mention, state = row.mention, state_of(row, held)
    explained = row.found.reason if held is None or held.decided == row.found.decided or is_open(state) else ""
    return {
        "title": pieces(mention.title),
        "state": state,
        "paper": _id_of(held) if not is_open(state) else "",
        "reason": explained,
        "remark": remark,
        "authors": [to_unicode(author) for author in mention.authors],
        "issued": str(mention.issued or ""),
        "links": mention.arxiv_id,
        "abstract": to_unicode(mention.abstract),
        "heading": mention.heading,
        "places": [[each.digest, each.line] for each in row.mentions],
        "candidates": [candidate_shown(each, mention) for each in candidates],
    }


def candidate_shown(candidate: Candidate, mention: Mention) -> dict[str, Any]:
    """Return one paper beside what the digest says."""
    record = candidate.record
    withdrawn = is_withdrawn(record.comments, record.abstract) or is_withdrawn(record.title, "")
    return {
        "id": record.arxiv_id,
        "title": list(marked(mention.title, record.title)),
        "former": [list(marked(mention.title, former)) for former in record.former_titles],
        "authors": [to_unicode(str(author)) for author in record.authors],
        "submitted": str(record.submitted or ""),
        "categories": [[code, category_name(code)] for code in record.categories],
        "abstract": to_unicode(record.abstract),
        "withdrawn": withdrawn,
        "likely": min(round(candidate.score * 100), 99) if candidate.score else None,  # never rounded to certainty
        "source": candidate.source,
        "evidence": list(_bars(candidate.evidence.parts())),
    }


def _bars(parts: Iterable[tuple[str, Part]]) -> Iterator[list[Any]]:
    for name, part in parts:
        if part.outcome is not Outcome.ABSENT:
            yield [name, part.outcome.value, round(part.score or 0.0, 2), part.note if name != "title" else ""]


def themes_shown(tags: Sequence[ThemeTag]) -> list[list[Any]]:
    """Return themes with the words that fired; none where a person added it."""
    return [[tag.theme, list(tag.evidence)] for tag in tags]


def marked(ours: str, theirs: str) -> Iterator[tuple[str, list[Piece]]]:
    """Yield the title of a record in stretches: ("both" | "ours" | "theirs", what to show of it)."""
    for where, words in differing(_tokens(ours), _tokens(theirs)):
        yield where, [piece for place, word in enumerate(words) for piece in ([" "] * (place > 0) + pieces(word))]


def _tokens(title: str) -> list[str]:
    """Return the words of a title, a formula in one with the word it stands in.

    Where there is more TeX than formulae, blanks stand inside of commands too, so it is read as characters first.
    """
    if set(FORMULA.sub("", title)) & set("\\{}~"):
        return to_unicode(title).split()
    tokens: list[str] = []
    end = 0
    glued = False
    for found in FORMULA.finditer(title):
        _add(tokens, title[end : found.start()], glued=glued)
        before = title[: found.start()]
        if tokens and before and not before[-1].isspace():
            tokens[-1] += found[0]
        else:
            tokens.append(found[0])
        glued, end = True, found.end()
    _add(tokens, title[end:], glued=glued)
    return tokens


def _add(tokens: list[str], prose: str, *, glued: bool) -> None:
    """Add the words of prose behind a formula; what stands at it without a blank belongs to its word."""
    words = prose.split()
    if glued and words and not prose[0].isspace():
        tokens[-1] += words.pop(0)
    tokens += words


def open_resolution(mention: Mention, found: Resolution) -> Resolution:
    """Return what is known of a mention that no lock decides; what was decided and taken back is open again."""
    if not found.decided or found.decided in _OPEN:
        return found
    return Resolution(mention=mention, verdict=Verdict.AMBIGUOUS, reason="The decision on it was taken back.")
