"""`refkit doctor --report`: what those who look after refkit must know, without what is nobody's business.

What is left out: keys, names of users, machines and groups, addresses of servers that are not public, and the folder
above which a person's files lie. Of the configuration only values that say nothing of the user are shown.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

# Servers that all the world knows; the host of any other is left out, with what stands behind it.
_PUBLIC = {
    "api.zotero.org", "www.zotero.org", "export.arxiv.org", "oaipmh.arxiv.org", "api.crossref.org", "api.openalex.org",
    "api.semanticscholar.org", "dblp.org", "127.0.0.1", "localhost", "[::1]",
}  # fmt: skip
# Settings whose text is one of a few words; the text of all others is only said to be set.
_WORDS = {
    "reader",
    "encoding",
    "format",
    "sources",
    "enrichers",
    "taggers",
    "use",
    "to",
    "pdf",
    "date",
    "latex",
    "every",
}
_OF_PLUG_INS = ("use", "url", "path", "key", "contact", "interval", "email")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|AUTH", re.IGNORECASE)
_ADDRESS = re.compile(r"(?i)\b(https?)://(?:[^\s/@]*@)?(\[[^\]\s]*\]|[^\s/:?#,;)]*)(:\d+)?([^\s,;)]*)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SHORTEST_SECRET, _SHORTEST_NAME = 6, 2


class Private(NamedTuple):
    """What must not be shown: folders with what stands for each, names of user and machine, values of keys."""

    folders: Mapping[str, str]
    names: Mapping[str, str]
    secrets: frozenset[str]


def private(environ: Mapping[str, str]) -> Private:
    """Return what is private on this machine, for this user, in the current folder."""
    import platform

    folders = {os.path.realpath(each): "~" for each in _homes(environ)} | dict.fromkeys(_homes(environ), "~")
    users = {environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")} | {Path(each).name for each in folders}
    folders.setdefault(str(Path.cwd()), ".")
    names = dict.fromkeys(users, "<user>") | {platform.node(): "<machine>"}
    secrets = {value.strip() for name, value in environ.items() if _SECRET.search(name)}
    return Private(
        {each: sign for each, sign in folders.items() if len(each) > 1},
        {each: sign for each, sign in names.items() if len(each) >= _SHORTEST_NAME and each != "localhost"},
        frozenset(each for each in secrets if len(each) >= _SHORTEST_SECRET),
    )


def _homes(environ: Mapping[str, str]) -> Iterator[str]:
    yield str(Path.home())
    for name in ("HOME", "USERPROFILE"):
        if environ.get(name):
            yield environ[name].rstrip("/\\")


def scrub(text: str, hidden: Private) -> str:
    """Return a text in which stars and signs stand for what is private."""
    for secret in sorted(hidden.secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _ADDRESS.sub(_public, text)
    text = _EMAIL.sub("<e-mail>", text)
    for folder in sorted(hidden.folders, key=len, reverse=True):
        text = re.sub(rf"{re.escape(folder)}(?![\w.-])", hidden.folders[folder].replace("\\", r"\\"), text)
    for name in sorted(hidden.names, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", hidden.names[name], text)
    return text


def _public(found: re.Match[str]) -> str:
    scheme, host, port, rest = found.groups()
    if host.lower() not in _PUBLIC:
        return f"{scheme}://<server>"
    return f"{scheme}://{host}{port or ''}{rest.partition('?')[0].partition('#')[0]}"


# Facts


def platform_text() -> str:
    """Return the system, its release and machine, and which Python this is."""
    import platform

    return f"{platform.system()} {platform.release()} {platform.machine()}, {platform.python_implementation()}"


def locale_text() -> str:
    """Return the encodings that hold: of files by default, of file names, of standard output."""
    import locale

    out = getattr(sys.stdout, "encoding", None) or "none"
    return f"{locale.getencoding()}, file names {sys.getfilesystemencoding()}, output {out}"


def terminal_text(environ: Mapping[str, str]) -> str:
    """Return what is known of the terminal: its kind, and which streams are one."""
    streams = {"input": sys.stdin, "output": sys.stdout, "errors": sys.stderr}
    drawn = [name for name, stream in streams.items() if stream is not None and stream.isatty()]
    kind = environ.get("TERM", "") or "no TERM"
    plain = ", NO_COLOR" if environ.get("NO_COLOR") else ""
    return f"{kind}, {'terminal: ' + ', '.join(drawn) if drawn else 'no terminal'}{plain}"


class Needs(NamedTuple):
    """What refkit needs by its own word: packages always, and packages by extra."""

    always: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]


def needs() -> Needs:
    """Return what the installed refkit asks for. Raises PackageNotFoundError if it runs without being installed."""
    from importlib.metadata import requires

    always: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in requires("refkit") or ():
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        extra = re.search(r"""extra\s*==\s*['"]([\w-]+)['"]""", line)
        if extra is None:
            always.append(name)
        elif extra[1] != "test" and name != "refkit":
            extras.setdefault(extra[1], []).append(name)
    return Needs(tuple(sorted(always)), {extra: tuple(sorted(names)) for extra, names in sorted(extras.items())})


def version_of(name: str) -> str:
    """Return the version of a package, "" if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def version_lines(asked: Needs) -> Iterator[str]:
    """Yield name and version of every package that refkit or one of its extras needs."""
    for name in asked.always:
        yield f"{name} {version_of(name) or 'is not installed'}"
    for extra, names in asked.extras.items():
        yield from (f"{name} {version_of(name) or 'is not installed'} (extra {extra})" for name in names)


def setting_lines(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the settings of a configuration, those with text of the user's own only as set; unknown names are not told.

    What stands in a configuration by mistake may be anything, also a key.
    """
    for name, value in table.items():
        here = (*path, name)
        if not _is_known(here):
            yield f"{'.'.join((*path, '(a setting that refkit does not know)'))}"
        elif isinstance(value, dict) and name != "columns":
            yield from setting_lines(value, here)
        else:
            yield f"{'.'.join(here)} = {_shown(name, value)}"


def _is_known(path: tuple[str, ...]) -> bool:
    from refkit.config import Settings, WatchSettings, ZoteroSettings
    from refkit.registry import ENRICHERS, SOURCES, TAGGERS

    *above, name = path
    known: Mapping[tuple[str, ...], tuple[str, ...]] = {
        (): Settings.__struct_fields__,
        ("zotero",): ZoteroSettings.__struct_fields__,
        ("watch",): WatchSettings.__struct_fields__,
        ("sources",): ("use", "oai", *SOURCES),
        ("enrichers",): ("use", *ENRICHERS),
        ("taggers",): ("use", *TAGGERS),
    }
    return name in known.get(tuple(above), _OF_PLUG_INS)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    parts = value if isinstance(value, list) else [value]
    words = [part for part in parts if isinstance(part, str) and re.fullmatch(r"[a-z][a-z0-9-]{0,20}", part)]
    if name in _WORDS and len(words) == len(parts) and all(map(_is_word, words)):
        return ", ".join(words)
    return f"(set, {len(parts)})" if isinstance(value, list) else "(set)"


def _is_word(word: str) -> bool:
    """Whether a text is a word of refkit's own or the name of an encoding."""
    import codecs

    from refkit.registry import KINDS

    if any(word in table for table in KINDS.values()):
        return True
    if word in {"web", "desktop", "connector", "link", "file", "none", "updated", "submitted", "keep", "unicode"}:
        return True
    try:
        return bool(codecs.lookup(word))
    except LookupError:
        return word in {"hour", "day", "week"}


def variable_lines(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of the variables that change what refkit does, without what they say."""
    for name in sorted(environ):
        if re.fullmatch(
            r"REFKIT_[A-Z_]+|ZOTERO_API_KEY|XDG_[A-Z]+_HOME|(HTTPS?|ALL|NO)_PROXY|REQUESTS_CA_BUNDLE", name
        ):
            yield f"{name} (set)"
