"""Names of journals and conferences: what kind of place a name says, and whether two names mean the same one. Pure.

Services write "ICLR", "International Conference on Learning Representations" and "The Twelfth International Conference
on Learning Representations, ICLR 2024, Vienna" for one conference.
"""

from __future__ import annotations

import re
from functools import lru_cache

from refkit.names import letters
from refkit.normalize import to_unicode

# The names under which proceedings and conferences are cited, by their acronyms (those of the sample digest, and the
# large ones beside them). From the conferences' own pages.
NAMES = {
    "AAAI": "Proceedings of the AAAI Conference on Artificial Intelligence",
    "AAMAS": "International Conference on Autonomous Agents and Multiagent Systems",
    "ACL": "Annual Meeting of the Association for Computational Linguistics",
    "AISTATS": "International Conference on Artificial Intelligence and Statistics",
    "CHI": "Conference on Human Factors in Computing Systems",
    "COLING": "International Conference on Computational Linguistics",
    "COLM": "Conference on Language Modeling",
    "COLT": "Conference on Learning Theory",
    "CoRL": "Conference on Robot Learning",
    "CVPR": "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    "CSCW": "Conference on Computer-Supported Cooperative Work and Social Computing",
    "DATE": "Design, Automation and Test in Europe Conference",
    "EACL": "Conference of the European Chapter of the Association for Computational Linguistics",
    "ECCV": "European Conference on Computer Vision",
    "EMNLP": "Conference on Empirical Methods in Natural Language Processing",
    "FAccT": "ACM Conference on Fairness, Accountability, and Transparency",
    "ICASSP": "IEEE International Conference on Acoustics, Speech and Signal Processing",
    "ICCV": "IEEE/CVF International Conference on Computer Vision",
    "ICLR": "International Conference on Learning Representations",
    "ICML": "International Conference on Machine Learning",
    "ICRA": "IEEE International Conference on Robotics and Automation",
    "ICSE": "International Conference on Software Engineering",
    "IJCAI": "International Joint Conference on Artificial Intelligence",
    "IROS": "IEEE/RSJ International Conference on Intelligent Robots and Systems",
    "JMLR": "Journal of Machine Learning Research",
    "KDD": "ACM SIGKDD Conference on Knowledge Discovery and Data Mining",
    "NAACL": "Conference of the North American Chapter of the Association for Computational Linguistics",
    "NeurIPS": "Advances in Neural Information Processing Systems",
    "SIGIR": "International ACM SIGIR Conference on Research and Development in Information Retrieval",
    "TMLR": "Transactions on Machine Learning Research",
    "UAI": "Conference on Uncertainty in Artificial Intelligence",
    "WWW": "The Web Conference",
}
_JOURNALS = frozenset({"JMLR", "TMLR"})
# What else the same place is called; each name is compared by its letters.
_ALIASES = {
    "NIPS": "NeurIPS",
    "Neural Information Processing Systems": "NeurIPS",
    "NAACL-HLT": "NAACL",
    "North American Chapter of the Association for Computational Linguistics": "NAACL",
    "North American Association for Computational Linguistics": "NAACL",
    "Association for Computational Linguistics": "ACL",
    "AAAI Conference on Artificial Intelligence": "AAAI",
    "Empirical Methods in Natural Language Processing": "EMNLP",
    "Computer Vision and Pattern Recognition": "CVPR",
    "Knowledge Discovery and Data Mining": "KDD",
    "Knowledge Discovery & Data Mining": "KDD",
    "SIGKDD Conference on Knowledge Discovery & Data Mining": "KDD",
    "Design, Automation & Test in Europe": "DATE",
    "Design, Automation & Test in Europe Conference": "DATE",
    "Design, Automation and Test in Europe": "DATE",
    "Fairness, Accountability, and Transparency": "FAccT",
    "Trans. Mach. Learn. Res.": "TMLR",
    "J. Mach. Learn. Res.": "JMLR",
}
# What stands in a name besides the name itself. "Conference" stays: "Machine Learning" is a journal.
_SERIES = re.compile(
    r"(?i)\([^)]*\)|^\s*in[: ]+|\b(?:proc(?:eedings|\.)?|annual|international|on|of|the|and|in|exhibition)\b"
    r"|\b(?:ieee|acm|cvf|rsj)\b"
    r"|\b(?:19|20)\d\d\b|['’]\d\d\b|\b\d+(?:st|nd|rd|th)?\b|\bvolume\b"
    r"|\b(?:twenty|thirty|forty|fifty)[- ]\w+(?:st|nd|rd|th)\b"
    r"|\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|fortieth)\b"
)
_MINOR = re.compile(
    r"(?i)\b(?:workshops?|wksh?p?s?|companion|adjunct|extended abstracts?|demo(?:nstration)?s? (?:track|abstracts?)"
    r"|doctoral (?:consortium|symposium)|late[- ]breaking|poster (?:abstracts?|papers?)|tutorials?"
    r"|student research|tiny papers?)\b|@\s*[A-Z]"
)
# "SSRN Electronic Journal" is one too. The second row is one only where it is the whole name.
_PREPRINTS = re.compile(
    r"(?i)\b(?:\w{0,8}ar\W?xiv|co\W?rr|(?:bio|med|chem|tech|eng|edu|eco)r\W?xiv|osf|ssrn|zenodo|research square"
    r"|preprints\.org|authorea|social science research network|computing research repository)\b"
    r"|^(?:hal|preprints?|openreview(?:\.net)?|e-?prints?|figshare|research ?gate)$"
)
# What a preprint server's DOIs begin with. 10.1101 is bioRxiv's where digits follow; Cold Spring Harbor's journals
# have letters there ("10.1101/gr.").
_PREPRINT_DOIS = re.compile(
    r"(?i)^10\.(?:48550|2139/ssrn|5281/zenodo|36227|26434|31219|31234|31235|31222|31223|21203|20944|22541|33774|13140"
    r"|6084|14293|64898|32942|32388)\b|^10\.1101/\d"
)
_PERIODICAL = re.compile(r"(?i)\b(?:(?:transactions|journal|letters|magazine)\b|trans\.|j\.)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)|['’](\d\d)(?!\d)")


def is_preprint_server(name: str) -> bool:
    """Whether a name is that of a place where preprints are kept ("CoRR", "arXiv preprint arXiv:2401.00001")."""
    return bool(_PREPRINTS.search(name.strip()))


def is_preprint_doi(doi: str) -> bool:
    """Whether a DOI is one that a preprint server gave."""
    return bool(_PREPRINT_DOIS.match(doi))


def is_minor(name: str) -> bool:
    """Whether a name is that of a workshop, a demo, a companion volume: often without proceedings, and not the last."""
    return bool(_MINOR.search(name))


@lru_cache(maxsize=1024)
def acronym_of(name: str) -> str:
    """Return the acronym of a place that refkit knows, by its name or by an acronym in it; "" for another place."""
    name = to_unicode(name)
    whole = _known().get(_essence(name), "")
    if whole:
        return whole
    if _PERIODICAL.search(name):  # "Transactions of the ACL" is not the ACL
        return ""
    written = set(re.findall(r"[A-Za-z]+(?:-HLT)?", name))
    found = {_ALIASES.get(acronym, acronym) for acronym in (*NAMES, "NIPS", "NAACL-HLT") if acronym in written}
    return found.pop() if len(found) == 1 else ""


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Return the acronyms of all places by the letters of each of their names."""
    named = [(name, acronym) for acronym, name in NAMES.items()] + [*_ALIASES.items()]
    return {_essence(name): acronym for name, acronym in named} | {letters(acronym): acronym for acronym in NAMES}


@lru_cache(maxsize=4096)
def _essence(name: str) -> str:
    """Return the letters of a name without year, number of the event and the words that all of them have."""
    return letters(_SERIES.sub(" ", to_unicode(name)))


def same_place(one: str, other: str) -> bool:
    """Whether two names surely or very likely mean the same journal or conference, whatever its year."""
    ours, theirs = _essence(one), _essence(other)
    if not ours or not theirs or is_minor(one) != is_minor(other):
        return False
    if ours == theirs:
        return True
    mine, its = acronym_of(one), acronym_of(other)
    if mine or its:
        return mine == its
    return _abbreviates(one, other) or _abbreviates(other, one)


def _abbreviates(short: str, long: str) -> bool:
    """Whether one name abbreviates the other word by word: "Phys. Rev. D" and "Physical Review D"."""
    little = {"of", "the", "and", "in", "on", "for", "de", "la"}
    ours = [word for word in re.findall(r"[a-z]+", short.casefold()) if word not in little]
    theirs = [word for word in re.findall(r"[a-z]+", long.casefold()) if word not in little]
    return len(ours) == len(theirs) and all(full.startswith(word) for word, full in zip(ours, theirs, strict=True))


@lru_cache(maxsize=1)
def _short_names() -> dict[str, str]:
    """Return the acronyms of all places by the letters of their acronyms and abbreviated names."""
    short = {alias: acronym for alias, acronym in _ALIASES.items() if alias.isupper() or alias.endswith(".")}
    return {letters(name): acronym for name, acronym in ({name: name for name in NAMES} | short).items()}


def cited_name(name: str) -> str:
    """Return the name under which a place is cited: for a bare acronym that refkit knows its full name, else itself."""
    bare = _YEAR.sub("", name).strip(" .,")
    acronym = _short_names().get(letters(bare), "")
    return NAMES[acronym] if acronym else name


def is_journal(name: str) -> bool:
    """Whether a place that refkit knows is a journal."""
    return acronym_of(name) in _JOURNALS


def year_in(text: str) -> int | None:
    """Return the only year that a text names ("ICLR 2025", "MET'24"); None if there is none, or several."""
    years = {int(found[1] or f"20{found[2]}") for found in _YEAR.finditer(text)}
    return years.pop() if len(years) == 1 else None
