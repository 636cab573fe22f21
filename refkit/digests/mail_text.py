"""The text of a part of a mail: its transfer encoding and its characters undone, each line with its place.

Facts: RFC 2045 (quoted-printable, base64), RFC 2047 (subjects), RFC 3676 (flowed text). Senders name
wrong, unknown or no character sets; bytes are always made text.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterable
from typing import NamedTuple

from refkit.digests.decoding import decode
from refkit.errors import DigestError

_RAW_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BREAK = re.compile(rb"\r\n|\r|\n")
# What these names are used for on the web (WHATWG Encoding, 4.2): more than they say.
_MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "big5": "big5hkscs",
}
# Names under which anything is sent; UTF-8 shows itself, for by chance hardly any text is valid UTF-8.
_SAY_NOTHING = frozenset({"", "ascii", "iso8859-1", "cp1252", "utf-8"})
_TEXT_CODEC = re.compile(
    r"ascii|cp\d{3,5}|(?:iso8859|koi8|mac|tis)-\w+|gb\w+|big5\w*|euc_\w+|shift_ji\w+|iso2022_\w+|hz|johab|ptcp154"
    r"|utf-(?:7|8|16|32)(?:-[lb]e)?"
)
_REPLACED = "\ufffd"
_SIGNATURE = "-- "


class Placed(NamedTuple):
    r"""A text with \n at the ends of its lines, and for each line the line of the file on which it begins."""

    text: str
    lines: tuple[int, ...]


def undo_lines(payload: bytes, charset: str, first: int, *, quoted: bool) -> Placed:
    """Return the text of a body in plain or quoted-printable lines of which the first stands on line `first`."""
    pieces: list[bytes] = []
    lines, open_line = [], False
    for number, found in enumerate(_RAW_LINE.finditer(payload), start=first):
        piece = _unquoted(found[0]) if quoted else found[0]
        for part in _with_ends(piece):
            if not open_line:
                lines.append(number)
            open_line = not part.endswith((b"\n", b"\r"))
        pieces.append(piece)
    if not open_line:
        lines.append(first + max(len(pieces) - 1, 0))
    return _placed(decode_leniently(b"".join(pieces), charset), tuple(lines))


def _with_ends(piece: bytes) -> Iterable[bytes]:
    return _RAW_LINE.findall(piece) if len(piece) > 1 else (piece,) if piece else ()


def _unquoted(line: bytes) -> bytes:
    """Undo one line of quoted-printable; white space that was added on the way before its end does not count."""
    if b"=" not in line:
        return line
    end = b"\n" if line.endswith((b"\n", b"\r")) else b""
    content = line.rstrip(b"\r\n")
    trimmed = content.rstrip(b" \t")
    if trimmed.endswith(b"="):
        return binascii.a2b_qp(trimmed[:-1])
    return binascii.a2b_qp(content) + end


def undo_block(data: bytes, charset: str, first: int) -> Placed:
    """Return the text of a body that was one block (base64), all on the line where the block begins."""
    text = decode_leniently(data, charset)
    return _placed(text, (first,) * (_count_breaks(text) + 1))


def _placed(text: str, lines: tuple[int, ...]) -> Placed:
    r"""Write every line end as \n. Where encoded characters were line ends too, only the first place is known."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    count = text.count("\n") + 1
    if len(lines) != count:
        lines = (*lines[:count], *lines[-1:] * (count - len(lines)))
    return Placed(text, lines)


def _count_breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def decode_leniently(data: bytes, charset: str) -> str:
    """Return bytes as text by the named character set if it fits, else as UTF-8, as the text itself says, or cp1252."""
    codec = _codec(charset)
    if codec not in _SAY_NOTHING:
        try:
            return _without_halves(data.decode(codec))
        except UnicodeError:
            pass
    try:
        return _without_halves(decode(data, None, digest=""))
    except DigestError:
        pass
    unicode = data.decode("utf-8-sig", errors="replace")
    wrong = unicode.count(_REPLACED)
    if sum(not char.isascii() for char in unicode) > 2 * wrong:  # UTF-8 that was damaged or cut
        return unicode
    return data.decode("cp1252", errors="replace")


def _codec(charset: str) -> str:
    """Return Python's name of a character set, "" if it is unknown or none (`idna`, `unicode_escape`)."""
    try:
        known = codecs.lookup(charset.strip("\"' ")).name
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(known, known) if _TEXT_CODEC.fullmatch(known) else ""


def _without_halves(text: str) -> str:
    """Return text without halves of characters, which UTF-7 and UTF-16 can have."""
    return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")


def header_text(value: str) -> str:
    """Return a field, a character for each of its bytes, as people read it: unfolded, without encoded words."""
    from email.errors import HeaderParseError  # only where a mail is read
    from email.header import decode_header

    flat = " ".join(decode_leniently(value.encode("latin-1"), "").split())
    try:
        words = decode_header(flat)
    except (HeaderParseError, ValueError):
        return flat
    parts = []
    for word, charset in words:
        if isinstance(word, str):
            parts.append(word)
        else:
            parts.append(
                decode_leniently(word, charset) if charset else word.decode("raw-unicode-escape", errors="replace")
            )
    return " ".join("".join(parts).split())


def unflow(placed: Placed, *, delete_space: bool) -> Placed:
    """Join lines that were broken for sending: each ends with a space (RFC 3676, 4), in quotations as well."""
    done: list[str] = []
    lines: list[int] = []
    parts: list[str] = []
    depth = -1  # of the line that goes on
    for line, number in zip(placed.text.split("\n"), placed.lines, strict=True):
        content = line.lstrip(">")
        quotes = len(line) - len(content)
        content = content.removeprefix(" ")
        if depth == quotes and content != _SIGNATURE:
            parts.append(content)
        else:
            if parts:
                done.append("".join(parts))
            parts = [">" * quotes + (" " if quotes else "") + content]
            lines.append(number)
        flowed = content.endswith(" ") and content != _SIGNATURE
        depth = quotes if flowed else -1
        if flowed and delete_space:
            parts[-1] = parts[-1][:-1]
    done.append("".join(parts))
    return Placed("\n".join(done), tuple(lines))
