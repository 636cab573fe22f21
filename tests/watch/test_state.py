"""What is new and what waits: pure decisions, without files or clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import refkit
from refkit.config import parse_every
from refkit.digests.streams import Item, TitlesFormat, read_item
from refkit.errors import ConfigError, UsageError
from refkit.lock import key_of
from refkit.model import Mention, PartialDate, Resolution, Verdict
from refkit.watch.state import (
    Mark,
    Seen,
    State,
    Waiting,
    following,
    line_of,
    name_of,
    news,
    parse_state,
    sort_out,
    state_text,
    superseded,
    thing_of,
)

TITLE = "Learning to Navigate the Web"
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=40)
LINES = WORDS.map(lambda text: " ".join(text.split())).filter(lambda text: any(map(str.isalpha, text)))
MENTIONS = st.builds(
    Mention,
    title=LINES,
    abstract=LINES | st.just(""),
    authors=st.lists(st.sampled_from(["Ada Lovelace", "Z. Chen", "Gur, Izzeddin"]), max_size=3, unique=True).map(tuple),
    issued=st.sampled_from([None, PartialDate(2024, 3, 13), PartialDate(None, 3, 13), PartialDate(2024)]),
    arxiv_id=st.sampled_from(["", "1812.09195", "math/0309136"]),
    doi=st.sampled_from(["", "10.1145/3359221"]),
    url=st.sampled_from(["", "https://example.org/a"]),
)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("https://ada:sesame@example.org/feed", "https://example.org/feed"),
        ("https://example.org/feed?key=sesame&q=cat:cs.LG", "https://example.org/feed?key=***&q=cat:cs.LG"),
        ("https://example.org/feed?sesame", "https://example.org/feed?***=***"),
        ("https://example.org/u/5e5a3e0000sesame00000/feed.xml", "https://example.org/u/***/feed.xml"),
        ("https://example.org/feed#sesame", "https://example.org/feed"),
        ("https://rss.arxiv.org/rss/cs.LG", "https://rss.arxiv.org/rss/cs.LG"),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_key(what: str, shown: str) -> None:
    thing = thing_of(what)
    assert thing.shown == shown
    assert "sesame" not in repr(thing) + thing.queue_file


def test_a_new_password_makes_no_new_feed_but_another_parameter_does() -> None:
    one, two = (thing_of(f"https://ada:{word}@example.org/feed") for word in ("a", "b"))
    assert one.ident == two.ident
    assert thing_of("https://example.org/feed?q=1").ident != thing_of("https://example.org/feed?q=2").ident


@pytest.mark.parametrize("what", ["ftp://ada:sesame@example.org/f", "https://", "http://ada:sesame@example.org:x/f"])
def test_what_is_no_address_of_a_feed_is_refused_without_showing_it(what: str) -> None:
    with pytest.raises(UsageError, match="no address of a feed") as refused:
        thing_of(what)
    assert "sesame" not in str(refused.value)


def test_a_password_is_not_sent_for_all_to_read() -> None:
    with pytest.raises(UsageError, match=r"^http://example\.org/f: .* with https://\.$"):
        thing_of("http://ada:sesame@example.org/f")


def test_the_same_file_is_one_thing_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["a.xml", "./a.xml", str(tmp_path / "a.xml"), (tmp_path / "a.xml").as_uri()]
    assert len({thing_of(name).ident for name in names}) == 1


@pytest.mark.parametrize(("text", "seconds"), [("90m", 5400), ("hour", 3600), ("Day", 86400), ("1w", 604800)])
def test_intervals(text: str, seconds: int) -> None:
    assert parse_every(text) == seconds


@pytest.mark.parametrize("text", ["0h", "5", "day after day", "-1h", "1.5h", "10s", "900000d", "١h"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match="is no interval; write hour, day"):
        parse_every(text)


@pytest.mark.parametrize(("now", "then"), [(1010.0, 4600.0), (4600.0, 4600.0), (9000.0, 9000.0)])
def test_the_next_run_keeps_the_hour_and_is_not_made_up_for(now: float, then: float) -> None:
    assert following(1000.0, 3600, now) == then


def test_entries_with_one_link_are_told_apart_by_their_titles() -> None:
    mentions = [Mention(title=f"{TITLE} {number}", url="https://example.org/") for number in range(3)]
    fresh = news(mentions, Seen())
    assert [mention for _, mention in fresh] == mentions
    assert news(mentions, Seen(entries=tuple(name for name, _ in fresh))) == []


def test_what_stands_below_a_title_counts_only_without_a_link() -> None:
    linked = [Mention(title=TITLE, url="https://example.org/1", abstract=text) for text in ("5 points", "7 points")]
    bare = [Mention(title="Editorial", abstract=text) for text in ("On whales.", "On ships.")]
    assert len(news(linked, Seen())) == 1
    assert len(news(bare, Seen())) == 2


@given(mention=MENTIONS)
def test_a_line_of_the_queue_says_what_the_entry_said(mention: Mention) -> None:
    line = line_of(mention)
    back = read_item(Item(1, line), TitlesFormat("queue.jsonl", "jsonl"))
    names = ("title", "abstract", "authors", "issued", "doi", "url")
    assert [getattr(back, name) for name in names] == [getattr(mention, name) for name in names]
    assert key_of(back) == key_of(mention)
    assert name_of(back) == name_of(mention)
    assert back.digest == "queue.jsonl"


@given(mentions=st.lists(MENTIONS, min_size=1, max_size=6))
def test_refkit_review_reads_the_same_in_a_file_of_the_queue(
    mentions: list[Mention], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "queue.jsonl"
    path.write_text("".join(f"{line_of(each)}\n" for each in mentions), encoding="utf-8")
    assert list(map(key_of, refkit.read(path))) == list(map(key_of, mentions))


def waiting(line: int, mention: Mention) -> Waiting:
    return Waiting("queue/feed.jsonl", line, "", mention)


def test_an_entry_that_was_edited_takes_the_place_of_the_one_that_waits() -> None:
    old, new = (Mention(title=title, arxiv_id="1812.09195") for title in ("Lerning to Navigate", TITLE))
    other = Mention(title="Lerning to Navigate", url="https://example.org/1")
    heap = [waiting(1, old), waiting(2, other)]
    assert superseded(heap, "queue/feed.jsonl", [new], [new]) == {1}
    assert superseded(heap, "queue/feed.jsonl", [new], [new, old]) == set()
    assert superseded(heap, "queue/other.jsonl", [new], [new]) == set()
    assert superseded(heap, "queue/feed.jsonl", [], []) == set()


def test_only_what_is_matched_is_written() -> None:
    mention = Mention(title=TITLE)
    found = [Resolution(mention=mention, verdict=verdict, reason="") for verdict in Verdict]
    found.append(Resolution(mention=mention, verdict=Verdict.NOT_FOUND, reason="", decided="none"))
    heap = [waiting(number, mention) for number in range(len(found))]
    heaps = sort_out(heap, found)
    assert [each[1].verdict for each in heaps.matched] == [Verdict.MATCHED]
    assert [each[1].verdict for each in heaps.waiting] == [Verdict.AMBIGUOUS, Verdict.NOT_FOUND]
    assert [each[1].verdict for each in heaps.failed] == [Verdict.FAILED]
    assert len(heaps.settled) == 1


def test_a_state_is_read_back_as_it_was() -> None:
    seen = Seen(shown="in", etag='"a"', files={"in/a.txt": Mark(3, 10**18, "ab")}, entries=("1", "2"))
    state = State(watched={"x": seen})
    assert parse_state(state_text(state).encode(), Path("s.json")) == state


@pytest.mark.parametrize("text", ["", "[]", "{", '{"watched": 3}', '{"refkit_watch": 2, "watched": {}}'])
def test_a_state_that_cannot_be_used_is_a_sentence_with_the_remedy(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^s\.json: .*remove it: then all entries count as new"):
        parse_state(text.encode(), Path("s.json"))
