"""What a notebook shows of a value: a small card of HTML in the colours of the notebook, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from refkit.markup import Html, element, join, text

# The edge of a card by its word: colours with a contrast of 3:1 or more on white and on #111 (WCAG 2.2, 1.4.11), since
# a notebook does not say which it has. Text takes the notebook's own colour.
_EDGES: Mapping[str, str] = {
    "matched": "#2e8b57",
    "ambiguous": "#b8860b",
    "not found": "#808080",
    "failed": "#d9534f",
}
_PLAIN = "#808080"
_SHOWN = 3  # candidates and authors on a card
_CARD = "border-left:4px solid {edge};padding:.2em .8em;margin:.3em 0;background:none;color:inherit;text-align:left"


class Link(NamedTuple):
    """An arXiv id, which leads to its page at arXiv."""

    arxiv_id: str


class Fact(NamedTuple):
    """One line of a card: its name ("" for none) and its text, of which ids become links."""

    name: str
    parts: tuple[str | Link, ...]


def place(digest: str, line: int) -> Fact:
    """Return where a title was read."""
    return Fact("read in", (f"{digest}:{line}" if digest else "",))


def candidates(found: Sequence[tuple[str, str, Sequence[object]]], confidence: float, *, matched: bool) -> list[Fact]:
    """Return the first few candidates, by id, title and authors; the first one is the record if it is `matched`."""
    facts = []
    for number, (arxiv_id, title, authors) in enumerate(found[:_SHOWN], start=1):
        name = "record" if matched and number == 1 else f"candidate {number}"
        sure = f" ({confidence:.3f})" if number == 1 else ""
        facts += [Fact(name, (Link(arxiv_id), f" {title}{sure}")), Fact("authors", (people(authors),))]
    return facts


def people(authors: Sequence[object]) -> str:
    """Return the first few names, and how many more there are."""
    named = ", ".join(map(str, authors[:_SHOWN]))
    return f"{named} and {len(authors) - _SHOWN} more" if len(authors) > _SHOWN else named


def card(title: str, word: str, said: str, facts: Iterable[Fact]) -> str:
    """Return a card: a title, a word for what became of it, what is said of it, and the facts that have a text."""
    start = join(element("em", word), ": ") if word else ""
    lines = (fact for fact in (Fact("", (said,)), *facts) if any(fact.parts))
    return element(
        "div",
        element("div", start, element("strong", title)),
        *(element("div", _line(fact)) for fact in lines),
        class_="refkit",
        style=_CARD.format(edge=_EDGES.get(word, _PLAIN)),
    )


def _line(fact: Fact) -> Html:
    name = join(element("em", f"{fact.name}:"), " ") if fact.name else Html()
    return join(name, *(_linked(part) if isinstance(part, Link) else text(part) for part in fact.parts))


def _linked(link: Link) -> Html:
    address = "https://arxiv.org/abs/" + quote(link.arxiv_id, safe="/", errors="replace")
    return element("a", f"arXiv:{link.arxiv_id}", href=address, rel="noopener", target="_blank")
