"""From a file to text, from text to its reader, from there to mentions: each failure a sentence with its remedy.

A mail, a mailbox and a saved page of MHTML hold texts in an envelope (`envelope.py`); each letter is read on its own.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from refkit.digests.decoding import check_encoding, decode, unreadable, what_no_text
from refkit.digests.envelope import Body, Letter, open_envelope
from refkit.digests.finding import PassedOver
from refkit.digests.lines import MAX_TITLE, clean, longest_line
from refkit.errors import DigestError
from refkit.model import Mention, Skipped
from refkit.protocols import Reader

MAX_DIGEST_BYTES = 32 * 2**20
STANDARD_INPUT = "standard input"
# What `titles` gives at most to a text without a table: any lines could be titles (docs/digests.md).
_GUESS = 0.5
_SHOWN = 200  # characters of a letter without a subject


class Chosen(Struct, frozen=True):
    """A reader and how sure it was of a text, from 0 to 1 (None: it was forced), with how many letters it read."""

    name: str
    confidence: float | None = None
    letters: int = 1


class Reading(Struct, frozen=True, kw_only=True):
    """What came of one digest: the readers (more than one only in a mailbox), mentions, and lines that are none."""

    digest: str
    readers: tuple[Chosen, ...]
    mentions: tuple[Mention, ...]
    skipped: tuple[Skipped, ...] = ()


class Survey(Struct, frozen=True, kw_only=True):
    """What came of several digests: a reading of each, and of files in folders those that could not be read.

    `passed_over` are files there that are plainly no digests: pictures, programs, hidden ones.
    """

    readings: tuple[Reading, ...]
    unread: tuple[DigestError, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def mentions(self) -> list[Mention]:
        """The mentions of all digests, in their order."""
        return [mention for reading in self.readings for mention in reading.mentions]


class Choice(NamedTuple):
    """The readers that may be taken: one that is `forced`, or whichever is surest."""

    readers: Sequence[Reader]
    forced: bool = False


def load(path_or_dash: str, *, encoding: str | None = None, stdin: BinaryIO | None = None) -> str:
    """Return the text of a digest, `-` being standard input; at most 32 MiB are read, also from a pipe.

    Without `encoding` the text is what its byte order mark says, else UTF-8, else what HTML and XML say of themselves.
    Raises DigestError for whatever cannot be read as text, UsageError for an unknown encoding.
    """
    if encoding is not None:
        check_encoding(encoding)
    return text_of(load_bytes(path_or_dash, stdin=stdin), encoding, digest=name_of(path_or_dash))


def load_bytes(path_or_dash: str, *, stdin: BinaryIO | None = None) -> bytes:
    """Return the bytes of a digest, `-` being standard input; at most 32 MiB are read, also from a pipe.

    Raises DigestError for what cannot be opened, is larger, or begins like a file that is no text.
    """
    name = name_of(path_or_dash)
    data = _read_stdin(stdin) if path_or_dash == "-" else _read_file(path_or_dash)
    if len(data) > MAX_DIGEST_BYTES:
        raise DigestError(name, 0, f"it is larger than {MAX_DIGEST_BYTES >> 20} MiB; split it into smaller digests.")
    kind = what_no_text(data)
    if kind:
        raise DigestError(name, 0, f"it is {kind}, not text; copy its text into a text file.")
    return data


def name_of(path_or_dash: str) -> str:
    """Return how a digest is called in messages and mentions."""
    return STANDARD_INPUT if path_or_dash == "-" else path_or_dash


def text_of(data: bytes, encoding: str | None, *, digest: str) -> str:
    """Return the text of a digest that has no envelope. Raises DigestError as `load`."""
    text = decode(data, encoding, digest=digest)
    if not text.strip():
        raise DigestError(digest, 0, "it is empty; a digest has at least one title.")
    return text


def choose_reader(text: str, readers: Sequence[Reader], *, digest: str) -> Reader:
    """Return the reader that is surest of the text; the first one of those that are equally sure.

    Raises DigestError if none recognises it.
    """
    reader, sure = _surest(text, readers)
    if sure > 0:
        return reader
    names = ", ".join(reader.name for reader in readers)
    line, length = longest_line(text)
    long = f"a line has {length:,} characters, and " if length > MAX_TITLE else ""
    problem = f"{long}its format was not recognised; the formats are: {names}"
    raise DigestError(digest, line if long else 0, f"{problem}. If it is one of them, say so with --reader NAME.")


def _surest(text: str, readers: Sequence[Reader]) -> tuple[Reader, float]:
    sure = [reader.recognise(text) for reader in readers]
    best = max(sure)
    return readers[sure.index(best)], best


def read_mentions(text: str, reader: Reader, *, digest: str) -> tuple[list[Mention], list[Skipped]]:
    """Return the mentions of a text and the lines that are none; raises DigestError if there is no mention at all."""
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    for item in reader.read(text, digest=digest):
        if isinstance(item, Mention):
            mentions.append(item)
        else:
            skipped.append(item)
    if not mentions:
        raise _NoTitles(digest, 0, _no_titles(reader.name, skipped))
    return mentions, skipped


class _NoTitles(DigestError):  # noqa: N818 - as in errors.py
    """A text was read, but no title was found in it."""


def _no_titles(reader: str, skipped: Sequence[Skipped]) -> str:
    seen = f" (line {skipped[0].line} is {skipped[0].reason})" if skipped else ""
    return f"no titles found, reading it as {reader}{seen}; if it has another format, say so with --reader NAME."


def read_digest(
    data: bytes, choice: Choice, *, digest: str, encoding: str | None = None, among_others: bool = False
) -> Reading:
    """Return what the bytes of a digest hold: of a mail, its letters; of anything else, its text.

    A mail `among_others` is one of a mail folder, most of which are no digests, so a guess is not enough to read it.
    Raises DigestError if no reader recognises it, or it holds no mention at all; of several letters those without a
    digest are only skipped.
    """
    letters = open_envelope(data, digest=digest)
    if letters is None:
        letters = [Letter((Body(text_of(data, encoding, digest=digest)),))]
    if len(letters) == 1 and not among_others:
        return _read_letter(letters[0], choice, digest)
    return _read_letters(letters, choice, digest, is_mailbox=among_others or data.lstrip().startswith(b"From "))


class _Opened(NamedTuple):
    """A body of a letter with the reader that is surest of it."""

    body: Body
    reader: Reader
    sure: float


def _open(letter: Letter, choice: Choice) -> list[_Opened]:
    """Return the bodies, of equally sure readers in the letter's order, surest first."""
    opened = [_Opened(body, *_surest(body.text, choice.readers)) for body in letter.bodies]
    return sorted(opened, key=lambda each: -each.sure)


def _read_letter(letter: Letter, choice: Choice, digest: str) -> Reading:
    opened = _open(letter, choice)
    if not choice.forced and opened and opened[0].sure <= 0:
        choose_reader(opened[0].body.text, choice.readers, digest=digest)  # says what is wrong
    trusted = opened if choice.forced else [each for each in opened if each.sure > 0]
    return _read_first(trusted, letter, choice, digest)


def _read_first(opened: Sequence[_Opened], letter: Letter, choice: Choice, digest: str) -> Reading:
    """Read the first body in which there is a title. Raises DigestError, that of the first body, if there is none."""
    failures = []
    for each in opened:
        try:
            mentions, skipped = _read_body(each, letter, digest)
        except DigestError as error:
            failures.append(error)
            continue
        chosen = Chosen(each.reader.name, None if choice.forced else each.sure)
        return Reading(digest=digest, readers=(chosen,), mentions=tuple(mentions), skipped=tuple(skipped))
    if failures:
        raise failures[0]
    raise DigestError(digest, letter.line, "it is a mail without any text; copy what it shows into a text file.")


def _read_body(opened: _Opened, letter: Letter, digest: str) -> tuple[list[Mention], list[Skipped]]:
    """Read a body; places are those of the file, and a mention without a date has that of the letter."""
    lines = opened.body.lines
    try:
        mentions, skipped = read_mentions(opened.body.text, opened.reader, digest=digest)
    except DigestError as error:
        raise type(error)(digest, _line_in_file(error.line, lines), error.problem) from error
    placed = [
        replace(
            mention,
            line=_line_in_file(mention.line, lines) if mention.digest == digest else mention.line,
            issued=mention.issued or letter.issued,
        )
        for mention in mentions
    ]
    return placed, [replace(each, line=_line_in_file(each.line, lines)) for each in skipped]


def _line_in_file(line: int, lines: Sequence[int]) -> int:
    return lines[min(line, len(lines)) - 1] if lines and line > 0 else line


def _read_letters(letters: Sequence[Letter], choice: Choice, digest: str, *, is_mailbox: bool) -> Reading:
    """Read each letter; one that holds no digest is skipped. Raises DigestError if none does.

    In a mailbox most letters are no digests, so a guess is not enough. What is attached to one mail may be a plain
    list: if no letter is surely a digest, the one with the most titles is taken for it.
    """
    found = [_among_others(letter, choice, digest, at_least=_GUESS) for letter in letters]
    if not (is_mailbox or any(isinstance(each, Reading) for each in found)):
        guesses = [_among_others(letter, choice, digest, at_least=0.0) for letter in letters]
        best = max(guesses, key=lambda each: len(each.mentions) if isinstance(each, Reading) else 0)
        found = [guess if guess is best else each for guess, each in zip(guesses, found, strict=True)]
    read = [each for each in found if isinstance(each, Reading)]
    skipped = [line for each in found for line in (each.skipped if isinstance(each, Reading) else (each,))]
    if not read:
        first = f" (the one of line {skipped[0].line}: {skipped[0].reason})"
        problem = f"none of its {len(letters)} letters was recognised as a digest{first}"
        raise _NoTitles(digest, 0, f"{problem}; if they have a known format, say so with --reader NAME.")
    mentions = tuple(mention for reading in read for mention in reading.mentions)
    readers = _count([reading.readers[0] for reading in read])
    return Reading(digest=digest, readers=readers, mentions=mentions, skipped=tuple(skipped))


def _among_others(letter: Letter, choice: Choice, digest: str, *, at_least: float) -> Reading | Skipped:
    """Return what a letter among others says, if a reader is surer of it than `at_least`."""
    trusted = [each for each in _open(letter, choice) if choice.forced or each.sure > at_least]
    reason = "a letter without a digest"
    if trusted:
        try:
            return _read_first(trusted, letter, choice, digest)
        except _NoTitles:
            pass
        except DigestError as error:
            reason = f"a letter that cannot be read: {error.problem}"
    text = letter.subject or next((body.text[:_SHOWN] for body in letter.bodies), "")
    return Skipped(letter.line, clean(text), reason)


def _count(chosen: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Return each reader once, with its letters and the least that it was sure; the one of most letters first."""
    found = [
        Chosen(
            name, min((each.confidence for each in chosen if each.name == name), key=lambda sure: sure or 0.0), count
        )
        for name, count in Counter(each.name for each in chosen).most_common()
    ]
    return tuple(found)


def _read_stdin(stdin: BinaryIO | None) -> bytes:
    stream = stdin or (sys.stdin.buffer if sys.stdin else None)
    if stream is None:
        raise DigestError(STANDARD_INPUT, 0, "it is closed; name a file, or send the digest through a pipe.")
    try:
        return _read_at_most(stream, MAX_DIGEST_BYTES + 1)
    except OSError as error:
        raise DigestError(STANDARD_INPUT, 0, f"it cannot be read ({error.strerror}).") from error


def _read_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return bytes(MAX_DIGEST_BYTES + 1) if size > MAX_DIGEST_BYTES else _read_at_most(file, MAX_DIGEST_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise DigestError(repr(path), 0, "this is not the name of a file; correct it.") from error


def _read_at_most(stream: BinaryIO, limit: int) -> bytes:
    """Read until the end or the limit; a pipe gives its bytes in pieces."""
    data = bytearray()
    while len(data) < limit:
        piece = stream.read(min(2**20, limit - len(data)))
        if not piece:
            break
        data += piece
    return bytes(data)
