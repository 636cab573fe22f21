"""What lists of papers put before, behind and round titles: numbers, `[arXiv]`, `(ICLR 2024)`, dates, emoji, labels.

It is taken off by its form, and only where that hardly ever belongs to a title: of 400,000 titles on arXiv `bare`
changes 203 (but for a full stop at the end).
"""

from __future__ import annotations

import re

from refkit.digests.lines import clean, parse_date
from refkit.digests.paper_links import is_label

_VENUES = (
    r"NeurIPS|NIPS|ICML|ICLR|CVPRW?|ICCVW?|ECCVW?|WACV|BMVC|ACCV|AAAI|IJCAI|ACL|EMNLP|NAACL|EACL|AACL|COLING|CoNLL|TACL"
    r"|(?:SIG)?KDD|WWW|TheWebConf|SIGIR|WSDM|CIKM|RecSys|ICDM|SDM|ICDE|P?VLDB|SIGMOD|ICRA|IROS|CoRL|RSS|RA-?L|T-?RO"
    r"|MICCAI|MIDL|ISBI|TMI|MedIA|Interspeech|INTERSPEECH|ICASSP|ASRU|SLT|TASLP|(?:IEEE )?T?-?PAMI|IJCV|TIP|TNNLS|TKDE"
    r"|TVCG|TMLR|JMLR|PMLR|AISTATS|UAI|COLT|ALT|COLM|SIGGRAPH(?: Asia)?|TOG|CHI|UIST|CSCW|HRI|ACM ?MM|MM|3DV|ICPR|ICIP"
    r"|ICME|GECCO|LoG|LREC|ISCA|MICRO|HPCA|ASPLOS|OSDI|SOSP|NSDI|ATC|USENIX(?: Security)?|CCS|NDSS|ICSE|FSE|ASE|ISSTA"
    r"|ISWC|ESWC|ECML(?:-PKDD)?|PAKDD|DASFAA|AAMAS|ECAI|MLSys|MLHC|L4DC|CVM|PG|EG|CGF|TCSVT|TMM|TGRS|PR"
    r"|Nature(?: \w+){0,2}|Science(?: \w+)?|Cell|PNAS|[Aa]r[Xx]iv|ARXIV|CoRR|bioRxiv|medRxiv|OpenReview|[Pp]reprint"
)
_KIND = (
    r"(?:Oral|Spotlight|Highlight|Poster|Best(?: Student)? Paper(?: Award)?|Outstanding Paper|Award|Workshop|Findings"
    r"|Demo|Main|Long|Short|Track|D&B|Datasets? and Benchmarks?|Systems?|oral|spotlight|highlight|poster"
    r"|workshop|findings|main)"
)
_YEAR = r"(?:(?:19|20)\d\d|['’‘`]\s?\d\d|(?<=[A-Za-z]{3})\d\d)"
_VENUE = rf"(?:{_VENUES})(?:[\s,-]*(?:{_YEAR}|\d\d\b))?(?:\s*\(\?\))?(?:[\s,:-]*\(?{_KIND}\)?){{0,3}}(?:[\s,]*{_YEAR})?"
# Any venue with its year: capitals, perhaps several words, then the year, then what kind of paper.
_ANY_VENUE = (
    r"[A-Z][\w&+/.:-]*(?:[\s-]+(?:(?:on|of|in|for|and|the|@)[\s-]+){0,2}[A-Z&][\w&+/.:-]*){0,7}"
    rf"[\s,]*{_YEAR}(?:[\s,-]+[\w&]+){{0,3}}"
)
_DAY = (
    r"(?:19|20)\d\d(?:[./-]\d{1,2}){0,2}|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? ?(?:\d{1,2},? )?(?:19|20)\d\d"
)
_NUMBER = r"(?:[Aa]r[Xx]iv[:\s]*)?\d{4}\.\d{4,5}(?:v\d+)?"
_WORD = (
    r"(?i:papers?|pdf|html|code|arxiv|new!?|hot!?|updated?!?|surveys?|link|project(?: page)?|oral|spotlight"
    r"|highlight|poster|talk|video|blog|book|report|best paper(?: award)?|recommended|must.?read|workshop|under review"
    r"|preprint|accepted|in submission)"
)
_TAG = rf"(?:{_VENUE}|{_ANY_VENUE}|{_DAY}|{_NUMBER}|{_WORD})(?:\s*[,;/|&]\s*(?:{_VENUE}|{_DAY}|{_NUMBER}|{_WORD}))?"
_BRACKETED = rf"(?:\[\s*{_TAG}\s*\]|\(\s*{_TAG}\s*\)|【\s*{_TAG}\s*】|（\s*{_TAG}\s*）)"
_TAG_ONLY = re.compile(rf"{_TAG}|(?:{_BRACKETED}\s*)+")
_EMOJI = (
    r"(?:[\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\u3030\u303d\U0001f000-\U0001faff\ufe0f\u200d\u20e3]"
    r"|:[a-z][\w+-]{1,40}:)"
)
_EMOJIS = re.compile(_EMOJI)
_FRONT = (
    re.compile(rf"(?:{_EMOJI}\s*)+"),
    re.compile(r"[\s:|,;•·>–—\u2022-]+(?=\S)"),
    re.compile(r"(?:\(\d{1,2}\)|\d{1,4}[.)、:]|#\d{1,4}[:.)]?)\s+(?=[^\W\d]|[\"“'\[(*$]|\d+(?:\.\d+)?[-A-Za-z])"),
    re.compile(rf"{_BRACKETED}\s*[:|,–—-]?\s*(?=\S)"),
    re.compile(rf"(?:{_VENUE})\s+[|–—-]\s+(?=\S)|(?i:arxiv|preprint)\s*:\s*(?=\S)"),
    re.compile(r"(?:19|20)\d\d[-/.]\d{1,2}(?:[-/.]\d{1,2})?\s*[:,|–—-]?\s+(?=\S)"),
    re.compile(r"NEW[!:]?\s+(?=[A-Z\"“:]|[^\w\s])|(?:New|Hot|Updated)[!:]\s*(?=[A-Z\"“])"),
    re.compile(r"(?i)(?:paper(?: title)?|title|论文(?:标题)?|标题|题目)\s*[:：]\s*(?=\S)"),
)
_BACK = (
    re.compile(rf"(?:\s*{_EMOJI})+$"),
    re.compile(r"\s*[\[(（【{]+$"),
    re.compile(r"(?<![.\s])(?<! al)(?!\s?\.\.\.$)[\s.,;:]+$|\s+[\s|–—-]+$"),
    re.compile(rf"[\s,.;:|–—-]*{_BRACKETED}$"),
    re.compile(r"(?i)\s*[,.;|]\s+(?:arxiv preprint,?\s*)?arxiv:\s?\d{4}\.\d{4,5}(?:v\d+)?(?:\s*\(\d{4}\)|,\s*\d{4})?$"),
    re.compile(rf"\s*[,.;|]\s+(?:(?:in|at) )?(?:{_VENUE})$|\s+[–—|-]\s+(?:{_VENUE})$"),
    re.compile(rf"[,.;|]\s*(?:in )?(?:Proc\.? |Proceedings |International |IEEE |ACM )(?:[^,.;]{{0,80}})(?:{_YEAR})$"),
)
_SOURCE_BEHIND = re.compile(rf"[\s,.;–—-]*(?:\bin )?\(?(?:{_VENUE}|{_DAY}|{_ANY_VENUE})\)?[\s.]*$")
_PAIRS = (("“", "”"), ('"', '"'), ("«", "»"), ("„", "“"), ("``", "''"), ("[", "]"), ("《", "》"), ("*", "*"))
_SAYS_PAPER = re.compile(
    r"(?i)\W*(?:(?:the|read|full|view|original|conference|journal|our)\s*)?"
    r"(?:papers?|pdf|arxiv|pre-?print|openreview|publication|论文|論文)(?:\s*(?:link|page|pdf|链接|地址|\d))?\W*"
)
_SAYS = re.compile(
    r"(?i)(?:论文|代码|链接|主页|项目|视频|解读|数据集|官方|中文|地址|コード|論文)+"
    r"|html \(experimental\)|tex source|view (?:pdf|html|license)|other formats|\d+ authors?|[-·\s]+\d+ authors?"
)
_MOST = 8  # tags before a title, and behind it


def says_paper(label: str) -> bool:
    """Whether the text of a link says that a paper is behind it."""
    return bool(_SAYS_PAPER.fullmatch(label))


def is_label_text(text: str) -> bool:
    """Whether the text of a link only says what is behind it."""
    return is_label(text) or says_paper(text) or bool(_SAYS.fullmatch(text.strip(" []")))


def is_tag(text: str) -> bool:
    """Whether a text is only a venue, a date, a label or emoji, as lists put it before and behind titles."""
    if len(text) > 150:  # noqa: PLR2004 - names of conferences written out have less
        return False
    text = _EMOJIS.sub("", text).strip(" `*_,.:;|–—-()[]【】")
    return not text or bool(_TAG_ONLY.fullmatch(text)) or bool(parse_date(text)) or text.isdigit()


def without_source(text: str) -> str:
    """Return a text without the venue or the day at its end."""
    head, tail = text[:-120], text[-120:]
    found = _SOURCE_BEHIND.search(tail)
    return head + tail[: found.start()] if found else text


def strip_front(text: str) -> str:
    """Take numbers, tags, dates and emoji off the front of a title."""
    for _ in range(_MOST):
        found = next((found for form in _FRONT if (found := form.match(text)) and found.end() < len(text)), None)
        if not found:
            break
        text = text[found.end() :]
    return text


def strip_back(text: str) -> str:
    """Take tags, emoji, a venue and the full stop off the end of a title."""
    for _ in range(_MOST):
        place = max(0, len(text) - 200)
        hits = (form.search(text[place:]) for form in _BACK)
        found = next((hit for hit in hits if hit and place + hit.start()), None)
        if not found:
            break
        text = text[: place + found.start()]
    return text


def bare(text: str) -> str:
    """Return a title without what a list puts before, behind and round it."""
    text = clean(text)
    for _ in range(3):
        before = text
        text = strip_back(strip_front(text)).strip() or before
        for left, right in _PAIRS:
            inner = text[len(left) : -len(right)].strip()
            if inner and text.startswith(left) and text.endswith(right) and left not in inner and right not in inner:
                text = inner
        if text == before:
            break
    return text
