"""Which words of a page are a title, which are names or a date, and which are sentences about a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from refkit.digests.form import LONGEST_TITLE, is_prose
from refkit.digests.furniture import why_no_title
from refkit.digests.lines import BULLET, clean, parse_date
from refkit.digests.page import Piece, groups, joined
from refkit.digests.page_people import names_in
from refkit.digests.paper_links import is_label

_MOST_WORDS = 50  # as in form.py
_LONGEST_LEAD = 3_000  # characters of a title with its authors and more before a link
_NAME = 2  # words; longer ones are hardly ever only the name of a model
_NEAR = 4  # characters before a quote that is the beginning
_DESCRIPTION = 8  # words; shorter texts below a title are places, institutes or counts
_WORD = re.compile(r"[A-Za-z][A-Za-z-]*")
_SMALL = frozenset(
    "a an the of for and or in on to with via by from at as is are be into over under using towards toward through"
    " between without against its their vs per than that based".split()
)
_VERBS = re.compile(
    r"(?i)\b(?:we|our|is|are|was|were|has|have|this|these|that|which|can|been|show|propose|it|they|their|also)\b"
)
_SEPARATORS = " \t\u00a0-–—:|•·,;.→»>[](){}*/"
_CLOSED = re.compile(r"(?i)$|[^\w\s]|(?:by|from|at|in|and|via|et al|for the|\d)\b|[A-Z\d]")
_MENTIONING = re.compile(
    r"(?i)(?:this|these|that|those|they|we|our|here|there|it|its|he|she|i|you|researchers?|authors?"
    r"|scientists|the (?:authors?"
    r"|researchers|team|paper|work|study)|a (?:recent|new) (?:paper|study|work)|according|recent (?:work"
    r"|paper|study)|click)\b"
)
_OWNED = re.compile(r"[\w ]{1,40}['’]s? (?:\w+ )?(?:new|latest|recent|own|paper|study|work)\b")
_PREFIX = re.compile(
    r"(?i)(?:\[(?:pdf|html|book|citation|c|b|doc)\]\s*)+|(?:paper )?title\s*:\s*|(?:new )?paper\s*:\s*"
    r"|read (?:more|on)\s*:\s*"
)
_SUFFIX = re.compile(
    r"(?i)(?<![\s.])[\s.]*[\[(](?:pdf|arxiv|arxiv\.org|paper|link|html|code|openreview|abs"
    r"|\d+ min(?:ute)?s?(?: read)?)[\])][\s.]*$|(?<![\s→»›])\s*[→»›]+$"
)
_QUOTED = re.compile(r"[“„]([^“”„]{8,350}?)[,.]?[”“]|\"([^\"]{8,350}?)[,.]?\"|«([^«»]{8,350}?)[,.]?»")
_QUOTED_FIRST = re.compile(r"[“\"]([^“”\"]{3,350}?)[.,]?[”\"](?=[\s,.]|$)")
# Where the title of a citation ends: before its venue.
_END_OF_TITLE = re.compile(
    r"(?<=[\w)”\"$?!])\.\s+(?=[A-Z(\d])|(?<=\w[?!])\s+(?=In\b|arXiv|Proc|\()|[.,]?”(?=[\s,.]|$)|\.$"
)
_QUOTES = (("“", "”"), ('"', '"'), ("«", "»"), ("„", "“"), ("‘", "’"))
_ET_AL = re.compile(r",?\s+(?:by\s+)?[A-Z][\w'’-]+(?: (?:and|&) [A-Z][\w'’-]+)?,?\s+et\.? ?al\.?.*$")


class Candidate(NamedTuple):
    """What may be a title, with the place in the page where it stands."""

    title: str
    start: int
    end: int


def is_title(text: str, *, least: int = 1) -> bool:
    """Whether a text that stands alone has the form of a title of at least so many words."""
    count = text.count(" ") + 1
    if count < least or count > _MOST_WORDS or len(text) > LONGEST_TITLE or not re.search(r"[^\W\d_]{2}", text):
        return False
    if re.fullmatch(r"[\w.-]+/[\w./-]+", text):
        return False  # the name of a repository
    if is_label(text) or why_no_title(text) or parse_date(text) or "://" in text:
        return False
    if count > 15 and text.endswith((".", ":")) and is_prose(text):  # noqa: PLR2004 - as in titles.py
        return False
    return not (count > 6 and _MENTIONING.match(text) and is_prose(text) and text.endswith("."))  # noqa: PLR2004


def is_capitalised(text: str) -> bool:
    """Whether nearly all words that carry meaning begin with a capital, as in titles only."""
    words = [word for word in _WORD.findall(text) if word not in _SMALL]
    rest = words[1:]
    capitals = sum(word[0].isupper() for word in rest)
    return len(rest) >= 2 and capitals >= 0.7 * len(rest)  # noqa: PLR2004


def is_sentence(text: str) -> bool:
    """Whether a text is a statement about a paper rather than its title."""
    if is_capitalised(text) or text.endswith("?"):
        return False
    count, verbs = text.count(" ") + 1, len({word.lower() for word in _VERBS.findall(text)})
    if _MENTIONING.match(text) or re.search(r"[a-z]{2}\. [A-Z]", text):
        return True
    if text.endswith((".", ",", ";")) and verbs and count >= 8:  # noqa: PLR2004 - titles end so in 1 of 10,000
        return True
    return (verbs > 1 and count >= 8) or (verbs == 1 and count >= 20)  # noqa: PLR2004


def is_description(text: str) -> bool:
    """Whether a text says something about a paper."""
    count = text.count(" ") + 1
    return count >= _DESCRIPTION and (count >= 15 or is_prose(text) or text.endswith((".", "!", "?", "…", "...")))  # noqa: PLR2004


def bare_title(text: str) -> str:
    """Return a title without "Title:", "[PDF]" or "(arXiv)" and without quotes round it."""
    if len(text) > _LONGEST_LEAD:
        return text
    text = _SUFFIX.sub("", text)
    found = _PREFIX.match(text)
    text = text[found.end() :] if found and found.end() < len(text) else text
    text = text.strip(" \u00a0|•·→»›")
    for left, right in _QUOTES:
        inner = text[1:-1]
        if (
            text.startswith(left)
            and text.rstrip(".,").endswith(right)
            and left not in inner
            and right not in inner[:-1]
        ):
            return text.rstrip(".,")[1:-1].strip().rstrip(",") or text
    return text


def stands_alone(before: str) -> str:
    """Return "alone" if nothing but a label stands before a link, "begins" if a sentence begins with it, else "" ."""
    before = BULLET.sub("", clean(before) + " x", count=1)[:-2].strip()
    bare = before.strip(_SEPARATORS + "“\"'#")
    if not bare or is_label(bare) or parse_date(bare) or why_no_title(bare) or not re.search(r"[^\W\d_]", bare):
        return "alone"
    if before.endswith((":", "–", "—", "|", "•", "·", "→", "»", ">", " -", "]")):
        return "alone" if before.count(" ") < 6 else "begins"  # noqa: PLR2004 - "New on arXiv this week:"
    if before.endswith(("“", '"', "«", "„", " '", "‘")):
        return "alone"
    return "begins" if before.endswith((".", "!", "?", ".”", '."', ";")) else ""


def linked_title(text: str, before: str, after: str, *, marked: bool) -> bool:
    """Whether the text of a link to a paper is its title, by its form and by what stands around it.

    `marked` says that it is bold or a heading.
    """
    title = bare_title(text)
    if not is_title(title):
        return False
    place, after = stands_alone(before), after.lstrip(" \t\u00a0")
    runs_on = bool(re.match(r"[a-z]", after)) and not re.match(r"(?:by|from|at|in|and|via)\b", after)
    closed = not runs_on and bool(_CLOSED.match(after))
    words, capitals = title.count(" ") + 1, is_capitalised(title)
    if place == "alone" and closed:
        return words > _NAME or marked or not clean(before).strip(_SEPARATORS)  # names of one word open a line
    if capitals and words > (_NAME if place else _NAME + 1):
        return True
    if _MENTIONING.match(title) or is_sentence(title) or _OWNED.match(title):
        return False
    if place == "alone":
        return words > _NAME + 2
    # Inside a sentence only titles and names begin with a capital letter.
    return closed and title[0].isupper() and words > (_NAME + 1 if place else _NAME + 2)


def lead_of(pieces: Sequence[Piece], *, least: int = 2) -> Candidate | None:
    """Return the title of at least so many words with which the pieces of a block begin, labels left out, if any.

    In this order: the text of a link, bold text at the start, a title between quotes, the title of a citation, a line
    that has the form of a title.
    """
    whole = joined(pieces) if pieces else None
    if not whole or not whole.text or len(whole.text) > _LONGEST_LEAD:
        return marked_lead(pieces)
    return marked_lead(pieces) or _plain_lead(whole, least)


def marked_lead(pieces: Sequence[Piece]) -> Candidate | None:
    """Return the link or the bold text with which pieces begin, if it has the form of a title."""
    before = ""
    for run in _runs(pieces):
        piece = joined(run)
        title = bare_title(piece.text).rstrip(" :")
        if piece.text.endswith(":") and not is_capitalised(title):
            before += piece.text + " "
            continue  # "Why it matters:"
        if (
            (piece.link or piece.strong or (piece.italic and is_title(title, least=3)))
            and is_title(title)
            and stands_alone(before) == "alone"
            and len(title) >= _NAME
        ):
            return Candidate(title, piece.start, piece.end)
        before += piece.text + " "
    return None


def _runs(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return neighbouring pieces together that are all bold, or of one link."""
    found: list[list[Piece]] = []
    for group in groups(pieces):
        for piece in group:
            blank = not piece.text.strip()
            same = found and (found[-1][-1].link == piece.link) and (blank or found[-1][0][5:7] == piece[5:7])
            if same:
                found[-1].append(piece)
            else:
                found.append([piece])
    return found


def _plain_lead(whole: Piece, least: int) -> Candidate | None:
    text = BULLET.sub("", whole.text, count=1).strip(" \u00a0-–—:|•·,;→»>[({*").lstrip("])} :–—-")
    title = _quoted_title(text) or cited_title(text) or _first_sentence(text) or _line(text, least)
    return Candidate(title, whole.start, whole.end) if title else None


def _quoted_title(text: str) -> str:
    found = _QUOTED.search(text)
    title = (found[1] or found[2] or found[3]).strip() if found else ""
    if not found or not is_title(title, least=2) or re.match(r"\s*:", text[found.end() :]):
        return ""
    opens = found.start() < _NEAR or names_in(text[: found.start()].strip(" ,.:"), least=1)
    return title if opens else ""


def _first_sentence(text: str) -> str:
    """Return what stands before authors or venue: "Title. Authors. Venue 2020", "Title, by Authors"."""
    for found in re.finditer(r"(?<=[\w)\]”\"$])[.?!]+ (?=\W?[^\W\d_a-z])|,? by (?=[A-Z])", text):
        first, rest = text[: found.end()].strip().rstrip("."), text[found.end() :]
        if " by " in found[0]:
            first = text[: found.start()]
        people = names_in(re.split(r"(?<=\w[a-z])\. | \(", rest)[0].strip(" .,"))
        source = found[0].startswith(".") and _looks_like_source(rest)
        if is_title(first, least=1 if people else 3) and (people or source) and not names_in(first):
            return bare_title(first)
    return ""


def _line(text: str, least: int) -> str:
    text = bare_title(_ET_AL.sub("", text)).rstrip(" ,")
    text = text.removesuffix(".") if not text.endswith("..") else text
    worded = least > 1 or any(letter.isupper() for letter in text)
    return text if worded and is_title(text, least=least) and not is_sentence(text) else ""


def cited_title(text: str) -> str:
    """Return the title of a citation that begins with its authors ("A. Doe and B. Roe. Title. Venue, 2020."), or ""."""
    if len(text) > _LONGEST_LEAD:
        return ""
    family_first = bool(re.match(r"[^\W\d_]{2}[\w'’-]*(?: [^\W\d_][\w'’-]+)?, [^\W\d_a-z]\b", text))
    for found in re.finditer(r"\.\s+(?=\W?[^\W_])|\s*\((?:19|20)\d\d[a-z]?\)[.,:]?\s+|:\s+|,\s+(?=[\"“])", text):
        names = text[: found.start()]
        if len(names) > _LONGEST_LEAD // 2:
            return ""
        if re.search(r"(?:^|[\s,.-])[^\W\d_a-z]$", names) and not (family_first and "(" not in found[0]):
            continue  # the point of an initial
        people = names_in(names, least=1 if "(" in found[0] or "." in names else 2)
        if not people or (found[0].startswith(":") and len(people) < 3 and "." not in names):  # noqa: PLR2004
            continue
        rest = re.sub(r"^\(?(?:19|20)\d\d[a-z]?\)?[.,:]\s+", "", text[found.end() :])
        quoted = _QUOTED_FIRST.match(rest)
        title = quoted[1] if quoted else _END_OF_TITLE.split(rest, maxsplit=1)[0]
        if is_title(title, least=1) and not names_in(title):
            return title.strip()
    return ""


def people_beside(text: str, title: str) -> tuple[str, ...]:
    """Return the names that stand right before or behind a title in a text."""
    before, _, after = text.partition(title)
    before = re.sub(r"[\s(]*(?:(?:19|20)\d\d[a-z]?\)?)?[.,:;“\"\s]*$", "", before)
    after = re.sub(r"^[”\"\s.,:;–—-]*(?:by )?", "", after)
    return names_in(before, least=1 if re.search(r"\b[A-Z]\.", before) else 2) or names_in(
        re.split(r"(?<=[a-z])\. |\(", after)[0].strip(" .,")
    )


def _looks_like_source(text: str) -> bool:
    return len(text) < 200 and bool(re.search(r"(?:19|20)\d\d|arXiv|['’]\d\d\b", text)) and not _VERBS.search(text)  # noqa: PLR2004
