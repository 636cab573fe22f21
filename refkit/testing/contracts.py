"""Contracts for authors of plug-ins: subclass one in a test, fill its fixtures, and pytest checks every promise.

    class TestMyReader(ReaderContract):
        @pytest.fixture
        def reader(self):
            return MyReader()

        @pytest.fixture
        def cases(self):
            return Path(__file__).with_name("my_reader")

Needs pytest and hypothesis, which refkit itself does not.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refkit import registry
from refkit.errors import DigestError, SourceError
from refkit.model import ArxivRecord, Author, Mention, Op, PartialDate, Skipped, Work, find_arxiv_id
from refkit.normalize import fold, title_key, to_unicode

if TYPE_CHECKING:
    from refkit.protocols import Enricher, Reader, Source, Tagger, Writer

_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
# Text that is likelier to reach the corners of a reader than letters by chance are.
_PIECES = st.sampled_from(
    [
        "Attention Is All You Need",
        "We show that it works. It does, as we can see in this paper.",
        "title,abstract\n",
        '{"title": "Mamba"}\n',
        "Submitted by",
        "· 8 authors",
        "Mar 13",
        "https://arxiv.org/abs/1706.03762",
        "arXiv:2401.00001",
        "- ",
        "[1] ",
        '"',
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        "\f",
        "\u00a0",
        "\u2028",
        "\ufeff",
        "{",
        "[",
        ",",
        "multi-\nmodal",
    ]
)
_NONSENSE = "Zyxwvut Qponmlk Jihgfed"
_NO_ID = "0704.9999"
_WORKS = tuple(
    Work(
        record=ArxivRecord(
            arxiv_id=f"2401.{number:05}",
            title=title,
            authors=(Author("Träuble", "Frederik"), Author("Le Lan", "Charline")),
            submitted=PartialDate(2024, 1, number),
        )
    )
    for number, title in enumerate([r"$\mathcal{B}$-Coder: 50% & More", "Deep Songs", "Deep Songs"], start=1)
)
_TEXTS = st.one_of(st.text(), st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=20).map("".join))


def case_input(case: Path) -> tuple[str, str]:
    """Return the text of a case, with the line ends that stand in its file, and the name of that file."""
    (path,) = case.glob("input.*")
    return path.read_bytes().decode("utf-8"), path.name


class ReaderContract:
    """What every reader promises.

    `cases` is a folder of folders, each with `input.*` and either `expected.json` (the mentions, without this
    `digest`) or `error.txt` (the sentence of the DigestError); at least one of each kind.
    """

    @pytest.fixture
    def reader(self) -> Reader:
        """Return the reader under test."""
        raise NotImplementedError("give the fixture `reader`")

    @pytest.fixture
    def cases(self) -> Path:
        """Return the folder of cases."""
        raise NotImplementedError("give the fixture `cases`")

    @pytest.fixture
    def good(self, cases: Path) -> Sequence[Path]:
        """Return the cases that can be read."""
        return sorted(path.parent for path in cases.glob("*/expected.json"))

    @pytest.fixture
    def rejected(self, cases: Path) -> Sequence[Path]:
        """Return the cases that cannot be read."""
        return sorted(path.parent for path in cases.glob("*/error.txt"))

    def test_has_cases(self, good: Sequence[Path], rejected: Sequence[Path]) -> None:
        """A reader comes with a digest that it reads and one that it refuses."""
        assert good, "add a folder with input.* and expected.json"
        assert rejected, "add a folder with input.* and error.txt"

    def test_reads_its_cases(self, reader: Reader, good: Sequence[Path]) -> None:
        """The good cases give the mentions that are written down."""
        for case in good:
            text, name = case_input(case)
            found = [_anonymous(each, name) for each in _mentions(reader, text, name)]
            expected = msgspec.json.decode((case / "expected.json").read_bytes(), type=list[Mention])
            assert found == expected, case.name

    def test_refuses_its_cases(self, reader: Reader, rejected: Sequence[Path]) -> None:
        """The rejected cases raise the sentence that is written down."""
        for case in rejected:
            text, name = case_input(case)
            with pytest.raises(DigestError) as caught:
                _mentions(reader, text, name)
            assert str(caught.value) == (case / "error.txt").read_text(encoding="utf-8").strip(), case.name

    def test_recognises_its_cases_best(self, reader: Reader, good: Sequence[Path]) -> None:
        """No built-in reader is surer of a good case than this one, nor as sure while it stands before it."""
        for case in good:
            text, _ = case_input(case)
            own = reader.recognise(text)
            others = {name: registry.load("reader", name)().recognise(text) for name in registry.READERS}
            others.pop(reader.name, None)
            assert own > max(others.values(), default=0.0), (case.name, own, others)

    def test_places_are_right(self, reader: Reader, good: Sequence[Path]) -> None:
        """`raw` stands in the digest, on the line that `line` names."""
        for case in good:
            text, name = case_input(case)
            for mention in _mentions(reader, text, name):
                check_place(mention, text, name)

    @_SETTINGS
    @given(text=_TEXTS)
    def test_any_text_is_read_or_refused(self, reader: Reader, text: str) -> None:
        """Any text gives mentions with good titles and places, or a DigestError that names the digest."""
        try:
            mentions = _mentions(reader, text, "any.txt")
        except DigestError as error:
            assert error.digest == "any.txt"  # noqa: PT017 - an error is one of two good outcomes
            assert str(error).startswith("any.txt")  # noqa: PT017
            return
        for mention in mentions:
            assert mention.title
            assert mention.title == " ".join(mention.title.split())
            check_place(mention, text, "any.txt")

    @_SETTINGS
    @given(text=_TEXTS)
    def test_is_pure(self, reader: Reader, text: str) -> None:
        """The same text gives the same answers, each time and in any order."""
        first = reader.recognise(text)
        once = _outcome(reader, text)
        assert 0.0 <= first <= 1.0
        assert _outcome(reader, text) == once
        assert reader.recognise(text) == first


def check_place(mention: Mention, text: str, digest: str) -> None:
    """Assert that a mention's `raw` is in the text and begins on its `line`, if it names this digest."""
    if mention.digest != digest:
        return
    lines = list(_lines(text))
    assert mention.raw
    assert mention.raw in text
    assert 1 <= mention.line <= len(lines)
    first = next(_lines(mention.raw))
    assert first.strip() in lines[mention.line - 1]


def _lines(text: str) -> Iterator[str]:
    yield from text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _mentions(reader: Reader, text: str, digest: str) -> list[Mention]:
    return [item for item in reader.read(text, digest=digest) if isinstance(item, Mention)]


def _anonymous(mention: Mention, digest: str) -> Mention:
    return msgspec.structs.replace(mention, digest="") if mention.digest == digest else mention


def _outcome(reader: Reader, text: str) -> list[Mention | Skipped] | str:
    try:
        return list(reader.read(text, digest="any.txt"))
    except DigestError as error:
        return str(error)


class SourceContract:
    """What every source promises. `known` is a record that the source has."""

    @pytest.fixture
    def source(self) -> Source:
        raise NotImplementedError("return the source to test")

    @pytest.fixture
    def known(self) -> ArxivRecord:
        raise NotImplementedError("return a record that the source has")

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


class TaggerContract:
    """What every tagger promises. `tagged` is a work that gets a theme, `untagged` one that fits none."""

    @pytest.fixture
    def tagger(self) -> Tagger:
        raise NotImplementedError("return the tagger to test")

    @pytest.fixture
    def tagged(self) -> Work:
        raise NotImplementedError("return a work that gets a theme")

    @pytest.fixture
    def untagged(self) -> Work:
        raise NotImplementedError("return a work that fits no theme")

    def test_a_work_that_fits_nothing_gets_nothing(self, tagger: Tagger, untagged: Work) -> None:
        assert tagger.tag(untagged) == ()

    def test_themes_are_sorted_and_given_once(self, tagger: Tagger, tagged: Work) -> None:
        themes = [tag.theme for tag in tagger.tag(tagged)]
        assert themes
        assert themes == sorted(set(themes))

    def test_the_words_that_fired_stand_in_the_work(self, tagger: Tagger, tagged: Work) -> None:
        texts = [tagged.record.title, tagged.record.abstract, *tagged.record.categories]
        texts += [text for each in tagged.mentions for text in (each.title, each.abstract, each.heading)]
        everything = fold(to_unicode(" ".join(texts)))
        for tag in tagger.tag(tagged):
            assert tag.evidence
            assert all(fold(to_unicode(word)) in everything for word in tag.evidence)

    def test_tagging_is_pure(self, tagger: Tagger, tagged: Work, untagged: Work) -> None:
        first = tagger.tag(tagged)
        tagger.tag(untagged)
        assert tagger.tag(tagged) == first


class WriterContract:
    """What every writer promises. `written` returns what stands at the destination, in any form that compares."""

    @pytest.fixture
    def writer(self) -> Writer:
        raise NotImplementedError("return a writer to an empty destination")

    @pytest.fixture
    def written(self) -> Callable[[], object]:
        raise NotImplementedError("return a function that returns what stands at the destination")

    def test_planning_changes_nothing(self, writer: Writer, written: Callable[[], object]) -> None:
        before = written()
        changes = writer.plan(_WORKS)
        assert written() == before
        assert {change.op for change in changes} == {Op.CREATE}
        assert len(changes) == len(_WORKS)

    def test_the_order_of_the_works_does_not_matter(self, writer: Writer) -> None:
        assert list(writer.plan(_WORKS)) == list(writer.plan(_WORKS[::-1]))

    def test_a_work_given_twice_is_planned_once(self, writer: Writer) -> None:
        assert list(writer.plan([*_WORKS, _WORKS[0]])) == list(writer.plan(_WORKS))

    def test_keys_are_unique(self, writer: Writer) -> None:
        keys = [change.key for change in writer.plan(_WORKS)]
        assert len(set(keys)) == len(keys)

    def test_what_was_applied_is_reported_and_written(self, writer: Writer, written: Callable[[], object]) -> None:
        before = written()
        changes = writer.plan(_WORKS)
        report = writer.apply(changes)
        assert (list(report.done), list(report.failed)) == (list(changes), [])
        assert written() != before
