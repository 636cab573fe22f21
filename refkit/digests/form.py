"""Titles and abstracts told apart by their form, line by line, with their neighbours: the likeliest reading of all.

A digest is read as a chain of lines, each of which begins or continues a title or an abstract (a hidden Markov model,
decoded by Viterbi's algorithm in one pass). Every number below is a logarithm of how much oftener something is seen
in abstracts than in titles, measured on 21,000 arXiv abstracts (whole, and wrapped at 80 columns), 40,000 arXiv titles
and 17,700 titles of digests, rounded; docs/digests.md has the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_PROSE = re.compile(
    r"(?i)\b(?:we|our|is|are|was|were|has|have|this|these|that|which|can|been|show|propose|it|its|such|they|their|also"
    r"|however|paper)\b"
)
_LONG_WORD = re.compile(r"\b[A-Za-z][a-z-]{3,}")
_SENTENCE_BREAK = re.compile(r"[a-zA-Z0-9)\]}$%]\.[\"'”’)\]]* (?=[A-Z\"'“(])")
_FULL_STOP = re.compile(r"(?<!\.\.)\.[\"'”’)\]]*$")
_QUESTION = re.compile(r"[?!][\"'”’)\]]*$")
_LINK_END = re.compile(r"(?:https?://|www\.)\S+$")
# A line that ends so goes on: a title does not end with a preposition or an article.
_GOES_ON = re.compile(
    r"(?i)(?:[,:;&(/]|[-‐‑–—]|(?:^|\s)(?:a|an|the|of|for|and|or|in|on|to|with|via|by|from|at|as|using|under|into|through|between"
    r"|towards?|without|over|across|against|is|are|be|than|their|its|that|de|der))$"
)
_HYPHEN = re.compile(r"\w[-‐‑]$")
# How abstracts begin, and titles hardly ever (26 of 100 against 6 of 100,000).
_OPENING = re.compile(
    r"(?:We|In this (?:paper|work|article|report)|This (?:paper|work|article|report)|However,|Here,? we|Despite the"
    r"|Recently,|Although|To address) "
)
_END = 300  # in how many characters the end of a line is looked for, so that no line costs more than its length
_WRAPPED_AT_MOST = 200
_STOP = -5.5  # 1 of 10,000 arXiv titles ends with a full stop
LONGEST_TITLE = 350  # 309 in 400,000 arXiv titles; of 17,700 in digests only odd ones are longer, up to 470

TITLE, TITLE_2, TITLE_3, TITLE_4, TITLE_5, ABSTRACT, MORE = range(7)
_IMPOSSIBLE = float("-inf")


class Part(NamedTuple):
    """Lines that belong together: the index of the first, behind the last, and whether they are an abstract."""

    first: int
    last: int
    abstract: bool


class _Look(NamedTuple):
    """What one line looks like: log-odds for prose, the cost of ending a title or an abstract with it, and so on."""

    prose: float
    ends_title: float
    ends_abstract: float
    too_short: float
    starts_lower: bool
    goes_on: bool


class _Layout(NamedTuple):
    """How a digest is laid out: `width` of hard-wrapped lines (0: not wrapped), whether blank lines stand between."""

    width: int
    spaced: bool


class _Costs(NamedTuple):
    """What it costs to go on in a title or an abstract, to end on a full line, to begin a title without a gap."""

    in_title: float
    in_abstract: float
    full: float
    crowded: float


def tell_apart(lines: Sequence[str], gaps: Sequence[bool]) -> list[Part]:
    """Return the titles and abstracts among lines, in order; `gaps` says before which lines there is a gap.

    Lines have single spaces and at least one word. The time is linear in the length of the text.
    """
    if not lines:
        return []
    looks = [_look(line) for line in lines]
    layout = _layout(lines, gaps, looks)
    return _parts(_decode(lines, gaps, looks, layout))


def is_prose(line: str) -> bool:
    """Whether a line alone looks more like a part of an abstract than of a title."""
    return _prose(line, line.count(" ") + 1) > 0 or line.endswith((" at", ":", " from", " in", " on"))


def goes_on(line: str, following: str) -> bool:
    """Whether a title on one line is surely continued on the following one."""
    return bool(_GOES_ON.search(line[-_END:])) or following[0].islower()


def _look(line: str) -> _Look:
    count = line.count(" ") + 1
    end = line[-_END:]
    stop, unfinished = _FULL_STOP.search(end), _GOES_ON.search(end)
    return _Look(
        prose=_prose(line, count),
        ends_title=(_STOP if stop else 0.0) + (-4.0 if unfinished else 0.0),
        ends_abstract=_ends_abstract(end),
        too_short=_too_short(count) - (0.0 if stop or count > 25 else 1.5),  # noqa: PLR2004
        starts_lower=line[0].islower() and not re.match(r"[a-z]+[A-Z0-9]|[a-z]-[A-Z]", line),
        goes_on=bool(unfinished),
    )


def _too_short(count: int) -> float:
    """Return the cost of an abstract of one line of so many words: 1 of 100 has fewer than 24, 1 of 2,000 than 12."""
    return -6.0 if count < 12 else -3.5 if count < 20 else -1.5 if count < 30 else 0.0  # noqa: PLR2004


def _ends_abstract(end: str) -> float:
    """Return the cost of an abstract that ends with this line: 95 of 100 end with a full stop, or are cut."""
    if _FULL_STOP.search(end) or end.endswith(("...", "…")):
        return 0.0
    if _LINK_END.search(end):
        return -1.5
    return -4.5 if _QUESTION.search(end) else -3.0


def _prose(line: str, count: int) -> float:
    """Return how much a line looks like a part of an abstract rather than of a title."""
    if count > 60:  # noqa: PLR2004 - no title has so many words (50 in arXiv, 60 in digests)
        return 30.0
    odds = (-1.0, 2.0, 4.0, 6.0)[min(3, len({word.lower() for word in _PROSE.findall(line)}))]
    words = _LONG_WORD.findall(line)[1:]
    if len(words) > 1:
        capitals = sum(word[0].isupper() for word in words) / len(words)
        odds += -4.0 if capitals >= 0.8 else -1.0 if capitals >= 0.6 else 0.0 if capitals >= 0.2 else 1.0  # noqa: PLR2004
    if _OPENING.match(line):
        odds += 3.0
    if _SENTENCE_BREAK.search(line):
        odds += 3.5
    return odds + (12.0 if count > 45 else 5.0 if count > 28 else 2.0 if count > 20 else 0.0)  # noqa: PLR2004


def _layout(lines: Sequence[str], gaps: Sequence[bool], looks: Sequence[_Look]) -> _Layout:
    """Find the width at which lines were wrapped: nearly all lines that go on fill it with the word that follows."""
    inner = [i for i in range(len(lines) - 1) if not gaps[i + 1]]
    lengths = sorted(len(lines[i]) for i in inner)
    width = lengths[int(0.97 * len(lengths))] if lengths else 0
    full = [i for i in inner if _is_full(lines, i, width)]
    lower = sum(looks[i + 1].starts_lower for i in inner)
    # Inside abstracts wrapped at 80 all lines are full and 89 of 100 are followed by a small letter; in lists of 200
    # titles 5 to 8 and less than 1.
    if width <= _WRAPPED_AT_MOST and len(full) >= 0.5 * len(inner) and lower >= 0.3 * len(inner) > 0:
        ends = len(lines) - 1 - len(full)
        return _Layout(width, spaced=ends > 0 and sum(gaps[1:]) >= 0.4 * ends)
    return _Layout(0, spaced=len(inner) < 0.65 * (len(lines) - 1))


def _is_full(lines: Sequence[str], i: int, width: int) -> bool:
    """Whether the first word of the next line would not have fitted into this one."""
    return len(lines[i]) + 1 + len(lines[i + 1].split(" ", 1)[0]) > width


def _join(lines: Sequence[str], i: int, looks: Sequence[_Look], layout: _Layout, *, gap: bool) -> tuple[float, float]:
    """Return what speaks for line i going on in the next one: within a title, and within an abstract."""
    this, following = looks[i], looks[i + 1]
    hint = (2.5 if following.starts_lower else 0.0) + (3.0 if this.goes_on else 0.0)
    # A further paragraph of the same abstract follows an end of one, and is hardly ever very short.
    paragraph = -3.0 + this.ends_abstract + (0.0 if layout.width else 0.5 * following.too_short)
    if gap:
        return _IMPOSSIBLE, paragraph - 0.5
    if layout.width:
        full = 1.0 if _is_full(lines, i, layout.width) else -6.0
        # Inside abstracts wrapped at 80, 3 of 100 lines end with a full stop and 7 of 100 begin with a capital.
        odd = 0.0 if following.starts_lower else -3.0 if this.ends_title <= _STOP else -1.5
        return full + hint - 0.7, max(full, -3.5) + hint + odd
    if lines[i] == lines[i + 1] or len(lines[i]) > _WRAPPED_AT_MOST:
        return _IMPOSSIBLE, paragraph
    return (1.0 if layout.spaced else -3.0) + hint, paragraph + hint


def _decode(lines: Sequence[str], gaps: Sequence[bool], looks: Sequence[_Look], layout: _Layout) -> list[int]:
    """Return the likeliest state of each line (Viterbi)."""
    scores = [0.0] + [_IMPOSSIBLE] * 4 + [looks[0].prose - 4.0, _IMPOSSIBLE]
    came_from: list[list[int]] = []
    for i in range(len(lines) - 1):
        in_title, in_abstract = _join(lines, i, looks, layout, gap=gaps[i + 1])
        full = not gaps[i + 1] and layout.width > 0 and _is_full(lines, i, layout.width)
        crowded = (-4.0 if layout.width else -2.0) if layout.spaced and not gaps[i + 1] else 0.0
        costs = _Costs(in_title, in_abstract, -1.0 if full else 0.0, crowded)
        scores, back = _step(scores, looks[i], looks[i + 1], costs)
        came_from.append(back)
    last = looks[-1]
    final = [score + last.ends_title for score in scores[:5]]
    final += [scores[ABSTRACT] + last.ends_abstract + last.too_short, scores[MORE] + last.ends_abstract]
    states = [final.index(max(final))]
    for back in reversed(came_from):
        states.append(back[states[-1]])
    return states[::-1]


def _step(scores: list[float], this: _Look, following: _Look, costs: _Costs) -> tuple[list[float], list[int]]:
    """Return the scores of the next line's states, and from which state of this line each is reached best."""
    best_title = max(range(5), key=scores.__getitem__)
    leave_title = scores[best_title] + this.ends_title + costs.full
    one, many = scores[ABSTRACT] + this.too_short, scores[MORE]
    best_abstract = ABSTRACT if one > many else MORE
    leave_abstract = max(one, many) + this.ends_abstract + costs.full
    to_title = (leave_title - 1.0 + costs.crowded / 2, best_title)
    if leave_abstract + costs.crowded > to_title[0]:
        to_title = (leave_abstract + costs.crowded, best_abstract)
    longer = ABSTRACT if scores[ABSTRACT] > many else MORE
    after = [to_title[0] - (3.5 if following.starts_lower else 0.0)]
    after += [score + costs.in_title for score in scores[:4]]
    after.append(leave_title + following.prose - (5.0 if following.starts_lower else 0.0))
    after.append(scores[longer] + costs.in_abstract + following.prose)
    return after, [to_title[1], 0, 1, 2, 3, best_title, longer]


def _parts(states: Sequence[int]) -> list[Part]:
    starts = [i for i, state in enumerate(states) if state in {TITLE, ABSTRACT}] + [len(states)]
    return [Part(first, last, states[first] == ABSTRACT) for first, last in pairwise(starts)]


def join_lines(lines: Sequence[str], known: Sequence[str] = ()) -> str:
    """Return wrapped lines as one: a hyphen at the end of a line joins, and stays unless `known` has the whole word."""
    text = lines[0]
    for line in lines[1:]:
        if not _HYPHEN.search(text):
            text = f"{text} {line}"
            continue
        head, tail = re.split(r"[^\w-]", text[:-1])[-1], re.split(r"[^\w-]", line)[0]
        whole = re.compile(rf"(?i)\b{re.escape(head + tail)}\b")
        broken = len(head) > 1 and tail[:1].islower() and any(whole.search(other) for other in known)
        text = f"{text[:-1] if broken else text}{line}"
    return text
