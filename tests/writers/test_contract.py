from __future__ import annotations

from collections.abc import Callable

import pytest

from refkit.testing import WriterContract
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter


class _Written(WriterContract):
    kind: type[BibtexWriter]

    @pytest.fixture
    def texts(self) -> list[str]:
        return []

    @pytest.fixture
    def writer(self, texts: list[str]) -> BibtexWriter:
        return self.kind(texts.append)

    @pytest.fixture
    def written(self, texts: list[str]) -> Callable[[], object]:
        return lambda: tuple(texts)


class TestBibtex(_Written):
    kind = BibtexWriter


class TestBiblatex(_Written):
    kind = BiblatexWriter
