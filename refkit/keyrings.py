"""The system's keyring, as the package `keyring` gives it: an extra, so nothing here fails without it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from refkit.secret import Secret

SERVICE = "refkit"  # the name under which all of refkit's keys are kept
# What backends of the keyring let through besides KeyringError, by module: none of them need be installed.
_LEAKED = (
    ("keyring.errors", "KeyringError"),
    ("secretstorage.exceptions", "SecretStorageException"),
    ("jeepney.wrappers", "DBusErrorResponse"),
    ("win32ctypes.pywin32.pywintypes", "error"),
)


class Keyring(Protocol):
    """The part of the package `keyring` that is used. Any error of it means that there is nothing."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """Return what is kept under this name, None if nothing is."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Keep it under this name."""

    def delete_password(self, service_name: str, username: str) -> None:
        """Forget what is kept under this name."""


FindKeyring = Callable[[], Keyring | None]


def system_keyring() -> Keyring | None:
    """Return the package `keyring`, None if it is not installed (refkit's extra `keyring`)."""
    try:
        keyring: Keyring = importlib.import_module("keyring")  # 75 ms, only where a key is looked for
    except ImportError:
        return None
    return keyring


def keyring_problems() -> tuple[type[Exception], ...]:
    """Return the errors of a keyring: its own, and those that its backends let through."""
    known = (getattr(sys.modules.get(module), name, None) for module, name in _LEAKED)
    usual = (OSError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, ImportError)
    return (*usual, *(each for each in known if each))


def kept_key(name: str, find: FindKeyring = system_keyring) -> Secret:
    """Return the key that was put into the keyring by `keyring set refkit NAME`; an empty one if there is none."""
    keyring = find()
    text: str | None = None
    with suppress(*keyring_problems()):
        text = keyring.get_password(SERVICE, name) if keyring else None
    return Secret((text or "").strip())
