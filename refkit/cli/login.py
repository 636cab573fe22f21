"""`refkit login`: a key to the Zotero web API, checked and kept."""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from refkit.cli import screen

if TYPE_CHECKING:
    from refkit.writers.zotero.api import Account

EPILOG = (
    "Exit codes: 0 done; 2 the key is refused or cannot be kept; 3 Zotero gave no answer. "
    "The environment variable REFKIT_ZOTERO_KEY (or ZOTERO_API_KEY) wins over a key that is kept."
)
_LONGEST_LINE = 1000  # bytes of a line that may hold a key


@click.command(epilog=EPILOG)
@click.option(
    "--file",
    "to_file",
    is_flag=True,
    help="Keep the key in a file that only you may read, not in the system's keyring.",
)
@click.option("--forget", is_flag=True, help="Forget the key that is kept, and do nothing else.")
@screen.with_json("Print whose key it is and where it is kept, never the key, as JSON.")
def login(*, to_file: bool, forget: bool, as_json: bool) -> None:
    """Keep a key to your Zotero libraries.

    The key is asked for on a terminal, where it does not show, or read from standard input (`refkit login < key.txt`).
    Zotero is asked whose it is and what it may do; then it goes into the system's keyring or into a file.
    """
    from refkit.errors import UsageError
    from refkit.writers.zotero import credentials

    server = credentials.server_of(os.environ)
    if forget and to_file:
        raise UsageError("--forget forgets the key wherever it is kept; leave --file out.")
    if forget:
        _forget(server, as_json=as_json)
    else:
        _keep(server, to_file=to_file, as_json=as_json)
    for name in credentials.KEY_VARIABLES:
        if os.environ.get(name, "").strip():
            screen.warn(f"refkit: note: {name} is set, and the key in it wins over one that is kept")


def _keep(server: str, *, to_file: bool, as_json: bool) -> None:
    from refkit.writers.zotero import api, credentials

    text, where = _typed() if sys.stdin and sys.stdin.isatty() else _piped()
    key = credentials.check_key(text, where)
    with screen.display("asking Zotero whose key it is") as display:
        account = api.who(server, key, notify=display.notify)
    if not as_json:
        screen.print_lines(_about(account))
    _warn_if_it_only_reads(account)
    kept = credentials.Login(server=server, user_id=account.user_id, username=account.username)
    place = credentials.save_login(kept, key, credentials.config_folder(), to_file=to_file)
    if as_json:
        screen.print_json(
            {
                "version": 1,
                "server": server,
                "username": account.username,
                "user_id": account.user_id,
                "may_write": credentials.may_write(account.access),
                "kept_in": str(place),
            }
        )
    else:
        reader = "." if place == credentials.KEYRING else ", which only you may read."
        screen.print_lines((f"It is kept in {place}{reader}",))


def _typed() -> tuple[str, str]:
    """Ask for the key on the terminal, without showing it."""
    from refkit.errors import UsageError
    from refkit.writers.zotero.credentials import KEYS_PAGE

    screen.warn(f"Make a key at {KEYS_PAGE}/new, with access to the library and write access, and paste it here.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # else it would be asked for, and shown
        try:
            return str(click.prompt("Key (it does not show)", hide_input=True, err=True)), "what was typed"
        except getpass.GetPassWarning:
            raise UsageError(
                "This terminal would show the key; pipe it in instead: `refkit login < key.txt`."
            ) from None


def _piped() -> tuple[str, str]:
    """Read one line of standard input; what is no text cannot be a key, and is told as such later."""
    line = sys.stdin.buffer.readline(_LONGEST_LINE) if sys.stdin else b""
    return line.decode("utf-8-sig", "replace"), "standard input"


def _about(account: Account) -> Iterator[str]:
    from refkit.writers.zotero import credentials

    yield f"The key belongs to {account.username or 'a user without a name'} (user {account.user_id})."
    yield from (f"  {line}" for line in credentials.describe_access(account.access))


def _warn_if_it_only_reads(account: Account) -> None:
    from refkit.writers.zotero import credentials

    if not credentials.may_write(account.access):
        screen.warn(
            f"refkit: warning: this key may only read; to write papers make one with write access at"
            f" {credentials.KEYS_PAGE}/new"
        )


def _forget(server: str, *, as_json: bool) -> None:
    from refkit.writers.zotero import credentials

    places = credentials.forget_login(server, credentials.config_folder())
    if as_json:
        screen.print_json({"version": 1, "server": server, "forgotten_in": [str(place) for place in places]})
        return
    lines = [f"The key is forgotten; it was in {place}." for place in places]
    valid = f"It stays valid until you delete it at {credentials.KEYS_PAGE}."
    screen.print_lines([*lines, valid] if places else [f"No key is kept for {server}."])
