"""Which bytes are a mail, a mailbox or a saved page of MHTML, told by the header fields at their start.

Facts: RFC 5322 (fields), RFC 4155 (mailboxes), RFC 2557 (MHTML). Prose, lists and what a mail program copies for people
("From: ... Sent: ... To: ...") also have words before a colon, so a head needs a field that only machines write, or a
date with its time as RFC 5322 writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LONGEST_HEAD = 400_000  # bytes; heads of mails that went through many servers and lists have some 30,000
_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_FIELD = re.compile(rb"([!-9;-~]{1,80}):(.*)", re.DOTALL)
_BY_MACHINES = frozenset(
    b"""
    message-id mime-version received return-path delivered-to dkim-signature content-transfer-encoding content-type
    authentication-results arc-seal x-mailer x-mozilla-status x-gm-thrid x-account-key x-received x-original-to
    snapshot-content-location content-location list-id list-unsubscribe envelope-to
    """.split()
)
_BY_PEOPLE = frozenset(b"from to cc subject date reply-to sender".split())
_CONTENT_TYPE = re.compile(rb"\s*(?:text|multipart|message|application)\s*/\s*[\w.+-]", re.IGNORECASE)
_MONTH = rb"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rb"\s*(?:[a-z]{3,9},?\s+)?\d{1,2}[\s-]+" + _MONTH + rb"[\s-]+\d{2,4}\s+\d{1,2}:\d\d\b", re.IGNORECASE
)
# A mail in a mailbox begins with a line "From ", a sender and a time, right above its fields. Prose that begins with
# "From" has no such line below it.
_SEPARATOR = re.compile(
    rb"^From [^\r\n]{0,300}?\b\d{1,2}:\d\d\b[^\r\n]{0,100}\r?\n(?=>?[!-9;-~]{1,80}:|>From )", re.MULTILINE
)
_FROM_LINE = re.compile(rb"From [^\r\n]{0,400}(?:\r\n|\r|\n)")
_QUOTED_FROM = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_COUNTED = re.compile(rb"(\d{1,9})[ \t]*\r?\n")  # Apple Mail's .emlx: how many bytes the mail below has


class Piece(NamedTuple):
    """The bytes of one mail, from its first field on, and the line of the file on which they begin."""

    data: bytes
    line: int


def pieces_of(data: bytes) -> list[Piece] | None:
    """Return the mails of a file, None if it is no mail; `>From` of a mailbox is unquoted."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    start = _after_blank_lines(data, start)
    counted = _COUNTED.match(data, start)
    if counted and _is_head(data, counted.end()):
        return [Piece(data[counted.end() : counted.end() + int(counted[1])], count_lines(data[: counted.end()]) + 1)]
    from_line = _FROM_LINE.match(data, start)
    if not _is_head(data, from_line.end() if from_line else start):
        return None
    if not from_line:
        return [Piece(data[start:], count_lines(data[:start]) + 1)]
    return list(_of_mailbox(data, from_line.end()))


def _after_blank_lines(data: bytes, start: int) -> int:
    while start < len(data) and data[start : start + 1].isspace():
        start += 1
    return start


def _of_mailbox(data: bytes, first: int) -> Iterator[Piece]:
    """Yield the mails of a mailbox of which the first begins at this place."""
    line, counted, begin = 1, 0, first
    for found in (*_SEPARATOR.finditer(data, first), None):
        line += count_lines(data[counted:begin])
        counted = begin
        end = found.start() if found else len(data)
        yield Piece(_QUOTED_FROM.sub(b"", data[begin:end]), line)
        if found:
            begin = found.end()


def _is_head(data: bytes, start: int) -> bool:
    """Whether header fields of a mail begin here: two that are known, one of them as only programs write it."""
    known = sure = 0
    for name, value in _fields(data, start):
        known += name in _BY_MACHINES or name in _BY_PEOPLE
        sure += (name in _BY_MACHINES and (name != b"content-type" or bool(_CONTENT_TYPE.match(value)))) or (
            name == b"date" and bool(_DATE.match(value))
        )
    return known >= 2 and sure >= 1  # noqa: PLR2004 - one field may be a sentence with a colon


def _fields(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the fields from here to the first line that is none, names in lower case."""
    end = min(len(data), start + _LONGEST_HEAD)
    name, value = b"", b""
    while start < end:
        found = _LINE.match(data, start, end)
        line, start = (found[1], found.end()) if found else (b"", end)
        field = _FIELD.fullmatch(line)
        if line[:1] in {b" ", b"\t"} and name:
            value += line[:1_000] if len(value) < 1_000 else b""  # noqa: PLR2004 - only its start is looked at
            continue
        if name:
            yield name, value
        if not field:
            return
        name, value = field[1].lower(), field[2][:1_000]
    if name:
        yield name, value


def count_lines(data: bytes) -> int:
    r"""Return how many line ends there are: \n, \r\n or \r."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
