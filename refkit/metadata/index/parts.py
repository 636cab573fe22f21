"""Some thousands of records as columns: what a process that builds an index makes of its share of the records. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from refkit import shingles
from refkit.metadata.index import codes
from refkit.metadata.index.tables import by_quarter
from refkit.model import ArxivRecord
from refkit.names import letters
from refkit.normalize import before_colon, title_key, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

# The title of most records: ASCII without TeX and without the signs that `normalize` gives a name.
_SPECIAL = re.compile(r"[\\${}~+#<>*]|``|''|--")
# Most titles have not even one of these, which is seen five times as fast.
_PERHAPS_SPECIAL = re.compile(r"[\\${}~+#<>*`'-]")
# Words that stand in so many titles that they lead nowhere; the others are known once all titles are counted.
_SILENT = tuple(b"a an and as at by for from in is its of on or the through to under using via with without".split())
# Letters and digits as they count, line feeds as they are, all else blank.
_SPACED = bytes(place if place == ord("\n") else char or ord(" ") for place, char in enumerate(shingles.ASCII_WORDS))
_BETWEEN_DIGITS = re.compile(rb" (?<=[0-9] ) *(?=[0-9])")


class Entry(NamedTuple):
    """One record on its way into an index: what the index keeps of it, and its abstract or the fingerprint of it.

    The authors stand one a line, their parts between tabs.
    """

    arxiv_id: int
    titles: Sequence[str]
    authors: bytes
    categories: str
    submitted: int
    updated: int
    doi: str
    abstract: str


class Part(NamedTuple):
    """The columns of some records. Titles beyond the first of each record stand behind all the first ones."""

    ids: Array
    dates: Array  # (records, 2): submitted, updated
    categories: list[bytes]
    category_of: Array
    names: bytes  # each once, one a line
    name_sizes: Array
    name_hashes: Array
    author_of: Array
    author_counts: Array
    titles: bytes
    title_sizes: Array
    owners: Array  # the record of each title beyond the first
    exact: Array  # (2, keys): CRC-32 of a key, title; in the order of their quarters
    words: Array  # (2, words): the upper half of a hash, title; the same
    prints: Array  # fingerprints: shingles.dtype()
    vocabulary: set[bytes]


def entry_of(record: ArxivRecord, *, code: int) -> Entry:
    """Return a record as an entry; `code` stands for its id."""
    return Entry(
        code,
        [" ".join(title.split()) for title in (record.title, *record.former_titles)],
        codes.encode_authors([codes.parts_of(author) for author in record.authors]),
        " ".join(record.categories),
        codes.encode_date(record.submitted),
        codes.encode_date(record.updated),
        record.doi,
        record.abstract,
    )


def make_part(entries: Sequence[Entry], prints: Array | None = None) -> Part:
    """Return the columns of entries; `prints` are their fingerprints, if their abstracts are not known any more."""
    categories: dict[str, int] = {}
    category_of = [categories.setdefault(entry.categories, len(categories)) for entry in entries]
    further = [(title, place) for place, entry in enumerate(entries) for title in entry.titles[1:]]
    titles = [entry.titles[0] for entry in entries] + [title for title, _ in further]
    if prints is None:
        prints = shingles.fingerprints([entry.abstract for entry in entries])
    plain = [place for place, title in enumerate(titles) if _is_plain(title)]
    stored, exact = _keys(titles, plain, [entry.doi for entry in entries])
    words, vocabulary = _words(titles, plain)
    found, owners = shingles.searched_hashes(prints)
    writers, written = _first_authors([entry.authors for entry in entries])
    return Part(
        ids=np.array([entry.arxiv_id for entry in entries], np.uint32),
        dates=np.array([(entry.submitted, entry.updated) for entry in entries], np.uint16).reshape(-1, 2),
        categories=[text.encode() for text in categories],
        category_of=np.array(category_of, np.uint32),
        **_names([entry.authors for entry in entries]),
        titles=b"".join(stored),
        title_sizes=np.array([len(title) for title in stored], np.uint32),
        owners=np.array([place for _, place in further], np.uint32),
        exact=exact,
        words=by_quarter(*np.concatenate([words, _upper(found, owners), _upper(writers, written)], axis=1)),
        prints=prints,
        vocabulary=vocabulary,
    )


def _names(authors: Sequence[bytes]) -> dict[str, Any]:
    """Return the columns about authors; of names that are the same the first one is kept."""
    text = b"".join([lines + b"\n" for lines in authors if lines])
    sizes = np.diff(np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")), prepend=-1) - 1
    ends = np.cumsum(sizes + 1)
    hashes = shingles.hash_stretches(text, ends - sizes - 1, sizes)
    chosen, author_of = number_by_first(hashes)
    return {
        "names": stretches(text, sizes + 1, chosen),
        "name_sizes": sizes[chosen].astype(np.uint32),
        "name_hashes": hashes[chosen],
        "author_of": author_of,
        "author_counts": np.array([lines.count(b"\n") + 1 if lines else 0 for lines in authors], np.uint32),
    }


def _first_authors(authors: Sequence[bytes]) -> tuple[Array, Array]:
    """Return the hashes by which records are found by their first author, and the record of each."""
    keys = [_key_of_name(lines.partition(b"\n")[0]) if lines else b"" for lines in authors]
    places = np.array([place for place, key in enumerate(keys) if key], np.int64)
    return author_hashes([key for key in keys if key]), places


def author_hashes(keys: Sequence[bytes]) -> Array:
    """Return the hash of each key of an author."""
    sizes = np.array([len(key) for key in keys], np.int64)
    # No word has a comma in it, so that no name is taken for one.
    return shingles.hash_stretches(b"".join(keys), np.cumsum(sizes) - sizes, sizes)


@lru_cache(maxsize=1 << 16)
def _key_of_name(line: bytes) -> bytes:
    family, _, rest = line.partition(b"\t")
    given = rest.partition(b"\t")[0]
    if family.isalpha() and given.isalpha() and line.isascii():
        return family.lower() + b"," + given.lower()
    author = codes.decode_author(line.decode())
    return author_key(author.family or author.literal, author.given)


def author_key(family: str, given: str) -> bytes:
    """Return by what an author is found: the letters of the family name, and of the given name that stands first."""
    first = letters(re.split(r"[\s.]", given.strip(" ."))[0])
    return f"{letters(family)},{first}".encode() if first and letters(family) else b""


def number_by_first(hashes: Array) -> tuple[Array, Array]:
    """Return where each hash stands for the first time, in order, and for all hashes the number of their first one.

    That two of the 15 million names of arXiv have the same hash by chance happens once in 150,000 indexes.
    """
    # Each place stands in the lower bits of its own hash: sorting numbers takes half of the time and the memory of
    # sorting places by them. Two hashes that differ in these bits alone may alternate, and then have two numbers.
    bits = np.uint64(max(len(hashes).bit_length(), 1))
    keys = hashes >> bits
    keys <<= bits
    keys |= np.arange(len(hashes), dtype=np.uint64)
    keys.sort()
    keys &= (np.uint64(1) << bits) - np.uint64(1)
    places = keys.view(np.int64)
    found = hashes[places]
    begins = np.flatnonzero(np.append(True, found[1:] != found[:-1])[: len(found)])
    firsts = places[begins]
    is_first = np.zeros(len(hashes), bool)
    is_first[firsts] = True
    numbers = np.cumsum(is_first, dtype=np.uint32)[firsts] - np.uint32(1)
    number_of = np.empty(len(hashes), np.uint32)
    number_of[places] = np.repeat(numbers, np.diff(begins, append=len(hashes)))
    return np.flatnonzero(is_first), number_of


def stretches(text: bytes, sizes: Array, chosen: Array) -> bytes:
    """Return some of the stretches that a text consists of, in their order."""
    if len(chosen) == len(sizes):
        return text
    is_chosen = np.zeros(len(sizes), bool)
    is_chosen[chosen] = True
    return bytes(np.frombuffer(text, np.uint8)[np.repeat(is_chosen, sizes)])


def _is_plain(title: str) -> bool:
    return title.isascii() and not (_PERHAPS_SPECIAL.search(title) and _SPECIAL.search(title))


def plain_keys(titles: Sequence[str]) -> list[bytes]:
    """Return the keys of plain titles: what `title_key` gives, for many at once (a property test holds them equal)."""
    if not titles:
        return []
    text = "\n".join(titles).encode().translate(_SPACED)
    return _BETWEEN_DIGITS.sub(b"_", text).translate(None, b" ").split(b"\n")


def _plain_name(title: str) -> str:
    """Return what `before_colon` gives for a plain title."""
    head, sign, tail = title.partition(": ")
    if not sign:
        head, sign, tail = title.partition(" - ")
    return head if sign and tail.strip() else ""


def _keys(titles: Sequence[str], plain: Sequence[int], dois: Sequence[str]) -> tuple[list[bytes], Array]:
    """Return the titles as they are kept, and the keys by which each is found at once.

    These are its own key and that of the name before its colon.
    """
    own = dict(zip(plain, plain_keys([titles[place] for place in plain]), strict=True))
    names = {place: name for place in plain if (name := _plain_name(titles[place]))}
    named = dict(zip(names, plain_keys(list(names.values())), strict=True))
    for place in sorted(set(range(len(titles))) - own.keys()):
        own[place] = title_key(titles[place]).encode()
        named[place] = title_key(before_colon(titles[place])).encode()
    keys = [own[place] for place in range(len(titles))]
    places = [place for place, key in enumerate(keys) if key]
    places += [place for place, key in named.items() if key and key != own[place]]
    found = [zlib.crc32(key) for key in keys if key]
    found += [zlib.crc32(key) for place, key in named.items() if key and key != own[place]]
    return codes.encode_titles(titles, keys, dois), by_quarter(np.array(found, np.uint32), np.array(places, np.uint32))


def _words(titles: Sequence[str], plain: Sequence[int]) -> tuple[Array, set[bytes]]:
    """Return the hashes of the words and of the word pairs of titles, and the words."""
    as_they_are = set(plain)
    texts = [title.encode() if place in as_they_are else folded(title) for place, title in enumerate(titles)]
    hashes, owners = shingles.hash_words(texts, shingles.ALL_WORDS)
    pairs, pair_owners = shingles.hash_phrases(hashes, owners, 2)
    telling = ~np.isin(hashes, _hashes_of(_SILENT))
    hashes, owners = hashes[telling], owners[telling]
    vocabulary = set(b"\0".join(texts).translate(_BLANK).split())
    return np.concatenate([_upper(hashes, owners), _upper(pairs, pair_owners)], axis=1), vocabulary


@cache
def _hashes_of(words: tuple[bytes, ...]) -> Array:
    return shingles.hash_words(words, shingles.ALL_WORDS)[0]


def folded(title: str) -> bytes:
    """Return the folded words of a title with blanks between them."""
    return " ".join(words(title)).encode()


_BLANK = bytes(char or 32 for char in shingles.ALL_WORDS)


def _upper(hashes: Array, owners: Array) -> Array:
    return np.stack([(hashes >> np.uint64(32)).astype(np.uint32), owners.astype(np.uint32)])
