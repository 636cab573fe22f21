"""What `refkit watch` has seen, what of a feed or a folder is new, and what waits to be settled. Pure.

An entry is told apart from others by what it says, not by where it stands: nothing is lost where a feed gives all its
entries one link, and nothing comes twice where a mail is moved.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit
from urllib.request import url2pathname

import msgspec
from msgspec import Struct, field

from refkit.errors import ConfigError, UsageError
from refkit.lock import key_of
from refkit.metadata.addresses import is_safe
from refkit.model import Mention, Resolution, Verdict, plain_arxiv_id
from refkit.secret import Secret

_VERSION = 1
# 64 bits tell the entries of one feed apart, as in refkit.lock.
_HASH = 16
_SLUG = 40  # characters of an address or a name in the name of its file in the queue
# Parameters that say what is asked for; the value of any other one may be a key, so it is not shown.
_PLAIN = frozenset(
    """search_query id_list start max_results sortby sortorder q query search cat category categories tag topic format
    type feed lang language limit n page per_page order sort subject section author""".split()
)
_HIDDEN = "***"
# A part of a path that may be a key: letters and digits mixed, as long as the shortest keys that services give out.
_KEY_IN_PATH = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{20,}")


class Thing(Struct, frozen=True, kw_only=True):
    """What is watched: a feed at `url` (without a user name in it), or what is at `path`, by its `ident` in the state.

    `shown` is how it is called in messages, without anything that may be a key; `auth` is a header that shows one.
    """

    ident: str
    shown: str
    path: str = ""
    url: Secret = field(default_factory=lambda: Secret(""))
    auth: Secret = field(default_factory=lambda: Secret(""))

    @property
    def queue_file(self) -> str:
        """The name of the file in the queue in which its entries wait."""
        place = os.path.basename(self.path.rstrip("/")) or self.shown.partition("?")[0].partition("://")[2]  # noqa: PTH119 - as the user wrote it
        slug = re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-")[:_SLUG].strip("-")
        return f"{slug or 'watched'}-{self.ident[:6]}.jsonl"


def thing_of(what: str) -> Thing:
    """Return what a user names: the address of a feed, or a file, folder or pattern. Raises UsageError, with no key."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", what):
        return _at_path(what)
    parts = _split(what)
    if parts and parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return _at_path(url2pathname(parts.path))
    scheme = what.partition("://")[0]
    if not parts or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"An address that begins with {scheme}:// is no address of a feed; write https://host/path.")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    auth = _basic(parts)
    if auth and not is_safe(bare):
        raise UsageError(f"{_shown(parts)}: a password would be sent for all to read; write the address with https://.")
    return Thing(ident=hash_of("url", bare), shown=_shown(parts), url=Secret(bare), auth=auth)


def _split(what: str) -> SplitResult | None:
    try:
        parts = urlsplit(what)
        _ = parts.port  # raises ValueError if it is no number
    except ValueError:
        return None
    return parts


def _at_path(path: str) -> Thing:
    return Thing(ident=hash_of("path", os.path.realpath(os.fsencode(path)).hex()), shown=path, path=path)


def _basic(parts: SplitResult) -> Secret:
    """Return the header that shows the user name and the password of an address (RFC 7617)."""
    if not (parts.username or parts.password):
        return Secret("")
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return Secret(f"Basic {base64.b64encode(pair.encode()).decode()}")


def _shown(parts: SplitResult) -> str:
    """Return an address as it may be shown: no user name, and nothing that may be a key."""
    path = "/".join(_HIDDEN if _KEY_IN_PATH.fullmatch(each) else each for each in parts.path.split("/"))
    pairs = [
        (name if value else _HIDDEN, value if name.lower() in _PLAIN else _HIDDEN)  # without "=", the name may be a key
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    query = urlencode(pairs, safe="*:/, ").replace(" ", "+")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], path=path, query=query, fragment="").geturl()


class Mark(Struct, frozen=True, array_like=True):
    """A file as it was read: its size, when it was changed (ns since the epoch), and a hash of its bytes."""

    size: int
    changed: int
    content: str


class Seen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a watched thing: how a feed was dated, the files of a folder, and the names of its entries."""

    shown: str = ""
    etag: str = ""
    modified: str = ""
    files: Mapping[str, Mark] = field(default_factory=dict)
    entries: tuple[str, ...] = ()

    def including(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names of all entries with these, each once."""
        return tuple(dict.fromkeys((*self.entries, *names)))


class State(Struct, frozen=True):
    """What earlier runs have seen, by the idents of things."""

    refkit_watch: int = _VERSION
    watched: Mapping[str, Seen] = field(default_factory=dict)

    def of(self, thing: Thing) -> Seen:
        """Return what is known of a thing."""
        return self.watched.get(thing.ident, Seen(shown=thing.shown))


def state_text(state: State) -> str:
    """Return the text of the file."""
    return msgspec.json.format(msgspec.json.encode(state), indent=1).decode() + "\n"


def parse_state(data: bytes, path: Path) -> State:
    """Return the state that a file holds. Raises ConfigError, with the remedy, for one that cannot be used."""
    remedy = "remove it: then all entries count as new, and what is in your library is not added twice."
    try:
        found = msgspec.json.decode(data, type=State)
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{path}: this is no state of `refkit watch` ({error}); {remedy}") from error
    if found.refkit_watch != _VERSION:
        raise ConfigError(
            f"{path}: another refkit wrote this (format {found.refkit_watch}); update refkit, or {remedy}"
        )
    return found


def hash_of(*parts: str) -> str:
    """Return a short hash of texts; part of the state's format: a change makes all entries new."""
    text = "\0".join(parts)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_HASH]


def name_of(mention: Mention) -> str:
    """Return what tells an entry apart: its link and its title, or without a link all that it says.

    The link alone does not: feeds give many entries one link. What stands below a title may change every day ("57
    points"), so it counts only where there is no link.
    """
    link = paper_of(mention) or mention.url
    key = key_of(mention)
    return hash_of(link, key[0]) if link else hash_of("", *key)


def paper_of(mention: Mention) -> str:
    """Return the id of the paper that an entry names, "" if it names none."""
    return plain_arxiv_id(mention.arxiv_id) or mention.doi.lower()


def news(mentions: Iterable[Mention], seen: Seen) -> list[tuple[str, Mention]]:
    """Return the entries that were not seen before, by name, each once, in their order."""
    known = set(seen.entries)
    found: dict[str, Mention] = {}
    for mention in mentions:
        name = name_of(mention)
        if name not in known:
            found.setdefault(name, mention)
    return list(found.items())


class Waiting(Struct, frozen=True):
    """A line of a file in the queue, and what it says."""

    path: str
    line: int
    text: str
    mention: Mention


def line_of(mention: Mention) -> str:
    """Return the line in which an entry waits: what it says.

    Not where it stood: the reader of JSON lines would then take the mention for one of that digest, and look for
    decisions beside it. Not the address of the feed: it would take that for the link of the paper.
    """
    said = {
        "title": mention.title,
        "authors": list(mention.authors),
        "abstract": mention.abstract,
        "heading": mention.heading,
        "issued": str(mention.issued or ""),
        "arxiv_id": mention.arxiv_id,
        "doi": mention.doi,
        "url": mention.url,
    }
    return msgspec.json.encode({name: _encodable(value) for name, value in said.items() if value}).decode()


def _encodable(value: Any) -> Any:
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    return str(value).encode(errors="replace").decode()


def superseded(waiting: Sequence[Waiting], file: str, fresh: Sequence[Mention], all_now: Sequence[Mention]) -> set[int]:
    """Return the lines of a file in the queue whose entries were edited since: the same paper has another title now.

    Only where the entry itself names the paper (arXiv id, DOI): another link may be that of many entries.
    """
    new = {paper_of(mention) for mention in fresh} - {""}
    titles = {(paper_of(mention), key_of(mention)[0]) for mention in all_now}
    return {
        each.line
        for each in waiting
        if each.path == file
        and paper_of(each.mention) in new
        and (paper_of(each.mention), key_of(each.mention)[0]) not in titles
    }


class Sorted(Struct, frozen=True, kw_only=True):
    """What waits, by what becomes of it: matched, settled as no paper of arXiv, open, or failed by an outage."""

    matched: tuple[tuple[Waiting, Resolution], ...] = ()
    settled: tuple[tuple[Waiting, Resolution], ...] = ()
    waiting: tuple[tuple[Waiting, Resolution], ...] = ()
    failed: tuple[tuple[Waiting, Resolution], ...] = ()


def sort_out(waiting: Sequence[Waiting], resolutions: Sequence[Resolution]) -> Sorted:
    """Say what becomes of each line in the queue. Only what is matched is written: the matcher's confidence decides."""
    heaps: dict[str, list[tuple[Waiting, Resolution]]] = {name: [] for name in Sorted.__struct_fields__}
    for each, found in zip(waiting, resolutions, strict=True):
        heaps[_heap_of(found)].append((each, found))
    return Sorted(**{name: tuple(heap) for name, heap in heaps.items()})


def renumbered(heaps: Sorted, waiting: Sequence[Waiting]) -> Sorted:
    """Return the heaps with the lines on which things stand now that others were taken away."""
    places = {(each.path, each.text): each for each in waiting}
    return Sorted(
        **{
            name: tuple((places.get((each.path, each.text), each), found) for each, found in getattr(heaps, name))
            for name in Sorted.__struct_fields__
        }
    )


def _heap_of(found: Resolution) -> str:
    if found.verdict is Verdict.MATCHED:
        return "matched"
    if found.verdict is Verdict.FAILED:
        return "failed"
    return "settled" if found.decided == "none" else "waiting"


def following(start: float, every: int, now: float) -> float:
    """Return when the next run begins, in seconds since the epoch: `every` seconds after the last, or now if late."""
    return max(start + every, now)
