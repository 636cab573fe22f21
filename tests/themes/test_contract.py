from __future__ import annotations

import pytest

from refkit.model import ArxivRecord, Mention, Work
from refkit.testing import TaggerContract
from refkit.themes.rules import RuleTagger


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
