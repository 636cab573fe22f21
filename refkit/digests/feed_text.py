"""What stands below a title in a feed: HTML or text with labels ("Authors:", "Abstract:") -> abstract, names, links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from refkit.digests.cells import date_of, split_authors
from refkit.digests.inline import resolve, without_markup
from refkit.digests.lines import clean
from refkit.digests.page import blocks
from refkit.digests.page_people import names_in
from refkit.digests.page_titles import is_description
from refkit.digests.paper_links import is_label
from refkit.model import PartialDate
from refkit.names import bare_name

_TAG = re.compile(r"<[a-zA-Z/!]")
_LABELS = (
    (re.compile(r"(?i)(?:abstract|summary|tl;?\s?dr|abs)\b\s*(?:[:.—–-]+\s*|$)"), "abstract"),
    (re.compile(r"(?i)(?:authors?|author\(s\)|creators?|by)\s*(?::\s*|$)"), "authors"),
    (
        re.compile(
            r"(?i)(?:doi|source|publication date|publication|published(?: online)?(?: date)?|date|journal"
            r"|subjects?|title|categor(?:y|ies)|keywords?|tags?|comments?|upvotes?|likes?|votes|score|code|github"
            r"|project(?: page)?|links?|url|pdf|paper|venue|volume|arxiv(?: id)?|pmid|issn|editors?|conference|year"
            r"|points|stars|submitted by|license|first seen|posted)\s*:"
        ),
        "aside",
    ),
    (
        re.compile(r"(?i)(?:\d\.? )?(?:introduction|graphical abstract|highlights|references|acknowledge?ments?)$"),
        "end",
    ),
)
_HEADER = re.compile(r"(?i)arxiv:\S{4,40} announce type: [\w-]+\s*")
# Where a publisher says in which volume it is, or that there is more to read.
_CITED = re.compile(
    r"(?i)[^.]{0,80},? (?:published online|ahead of print|volume \d|vol\. ?\d|issue \d)\b.{0,200}"
    r"|\[?.{0,80}\] published \w{3}.{0,40}|.{0,150}\bdoi: ?10\.\d{4,9}/\S+.{0,120}"
    r"|(?:continue reading|read more|the post .{0,200} appeared first on).{0,200}"
    r"|(?:submitted by|link|comments)\b.{0,80}"
)
_MORE = re.compile(
    r"(?:\s*(?:\[\s*(?:…|\.\.\.|&hellip;)\s*\]|…|\.\.\.))\s*(?:(?i:read more|continue reading).{0,40})?$"
)
_FEW, _ENOUGH, _LONGEST, _LOOKED_AT = 8, 20, 5_000, 200_000
_BRACKETS = re.compile(r"\s*\([^()]{0,300}\)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[ -]?){1,4}")
_PUBLISHED = re.compile(
    r"(?i)(?:publication|published|posted|first seen)(?: online| on| date){0,2}\s*:\s*(?P<date>.{4,40})$"
)
_EMAIL = re.compile(r"\S+@\S+")
_MOST_NAMES_TEXT = 200_000


class Told(NamedTuple):
    """What a text says about a paper: `labelled` if it calls the abstract so, `cut` if it goes on elsewhere."""

    abstract: str = ""
    authors: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    labelled: bool = False
    cut: bool = False
    issued: PartialDate | None = None


def told(content: str, title: str) -> Told:
    """Return what a description says of the paper with this title."""
    lines, links = _lines(content[:_LOOKED_AT])
    parts: dict[str, list[str]] = {"abstract": [], "authors": [], "prose": [], "end": []}
    now, labelled, issued = "prose", False, None
    for line in lines:
        label, rest = _label(line)
        if label:
            issued = issued or _day(line)
            now, labelled = label, labelled or label == "abstract"
            if rest and label not in {"aside", "end"}:
                parts[label].append(rest)
            now = "prose" if label == "authors" and rest else now
        elif now == "authors" and not (names_in(line, least=1) or len(line.split()) <= 4):  # noqa: PLR2004 - a name
            now = "prose"
        if not label and now != "aside" and not is_label(line):
            parts[now].append(line)
        now = "prose" if now == "aside" else now
    prose = [line for line in parts["prose"] if is_description(line) and not _CITED.fullmatch(line) and line != title]
    chosen = parts["abstract"] if sum(map(len, parts["abstract"])) > sum(map(len, prose)) / 4 else prose
    abstract = _joined(chosen)
    cut = bool(_MORE.search(abstract[-100:]))
    return Told(
        abstract if abstract.count(" ") + 1 >= _FEW and abstract != title else "",
        names_of(", ".join(parts["authors"])) if parts["authors"] else (),
        tuple(links), labelled and bool(parts["abstract"]), cut, issued,
    )  # fmt: skip


def _day(line: str) -> PartialDate | None:
    """Return the date behind "Publication date:"."""
    found = _PUBLISHED.match(line)
    return date_of(found["date"]) if found else None


def best(found: Sequence[Told]) -> str:
    """Return the best of several abstracts: one that is called so, a whole one, the longest."""
    ranked = sorted(found, key=lambda each: (each.labelled, not each.cut and _words(each) >= _ENOUGH, _words(each)))
    return ranked[-1].abstract if ranked else ""


def _words(each: Told) -> int:
    return each.abstract.count(" ")


def _lines(content: str) -> tuple[list[str], list[str]]:
    """Return the lines that a person sees, and where its links lead."""
    if not _TAG.search(content):
        text = resolve(content)
        if _TAG.search(text):
            return _lines_of_html(text)
        return list(_paragraphs(text)), re.findall(r"https?://[^\s<>\"]+[^\s<>\".,;:)\]}']", text)
    return _lines_of_html(content)


def _lines_of_html(content: str) -> tuple[list[str], list[str]]:
    lines, links = [], []
    for block in blocks(content):
        links += [piece.href for piece in block.links() if piece.href]
        lines += [part for part in _paragraphs(block.text) if part]
    return lines, links


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text; a line that begins with a label begins one."""
    text = _HEADER.sub("", text, count=1)
    held = ""
    for line in re.split(r"\r\n|\r|\n", text):
        line = clean(line)  # noqa: PLW2901
        if held and (not line or _label(line)[0]):
            yield held
            held = ""
        held = f"{held} {line}" if held and line else held or line
    if held:
        yield held


def _label(line: str) -> tuple[str, str]:
    """Return what the word before a colon says that a line is, and the rest of the line."""
    for form, label in _LABELS:
        found = form.match(line)
        if found:
            return label, line[found.end() :].strip()
    return "", line


def _joined(lines: Sequence[str]) -> str:
    """Return the first paragraphs as one text: an abstract is no longer, an article is."""
    text = ""
    for line in lines:
        if text and len(text) + len(line) > _LONGEST:
            break
        text = f"{text} {line}".strip()
    return text[:_LONGEST] if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0]


def names_of(text: str) -> tuple[str, ...]:
    """Return the names in a field of names: parted by commas, semicolons or "and", also "Family, I., Family, I."."""
    text = without_markup(text[:_MOST_NAMES_TEXT])
    if "@" in text:  # RSS: `ada@example.org (Ada Lovelace)`
        inner = re.search(r"\(([^()]{2,300})\)", text)
        text = inner[1] if inner else _EMAIL.sub("", text)
    for _ in range(3):
        text = _BRACKETS.sub("", text)
    text = re.sub(r"(?i)^by\s+", "", text).strip(" ,;")
    parts = [part.strip() for part in re.split(r",\s*(?:and |& )?|\s+and\s+|\s+&\s+", text)]
    if ";" not in text and _are_pairs(parts):
        found = [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]
    else:
        found = [each for name in split_authors(text) for each in re.split(r"\s+(?:and|&)\s+", name)]
    names = (bare_name(name).strip(" ,;") for name in found)
    return tuple(name for name in names if name and "/" not in name and any(map(str.isalpha, name)))


def _are_pairs(parts: Sequence[str]) -> bool:
    """Whether family names and initials take turns."""
    if len(parts) < 2 or len(parts) % 2:  # noqa: PLR2004 - a pair
        return False
    return all(map(_is_initials, parts[1::2])) and not any(map(_is_initials, parts[::2]))


def _is_initials(text: str) -> bool:
    return text.isupper() and bool(_INITIALS.fullmatch(text))


def names_in_each(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names of elements of which each holds a name, or one of which holds all."""
    if len(texts) == 1:
        return names_of(texts[0])
    names: list[str] = []
    for text in texts:
        plain = without_markup(text[:_MOST_NAMES_TEXT])
        if plain.count(",") == 1 and ";" not in plain and " and " not in plain and "@" not in plain:
            names.append(bare_name(_BRACKETS.sub("", plain)).strip(" ,;"))
        else:
            names += names_of(text)
    return tuple(dict.fromkeys(name for name in names if name))
