"""`refkit review --web`: the server of the page, from the first look at the port to the summary at the end."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any

from refkit.cli import common, screen

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Candidate, Mention, Resolution
    from refkit.review.plans import Options
    from refkit.review.session import Desk, Session
    from refkit.writers.zotero.library import Zotero
    from refkit.writers.zotero.planfile import PlanFile

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def refuse_without_extra() -> None:
    """Raise UsageError if the libraries of the server are not installed."""
    from importlib.util import find_spec

    from refkit.errors import UsageError

    if not (find_spec("starlette") and find_spec("uvicorn")):
        raise UsageError("--web needs two libraries that are not installed; run `pip install 'refkit[web]'`.")


@contextmanager
def listening(port: int | None) -> Iterator[socket.socket]:
    """Hold a port of this machine, reachable from nowhere else. Raises UsageError if it cannot be had."""
    from refkit.errors import UsageError
    from refkit.review.web import HOST

    try:
        door = socket.create_server((HOST, port or 0))
    except OSError as error:
        other = "name another one with --port, or leave --port out for one that is free"
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"Port {port or 0} of {HOST} cannot be had ({why}); {other}.") from error
    with door:
        yield door


def serve(
    chosen: Settings, found: Sequence[Resolution], options: dict[str, Any], door: socket.socket, *, opens: bool
) -> int:
    """Show the page until Ctrl-C; return the exit code."""
    from refkit.model import Verdict
    from refkit.review import web
    from refkit.review.plans import Plans
    from refkit.review.session import Session

    failed = [each for each in found if each.verdict is Verdict.FAILED]
    if failed:
        common.summarise(failed)
    session = Session(found, _desk(chosen, options))
    keys, port = web.Keys(), door.getsockname()[1]
    plans = Plans(session.works, _writing(chosen, found, options))
    address = f"http://{web.HOST}:{port}/"
    ending = Event()
    application = web.application(session, plans, keys, port, ending)
    with suppress(KeyboardInterrupt):  # that is how it ends
        screen.warn(f"refkit: the review is at {address}#{keys.token}")
        screen.say("refkit: only this machine reaches it, and only who has that address; Ctrl-C ends it")
        if opens and _has_display():
            _open(f"{address}#{keys.ticket()}")
        _run(application, door, ending)
    return _end(session)


def _end(session: Session) -> int:
    screen.say(f"refkit: {session.summary()}")
    return 3 if session.has_failed else 1 if session.left else 0


def _run(application: Any, door: socket.socket, ending: Event) -> None:
    """Serve until Ctrl-C, and then until what is being written is written; a second Ctrl-C does not wait for it."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            ending.set()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        application, loop="asyncio", http="h11", ws="none", lifespan="off", log_level="error", access_log=False,
        server_header=False, proxy_headers=False,
    )  # fmt: skip
    Server(config).run(sockets=[door])


def _has_display() -> bool:
    """Whether a browser could be seen: on a server, one of text might open in this very terminal."""
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in _DISPLAYS)


def _open(address: str) -> None:
    import webbrowser

    if not webbrowser.open(address):
        screen.warn("refkit: no browser could be opened; open the address above in one")


def _desk(chosen: Settings, options: dict[str, Any]) -> Desk:
    from refkit import pipeline
    from refkit.protocols import silent
    from refkit.review.session import Desk
    from refkit.tagging import Taggers, load_taxonomy
    from refkit.themes.rules import load_taxonomy as shipped_taxonomy

    def look_up(mention: Mention, arxiv_id: str) -> Candidate | None:
        return pipeline.look_up(mention, arxiv_id, sources=common.open_sources(chosen, options, silent))

    def search(mention: Mention, text: str) -> tuple[tuple[Candidate, ...], str]:
        return pipeline.search(mention, text, sources=common.open_sources(chosen, options, silent))

    taxonomy = load_taxonomy(chosen.themes) or shipped_taxonomy()
    names = tuple(sorted(theme.id for theme in taxonomy.themes))
    taggers = pipeline.open_taggers(chosen.tagger_names, themes=chosen.themes, settings=chosen.tagger_settings)
    return Desk(look_up=look_up, search=search, tagger=Taggers(taggers), themes=names)


def _writing(chosen: Settings, found: Sequence[Resolution], options: dict[str, Any]) -> Options:
    from refkit import pipeline
    from refkit.review.plans import Options

    def zotero(plan: PlanFile | None) -> Zotero:
        network = common.network(chosen, options)
        return pipeline.open_zotero(chosen.zotero, plan=plan, network=network, sources=chosen.source_settings)

    digests = {each.mention.digest for each in found if each.mention.digest}
    dialect = chosen.format if chosen.format in {"bibtex", "biblatex"} else "bibtex"
    return Options(
        zotero=zotero, dialect=dialect, key_format=chosen.key_format, refuse=tuple(map(Path, sorted(digests)))
    )
