"""What `refkit review` shows, and the keys it reads. Loaded only where a person is asked: rich is heavy."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence

import click
from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from refkit.differing import differing
from refkit.model import ArxivRecord, Candidate, Mention, Outcome, Part, Resolution, Verdict
from refkit.normalize import for_terminal, to_unicode
from refkit.review.state import shown_of

# A panel needs so many columns to be read: two stand beside each other on a terminal of 80, three on one of 120.
_PANEL = 38
_FRAME = 4  # columns of a panel that are its frame
_LONG = 300  # characters of a title
_ABSTRACT_LINES = 3
_FORMERLY = 2
_AUTHORS = 4
GONE, ADDED = "red", "green"
_MARKS = {"both": ("", "", ""), "ours": ("[-", "-]", f"{GONE} strike"), "theirs": ("{+", "+}", f"{ADDED} bold")}

HELP = (
    ("a", "accept candidate 1: the title means this paper"),
    ("1-9", "accept the candidate with this number"),
    ("d", "decide that no paper of arXiv is meant; it is not asked again"),
    ("s", "skip it for now; the next `refkit review` asks again"),
    ("i", "type the arXiv id, or the link, of the right paper"),
    ("m", "show more candidates"),
    ("u", "undo the last decision and go back to it"),
    ("q", "quit; what was decided is kept"),
)
LEGEND = "[-in the digest only-] {+in the record only+}"


class Screen:
    """A terminal: what is written goes to the console, `key` waits for one key, `line` for a line."""

    def __init__(
        self,
        console: Console | None = None,
        *,
        key: Callable[[], str] = click.getchar,
        line: Callable[[], str] | None = None,
    ) -> None:
        self._console = console or Console(highlight=False)
        self.key = key
        self._line = line or sys.stdin.readline

    @property
    def per_page(self) -> int:
        """How many candidates are shown at once."""
        return max(self._console.width // _PANEL, 1)

    def say(self, text: str, style: str = "") -> None:
        """Write a line."""
        self._console.print(Text(for_terminal(text, _LONG), style))

    def ask_line(self, text: str) -> str:
        """Ask for a line of text; "" if there is none."""
        self._console.print(Text(text), end=" ")
        return self._line().strip()

    def help(self) -> None:
        """Explain the keys and the marks."""
        table = Table.grid(padding=(0, 2))
        for key, meaning in HELP:
            table.add_row(Text(key, "bold"), meaning)
        self._console.print(table)
        self._console.print(Text.assemble(("[-in the digest only-]", GONE), " ", ("{+in the record only+}", ADDED)))

    def question(self, found: Resolution, *, place: str, remark: str = "", page: int = 0) -> None:
        """Show a mention, and a page of its candidates side by side."""
        candidates = shown_of(found)
        start = page * self.per_page
        page_of = candidates[start : start + self.per_page]
        width = self._console.width // max(len(page_of), 1) - _FRAME
        panels = [_panel(number, each, found.mention, width) for number, each in enumerate(page_of, start=start + 1)]
        self._console.print(Group(*_mention(found, place, remark, self._console.width)))
        if panels:
            self._console.print(_beside(panels))
        else:
            self._console.print(Text("no candidate at all", "dim"))
        self._console.print(_keys(candidates, page=page, per_page=self.per_page))

    def record(self, candidate: Candidate, mention: Mention) -> None:
        """Show one record beside what the digest says."""
        self._console.print(_panel(0, candidate, mention, self._console.width - _FRAME))


def _mention(found: Resolution, place: str, remark: str, width: int) -> Iterator[Rule | Text]:
    mention = found.mention
    where = f"{mention.digest}:{mention.line}" if mention.digest else ""
    yield Rule(Text(f"{place}  {for_terminal(where, width // 2)}  {found.verdict.value}"), align="left", style="dim")
    yield Text(for_terminal(to_unicode(mention.title), _LONG), "bold")
    about = [", ".join(mention.authors[:_AUTHORS]) + (" et al." if len(mention.authors) > _AUTHORS else "")]
    about += [str(mention.issued or ""), mention.arxiv_id and f"links arXiv:{mention.arxiv_id}"]
    if any(about):
        yield Text(for_terminal(" · ".join(filter(None, about)), _LONG))
    if mention.abstract:
        yield Text(_start(mention.abstract, width, _ABSTRACT_LINES), "dim")
    if found.verdict is Verdict.AMBIGUOUS or not found.candidates:
        yield Text(for_terminal(found.reason, 2 * width), "yellow")
    if remark:
        yield Text(for_terminal(remark, 2 * width), "yellow")


def _beside(panels: Sequence[Panel]) -> Table:
    """Return the panels in one row, all of one width."""
    table = Table.grid(expand=True)
    for _ in panels:
        table.add_column(ratio=1)
    table.add_row(*panels)
    return table


def _panel(number: int, candidate: Candidate, mention: Mention, width: int) -> Panel:
    record = candidate.record
    title = Text(f"{number}  arXiv:{record.arxiv_id}" if number else f"arXiv:{record.arxiv_id}", "bold")
    return Panel(Group(*_facts(candidate, mention, width)), title=title, title_align="left", border_style="dim")


def _facts(candidate: Candidate, mention: Mention, width: int) -> Iterator[Text]:
    record = candidate.record
    yield marked(mention.title, record.title)
    for former in record.former_titles[:_FORMERLY]:
        yield Text("formerly: ").append_text(marked(mention.title, former))
    yield Text(for_terminal(", ".join(_about(record)), _LONG))
    if record.abstract:
        yield Text(_start(record.abstract, width, _ABSTRACT_LINES), "dim")
    seen = [_seen(name, part) for name, part in candidate.evidence.parts() if part.outcome is not Outcome.ABSENT]
    yield Text("; ".join(seen) or "nothing to compare", "cyan")
    if candidate.score:
        yield Text(f"{_percent(candidate.score)} likely (from {candidate.source})", "cyan")


def _seen(name: str, part: Part) -> str:
    """Say how a part of the evidence compares; of a title the marks tell how it differs."""
    note = f" ({for_terminal(part.note, _LONG)})" if part.note and name != "title" else ""
    return f"{name} {part.outcome.value} {part.score or 0:.2f}{note}"


def _percent(share: float) -> str:
    """Return a share of 1; what is not certain is never rounded to 100 %."""
    return f"{min(round(share * 100), 99)} %"


def _about(record: ArxivRecord) -> Iterator[str]:
    names = [str(author) for author in record.authors[:_AUTHORS]]
    yield ", ".join(names) + (" et al." if len(record.authors) > _AUTHORS else "") if names else "authors unknown"
    yield str(record.submitted or "date unknown")
    if record.categories:
        yield record.categories[0]


def _start(text: str, width: int, lines: int) -> str:
    """Return the beginning of a text, in whole words, that fills some lines."""
    clean = for_terminal(to_unicode(text), width * lines * 2)
    return textwrap.shorten(clean, width=max(width * lines - width // 4, width // 2), placeholder=" …")


def marked(ours: str, theirs: str) -> Text:
    """Return the title of a record, with the words marked in which it differs from the digest's title.

    The marks are those of wdiff, `[-only in the digest-]` and `{+only in the record+}`, so that they are seen without
    colours too. Words that differ in case, accents or punctuation only are the same, as they are for the matcher.
    """
    text = Text()
    for where, words in differing(_tokens(ours), _tokens(theirs)):
        start, end, style = _MARKS[where]
        if words:
            text.append(" " if text else "").append(f"{start}{' '.join(words)}{end}", style)
    return text


def _tokens(title: str) -> list[str]:
    return for_terminal(to_unicode(title), _LONG).split()


def _keys(candidates: Sequence[Candidate], *, page: int, per_page: int) -> Text:
    """Return the line that names the keys that can be pressed now."""
    count = len(candidates)
    keys = [("a", "accept 1")] * (count > 0)
    keys += [("2" if count == 2 else f"2-{count}", "that one")] * (count > 1)  # noqa: PLR2004 - the number 2
    keys += [("d", "not on arXiv"), ("s", "skip"), ("i", "arXiv id")]
    keys += [("m", "more")] * (count > per_page)
    keys += [("u", "undo"), ("q", "quit"), ("?", "help")]
    text = Text()
    for key, meaning in keys:
        text.append(" · " if text else "").append(key, "bold").append(f"\N{NO-BREAK SPACE}{meaning}".replace(" ", " "))
    if count > per_page:
        first, last = page * per_page + 1, min((page + 1) * per_page, count)
        text.append(f"  ({first if first == last else f'{first}-{last}'} of {count} shown)", "dim")
    return text
