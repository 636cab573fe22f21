"""`refkit doctor`: what there is, what can be reached, and what is missing."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import click

from refkit.cli import common, doctor_report, screen

if TYPE_CHECKING:
    import requests

    from refkit.protocols import Notify
    from refkit.secret import Secret
    from refkit.writers.zotero.api import Account

EPILOG = (
    "Exit codes: 0 papers can be written to Zotero on some way; 3 on none. A `problem` has its remedy; a `note` is "
    "something that you may do without."
)
OK, NOTE, PROBLEM = "ok", "note", "problem"
_PATIENCE = 10.0  # seconds to wait for the web API
_WIDTHS = (7, 13)
_COLUMNS = (screen.Column("state"), screen.Column("what"), screen.Column("how it is", wraps=True))


class Line(NamedTuple):
    """What was found: `status` is "ok", "note" or "problem"; `writes` says that papers can be written this way.

    `shared` is what a report says instead of `text`, where that is nobody's business.
    """

    status: str
    name: str
    text: str
    writes: bool = False
    shared: str = ""


@click.command(epilog=EPILOG)
@click.option(
    "--report",
    is_flag=True,
    help="Print a text to paste into a bug report: more of the machine, and nothing of you (no key, name or home).",
)
@screen.with_json("Print it as JSON.")
def doctor(*, report: bool, as_json: bool) -> None:
    """Show versions, the ways into Zotero and what is wrong with them, arXiv's address, and folders.

    Asks the Zotero web API and the Zotero on this machine; writes nothing, and shows no key.
    """
    if report and as_json:
        raise click.UsageError("--report prints a text to paste; leave out --json.")
    with screen.display("asking Zotero") as display:
        lines = list(_lines(display.notify))
    writes = any(line.writes for line in lines)
    if report:
        _print_report(lines)
    elif as_json:
        checks = [{"status": line.status, "name": line.name, "text": line.text} for line in lines]
        screen.print_json({"version": 1, "can_write": writes, "checks": checks})
    else:
        plain = [f"{line.status:<{_WIDTHS[0]}}  {line.name:<{_WIDTHS[1]}}  {line.text}" for line in lines]
        screen.print_table(_COLUMNS, [(line.status, line.name, line.text) for line in lines], plain)
        if not writes:
            screen.warn("refkit: papers cannot be written to Zotero on any way; see the lines above")
    sys.exit(0 if writes else 3)


def _lines(notify: Notify) -> Iterator[Line]:
    for name, find in _VERSIONS.items():
        yield _version(name, find)
    yield from _packages()
    yield Line(OK, "platform", doctor_report.platform_text())
    yield Line(OK, "locale", doctor_report.locale_text())
    yield Line(OK, "terminal", doctor_report.terminal_text(os.environ))
    yield _settings()
    yield from _web(notify)
    yield from _desktop()
    yield _arxiv()
    yield from _folders()


# Versions


def _version(name: str, find: Callable[[], str]) -> Line:
    from importlib.metadata import PackageNotFoundError

    try:
        return Line(OK, name, find())
    except PackageNotFoundError:
        return Line(PROBLEM, name, "is not installed; install refkit again")


def _of_refkit() -> str:
    from refkit.version import __version__

    return __version__


def _of_package(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def _of_http_library() -> str:
    """Return name and version of the library that pyzotero asks through: httpx, or httpx2 since its 1.15."""
    from importlib.metadata import requires, version

    needs = [need for need in requires("pyzotero") or () if need.startswith("httpx")]
    name = "httpx2" if any(need.startswith("httpx2") for need in needs) else "httpx"
    return f"{name} {version(name)}"


_VERSIONS: Mapping[str, Callable[[], str]] = {
    "refkit": _of_refkit,
    "Python": platform.python_version,
    "pyzotero": lambda: _of_package("pyzotero"),
    "bibtexparser": lambda: _of_package("bibtexparser"),
    "HTTP": _of_http_library,
}


def _packages() -> Iterator[Line]:
    """Tell which packages are missing, and which extras are there."""
    from importlib.metadata import PackageNotFoundError

    try:
        asked = doctor_report.needs()
    except PackageNotFoundError:
        yield Line(NOTE, "packages", "refkit runs without being installed; install it with `pip install .`")
        return
    lacking = [name for name in asked.always if not doctor_report.version_of(name)]
    if lacking:
        yield Line(PROBLEM, "packages", f"{', '.join(lacking)} not installed; install refkit again")
    else:
        yield Line(OK, "packages", f"the {len(asked.always)} that it needs are installed")
    there = [extra for extra, names in asked.extras.items() if all(map(doctor_report.version_of, names))]
    yield Line(OK, "extras", ", ".join(there) or "none")


def _settings() -> Line:
    """Tell which file of settings holds here; whether it can be used is told where it is."""
    from refkit.config import settings_file
    from refkit.errors import RefkitError

    try:
        path = settings_file(Path.cwd())
        common.settings()
    except (RefkitError, FileNotFoundError) as error:
        return Line(PROBLEM, "settings", str(error), shared=_unquoted(error))
    return Line(OK, "settings", f"{path}" if path else "no file; the defaults hold")


def _unquoted(error: Exception) -> str:
    """Return where settings are wrong, without what stands there: it may be anything, also a key."""
    where = re.match(r"\S.*?:\d+(?=: )", str(error))
    return f"{where[0] if where else 'a setting'} cannot be used as written"


# The report


def _print_report(lines: list[Line]) -> None:
    hidden = doctor_report.private(os.environ)
    parts = [f"{line.status:<8} {line.name:<14} {line.shared or line.text}" for line in lines]
    for head, more in _more():
        parts += ["", f"{head}:", *(f"  {line}" for line in more)]
    text = "\n".join(doctor_report.scrub(part, hidden) for part in parts)
    screen.print_text(f"```text\n{text}\n```\n")
    screen.say("refkit: keys, names and folders of yours are left out; look the text over before you send it")


def _more() -> Iterator[tuple[str, list[str]]]:
    """Yield what only a report tells: all versions, the settings and the environment."""
    from importlib.metadata import PackageNotFoundError

    from refkit.config import settings_file, settings_table
    from refkit.errors import RefkitError

    try:
        yield "versions", list(doctor_report.version_lines(doctor_report.needs()))
    except PackageNotFoundError:
        yield "versions", ["refkit is not installed"]
    try:
        path = settings_file(Path.cwd())
        yield "settings", list(doctor_report.setting_lines(settings_table(path))) if path else ["none"]
    except (RefkitError, FileNotFoundError):
        yield "settings", ["cannot be read"]
    yield "environment", list(doctor_report.variable_lines(os.environ)) or ["nothing that matters"]


# The web API


def _web(notify: Notify) -> Iterator[Line]:
    from refkit.errors import RefkitError
    from refkit.writers.zotero import credentials

    try:
        server = credentials.server_of(os.environ)
    except RefkitError as error:
        yield Line(PROBLEM, "web API", str(error), shared=_unquoted(error))
        return
    reason = _unreachable(server)
    yield Line(PROBLEM, "web API", f"{server} {reason}") if reason else Line(OK, "web API", f"{server} answers")
    try:
        found = credentials.find_login(server, os.environ, credentials.config_folder())
    except RefkitError as error:
        yield Line(PROBLEM, "key", str(error))
        return
    if found is None:
        yield Line(NOTE, "key", "there is none; run `refkit login` to write to a library on the web")
    elif reason:
        yield Line(NOTE, "key", f"there is one, from {found[2]}; it cannot be checked now")
    else:
        yield from _key(server, found[1], found[2], notify)


def _key(server: str, key: Secret, where: str, notify: Notify) -> Iterator[Line]:
    from refkit.errors import RefkitError
    from refkit.writers.zotero import api, credentials

    try:
        account = api.who(server, key, notify=notify)
    except RefkitError as error:
        yield Line(PROBLEM, "key", f"from {where}: {error}")
        return
    writes = credentials.may_write(account.access)
    yield Line(
        OK, "key", f"of {account.username} (user {account.user_id}), from {where}", writes, f"valid, from {where}"
    )
    for text in credentials.describe_access(account.access):
        yield Line(OK, "rights", text, shared=re.sub(r"^group \d+", "a group", text))
    if not writes:
        yield Line(NOTE, "rights", f"the key may only read; make one with write access at {credentials.KEYS_PAGE}")
    yield _groups(server, key, account, notify)


def _groups(server: str, key: Secret, account: Account, notify: Notify) -> Line:
    from refkit.errors import RefkitError
    from refkit.writers.zotero import api

    try:
        groups = api.groups(server, key, account.user_id, notify=notify)
    except RefkitError as error:
        return Line(NOTE, "groups", str(error))
    named = ", ".join(f"{group.name} ({group.id})" for group in groups)
    return Line(OK, "groups", named or "none", shared=str(len(groups)))


def _unreachable(server: str) -> str:
    """Return why the web API cannot be used, "" if it can: without a key it refuses to tell of one."""
    import requests

    from refkit.version import __version__
    from refkit.writers.zotero.proxies import is_here

    with requests.Session() as session:
        session.trust_env = not is_here(urlsplit(server).hostname or "")
        session.auth = _nobody  # else `requests` would send what ~/.netrc holds for the host
        session.headers["User-Agent"] = f"refkit/{__version__}"
        try:
            answer = session.get(f"{server}/keys/current", timeout=_PATIENCE, allow_redirects=False)
        except requests.Timeout:
            return f"gave no answer within {_PATIENCE:g} s; try again later"
        except (requests.RequestException, OSError, ValueError):
            return "cannot be reached; check the network, and HTTPS_PROXY if there is a proxy"
    return _not_the_api(answer.status_code)


def _not_the_api(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"is overloaded or down (status {status}); try again later"
    if status < HTTPStatus.BAD_REQUEST:
        return f"does not answer as Zotero does (status {status}); log in to the network first if it wants that"
    return ""


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate as nobody."""
    return request


# The desktop


def _desktop() -> Iterator[Line]:
    from refkit.writers.zotero.desktop import desktop_url, probe

    found = probe(desktop_url(os.environ))
    if not found.running:
        yield Line(NOTE, "desktop", found.reason)
        return
    yield Line(
        OK, "desktop", f"Zotero {found.version} answers at {found.url}, and saves through its connector", writes=True
    )
    if found.local_api:
        user = f", of user {found.user_id}" if found.user_id else ""
        can = f"can be {'read and written' if found.writable else 'read'}"
        yield Line(OK, "local API", f"{can}{user}", shared=can)
    if found.reason:
        yield Line(NOTE, "local API", found.reason)


# arXiv and the folders


def _arxiv() -> Line:
    from refkit.errors import RefkitError
    from refkit.metadata.arxiv_settings import ArxivSettings

    start = "REFKIT_ARXIV_"
    given = {
        key.removeprefix(start).lower(): value for key, value in os.environ.items() if key.startswith(start) and value
    }
    try:
        settings: dict[str, Any] = common.settings().source_settings.get("arxiv", {})
        chosen = ArxivSettings.read({**settings, **given})
    except RefkitError as error:
        return Line(PROBLEM, "arXiv", str(error), shared=_unquoted(error))
    return Line(OK, "arXiv", f"{chosen.endpoint} (not asked now)")


def _folders() -> Iterator[Line]:
    from refkit import folders
    from refkit.writers.zotero.credentials import config_folder

    yield _folder("cache", folders.cache_folder())
    yield _folder("state", folders.state_folder())
    yield _folder("configuration", config_folder())


def _folder(name: str, path: Path) -> Line:
    """Tell whether a folder can be written, or made in the next one above that exists."""
    existing = next(each for each in (path, *path.parents) if each.exists() or each == each.parent)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Line(PROBLEM, name, f"{path} cannot be written; correct the permissions of {existing}")
    return Line(OK, name, f"{path}" + ("" if existing == path else " (made when it is needed)"))
