"""Where links lead: to a paper, to code, a video, a post, or elsewhere; and what they say of the paper.

Trackers and redirects (of mail programs, newsletters, Google) are taken off first where they carry the true address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from refkit.model import find_arxiv_id

_LONGEST = 4_000
_SCHEME = re.compile(r"(?i)https?(?:%25|%)?(?::|3a)(?:(?:%25|%)?(?:/|2f)){2}")
_PROOFPOINT = re.compile(r"(?i)https?://urldefense\.proofpoint\.com/v2/url\?u=(https?-3A__[^&]+)")
_SHARE = re.compile(
    r"(?i)scholar_share|/(?:share|sharer|sharearticle|intent|submit|sharing|pin/create)\b|translate\.goog|/login\b"
    r"|/(?:unsubscribe|preferences)\b"
)
_ADDRESS = re.compile(
    r"(?i)https?://(?:[^/@?#]*@)?(?:www\d?\.)?(?P<host>[^/:?#]+)(?::\d+)?(?P<path>[^?#]*)(?P<query>\?[^#]*)?"
)
# Hosts by what a path on them must have to be a paper's.
_PAPERS = tuple(
    (re.compile(rf"(?xi)(?:[\w-]+\.)*? (?:{hosts})"), re.compile(path))
    for hosts, path in (
        (
            r"""
                arxiv\.org | arxiv-export\S* | xxx\.lanl\.gov | alphaxiv\.org |
                ar5iv\.labs\.arxiv\.org | ar5iv\.org
            """,
            r"\d{4}\.\d{4,5}|/\d{7}",
        ),
        (r"huggingface\.co|hf\.co", r"^/papers/\d{4}\.\d{4,5}"),
        (
            r"""
                papers\.cool | scirate\.com | emergentmind\.com | arxiv-sanity-lite\.com |
                moonlight\.io | paperswithcode\.co
            """,
            r"\d{4}\.\d{4,5}",
        ),
        (r"paperswithcode\.com|catalyzex\.com", r"^/paper/."),
        (r"openreview\.net", r"^/(?:forum|pdf|attachment)"),
        (r"aclanthology\.(?:org|info)|aclweb\.org", r"[A-Z]\d\d-\d{4}|\d{4}\.[\w-]+\.\d+"),
        (r"proceedings\.mlr\.press", r"^/[vr]\d+/."),
        (
            r"""
                papers\.n(?:eur)?ips\.cc | proceedings\.neurips\.cc | nips\.cc | neurips\.cc
            """,
            r"paper|/virtual/\d{4}/\w+/\d+|\d{4}/hash/",
        ),
        (r"iclr\.cc|icml\.cc", r"/virtual/\d{4}/(?:poster|oral|spotlight)/\d+"),
        (r"openaccess\.thecvf\.com|ecva\.net", r"content|papers"),
        (r"isca-speech\.org|isca-archive\.org", r"archive|/\w+_\d{4}/."),
        (r"aaai\.org", r"/article/|/view/|/Papers?/"),
        (
            r"""
                ijcai\.org | vldb\.org | jmlr\.org | roboticsproceedings\.org | ismir\.net |
                usenix\.org | ndss-symposium\.org
            """,
            r"(?i)/proceedings/|/pvldb/|/papers/|/presentation/|paper|rss\d+/p",
        ),
        (
            r"""
                dl\.acm\.org | onlinelibrary\.wiley\.com | tandfonline\.com | journals\.sagepub\.com
                | pnas\.org | science\.org | pubs\.\w+\.org | royalsocietypublishing\.org |
                annualreviews\.org | liebertpub\.com | journals\.uchicago\.edu |
                worldscientific\.com | asmedigitalcollection\.\w+\.org | ascelibrary\.org |
                nejm\.org | science\.sciencemag\.org | advances\.sciencemag\.org
            """,
            r"/doi/|/content/|/citation\.cfm|/article",
        ),
        (r"(?:dx\.)?doi\.org", r"^/10\.\d{4,9}/."),
        (r"ieeexplore\.ieee\.org|computer\.org", r"document|abstract|stamp|csdl/.*/\w{6,}"),
        (
            r"link\.springer\.com|springeropen\.com|biomedcentral\.com",
            r"^/(?:article|chapter|book|content|referencework)",
        ),
        (r"nature\.com", r"^/(?:articles|doifinder)/."),
        (r"sciencedirect\.com|linkinghub\.elsevier\.com", r"/pii/"),
        (
            r"""
                cell\.com | thelancet\.com | jmir\.org | elifesciences\.org | frontiersin\.org |
                jamanetwork\.com | joss\.theoj\.org | peerj\.com | hindawi\.com
            """,
            r"fulltext|/articles?/|/abstract|/papers/|/\d{4}/\d+/e?\d+",
        ),
        (
            r"""
                biorxiv\.org | medrxiv\.org | chemrxiv\.org | techrxiv\.org | psyarxiv\.com |
                osf\.io/preprints | preprints\.org | researchsquare\.com | authorea\.com |
                eartharxiv\.org | engrxiv\.org
            """,
            r"/content/|/cgi/|/engage/|/doi/|/articles?/|/manuscript/|/repository/|/users/|/preprint|^/[\da-z]{5}",
        ),
        (r"osf\.io", r"^/preprints/"),
        (r"ssrn\.com", r"abstract|sol3|papers\.cfm"),
        (r"semanticscholar\.org", r"^/paper/|/CorpusID:|^/reader/"),
        (r"pubmed\.ncbi\.nlm\.nih\.gov", r"^/\d+"),
        (
            r"""
                ncbi\.nlm\.nih\.gov | pmc\.ncbi\.nlm\.nih\.gov | europepmc\.org
            """,
            r"pubmed/\d|pmc/|articles?/|abstract/|/PMC\d",
        ),
        (r"hal\.science|archives-ouvertes\.fr|inria\.hal\.science", r"(?i)(?:hal|tel|inria|cea|lirmm)-?\d+"),
        (r"eprint\.iacr\.org", r"^/\d{4}/\d+"),
        (r"distill\.pub", r"^/\d{4}/."),
        (
            r"""
                mitpressjournals\.org | direct\.mit\.edu | academic\.oup\.com | journals\.plos\.org
                | iopscience\.iop\.org | pubs\.aip\.org | cambridge\.org | degruyter\.com |
                mitpress\.mit\.edu | journals\.asm\.org | karger\.com | bmj\.com
            """,
            r"/article|/doi/|/abs/|/document/|/content/",
        ),
        (r"mdpi\.com", r"^/\d{4}-\d{3}[\dX]/"),
        (r"journals\.aps\.org|link\.aps\.org", r"/abstract/|/pdf/|/doi/"),
        (r"inspirehep\.net|adsabs\.harvard\.edu", r"/literature/\d|/record/\d|/abs/."),
        (r"researchgate\.net", r"^/publication/"),
        (
            r"""
                transacl\.org | aimsciences\.org | projecteuclid\.org | drops\.dagstuhl\.de |
                ceur-ws\.org | epubs\.siam\.org | bmva-archive\.org\.uk | bmvc\d{4}\.org | jair\.org
                | tmlr\.\w+ | lmcs\.episciences\.org
            """,
            r"article|document|entities|paper|/doi/|Vol-\d+/\w|/euclid",
        ),
        (r"jstor\.org", r"^/stable/"),
        (r"research\.google(?:\.com)?|ai\.google", r"^/pub(?:s|lications?)/."),
        (
            r"""
                ai\.meta\.com | research\.facebook\.com | ai\.facebook\.com | microsoft\.com |
                machinelearning\.apple\.com | deepai\.org | research\.nvidia\.com | amazon\.science
            """,
            r"/publications?/.|/research/[\w-]{8,}$",
        ),
        (r"scholar\.google\.\w+(?:\.\w+)?", r"^/citations"),
        (r"dblp\.org|dblp\.uni-trier\.de", r"/rec/"),
        (r"storage\.googleapis\.com|cdn\.openai\.com", r"(?i)paper|\.pdf"),
    )
)
# On any host.
_PAPER_PATH = re.compile(
    r"(?i)\.(?:pdf|ps|ps\.gz)$|/(?:abs|pdf|papers?|arxiv|html)/(?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})"
    r"|/doi/(?:\w+/)?10\.\d{4,9}/|^/paper/[\w-]{8,}$"
)
_RELATIVE = re.compile(
    r"(?i)/?(?:abs|pdf)/(?:\d{4}\.\d{4,5}|[a-z.-]+/\d{7})(?:v\d+)?|/?papers?/\d{4}\.\d{4,5}|/paper/[\w-]{4,}"
    r"|/?forum\?id=\w+|/?doi/\S*10\.\d{4,9}/\S+|(?![a-z]+:)\S+\.pdf"
)
_KINDS = tuple(
    (re.compile(rf"(?xi)(?:[\w-]+\.)*? (?:{hosts})"), kind)
    for hosts, kind in (
        (
            r"""
                github\.com | gitlab\.\w+ | bitbucket\.org | codeberg\.org |
                colab\.research\.google\.com | pypi\.org | gist\.github\.com
            """,
            "code",
        ),
        (
            r"""
                youtube\.com | youtu\.be | vimeo\.com | bilibili\.com | slideslive\.com | twitch\.tv
                | videolectures\.net
            """,
            "a video",
        ),
        (
            r"""
                twitter\.com | x\.com | linkedin\.com | facebook\.com | reddit\.com | bsky\.app |
                t\.co | mastodon\.\w+ | news\.ycombinator\.com | instagram\.com | threads\.net |
                weibo\.com
            """,
            "a post",
        ),
        (r"huggingface\.co|hf\.co|kaggle\.com|zenodo\.org", "a model or data"),
    )
)
# Which hosts have arXiv ids in their paths; elsewhere a number of that form is something else.
_WITH_ARXIV_ID = re.compile(
    r"(?i)(?:[\w-]+\.)*?(?:arxiv\.org|alphaxiv\.org|ar5iv\.org|huggingface\.co|hf\.co|papers\.cool"
    r"|scirate\.com|emergentmind\.com"
    r"|arxiv-sanity-lite\.com|xxx\.lanl\.gov|doi\.org|moonlight\.io|paperswithcode\.co|adsabs\.harvard\.edu)"
)
_ARXIV_PATH = re.compile(r"(?i)/(?:abs|pdf|arxiv|papers?)/(\d{4}\.\d{4,5})")
_BIBCODE = re.compile(r"(?i)/abs/\d{4}arXiv(\d{4})\.?(\d{5})[A-Z]")
_DOI = re.compile(r"10\.\d{4,9}/[^\s?#&\"<>]+")
_LETTERS = re.compile(r"[^\W\d_]")


class Target(NamedTuple):
    """Where a link leads: the address, and "paper", "code", "a video", "a post", "sharing", "elsewhere" or so.

    Of a paper also its ids, and a `key` by which two links to the same paper are known.
    """

    url: str
    kind: str
    arxiv_id: str = ""
    doi: str = ""
    key: str = ""

    @property
    def is_paper(self) -> bool:
        """Whether it leads to a paper."""
        return self.kind == "paper"


def unwrapped(href: str) -> str:
    """Return the address that a redirect leads to, as far as it tells."""
    for _ in range(3):
        if len(href) > _LONGEST or _SHARE.search(href) or _is_known(href):
            break
        inner = _inner(href)
        if not inner:
            break
        href = inner
    return href


def _inner(href: str) -> str:
    proof = _PROOFPOINT.match(href)
    if proof:
        return unquote(proof[1].replace("_", "/").replace("-", "%"))
    found = _SCHEME.search(href, 8)
    if not found:
        return ""
    rest = href[found.start() :]
    if "?" in href[: found.start()]:
        rest = rest.split("&", 1)[0]
    elif "%" in found[0]:
        rest = rest.split("/", 1)[0]
    elif "__;" in rest:
        rest = rest.split("__;", 1)[0]  # urldefense.com/v3/__https://...__;!!
    if "%" in found[0] or "%3" in rest[:200]:
        rest = unquote(rest)
    return unquote(rest) if _SCHEME.match(rest) and "%" in rest[:12] else rest


@lru_cache(maxsize=4_096)
def target_of(href: str) -> Target:
    """Return where a link leads. Takes any text, also a relative link."""
    url = unwrapped(href)
    if (
        not url
        or len(url) > _LONGEST
        or url.startswith("#")
        or url.lower().startswith(("mailto:", "javascript:", "tel:"))
    ):
        return Target(url, "nowhere")
    if _SHARE.search(url):
        return Target(url, "sharing")
    if _is_paper(url):
        return _paper(url)
    found = _ADDRESS.match(url)
    return Target(url, _kind(found["host"]) if found else "elsewhere")


def _is_paper(url: str) -> bool:
    found = _ADDRESS.match(url)
    if not found:
        return not re.match(r"(?i)[a-z]+:", url) and bool(_RELATIVE.match(url))
    return _is_known(url) or bool(_PAPER_PATH.search(found["path"]))


def _is_known(url: str) -> bool:
    """Whether a host of papers has a paper there."""
    found = _ADDRESS.match(url)
    if not found:
        return False
    path, query = found["path"], found["query"] or ""
    return any(needed.search(path) or needed.search(path + query) for needed in _needed(found["host"]))


@lru_cache(maxsize=4_096)
def _needed(host: str) -> tuple[re.Pattern[str], ...]:
    """Return what a path on this host must have to be a paper's."""
    return tuple(needed for form, needed in _PAPERS if form.fullmatch(host))


@lru_cache(maxsize=4_096)
def _kind(host: str) -> str:
    return next((kind for form, kind in _KINDS if form.fullmatch(host)), "elsewhere")


def _paper(url: str) -> Target:
    found = _ADDRESS.match(url)
    host, path = (
        (found["host"].lower(), unquote(found["path"])) if found else ("", unquote(re.sub(r"#.*|\?(?!id=).*", "", url)))
    )
    arxiv_id = _arxiv_id(host, path)
    doi = _DOI.search(path)
    number = (
        ""
        if arxiv_id or not doi
        else re.sub(r"(?i)\.pdf$|/(?:full|abstract|pdf|epdf|meta)/?$", "", doi[0]).rstrip("/.")
    )
    query = (
        (found["query"] or "") if found and re.search(r"[?&](?:id|abstract_id|arnumber)=", found["query"] or "") else ""
    )
    plain = re.sub(r"(?i)\.pdf$|/$", "", path) + query
    return Target(url, "paper", arxiv_id, number, arxiv_id or number.lower() or (host + plain).lower())


def _arxiv_id(host: str, path: str) -> str:
    bibcode = _BIBCODE.search(path)
    if bibcode:
        return find_arxiv_id(f"{bibcode[1]}.{bibcode[2]}")
    if not host or _WITH_ARXIV_ID.fullmatch(host):
        return find_arxiv_id(path) if "10.48550" in path or not _DOI.search(path) else ""
    anywhere = _ARXIV_PATH.search(path)
    return find_arxiv_id(anywhere[1]) if anywhere else ""


_LABEL_WORDS = frozenset(
    """
    paper papers pdf ps arxiv arxiv.org arxiv's link links abs abstract html doi preprint preprints here read
    the full text fulltext view on in at of to this its their our and or a an download openreview acl
    anthology ieee acm springer url website webpage web project page homepage code github demo video slides
    poster blog data dataset model models original source article more see publication official version
    camera-ready supp supplementary supplement material appendix bibtex bib cite tweet thread huggingface hf
    semantic scholar alphaxiv ar5iv nature science pmlr neurips nips icml iclr cvpr iccv eccv emnlp naacl aaai
    kdd journal conference proceedings report technical summary post notes other formats format details
    reference ref tl;dr tldr continue reading study open access permalink check out get it now for listing
    biorxiv medrxiv ssrn pubmed cvf thecvf discussion comments review reviews show pytorch tensorflow
    """.split()
)
_ID_TEXT = re.compile(
    r"(?i)(?:arxiv[:\s]*)?(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\s*\[[\w.-]+\])?"
    r"|(?:doi:?\s*)?10\.\d{4,9}/\S+"
)
_VENUE_TEXT = re.compile(
    r"(?i)(?:[a-z][a-z&/-]{1,14}[\s-]*){1,3}['’]?\s?(?:(?:19|20)\d\d|(?<=['’])\d\d)(?:\s+\w+)?|(?:19|20)\d\d"
    r"|\d{1,4}(?:[.-]\d{1,2}){0,2}"
)
_EDGES = re.compile(r"^[^\w\"“‘'$\\(]+|[^\w\"”’')?!.$%+]+$")


def is_label(text: str) -> bool:
    """Whether the text of a link only says what is behind it ("[PDF]", "arXiv:2401.00001", "read the paper")."""
    bare = text.strip("[](){}<>|:：,;.·•→»›➜↗⟶–—-*# \u00a0").strip()
    if not _LETTERS.search(bare):
        return True
    if len(bare) > 120:  # noqa: PLR2004 - no label is so long, but an address may be
        return "://" in bare and " " not in bare
    words = re.sub(r"[\[\](){}|:,;!→»/]+", " ", bare.lower()).split()
    if len(words) <= 7 and all(word.strip(".'’\"") in _LABEL_WORDS or not _LETTERS.search(word) for word in words):  # noqa: PLR2004
        return True
    if " " not in bare and (
        "://" in bare
        or re.match(r"(?i)www\.|[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|cc|edu|io|co|ai|gov|press)(?:/|$)|\S+\.pdf$", bare)
    ):
        return True
    return bool(_ID_TEXT.fullmatch(bare) or _VENUE_TEXT.fullmatch(bare))
