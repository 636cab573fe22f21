"""Contracts for authors of plug-ins: subclass one in a test, fill its fixtures, and pytest checks every promise.

    class TestMyReader(ReaderContract):
        @pytest.fixture
        def reader(self):
            return MyReader()

        @pytest.fixture
        def cases(self):
            return Path(__file__).with_name("my_reader")

Needs pytest and hypothesis, which refkit itself does not. This module has the one of readers and what all share; the
others are in `contract_services.py`, `contract_taggers.py` and `contract_writers.py`.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from refkit import registry
from refkit.errors import DigestError
from refkit.model import Mention, Skipped

if TYPE_CHECKING:
    from refkit.protocols import Reader

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

    def test_it_has_a_name(self, reader: Reader) -> None:
        """The name is one that can stand in a command and in a table of TOML."""
        check_name(reader)

    def test_touches_nothing_but_the_text(
        self, reader: Reader, good: Sequence[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No file is opened and no connection is made; what is loaded once may be loaded before."""
        texts = [case_input(case) for case in good]
        for text, name in texts:
            _outcome(reader, text, name)
            reader.recognise(text)
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", _forbidden("made a connection"))
            patch.setattr("builtins.open", _forbidden("opened a file"))
            patch.setattr("io.open", _forbidden("opened a file"))
            for text, name in texts:
                reader.recognise(text)
                _outcome(reader, text, name)

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
    @example(text="")
    @example(text="Two  blanks\tand a tab\r\nÜber\u2028alles\n")
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
    @example(text="")
    @example(text="Two  blanks\tand a tab\r\nÜber\u2028alles\n")
    def test_is_pure(self, reader: Reader, text: str) -> None:
        """The same text gives the same answers, each time and in any order."""
        first = reader.recognise(text)
        once = _outcome(reader, text)
        assert 0.0 <= first <= 1.0
        assert _outcome(reader, text) == once
        assert reader.recognise(text) == first


def check_name(plug_in: object) -> None:
    """Assert that a plug-in has a name of lower-case words, digits and hyphens."""
    name = getattr(plug_in, "name", None)
    assert isinstance(name, str)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), f"{name!r} is no name like my-reader"


def _forbidden(what: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail(f"the reader {what}")

    return refuse


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


def _outcome(reader: Reader, text: str, digest: str = "any.txt") -> list[Mention | Skipped] | str:
    try:
        return list(reader.read(text, digest=digest))
    except DigestError as error:
        return str(error)
