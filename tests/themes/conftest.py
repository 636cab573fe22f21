"""A made-up library: papers whose words come from the topics of their tags, and from everywhere."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from refkit.themes.vocabulary import Paper

TOPICS = {
    "ponds": "frog newt pond reed heron tadpole marsh lily",
    "Beekeeping": "hive swarm honey queen comb nectar smoker brood",
    "clocks": "pendulum escapement spring gear chime dial mainspring ratchet",
    "bread": "dough yeast oven crust flour leaven proofing rye",
}
EVERYWHERE = (
    "study model analysis simple deep large small fast robust general structure dynamics theory measure field signal "
    "linear random local global early late open hidden"
)
Make = Callable[..., list[Paper]]


@pytest.fixture
def make() -> Make:
    """Return a function that makes papers; `mixed` is how often a word is of another topic than the paper's."""

    def papers(each: int, *, seed: int = 0, mixed: float = 0.1, words: int = 6, abstract: int = 0) -> list[Paper]:
        chance = random.Random(seed)  # noqa: S311 - made-up papers, no secret

        def said(topic: str, count: int) -> str:
            chosen = []
            for _ in range(count):
                own = topic if chance.random() > mixed else chance.choice(list(TOPICS))
                pool = EVERYWHERE if chance.random() > 0.6 else TOPICS[own]
                chosen.append(chance.choice(pool.split()))
            return " ".join(chosen)

        return [
            Paper(f"{said(topic, words)} w{seed}x{number}x{place}", said(topic, abstract), (topic,))
            for place, topic in enumerate(TOPICS)
            for number in range(each)
        ]

    return papers
