"""How two titles differ, in named ways: a misspelling and a missing subtitle are not a different number.

Pure. The names (flags) are what `decide.py` knows; the note is what a person reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Levenshtein

from refkit.model import ArxivRecord, Outcome, Part
from refkit.normalize import before_colon, is_truncated, key_of, title_key, without_ellipsis, without_marks, words

# Articles come and go between the spellings of one title; "in", "from" and "and" tell real papers apart.
_ARTICLES = frozenset({"a", "an", "the"})
# Words that set a paper apart from its twin (a reply, a part, a sequel), and words that turn a title round.
_TWIN = frozenset(
    "revisited revisiting rethinking retrospective reply response comment comments rejoinder rebuttal discussion "
    "corrigendum correction erratum errata addendum retraction retracted withdrawn part sequel extended supplement "
    "supplementary appendix review survey overview version v1 v2 v3 v4".split()
)
# Of these the ones that name a paper about a paper, mostly by the same authors.
_ABOUT = frozenset(
    "reply response comment comments rejoinder rebuttal discussion corrigendum correction erratum errata addendum "
    "retraction retracted withdrawn part sequel supplement supplementary appendix".split()
)
_TURNING = _TWIN | frozenset("not no non without never against beyond un anti cannot t upper lower".split())
_ROMAN = re.compile(r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_NUMBER_WORDS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve twenty hundred thousand first second third "
    "fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
)
_PREFIXES = frozenset(
    "un non in im ir il a homo hetero micro macro anti dis semi self multi inter intra hyper hypo pre post re co sub "
    "super bi tri mis de over under meta".split()
)

# A letter missing, doubled or exchanged may be a slip of the pen in a word so long, but not its first one.
# Shorter words are too often others (BERT, BART), and so are words with another beginning (quality, duality) or two
# letters apart (explicit, implicit; encoding, decoding).
_SLIP_LENGTH = 6
_PREFIXED_LENGTH = 4


_CUT = Part(Outcome.PARTIAL, 0.99, "cut short in the digest", ("cut",))
_GOES_ON = Part(Outcome.PARTIAL, 0.99, "the digest's title goes on, the record's does not", ("goes on",))


def compare_titles(mention: str, record: ArxivRecord) -> Part:
    """Compare a digest's title with the title of a record and its former ones; return the best of these."""
    part = _compare_both(mention, record.title)
    if not record.former_titles:
        return part
    parts = [part]
    for former in record.former_titles:
        part = _compare_both(mention, former)
        note = f"its former title{': ' + part.note if part.note else ''}"
        parts.append(Part(part.outcome, part.score, note, part.flags))
    return max(parts, key=lambda part: (part.outcome is Outcome.MATCH, part.score or 0.0))


def _compare_both(mention: str, title: str) -> Part:
    """Compare a title as it is printed, and without the marks of the list that it stands in, if that says more."""
    part = _compare(mention, title)
    bare = without_marks(mention)
    if part.outcome is Outcome.MATCH or bare == mention:
        return part
    other = _compare(bare, title)
    return other if (other.score or 0.0) > (part.score or 0.0) else part


def _compare(mention: str, title: str) -> Part:
    cut = is_truncated(mention)
    ours, key = _read(without_ellipsis(mention) if cut else mention)
    theirs, other = _read(title)
    if not key or not other:
        return Part(Outcome.ABSENT)
    if key == other and not cut:
        return Part(Outcome.MATCH, 1.0)
    score = fuzz.ratio(key, other) / 100
    if cut and other.startswith(key):
        return _CUT if key != other else _GOES_ON
    shape, extra = _shape(mention, title)
    if set(words(extra)) & _TWIN:
        flag = "about" if set(words(extra)) & _ABOUT else "turning"
        return Part(Outcome.MISMATCH, score, f"one of them begins with “{extra}”", (flag,))
    if len(extra.split()) > 1 or _is_number(title_key(extra)):
        shape = shape.replace("name", "heading")  # "Don't Try This at Home: ...": perhaps a sequel, not a nickname
    if shape:
        return Part(Outcome.PARTIAL, max(score, 0.9), shape, (shape,))
    differences = list(_differences(ours, theirs))
    flags = tuple(flag for flag, _ in differences)
    return Part(_outcome(flags, score), score, "; ".join(note for _, note in differences), flags)


# The caches are for the mention, which is compared with ten candidates or so, and for titles of more than one record.
@lru_cache(maxsize=1024)
def _read(title: str) -> tuple[tuple[str, ...], str]:
    """Return the words of a title and its key."""
    found = words(title)
    return found, key_of(found)


@lru_cache(maxsize=1024)
def head(title: str) -> tuple[str, str]:
    """Return what stands before the colon of a title and its key; both "" if nothing does."""
    name = before_colon(title)
    return name, title_key(name)


def _outcome(flags: Sequence[str], score: float) -> Outcome:
    if score < 0.5 or {"number", "one number", "about", "turning"} & set(flags):  # noqa: PLR2004 - half the letters: not the same title
        return Outcome.MISMATCH
    return Outcome.PARTIAL


def _shape(mention: str, title: str) -> tuple[str, str]:
    """Name the way in which one title is a part of the other, cut at its colon, and the name that only one has.

    The second is "" where it is the subtitle that only one has.
    """
    (name, our_head), (other_name, other_head) = head(mention), head(title)
    if not our_head and not other_head:
        return "", ""
    (_, key), (_, other) = _read(mention), _read(title)
    if other_head and key == other_head:
        return "subtitle dropped", ""
    if our_head and our_head == other:
        return "subtitle added", ""
    if other_head and other == other_head + key:
        return "name dropped", other_name
    if our_head and key == our_head + other:
        return "name added", name
    return "", ""


def _differences(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (flag, note) for each place in which the words differ; words joined or broken are no difference."""
    for mine, other in _unequal_runs(ours, theirs):
        if "".join(mine) != "".join(other):
            yield _kind(mine, other), _note(mine, other)


def _unequal_runs(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield the runs of words between the words that both titles have in the same order; there they may be empty."""
    start = other_start = 0
    for step in Levenshtein.opcodes(ours, theirs):
        if step.tag == "equal":
            yield ours[start : step.src_start], theirs[other_start : step.dest_start]
            start, other_start = step.src_end, step.dest_end
    yield ours[start:], theirs[other_start:]


def _kind(mine: Sequence[str], other: Sequence[str]) -> str:
    """Name one difference. Order matters: what tells papers apart is looked for first."""
    changed = set(mine) ^ set(other)
    if changed & _ABOUT or any(map(_is_successor, changed)):
        return "about"
    numbers, others = _numbers(mine), _numbers(other)
    if any(map(_is_number, changed)) and numbers != others:
        alone = any(side and all(map(_is_number, side)) for side in (mine, other))  # "Qwen2" and "Qwen2.5"
        return "number" if alone or (numbers and others) else "one number"
    whole, other_whole = "".join(mine), "".join(other)
    if changed & _TURNING or _differ_by_affix(whole, other_whole):
        return "turning"
    return _kind_of_words(mine, other)


def _is_successor(word: str) -> bool:
    """Whether a word is the name of a method's successor: "RegFormer++"."""
    return word.endswith("plusplus") and word != "plusplus"


def _kind_of_words(mine: Sequence[str], other: Sequence[str]) -> str:
    """Name a difference of words that tell nothing by themselves."""
    if _without_articles(mine) == _without_articles(other):
        return "article"
    if not mine:
        return "word missing"
    if not other:
        return "word added"
    return _kind_of_replacement("".join(mine), "".join(other))


def _without_articles(side: Sequence[str]) -> list[str]:
    return [word for word in side if word not in _ARTICLES]


def _kind_of_replacement(mine: str, other: str) -> str:
    if {mine, other} in ({mine, mine + "s"}, {other, other + "s"}):
        return "plural"
    return "spelling" if _is_slip(mine, other) else "other word"


def _is_slip(mine: str, other: str) -> bool:
    """Whether one is the other misspelt: a letter missing, doubled or exchanged with its neighbour, or s for z.

    One letter for another is not: that makes other words (planting, planning; fraction, friction).
    """
    if min(len(mine), len(other)) < _SLIP_LENGTH or mine[0] != other[0] or not (mine + other).isalpha():
        return False
    if OSA.distance(mine, other) != 1:
        return False
    return len(mine) != len(other) or sorted(mine) == sorted(other) or mine.replace("s", "z") == other.replace("s", "z")


@lru_cache(maxsize=4096)
def _is_number(word: str) -> bool:
    """Whether a word counts: digits, Roman numerals, number words, and the letters of parts ("A", "B")."""
    if any(map(str.isdigit, word)) or word in _NUMBER_WORDS:
        return True
    return bool(_ROMAN.fullmatch(word)) or (len(word) == 1 and word != "a")


def _numbers(side: Sequence[str]) -> str:
    """Return the digits and counting words of a side, so that "gpt 4" and "gpt4" are equal."""
    return " ".join("".join(filter(str.isdigit, word)) or word for word in side if _is_number(word))


def _differ_by_affix(mine: str, other: str) -> bool:
    """Whether one is the other with a prefix that changes its sense (unsupervised) or a sign of a sequel (YOLO++)."""
    short, long = (mine, other) if len(mine) <= len(other) else (other, mine)
    if len(short) >= _PREFIXED_LENGTH and long.endswith(short):
        return long.removesuffix(short) in _PREFIXES
    return bool(short) and long.removeprefix(short) in {"plusplus", "sharp"}


def _note(mine: Sequence[str], other: Sequence[str]) -> str:
    ours, theirs = f"“{' '.join(mine)}”", f"“{' '.join(other)}”"
    if not mine:
        return f"the record also has {theirs}"
    if not other:
        return f"the digest also has {ours}"
    return f"{ours} in the digest, {theirs} in the record"
