"""Which words of a row of Markdown are the title: its link, its bold or quoted words, or where a citation has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from refkit.digests.form import is_prose
from refkit.digests.lines import clean
from refkit.digests.markdown_inline import Span
from refkit.digests.markdown_people import people, people_before
from refkit.digests.markdown_tags import bare, is_label_text, is_tag, says_paper, strip_front, without_source
from refkit.digests.page_titles import is_capitalised, is_sentence, is_title, linked_title
from refkit.digests.paper_links import Target, target_of

_AUTHOR_PAGE = re.compile(r"(?i)scholar\.google\.[^/]+/citations\?(?!.*citation_for_view)")
_QUOTED = (
    re.compile(r"(?:[“\"«„]|``)(?P<title>[^“”«»„]{8,350}?)(?:[,.][”\"»“]|[”\"»“][,.]|''[,.]?)(?=\s|$)"),
    re.compile(r"(?:[“\"«„]|``)(?P<title>[^“”\"«»„]{8,350}?)[,.]?(?:[”\"»“]|'')"),
)
_SPLIT = re.compile(r"\s+[–—|-]+\s+|\s{2,}|\s*[|]\s*|\s+by\s+(?=[A-Z])|\s+\((?=[A-Z\d])")
_YEAR_IN = re.compile(r"\b(?:19|20)\d\d\b|['’]\d\d\b")
_PERIOD = re.compile(
    r"(?<!\bvs)(?<!\bal)(?<!\be\.g)(?<!\bi\.e)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\bcf)(?<!\bMr)(?<![\s.][A-Z])"
    r"(?<=[\w)\]”\"'$?!])[.]\s+(?=[^\W_a-z])|(?<=[?!])\s+(?=[A-Z][a-z]+ [A-Z])"
)
# How a description begins that stands right behind a name.
_TELLS = re.compile(
    r"\s+(?=(?:This|These|We|In this|Here|Introduces|Proposes|Presents|Develops|Explores|Investigates|Shows"
    r"|Demonstrates|Provides|Studies|Releases|Researchers|A new|The (?:paper|authors)) [a-z])"
)
_VERB = re.compile(
    r"(?!vs\b|as\b|is\b|across\b|its\b|[a-z]*ss\b|[a-z]*ics\b)[a-z]{3,}s\b (?:a|an|the|how|that|new|\w+)\b"
)
# How sentences about papers begin.
_TELLING = re.compile(
    r"(?i)(?:we|our|this|these|that|they|it|here|there|i|you|if|researchers?|authors?|see|please"
    r"|the (?:authors?|team|paper|work))\b"
)
# Where the names of a citation end: at a full stop that is no initial's, at a year, a colon or an opening quote.
_END_OF_NAMES = re.compile(
    r"(?<![\s.-][A-Z])(?<!^[A-Z])\.,?\s+(?=[^\W_]|[\"“$(\[])|[\s,.]*\(?(?:19|20)\d\d[a-z]?\)?[.,:]\s+|:\s+|,\s+(?=[\"“])"
)
_YEAR_BEFORE = re.compile(r"^[\s,.:;]*(?:[(\[]?(?:19|20)\d\d[a-z]?[)\]]?)?[\s,.:;–—-]*")
_END_OF_TITLE = re.compile(r"(?<!\bvs)(?<=[\w)”\"$?!])\.\s+(?=[A-Z(\d])|[.,]?[”\"](?=[\s,.]|$)|\.$")
_PART = re.compile(r"(?:Part )?[IVX]{1,5}\b[.:]")
_MOST_NAMES = 12
_FIRST = re.compile(r"(?<=[a-z\d)])\.\s|\s[–—|-]\s|[(\[]|\s{2,}")
_LONGEST_LEAD = 3_000
_LONG = 200  # characters; no venue is so long
_MOST_CUTS = 60


class Group(NamedTuple):
    """Words of one look, or of one link, from `start` to `end`; of an image only `image` is set.

    `wide` are the words with gaps of several blanks kept: some lists part title and description so.
    """

    text: str
    start: int
    end: int
    target: Target | None = None
    strong: bool = False
    italic: bool = False
    code: bool = False
    image: str = ""
    wide: str = ""


class Found(NamedTuple):
    """A title and how it was found: "linked", "bold", "italic", "quoted", "cited" or "plain".

    `target` is where it leads itself.
    `before` and `rest` are the words beside it in its own group; groups from `last` on stand behind it.
    """

    title: str
    start: int
    end: int
    how: str
    last: int
    target: Target | None = None
    before: str = ""
    rest: str = ""


def groups_of(spans: Sequence[Span]) -> list[Group]:
    """Return neighbouring spans of one link, or of one look, as one."""
    found: list[Group] = []
    held: list[Span] = []
    for span in spans:
        if held and _look(held[-1]) != _look(span):
            found.append(_group(held))
            held = []
        held.append(span)
    if held:
        found.append(_group(held))
    return [group for group in found if group.text or group.target or group.image]


def _look(span: Span) -> tuple[object, ...]:
    if span.link:
        return ("link", span.link)
    if span.strong and not span.image and span.text.strip():
        return ("strong",)
    return (span.italic, span.code, bool(span.image))


def _group(spans: Sequence[Span]) -> Group:
    worded = [span for span in spans if span.text.strip() and not span.image] or list(spans)
    wide = "".join(span.text for span in spans if not span.image).strip()
    text = clean(wide)
    start, end = _trimmed(worded[0])[0], _trimmed(worded[-1])[1]
    return Group(
        text=text,
        start=start,
        end=max(start, end),
        target=_target(spans[0].href, text or spans[0].text) if spans[0].link else None,
        strong=all(span.strong for span in worded),
        italic=all(span.italic for span in worded),
        code=all(span.code for span in worded),
        image=next((span.image for span in spans if span.image), "") if not text else "",
        wide=wide,
    )


def _trimmed(span: Span) -> tuple[int, int]:
    """Return the place of a span without blanks, where its text stands in the digest as it is."""
    text = span.text
    if len(text) != span.end - span.start:
        return span.start, span.end
    return span.start + len(text) - len(text.lstrip()), span.end - (len(text) - len(text.rstrip()))


def _target(href: str, text: str) -> Target:
    """Return where a link leads; the page of an author is no paper, a link that says so is one."""
    target = target_of(href)
    if target.is_paper and _AUTHOR_PAGE.search(href):
        return target._replace(kind="elsewhere")
    if target.kind == "elsewhere" and says_paper(text):
        return target._replace(kind="paper", key=target.key or target.url.lower())
    return target


def may_be_title(text: str) -> bool:
    """Whether a text has the form of a title; a name like "AgentA/B" is one, the path of a repository is none."""
    return is_title(text) or bool(re.fullmatch(r"[A-Z]\w*/[A-Z\d]\w?|Copyright (?:[A-Z][\w-]+ ){2}[^©\d]{3,200}", text))


def states(text: str) -> bool:
    """Whether a text is a statement rather than a title, also one of two parts ("The Void. Sample and Abundances")."""
    return is_sentence(re.sub(r"(?<=[a-z]{2})[.!?] (?=[A-Z])", ": ", text))


def find_title(groups: Sequence[Group], *, marked: bool = False) -> Found | None:
    """Return the title in a row, None if it has none. `marked` says that the row is a heading."""
    linked = _linked(groups, marked=marked)
    lead = _lead(groups, marked=marked)
    if not linked or not lead:
        return linked or lead
    if lead.how == "cited":
        return lead
    if lead.start == linked.start:
        return linked._replace(title=lead.title) if lead.title.startswith(linked.title) else linked
    whole = lead.how in {"bold", "quoted"} and lead.title.count(" ") > 1 and not lead.rest.startswith(":")
    return lead if whole and lead.start < linked.start else linked


def _linked(groups: Sequence[Group], *, marked: bool) -> Found | None:
    """Return the first link to a paper whose text is a title."""
    before = ""
    for i, group in enumerate(groups):
        if (
            group.target
            and group.target.is_paper
            and group.text
            and not (is_tag(group.text) or is_label_text(group.text))
        ):
            title = bare(group.text)
            after = "".join(f"{each.text} " for each in groups[i + 1 : i + 3])
            alone = is_tag(before) or bool(people_before(before))
            around = "" if alone else before
            loud = marked or group.strong or alone
            odd = loud and not is_title(title) and may_be_title(title)
            if odd or (is_title(title) and linked_title(title, around, after, marked=loud)):
                return Found(title, group.start, group.end, "linked", i + 1, group.target, before)
        before = f"{before} {group.text}"[-400:]
    return None


def _lead(groups: Sequence[Group], *, marked: bool) -> Found | None:
    """Return the title with which a row begins, behind tags, labels and names."""
    labels = False
    for i, group in enumerate(groups):
        text = strip_front(group.text)
        label = bool(group.target) and is_label_text(text)
        if not group.text or not re.search(r"[^\W_]", text) or label or (is_tag(text) and not group.italic):
            labels = labels or bool(group.target and group.target.is_paper)
        elif group.target or group.strong or group.code:
            found = _marked(groups, i, "")
            if found or not group.code:
                return found
        else:
            remark = labels and (text.startswith("(") or text.count(" ") < 2)  # noqa: PLR2004 - about the link before
            return None if remark else _unmarked(groups, i, marked=marked)
    return None


def _unmarked(groups: Sequence[Group], first: int, *, marked: bool) -> Found | None:
    """Return the title in words that are neither bold nor linked, or behind them if they are names."""
    end = next((k for k in range(first, len(groups)) if _ends_plain(groups[k])), len(groups))
    found = _italic(groups, first) or _plain(groups, first, end, marked=marked)
    if found or end == len(groups):
        return found
    words = clean(" ".join(each.text for each in groups[first:end]))
    if (words.endswith(":") or people_before(words)) and len(words) < _LONG and not groups[end].image:
        return _marked(groups, end, words)
    return None


def _ends_plain(group: Group) -> bool:
    return bool(group.target or group.strong or group.image)


def _italic(groups: Sequence[Group], first: int) -> Found | None:
    """Return the title that is set in italics as a whole."""
    group = groups[first]
    title = bare(group.text)
    behind = groups[first + 1].text if first + 1 < len(groups) else ""
    closed = not behind or behind[0] in ".,;:([|–—-" or group.text[-1] in ".,:"
    if not group.italic or not closed or title.count(" ") < 2 or not may_be_title(title) or people(title):  # noqa: PLR2004
        return None
    return None if states(title) else Found(title, group.start, group.end, "italic", first + 1)


def _marked(groups: Sequence[Group], i: int, before: str) -> Found | None:
    """Return the title in a link or in bold, with the words behind a colon if they go on with it."""
    group = groups[i]
    title = bare(group.text.rstrip(": "))
    behind = groups[i + 1] if i + 1 < len(groups) else None
    colon = group.text.endswith(":") or (behind is not None and behind.text.startswith(":"))
    how = "linked" if group.target else "bold"
    if colon and behind and not behind.target and title.count(" ") < 4:  # noqa: PLR2004 - a name before its title
        more, rest = lead_in(behind.text.lstrip(": "))
        if more.count(" ") > 1 and is_capitalised(more) and not states(more):
            return Found(f"{title}: {more}", group.start, behind.end, how, i + 2, group.target, before, rest)
    if not may_be_title(title) or is_tag(title) or (people(title) and not group.target):
        return None
    return Found(title, group.start, group.end, how, i + 1, group.target, before, ":" if colon else "")


def _plain(groups: Sequence[Group], first: int, end: int, *, marked: bool) -> Found | None:
    whole = " ".join(each.wide for each in groups[first:end])
    if len(whole) > _LONGEST_LEAD and not re.search(r"\s[-–—]\s|\.\s", whole[:_LONGEST_LEAD]):
        return None
    text = strip_front(whole)
    start, stop = groups[first].start, groups[end - 1].end
    quoted = _quoted(clean(text[:1_500]))
    if quoted:
        before, title, rest = quoted
        return Found(title, start, stop, "quoted", end, None, before, rest)
    cited = "" if marked else _cited(clean(text[:_LONGEST_LEAD]))
    if cited:
        before, _, rest = clean(text).partition(cited)
        return Found(bare(cited), start, stop, "cited", end, None, before, rest)
    title, rest = lead_in(text)
    linked = any(group.target and group.target.is_paper and is_label_text(group.text) for group in groups[end:])
    stated = states(title) and not marked and (not linked or bool(_TELLING.match(title)))
    if not title or people(title) or is_tag(title) or stated:
        return None
    return Found(title, start, stop, "plain", end, None, "", rest)


def _quoted(text: str) -> tuple[str, str, str] | None:
    """Return what stands before a title in quotes, the title, and what stands behind it."""
    for form in _QUOTED:
        found = form.search(text)
        if not found:
            continue
        title, before, rest = bare(found["title"]), text[: found.start()].strip(" ,.:;"), text[found.end() :]
        alone = not before or is_tag(before) or bool(people_before(before))
        if alone and " " in title and may_be_title(title) and not rest.lstrip().startswith(":"):
            return before, title, rest
    return None


def _cited(text: str) -> str:
    """Return the title of a citation that begins with its authors, "" if it is none."""
    for found in list(_END_OF_NAMES.finditer(text))[:_MOST_NAMES]:
        names = text[: found.start()]
        dated = bool(_YEAR_IN.search(found[0]))
        several = bool(people(names, least=3 if ":" in found[0] else 2))
        if not several and (":" in found[0] or not people(names, least=1)):
            continue
        title = _cited_part(_YEAR_BEFORE.sub("", text[found.end() :]).lstrip("“\"'"))
        told = several or dated or bool(_YEAR_IN.search(text[found.end() :]))
        if (
            told
            and " " in title
            and title in text
            and may_be_title(title)
            and not people(title, least=2 if "." in names else 1)
        ):
            return "" if is_tag(title) else title
    return ""


def _cited_part(text: str) -> str:
    """Return the part of a citation that is the title; a question may go on, but not with its venue."""
    parts = _END_OF_TITLE.split(text, maxsplit=2)
    title = bare(parts[0])
    if len(parts) > 2 and re.fullmatch(r"[IVX]{1,5}", parts[1]):  # noqa: PLR2004 - "Clouds. II. Spectra of Planets."
        title = f"{title}. {parts[1]}. {bare(_END_OF_TITLE.split(parts[2], maxsplit=1)[0])}"
    question = re.search(r"[?!]\s+(?=[A-Z])", title)
    return title[: question.start() + 1] if question and is_tag(title[question.end() :]) else title


def lead_in(text: str) -> tuple[str, str]:
    """Return the title with which a text begins, and the rest of it (names, venue, description); ("", text) if none."""
    head = text[:_LONGEST_LEAD]
    cuts = {found.span() for form in (_SPLIT, _PERIOD, _TELLS) for found in form.finditer(head)}
    cuts |= {found.span() for found in list(re.finditer(r"[,;]\s+", head))[:12]}
    for start, end in sorted(cuts)[:_MOST_CUTS]:
        title, rest = bare(text[:start]), text[end:].strip()
        if rest and may_be_title(title) and _ends_title(title, rest, text[start:end]):
            return title, rest
    title = bare(text)
    return (title, "") if may_be_title(title) else ("", text)


def _ends_title(title: str, rest: str, cut: str) -> bool:
    """Whether what stands behind a cut is no longer the title: names, a venue, a description."""
    long, rest = len(rest) > _LONG, rest[: 3 * _LONG]
    first = _FIRST.split(rest, maxsplit=1)[0].strip(" .,;")
    if cut.strip() in {",", ";"}:
        return (" " in title and _are_people(first)) or (title.count(" ") > 1 and is_tag(rest.strip(" .")))
    if "(" in cut:
        inside = rest.partition(")")[0]
        year = bool(_YEAR_IN.search(inside)) and not is_capitalised(inside)
        return is_tag(inside) or bool(people(inside)) or year
    if "by" in cut:
        return bool(people(first.partition(",")[0], least=1)) and _are_people(first)
    if cut == " ":
        return is_prose(rest) and len(rest) > 60  # noqa: PLR2004 - a sentence
    names = people(without_source(first), least=1)
    if re.search(r"[\s-][IVX]{1,5}$", title) and not names:
        return False
    return _follows(title, rest, cut, first, long=long)


def _are_people(text: str) -> bool:
    """Whether a text is a list of names, with or without a venue behind; a single name only before a venue."""
    short = without_source(text)
    first = re.split(r",|\band\b|&|;", short, maxsplit=1)[0]
    if not people(text) and not people(short, least=1 if short != text else 2):
        return False
    return " " not in first.strip() or bool(people(first, least=1))


def _follows(title: str, rest: str, cut: str, first: str, *, long: bool) -> bool:
    """Whether names, a venue or a description stand behind a full stop, a dash, a bar or a gap; not "II. The Rest"."""
    if _PART.match(rest) and not people(without_source(first), least=1, rare=True):
        return False
    named = bool(people(first)) or _are_people(first)
    source = is_tag(first) or (not long and bool(_YEAR_IN.search(rest)) and not is_prose(rest) and first[:1].isupper())
    if "." in cut:
        return (named or source or (bool(people(first, least=1)) and bool(_YEAR_IN.search(rest)))) and " " in title
    if not cut.strip():
        return named or source or (len(cut) > 1 and (is_prose(rest) or len(rest) > 120))  # noqa: PLR2004
    if cut.strip(" ") in {"-", "--", "–", "—"}:
        short = len(first) < 80 and not is_prose(first)  # noqa: PLR2004
        source = is_tag(first) or (short and bool(_YEAR_IN.search(first)))
    sentence = rest.endswith(".") and ". " not in rest
    told = (is_prose(rest) or sentence) and rest.count(" ") > 6  # noqa: PLR2004 - a description
    return named or source or told or bool(_VERB.match(rest))
