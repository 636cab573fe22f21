"""Precision and recall as a picture (SVG): a curve by the confidence asked for, and points to compare. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from refkit.bench.figures import Figures

_WIDTH, _HEIGHT = 760, 440
_LEFT, _TOP, _ACROSS, _DOWN = 70, 30, 430, 350
_COLOURS = ("#1b6ca8", "#2e8b57", "#8a8a2e", "#c0561f", "#8b2e5f")
# Steps of an axis that people can count by, and at most so many of them.
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_STEPS = 6


class _Mark(NamedTuple):
    """A point with its name."""

    name: str
    recall: float
    precision: float
    colour: str


class _Axis(NamedTuple):
    """The values from `least` to `most`, of which each `step` is marked."""

    least: float
    most: float
    step: float

    @classmethod
    def over(cls, least: float, most: float) -> _Axis:
        """Return an axis that has these values, with round ends that are shares."""
        step = next((each for each in _STEPS if (most - least) / each <= _MOST_STEPS), _STEPS[-1])
        return cls(max(0.0, math.floor(least / step) * step), min(1.0, math.ceil(most / step) * step), step)

    def ticks(self) -> list[float]:
        """Return the values that are marked."""
        count = round((self.most - self.least) / self.step)
        return [self.least + number * self.step for number in range(count + 1)]

    def at(self, value: float) -> float:
        """Return how far along the axis a value is, 0 to 1."""
        return (value - self.least) / (self.most - self.least)


def picture(found: Figures) -> str:
    """Return the picture: the curve, where refkit stands on it or off it, and the simple rules."""
    marks = _marks(found)
    across, up = _axes(found, marks)
    curve = [(point.recall, point.precision) for point in found.curve]
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    parts = [
        f'{start} font-family="sans-serif" font-size="12">',
        f"<title>Precision and recall on {found.titles:,} titles</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<clipPath id="field"><rect x="{_LEFT}" y="{_TOP - 2}" width="{_ACROSS}" height="{_DOWN + 4}"/></clipPath>',
        *_grid(across, up),
        *_curve(curve, across, up),
        *(_point(mark, across, up) for mark in marks),
        *_legend(marks),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _marks(found: Figures) -> list[_Mark]:
    named = [("refkit", found.recall, found.precision)]
    named += [(name, rule.recall, rule.precision) for name, rule in found.rules.items()]
    return [
        _Mark(name, recall, precision, colour)
        for (name, recall, precision), colour in zip(named, _COLOURS, strict=True)
        if recall is not None and precision is not None
    ]


def _axes(found: Figures, marks: Sequence[_Mark]) -> tuple[_Axis, _Axis]:
    """Return axes that show all marks, with room below; of the curve, what is near them."""
    lowest = min((mark.precision for mark in marks), default=0.9)
    floor = max(0.0, 1.0 - max(1.5 * (1.0 - lowest), 0.005))
    recalls = [mark.recall for mark in marks] + [each.recall for each in found.curve if each.precision >= floor]
    nearest = min((mark.recall for mark in marks), default=0.0)
    return _Axis.over(max(0.0, nearest - 0.05), max(recalls, default=1.0)), _Axis.over(floor, 1.0)


def _x(value: float, axis: _Axis) -> float:
    return _LEFT + _ACROSS * axis.at(value)


def _y(value: float, axis: _Axis) -> float:
    return _TOP + _DOWN * (1 - axis.at(value))


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    bottom, right = _TOP + _DOWN, _LEFT + _ACROSS
    for value in up.ticks():
        y = _y(value, up)
        yield f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_share(value)}</text>'
    for value in across.ticks():
        x = _x(value, across)
        yield f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_share(value)}</text>'
    yield f'<text x="{_LEFT + _ACROSS / 2:.0f}" y="{bottom + 40}" text-anchor="middle">recall</text>'
    yield (
        f'<text x="18" y="{_TOP + _DOWN / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 18 {_TOP + _DOWN / 2:.0f})">precision</text>'
    )


def _share(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"


def _curve(points: Sequence[tuple[float, float]], across: _Axis, up: _Axis) -> Iterator[str]:
    if points:
        path = "L".join(f"{_x(recall, across):.1f} {_y(precision, up):.1f}" for recall, precision in points)
        yield (
            f'<path d="M{path}" fill="none" stroke="{_COLOURS[0]}" stroke-width="1.5" stroke-linejoin="round" '
            'clip-path="url(#field)"/>'
        )


def _point(mark: _Mark, across: _Axis, up: _Axis) -> str:
    x, y = _x(mark.recall, across), _y(mark.precision, up)
    label = escape(f"{mark.name}: recall {mark.recall:.4f}, precision {mark.precision:.4f}")
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{mark.colour}" stroke="#fff"><title>{label}</title></circle>'


def _legend(marks: Sequence[_Mark]) -> Iterator[str]:
    """Name the points at the right, where nothing can lie upon anything."""
    x, y = _LEFT + _ACROSS + 30, _TOP + 10
    yield f'<path d="M{x - 6} {y - 4}h12" stroke="{_COLOURS[0]}" stroke-width="1.5"/>'
    yield f'<text x="{x + 14}" y="{y}">refkit, by the confidence asked for</text>'
    for mark in marks:
        y += 40
        yield f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{mark.colour}"/>'
        yield f'<text x="{x + 14}" y="{y}">{escape(mark.name)}</text>'
        figures = f"recall {mark.recall:.3f}, precision {mark.precision:.4f}"
        yield f'<text x="{x + 14}" y="{y + 15}" fill="#666">{figures}</text>'
