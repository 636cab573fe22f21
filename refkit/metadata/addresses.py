"""What settings of services say of addresses: whom to ask, and who asks."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from refkit.errors import ConfigError

# What may stand in a header: an address, or nothing.
_CONTACT = re.compile(r"[!-'*-;=?-~]+@[!-'*-;=?-~]+|")


def check_address(table: str, url: str, *, example: str) -> None:
    """Raise ConfigError for an address that cannot be asked; `table` is where it stands, as `url`."""
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not _can_be_asked(url):
        raise ConfigError(f"{table}.url is {url!r}; write an address like {example}.")
    if parts.username or parts.password:
        raise ConfigError(f"{table}.url holds a user name or a password; write the address without them.")


def check_contact(table: str, contact: str) -> None:
    """Raise ConfigError for what cannot be an e-mail address in a header; it stands in `table`, as `contact`."""
    if not _CONTACT.fullmatch(contact):
        raise ConfigError(f"{table}.contact is {contact!r}; write an e-mail address or nothing.")


def is_safe(url: str) -> bool:
    """Whether a key may be sent there: encrypted, or to a program on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        return None
    return None if port == 0 else parts


def _can_be_asked(url: str) -> bool:
    import requests  # 60 ms, only where a service is asked

    if re.search(r"[\s{}]", url):
        return False
    try:
        requests.Request("GET", url).prepare()
    except (requests.RequestException, UnicodeError):
        return False
    return True
