"""Whether arXiv's entry of a paper says that the paper is withdrawn.

arXiv has no flag for it: the entry stays, and the comment or the beginning of the abstract says so in words. The word
alone does not tell (water is withdrawn from rivers, a paper "replaces the withdrawn one"), so a whole clause is asked
for: this paper, or nothing else, "is withdrawn".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(r"withdr|retract|removed by", re.IGNORECASE)  # without one of them nothing below can match
_MARKUP = re.compile(r"\\[a-z]+\b|[{}*\"`“”_\s]+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+")

_NOUN = r"(?:paper|article|submission|manuscript|pre-?print|e-?print|note|letter|work|version|entry|report|thesis)"
_KIND = r"(?:(?:present|current|above|following|arxiv)\s)?"
_THIS = rf"this\s{_KIND}{_NOUN}s?\b"  # arXiv's administrators write "This submissions has been withdrawn"
_OWN = rf"(?:{_THIS}|(?:our|my|the)\s{_KIND}{_NOUN}\b)"
_VERSION_LABEL = r"(?:v|version\s)\d+\b"
_ASIDE = r"(?:\s?\((?![^)]{0,80}(?:arxiv|\d{4}\.\d))[^)]{0,80}\))?"  # "(9 pages)", not the number of another paper

_ADVERB = r"(?:(?:now|hereby|also|already|therefore|thus|temporarily|recently|since|permanently|voluntarily)\s)?"
_IS = rf"(?:(?:has|have)\s{_ADVERB}been|is\sbeing|is|was|be|(?:has|needs?|had)\sto\sbe|(?:must|should)\sbe)\s{_ADVERB}"
# What is withdrawn from a conference or from a journal is still on arXiv.
_FROM_ARXIV = (
    r"(?!(?:\sby\s(?:the\s|its\s)?authors?(?:\(s\))?)?\s(?:from\s(?!(?:(?:the|this)\s)?(?:arxiv|archive|e-?print))"
    r"|at\s(?!.{0,30}request|present|this)))"
)
_GONE = rf"(?:withdrawn|withdrawed|retracted)\b{_FROM_ARXIV}"
# After a bare "Withdrawn" comes the reason or nothing; "Withdrawn papers of ..." is the beginning of a sentence.
_REASON = (
    r"(?=\s*(?:$|[.,;:!)\]–—/-]|(?:by|due|because|since|as|for|until|till|pending|owing|after|on|and|while|upon|"
    r"following|temporarily|to\sbe|in\s(?:favou?r|view|light)|from|at)\b))"
)
_TAKE_BACK = r"(?:withdraw|withdrew|withdrawn|withdrawing|withdrawal\sof|retract|retracted|retracting)"
_NOTICE = "(?:" + "|".join(
    (
        rf"(?:{_OWN}|{_NOUN}\b|{_VERSION_LABEL}){_ASIDE}\s{_IS}{_GONE}",
        rf"(?:{_THIS}|{_NOUN}\b|{_VERSION_LABEL}){_ASIDE}\s{_GONE}",
        rf"{_GONE}{_REASON}",
        rf"(?:we|i|(?:the\s)?authors?)\b(?:(?!\b(?:not|may|might|could|if)\b)[^.;]){{0,60}}\s{_TAKE_BACK}\s{_OWN}{_FROM_ARXIV}",
        rf"withdrawal(?:\snotice\b|\sof\s{_OWN}|(?=\s*(?:$|[:.]|due|because|by\b)))",
        rf"(?:[\w ]{{0,40}}\s)?{_NOUN}\b[^.;,]{{0,60}}\b(?:removed|withdrawn)\sby\s(?:the\s)?arxiv",
    )
) + ")"  # fmt: skip

_PREFACE = r"^\W*(?:(?:arxiv\s)?(?:admin\s)?note:\s*)?"
_OPENING = re.compile(_PREFACE + _NOTICE, re.IGNORECASE)
_CLAUSE = re.compile(
    rf"(?:{_PREFACE}|[,:(\[/]\s*|\s[–—-]+\s|\b(?:therefore|hence|thus|so|accordingly|and|but|that)\s){_NOTICE}"
    rf"|^\W*{_OWN}[^.;]{{0,120}}(?:\band|,)\s(?:(?:therefore|hence|thus|so)\s)?{_IS}{_GONE}",
    re.IGNORECASE,
)
_OTHER_PAPER = re.compile(
    r"\b(?:replac(?:es|ing|ement)|supersed(?:es|ing)|re-?submission|version\sof|previously|formerly"
    r"|comments?\son|(?:reply|response)\sto)\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"\b(?:restored|re-?instated|no\slonger\swithdrawn)\b", re.IGNORECASE)
_VERSION = re.compile(r"\b(?:v|version )(\d{1,3})\b", re.IGNORECASE)


def is_withdrawn(comments: str, abstract: str) -> bool:
    """Tell whether a clause of the comment, or the beginning of the abstract, says that this very paper is withdrawn.

    It does not count that the paper was withdrawn from a conference or a journal, that another paper was, or a claim in
    this one; nor a version that a later one follows ("v2 withdrawn, v3 restored"; "v1 withdrawn", for a withdrawal
    makes a version of its own). Removed by arXiv counts as withdrawn. A bare "withdrawn due to ..." in a comment
    counts, though it may speak of a section.

    Measured: of the 21,029 abstracts of our pool, 13 have the word "withdrawn" and none "retracted"; 12 of them are
    notices and all are found, the other (about water) is not. Two notices without the word are found too ("Withdrawal
    Notice", "removed by arXiv"). No abstract is found wrongly. Our pool has no comments: read as comments, its 400,000
    titles give three, which begin with "withdrawn", and its abstracts the same 14 as before. Of 28 real comments with
    such words, which we had at hand as we wrote this, one is judged wrongly ("Withdrawn as erroneous: the
    definition"). Missed, so that conferences do not count: "withdrawn from consideration for publication".
    Source: arXiv's help page on withdrawing an article.
    """
    return _comment_says_so(_plain(comments)) or _opens_so(_plain(abstract))


def _plain(text: str) -> str:
    """Return the text on one line without markup; "" at once if it has none of the words."""
    return _MARKUP.sub(" ", text).strip() if _WORD.search(text) else ""


def _opens_so(abstract: str) -> bool:
    first = _SENTENCE.split(abstract, maxsplit=1)[0]
    return _speaks_of_this(first, _OPENING.match(first), abstract)


def _comment_says_so(comment: str) -> bool:
    if _BACK.search(comment):
        return False
    sentences = _SENTENCE.split(comment)
    return any(_speaks_of_this(sentence, _CLAUSE.search(sentence), comment) for sentence in sentences)


def _speaks_of_this(sentence: str, notice: re.Match[str] | None, text: str) -> bool:
    """Tell whether a notice found in a sentence speaks of this paper, in the latest version that the text names."""
    if notice is None or _OTHER_PAPER.search(sentence, 0, notice.end()):
        return False
    latest = max(_versions(text), default=0)
    return all(1 < version == latest for version in _versions(sentence[: notice.end()]))


def _versions(text: str) -> Iterator[int]:
    """Yield the numbers of the versions that a text names."""
    return (int(number) for number in _VERSION.findall(text))
