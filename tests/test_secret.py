"""A key that does not show itself by accident."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback

import msgspec
import pytest

from refkit.secret import Secret

KEY = "P9NiFoyLeZu2bZNvvuQPDWsd"


def test_the_one_place_that_asks_gets_the_text() -> None:
    assert Secret(KEY).reveal() == KEY


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(KEY)),
        str(Secret(KEY)),
        f"{Secret(KEY)} {Secret(KEY)!r} {Secret(KEY)!s} {Secret(KEY)!a}",
        "%s %r" % (Secret(KEY), Secret(KEY)),  # noqa: UP031 - log lines are made so
        repr([Secret(KEY), {"key": Secret(KEY)}]),
        pprint.pformat({"key": Secret(KEY)}),
        repr(ValueError(Secret(KEY))),
    ],
)
def test_nothing_that_is_printed_has_it(shown: str) -> None:
    assert "***" in shown
    assert KEY not in shown


def test_a_log_line_does_not_have_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("refkit").debug("asking with %s and %r", Secret(KEY), Secret(KEY))
    assert "***" in caplog.text
    assert KEY not in caplog.text


def _refuse(secret: Secret) -> None:
    raise ValueError(secret)


def test_a_traceback_that_prints_values_does_not_have_it() -> None:
    with pytest.raises(ValueError, match="Secret") as caught:
        _refuse(Secret(KEY))
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    text = "".join(lines)
    assert "secret = Secret(***)" in text
    assert KEY not in text


def test_it_is_not_written_to_a_file_by_accident() -> None:
    secret = Secret(KEY)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not written"):
            pickle.dumps(secret, protocol)
    for write in (json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, copy.copy):
        with pytest.raises(TypeError):
            write({"key": secret} if write is not copy.copy else secret)


def test_it_has_no_dictionary_of_its_values() -> None:
    assert not hasattr(Secret(KEY), "__dict__")
    with pytest.raises(TypeError):
        vars(Secret(KEY))


def test_equal_texts_are_equal_secrets_and_no_text_is_one() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY.lower())
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY), Secret("")}) == 2


def test_an_empty_one_is_false() -> None:
    assert Secret(KEY)
    assert not Secret("")
