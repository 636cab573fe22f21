from pathlib import Path

import pytest
from refkit_opml import OpmlReader

from refkit import DigestError, Mention, Skipped
from refkit.testing import ReaderContract


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> OpmlReader:
        return OpmlReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("cases")


def read(body: str) -> list[Mention | Skipped]:
    return list(OpmlReader().read(f"<opml><body>{body}</body></opml>", digest="list.opml"))


def test_outlines_above_are_the_heading_and_no_titles() -> None:
    (found,) = read('<outline text="Birds"><outline text="Owls"><outline text="How Owls Sleep"/></outline></outline>')
    assert isinstance(found, Mention)
    assert (found.title, found.heading) == ("How Owls Sleep", "Birds / Owls")


def test_a_feed_is_skipped() -> None:
    (found,) = read('<outline text="A blog" xmlUrl="https://example.org/feed"/>')
    assert found == Skipped(1, "A blog", "a feed, not a paper")


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE opml [<!ENTITY a "owls">]><opml><body><outline text="&a;&a;"/></body></opml>'
    with pytest.raises(DigestError):
        list(OpmlReader().read(bomb, digest="list.opml"))


def test_another_encoding_in_the_declaration_changes_nothing() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<opml><body><outline text="Die Bärin"/></body></opml>'
    (found,) = OpmlReader().read(text, digest="list.opml")
    assert isinstance(found, Mention)
    assert (found.title, found.line) == ("Die Bärin", 2)
