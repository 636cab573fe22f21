"""The pictures of a report as inline SVG: papers by time and theme, themes that go together, authors who recur. Pure.

All are drawn 400 wide, so that their letters can be read on a phone; colours come from the page's style, by class.
Each is one image with a name for those who do not see it; the figures stand in a table beside it (`page.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from unicodedata import east_asian_width

from refkit.markup import Html, element, join
from refkit.report.facts import Pair, Timeline

_WIDTH = 400
_LABELS = 142  # for the names at the left
_ROW = 20
_MOST_ROWS = 14
_LETTERS = 22  # of a name that has 142; the whole name stands in the table
_BARS = 44  # the height of the highest bar
_LETTER = 6  # the width of a small letter, with some air
_THINNEST, _THICKEST = 0.8, 6.0


def timeline_picture(line: Timeline) -> Html:
    """Return bars for all papers over a row of bubbles for each theme; areas tell the counts."""
    rows = line.rows[:_MOST_ROWS]
    step = (_WIDTH - _LABELS) / len(line.columns)
    centres = [_LABELS + step * (number + 0.5) for number in range(len(line.columns))]
    top = _BARS + 24
    bottom = top + _ROW * len(rows)
    turned = any(len(column.label) * _LETTER > step for column in line.columns)
    parts = [
        *_bars(line.everything, centres, min(step * 0.7, 30)),
        *_bubbles(rows, centres, top, min(step, _ROW) / 2 - 0.5),
        *(_under(column.label, x, bottom + 6, turned=turned) for column, x in zip(line.columns, centres, strict=True)),
    ]
    name = f"Papers by date of submission, {line.columns[0].label} to {line.columns[-1].label}, and theme"
    return _picture(name, bottom + (52 if turned else 20), parts)


def _bars(counts: Sequence[int], centres: Sequence[float], width: float) -> Iterator[Html]:
    foot = _BARS + 14
    yield _text("all papers", _LABELS - 8, foot, "end", "strong")
    for count, x in zip(counts, centres, strict=True):
        high = _BARS * count / max(counts)
        yield _shape("rect", "bar", x=f"{x - width / 2:.1f}", y=f"{foot - high:.1f}", width=f"{width:.1f}",
                     height=f"{high:.1f}")  # fmt: skip
        if count:
            yield _text(f"{count}", x, foot - high - 3, "middle", "small")


def _bubbles(
    rows: Sequence[tuple[str, tuple[int, ...]]], centres: Sequence[float], top: float, largest: float
) -> Iterator[Html]:
    most = max((max(counts) for _, counts in rows), default=1)
    for place, (name, counts) in enumerate(rows):
        y = top + _ROW * (place + 0.5)
        yield _shape("path", "line", d=f"M{_LABELS} {y:.1f}H{_WIDTH}")
        yield _text(_cut(name), _LABELS - 8, y + 4, "end")
        for count, x in zip(counts, centres, strict=True):
            if count:
                radius = max(1.5, largest * math.sqrt(count / most))
                yield _dot(x, y, radius, f"{name}: {count}")


def _under(label: str, x: float, y: float, *, turned: bool) -> Html:
    if not turned:
        return _text(label, x, y + 8, "middle", "small")
    return element(
        "text", label, class_="small", text_anchor="end", transform=f"translate({x + 3:.1f} {y:.1f}) rotate(-50)"
    )


def theme_picture(counts: Sequence[tuple[str, int]], pairs: Sequence[Pair]) -> Html:
    """Return the most frequent themes on a ring, joined by lines as thick as papers have both.

    Themes stand at even heights, left and right, so that no name lies upon another.
    """
    sizes = dict(counts[:_MOST_ROWS])
    order = _neighbours(list(sizes), pairs)
    height = 26 * max(4, math.ceil(len(order) / 2))
    spots = dict(zip(order, _ring(len(order), height), strict=True))
    shown = [pair for pair in pairs if pair.one in spots and pair.other in spots]
    most, largest = max((pair.papers for pair in shown), default=1), max(sizes.values(), default=1)
    parts = [_link(pair, spots, height / 2 + 10, most) for pair in reversed(shown)]
    for name, (x, y) in spots.items():
        radius = 2.5 + 6 * math.sqrt(sizes[name] / largest)
        left = x < _WIDTH / 2
        parts.append(_dot(x, y, radius, f"{name}: {sizes[name]}"))
        parts.append(_text(_cut(name), x - 11 if left else x + 11, y + 4, "end" if left else "start"))
    return _picture(f"Which of {len(order)} themes go together", height + 20, parts)


def _neighbours(names: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """Return the names so that those that go together mostly stand side by side: each time the one nearest the last."""
    together = {frozenset((pair.one, pair.other)): pair.papers for pair in pairs}
    left = list(names)
    order = [left.pop(0)] if left else []
    while left:
        nearest: Callable[[str], int] = lambda name: together.get(frozenset((order[-1], name)), 0)  # noqa: E731
        order.append(left.pop(left.index(max(left, key=nearest))))
    return order


def _ring(count: int, height: float) -> Iterator[tuple[float, float]]:
    """Yield places on a ring, clockwise from the top: the first half at the right, the others at the left."""
    right = math.ceil(count / 2)
    for place in range(count):
        number, of = (place, right) if place < right else (count - 1 - place, count - right)
        up = (number + 0.5) / of * 2 - 1
        across = 44 * math.sqrt(1 - up * up) + 6
        yield _WIDTH / 2 + (across if place < right else -across), 10 + height * (up + 1) / 2


def _link(pair: Pair, spots: dict[str, tuple[float, float]], middle: float, most: int) -> Html:
    (x1, y1), (x2, y2) = spots[pair.one], spots[pair.other]
    width = _THINNEST + (_THICKEST - _THINNEST) * (pair.papers - 1) / max(1, most - 1)
    # Bent towards the middle, so that lines of neighbours can be seen beside the ring.
    path = f"M{x1:.1f} {y1:.1f}Q{_WIDTH / 2} {(y1 + y2 + middle) / 3:.1f} {x2:.1f} {y2:.1f}"
    return _shape("path", "link", f"{pair.one} and {pair.other}: {pair.papers}", d=path, stroke_width=f"{width:.1f}")


def author_picture(authors: Sequence[tuple[str, int]]) -> Html:
    """Return a bar for each of the authors with most papers."""
    shown = authors[:_MOST_ROWS]
    most = shown[0][1]
    room = _WIDTH - _LABELS - 30
    parts = []
    for place, (name, papers) in enumerate(shown):
        y = _ROW * place + 4
        parts.append(_text(_cut(name), _LABELS - 8, y + 12, "end"))
        parts.append(_shape("rect", "bar", x=_LABELS, y=y + 2, width=f"{room * papers / most:.1f}", height=_ROW - 6))
        parts.append(_text(f"{papers}", _LABELS + room * papers / most + 5, y + 12, "start", "small"))
    return _picture(f"The {len(shown)} authors with most papers", _ROW * len(shown) + 8, parts)


def _picture(name: str, height: float, parts: Sequence[Html]) -> Html:
    view = f"0 0 {_WIDTH} {height:.0f}"
    return element("svg", join(*parts), viewBox=view, role="img", aria_label=name, class_="chart")


def _shape(kind: str, look: str, name: str = "", **places: float | str) -> Html:
    return element(kind, *([element("title", name)] if name else []), class_=look, **places)


def _dot(x: float, y: float, radius: float, name: str) -> Html:
    return _shape("circle", "dot", name, cx=f"{x:.1f}", cy=f"{y:.1f}", r=f"{radius:.1f}")


def _text(text: str, x: float, y: float, anchor: str, look: str = "") -> Html:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=look or None)


def _cut(name: str) -> str:
    """Return a name that fits the room; a wide letter (Chinese, Korean) needs that of two."""
    widths = list(accumulate(2 if east_asian_width(char) in "WF" else 1 for char in name))
    if not widths or widths[-1] <= _LETTERS:
        return name
    return name[: sum(width < _LETTERS for width in widths)].rstrip() + "…"
