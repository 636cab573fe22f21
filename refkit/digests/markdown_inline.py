"""One line of Markdown -> its visible text in pieces, each with its place, its look, and where it leads.

Own code and not markdown-it-py, because that gives no places within a line, and because lists are sloppier than
CommonMark allows: `** bold **`, `[text] (link)`, `[[Paper]](link)`. The time is linear in the length of the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

from refkit.digests.lines import clean

_URL = r"(?:https?://|www\.)[^\s<>\"|`\[\]]*[^\s<>\"|`\[\].,;:!?'*_~\\]"
_TOKEN = re.compile(
    r"(?P<break>\\(?=\r?\n|$)|  +(?=\r?\n)|</?br\b[^<>]{0,200}>|</p>)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|`(?P<code>[^`]+)`"
    r"|(?P<math>\$\$[^$]{1,300}\$\$|\$(?=[^\s$])(?:[^$\\]|\\.){1,300}?(?<=\S)\$(?!\d))"
    r"|<!--.{0,2000}?-->"
    rf"|<(?P<auto>{_URL}/?)>"
    r"|<(?P<tag>/?[a-zA-Z][\w:-]*)(?P<attributes>\s[^<>]{0,2000})?/?>"
    r"|\[\[(?P<wiki>[^\[\]|\n]{1,300})(?:\|(?P<alias>[^\[\]\n]{1,300}))?\]\](?![(\[])"
    r"|(?P<open>!?\[)|(?P<close>\])"
    rf"|(?P<url>{_URL})"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});)"
    r"|(?P<marks>\*+|_+|~~|==)"
    r"|(?P<space>\s+(?:>[\s>]*)?)"
    r"|(?P<text>(?:[^\\`$<\[\]!&*_~=\shw]+|[hw](?!ttps?://|ww\.)| (?=[^\s\\]))+|.)",
    re.DOTALL,
)
# What stands behind the text of a link. A blank before it is an error that many lists have.
_TARGET = re.compile(
    r"\(\s*<?(?P<url>(?:[^\s()<>\\]|\\.|\((?:[^\s()]|\([^\s()]*\))*\)){0,4000})>?(?:\s+[^()\n]{0,500}|\s+\"[^\"\n]{0,500}\"|\s+'[^'\n]{0,500}')?\)"
    r"|\(\s*(?P<odd>https?://[^\s()]{1,4000})[^()\n]{0,200}\)|[ \t](?=\()\(\s*(?P<apart>https?://[^\s()]{1,4000})\s*\)"
    r"|\[(?P<ref>[^\[\]\n]{0,200})\]"
)
_HREF = re.compile(r"(?i)\b(?P<name>href|src|alt)\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[^\s\"'>]+))")
_STRONG = frozenset({"b", "strong", "summary", "th"})
_ITALIC = frozenset({"i", "em", "cite"})
_APART = frozenset({"td", "th", "tr", "li", "p", "div", "details", "summary", "dd", "dt", "ul", "ol", "center"})
_TWO = 2  # marks make bold
_LOOKED_AT = 30  # how many open marks are looked at for the one that is closed


class Span(NamedTuple):
    r"""Text of one look, from `start` to `end` in the digest. A break has the text "\n", an image that of its `alt`.

    `link` numbers the link that it is the text of, or a part of (0: none), `href` is where that leads; `image` is where
    the image is found.
    """

    text: str
    start: int
    end: int
    href: str = ""
    link: int = 0
    strong: bool = False
    italic: bool = False
    code: bool = False
    image: str = ""


def fold_label(label: str) -> str:
    """Return the label of a reference link as it is compared."""
    return clean(label).casefold()


def spans_of(text: str, start: int, end: int, references: Mapping[str, str]) -> list[Span]:
    """Return what a person sees of text[start:end]; `references` are the link definitions by folded label."""
    return _Inline(text, start, end, references).run()


@dataclass
class _Marks:
    """A run of `*` or the like: where it stands among the spans, and how many of its signs are not used up."""

    place: int
    sign: str
    left: int
    opens: bool
    closes: bool


class _Inline:
    """One reading of one line."""

    def __init__(self, text: str, start: int, end: int, references: Mapping[str, str]) -> None:
        self._text, self._start, self._end = text, start, end
        self._references = references
        self._spans: list[Span] = []
        self._brackets: list[tuple[int, int, bool]] = []
        self._marks: list[_Marks] = []
        self._tags: list[tuple[str, int, str]] = []
        self._links = 0
        self._last_linked = -1
        self._strong: dict[int, int] = {}
        self._italic: dict[int, int] = {}

    def run(self) -> list[Span]:
        place = self._start
        while place < self._end:
            found = _TOKEN.match(self._text, place, self._end)
            if not found:
                break
            place = self._put(found)
        for tag, at, href in self._tags:
            self._end_tag(tag, at, href)
        _pair(self._marks, self._strong, self._italic)
        return list(_merged(self._styled()))

    def _put(self, found: re.Match[str]) -> int:
        kind = found.lastgroup or ""
        start, end = found.span()
        if kind == "close":
            return self._close(start)
        if kind in {"auto", "url"}:
            return self._address(found, kind)
        if kind == "open":
            self._brackets.append((len(self._spans), start, found[0] == "!["))
            self._add("" if found[0] == "![" else "[", start, end)
        elif kind == "marks":
            self._add_marks(found)
        elif found["tag"]:
            self._tag(found["tag"].lower(), found["attributes"] or "", start, end)
        elif kind == "code":
            self._spans.append(Span(found["code"].strip(), start + 1, end - 1, code=True))
        elif kind:
            self._add(_text_of(found, kind), start, end)
        return end

    def _add(self, text: str, start: int, end: int) -> None:
        self._spans.append(Span(text, start, end))

    def _address(self, found: re.Match[str], kind: str) -> int:
        """Add an address that is written out. One bracket more than opened does not belong to it."""
        url, (start, end) = found[kind], found.span()
        if kind == "url" and url.endswith(")"):
            extra = url.count(")") - url.count("(")
            cut = len(url) - len(url.rstrip(")"))
            drop = min(cut, max(extra, 0))
            url, end = url[: len(url) - drop], end - drop
        self._links += 1
        href = url if "://" in url else f"http://{url}"
        if self._brackets and self._text[end : end + 1] == "]":
            self._add(url, start, end)  # the text of a link may be an address itself
        else:
            self._spans.append(Span(url, start, end, href, self._links))
            self._last_linked = len(self._spans) - 1
        return end

    def _close(self, place: int) -> int:
        """End the text of a link or an image, if it was one."""
        if not self._brackets:
            self._add("]", place, place + 1)
            return place + 1
        first, opened, image = self._brackets.pop()
        found = _TARGET.match(self._text, place + 1, self._end)
        href = self._href(found, first) if found else self._reference(self._words(first))
        end = found.end() if found and href is not None else place + 1
        if href is None or (not image and self._last_linked > first):
            self._add("]", place, place + 1)
            return place + 1
        if image:
            alt = clean("".join(span.text for span in self._spans[first + 1 :]))
            del self._spans[first:]
            self._spans.append(Span(alt, opened, end, image=href or "?"))
            return end
        self._link(first, href)
        self._spans[first] = Span("", opened, opened + 1)
        return end

    def _words(self, first: int) -> str:
        return "".join(span.text for span in self._spans[first + 1 : first + 40]) if self._references else ""

    def _href(self, found: re.Match[str], first: int) -> str | None:
        if found["ref"] is not None:
            return self._reference(found["ref"] or self._words(first)) or self._reference(self._words(first))
        url = found["url"] if found["url"] is not None else found["odd"] or found["apart"]
        return unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", url))

    def _reference(self, label: str) -> str | None:
        return self._references.get(fold_label(label)) if self._references else None

    def _link(self, first: int, href: str) -> None:
        self._links += 1
        for i in range(first, len(self._spans)):
            self._spans[i] = self._spans[i]._replace(href=href, link=self._links)
        if not any(span.text or span.image for span in self._spans[first + 1 :]):
            self._spans.append(Span("", self._spans[-1].end, self._spans[-1].end, href, self._links))
        self._last_linked = len(self._spans) - 1

    def _add_marks(self, found: re.Match[str]) -> None:
        before = self._text[found.start() - 1] if found.start() > self._start else " "
        after = self._text[found.end()] if found.end() < self._end else " "
        sign, count = found[0][0], len(found[0])
        left = not after.isspace() and (not _is_punctuation(after) or before.isspace() or _is_punctuation(before))
        right = not before.isspace() and (not _is_punctuation(before) or after.isspace() or _is_punctuation(after))
        opens, closes = left, right
        if sign == "_":
            opens, closes = (
                left and (not right or _is_punctuation(before)),
                right and (not left or _is_punctuation(after)),
            )
        self._marks.append(_Marks(len(self._spans), sign, count, opens, closes))
        self._add(found[0], *found.span())

    def _tag(self, name: str, attributes: str, start: int, end: int) -> None:
        values = {
            each["name"].lower(): each["a"] or each["b"] or each["c"] or "" for each in _HREF.finditer(attributes)
        }
        if name == "img":
            self._spans.append(Span(unescape(values.get("alt", "")), start, end, image=values.get("src") or "?"))
            return
        if name.lstrip("/") in _APART:
            self._add("\n", start, end)
        if name.startswith("/"):
            for i in range(len(self._tags) - 1, max(-1, len(self._tags) - _LOOKED_AT), -1):
                if self._tags[i][0] == name[1:]:
                    self._end_tag(*self._tags.pop(i))
                    break
        elif name == "a" or name in _STRONG or name in _ITALIC:
            self._tags.append((name, len(self._spans), unescape(values.get("href", ""))))

    def _end_tag(self, name: str, first: int, href: str) -> None:
        if name == "a" and href and self._last_linked < first < len(self._spans):
            self._link(first, href)
        elif name != "a":
            _style(self._strong if name in _STRONG else self._italic, first, len(self._spans))

    def _styled(self) -> Iterator[Span]:
        left = {marks.place: marks.left for marks in self._marks}
        strong = italic = 0
        for i, span in enumerate(self._spans):
            strong += self._strong.get(i, 0)
            italic += self._italic.get(i, 0)
            if i in left:
                span = span._replace(text=span.text[: left[i]])  # noqa: PLW2901 - only this span
            yield span._replace(strong=strong > 0, italic=italic > 0)


def _text_of(found: re.Match[str], kind: str) -> str:
    if kind == "break":
        return "\n"
    if found["wiki"]:
        return (found["alias"] or found["wiki"]).rpartition("/")[2]
    if kind == "entity":
        return unescape(found[0])
    return _blank(found[0]) if kind == "space" else found[kind]


def _blank(space: str) -> str:
    """Return one blank, or two for a gap within a line."""
    return "  " if len(space) > 1 and space.isspace() and "\n" not in space and "\r" not in space else " "


def _is_punctuation(sign: str) -> bool:
    return not sign.isalnum() and not sign.isspace()


def _style(changes: dict[int, int], first: int, last: int) -> None:
    changes[first] = changes.get(first, 0) + 1
    changes[last] = changes.get(last, 0) - 1


def _pair(runs: Sequence[_Marks], strong: dict[int, int], italic: dict[int, int]) -> None:
    """Find which marks belong together, as CommonMark does; then two `**` that are left over."""
    stack: list[_Marks] = []
    for run in runs:
        if run.closes:
            _close_marks(stack, run, strong, italic)
        if run.left and run.opens:
            stack.append(run)
    for sign in "*_~=":
        rest = [run for run in runs if run.left == _TWO and run.sign == sign]
        for opener, closer in zip(rest[::2], rest[1::2], strict=False):
            _use(opener, closer, 2, strong, italic)
        if sign == "*" and len(rest) % 2:
            rest[-1].left = 0  # the other one was forgotten


def _close_marks(stack: list[_Marks], run: _Marks, strong: dict[int, int], italic: dict[int, int]) -> None:
    for i in range(len(stack) - 1, max(-1, len(stack) - _LOOKED_AT), -1):
        opener = stack[i]
        if opener.sign != run.sign or not opener.left or _odd(opener.left, run.left):
            continue
        while opener.left and run.left:
            _use(opener, run, min(opener.left, run.left, _TWO), strong, italic)
        del stack[i + (opener.left > 0) :]
        if not run.left:
            break


def _odd(opened: int, closed: int) -> bool:
    """Whether one star cannot end two ("**C*-algebras**")."""
    return opened + closed == 3  # noqa: PLR2004


def _use(opener: _Marks, closer: _Marks, count: int, strong: dict[int, int], italic: dict[int, int]) -> None:
    opener.left -= count
    closer.left -= count
    if opener.sign not in "~=":
        _style(strong if count > 1 else italic, opener.place + 1, closer.place)


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    """Yield neighbouring spans of the same look as one."""
    held: list[Span] = []
    for span in spans:
        if not span.text and not span.image and not span.link:
            continue
        if held and (span.text == "\n" or held[0][3:] != span[3:] or held[0].text == "\n" or span.image):
            yield _one(held)
            held = []
        held.append(span)
    if held:
        yield _one(held)


def _one(spans: Sequence[Span]) -> Span:
    return spans[0]._replace(text="".join(span.text for span in spans), end=spans[-1].end)
