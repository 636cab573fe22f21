"""HTML -> what a person sees of it: one block of text after the other, with links, emphasis and places.

Scripts, styles, comments and what is hidden are dropped; the texts of menus and footers are marked as such, so that
a reader can say why it skipped them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple

from refkit.digests.lines import clean
from refkit.digests.markup import END, RAW, TEXT, LineStarts, Token, attribute, tokens

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_KINDS = {
    **dict.fromkeys(_HEADINGS, "heading"), "li": "item", "td": "cell", "th": "cell", "dt": "term", "dd": "text",
    "blockquote": "quote",
}  # fmt: skip
_BLOCKS = frozenset(_KINDS) | frozenset(
    "address article aside body br center dd details dialog dir div dl fieldset figcaption figure footer form header"
    " hr html legend main menu nav ol option p pre section summary table tbody tfoot thead tr ul".split()
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_HIDDEN = frozenset("head noscript template button select option object audio video canvas datalist applet".split())
_ROWS = frozenset({"li", "tr", "article"})
# An element that begins ends those of the first set which are open, unless one of the second set is in between.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu", "table", "td"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl", "table", "td"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl", "table", "td"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "a": (frozenset({"a"}), frozenset({"td", "th", "table", "li"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
}
_CELLS = frozenset({"td", "th", "table"})
_TABLE = frozenset({"table", "thead", "tbody", "tfoot", "tr", "td", "th"})
_DEEPEST = 1_000  # open elements; browsers stop at 512
_LOOKED_AT = 100  # how many open elements are looked at for the one that ends
_MOST_PIECES = 5_000
# Not by size or opacity: layouts of mails set these to nothing round text that is seen.
_INVISIBLE = re.compile(r"(?i)(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)")
_IN_HEAD = frozenset("head title meta link base style script noscript template bgsound".split())
# Names of classes whose text is not seen, or is there for machines only.
_INVISIBLE_CLASSES = frozenset(
    "preheader preview-text previewtext sr-only visually-hidden screen-reader-text mcnpreviewtext katex-html MathJax"
    " MathJax_SVG MathJax_CHTML MathJax_Preview mjx-chtml abstract-short".split()
)
_AREAS = {
    **dict.fromkeys("nav navigation navbar menu breadcrumb breadcrumbs pagination topbar".split(), "a menu"),
    **dict.fromkeys("footer contentinfo site-footer page-footer email-footer".split(), "a footer"),
}
_BOLD = re.compile(r"(?i)(?:^|[;\s])font-weight\s*:\s*(?:bold|[6-9]00)")
_TEX = re.compile(r"(?is)<annotation[^>]{0,200}application/x-tex[^>]{0,200}>(.*?)</annotation")


class Piece(NamedTuple):
    """Text of one look, as it stands in the page: `start` to `end` is its place without blanks around.

    `link` numbers the link that it is the text of, or a part of (0: none), `href` is where that leads.
    """

    text: str
    start: int
    end: int
    href: str = ""
    link: int = 0
    strong: bool = False
    italic: bool = False
    names: str = ""


class Block(NamedTuple):
    """A line that a person sees: a paragraph, heading, cell or item, or a part of one between line breaks.

    `element` numbers what it is a part of, `row` the innermost item of a list, row of a table or article around
    it (0: none; a description has the row of its term), `outer` the one around that. `names` are the classes of the
    element, `around` those of the one outside. `area` is why it is no content, "" if it may be. `when` is the machine
    readable date in it. A rule (`hr`) has kind "rule" and no text.
    """

    kind: str
    text: str
    line: int
    pieces: tuple[Piece, ...] = ()
    level: int = 0
    element: int = 0
    row: int = 0
    outer: int = 0
    names: str = ""
    around: str = ""
    area: str = ""
    when: str = ""

    def links(self) -> list[Piece]:
        """Return the links of the block, each with its whole text in this block."""
        return [joined(group) for group in groups(self.pieces) if group[0].link]


class _State(NamedTuple):
    """What the open elements mean for text."""

    kind: str = "text"
    level: int = 0
    element: int = 0
    row: int = 0
    outer: int = 0
    names: str = ""
    around: str = ""
    area: str = ""
    hidden: bool = False
    pre: bool = False
    href: str = ""
    link: int = 0
    strong: bool = False
    italic: bool = False
    inline: str = ""


def groups(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return neighbouring pieces of the same link together, and those of no link."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and found[-1][-1].link == piece.link:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return pieces as one, with single spaces, strong if all with words are."""
    worded = [piece for piece in pieces if piece.text.strip()] or list(pieces)
    return worded[0]._replace(
        text=clean("".join(piece.text for piece in pieces)),
        end=max(piece.end for piece in worded),
        strong=all(piece.strong for piece in worded),
        italic=all(piece.italic for piece in worded),
    )


def raw_of(text: str, start: int, end: int, title: str) -> tuple[str, int]:
    """Return the page's own text of a title that stands between two places, and where it begins."""
    place = text.find(title, start, end)
    return (title, place) if place >= 0 else (text[start:end], start)


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page in order. Takes any text; the time is linear, and only one block is kept."""
    return _Page(text).run()


class _Page:
    """Follows the open elements and collects pieces until a block ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = LineStarts(text)
        self._open: list[tuple[str, _State]] = []
        self._counts: dict[str, int] = {}
        self._state = _State()
        self._pieces: list[Piece] = []
        self._first = self._state
        self._when = ""
        self._elements = self._rows = self._links = self._term = 0

    def run(self) -> Iterator[Block]:
        for token in tokens(self._text):
            if token.kind == TEXT:
                yield from self._put_text(token.start, token.end)
            elif token.kind == RAW:
                self._put_raw(token)
            elif token.name in _BLOCKS:
                yield from self._flush()
                yield from self._put_tag(token)
            else:
                yield from self._put_tag(token)
        yield from self._flush()

    def _put_text(self, start: int, end: int) -> Iterator[Block]:
        if self._state.hidden:
            return
        if self._state.pre:
            for part in re.finditer(r"[^\r\n]+|\r\n|\r|\n", self._text[start:end]):
                if part[0][0] in "\r\n":
                    yield from self._flush()
                else:
                    self._add(start + part.start(), start + part.end())
            return
        self._add(start, end)
        if len(self._pieces) >= _MOST_PIECES:
            yield from self._flush()

    def _add(self, start: int, end: int, *, marks: str = "") -> None:
        own = self._text[start:end]
        words = own.strip()
        if words:
            start += len(own) - len(own.lstrip())
            end = start + len(words)
        if not self._pieces:
            if not words:
                return
            self._first = self._state
        state = self._state
        self._pieces.append(
            Piece(
                f"{marks}{unescape(own)}{marks}" if marks else unescape(own),
                start, end, state.href, state.link, state.strong, state.italic, state.inline,
            )
        )  # fmt: skip

    def _flush(self) -> Iterator[Block]:
        pieces, self._pieces = self._pieces, []
        when, self._when = self._when, ""
        if not pieces:
            return
        words = clean("".join(piece.text for piece in pieces))
        if words:
            state, line = self._first, self._lines.number(pieces[0].start)
            yield Block(
                state.kind, words, line, tuple(pieces), state.level, state.element, state.row, state.outer,
                state.names, state.around, state.area, when,
            )  # fmt: skip

    def _put_raw(self, token: Token) -> None:
        """Formulas are kept in TeX, all other content that is no markup is not seen."""
        start, end = token.inner
        if self._state.hidden:
            return
        if token.name == "math":
            alternative = token.attributes.get("alttext")
            tex = _TEX.search(self._text, start, end)
            if tex or alternative:
                self._add(*(tex.span(1) if tex else alternative or (0, 0)), marks="$")
            else:
                for part in tokens(self._text[start:end]):
                    if part.kind == TEXT:
                        self._add(start + part.start, start + part.end)
        elif token.name == "script" and "math/tex" in attribute(self._text, token, "type").lower():
            self._add(start, end, marks="$")

    def _put_tag(self, token: Token) -> Iterator[Block]:
        if token.kind == END:
            self._close(token.name)
            return
        if token.name == "hr" and not self._state.hidden:
            yield Block("rule", "", self._lines.number(token.start), row=self._state.row)
        if token.name == "time":
            self._when = attribute(self._text, token, "datetime") or self._when
        if token.name not in _VOID:
            self._begin(token)

    def _begin(self, token: Token) -> None:
        name = token.name
        if self._counts.get("head") and name not in _IN_HEAD:
            self._pop_to(frozenset({"head"}), frozenset())  # it was never closed
        if name in _ENDS and self._counts.get(name if name not in {"dt", "dd", "td", "th"} else "", 1):
            self._pop_to(*_ENDS[name])
        elif name in _BLOCKS and self._counts.get("p"):
            self._pop_to(frozenset({"p"}), _BLOCKS - {"p"})
        state = self._inside(token)
        if len(self._open) < _DEEPEST:
            self._open.append((name, self._state))
            self._counts[name] = self._counts.get(name, 0) + 1
            self._state = state

    def _pop_to(self, names: frozenset[str], barriers: frozenset[str]) -> None:
        """End the innermost open element with one of these names, and all in it, unless a barrier is in between."""
        for depth in range(len(self._open) - 1, max(-1, len(self._open) - 1 - _LOOKED_AT), -1):
            name = self._open[depth][0]
            if name in names:
                self._cut(depth)
                return
            if name in barriers:
                return

    def _close(self, name: str) -> None:
        if not self._counts.get(name):
            return
        barriers = _CELLS if name not in _TABLE else frozenset({"table"} - {name})
        self._pop_to(frozenset({name}), barriers)

    def _cut(self, depth: int) -> None:
        for name, _ in self._open[depth:]:
            self._counts[name] -= 1
        self._state = self._open[depth][1]
        del self._open[depth:]

    def _inside(self, token: Token) -> _State:
        """Return the state inside an element that begins."""
        state, name, text = self._state, token.name, self._text
        if state.hidden:
            return state
        if name in _HIDDEN or (token.attributes and self._is_invisible(token)):
            return state._replace(hidden=True)
        if token.attributes or name in {"nav", "footer"}:
            state = state._replace(area=state.area or self._area(token))
        if name in _BLOCKS:
            return self._block(token, state)
        names = attribute(text, token, "class") if "class" in token.attributes else state.inline
        if name == "a":
            href = attribute(text, token, "href")
            self._links += 1
            state = state._replace(href=href.strip(), link=self._links if href else 0, inline=names)
        bold = name in {"b", "strong"} or (
            "style" in token.attributes and _BOLD.search(attribute(text, token, "style"))
        )
        italic = name in {"i", "em", "cite"}
        if bold or italic or names != state.inline:
            state = state._replace(strong=state.strong or bool(bold), italic=state.italic or italic, inline=names)
        return state

    def _block(self, token: Token, state: _State) -> _State:
        name = token.name
        self._elements += 1
        row, outer = state.row, state.outer
        if name in _ROWS or name == "dt":
            self._rows += 1
            row, outer = self._rows, state.row
            self._term = row if name == "dt" else self._term
        elif name == "dd" and self._term:
            row, outer = self._term, state.row
        level = _HEADINGS.get(name, state.level)
        kind = (
            "heading" if level else _KINDS.get(name, state.kind if state.kind in {"item", "quote", "cell"} else "text")
        )
        names = attribute(self._text, token, "class")
        style = attribute(self._text, token, "style") if "style" in token.attributes else ""
        return state._replace(
            kind=kind, level=level, element=self._elements, row=row, outer=outer, names=names,
            around=state.names or state.around, pre=state.pre or name == "pre", inline="",
            strong=state.strong or name == "th" or bool(style and _BOLD.search(style)),
        )  # fmt: skip

    def _is_invisible(self, token: Token) -> bool:
        names = attribute(self._text, token, "class").split() if "class" in token.attributes else []
        if "hidden" in token.attributes or any(name in _INVISIBLE_CLASSES for name in names):
            return True
        if attribute(self._text, token, "aria-hidden").lower() == "true":
            return True
        style = attribute(self._text, token, "style") if "style" in token.attributes else ""
        return bool(style and "abstract-full" not in names and _INVISIBLE.search(style))

    def _area(self, token: Token) -> str:
        """Return why what this element holds is no content. A footer in an article belongs to it."""
        names = [token.name, attribute(self._text, token, "role").lower()]
        if token.name not in {"body", "html", "main", "article"}:
            names += attribute(self._text, token, "class").lower().split()
        found = next((_AREAS[name] for name in names if name in _AREAS), "")
        return "" if found == "a footer" and self._counts.get("article") else found
