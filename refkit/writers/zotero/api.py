"""The ways into a Zotero library that can be read and written, whose key it is, and which groups there are.

Importing this loads neither pyzotero nor its HTTP library; the first request does.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import methodcaller
from typing import Any

from msgspec import Struct

from refkit.pace import Clock
from refkit.protocols import Notify, silent
from refkit.secret import Secret
from refkit.writers.zotero.api_client import PAGE
from refkit.writers.zotero.api_desktop import DesktopBackend, LocalKeys
from refkit.writers.zotero.api_web import WebBackend, rights_of
from refkit.writers.zotero.backend import Rights, Target

__all__ = ["Account", "DesktopBackend", "LocalKeys", "WebBackend", "groups", "who"]


class Account(Struct, frozen=True):
    """Whose a key is and what it may do: `access` is as `/keys/current` prints it (specs/zotero_web_api.md 2)."""

    user_id: int
    username: str
    access: Mapping[str, Any] = {}

    def rights(self, target: Target) -> Rights:
        """Return what the key may do in a library."""
        known = {"userID": self.user_id, "username": self.username, "access": self.access}
        return rights_of(known, target)


def who(server: str, key: Secret, *, clock: Clock | None = None, notify: Notify = silent) -> Account:
    """Return whose a key is. Raises WriteRefused for a key that Zotero does not know, WriteUnavailable."""
    backend = _nobody(server, 0, key, clock, notify)
    try:
        found, _ = backend.ask(methodcaller("key_info"))
    finally:
        backend.close()
    number = found.get("userID") if isinstance(found, dict) else None
    if not isinstance(number, int):
        raise backend.unusable("nothing about the key")
    access = found.get("access")
    return Account(number, str(found.get("username") or ""), access if isinstance(access, dict) else {})


def groups(
    server: str, key: Secret, user_id: int, *, clock: Clock | None = None, notify: Notify = silent
) -> list[Target]:
    """Return the groups of a user, as far as the key shows them. Raises WriteRefused, WriteUnavailable."""
    backend = _nobody(server, user_id, key, clock, notify)
    found: list[Target] = []
    try:
        while True:
            start = len(found)
            page, answer = backend.ask(methodcaller("groups", start=start, limit=PAGE))
            if not isinstance(page, list):
                raise backend.unusable("no list of groups")
            found += [_group(server, each, backend) for each in page]
            if len(page) < PAGE or len(found) >= (answer.total or 0):
                return found
    finally:
        backend.close()


def _nobody(server: str, user_id: int, key: Secret, clock: Clock | None, notify: Notify) -> WebBackend:
    return WebBackend(Target(server=server, kind="user", id=user_id), key, clock=clock, notify=notify)


def _group(server: str, group: Any, backend: WebBackend) -> Target:
    data = group.get("data") if isinstance(group, dict) else None
    number = data.get("id") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(number, int):
        raise backend.unusable("groups without a number")
    return Target(server=server, kind="group", id=number, name=str(data.get("name") or ""), slug=_slug(group))


def _slug(group: Mapping[str, Any]) -> str:
    """Return the last part of a group's address on the web site, "" if that is only its number."""
    links = group.get("links")
    page = links.get("alternate") if isinstance(links, dict) else None
    address = str(page.get("href") or "") if isinstance(page, dict) else ""
    slug = address.rstrip("/").rpartition("/groups/")[2].rpartition("/")[2]
    return "" if slug.isdecimal() else slug
