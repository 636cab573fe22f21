"""From bytes to text: what is no text at all, by its first bytes, and in which encoding the rest is written."""

from __future__ import annotations

import codecs
import re

from refkit.errors import DigestError, UsageError

_MAGIC = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive (or a document of Word, Excel or LibreOffice)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Office program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
LONGEST_MAGIC = max(len(magic) for magic, _ in _MAGIC)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# An XML declaration stands first of all (XML 1.0, 2.8), an HTML meta within the first 1,024 bytes (HTML, 4.2.5.4);
# pages that were saved have more before it.
_DECLARED_WITHIN = 4_096
_DECLARED = (
    re.compile(rb"(?i)\A\s{0,100}<\?xml\s[^<>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})[\"']"),
    re.compile(rb"(?i)<meta\s[^<>]{0,400}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})"),
)
# What these names mean on web pages (WHATWG Encoding, 4.2): more than they say.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Python's names of what pages may be written in; it also knows "encodings" that are none (`unicode_escape`, `idna`).
_USUAL = re.compile(
    r"ascii|cp\d{3,4}|(?:iso8859|koi8|mac|tis)-\w+|gb\w+|big5\w*|euc_\w+|shift_ji\w+|iso2022_jp\w*|utf-8"
)
_ASCII = bytes(range(32, 127))
_PLAIN = 128  # characters below it are those of ASCII


def unreadable(name: str, error: OSError) -> DigestError:
    """Return the sentence on a digest that cannot be opened, with the remedy."""
    if isinstance(error, FileNotFoundError):
        return DigestError(name, 0, "there is no such file; correct its name.")
    if isinstance(error, IsADirectoryError):
        return DigestError(name, 0, "it is a folder; name a file in it.")
    if isinstance(error, PermissionError):
        return DigestError(name, 0, "it may not be read; correct its permissions.")
    return DigestError(name, 0, f"it cannot be read ({error.strerror}).")


def what_no_text(start: bytes) -> str:
    """Return what a file is that begins so ("a PDF file"), "" if it may be text; `LONGEST_MAGIC` bytes are enough."""
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), "")


def check_encoding(encoding: str) -> None:
    """Raise UsageError for a name that no text encoding has."""
    try:
        b" ".decode(encoding)  # bytes that are empty are not even looked at
    except UnicodeError:
        return  # one byte is no UTF-16, but the encoding exists
    except (LookupError, ValueError) as error:
        problem = f"There is no text encoding named {encoding!r}"
        raise UsageError(f"{problem}; usual ones are utf-8, latin-1, cp1252, utf-16 and gb18030.") from error


def decode(data: bytes, encoding: str | None, *, digest: str) -> str:
    """Return bytes as text: by the encoding, else by byte order mark, as UTF-8, or as HTML and XML declare themselves.

    Raises DigestError, with the line, for bytes that are no such text.
    """
    codec = encoding or next((codec for bom, codec in _BOMS if data.startswith(bom)), "utf-8")
    if b"\0" in data and codec in {"utf-8", "utf-8-sig"}:
        line = _line_of(data, data.index(b"\0"))
        raise DigestError(digest, line, f"it has NUL bytes, so it is not text; {_remedy_for_nul(data)}.")
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        declared = None if encoding or codec != "utf-8" else _as_declared(data)
        if declared is None:
            raise _undecodable(digest, data, error) from error
        text = declared
    except UnicodeError as error:
        raise DigestError(digest, 0, f"it is not {codec} text ({error}); name its encoding with --encoding.") from error
    if "\0" in text:
        raise DigestError(digest, 0, f"read as {codec} it has NUL characters; name its true encoding with --encoding.")
    return text.removeprefix("\ufeff")


def _remedy_for_nul(data: bytes) -> str:
    """Return what to do about NUL bytes: UTF-16 without its mark begins with a letter and one, and all of it reads."""
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if ord(text[0]) < _PLAIN and "".join(text.split()).isprintable():
            return f"it reads as UTF-16: save the file as UTF-8, or add `--encoding {codec}`"
    return "name a text file"


def _as_declared(data: bytes) -> str | None:
    """Return the text by the encoding that it declares in itself; None if there is none, or it does not fit."""
    head = data[:_DECLARED_WITHIN]
    for form in _DECLARED:
        found = form.search(head)
        for codec in _codecs(found[1].decode("ascii", errors="replace")) if found else ():
            try:
                return data.decode(codec)
            except UnicodeError:
                continue
    return None


def _codecs(name: str) -> tuple[str, ...]:
    """Return the codecs to try for a declared name: what it means on the web, then what it says; none if unknown."""
    try:
        known = codecs.lookup(name).name
        # The declaration was found as ASCII, so what it declares must contain ASCII; EBCDIC does not.
        if not _USUAL.fullmatch(known) or _ASCII.decode(known) != _ASCII.decode("ascii"):
            return ()
    except (LookupError, ValueError):
        return ()
    return tuple(dict.fromkeys((_MEANT.get(known, known), known)))


def _line_of(data: bytes, position: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", data[:position])) + 1


def _undecodable(name: str, data: bytes, error: UnicodeDecodeError) -> DigestError:
    before = data[: error.start]
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    column = len(before[start:].decode(error.encoding, errors="replace")) + 1
    what = f"byte 0x{data[error.start]:02x} in column {column} is not {error.encoding.upper()} text"
    remedy = "save the file as UTF-8, or name its encoding, for instance `--encoding latin-1`."
    return DigestError(name, _line_of(data, error.start), f"{what}; {remedy}")
