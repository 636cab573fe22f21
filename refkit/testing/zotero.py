"""The stand-in for the Zotero web API as a program: `python -m refkit.testing.zotero`.

The first line that it writes is its address. The second is the key, unless REFKIT_STANDIN_KEY says which one it takes;
a key does not belong on a command line, where others can read it. Ctrl-C or SIGTERM ends it.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from refkit.testing.listening import told_to_end
from refkit.testing.zotero_access import Access
from refkit.testing.zotero_faults import ZOTERO_FAULTS, every
from refkit.testing.zotero_server import USER_ID, USERNAME, ZoteroServer

KEY_VARIABLE = "REFKIT_STANDIN_KEY"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Listen here; 0 takes any free port.")
@click.option("--every", "step", type=click.IntRange(1), help="Make each N-th request meet a fault.", metavar="N")
@click.option("--fault", "names", multiple=True, type=click.Choice(ZOTERO_FAULTS), help="Only these faults, in turn.")
@click.option("--stall", type=float, default=20.0, help="How many seconds the fault stall takes.")
@click.option("--limits", is_flag=True, help="Limit requests a second and at once, as Zotero does.")
def main(*, port: int, step: int | None, names: tuple[str, ...], stall: float, limits: bool) -> None:
    """Answer like the Zotero web API, with one empty library of user 1000001."""
    # With --fault alone each answer is one.
    faults = every(step or 1, *names) if step or names else None
    given = os.environ.get(KEY_VARIABLE, "")
    server = ZoteroServer(keys=_keys(given), port=port, faults=faults, stall=stall, limits=limits)
    told = told_to_end()
    try:
        server.start()
    except OSError as error:
        _leave(f"Port {port} cannot be used ({error.strerror}).")
    try:
        sys.stdout.write(f"{server.url}\n" if given else f"{server.url}\n{server.key}\n")
        sys.stdout.flush()
        told.wait()
    finally:
        server.stop()


def _keys(key: str) -> dict[str, Access]:
    rights = Access(user_id=USER_ID, username=USERNAME, name="key1", write=True, groups=True, groups_write=True)
    return {key: rights} if key else {}


def _leave(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
