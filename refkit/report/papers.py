"""The entries of a report: each paper with why it was matched, each open title with why not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from refkit.categories import category_name
from refkit.formula import formulated
from refkit.markup import Html, element, join, text
from refkit.model import Candidate, PartialDate, Verdict
from refkit.normalize import title_key
from refkit.report.facts import Paper, Place, Title, themes_of
from refkit.withdrawn import is_withdrawn

_CITED = 3  # authors, then "et al.": as people cite
_LISTED = 5  # places where a paper is named

VERDICTS = (Verdict.MATCHED, Verdict.AMBIGUOUS, Verdict.NOT_FOUND, Verdict.FAILED)


def slug(verdict: Verdict) -> str:
    """Return the name of a verdict in the page's attributes."""
    return verdict.value.replace(" ", "-")


def paper_entry(number: int, paper: Paper, themes: dict[str, int]) -> Html:
    """Return a paper; `themes` gives each theme's number, by which the page filters."""
    record = paper.work.record
    mine = themes_of(paper)
    date = record.submitted
    return element(
        "article",
        element("h3", formulated(record.title), dir="auto", id=f"t{number}"),
        element("p", join(*_byline(paper)), class_="by"),
        _themes(mine),
        element("p", join(*_why(paper)), class_="why"),
        element("p", join(*_links(number, paper)), class_="links"),
        _more(number, paper),
        class_="paper",
        id=f"p{number}",
        data_verdict=slug(Verdict.MATCHED),
        data_year=f"{date.year}" if date and date.year else None,
        data_themes=" ".join(str(themes[theme]) for theme in mine) or None,
    )


def _byline(paper: Paper) -> Iterator[Html]:
    record = paper.work.record
    names = ", ".join(str(author) for author in record.authors[:_CITED])
    others = " et al." if len(record.authors) > _CITED else ""
    yield element("span", formulated(names), others, dir="auto") if names else element("span", "authors unknown")
    yield join(" · ", _time(record.submitted))
    if record.categories:
        yield join(" · ", record.categories[0])
    if is_withdrawn(record.comments, record.abstract) or is_withdrawn(record.title, ""):
        yield join(" · ", element("strong", "withdrawn", class_="withdrawn"))


def _time(date: PartialDate | None) -> Html:
    return element("time", str(date), datetime=str(date)) if date and date.year else text("date unknown")


def _themes(themes: Sequence[str]) -> Html:
    if not themes:
        return text("")
    return element("ul", *(element("li", theme) for theme in themes), class_="themes", aria_label="Themes")


def _why(paper: Paper) -> Iterator[Html]:
    found = paper.resolution
    yield _verdict(found.verdict)
    confidence = "by a person" if found.decided == "accepted" else f"confidence {confidence_text(found.confidence)}"
    yield join(f" ({confidence}): ", formulated(found.reason))


def confidence_text(confidence: float) -> str:
    """Return a probability as people read it, never rounded up to certainty."""
    return f"{int(confidence * 1000) / 10:.1f} %"


def _verdict(verdict: Verdict) -> Html:
    return element("strong", verdict.value, class_=f"verdict {slug(verdict)}")


def _links(number: int, paper: Paper) -> Iterator[Html]:
    arxiv_id = paper.work.record.arxiv_id
    about = f"t{number}"
    yield _link(f"arXiv:{arxiv_id}", f"https://arxiv.org/abs/{arxiv_id}", about)
    yield join(" ", _link("PDF", f"https://arxiv.org/pdf/{arxiv_id}", about))
    if paper.zotero.startswith("zotero://select/"):
        yield join(" ", _link("Zotero", paper.zotero, about))


def _link(name: str, address: str, about: str) -> Html:
    # The page that a link opens is told nothing of this one, and cannot reach back into it.
    return element("a", name, href=address, rel="noopener noreferrer", aria_describedby=about)


def _more(number: int, paper: Paper) -> Html:
    record = paper.work.record
    about = f"t{number}"
    tick = element("input", type="checkbox", class_="pick", aria_describedby=about)
    tools = [
        element("button", "Copy BibTeX", type="button", class_="copy scripted", aria_describedby=about),
        element("label", tick, " Select", class_="scripted"),
    ]
    rows = element("dl", *_details(paper))
    entry = element("pre", element("code", paper.bibtex.strip()), class_="bibtex") if paper.bibtex else text("")
    details = element("details", element("summary", "Details and BibTeX", aria_describedby=about), rows, entry)
    return join(element("div", *(tools if record and paper.bibtex else []), class_="tools"), details)


def _details(paper: Paper) -> Iterator[Html]:
    record, mention = paper.work.record, paper.resolution.mention
    if record.authors:
        names = join(*_listed(element("li", formulated(str(author)), dir="auto") for author in record.authors))
        yield _row("Authors", element("ul", names, class_="authors"))
    other = mention.title if title_key(mention.title) != title_key(record.title) else ""
    named = ((code, category_name(code)) for code in record.categories)
    fired = [f"{tag.theme}: {', '.join(tag.evidence)}" for tag in paper.work.themes if tag.evidence]
    rows = [
        ("The digest's title", other),
        *(("Former title", former) for former in record.former_titles),
        ("Named in", places_text(paper.places)),
        ("Heading", mention.heading),
        ("Categories", ", ".join(f"{code} ({name})" if name else code for code, name in named)),
        ("Comment", record.comments),
        ("Journal", record.journal_ref),
        ("DOI", record.doi),
        ("Words for the themes", "; ".join(fired)),
        ("Found by", paper.resolution.candidates[0].source),
    ]
    for name, value in rows:
        if value:
            yield _row(name, element("span", formulated(value), dir="auto"))


def _listed(items: Iterable[Html]) -> Iterator[Html]:
    """Yield items of a list that stands on one line, parted by blanks for those who copy it."""
    for item in items:
        yield join(item, " ")


def _row(name: str, value: Html) -> Html:
    return element("div", element("dt", name), element("dd", value))


def places_text(places: Sequence[Place]) -> str:
    """Return where digests name a paper: "mail.txt line 11, line 40"."""
    told = [f"{digest} line {line}".strip() if line else digest for digest, line in places]
    rest = len(told) - _LISTED
    return "; ".join(told[:_LISTED]) + (f"; and {rest} more" if rest > 0 else "")


def title_entry(number: int, title: Title) -> Html:
    """Return a title that was not matched: why, and which record is nearest."""
    found = title.resolution
    settled = " (settled by a person)" if found.decided == "none" else ""
    nearest = found.candidates[0] if found.candidates else None
    return element(
        "article",
        element("h3", formulated(found.mention.title), dir="auto", id=f"t{number}"),
        element("p", _verdict(found.verdict), settled, ": ", formulated(found.reason), class_="why"),
        element("p", *_nearest(nearest), class_="nearest") if nearest else text(""),
        element("p", "Named in ", places_text(title.places), class_="by") if any(title.places) else text(""),
        class_="paper",
        id=f"p{number}",
        data_verdict=slug(found.verdict),
    )


def _nearest(candidate: Candidate) -> Iterator[Html]:
    record = candidate.record
    yield text("Nearest: ")
    yield element("cite", formulated(record.title), dir="auto")
    address = f"https://arxiv.org/abs/{record.arxiv_id}"
    link = element("a", f"arXiv:{record.arxiv_id}", href=address, rel="noopener noreferrer")
    names = [str(author) for author in record.authors]
    by = join(formulated(names[0]), " et al., " if len(names) > 1 else ", ") if names else join()
    yield join(" (", by, _time(record.submitted), ", ", link, f"), score {candidate.score:.2f}")
    if candidate.reason:
        yield join(", not taken: ", formulated(candidate.reason))
