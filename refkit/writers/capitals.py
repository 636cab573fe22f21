r"""Which words of a title keep their capitals: `{BERT}`, `{I}`, `{B-Coder}:`, and none that does not need it.

BibTeX's styles print titles in sentence case: they lower every letter outside of braces but the first one and
one after a colon (btxhak, `change.case$`). A group that *begins* with a backslash does not protect: it is a
"special character".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refkit.writers.latex import MATH

if TYPE_CHECKING:
    from collections.abc import Iterator

# Share of capitalised words among the ordinary ones: four letters and more, not the first, no function words.
# In our accuracy pool (400,000 arXiv titles) 95 % of the titles lie under 0.35 or at 1. In a title under this
# cut 30 % of the capitalised words are words that other titles write in lower case: 70 % are proper nouns.
# From the cut on 61 % and more are ordinary words, in every class of 0.05 (docs/bibtex.md).
SENTENCE_CASE = 0.35
_SMALL = frozenset(
    "with from into over under between through without within toward towards using their what when where "
    "which that this than then your ours they about after before upon versus".split()
)
_LONG = 4
_ALL_CAPITALS = 0.8
_THREE = 3

# One character stands for each part of a title: a letter for itself, these for mathematics, groups, commands.
_SAFE = "\ue000"
_CAPITAL = "\ue001"
_BLANK = " "
_ACCENT = r"\\(?:[\"'`^~=.]\s*(?:\{\\?[A-Za-z]\}|\\?[A-Za-z])|[bcdhHkrtuv](?:\s+\\?[A-Za-z]|\{\\?[A-Za-z]\}))"
_ATOM = re.compile(
    rf"(?P<math>{MATH})|(?P<accent>\{{{_ACCENT}\}}|{_ACCENT})|(?P<blank>[\s~]|\\ )"
    r"|(?P<escape>\\[&%#_$]|\\\^\{\})|(?P<command>\\[A-Za-z]+\*?(?:\{\})?)|(?P<symbol>\\.)|(?P<group>\{)|(?P<char>.)"
)
_TOKEN = re.compile(rf"[^{_BLANK}]+")
_WORD = rf"[^\W_]|[{_SAFE}{_CAPITAL}]"
_CORE = re.compile(rf"(?:{_WORD})(?:.*(?:{_WORD}))?[+#*]*")
_PART = re.compile(r"[^-‐‑‒–—/]+")
_CLITIC = re.compile(r"['’](?:s|m|ve|d|ll|re|t)$")
_NUMBER = re.compile(r"\d[\d.]*(?:[A-Z]|[a-z])?")
_DIMENSION = re.compile(r"[0-9][dD]")


def protect(title: str) -> str:
    """Return a clean title (see `latex.clean`) with braces round the words that keep their capitals."""
    atoms = list(_atoms(title))
    if not any(sign.isupper() or sign == _CAPITAL for _, sign in atoms):
        return title
    signs = "".join(sign for _, sign in atoms)
    texts = [text for text, _ in atoms]
    for start, end in _spans(signs):
        inner = "".join(texts[start:end])
        texts[start:end] = ["{{" + inner + "}}" if inner.startswith("\\") else "{" + inner + "}"]
    return "".join(texts)


def _atoms(title: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a title outside of braces, each with the one character that stands for it."""
    place = 0
    while place < len(title):
        found = _ATOM.match(title, place)
        assert found is not None, "a clean title has one line"  # noqa: S101 - its last group takes any character
        text, kind = found[0], found.lastgroup
        if kind == "group":
            text = title[place : _group_end(title, place)]
        yield text, _sign(text, kind)
        place += len(text)


def _group_end(text: str, start: int) -> int:
    depth = 0
    for brace in re.finditer(r"(?<!\\)[{}]", text[start:]):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return start + brace.end()
    return len(text)


def _sign(text: str, kind: str | None) -> str:
    if kind == "accent":
        letters: list[str] = re.findall("[A-Za-z]", text)
        return letters[-1]
    if kind in ("math", "command"):
        return _CAPITAL if any(char.isupper() for char in text) else _SAFE
    if kind == "group":  # BibTeX lowers the letters of a group that begins with a command
        return _CAPITAL if text.startswith("{\\") and any(char.isupper() for char in text) else _SAFE
    if kind == "blank":
        return _BLANK
    if kind == "symbol":
        return "."
    return text[1] if kind == "escape" else text


def _spans(signs: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where the capitals are kept, last first, so that the earlier places stay true."""
    sentence_case = _share_of_capitals(signs) < SENTENCE_CASE
    only_forced = _is_all_capitals(signs)
    for token in reversed(list(_TOKEN.finditer(signs))):
        first = token.start() == 0 or re.search(r"[:?!.–—-] +$", signs[: token.start()]) is not None
        spans = _name_before_colon(signs, token) or _parts(token, proper=sentence_case, first=first)
        for start, end in reversed(spans):
            if not only_forced or _CAPITAL in signs[start:end]:
                yield start, end


def _name_before_colon(signs: str, token: re.Match[str]) -> list[tuple[int, int]]:
    """Return the whole first word, if a colon follows it and it has a capital inside: `B-Coder: ...`."""
    core = _CORE.search(token[0])
    if not core or token[0][-1] != ":" or signs[: token.start()].strip():
        return []
    inside = _CAPITAL in core[0] or any(char.isupper() for char in core[0][1:])
    return [(token.start() + core.start(), token.start() + core.end())] if inside else []


def _parts(token: re.Match[str], *, proper: bool, first: bool) -> list[tuple[int, int]]:
    """Find the parts between hyphens that keep their capitals; neighbours that both do become one."""
    cores = []
    for part in _PART.finditer(token[0]):
        core = _CORE.search(part[0])
        if core:
            start, end = _with_brackets(part[0], core.start(), core.end())
            word = _CLITIC.sub("", part[0][start:end])
            start += token.start() + part.start()
            cores.append((start, start + len(word), word))
    names = sum(word.lstrip("([")[0].isupper() for _, _, word in cores)
    proper = proper and (not first or names > 1)
    wanted = [_wants(word, proper=proper) for _, _, word in cores]
    _take_numbers(cores, wanted)
    spans: list[tuple[int, int]] = []
    for place, (start, end, _) in enumerate(cores):
        if wanted[place]:
            joined = place > 0 and wanted[place - 1]
            spans.append((spans.pop()[0], end) if joined else (start, end))
    return spans


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a word by the bracket next to it whose partner is inside of it: `O(N)`, not `O(N`."""
    for opening, closing in ("()", "[]"):
        inside = text[start:end]
        if inside.count(opening) > inside.count(closing) and text[end : end + 1] == closing:
            end += 1
        if inside.count(closing) > inside.count(opening) and start and text[start - 1] == opening:
            start -= 1
    return start, end


def _wants(word: str, *, proper: bool) -> bool:
    """Whether a word by itself needs its capitals."""
    word = word.lstrip("([")
    if _CAPITAL in word or any(char.isupper() for char in word[1:]):
        return True
    alone = sum(char.isalpha() for char in word) == 1 and word != "A"
    return word[0].isupper() and (alone or proper or any(char.isdigit() for char in word))


def _take_numbers(cores: list[tuple[int, int, str]], wanted: list[bool]) -> None:
    """Let a number go with the name before it (`GPT-4`) and make a name of a word (`Phi-3`, `Llama-7B`)."""
    for place in range(1, len(cores)):
        word = cores[place][2]
        if _NUMBER.fullmatch(word) and not _DIMENSION.fullmatch(word) and cores[place - 1][2][0].isupper():
            wanted[place - 1] = wanted[place] = True


def _ordinary_words(signs: str) -> list[str]:
    """Return the words whose first letter tells title case from sentence case."""
    words = []
    for token in _TOKEN.finditer(signs):
        if token.start() == 0 or re.search(r"[:?!.–—-] +$", signs[: token.start()]):
            continue
        word = token[0].strip("()[]\"'`.,;:?!“”‘’")
        if len(word) >= _LONG and word.isalpha() and word[1:].islower() and word.lower() not in _SMALL:
            words.append(word)
    return words


def _share_of_capitals(signs: str) -> float:
    words = _ordinary_words(signs)
    return sum(word[0].isupper() for word in words) / len(words) if words else 1.0


def _is_all_capitals(signs: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]{2,}", signs) if _SAFE not in word]
    capitals = sum(word.isupper() for word in words)
    return len(words) >= _THREE and capitals >= _ALL_CAPITALS * len(words)
