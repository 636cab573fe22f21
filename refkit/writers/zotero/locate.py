"""Which library is meant, and which way leads there: the web API, the desktop's local API, or its connector."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from refkit.config import ZoteroSettings
from refkit.errors import UsageError, WriteConflict, WriteUnavailable
from refkit.pace import Clock
from refkit.protocols import Surroundings
from refkit.secret import Secret
from refkit.writers.zotero.api import Account, DesktopBackend, WebBackend, groups, who
from refkit.writers.zotero.backend import Backend, Rights, Target
from refkit.writers.zotero.connector import Connector, Selection
from refkit.writers.zotero.connector_writer import ConnectorWriter
from refkit.writers.zotero.credentials import LocalKeyStore, find_login, server_of, wanted_library
from refkit.writers.zotero.desktop import Desktop, desktop_url, local_groups, probe
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.library import Planner, Teller, Zotero
from refkit.writers.zotero.mirror import Mirror
from refkit.writers.zotero.planfile import PlanFile
from refkit.writers.zotero.run import Download
from refkit.writers.zotero.state import State, file_name
from refkit.writers.zotero.writer import ZoteroWriter

_NO_WAY = (
    "There is no way into Zotero. For the web, run `refkit login`, or set REFKIT_ZOTERO_KEY. For the Zotero on this"
    " computer: {}"
)
_NO_KEY = "No key for the web is known; run `refkit login`, or set REFKIT_ZOTERO_KEY."
_NO_FILES = (
    "Through the local API of Zotero refkit stores no PDFs; leave --pdf, and each paper gets a link, or use --to web."
)
_NAME = "your Zotero on this computer"


class Place(Struct, frozen=True, kw_only=True):
    """Where and how: the settings, the environment, refkit's folder of configuration, its other folders.

    `library` is that of the command line, which wins over the environment.
    """

    settings: ZoteroSettings
    library: str = ""
    environ: Mapping[str, str]
    config: Path
    around: Surroundings
    clock: Clock
    teller: Teller
    download: Download | None = None


class _KnownKey(WebBackend):
    """A way whose key's rights were told already: they are not asked for again."""

    def __init__(self, target: Target, key: Secret, account: Account, clock: Clock, teller: Teller) -> None:
        super().__init__(target, key, clock=clock, notify=teller.notify)
        self._account = account

    def rights(self) -> Rights:
        return self._account.rights(self.target)


def open_library(place: Place, options: Options, plan: PlanFile | None = None) -> Zotero:
    """Return the library that is meant, held against other runs; with a plan, the one that it was made for.

    Asks as little as it can: with a stored login nothing, else whose key it is. Raises UsageError if there is no way,
    WriteRefused for a key that Zotero does not know, WriteUnavailable.
    """
    way = plan.target.way if plan else place.settings.to
    if way in {"", "web"}:
        found = _web(place, plan)
        if found:
            return _opened(place, found, options, file_name(found.target))
        if way:
            raise UsageError(_NO_KEY)
    desktop = probe(desktop_url(place.environ))
    if way == "desktop" or (not way and desktop.writable):
        if not desktop.writable:
            raise WriteUnavailable(desktop.reason)
        return _desktop(place, desktop, options, plan)
    if not desktop.running:
        raise WriteUnavailable(desktop.reason) if way else UsageError(_NO_WAY.format(desktop.reason))
    return _connector(place, desktop, options)


def _opened(place: Place, backend: Backend, options: Options, name: str) -> Zotero:
    state, mirror = _files(place, name)
    writer: Planner = ZoteroWriter(
        backend,
        state,
        mirror,
        options,
        clock=place.clock,
        progress=place.teller.progress,
        download=place.download,
    )
    return _zotero(place, writer, backend.target, name)


def _files(place: Place, name: str) -> tuple[State, Mirror]:
    return State(place.around.state / "zotero" / f"{name}.sqlite"), Mirror(
        place.around.cache / "zotero" / f"{name}.sqlite"
    )


def _zotero(place: Place, writer: Planner, target: Target, name: str) -> Zotero:
    lock = place.around.state / "zotero" / f"{name}.lock"
    return Zotero(writer, target, lock, place.teller, clock=place.clock)


# The web


def _web(place: Place, plan: PlanFile | None) -> WebBackend | None:
    server = server_of(place.environ)
    if plan and plan.target.server != server:  # the key is for the server that is configured, and for no other
        raise WriteConflict(f"The plan was made for the server {plan.target.server}, not for {server}; plan again.")
    found = find_login(server, place.environ, place.config)
    if not found:
        return None
    login, key, _ = found
    if plan:
        return WebBackend(plan.target, key, clock=place.clock, notify=place.teller.notify)
    library = wanted_library(place.environ, place.settings.library, place.library)
    user_id = login.user_id or _told_user(place.environ)
    if user_id and library == "user":
        target = Target(server=server, kind="user", id=user_id, name=login.username, slug=_slug(login.username))
        return WebBackend(target, key, clock=place.clock, notify=place.teller.notify)
    account = who(server, key, clock=place.clock, notify=place.teller.notify)
    name = account.username
    target = Target(server=server, kind="user", id=account.user_id, name=name, slug=_slug(name))
    if library != "user":
        theirs = groups(server, key, account.user_id, clock=place.clock, notify=place.teller.notify)
        target = _named(library, theirs)
    return _KnownKey(target, key, account, place.clock, place.teller)


def _told_user(environ: Mapping[str, str]) -> int:
    """Return the number of the user that the variables of other programs tell, 0 if they tell none."""
    number, kind = (environ.get(f"ZOTERO_LIBRARY_{name}", "").strip() for name in ("ID", "TYPE"))
    return int(number) if kind.casefold() in {"user", "users"} and re.fullmatch("[0-9]+", number) else 0


def _slug(name: str) -> str:
    """Return a user's name as the addresses of Zotero's web site have it."""
    return re.sub(r"[^a-z0-9._-]", "", name.casefold().replace(" ", "_"))


def _named(library: str, theirs: list[Target]) -> Target:
    found = [each for each in theirs if str(each.id) == library] or [
        each for each in theirs if each.name.casefold() == library.casefold()
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{target.name} ({target.id})" for target in theirs) or "none (the key may lack access)"
    if found:
        what = f"are several groups named {library!r}"
    else:
        what = f"is no group library {library}" if library.isdecimal() else f"is no group named {library!r}"
    raise UsageError(f"There {what}; the groups are: {names}. Name one by its number.")


# The desktop


def _desktop(place: Place, desktop: Desktop, options: Options, plan: PlanFile | None) -> Zotero:
    if options.pdf == "file":
        raise UsageError(_NO_FILES)
    library = wanted_library(place.environ, place.settings.library, place.library)
    if plan:
        target = replace(plan.target, server=desktop.url)
    elif library == "user":
        target = Target(server=desktop.url, kind="user", id=0, name=_NAME, way="desktop")
    else:
        target = _named(library, local_groups(desktop.url))
    target = replace(target, database=desktop.server_id)
    backend = _local_api(place, desktop, target)
    # The database counts, not the address: another profile may answer there another day.
    return _opened(place, backend, options, f"desktop-{desktop.server_id}-{target.kind}-{target.id}")


def _local_api(place: Place, desktop: Desktop, target: Target) -> DesktopBackend:
    return DesktopBackend(
        target,
        LocalKeyStore(place.config),
        server_id=desktop.server_id,
        clock=place.clock,
        notify=place.teller.notify,
    )


def _connector(place: Place, desktop: Desktop, options: Options) -> Zotero:
    connector = Connector(desktop.url, notify=place.teller.notify)
    selection = connector.selected()
    library = wanted_library(place.environ, place.settings.library, place.library)
    if library not in {"user", selection.library} and library.casefold() != selection.library.casefold():
        raise UsageError(
            f"The connector saves only into the library that is selected in Zotero's window, which is"
            f" {selection.library}; select {library} there, by its name, or use another way (--to)."
        )
    target = _selected(desktop, selection)
    reader = _local_api(place, desktop, target) if desktop.local_api else None
    name = f"connector-{desktop.server_id or 'desktop'}-{selection.library_id}"
    state, mirror = _files(place, name)
    writer = ConnectorWriter(
        connector,
        reader,
        state,
        mirror,
        options,
        library=selection.library_id,
        clock=place.clock,
        progress=place.teller.progress,
        download=place.download,
    )
    return _zotero(place, writer, target, name)


def _selected(desktop: Desktop, selection: Selection) -> Target:
    """Return the library that is selected in Zotero's window: a group by its name, else that of the user."""
    theirs = local_groups(desktop.url) if desktop.local_api else []
    named = [each for each in theirs if each.name == selection.library]
    if len(named) == 1:
        return replace(named[0], way="connector")
    return Target(server=desktop.url, kind="user", id=0, name=_NAME, way="connector")
