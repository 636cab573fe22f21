"""Contracts of what is asked: sources and enrichers. See `contracts.py` for how they are used."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from refkit.errors import SourceError
from refkit.model import ArxivRecord, Mention, Work, find_arxiv_id
from refkit.normalize import title_key
from refkit.testing.contracts import check_name

if TYPE_CHECKING:
    from refkit.protocols import Enricher, Source

_NONSENSE = "Zyxwvut Qponmlk Jihgfed"
_NO_ID = "0704.9999"


class SourceContract:
    """What every source promises. `known` is a record that the source has.

    A source that needs the network also gives `broken`, the same beside a service that is down, and `asked`, which
    tells how many requests the services of both have had.
    """

    @pytest.fixture
    def source(self) -> Source:
        raise NotImplementedError("return the source to test")

    @pytest.fixture
    def known(self) -> ArxivRecord:
        raise NotImplementedError("return a record that the source has")

    @pytest.fixture
    def broken(self) -> Source | None:
        return None

    @pytest.fixture
    def asked(self) -> Callable[[], int] | None:
        return None

    def test_it_has_a_name(self, source: Source) -> None:
        check_name(source)
        assert isinstance(source.network, bool)

    def test_opening_asks_nothing(self, source: Source, asked: Callable[[], int] | None) -> None:
        if source.network:
            assert asked, "give the fixture `asked`, for the source needs the network"
            assert asked() == 0

    def test_an_outage_is_never_an_empty_answer(
        self, source: Source, broken: Source | None, known: ArxivRecord
    ) -> None:
        if not source.network:
            return  # it has no service that could be down
        assert broken, "give the fixture `broken`, for the source needs the network"
        try:
            answers = list(broken.search([Mention(title=known.title), Mention(title=_NONSENSE)], limit=5))
        except SourceError as error:
            assert str(error)  # noqa: PT017 - an error is one of two good outcomes
        else:
            assert [bool(answer.failure) for answer in answers] == [True, True]
        with pytest.raises(SourceError):
            broken.lookup([known.arxiv_id])

    def test_questions_are_left_as_they_are(self, source: Source, known: ArxivRecord) -> None:
        mentions, ids = [Mention(title=known.title), Mention(title=_NONSENSE)], [known.arxiv_id, _NO_ID]
        source.search(mentions, limit=5)
        source.lookup(ids)
        assert mentions == [Mention(title=known.title), Mention(title=_NONSENSE)]
        assert ids == [known.arxiv_id, _NO_ID]

    def test_a_known_title_is_found(self, source: Source, known: ArxivRecord) -> None:
        (answer,) = source.search([Mention(title=known.title)], limit=5)
        assert not answer.failure
        assert known.arxiv_id in [record.arxiv_id for record in answer.records]

    def test_each_mention_has_one_answer_in_its_place(self, source: Source, known: ArxivRecord) -> None:
        mentions = [Mention(title=_NONSENSE), Mention(title=known.title), Mention(title=_NONSENSE)]
        answers = source.search(mentions, limit=5)
        assert [bool(answer.records) for answer in answers] == [False, True, False]
        assert list(answers) == [source.search([mention], limit=5)[0] for mention in mentions]

    def test_the_limit_is_kept(self, source: Source, known: ArxivRecord) -> None:
        for limit in (0, 1, 2):
            (answer,) = source.search([Mention(title=known.title)], limit=limit)
            assert len(answer.records) <= limit

    def test_no_questions_give_no_answers(self, source: Source) -> None:
        assert list(source.search([], limit=5)) == []
        assert dict(source.lookup([])) == {}

    def test_ids_are_looked_up_and_unknown_ones_left_out(self, source: Source, known: ArxivRecord) -> None:
        assert dict(source.lookup([known.arxiv_id, _NO_ID])) == {known.arxiv_id: known}

    def test_ids_have_no_version(self, source: Source, known: ArxivRecord) -> None:
        (answer,) = source.search([Mention(title=known.title)], limit=5)
        assert all(find_arxiv_id(record.arxiv_id) == record.arxiv_id for record in answer.records)

    def test_asking_twice_gives_the_same(self, source: Source, known: ArxivRecord) -> None:
        mentions = [Mention(title=known.title)]
        assert list(source.search(mentions, limit=5)) == list(source.search(mentions, limit=5))


class EnricherContract:
    """What every enricher promises. `known` is a work whose published version its service knows.

    `start` opens an enricher whose service answers, `broken` one whose service is down; neither may have asked it yet.
    `asked` tells how many requests the services of both have had.
    """

    @pytest.fixture
    def start(self) -> Callable[[], Enricher]:
        raise NotImplementedError("return a function that opens the enricher to test")

    @pytest.fixture
    def broken(self) -> Callable[[], Enricher]:
        raise NotImplementedError("return a function that opens the enricher beside a service that is down")

    @pytest.fixture
    def asked(self) -> Callable[[], int]:
        raise NotImplementedError("return a function that counts the requests")

    @pytest.fixture
    def known(self) -> Work:
        raise NotImplementedError("return a work whose published version the service knows")

    @pytest.fixture
    def secret(self) -> str:
        return ""

    def test_it_has_a_name(self, start: Callable[[], Enricher]) -> None:
        check_name(start())

    def test_works_are_left_as_they_are(self, start: Callable[[], Enricher], known: Work) -> None:
        works = [known, _unknown(1)]
        start().published(works)
        assert works == [known, _unknown(1)]

    def test_opening_asks_nothing(self, start: Callable[[], Enricher], asked: Callable[[], int]) -> None:
        start()
        assert asked() == 0

    def test_no_works_ask_nothing(self, start: Callable[[], Enricher], asked: Callable[[], int]) -> None:
        assert list(start().published([])) == []
        assert asked() == 0

    def test_the_published_version_of_a_known_work_is_found(self, start: Callable[[], Enricher], known: Work) -> None:
        enricher = start()
        ((first, *_),) = enricher.published([known])
        assert first.source == enricher.name
        assert title_key(first.title) == title_key(known.record.title)
        assert first.publication.type in {"article-journal", "paper-conference", "chapter", "book"}
        assert first.publication.doi == first.publication.doi.casefold()
        assert not first.publication.doi.startswith("10.48550/")

    def test_each_work_has_one_answer_in_its_place(self, start: Callable[[], Enricher], known: Work) -> None:
        enricher = start()
        works = [_unknown(1), known, _unknown(2), known]
        answers = [list(each) for each in enricher.published(works)]
        assert [bool(each) for each in answers] == [False, True, False, True]
        assert answers[1] == answers[3] == list(start().published([known])[0])

    def test_asking_twice_gives_the_same(self, start: Callable[[], Enricher], known: Work) -> None:
        enricher = start()
        assert list(map(list, enricher.published([known]))) == list(map(list, enricher.published([known])))

    def test_an_outage_is_an_error_and_never_nothing(self, broken: Callable[[], Enricher], known: Work) -> None:
        with pytest.raises(SourceError) as caught:
            broken().published([known, _unknown(1)])
        assert str(caught.value)

    def test_a_key_is_not_shown(
        self, start: Callable[[], Enricher], broken: Callable[[], Enricher], known: Work, secret: str
    ) -> None:
        enricher, down = start(), broken()
        enricher.published([known])
        with pytest.raises(SourceError) as caught:
            down.published([known])
        shown = [repr(enricher), str(vars(enricher)), *traceback.format_exception(caught.value)]
        assert not secret or not any(secret in text for text in shown)


def _unknown(number: int) -> Work:
    return Work(record=ArxivRecord(arxiv_id=f"0704.999{number}", title=_NONSENSE))
