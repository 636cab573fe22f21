"""New entries for a .bib, laid out as those that stand there, behind the last of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from refkit.writers.bib_file import BibFile, Block, Edit
from refkit.writers.bib_layout import Layout, layout_of, raw

_Entry = tuple[str, str, Mapping[str, str]]
# As refkit writes a file of its own (`bibtex.py`).
_BEFORE, _EQUALS = ",\n  ", " = "


class _Style(Struct, frozen=True):
    """How a file lays its entries out: fields, the comma behind the last, what stands between two entries."""

    layout: Layout
    comma: str
    between: str
    newline: str


def appended(file: BibFile, entries: Sequence[_Entry], *, longest: int) -> Iterator[Edit]:
    """Yield the edit that puts entries (type, key, fields) behind the last sound one, in the order given.

    A file without any is laid out as refkit lays out its own: values line up behind the `longest` name.
    """
    if not entries:
        return
    sound = [block for block in file.blocks if block.kind == "entry"]
    style = _style(file, sound, longest)
    texts = [_written(entry, style) for entry in entries]
    if sound:
        place = sound[-1].end
        yield Edit(place, place, "".join(style.between + text for text in texts))
        return
    end = len(file.text)
    start = "" if not file.text else style.newline if file.text.endswith(("\n", "\r")) else 2 * style.newline
    yield Edit(end, end, start + style.between.join(texts) + style.newline)


def _style(file: BibFile, sound: Sequence[Block], longest: int) -> _Style:
    newline = file.newline
    laid_out = next((block for block in reversed(sound) if _is_in_lines(file.text, block)), None)
    if laid_out is None:
        before = _BEFORE.replace("\n", newline)
        return _Style(Layout(before, _EQUALS, longest + len(_EQUALS)), ",", 2 * newline, newline)
    anchor = next((field for field in laid_out.fields if field.name.casefold() == "title"), laid_out.fields[-1])
    layout = layout_of(file.text, laid_out, anchor)
    behind = file.text[laid_out.fields[-1].end : laid_out.end]
    return _Style(layout, "," if "," in behind else "", _between(file, sound, newline), newline)


def _is_in_lines(text: str, block: Block) -> bool:
    """Whether each field of an entry begins a line with some blanks."""
    return len(block.fields) > 1 and all(_starts_line(text, field.start) for field in block.fields)


def _starts_line(text: str, place: int) -> bool:
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    return not text[start:place].strip()


def _between(file: BibFile, sound: Sequence[Block], newline: str) -> str:
    """Return what stands between most entries: the end of a line, or a blank one too."""
    starts = [block.start for block in sound[1:]]
    blank = sum(not file.text[:start].rstrip(" \t").endswith(("\n\n", "\r\n\r\n", "\r\r")) for start in starts[-20:])
    return newline if starts and 2 * blank > len(starts[-20:]) else 2 * newline


def _written(entry: _Entry, style: _Style) -> str:
    kind, key, fields = entry
    body = "".join(style.layout.field(name, raw(name, value, None)) for name, value in fields.items())
    return f"@{kind}{{{key}{body}{style.comma}{style.newline}}}"
