"""Mails (.eml), mailboxes (.mbox) and pages saved as MHTML: from bytes to the texts that are in them.

The stdlib's `email` takes mails apart; it tells no places, so those are found again in the text of the mail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from refkit.digests.mail_head import Piece, count_lines, pieces_of
from refkit.digests.mail_text import header_text, undo_block, undo_lines, unflow
from refkit.errors import DigestError
from refkit.model import PartialDate

if TYPE_CHECKING:
    from email.message import Message

_DEEPEST = 20  # forwards of forwards; mails in real mailboxes have up to about six levels
# The parser compares each line with each boundary that is open; so many comparisons take about ten seconds.
_MOST_COMPARISONS = 30_000_000
_CONTAINER = re.compile(
    rb"^content-type[ \t]*:[ \t]*(?:\r?\n[ \t]+)?(?:multipart|message)/", re.IGNORECASE | re.MULTILINE
)
_HTML = frozenset({"text/html", "application/xhtml+xml", "text/x-html"})
# Texts that say nothing of their own, or say again what the HTML beside them says.
_NO_TEXT = re.compile(r"text/(?:x-)?(?:calendar|css|javascript|amp-html|vcard|directory|rtf|rfc822-headers|watch-html)")
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_BLOCKS = frozenset({"base64", "x-uuencode", "uuencode", "uue", "x-uue"})
_LOOKS_HTML = re.compile(r"\s{0,200}<(?:!doctype html|html|head|body)\b", re.IGNORECASE)


class Body(Struct, frozen=True):
    """A text of a letter; `lines` are, for each of its lines, the line of the file it stands on (none: the same)."""

    text: str
    lines: tuple[int, ...] = ()
    is_html: bool = False


class Letter(Struct, frozen=True):
    """One mail or page: `bodies` say the same in different forms, HTML first; `line` is where it begins."""

    bodies: tuple[Body, ...]
    issued: PartialDate | None = None
    subject: str = ""
    line: int = 1


def open_envelope(data: bytes, *, digest: str) -> list[Letter] | None:
    """Return the letters in a file, also forwarded and attached ones; None if it is no mail, mailbox or MHTML.

    Attachments are letters of their own if they are text; pictures and documents are left out. Raises DigestError for a
    mail without any text, or one that is nested too deep.
    """
    pieces = pieces_of(data)
    if pieces is None:
        return None
    letters = [letter for piece in pieces for letter in _open(piece, digest)]
    if not any(letter.bodies for letter in letters):
        raise DigestError(digest, pieces[0].line, "the mail has no text in it; copy what it shows into a text file.")
    return letters


def _open(piece: Piece, digest: str) -> list[Letter]:
    from email import message_from_string  # 23 ms, only where there is a mail

    from refkit.digests.mail_policy import BOUNDED

    too_deep = DigestError(digest, piece.line, "the mail is nested too deep; save the mail that is wanted by itself.")
    containers = len(_CONTAINER.findall(piece.data))
    if containers > _DEEPEST and containers * count_lines(piece.data) > _MOST_COMPARISONS:
        raise too_deep
    text = piece.data.decode("latin-1")  # bytes one by one; the parser would decode some of them by itself
    try:
        message = message_from_string(text, policy=BOUNDED)
    except RecursionError as error:
        raise too_deep from error
    return _Opener(text, piece.line, too_deep).letters(message)


class _Opener:
    """Takes one parsed mail apart, in the order of its text."""

    def __init__(self, text: str, line: int, too_deep: DigestError) -> None:
        self._text = text
        self._too_deep = too_deep
        self._place = 0
        self._counted = 0
        self._line = line

    def letters(self, message: Message, depth: int = 0) -> list[Letter]:
        """Return a mail's own letter, and those that are attached to it."""
        own = _Own(_issued(message), _subject(message), self._line_now())
        self._gather(message, own, depth)
        return own.letters()

    def _gather(self, part: Message, own: _Own, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._too_deep
        kind = part.get_content_type()
        content = part.get_payload()
        if kind in _MESSAGES and isinstance(content, list):
            self._gather_message(part, content, own, depth)
        elif isinstance(content, list):
            for n, each in enumerate(content):
                if kind == "multipart/related" and n and each.get_content_type() in _HTML:
                    own.add_apart(self._body(each), _location(each))  # a frame of the page
                else:
                    self._gather(each, own, depth + 1)
        elif isinstance(content, str) and _is_text(kind):
            body = self._body(part)
            if part.get_content_disposition() == "attachment":
                own.add_apart(body, _location(part))
            else:
                own.add(body)

    def _gather_message(self, part: Message, content: Sequence[Any], own: _Own, depth: int) -> None:
        """Open a mail in a mail; some programs encode the whole of it, although RFC 2046 forbids that."""
        for each in content:
            payload = each.get_payload()
            if _encoding(part) in _BLOCKS and isinstance(payload, str):
                place = self._find(each, payload)
                part.set_payload(payload)
                for piece in pieces_of(_undone(part)) or ():
                    letters = _open(piece, self._too_deep.digest) if depth < _DEEPEST else []
                    own.apart += [_moved(letter, place) for letter in letters]
            else:
                self._find(part, "")
                own.apart += self.letters(each, depth + 1)

    def _body(self, part: Message) -> Body:
        payload = part.get_payload()
        assert isinstance(payload, str)  # noqa: S101 - a part that is no container
        line = self._find(part, payload)
        charset = _parameter(part, "charset")
        if _encoding(part) in _BLOCKS:
            placed = undo_block(_undone(part), charset, line)
        else:
            raw = payload.encode("latin-1")
            placed = undo_lines(raw, charset, line, quoted=_encoding(part) == "quoted-printable")
        is_html = part.get_content_type() in _HTML or bool(_LOOKS_HTML.match(placed.text))
        if not is_html and _parameter(part, "format").lower() == "flowed":
            placed = unflow(placed, delete_space=_parameter(part, "delsp").lower() == "yes")
        return Body(placed.text, placed.lines, is_html)

    def _find(self, part: Message, payload: str) -> int:
        """Go on to the payload of a part, below its last field, and return the line of the file it begins on."""
        for sought in (*(str(value) for _, value in list(part.raw_items())[-1:]), payload):
            found = self._text.find(sought, self._place)
            if found >= 0:
                self._place = found + (0 if sought is payload else len(sought))
        line = self._line_now()
        self._place += len(payload)
        return line

    def _line_now(self) -> int:
        between = self._text[self._counted : self._place]
        self._line += between.count("\n") + between.count("\r") - between.count("\r\n")
        self._counted = self._place
        return self._line


class _Own:
    """What belongs to one mail: its texts in their two forms, and the letters that are apart from it."""

    def __init__(self, issued: PartialDate | None, subject: str, line: int) -> None:
        self._issued = issued
        self._subject = subject
        self._line = line
        self._bodies: list[Body] = []
        self.apart: list[Letter] = []

    def add(self, body: Body) -> None:
        self._bodies.append(body)

    def add_apart(self, body: Body, name: str) -> None:
        if body.text.strip():
            self.apart.append(Letter((body,), self._issued, name or self._subject, body.lines[0]))

    def letters(self) -> list[Letter]:
        bodies = tuple(self._forms())
        if not bodies and self.apart:
            return self.apart
        return [Letter(bodies, self._issued, self._subject, self._line), *self.apart]

    def _forms(self) -> Iterator[Body]:
        """Yield what is HTML, then what is plain; texts of one form with pictures between them are one."""
        for is_html in (True, False):
            same = [body for body in self._bodies if body.is_html is is_html and body.text.strip()]
            if same:
                lines = tuple(line for body in same for line in body.lines)
                yield Body("\n".join(body.text for body in same), lines, is_html)


def _is_text(kind: str) -> bool:
    """Whether a part of this kind holds text; a container without its parts (its boundary is missing) does."""
    return kind in _HTML or kind.startswith("multipart/") or (kind.startswith("text/") and not _NO_TEXT.match(kind))


def _moved(letter: Letter, line: int) -> Letter:
    """Return a letter that was encoded as a whole, all of it on the line where that begins."""
    bodies = tuple(Body(body.text, (line,) * len(body.lines), body.is_html) for body in letter.bodies)
    return Letter(bodies, letter.issued, letter.subject, line)


def _encoding(part: Message) -> str:
    return _field(part, "content-transfer-encoding").partition(";")[0].strip(" \t\"'").lower()


def _undone(part: Message) -> bytes:
    """Return the bytes of an encoded block; the stdlib knows an encoding only by its bare name."""
    encoding = _encoding(part)
    del part["content-transfer-encoding"]
    part["Content-Transfer-Encoding"] = encoding
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _parameter(part: Message, name: str) -> str:
    value = part.get_param(name)
    return value[2] if isinstance(value, tuple) else str(value or "")


def _field(part: Message, name: str) -> str:
    """Return the value of the first field of this name as it stands; the parser's own way fails on odd bytes."""
    return next((str(value) for key, value in part.raw_items() if key.lower() == name), "")


def _subject(message: Message) -> str:
    return header_text(_field(message, "subject"))


def _location(part: Message) -> str:
    name = part.get_filename() or _field(part, "content-location")
    return header_text(name.encode("latin-1", errors="replace").decode("latin-1"))


def _issued(message: Message) -> PartialDate | None:
    """Return the day that the field Date names, as the sender's clock had it; None if it names none."""
    from email.utils import parsedate  # as above

    try:
        found = parsedate(header_text(_field(message, "date")))
        day = dt.date(*found[:3]) if found else None
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return PartialDate(day.year, day.month, day.day) if day else None
