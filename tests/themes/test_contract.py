from __future__ import annotations

from collections.abc import Callable

import pytest

from refkit.model import ArxivRecord, Mention, Work
from refkit.testing import TaggerContract
from refkit.themes.learned import LearnedTagger
from refkit.themes.learning import learn
from refkit.themes.rules import RuleTagger
from refkit.themes.vocabulary import Paper


class TestRules(TaggerContract):
    @pytest.fixture
    def tagger(self) -> RuleTagger:
        return RuleTagger()

    @pytest.fixture
    def tagged(self) -> Work:
        title = "A Benchmark for Robot Manipulation with Human Values"
        return Work(
            record=ArxivRecord(arxiv_id="2401.00001", title=title),
            mentions=(Mention(title=title, abstract="We evaluate robots on a benchmark of manipulation tasks."),),
        )

    @pytest.fixture
    def untagged(self) -> Work:
        return Work(record=ArxivRecord(arxiv_id="2401.00002", title="On the Class Number of Quadratic Fields"))


class TestLearned(TaggerContract):
    @pytest.fixture
    def tagger(self, make: Callable[..., list[Paper]]) -> LearnedTagger:
        return LearnedTagger(learn(make(25)).model)

    @pytest.fixture
    def tagged(self) -> Work:
        title = "Frogs and Newts of a Pond, and the Dough of Rye Bread in the Oven"
        return Work(record=ArxivRecord(arxiv_id="2401.00001", title=title), mentions=(Mention(title=title),))

    @pytest.fixture
    def untagged(self) -> Work:
        return Work(record=ArxivRecord(arxiv_id="2401.00002", title="On the Class Number of Quadratic Forms"))
