"""Feeds over real HTTP: what is asked, what is told of a bad day, and what never leaves the program."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from refkit.errors import SourceError, SourceUnavailable
from refkit.model import Mention
from refkit.pace import Clock
from refkit.testing import FeedAnswer, FeedEntry, FeedRequest, FeedServer, atom
from refkit.watch import feeds
from refkit.watch.feeds import FeedDesk, read_feed
from refkit.watch.state import Seen, Thing, thing_of

TITLE = "Learning to Navigate the Web"
ENTRY = FeedEntry(TITLE, "https://arxiv.org/abs/1812.09195")
RSS = "<rss version='2.0'><channel><title>News</title>{}</channel></rss>"


class Time:
    """Passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.seconds, sleep=self.pass_by)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept.append(seconds)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.put("/feed", atom([ENTRY]))
        yield server


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def desk(tmp_path: Path, time: Time) -> FeedDesk:
    return FeedDesk(tmp_path, interval=3.0, clock=time.clock)


def feed_at(server: FeedServer, path: str = "/feed") -> Thing:
    return thing_of(server.url + path)


def test_a_feed_is_asked_only_for_what_changed(server: FeedServer, desk: FeedDesk) -> None:
    feed = feed_at(server)
    first = desk.fetch(feed, Seen())
    assert first.data == atom([ENTRY])
    again = desk.fetch(feed, Seen(etag=first.etag, modified=first.modified))
    assert again.data is None
    assert [each.status for each in server.requests] == [200, 304]
    assert server.requests[1].headers["If-None-Match"] == first.etag
    server.put("/feed", atom([]))
    assert desk.fetch(feed, Seen(etag=first.etag, modified=first.modified)).data == atom([])


def test_the_date_alone_is_enough(server: FeedServer, desk: FeedDesk) -> None:
    first = desk.fetch(feed_at(server), Seen())
    assert desk.fetch(feed_at(server), Seen(modified=first.modified)).data is None


def test_requests_to_one_host_keep_their_distance(server: FeedServer, desk: FeedDesk, time: Time) -> None:
    server.put("/other", atom([]))
    start = time.seconds
    desk.fetch(feed_at(server), Seen())
    desk.fetch(feed_at(server, "/other"), Seen())
    assert time.seconds - start >= 3.0


@pytest.mark.parametrize(("status", "said"), [(500, "status 500"), (503, "overloaded or down"), (429, "too many")])
def test_an_outage_is_asked_once_more_and_then_told(server: FeedServer, desk: FeedDesk, status: int, said: str) -> None:
    server.instead = lambda _: FeedAnswer(status=status)
    with pytest.raises(SourceUnavailable, match=said) as failed:
        desk.fetch(feed_at(server), Seen())
    assert len(server.requests) == 2
    assert str(failed.value).startswith(f"{server.url}/feed: it ")
    assert str(failed.value).endswith(".")


def test_a_service_that_asks_for_a_pause_gets_it(server: FeedServer, desk: FeedDesk, time: Time) -> None:
    server.instead = lambda asked: FeedAnswer(status=429, headers={"Retry-After": "90"}) if asked.number == 1 else None
    start = time.seconds
    assert desk.fetch(feed_at(server), Seen()).data
    assert 90 <= time.seconds - start < 100


def test_a_pause_that_is_too_long_is_not_waited_for_and_kept_by_the_next_run(
    server: FeedServer, desk: FeedDesk, time: Time, tmp_path: Path
) -> None:
    server.instead = lambda _: FeedAnswer(status=429, headers={"Retry-After": "4000"})
    with pytest.raises(SourceUnavailable, match="too many requests"):
        desk.fetch(feed_at(server), Seen())
    assert time.slept == []
    with pytest.raises(SourceUnavailable, match="asked for a pause until"):
        FeedDesk(tmp_path, interval=3.0, clock=time.clock).fetch(feed_at(server), Seen())
    assert len(server.requests) == 1


@pytest.mark.parametrize(("status", "said"), [(401, "user name"), (403, "denied"), (404, "correct it"), (410, "gone")])
def test_a_refusal_is_final_and_says_what_to_do(server: FeedServer, desk: FeedDesk, status: int, said: str) -> None:
    server.instead = lambda _: FeedAnswer(status=status)
    with pytest.raises(SourceError, match=said):
        desk.fetch(feed_at(server), Seen())
    assert len(server.requests) == 1


def test_a_refusal_of_one_feed_says_nothing_of_another_on_the_same_host(server: FeedServer, desk: FeedDesk) -> None:
    with pytest.raises(SourceError, match="404"):
        desk.fetch(feed_at(server, "/gone"), Seen())
    assert desk.fetch(feed_at(server), Seen()).data


def test_a_redirect_is_followed_on_the_same_host_and_to_another(server: FeedServer, desk: FeedDesk) -> None:
    def moved(asked: FeedRequest) -> FeedAnswer | None:
        host = server.url.replace("127.0.0.1", "localhost")
        targets = {"/old": "/feed", "/away": f"{host}/feed", "/round": "/round"}
        target = targets.get(asked.path)
        return FeedAnswer(status=301, headers={"Location": target}) if target else None

    server.instead = moved
    assert desk.fetch(feed_at(server, "/old"), Seen()).data
    assert desk.fetch(feed_at(server, "/away"), Seen()).data
    with pytest.raises(SourceUnavailable, match="redirects to"):
        desk.fetch(feed_at(server, "/round"), Seen())


def test_a_password_is_sent_to_its_own_host_alone_and_shown_nowhere(
    server: FeedServer, desk: FeedDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.guarded["/feed"] = "Basic " + base64.b64encode(b"ada:open sesame").decode()
    feed = thing_of(server.url.replace("http://", "http://ada:open%20sesame@") + "/feed")
    assert desk.fetch(feed, Seen()).data
    away = server.url.replace("127.0.0.1", "localhost")
    server.instead = lambda asked: (
        FeedAnswer(status=302, headers={"Location": f"{away}/feed?key=sesame"})
        if "127.0.0.1" in asked.headers["Host"]
        else None
    )
    with pytest.raises(SourceError, match="401") as failed:
        desk.fetch(feed, Seen())
    sent = [(each.headers["Host"].partition(":")[0], "Authorization" in each.headers) for each in server.requests]
    assert sent == [("127.0.0.1", True), ("127.0.0.1", True), ("localhost", False)]
    said = f"{failed.value} {feed!r} {caplog.text}"
    assert "sesame" not in said
    assert "ada" not in said


def test_a_huge_answer_is_not_read_to_its_end(
    server: FeedServer, desk: FeedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MAX_DIGEST_BYTES", 1 << 20)
    server.put("/feed", b"<rss>" + b"x" * (1 << 20))
    with pytest.raises(SourceUnavailable, match="larger than 1 MiB"):
        desk.fetch(feed_at(server), Seen())
    assert len(server.requests) == 1


def test_an_answer_that_drips_is_given_up(server: FeedServer, tmp_path: Path) -> None:
    server.put("/feed", b"<rss>" + b"x" * (1 << 20))
    seconds = iter(range(0, 10**9, 100))  # the clock runs ahead by 100 s whenever it is looked at
    desk = FeedDesk(tmp_path, interval=0.0, clock=Clock(now=lambda: next(seconds), sleep=lambda _: None))
    with pytest.raises(SourceUnavailable, match="no whole answer in time"):
        desk.fetch(feed_at(server), Seen())


def test_a_connection_that_breaks_is_an_outage(server: FeedServer, desk: FeedDesk) -> None:
    server.instead = lambda _: FeedAnswer(body=b"<rss>", length=1000)
    with pytest.raises(SourceUnavailable, match="broke"):
        desk.fetch(feed_at(server), Seen())


def test_a_server_that_is_not_there(server: FeedServer, desk: FeedDesk) -> None:
    feed = feed_at(server)
    server.stop()
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        desk.fetch(feed, Seen())


def test_an_address_that_cannot_be_asked_is_a_sentence(desk: FeedDesk) -> None:
    with pytest.raises(SourceError, match="no address that can be asked"):
        desk.fetch(thing_of("http://exa mple..org/feed"), Seen())


def test_arxiv_is_never_asked_faster_than_it_allows(tmp_path: Path) -> None:
    desk = FeedDesk(tmp_path, interval=0.0)
    session = desk._session("https://rss.arxiv.org/rss/cs.LG", "")
    assert session._gate._interval == 3.0
    assert session._gate._path == tmp_path / "pace" / "arxiv.org.json"
    assert desk._session("https://example.org/feed", "")._gate._interval == 0.0


def test_the_papers_of_a_feed_are_read_and_the_others_counted() -> None:
    reading = read_feed(atom([ENTRY, FeedEntry("We moved house", "https://example.org/moved")]), "feed")
    assert [each.title for each in reading.mentions] == [TITLE]
    assert [each.reason for each in reading.skipped] == ["a post, not a paper"]
    assert reading.whole


@pytest.mark.parametrize(
    "text", [RSS.format(""), atom([]).decode(), "<feed xmlns='http://www.w3.org/2005/Atom'></feed>"]
)
def test_a_feed_without_news_is_no_error(text: str) -> None:
    assert read_feed(text.encode(), "feed").mentions == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "<!DOCTYPE html><html><body>Sign in</body></html>",
            "no feed but a web page; look at the address in a browser",
        ),
        ('{"error": 1}', "no feed but other text"),
        ("<rss version='2.0'><channel><!-- <item>", "has no end; fetch the feed again"),
        ("", "it is empty"),
    ],
)
def test_what_is_no_feed_or_a_broken_one_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_feed(text.encode(), "feed")


def test_a_feed_that_was_cut_is_not_taken_for_the_whole() -> None:
    whole = atom([ENTRY, FeedEntry("An Experimental Study", "https://arxiv.org/abs/2307.05973")])
    reading = read_feed(whole[: whole.index(b"An Experimental") + 8], "feed")
    assert [each.title for each in reading.mentions] == [TITLE]
    assert not reading.whole


def test_broken_xml_costs_no_other_entry() -> None:
    text = atom([ENTRY]).decode().replace("<entry>", "<entry><b><title>No & end</entry><entry>")
    assert Mention in {type(each) for each in read_feed(text.encode(), "feed").mentions}
    assert TITLE in {each.title for each in read_feed(text.encode(), "feed").mentions}
