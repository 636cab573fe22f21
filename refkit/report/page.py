"""What was read and decided as one page of HTML that stands alone: to be sent, printed and searched.

It asks nobody for anything when it is opened: style, script and pictures are in it, and its Content-Security-Policy
forbids everything else. Without a script it can be read all the same. The same values give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from refkit import registry
from refkit.markup import Html, document, element, join
from refkit.model import Resolution, Skipped, Work
from refkit.report.charts import author_picture, theme_picture, timeline_picture
from refkit.report.facts import (
    Occasion,
    Paper,
    Title,
    digest_names,
    open_titles,
    papers_of,
    recurring_authors,
    theme_counts,
    theme_pairs,
    timeline,
)
from refkit.report.papers import VERDICTS, paper_entry, slug, title_entry

if TYPE_CHECKING:
    from refkit.digests.loading import Reading

_ROWS = 50  # of a table beside a picture; longer ones are told to be cut
_HEAP = 25  # entries; of one, 50 and 200, 25 scrolled most evenly with 5,000 papers (docs/report.md)
_LINES = 500  # of what was skipped in one digest
_FOOTER = "Made by refkit. What stands of a paper is arXiv's; its themes, and that it is the one meant, are refkit's."
_WIDTH = 300  # characters of a skipped line


def to_report(
    resolutions: Iterable[Resolution],
    works: Iterable[Work],
    *,
    title: str = "",
    day: dt.date | None = None,
    asked: Sequence[str] = (),
    readings: Sequence[Reading] = (),
    unread: Sequence[str] = (),
    zotero: Mapping[str, str] | None = None,
    dialect: str = "bibtex",
) -> str:
    """Return one self-contained page of HTML: the papers with reasons, BibTeX and pictures, and what was not matched.

    `works` are those of the resolutions with their themes (`refkit.tag`). `asked` names the sources, `readings` and
    `unread` say what was read (`refkit.survey`), `zotero` has the address of an item by arXiv id. Only `day` puts a
    date on the page. Raises UsageError for an unknown dialect, WriteError if an entry could not be written.
    """
    found = tuple(resolutions)
    matched = list({work.record.arxiv_id: work for work in works}.values())
    occasion = Occasion(
        title=title.strip() or _title(found, readings),
        day=day,
        asked=asked,
        readings=readings,
        unread=unread,
        zotero=zotero or {},
    )
    papers = papers_of(found, matched, _entries(matched, dialect), occasion)
    titles = open_titles(found, occasion)
    return document(
        occasion.title, style=_style(), script=_script(), body=join(*_body(found, papers, titles, occasion))
    )


def _title(found: Sequence[Resolution], readings: Sequence[Reading]) -> str:
    names = list(digest_names(found, Occasion(readings=readings)).values())
    return f"Papers of {names[0]}" if len(names) == 1 else f"Papers of {len(names)} digests" if names else "Papers"


@cache
def _style() -> str:
    return files("refkit.report").joinpath("style.css").read_text("utf-8")


@cache
def _script() -> str:
    return files("refkit.report").joinpath("script.js").read_text("utf-8")


def _entries(works: Sequence[Work], dialect: str) -> dict[str, str]:
    """Return each paper's BibTeX by its arXiv id, with the keys that they have in one file together."""
    writer = registry.load("writer", dialect)()
    return {change.work.record.arxiv_id: writer.render([change]) for change in writer.plan(works)}


def _body(
    found: Sequence[Resolution], papers: Sequence[Paper], titles: Sequence[Title], occasion: Occasion
) -> Iterator[Html]:
    themes = {theme: number for number, (theme, _) in enumerate(theme_counts(papers))}
    sections = [
        ("summary", "What was read and decided", _summary(found, papers, occasion)),
        ("pictures", "Time, themes and authors", _pictures(papers)),
        ("papers", "Papers", _heaps(paper_entry(place, paper, themes) for place, paper in enumerate(papers, start=1))),
        (
            "open",
            "Not matched",
            _heaps(title_entry(place, title) for place, title in enumerate(titles, len(papers) + 1)),
        ),
        ("skipped", "Skipped lines", _skipped(found, occasion)),
    ]
    filled = [(name, heading, content) for name, heading, content in sections if any(content)]
    yield element(
        "a", "Skip to the papers", href="#papers" if papers else "#open" if titles else "#summary", class_="skip"
    )
    yield _header(occasion, [(name, heading) for name, heading, _ in filled])
    parts: list[Html] = []
    for name, heading, content in filled:
        if name == ("papers" if papers else "open"):
            parts.append(_tools(papers, found))
        title = element("h2", heading, id=f"{name}-title")
        parts.append(element("section", title, *content, id=name, aria_labelledby=f"{name}-title"))
    yield element("main", *parts)
    yield element("footer", element("p", _FOOTER))


def _heaps(entries: Iterable[Html]) -> list[Html]:
    """Return entries by the heap; a full one is laid out only when it comes near the screen."""
    every = list(entries)
    heaps = [every[start : start + _HEAP] for start in range(0, len(every), _HEAP)]
    return [element("div", *heap, class_="heap full" if len(heap) == _HEAP else "heap") for heap in heaps]


def _header(occasion: Occasion, sections: Sequence[tuple[str, str]]) -> Html:
    links = [element("li", element("a", heading, href=f"#{name}")) for name, heading in sections]
    look = element("button", "Look: as the system", type="button", id="look", class_="scripted")
    day = (
        element("p", element("time", occasion.day.isoformat(), datetime=occasion.day.isoformat()))
        if occasion.day
        else ""
    )
    return element(
        "header",
        element("h1", occasion.title, dir="auto"),
        day,
        element("nav", element("ul", *links), aria_label="Contents"),
        look,
    )


def _summary(found: Sequence[Resolution], papers: Sequence[Paper], occasion: Occasion) -> list[Html]:
    count = Counter(each.verdict for each in found)
    several = "1 title" if len(found) == 1 else f"{len(found):,} titles"
    figures = [
        element("div", element("dt", verdict.value), element("dd", f"{count[verdict]:,}"), class_=slug(verdict))
        for verdict in VERDICTS
        if count[verdict] or verdict.value == "matched"
    ]
    matched = sum(1 for each in found if each.record)
    again = f" They are {len(papers):,} papers: some are named more than once." if len(papers) < matched else ""
    asked = f" Sources, in this order: {', '.join(occasion.asked)}." if occasion.asked else ""
    return [
        element("p", f"{several} in {_digests(found, occasion)}.{again}{asked}"),
        element("dl", *figures, class_="figures"),
        _by_source(papers),
        _readings(found, occasion),
    ]


def _by_source(papers: Sequence[Paper]) -> Html:
    count = Counter(paper.resolution.candidates[0].source for paper in papers)
    told = ", ".join(f"{source} {number:,}" for source, number in count.most_common() if source)
    return element("p", f"Papers by the source that knew them: {told}.") if told else join()


def _digests(found: Sequence[Resolution], occasion: Occasion) -> str:
    names = list(digest_names(found, occasion).values())
    return "no digest" if not names else names[0] if len(names) == 1 else f"{len(names)} digests"


def _readings(found: Sequence[Resolution], occasion: Occasion) -> Html:
    names = digest_names(found, occasion)
    rows = [
        (
            names.get(each.digest, each.digest),
            ", ".join(chosen.name for chosen in each.readers),
            f"{len(each.mentions):,}",
            f"{len(each.skipped):,}",
        )
        for each in occasion.readings
    ]
    unread = [element("li", sentence) for sentence in occasion.unread]
    parts = []
    if rows:
        parts.append(_table("Digests", ("digest", "read as", "titles", "skipped lines"), rows, cut=len(rows)))
    if unread:
        parts += [element("p", "Could not be read:"), element("ul", *unread)]
    return join(*parts)


def _pictures(papers: Sequence[Paper]) -> list[Html]:
    line, counts, pairs, authors = (
        timeline(papers),
        theme_counts(papers),
        theme_pairs(papers),
        recurring_authors(papers),
    )
    parts = []
    if line and sum(line.everything) > 1:
        rows = [("all papers", line.everything), *line.rows]
        cells = [(name, *(f"{count or ''}" for count in numbers), f"{sum(numbers)}") for name, numbers in rows]
        head = ("theme", *(column.label for column in line.columns), "together")
        undated = f" Of {line.undated} no date is known." if line.undated else ""
        about = f"When the papers were submitted first. A paper with two themes counts in both rows.{undated}"
        parts.append(
            _figure("Timeline by theme", about, timeline_picture(line), _table("Papers by time and theme", head, cells))
        )
    if len(counts) > 1 and pairs:
        cells = [(pair.one, pair.other, f"{pair.papers}") for pair in pairs]
        table = _table("Themes that papers have together", ("theme", "and", "papers"), cells)
        about = "A line joins themes that papers have together; the thicker, the more papers."
        parts.append(_figure("Theme map", about, theme_picture(counts, pairs), table))
    if authors:
        cells = [(name, f"{papers}") for name, papers in authors]
        table = _table("Authors of two papers or more", ("author", "papers"), cells)
        about = "Who wrote two papers or more, by the name as arXiv has it; two people of one name count as one."
        parts.append(_figure("Authors who recur", about, author_picture(authors), table))
    return [element("div", *parts, class_="pictures")] if parts else []


def _figure(heading: str, about: str, picture: Html, table: Html) -> Html:
    figures = element("details", element("summary", f"{heading}: the figures as a table"), table)
    return element("div", element("h3", heading), element("p", about), picture, figures, class_="picture")


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, cut: int = _ROWS) -> Html:
    """Return a table that scrolls within itself where it is too wide, also by keyboard."""
    start = element("thead", element("tr", *(element("th", name, scope="col") for name in head)))
    body = element("tbody", *(_line(row) for row in rows[:cut]))
    table = element("table", element("caption", caption), start, body)
    rest = element("p", f"And {len(rows) - cut:,} more rows.") if len(rows) > cut else ""
    return join(element("div", table, class_="table", role="region", aria_label=caption, tabindex=0), rest)


def _line(row: Sequence[str]) -> Html:
    return element("tr", element("th", row[0], scope="row", dir="auto"), *(element("td", cell) for cell in row[1:]))


def _tools(papers: Sequence[Paper], found: Sequence[Resolution]) -> Html:
    """Return what filters the entries; without a script it is not shown."""
    names = [element("option", value=name) for name, _ in recurring_authors(papers)[:_ROWS]]
    buttons = [
        element("button", "Copy BibTeX of all", type="button", id="copy", hidden=not papers),
        element("button", "Select none", type="button", id="none", hidden=True),
        element("button", "Show all", type="reset"),
        element("span", role="status", id="count"),
    ]
    form = element(
        "form",
        element("div", *_fields(papers, found), class_="row"),
        element("datalist", *names, id="authors"),
        element("p", *buttons, class_="row"),
        # For what a browser does not let be copied: there it can be taken by hand.
        element("textarea", id="by-hand", hidden=True, readonly=True, rows=8, aria_label="BibTeX to copy"),
        role="search",
        aria_label="Filter the titles",
        class_="scripted",
        id="filter",
    )
    note = "To search, filter and copy, this page needs JavaScript; all can be read without."
    return join(form, element("p", note, class_="unscripted"))


def _fields(papers: Sequence[Paper], found: Sequence[Resolution]) -> Iterator[Html]:
    """Yield the fields by which the titles can be told apart."""
    yield _field("q", "Search", element("input", id="q", type="search", autocomplete="off", spellcheck="false"))
    themes = [(str(number), f"{theme} ({count})") for number, (theme, count) in enumerate(theme_counts(papers))]
    if themes:
        yield _choice("theme", "Theme", themes)
    if any(paper.work.record.authors for paper in papers):
        yield _field(
            "author", "Author", element("input", id="author", type="search", list="authors", autocomplete="off")
        )
    dates = [paper.work.record.submitted for paper in papers]
    years = Counter(date.year for date in dates if date and date.year)
    if years:
        yield _choice("year", "Year", [(f"{year}", f"{year} ({years[year]})") for year in sorted(years, reverse=True)])
    verdicts = {each.verdict for each in found}
    if len(verdicts) > 1:
        yield _choice("verdict", "Verdict", [(slug(each), each.value) for each in VERDICTS if each in verdicts])


def _field(name: str, label: str, field: Html) -> Html:
    return element("div", element("label", label, for_=name), field, class_="field")


def _choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> Html:
    chosen = [element("option", shown, value=value) for value, shown in [("", "all"), *options]]
    return _field(name, label, element("select", *chosen, id=name))


def _skipped(found: Sequence[Resolution], occasion: Occasion) -> list[Html]:
    names = digest_names(found, occasion)
    return [_skipped_of(names[each.digest], each.skipped) for each in occasion.readings if each.skipped]


def _skipped_of(name: str, lines: Sequence[Skipped]) -> Html:
    several = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    rows = [(f"{each.line}", each.reason, _short(each.text)) for each in lines]
    table = _table(f"Skipped in {name}", ("line", "why", "text"), rows, cut=_LINES)
    return element("details", element("summary", f"{name}: {several}"), table)


def _short(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
