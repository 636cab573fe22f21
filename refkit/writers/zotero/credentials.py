"""Where the keys to Zotero are kept: the environment, the system's keyring, or a file that only its owner may read.

A key is checked before it is sent, never shown, and never part of an error. Which library is meant is read here too,
since the same variables of the environment tell it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from refkit.errors import ConfigError, UsageError, WriteError
from refkit.files import replace_file
from refkit.keyrings import SERVICE, FindKeyring, keyring_problems, system_keyring
from refkit.secret import Secret

SERVER = "https://api.zotero.org"
SERVER_VARIABLE = "REFKIT_ZOTERO_URL"
KEYS_PAGE = "https://www.zotero.org/settings/keys"
KEY_VARIABLES = ("REFKIT_ZOTERO_KEY", "ZOTERO_API_KEY")  # ours first; the second is what other programs read, too
LIBRARY_VARIABLE = "REFKIT_ZOTERO_LIBRARY"
FILE = "zotero.json"
KEYRING = "the system keyring"
_OTHERS = 0o077  # the rights of everybody but the owner


class Login(Struct, frozen=True, kw_only=True):
    """Whose key there is for a server (the root of its API, without a slash at the end); 0 and "" are not known."""

    server: str
    user_id: int = 0
    username: str = ""


def server_of(environ: Mapping[str, str]) -> str:
    """Return the root of the web API: REFKIT_ZOTERO_URL, or Zotero's own. Raises ConfigError if it is no address."""
    server = environ.get(SERVER_VARIABLE, "").strip().rstrip("/") or SERVER
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", server):
        raise ConfigError(f"{SERVER_VARIABLE} is {server!r}; write an address like {SERVER}.")
    return server


def config_folder() -> Path:
    """Return refkit's folder of configuration: XDG_CONFIG_HOME's or the system's, not yet made."""
    import platformdirs  # 14 ms, only where it is wanted

    return platformdirs.user_config_path("refkit", appauthor=False)


def check_key(text: str, where: str) -> Secret:
    """Return a key without the blanks and line ends round it; `where` says where it was found.

    Raises UsageError, which does not repeat it, if it is empty or has other characters than letters and digits
    (specs/zotero_web_api.md 1).
    """
    key = text.strip()
    if not key:
        raise UsageError(f"{_upper(where)} holds no key; make one at {KEYS_PAGE} and copy it.")
    if not re.fullmatch(r"[A-Za-z0-9]+", key):
        raise UsageError(
            f"{_upper(where)} holds no key: Zotero's have letters and digits only. Copy it again from {KEYS_PAGE}."
        )
    return Secret(key)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def find_login(
    server: str, environ: Mapping[str, str], folder: Path, keyring: FindKeyring = system_keyring
) -> tuple[Login, Secret, str] | None:
    """Return whose key there is for a server, the key, and where it was found; None if there is none.

    The environment comes first (REFKIT_ZOTERO_KEY, then ZOTERO_API_KEY), then the keyring, then the file in `folder`,
    refkit's folder of configuration. Raises UsageError for a key that cannot be one, ConfigError for a file that
    others may read or that is broken.
    """
    server = server.rstrip("/")
    for name in KEY_VARIABLES:
        if environ.get(name, "").strip():
            where = f"the environment variable {name}"
            return Login(server=server), check_key(environ[name], where), where
    found = _Places(folder, keyring).read(server)
    if not found:
        return None
    stored, where = found
    login = Login(server=server, user_id=stored.user_id, username=stored.username)
    return login, check_key(stored.key, where), where


def save_login(
    login: Login, key: Secret, folder: Path, keyring: FindKeyring = system_keyring, *, to_file: bool = False
) -> str:
    """Keep a key, in the keyring or, if there is none or `to_file`, in the file; return where it is then.

    It is kept in one place: the other one forgets its key for this server. Raises WriteError if it cannot be kept.
    """
    stored = _Stored(key=key.reveal(), user_id=login.user_id, username=login.username)
    return _Places(folder, keyring).write(login.server.rstrip("/"), stored, to_file=to_file)


def forget_login(server: str, folder: Path, keyring: FindKeyring = system_keyring) -> tuple[str, ...]:
    """Forget the key for a server wherever it is kept; return where it was. Raises WriteError if a file stays."""
    return _Places(folder, keyring).remove(server.rstrip("/"))


class LocalKeyStore:
    """The keys that desktops gave to refkit for good, by the id of their server, in the same two places."""

    def __init__(self, folder: Path, keyring: FindKeyring = system_keyring) -> None:
        self._places = _Places(folder, keyring)

    def get(self, server_id: str) -> Secret | None:
        """Return the key for a desktop, None if there is none. Raises as `find_login`."""
        found = self._places.read(_desktop(server_id))
        return check_key(found[0].key, found[1]) if found else None

    def put(self, server_id: str, key: Secret) -> None:
        """Keep the key for a desktop. Raises WriteError if it cannot be kept."""
        self._places.write(_desktop(server_id), _Stored(key=key.reveal()))

    def forget(self, server_id: str) -> None:
        """Forget the key for a desktop, which no longer takes it. Raises WriteError if a file stays."""
        self._places.remove(_desktop(server_id))


def _desktop(server_id: str) -> str:
    return f"desktop {server_id}"


class _Stored(Struct, frozen=True):
    """What is kept of a key; it shows itself to nobody."""

    key: str
    user_id: int = 0
    username: str = ""

    def __repr__(self) -> str:
        return "_Stored(***)"


class _Places:
    """The keyring and the file, one after the other; names are servers, or desktops by their id."""

    def __init__(self, folder: Path, keyring: FindKeyring) -> None:
        self._path = folder / FILE
        self._find = keyring

    def read(self, name: str) -> tuple[_Stored, str] | None:
        found = self._from_keyring(name)
        if found:
            return found, KEYRING
        _refuse_shared(self._path)
        stored = _load(self._path).get(name)
        return (stored, str(self._path)) if stored else None

    def write(self, name: str, stored: _Stored, *, to_file: bool = False) -> str:
        if not to_file and self._to_keyring(name, stored):
            self._remove_from_file(name)
            return KEYRING
        _save(self._path, {**_load(self._path), name: stored})
        self._remove_from_keyring(name)  # it would be found first
        return str(self._path)

    def remove(self, name: str) -> tuple[str, ...]:
        places = [KEYRING] if self._remove_from_keyring(name) else []
        places += [str(self._path)] if self._remove_from_file(name) else []
        return tuple(places)

    def _from_keyring(self, name: str) -> _Stored | None:
        keyring = self._find()
        text = None
        with suppress(*keyring_problems()):
            text = keyring.get_password(SERVICE, name) if keyring else None
        return _decode(text) if text else None

    def _to_keyring(self, name: str, stored: _Stored) -> bool:
        keyring = self._find()
        if keyring:
            with suppress(*keyring_problems()):
                keyring.set_password(SERVICE, name, msgspec.json.encode(stored).decode())
        return self._from_keyring(name) == stored  # a keyring without a backend may keep nothing, without a word

    def _remove_from_keyring(self, name: str) -> bool:
        keyring = self._find()
        if not keyring or not self._from_keyring(name):
            return False
        with suppress(*keyring_problems()):
            keyring.delete_password(SERVICE, name)
        return not self._from_keyring(name)

    def _remove_from_file(self, name: str) -> bool:
        entries = _load(self._path)
        if name not in entries:
            return False
        _save(self._path, {other: stored for other, stored in entries.items() if other != name})
        return True


def _decode(text: str) -> _Stored:
    """Return what a keyring holds: as it was written here, or a bare key that was put there by hand."""
    try:
        return msgspec.json.decode(text, type=_Stored)
    except msgspec.DecodeError:
        return _Stored(key=text)


def _refuse_shared(path: Path) -> None:
    """Raise ConfigError if others may read a file; where systems have such rights."""
    try:
        shared = os.name == "posix" and path.stat().st_mode & _OTHERS
    except OSError:
        return  # reading it tells more
    if shared:
        raise ConfigError(
            f"{path} holds a key to Zotero and may be read by others; run `chmod 600 {path}`, and make a new key if"
            " somebody may have read it."
        )


def _load(path: Path) -> dict[str, _Stored]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, _Stored])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); correct its permissions.") from error
    except (msgspec.DecodeError, UnicodeDecodeError):  # the error may quote what is in the file
        raise ConfigError(f"{path} is broken; remove it and run `refkit login` again.") from None


def _save(path: Path, entries: Mapping[str, _Stored]) -> None:
    """Write the file whole or not at all, for its owner alone; without entries there is none."""
    try:
        if entries:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n"
            replace_file(Path(os.path.realpath(path)), data, mode=0o600)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{path} could not be written ({error.strerror}); correct its permissions.") from error


def wanted_library(environ: Mapping[str, str], setting: str, option: str) -> str:
    """Return which library is meant: "user", a group's number, or a group's name.

    An option of the command line comes first, then REFKIT_ZOTERO_LIBRARY, the setting of the project, and at last
    ZOTERO_LIBRARY_ID with ZOTERO_LIBRARY_TYPE, which were set for other programs. Raises UsageError for a pair that
    means nothing.
    """
    for text in (option, environ.get(LIBRARY_VARIABLE), setting):
        if text and text.strip():
            return text.strip()
    number, kind = (environ.get(f"ZOTERO_LIBRARY_{name}", "").strip() for name in ("ID", "TYPE"))
    if not number or kind.casefold() in {"", "user", "users"}:
        return "user"
    if kind.casefold() not in {"group", "groups"} or not re.fullmatch("[0-9]+", number):
        raise UsageError(
            f"ZOTERO_LIBRARY_ID is {number!r} and ZOTERO_LIBRARY_TYPE {kind!r}; write a number and user or group, or"
            f" set {LIBRARY_VARIABLE}."
        )
    return number


def may_write(access: Mapping[str, Any]) -> bool:
    """Whether a key may write to any library, by the `access` of its description (specs/zotero_web_api.md 2)."""
    return any(right.get("write") for right in _rights(access).values())


def describe_access(access: Mapping[str, Any]) -> list[str]:
    """Return in words what a key may do, a line a library; rights that are absent are not given."""
    rights = _rights(access)
    own, groups = rights.pop("user", {}), rights
    lines = [f"your library: {_in_words(own)}"]
    if own.get("library"):
        lines.append(f"files in it: {'yes' if own.get('files') else 'no'}")
    names = sorted(groups, key=lambda name: (name != "all", len(name), name))
    lines += [f"{'all groups' if name == 'all' else f'group {name}'}: {_in_words(groups[name])}" for name in names]
    return lines if groups else [*lines, "groups: no access"]


def _rights(access: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the rights in the user's library and, by number or "all", in groups."""
    groups = access.get("groups")
    given = {"user": access.get("user"), **(groups if isinstance(groups, dict) else {})}
    return {name: right for name, right in given.items() if isinstance(right, dict)}


def _in_words(right: Mapping[str, Any]) -> str:
    if not right.get("library"):
        return "no access"
    return "read and write" if right.get("write") else "read only"
