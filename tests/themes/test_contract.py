from __future__ import annotations

from collections.abc import Callable

import pytest

from refkit.model import ArxivRecord, Mention, Work
from refkit.testing import TaggerContract
from refkit.themes.headings import HeadingTagger
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
        return Work(record=ArxivRecord(arxiv_id="2401.00002", title="Letters from a Winter Walk"))


class TestRulesByCategories(TestRules):
    @pytest.fixture
    def tagged(self) -> Work:
        return Work(record=ArxivRecord(arxiv_id="2401.00003", title="A Note", categories=("math.NT", "cs.RO")))


class TestHeadings(TaggerContract):
    @pytest.fixture
    def tagger(self) -> HeadingTagger:
        return HeadingTagger()

    @pytest.fixture
    def tagged(self) -> Work:
        headings = ("Computer Vision", "3. General Machine Learning", "cs.RO", "RLHF / 2024")
        return Work(
            record=ArxivRecord(arxiv_id="2401.00001", title="A Note"),
            mentions=tuple(Mention(title="A Note", heading=heading) for heading in headings),
        )

    @pytest.fixture
    def untagged(self) -> Work:
        headings = ("", "New submissions", "Week of March 3", "2024-03-13", "Other papers")
        return Work(
            record=ArxivRecord(arxiv_id="2401.00002", title="Computer Vision"),
            mentions=tuple(Mention(title="Computer Vision", heading=heading) for heading in headings),
        )


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
