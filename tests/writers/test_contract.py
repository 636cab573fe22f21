from __future__ import annotations

from collections.abc import Callable

import pytest

from refkit.testing import WriterContract
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter
from refkit.writers.formats.works import (
    CslJsonWriter,
    HtmlWriter,
    ItemWriter,
    JsonlWriter,
    MarkdownWriter,
    RisWriter,
)


class _Written(WriterContract):
    kind: type[BibtexWriter | ItemWriter]

    @pytest.fixture
    def texts(self) -> list[str]:
        return []

    @pytest.fixture
    def writer(self, texts: list[str]) -> BibtexWriter | ItemWriter:
        return self.kind(texts.append)

    @pytest.fixture
    def written(self, texts: list[str]) -> Callable[[], object]:
        return lambda: tuple(texts)


class TestBibtex(_Written):
    kind = BibtexWriter


class TestBiblatex(_Written):
    kind = BiblatexWriter


class TestCslJson(_Written):
    kind = CslJsonWriter


class TestRis(_Written):
    kind = RisWriter


class TestJsonl(_Written):
    kind = JsonlWriter


class TestMarkdown(_Written):
    kind = MarkdownWriter


class TestHtml(_Written):
    kind = HtmlWriter
