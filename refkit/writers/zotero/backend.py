"""What a way into a Zotero library has to offer, and the values that pass through it.

Words as in Zotero's documentation: an *item* is a reference, note or attachment, an *object* is an item or a collection
as its API prints it (`data`), each with a `key` of eight characters and a `version`; a *library* belongs to a user or a
group and has a version of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

Data = Mapping[str, Any]
Kind = Literal["items", "collections"]
# The most objects of one write request (specs/zotero_web_api.md 3; the desktop has the same).
BATCH = 50


class Target(Struct, frozen=True, kw_only=True):
    """A library and where it is: `server` is the root of the API, without a slash at its end.

    `kind` is "user" or "group"; `name` is what people call it, `slug` the part of its address on the web site,
    `database` the desktop's database (its Zotero-Server-ID).
    """

    server: str
    kind: Literal["user", "group"]
    id: int
    name: str = ""
    slug: str = ""
    way: Literal["web", "desktop", "connector"] = "web"
    database: str = ""

    @property
    def label(self) -> str:
        """What messages call it."""
        owner = "the library of" if self.kind == "user" else "the group library"
        return f"{owner} {self.name}" if self.name else f"{self.kind} library {self.id}"


class Rights(Struct, frozen=True):
    """What may be done in a library; `reason` is the sentence that says why it may not be written."""

    write: bool
    files: bool = False
    reason: str = ""


class Snapshot(Struct, frozen=True):
    """What changed in a library since a version: top-level items (trashed ones have `deleted`), keys gone for good.

    Each item is its `data` plus `numChildren` from its `meta`. `complete` says that `items` is the whole library.
    """

    items: tuple[dict[str, Any], ...]
    removed: tuple[str, ...]
    version: int
    complete: bool = False


class State(enum.Enum):
    """What became of one object of a write request."""

    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one object: its key and version there (0: not told), or the code and text of the refusal."""

    state: State
    key: str = ""
    version: int = 0
    code: int = 0
    message: str = ""


class Written(Struct, frozen=True):
    """The answer to a write request: one outcome an object, in the same order, and the library's version (0: none)."""

    outcomes: tuple[Outcome, ...]
    version: int = 0


class Backend(Protocol):
    """A way into one library that can be read and written.

    Every method may raise WriteUnavailable (no answer after several attempts: exit code 3) and WriteRefused (the key or
    the library does not allow it; the sentence names the remedy). Nothing is asked on construction.
    """

    target: Target
    # Whether objects may be created under keys of our own (specs/zotero_desktop.md 3: the desktop fails those).
    client_keys: bool

    def rights(self) -> Rights:
        """What the key may do in this library."""

    def read(self, since: int, known: Collection[str]) -> Snapshot:
        """What changed since this version of the library (0: everything). `known` are the keys that a mirror holds."""

    def get(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """The items with these keys, in the trash or not, also children; those that do not exist are left out."""

    def children(self, key: str) -> list[dict[str, Any]]:
        """The notes and attachments of an item."""

    def collections(self) -> list[dict[str, Any]]:
        """All collections: the `data` of each."""

    def write(self, kind: Kind, objects: Sequence[Data], token: str) -> Written:
        """Write at most 50 objects in one request that carries this write token; properties not given stay.

        Raises Unanswered if it is not known whether the request was carried out: read before writing again.
        """

    def attach_file(self, item: str, name: str, content: bytes) -> None:
        """Give the stored-file attachment with this key its PDF. Raises WriteError if the library takes no files."""

    def close(self) -> None:
        """Let go of the connection."""
