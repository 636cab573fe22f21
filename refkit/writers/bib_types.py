"""Which fields the entry types of BibTeX (btxdoc) and BibLaTeX (manual, 2.1) need; of a tuple one is enough."""

from __future__ import annotations

from collections.abc import Mapping

_DATE = ("year", "date")
_JOURNAL = ("journal", "journaltitle")
_MAKER = ("author", "editor")

REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "article": (("author",), ("title",), _JOURNAL, _DATE),
    "book": (_MAKER, ("title",), _DATE),
    "mvbook": (_MAKER, ("title",), _DATE),
    "inbook": (_MAKER, ("title",), _DATE),
    "booklet": (("title",),),
    "incollection": (("author",), ("title",), ("booktitle",), _DATE),
    "inproceedings": (("author",), ("title",), ("booktitle",), _DATE),
    "conference": (("author",), ("title",), ("booktitle",), _DATE),
    "proceedings": (("title",), _DATE),
    "collection": (("title",), _DATE),
    "manual": (("title",),),
    "mastersthesis": (("author",), ("title",), ("school", "institution"), _DATE),
    "phdthesis": (("author",), ("title",), ("school", "institution"), _DATE),
    "thesis": (("author",), ("title",), ("institution", "school"), _DATE),
    "techreport": (("author",), ("title",), ("institution",), _DATE),
    "report": (("author",), ("title",), ("institution",), _DATE),
    "unpublished": (("author",), ("title",), ("note", "date", "year")),
    "online": (("title",), ("url", "doi", "eprint")),
    "misc": (("title", "howpublished", "url", "note"),),
}
# Types that are known and need nothing in particular.
OTHERS = frozenset(
    "set xdata mvcollection mvproceedings mvreference reference inreference suppbook suppcollection suppperiodical "
    "periodical patent dataset software bookinbook electronic www artwork audio bibnote commentary image jurisdiction "
    "legislation legal letter movie music performance review standard video customa customb customc customd custome "
    "customf ieeetranbstctl".split()
)
# What an entry may inherit from the one that `crossref` names; of fields that are alternatives, one stands for all.
INHERITED = frozenset({"author", "booktitle", "journal", "year"})
