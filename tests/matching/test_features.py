"""The numbers that the model weighs, of pairs of our own: the weights were fitted to just these numbers.

Whoever changes one must fit the weights anew (tests/benchmarks/matcher.py), and write features.json anew:
`python tests/matching/test_features.py`.
"""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from refkit.matching.evidence import weigh
from refkit.matching.features import features
from refkit.model import ArxivRecord, Author, Mention, PartialDate

EXPECTED = Path(__file__).with_name("features.json")
TEXT = (
    "We study how barn owls find voles under deep snow by hearing alone, with two hundred nights of recordings in "
    "which each stoop was timed against the rustling of the prey, and a small model of delays explains their aim."
)
LOOSE = (
    "Hearing alone guides barn owls to voles under snow. Recordings of two hundred nights time each stoop, and delays "
    "in a small model explain the aim."
)
OTHER = "Glaciers of the southern islands lose ice at rates that satellites have measured since the early nineties."
OWLS = "Hearing Voles Under Snow: How Barn Owls Aim at What They Cannot See"
LONG = "Nocturnal Strix Aluco Fledglings, Glacial Foehn Moraines, Alpine Larch Canopies"
SIX = tuple(Author(family, "Ann") for family in "Ochs Prem Quist Rahn Saar Tamm".split())
ADA, BO, LI = Author("Okafor", "Ada"), Author("Berg", "Bo"), Author("Wang", "Li")


def pair(title: str, *, other: str = OWLS, said: dict[str, Any] | None = None, **known: Any) -> dict[str, float]:
    record = ArxivRecord(**{"arxiv_id": "2401.00001", "title": other, "submitted": PartialDate(2024, 1, 3), **known})
    mention = Mention(title=title, **(said or {}))
    another = bool(known.get("former_titles"))
    found = features(mention, record, weigh(mention, record), another_has_the_title=another)
    return {name: round(value, 3) for name, value in sorted(found.items())}


def by(*names: str) -> dict[str, Any]:
    return {"authors": names}


PAIRS: dict[str, dict[str, float]] = {}


def note(name: str, *arguments: Any, **known: Any) -> None:
    PAIRS[name] = pair(*arguments, **known)


note("the same", OWLS)
note("the same, long", "Owls " * 3 + OWLS, other="Owls " * 3 + OWLS)
note("long, and nearly the same", f"{LONG}: {OWLS} Again", other=f"{LONG}: {OWLS}")
note("long, and other words", "Quaternary Ostracod Assemblages, Paleolimnological Thermoclines, Varved Sediments",
     other="Subduction Serpentinite Rheology, Cretaceous Blueschist Exhumation, Garnet Zonation")  # fmt: skip
note("the same, short", "Owl Flight", other="Owl flight")
note("in capitals and cut", "HEARING VOLES UNDER SNOW: HOW BARN OWLS AIM AT…")
note("no words", "…", other="Owls")
note("subtitle dropped", "Hearing Voles Under Snow")
note("subtitle added", OWLS, other="Hearing Voles Under Snow")
note("subtitle dropped, long", "Barn Owls Hearing Small Voles Under Deep Alpine Snow",
     other="Barn Owls Hearing Small Voles Under Deep Alpine Snow: A Field Study")  # fmt: skip
note("heading dropped", "How Barn Owls Aim at What They Cannot See")
note("heading added", OWLS, other="How Barn Owls Aim at What They Cannot See")
note("name dropped", "Finding Voles by Ear", other="StrixNet: Finding Voles by Ear")
note("name added", "StrixNet: Finding Voles by Ear", other="Finding Voles by Ear")
note("only the name", "StrixNet", other="StrixNet: Finding Voles by Ear")
note("only a plain name", "Strix", other="Strix: Finding Voles by Ear")
note("the same name", "StrixNet: Locating Prey", other="StrixNet: Finding Voles by Ear")
note("two names", "BuboNet: Finding Voles by Ear", other="StrixNet: Finding Voles by Ear")
note("a name that the abstract tells", "Finding Prey by Ear", other="StrixNet: Finding Voles by Ear",
     said={"abstract": "We present StrixNet, which is finding voles by ear."})  # fmt: skip
note("a name that is the heading", "Finding Prey by Ear", other="StrixNet: Finding Voles by Ear",
     said={"heading": "StrixNet"})  # fmt: skip
note("half of a name in the text", "Finding Prey by Ear", other="Strix Net: Finding Voles by Ear",
     said={"abstract": "A net is finding voles by ear."})  # fmt: skip
note("the other's name within ours", "The StrixNet of Owls", other="StrixNet: Finding Voles by Ear")
note("a name of four letters", "Bubo", other="Bubo: Finding Voles by Ear")
note("long, and told in the text", "Nocturnal Owls", other=LONG, said={"abstract": LONG})
note("long, in another order", " ".join(reversed(LONG.replace(",", "").split())), other=LONG)
note("nearly all of it", "Owls That Hear Small Voles in Deep Snow", other="Owls That Hear Small Voles in Snow")
note("an article elsewhere", "Hearing of the Owls", other="The Hearing of Owls")
note("a number", "Nest Boxes of Owls 2", other="Nest Boxes of Owls 3")
note("one number", "Nest Boxes for 30 Small Owls", other="Nest Boxes for Large Owls")
note("about", "A Comment on Hearing Voles Under Snow", other="Hearing Voles Under Snow")
note("turning", "Owls Hear Voles", other="Owls Do Not Hear Voles")
note("an article", "The Hearing of Owls at Night in Winter", other="Hearing of Owls at Night in Winter")
note("a plural", "Owls That Hear Vole in the Snow", other="Owls That Hear Voles in the Snow")
note("a spelling", "Modelling the Behaviour of Owls", other="Modeling the Behavior of Owls")
note("a slip of the pen", "Hearing Voels Under the Snow", other="Hearing Voles Under the Snow")
note("a word missing", "Hearing Voles Under Snow", other="Hearing Voles Deep Under Snow")
note("a word added", "Hearing Voles Deep Under Snow", other="Hearing Voles Under Snow")
note("another word", "Hearing Mice Under Snow", other="Hearing Voles Under Snow")
note("other words", "Melting Glaciers of the South")
note("nearly the same letters", "Hearingvoles Undersnow and Aiming", other="Hearing Voles Under Snow and Aiming")
note("order", "Under Snow Voles Hearing", other="Hearing Voles Under Snow")
note("a former title", "Aiming Without Sight", former_titles=("Aiming Without Sight in Owls",))
note("another record has it", "Hearing Voles Under Ice", former_titles=("Owls",))
note("its abstract", "Aim in the Dark", said={"abstract": TEXT}, abstract=TEXT)
note("half of it", "Aim in the Dark", said={"abstract": f"{TEXT[:110]} {OTHER}"}, abstract=TEXT)
note("a little of it", "Aim in the Dark", said={"abstract": f"{OTHER} We study how barn owls find voles. {OTHER[:60]}"},
     abstract=TEXT)  # fmt: skip
note("its words", "Aim in the Dark", said={"abstract": LOOSE}, abstract=TEXT)
note("some of its words", "Aim in the Dark", said={"abstract": f"{LOOSE[:60]} {OTHER}"}, abstract=TEXT)
note("none of its words", "Ice", said={"abstract": OTHER}, abstract=TEXT)
note("a few of its words", "Ice", said={"abstract": f"{OTHER} Also, recordings."}, abstract=TEXT)
note("more of its words", "Ice", said={"abstract": f"{OTHER} Stoop, or rustling?"}, abstract=TEXT)
note("many of its words", "Ice", said={"abstract": f"{OTHER} Stoop, or rustling? Barn owls and voles!"}, abstract=TEXT)
note("another abstract", OWLS, said={"abstract": OTHER}, abstract=TEXT)
note("all authors", OWLS, said=by("Ada Okafor", "Bo Berg"), authors=(ADA, BO))
note("the first", OWLS, said=by("A. Okafor"), authors=(ADA, BO, LI))
note("the second", OWLS, said=by("Bo Berg"), authors=(ADA, BO))
note("one of two", OWLS, said=by("Ada Okafor", "Zoe Quist"), authors=(ADA, BO, LI))
note("a common name", OWLS, said=by("Li Wang"), authors=(LI, ADA))
note("a short name", OWLS, said=by("Wang"), authors=(LI, ADA))
note("another person", OWLS, said=by("Zoe Quist"), authors=(ADA,))
note("a collaboration", OWLS, said=by("The Owl Collaboration"), authors=(ADA,))
note("a literal", OWLS, said=by("ATLAS", "Bo Berg"), authors=(Author(literal="ATLAS"), BO))
note("six authors", OWLS, said=by(*(f"{each.given} {each.family}" for each in SIX)), authors=SIX)
for day, shown in (((2023, 6), "too late"), ((2023, 12), "ahead"), ((2024, 2), "near"), ((2024, 5), "between"),
                   ((2025, 10), "far"), ((2029, 1), "very far")):  # fmt: skip
    note(shown, OWLS, said={"issued": PartialDate(*day)})
note("its link", "Aim in the Dark", said={"arxiv_id": "2401.00001"})
note("another link", OWLS, said={"arxiv_id": "2401.00002"})


@pytest.mark.parametrize("name", PAIRS)
def test_the_numbers_are_those_that_the_weights_were_fitted_to(name: str) -> None:
    assert PAIRS[name] == json.loads(EXPECTED.read_text(encoding="utf-8"))[name]


def test_every_number_that_has_a_weight_is_among_them() -> None:
    tables = tomllib.loads(files("refkit.matching").joinpath("weights.toml").read_text("utf-8"))
    weighed = {f"{table}.{name}" for table, names in tables.items() if isinstance(names, dict) for name in names}
    assert weighed - {name for found in PAIRS.values() for name in found} == set()


if __name__ == "__main__":
    EXPECTED.write_text(json.dumps(PAIRS, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
