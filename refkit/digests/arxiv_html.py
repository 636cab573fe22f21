"""HTML as lines of text, each character with its place: a listing that a mail program has made a page of."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from refkit.digests.markup import END, START, TEXT, Token, attribute, tokens

_LOOKS_HTML = re.compile(r"\s*<(?:[!?]|/?[a-zA-Z])")
_BLOCKS = frozenset(
    "address article blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr html li main"
    " ol p pre section table tbody td th tr ul".split()
)
_HIDDEN = frozenset({"head", "template", "noscript"})
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_KEPT = re.compile(r"(?i)white-space\s*:\s*(?:pre|break-spaces)")


class _Run(NamedTuple):
    """Seen characters from `start` on; they stand at `origin`, one by one, or together take the place to `end`."""

    start: int
    origin: int
    end: int
    is_literal: bool


class Seen:
    """What a person sees of a page, as `text`; tells where each character of it stands in the page."""

    def __init__(self, page: str) -> None:
        self._runs: list[_Run] = [_Run(0, 0, 0, is_literal=False)]
        self._parts: list[str] = []
        self._length = 0
        self._read(page)
        self.text = "".join(self._parts)
        self._starts = [run.start for run in self._runs]

    def place(self, at: int) -> int:
        """Return where a character stands in the page."""
        run = self._run(at)
        return run.origin + (at - run.start if run.is_literal else 0)

    def end(self, at: int) -> int:
        """Return where what stands before a place of the text ends in the page."""
        run = self._run(at - 1)
        return run.origin + at - run.start if run.is_literal else run.end

    def _run(self, at: int) -> _Run:
        return self._runs[bisect_right(self._starts, max(at, 0)) - 1]

    def _read(self, page: str) -> None:
        hidden = kept = ""
        for token in tokens(page):
            if token.kind == TEXT:
                if not hidden:
                    self._write(page, token, keeps_lines=bool(kept))
            elif token.kind == START:
                hidden = hidden or (token.name if token.name in _HIDDEN else "")
                if not kept and (token.name == "pre" or _KEPT.search(attribute(page, token, "style"))):
                    kept = token.name
                self._break(token)
            elif token.kind == END:
                hidden = "" if hidden == token.name else hidden
                kept = "" if kept == token.name else kept
                self._break(token)

    def _break(self, token: Token) -> None:
        if token.name == "br" and token.kind == START:
            self._put("\n", _Run(self._length, token.start, token.end, is_literal=False))
        elif token.name in _BLOCKS and self._parts and not self._parts[-1].endswith("\n"):
            self._put("\n", _Run(self._length, token.start, token.start, is_literal=False))

    def _write(self, page: str, token: Token, *, keeps_lines: bool) -> None:
        for start, end, is_entity in _pieces(page, token.start, token.end):
            words = page[start:end]
            if is_entity:
                self._put(unescape(words), _Run(self._length, start, end, is_literal=False))
            elif keeps_lines:
                self._put(words, _Run(self._length, start, end, is_literal=True))
            else:
                words = _BLANKS.sub(lambda found: " " * len(found[0]), words)
                if words.strip(" ") or (self._parts and not self._parts[-1].endswith("\n")):
                    self._put(words, _Run(self._length, start, end, is_literal=True))

    def _put(self, words: str, run: _Run) -> None:
        self._runs.append(run)
        self._parts.append(words)
        self._length += len(words)


def _pieces(page: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Yield the places of text and character references by turns."""
    for found in _ENTITY.finditer(page, start, end):
        if start < found.start():
            yield start, found.start(), False
        yield found.start(), found.end(), True
        start = found.end()
    if start < end:
        yield start, end, False


def is_html(text: str) -> bool:
    """Whether a text is a page, or a part of one."""
    return bool(_LOOKS_HTML.match(text))
