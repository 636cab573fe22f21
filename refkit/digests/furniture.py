"""Lines of a web page that are no papers: menus, counts, names of people who submitted, footers."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Whole lines of the page, as seen in copies of 2024-2026; compared without case.
_LINES = frozenset(
    line.strip()
    for line in """
    new | subscribe | daily papers | trending papers | papers | daily | weekly | monthly | trending | log in | login
    sign up | sign in | models | datasets | spaces | buckets | posts | docs | documentation | pricing | enterprise
    community | solutions | tasks | blog | forum | learn | previous | next | load more | show more | show less
    read more | view all | see more | upvote | upvotes | upvoted | github | github repo | github repository | code
    arxiv | arxiv page | view arxiv page | view pdf | pdf | project page | project | ai-generated summary | ai summary
    generated summary | abstract | summary | submitted by | authors | comment | comments | share | hugging face
    huggingface | company | tos | terms | terms of service | privacy | privacy policy | about | careers | jobs | press
    website | contact | system theme | light theme | dark theme | toggle theme | search | search papers | menu | home
    settings | profile | log out | follow | add to collection | cite | bibtex | copy link | skip to content | back
    organizations | collections | notifications | paper | view paper | view on arxiv | open in new tab | cookies
    hugging face's logo | paper thumbnail | thumbnail | play video | view paper page | load more papers | newsletter
    inference providers | status | brand assets | feed | rss | email | all | today | yesterday
    """.replace("\n", "|").split("|")
    if line.strip()
)
# Lines whose words stand in titles as well, so that they make no menu.
_MORE_LINES = frozenset(
    line.strip()
    for line in """
    html | demo | bookmark | more | by | avatar | filter | filters | cookie settings | unsubscribe | view in browser
    back to top | image
    """.replace("\n", "|").split("|")
)
_LAST_WORDS = frozenset(
    "demo filter filters image html"
    " models datasets spaces tasks papers community search code collections organizations learn solutions project"
    " forum privacy home press share summary status feed documentation docs blog email paper website jobs".split()
)
_LAST_SIGNS = re.compile(r"\(?(?:19|20)\d\d\)?[?!.]?|[?!]")
# A menu that was copied into one line consists of these words only ("Daily Weekly Monthly", "Log In Sign Up").
_MENU_WORDS = frozenset(word for line in _LINES for word in line.split())
_COUNT = re.compile(r"[-–—~+(]?\s*\d[\d,.]*\s*[kKmM]?\s*[+)%]?")
_DECORATION = re.compile(r"[\W_]+")
# Neither begins or ends with what the other one may, so that a repetition of both is read in one way only.
_NUMBER = r"\d[\d,.]*(?: ?[kKmM]\b)?"
_ICON = r"[^\w\s$\"'(\[{#,.]{1,3}"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_CATEGORY = (
    r"(?:[a-z]{2,8}(?:-[a-z]{2,4})?\.[A-Z]{2}|[a-z-]{4,8}\.[a-z-]{4,10}|(?:hep|quant|astro|math|nucl)-[a-z]{2,3})"
)
_OTHERS = (
    (re.compile(rf"(?:(?i:github|likes?|upvotes?) ?)?(?:{_ICON} ?{_NUMBER} ?)+"), "a count"),
    (re.compile(rf"(?:{_NUMBER} ?{_ICON} ?)+"), "a count"),
    (re.compile(rf"(?i){_NUMBER} [a-z]+(?: [·•|] {_NUMBER} [a-z]+)+|\d+ ?/ ?\d+|\d{{1,2}}(?::\d\d){{1,2}}"), "a count"),
    (re.compile(r"(?i)(?:models|datasets|spaces|collections) (?:citing|including) this paper\W*\d*"), "a count"),
    (re.compile(r"(?i)(?:and |\+ ?)?\d+ (?:more )?(?:co-?)?(?:authors?|others)"), "a count of authors"),
    (re.compile(r"(?i)[^·]{1,60} · (?:[\d,]+ authors?|(?:published|submitted)\b.{0,40})"), "a line of the page"),
    (re.compile(rf"(?i)week (?:\d{{1,2}}(?:,? (?:19|20)\d\d)?|of {_MONTH} \d{{1,2}}(?:,? \d{{4}})?)"), "a time"),
    (
        re.compile(
            rf"(?i){_MONTH} \d{{1,2}}(?:,? \d{{4}})?\s*(?:[-–—]|to)\s*(?:{_MONTH} )?\d{{1,2}}(?:,? \d{{4}})?"
            r"|\d{1,2}([/.])\d{1,2}\1(?:19|20)?\d\d|\d{1,2}\.? (?:de )?[^\W\d_]{3,10}\.? (?:de )?(?:19|20)\d\d"
        ),
        "a time",
    ),
    (re.compile(rf"{_CATEGORY}(?:[,;]? {_CATEGORY})*"), "categories"),
    (re.compile(r"#\w[\w-]*(?:,? #\w[\w-]*)+"), "tags"),
    (
        re.compile(
            r"(?i)(?:comments?: )?\d+ pages?(?:[,;] .{0,80})?|comments?: (?:\d+ |accepted ).{0,80}"
            r"|(?:accepted|to appear|published|presented) (?:at|in|to|by|for|as) .{2,60}(?:19|20)\d\d.{0,20}"
        ),
        "a remark",
    ),
    (re.compile(r"(?i)(?:by )?[^,:]{1,40} and the research community"), "the head of the page"),
    (re.compile(r"(?i)follow us\b.{0,40}|sort(?:ed)? by: ?.{0,30}|sort by \w+"), "a menu"),
    (re.compile(r"(?i)search (?:models|datasets|papers|users|spaces|arxiv)\b.{0,60}(?:\.\.\.|…)"), "a menu"),
    (re.compile(r"(?i)\S{1,40}['’]s avatar|\[(?:image|img|figure|video|logo|avatar)\b[^\]]{0,40}\]"), "a picture"),
    (re.compile(r"(?i)(?:hello|hi|hey|dear)\b[^.:?,]{0,30}[,!]"), "a greeting"),
    (re.compile(r"(?i).{0,40}© ?(?:19|20)\d\d.{0,60}"), "the foot of the page"),
    (re.compile(r"(?i)[-·•–—\s]*[\d,.]+k? authors?\b.{0,40}"), "a count of authors"),
    (re.compile(r"(?i)submitted by\b.{0,60}"), "who submitted it"),
    (re.compile(r"·.{0,80}"), "a line of the page"),
    (
        re.compile(
            r"(?i)(?:upvotes?|github|comments?|likes?|stars?|models?|datasets?|spaces?|collections?|community|papers?"
            r"|replies|views?|followers)\s*[(:·•]?\s*[\d,.]+\s*[km]?\)?"
        ),
        "a count",
    ),
    (re.compile(r"(?i)[\d,.]+\s*[km]? (?:upvotes?|comments?|likes?|stars?|replies|views?|papers)"), "a count"),
    (re.compile(r"(?i)get (?:the )?(?:trending|daily|top|latest) papers\b.{0,80}"), "the head of the page"),
    (re.compile(r"(?i)(?:curated )?by ?@?_?ak(?:haliq)?(?: and the .{1,40}| .{0,40})?"), "the head of the page"),
    (re.compile(r"(?i)your daily dose of ai research.{0,40}"), "the head of the page"),
    (re.compile(r"(?i)(?:(?:trending|daily) papers|hugging ?face)(?: [-–—|] .{0,40}| \[[\d-]+\].{0,40})"), "the head"),
    (re.compile(r"(?i)(?:[a-z]{1,20} )?(?:about |an? )?\d{0,3} ?(?:minute|hour|day|week|month)s? ago"), "a time"),
    (re.compile(r"(?i)(?:©|copyright\b|\(c\) ).{0,80}|all rights reserved.{0,40}"), "the foot of the page"),
    (re.compile(r"(?i)(?:ai-generated summary|view (?:arxiv page|pdf)|page \d+)\b.{0,40}"), "a line of the page"),
)  # fmt: skip
_HEAD = re.compile(
    r"(?i)get (?:the )?(?:trending|daily) papers in your email.{0,40}|by ?@?_?ak and the research community"
    r"|(?:daily|trending) papers(?: [-–—|] hugging ?face.{0,20})?|submitted by(?: \S+)?|· \d+ authors?|· \d+ authors?"
)
_NAME = (
    r"[^\W\d_](?:[\w.’'-]*)(?: (?:[^\W\d_a-z][\w.’'-]*|de|der|den|van|von|da|di|la|le|du|al|el|bin|dos|ten|ter)){1,4}"
)
_AUTHORS = re.compile(rf"(?:{_NAME}(?:, | and |, and | & )){{3,}}{_NAME}(?:,? et al\.?|, …|, \.\.\.)?")


def why_no_title(text: str) -> str:
    """Return why a line (with single spaces) cannot be a title, "" if it could be one."""
    folded = text.casefold().removeprefix("...").strip("*_ :|→›»…")
    if folded in _LINES or folded in _MORE_LINES:
        return "a word of the page"
    if _DECORATION.fullmatch(text):
        return "no words"
    if _COUNT.fullmatch(text):
        return "a count"
    words = folded.replace("|", " ").replace("·", " ").split()
    if 3 <= len(words) <= 40 and _is_menu(words):  # noqa: PLR2004
        return "a menu"
    return next((reason for form, reason in _OTHERS if form.fullmatch(text)), "") if len(text) < 200 else ""  # noqa: PLR2004


def _is_menu(words: Sequence[str]) -> bool:
    """Whether all words are of menus, among them at most counts, or the numbers of pages behind the first word."""
    if not all(word in _MENU_WORDS or word in {"...", "…"} or _COUNT.fullmatch(word) for word in words):
        return False
    named = sum(word in _MENU_WORDS for word in words)
    return named == len(words) or (len(words) >= 4 and (named >= 4 or words[0] == "previous"))  # noqa: PLR2004


def may_end_title(text: str) -> bool:
    """Whether a line, though it stands in menus too, may be the last word of a title that was wrapped."""
    return text.casefold() in _LAST_WORDS or bool(_LAST_SIGNS.fullmatch(text))


def is_head(text: str) -> bool:
    """Whether a line stands only on a Hugging Face papers page."""
    return bool(_HEAD.fullmatch(text))


def announces_name(text: str) -> bool:
    """Whether a short line below this one is a name: of who submitted the paper, or of an organisation."""
    return text.casefold().rstrip(":") in {"submitted by", "·", "•"}


def is_short_name(text: str) -> bool:
    """Whether a line could be the name of a person, an account or an organisation."""
    return len(text) <= 40 and len(text.split()) <= 4 and text[-1] not in ".?!:"  # noqa: PLR2004


def authors_of(text: str) -> tuple[str, ...]:
    """Return the names in a line that is a list of four and more authors, or of any number behind `Authors:`."""
    head, colon, names = text.partition(": ")
    if colon and head.casefold() in {"author", "authors", "by"}:
        return tuple(name for name in _split(names) if name)
    if len(text) < 3000 and text.count(",") >= 2 and _AUTHORS.fullmatch(text):  # noqa: PLR2004
        return _split(text)
    return ()


def _split(names: str) -> tuple[str, ...]:
    return tuple(re.sub(r"^(?:and|&) | et al\.?$", "", name.strip(" .…")) for name in re.split(r", | and | & ", names))
