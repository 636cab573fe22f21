"""The figures of a measurement as a page of Markdown, to be read on a terminal too. Pure: values in, text out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

import msgspec

from refkit.bench.figures import Bin, Counts, Figures, Mistake
from refkit.normalize import for_terminal

# Between these two lines of a page that is there already, the figures are replaced; what else stands there stays.
BEGIN, END = "<!-- refkit bench: from here -->", "<!-- refkit bench: to here -->"
_WIDTH = 200  # characters of a title on a line
_COLUMNS = 120  # and of prose
# What Markdown would take for more than itself; an underscore in a word it does not.
_MARK = re.compile(r"[\\`*\[<$]|(?<=\])\(|\b_|_\b")
# Groups of a table; a longer table helps nobody, and `--json` has it.
_LISTED = 20

Cells = Sequence[str]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: the command, the version, the day, and the records of the index.

    `picture` is the file of the picture, as the page links it; "" for none. `wrong` mistakes are shown at most.
    """

    command: str
    version: str
    day: dt.date
    records: int
    titles_only: bool = False
    suspect: int = 0
    disagreeing: int = 0
    picture: str = ""
    wrong: int = 20


def page(found: Figures, about: About) -> str:
    """Return the page, which ends with a line end."""
    parts = [
        _beginning(found, about),
        _table(("", "figure"), _main(found)),
        _picture(about),
        "## Against simple rules\n\nThe nearest title of the same candidates, taken if it is so much alike:\n\n"
        + _table(("rule", "recall", "precision", "absent accepted", "negatives accepted"), _rules(found)),
        _grouped("By the relation of the title to the record's", "the digest prints", found.by_relation),
        _grouped("By what the digest says beside the title", "given", found.by_evidence),
        _grouped("By format", "format", found.by_format),
        _grouped("By source", "source", found.by_source),
        _reliability(found),
        _wrong(found.mistakes, about.wrong),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def put_into(old: str, new: str) -> str:
    """Return a page with new figures: in the place marked for them if it has one, else the figures alone."""
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n\n{new}\n{end}{after}" if end else new


def _beginning(found: Figures, about: About) -> str:
    kinds = "the title alone is shown" if about.titles_only else "all that the digest says is shown"
    negatives = f", and {found.negatives:,} titles of papers that are not on arXiv" if found.negatives else ""
    text = (
        f"refkit {about.version}, {about.day}: {found.titles:,} titles with known answers{negatives}, asked of an "
        f"index of {about.records:,} records. Of {found.absent:,} of them the index lacks the record, so that the only "
        f"right answer is none. Ids and links are hidden from the matcher; {kinds} to it."
    )
    if about.suspect:
        text += f" Rows with a suspect link, left out: {about.suspect:,}."
    if about.disagreeing:
        text += f" Rows that say otherwise than the index whether it has the record: {about.disagreeing:,}."
    return f"{_wrapped(text)}\n\n```sh\n{about.command}\n```"


def _wrapped(text: str) -> str:
    return fill(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)


def _main(found: Figures) -> Iterator[Cells]:
    yield "precision (right of all accepted)", _share(found.precision)
    yield f"recall (right of the {found.in_pool:,} in the index)", _share(found.recall)
    yield "F1", _share(found.f1)
    yield "found (right, or asked about with the right one first)", _share(found.found)
    yield "recall with an abstract", _share(found.recall_with_abstract)
    yield "recall without one", _share(found.recall_without_abstract)
    yield f"wrong, of {found.accepted:,} accepted", f"{found.wrong:,}"
    yield f"absent ones accepted, of {found.absent:,}", f"{found.absent_accepted:,}"
    if found.negatives:
        yield f"papers not on arXiv accepted, of {found.negatives:,}", f"{found.negatives_accepted:,}"
    yield f"ambiguous ({found.ambiguous_count:,})", _share(found.ambiguous)
    yield "calibration error (ECE)", _share(found.ece)
    yield "the same of what was accepted", _share(found.ece_matched)
    yield "titles a second (one process)", f"{found.titles_per_second:,.0f}"


def _picture(about: About) -> str:
    if not about.picture:
        return ""
    return f"![Precision and recall by the confidence asked for, beside the simple rules]({about.picture})"


def _rules(found: Figures) -> Iterator[Cells]:
    yield (
        "refkit",
        _share(found.recall),
        _share(found.precision),
        *_accepted(found.absent_accepted, found.negatives_accepted, found),
    )
    for name, rule in found.rules.items():
        accepted = _accepted(rule.absent_accepted, rule.negatives_accepted, found)
        yield name, _share(rule.recall), _share(rule.precision), *accepted


def _accepted(absent: int, negatives: int, found: Figures) -> Cells:
    return f"{absent:,}", f"{negatives:,}" if found.negatives else "-"


def _grouped(heading: str, what: str, groups: Mapping[str, Counts]) -> str:
    if not any(counts.titles for counts in groups.values()):
        return ""
    shown = [(name, counts) for name, counts in groups.items() if counts.titles]
    if len(shown) > _LISTED:
        return f"## {heading}\n\nThere are {len(shown):,} of them, which `--json` lists."
    rows = [
        (_cell(name), *(f"{number:,}" for number in (each.right, each.wrong, each.ambiguous, each.titles)),
         _share(each.recall), _share(each.found))
        for name, each in shown
    ]  # fmt: skip
    table = _table((what, "right", "wrong", "ambiguous", "titles", "recall", "found"), rows)
    return f"## {heading}\n\n{table}"


def _reliability(found: Figures) -> str:
    rows = [_bin(each, taken) for each, taken in zip(found.calibration, found.calibration_matched, strict=True)]
    head = ("confidence", "titles", "mean", "first one right", "accepted", "mean", "right")
    return (
        "## How far the confidence can be trusted\n\n"
        "The confidence is the probability that the first candidate is the right one. All titles, and the accepted "
        f"ones:\n\n{_table(head, rows)}"
    )


def _bin(each: Bin, taken: Bin) -> Cells:
    return (
        f"{each.least:.1f} to {each.most:.1f}",
        *(f"{each.titles:,}", _share(each.confidence), _share(each.right)),
        *(f"{taken.titles:,}", _share(taken.confidence), _share(taken.right)),
    )


def _wrong(mistakes: Sequence[Mistake], most: int) -> str:
    if not mistakes:
        return "## The wrong ones\n\nNone."
    more = len(mistakes) - most
    lines = [line for mistake in mistakes[:most] for line in _mistake(mistake)]
    return "\n".join(["## The wrong ones", "", *lines]) + (f"\n\nAnd {more:,} more." if more > 0 else "")


def _mistake(one: Mistake) -> Iterator[str]:
    yield f"- {_line(one.title)} ({one.relation}, {one.place})"
    yield f"  - taken: arXiv:{one.taken}, {_line(one.taken_title)}, confidence {one.confidence:.3f}"
    yield f"  - as {_line(one.reason[:1].lower() + one.reason[1:])}"
    yield f"  - evidence: {'; '.join(f'{name} {_line(note)}' for name, note in one.evidence.items())}"
    if not one.right:
        yield "  - right: none, the paper is not on arXiv"
    elif one.right_title:
        yield f"  - right: arXiv:{one.right}, {_line(one.right_title)}"
    else:
        yield f"  - right: none, as the index lacks arXiv:{one.right}"


def _line(text: str) -> str:
    """Return text for a line of Markdown, in which nothing is a mark."""
    shown = for_terminal(" ".join(text.split()), _WIDTH)
    return _MARK.sub(r"\\\g<0>", shown)


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _share(value: float | None) -> str:
    """Return a share as the page writes it, .9876; a dash for that of nothing."""
    if value is None:
        return "-"
    return f"{value:.4f}" if value >= 0.99995 else f"{value:.4f}".removeprefix("0")  # noqa: PLR2004 - it is 1.0000


def _table(head: Cells, rows: Sequence[Cells] | Iterator[Cells]) -> str:
    """Return a table whose columns stand under each other also on a terminal; the first one is text, others numbers."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    written = ["| " + " | ".join(_padded(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join(
        "-" * (width + 2) if not place else "-" * (width + 1) + ":" for place, width in enumerate(widths)
    )
    return "\n".join([written[0], f"{rule}|", *written[1:]])


def _padded(line: Cells, widths: Sequence[int]) -> Iterator[str]:
    for place, (cell, width) in enumerate(zip(line, widths, strict=True)):
        yield cell.rjust(width) if place else cell.ljust(width)
