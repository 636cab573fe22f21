"""The tags of a library that say what a paper is about, and why the others are not learnt.

Left out are what a reader has done or means to do with a paper ("to-read", "/unread", stars), arXiv's categories, which
say no more than arXiv does, and tags of too few papers. One tag in two spellings ("GANs", "gans") is one, under the
name that is used most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from refkit.categories import category_name
from refkit.model import Mention
from refkit.normalize import fold, title_key

# The fewest papers of a tag that is learnt: the table in docs/themes-learning.md.
FEWEST = 8
STATUS = "they say what was done with a paper, not what it is about"
CATEGORY = "they are arXiv's categories"
FEW = "they have fewer than {} papers"
ALL = "fewer than {} papers are without them"
# By letters and digits alone: "To read", "to-read" and "!to_read" are one.
_STATUSES = frozenset(
    """toread tobread tobereadlater toberead 2read read unread alreadyread notread halfread partlyread reread
    toreread reading readinglist toreadlist currentlyreading stillreading mustread shouldread willread readlater
    readsoon readnext readagain readnow toreadlater toreadsoon skim toskim skimmed todo done later next soon
    inbox new unsorted unfiled triage reviewlater toreview toprint print printed starred favorite favorites
    favourite favourites important urgent priority highpriority mediumpriority lowpriority check tocheck
    followup tocite cite cited tablet tabletmodified duplicate duplicates pdf nopdf haspdf archive archived
    inprogress finished annotated summarized summarised
    """.split()
)
_SIGNS = re.compile(r"[\W_]+")


class Paper(Struct, frozen=True, order=True):
    """A paper of a library with the tags that its reader gave it."""

    title: str
    abstract: str = ""
    tags: tuple[str, ...] = ()


class Vocabulary(Struct, frozen=True):
    """The tags to learn, with the papers that have them by number, and those that are not learnt, by reason."""

    papers: tuple[Paper, ...]
    tags: Mapping[str, tuple[int, ...]]
    left_out: Mapping[str, tuple[str, ...]]


def papers_of(mentions: Iterable[Mention], *, headings: bool = False) -> list[Paper]:
    """Return the papers of a library, each once, in the order of titles; the tags of one that stands twice are joined.

    With `headings`, the heading that a paper stands under is a tag, too.
    """
    found: dict[str, Paper] = {}
    for mention in mentions:
        key = title_key(mention.title) or mention.title
        heading = (mention.heading,) if headings and mention.heading else ()
        tags = tuple(sorted({*mention.keywords, *heading}))
        one = Paper(mention.title, mention.abstract, tags)
        other = found.get(key, one)
        title, abstract = max(
            (other.title, other.abstract), (one.title, one.abstract), key=lambda each: (len(each[1]), each)
        )
        found[key] = Paper(title, abstract, tuple(sorted({*other.tags, *tags})))
    return sorted(found.values())


def vocabulary_of(papers: Sequence[Paper], fewest: int = FEWEST) -> Vocabulary:
    """Return what can be learnt from papers; those without any tag that says what they are about are left out.

    A tag that is had by too few stays out of the vocabulary, but its papers are tagged ones: they lack the others.
    """
    left_out: dict[str, set[str]] = {}
    spellings: dict[str, Counter[str]] = {}
    for paper in papers:
        for tag in paper.tags:
            reason = why_not_learnt(tag)
            if reason:
                left_out.setdefault(reason, set()).add(tag)
            else:
                spellings.setdefault(fold(tag), Counter())[tag] += 1
    tagged = tuple(paper for paper in papers if any(not why_not_learnt(tag) for tag in paper.tags))
    tags: dict[str, tuple[int, ...]] = {}
    having: dict[str, list[int]] = {}
    for number, paper in enumerate(tagged):
        for key in sorted({fold(tag) for tag in paper.tags}):
            having.setdefault(key, []).append(number)
    for key, counts in spellings.items():
        name = min(counts, key=lambda tag: (-counts[tag], tag))
        numbers = having[key]
        if len(numbers) < fewest:
            left_out.setdefault(FEW.format(fewest), set()).add(name)
        elif len(tagged) - len(numbers) < fewest:
            left_out.setdefault(ALL.format(fewest), set()).add(name)
        else:
            tags[name] = tuple(numbers)
    ordered = {name: tags[name] for name in sorted(tags)}
    return Vocabulary(tagged, ordered, {reason: tuple(sorted(found)) for reason, found in sorted(left_out.items())})


def why_not_learnt(tag: str) -> str:
    """Return why a tag says nothing of what a paper is about; "" if it may."""
    bare = _SIGNS.sub("", fold(tag))
    if bare.isdigit() or not bare or tag[:1] in {"/", "_"} or bare in _STATUSES:
        return STATUS
    return CATEGORY if _is_category(tag) else ""


def _is_category(tag: str) -> bool:
    """Whether a tag is a code of arXiv ("cs.LG", not "math"), or a name as Zotero writes it ("Physics - Optics")."""
    if category_name(tag):
        return "." in tag or "-" in tag
    archive, parted, name = tag.partition(" - ")
    return bool(parted) and archive in _NAMES and bool(name)


# The archives by the names that stand before " - " in the names of categories.
_NAMES = frozenset(
    [
        *map(
            category_name,
            "astro-ph cond-mat cs econ eess math nlin physics q-bio q-fin stat quant-ph nucl-ex nucl-th".split(),
        ),
        "High Energy Physics",
        "Mathematical Physics",
    ]
)
