"""Lines -> paragraphs: wrapped titles and abstracts are put together again, however the text was broken. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from refkit.digests.form import goes_on, is_abstract, is_headline

# A text is taken for hard-wrapped if its lines stay under this; unwrapped abstracts are longer.
_WIDEST_WRAP, _NARROWEST_WRAP = 160, 30
_LINES_OF_A_TITLE = 3
_HYPHENATED = re.compile(r"\w[-\u00ad‐]$")
# A line that cannot be broken (a URL) may be longer than the width: the width is that of nearly all lines.
_NEARLY_ALL = 0.97


class Line(Struct, frozen=True):
    """A line of text with its number, without blanks around."""

    number: int
    text: str
    raw: str


class Paragraph(Struct, frozen=True):
    """Lines that belong together: a title, or (a part of) an abstract."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines as one, words broken by a hyphen at a line's end joined as they were written."""
        joined = ""
        for line in self.lines:
            glue = "" if not joined or _HYPHENATED.search(joined) else " "
            joined = joined.rstrip("\u00ad") + glue + line.text
        return joined


def paragraphs(runs: Sequence[Sequence[Line]]) -> Iterator[Paragraph]:
    """Yield the paragraphs of runs of lines; a run is what stands between blank lines, menus and the like."""
    width = _wrap_width(runs)
    spaced = _is_spaced(runs)
    for place, run in enumerate(runs):
        follower = runs[place + 1] if place + 1 < len(runs) else ()
        yield from _of_run(run, width, before_abstract=spaced and _begins_abstract(follower))


def _wrap_width(runs: Sequence[Sequence[Line]]) -> int:
    """Return the width at which the text was wrapped by a program; 0 if it was not.

    A program breaks a line only where the next word does not fit, so in wrapped text most lines that are followed by
    another are full; in a list of titles they are not.
    """
    followed = [(line, after) for run in runs for line, after in zip(run, run[1:], strict=False)]
    if not followed:
        return 0
    lengths = sorted(len(line.text) for line, _ in followed)
    width = lengths[int(_NEARLY_ALL * (len(lengths) - 1))]
    if not _NARROWEST_WRAP <= width <= _WIDEST_WRAP:
        return 0
    full = sum(_is_full(line, after, width) for line, after in followed)
    return width if 2 * full >= len(followed) else 0


def _is_full(line: Line, following: Line, width: int) -> bool:
    return len(line.text) + 1 + len(following.text.split(maxsplit=1)[0]) > width


def _is_spaced(runs: Sequence[Sequence[Line]]) -> bool:
    """Whether papers are set apart by blank lines, so that lines without one between them are one title."""
    return len(runs) > 1 and any(_begins_abstract(run) for run in runs[1:])


def _begins_abstract(run: Sequence[Line]) -> bool:
    return bool(run) and is_abstract(Paragraph(tuple(run)).text, after_title=True)


def _of_run(run: Sequence[Line], width: int, *, before_abstract: bool) -> Iterator[Paragraph]:
    lines = list(run)
    if before_abstract and len(lines) > 1 and not is_abstract(Paragraph(tuple(lines)).text, after_title=False):
        yield Paragraph(tuple(lines))
        return
    current: list[Line] = []
    for line in lines:
        if current and not _continues(current[-1], line, width):
            yield from _split_title(current)
            current = []
        current.append(line)
    if current:
        yield from _split_title(current)


def _split_title(lines: Sequence[Line]) -> Iterator[Paragraph]:
    """Yield one paragraph, or two where a title happens to fill its line and so seems to go on in its abstract."""
    if len(lines) > 1 and is_abstract(Paragraph(tuple(lines)).text, after_title=True):
        for end in range(min(len(lines) - 1, _LINES_OF_A_TITLE), 0, -1):
            head, body = Paragraph(tuple(lines[:end])), lines[end].text
            if is_headline(head.text) and body[:1].isupper() and not goes_on(head.text, body) and not is_headline(body):
                yield head
                lines = lines[end:]
                break
    yield Paragraph(tuple(lines))


def _continues(line: Line, following: Line, width: int) -> bool:
    if width:
        return _is_full(line, following, width)
    if is_abstract(line.text, after_title=True) or is_abstract(following.text, after_title=True):
        return False
    return goes_on(line.text, following.text)
