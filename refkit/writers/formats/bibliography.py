"""Items -> a bibliography that people read, in Markdown or as a page of HTML.

Its plain style is author, year, title, where, link; any other is for CSL (`styled.py`). The same items give the same
bytes, whatever is installed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from refkit.normalize import fold
from refkit.writers.formats.dates import write_iso
from refkit.writers.formats.item import PREPRINT, Item, Name, Written
from refkit.writers.formats.names import OTHERS
from refkit.writers.formats.rich import markdown_text, plain, to_html, to_markdown

# What a reader of the list gets to see; all else of an item is not lost, but not printed.
_AND_OTHERS = 20  # as APA 7 (9.8): up to twenty authors are named, of more the first nineteen and the last
_SAFE = "/:?#[]@!$&'()*+,;=%~-._"
_LINK = re.compile(r"(?i)https?://")
_ADDRESS = re.compile(r"(?i)https?://[^\s<>]*[^\s<>.,;:!?\]]")
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
li { margin: 0 0 .6rem; overflow-wrap: anywhere; }
.small-caps { font-variant: small-caps; }
.math { font-family: "STIX Two Math", "Cambria Math", serif; font-style: italic; }
"""
OTHER = "Other"

# Gives the entries of items as CSL's text, by key, in some style.
Entries = Callable[[Sequence[Item]], Mapping[str, str]]


def markdown(items: Sequence[Item], *, by_theme: bool = False, entries: Entries | None = None) -> Written:
    """Return the items as a Markdown list, sorted by author, year and title; with `by_theme` below a heading each."""
    texts = _texts(items, _MARKDOWN, entries)
    blocks = []
    for heading, group in groups(items, by_theme=by_theme):
        rows = [f"- {texts[item.key]}\n" for item in group if texts.get(item.key)]
        blocks.append((f"## {markdown_text(heading)}\n\n" if heading else "") + "".join(rows))
    return Written(text="\n".join(blocks), lost=((),) * len(items))


def html_page(
    items: Sequence[Item], *, title: str = "Bibliography", by_theme: bool = False, entries: Entries | None = None
) -> Written:
    """Return the items as a page of HTML that needs no other file; each entry has its key as anchor."""
    texts = _texts(items, _HTML, entries)
    blocks, seen = [], set[str]()
    for heading, group in groups(items, by_theme=by_theme):
        rows = []
        for item in group:
            anchor = "" if item.key in seen else f' id="{html.escape(_anchor(item.key))}"'
            seen.add(item.key)
            rows.append(f"<li{anchor}>{texts.get(item.key, '')}</li>\n")
        blocks.append((f"<h2>{html.escape(heading)}</h2>\n" if heading else "") + f"<ul>\n{''.join(rows)}</ul>\n")
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n{''.join(blocks)}</body>\n</html>\n"
    )
    return Written(text=page, lost=((),) * len(items))


def _texts(items: Sequence[Item], to: _Markup, entries: Entries | None) -> Mapping[str, str]:
    """Return the entries by key in the markup of the target; those of a CSL style get their links here."""
    ordered = sorted(items, key=_order)
    if not entries:
        return {item.key: _entry(item, to) for item in reversed(ordered)}
    return {key: _linked(text, to) for key, text in entries(ordered).items()}


def _linked(rich: str, to: _Markup) -> str:
    pieces, place = [], 0
    for found in _ADDRESS.finditer(rich):
        address = found[0]
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1]
        pieces += [to.rich(rich[place : found.start()]), to.link(address, address)]
        place = found.start() + len(address)
    return "".join([*pieces, to.rich(rich[place:])])


def _anchor(key: str) -> str:
    """Return a key as an id of HTML, which has no blanks."""
    return re.sub(r"\s+", "-", key)


def groups(items: Sequence[Item], *, by_theme: bool) -> Iterator[tuple[str, list[Item]]]:
    """Yield headings with their items; one without a heading if all stand together.

    An item stands below each of its keywords; those without stand last, below "Other".
    """
    ordered = sorted(items, key=_order)
    if not by_theme:
        yield "", ordered
        return
    themes = sorted({word for item in items for word in item.keywords}, key=lambda word: (fold(word), word))
    for theme in themes:
        yield theme, [item for item in ordered if theme in item.keywords]
    rest = [item for item in ordered if not item.keywords]
    if rest:
        yield OTHER, rest


def _order(item: Item) -> tuple[list[str], str, str, str]:
    people = [fold(f"{name.family or name.literal} {name.given}") for name in _people(item)[:3]]
    issued = item.dates.get("issued")
    return (
        people or [fold(plain(item.texts.get("title", "")))],
        write_iso(issued) if issued else "",
        fold(plain(item.texts.get("title", ""))),
        item.key,
    )


def _people(item: Item) -> tuple[Name, ...]:
    return next((item.names[role] for role in ("author", "editor", "translator") if role in item.names), ())


class _Markup:
    """How one target writes plain text, CSL's text, emphasis and links."""

    def __init__(
        self,
        text: Callable[[str], str],
        rich: Callable[[str], str],
        emphasis: tuple[str, str],
        link: Callable[[str, str], str],
    ) -> None:
        self.text = text
        self.rich = rich
        self.emphasis = emphasis
        self.link = link


def _entry(item: Item, to: _Markup) -> str:
    """Return an entry: who (when). What. Where. Link."""
    people = to.text(_names(_people(item)))
    if people and "author" not in item.names and "editor" in item.names:
        people += " (eds.)" if len(_people(item)) > 1 else " (ed.)"
    issued = item.dates.get("issued")
    year = to.text(_year(write_iso(issued))) if issued else "n.d."
    title = _stopped(to.rich(item.texts.get("title", "")) or to.text(item.key))
    who = f"{people} ({year})." if people else f"({year})."
    parts = [who, title, _stopped(_where(item, to)), _links(item, to)]
    return " ".join(part for part in parts if part)


def _year(date: str) -> str:
    if not date[:4].isdigit():
        return date
    years = re.findall(r"(?a)\b\d{4}\b", date)
    return "–".join(dict.fromkeys(years))


def _stopped(text: str) -> str:
    bare = re.sub(r"(?:</?\w+[^>]*>|[*\s])+$", "", text)
    return text if not text or bare.endswith((".", "?", "!")) else f"{text}."


def _names(people: Sequence[Name]) -> str:
    if people and people[-1].literal == OTHERS:
        return ", ".join([*(_name(name) for name in people[:-1]), "et al."])
    names = [_name(name) for name in people]
    if len(names) > _AND_OTHERS:
        names = [*names[: _AND_OTHERS - 1], "…", names[-1]]
        return ", ".join(names).replace(", …, ", ", … ")
    return " & ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _name(name: Name) -> str:
    if name.literal:
        return name.literal
    initials = re.sub(r"[^\W\d_][^\s.‐-]*\.?", _initial, name.given)
    family = " ".join(filter(None, (name.particle, name.family)))
    return ", ".join(filter(None, (family, " ".join(filter(None, (initials, name.dropping))), name.suffix)))


def _initial(word: re.Match[str]) -> str:
    """Return a given name by its first letter; scripts without capitals do not shorten names so."""
    letter = unicodedata.normalize("NFC", word[0])[0]
    return f"{letter}." if letter.isupper() or letter.islower() else word[0]


def _where(item: Item, to: _Markup) -> str:
    said = item.texts
    open_, close = to.emphasis
    if item.type == PREPRINT and item.arxiv_id:
        return f"arXiv:{to.text(item.arxiv_id)}"
    container = to.rich(said.get("container-title", "") or said.get("event-title", ""))
    volume = to.rich(said.get("volume", "")) + (f"({to.rich(said['issue'])})" if said.get("issue") else "")
    pages = to.rich(said.get("page", "") or said.get("number", "")).replace("-", "–")
    journal = item.type.startswith("article-")
    parts = [
        ("" if journal or not container else "In ") + (f"{open_}{container}{close}" if container else ""),
        volume if journal else f"vol. {volume}" if volume else "",
        pages if journal or not said.get("page") else f"pp. {pages}",
    ]
    where = ", ".join(part for part in parts if part)
    others = [to.rich(said.get(name, "")) for name in ("genre", "publisher")]
    return ". ".join(part for part in (where, ", ".join(filter(None, others)) if not journal else "") if part)


def _links(item: Item, to: _Markup) -> str:
    doi, address = item.texts.get("DOI", ""), item.texts.get("URL", "")
    url = (
        f"https://doi.org/{doi}"
        if doi
        else address or (f"https://arxiv.org/abs/{item.arxiv_id}" if item.arxiv_id else "")
    )
    links = [to.link(url, url)] if url else []
    if doi and item.arxiv_id and item.type != PREPRINT:
        links.append(to.link(f"https://arxiv.org/abs/{item.arxiv_id}", f"arXiv:{item.arxiv_id}"))
    return " ".join(links)


def markdown_link(url: str, text: str) -> str:
    """Return a link; an address that is none of the web stays text."""
    if not _LINK.match(url):
        return markdown_text(text)
    target = quote(url, safe=_SAFE).replace("(", "%28").replace(")", "%29")
    return f"<{target}>" if url == text and target == url else f"[{markdown_text(text)}]({target})"


def html_link(url: str, text: str) -> str:
    """Return a link; an address that is none of the web (a script) stays text."""
    if not _LINK.match(url):
        return html.escape(text)
    return f'<a href="{html.escape(quote(url, safe=_SAFE))}">{html.escape(text)}</a>'


_MARKDOWN = _Markup(markdown_text, to_markdown, ("*", "*"), markdown_link)
_HTML = _Markup(html.escape, to_html, ("<i>", "</i>"), html_link)
