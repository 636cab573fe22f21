"""What Zotero's answers say, in words."""

from __future__ import annotations

import re
import time

import pytest

from refkit.secret import Secret
from refkit.writers.zotero.answers import Answer, Failure, Refusal, asked_pause, is_json, sentence, when


def test_a_time_of_today_is_a_time_of_day_and_another_has_its_day() -> None:
    moment = time.mktime((*time.localtime()[:3], 12, 34, 0, 0, 0, -1))  # noon or so today, whatever the time is now
    assert when(moment) == "12:34"
    assert when(time.mktime((2024, 2, 29, 7, 5, 0, 0, 0, -1))) == "2024-02-29 07:05"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d 12:34", when(moment - 86_400 * 2))


@pytest.mark.parametrize(
    ("told", "number"),
    [("0", 0), ("12", 12), (" 12 ", 12), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), ("-1", None),
     ("1.5", None), ("a lot", None), ("\u0663", None), ("1 2", None)],
)  # fmt: skip
def test_a_version_and_a_total_are_numbers_or_not_told(told: str, number: int | None) -> None:
    headers = {"Last-Modified-Version": told, "Total-Results": "3"}
    assert Answer.of(200, headers) == Answer(status=200, version=number, total=3)
    assert Answer.of(404, {"Total-Results": told}) == Answer(status=404, total=number)


def test_headers_that_are_not_there_tell_nothing() -> None:
    nothing = Answer.of(304, {})
    assert nothing == Answer(status=304, version=None, total=None, server_id="")
    assert Answer.of(0, {"Zotero-Server-ID": "abc"}) == Answer(server_id="abc")


def test_a_failure_is_taken_for_passing_and_without_effect_unless_it_says_otherwise() -> None:
    assert Failure("why") == Failure("why", pause=0.0, unclear=False, final=False, remedy="")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("999999999", 999_999_999), ("9999999999", 0), ("0.25", 0.25), ("1.", 0), (".5", 0), ("1,5", 0),
     ("5 s", 0), ("+5", 0), ("Thu, 01 Jan 1970 00:17:40 GMT", 60), ("Thu, 01 Jan 1970 00:16:39 GMT", 0)],
)  # fmt: skip
def test_a_pause_is_counted_from_now(value: str, seconds: float) -> None:
    assert asked_pause(value, 1000.0) == seconds


def test_a_refusal_shows_its_status_and_what_was_said() -> None:
    assert (str(Refusal(403, "no")), str(Refusal(304, ""))) == ("403 no", "304")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"  a \n b  ", "a b"),
        (b"\n  <html>no</html>", ""),
        (b"a < b", "a < b"),
        (b"\xff no", "\ufffd no"),
        ("\U0001d518".encode() * 400, "\U0001d518" * 300),
        (b"&lt;" * 400, "<" * 300),
        (b"&amp;" * 200, "&" * 200),
        (b"k3y and k3y", "*** and ***"),
        (b"", ""),
    ],
)
def test_a_sentence_is_short_plain_and_without_the_key(content: bytes, text: str) -> None:
    assert sentence(content, Secret("k3y")) == text
    assert sentence(b"k3y", None) == "k3y"


@pytest.mark.parametrize(
    ("content", "json"),
    [(b"[]", True), (b" 7 ", True), (b"null", True), (b"", False), (b"[] x", False), (b"{", False), (b"\xff", False),
     (b"[" * 100_000, False)],
)  # fmt: skip
def test_json_is_json_to_its_end(content: bytes, *, json: bool) -> None:
    assert is_json(content) is json
