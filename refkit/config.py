"""The settings of a project: `refkit.toml`, or `[tool.refkit]` in pyproject.toml, in this folder or one above it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import msgspec

from refkit.errors import ConfigError
from refkit.plugins import GROUPS, Selection, Wanted, table_of
from refkit.toml_places import Table, Told, in_words, line_of

# Who is asked when nothing else is said: what is at hand first, the network last.
SOURCES = ("catalogue", "index", "arxiv")
# Who gives themes when nothing else is said.
TAGGERS = ("rules",)


# What an interval may be called, in seconds; a day is the usual pace of feeds and alerts.
_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_WORDS = {"hour": "1h", "day": "1d", "week": "1w"}
_LONGEST_EVERY = 366 * _UNITS["d"]


def parse_every(text: str) -> int:
    """Return the seconds of an interval like 30m, 2h, day or week, from a minute to a year; raises ValueError."""
    found = re.fullmatch(r"(?a)(\d{1,6})([mhdw])", _WORDS.get(text.strip().lower(), text.strip().lower()))
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST_EVERY:
        raise ValueError(f"{text!r} is no interval; write hour, day, week, or a number with its unit: 30m, 2h, 3d, 1w")
    return seconds


class WatchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[watch]`: what `refkit watch` looks at and what becomes of it; its options win over these.

    `what` are addresses of feeds, mail folders, folders of digests and files; `into` is a .bib file, `zotero` puts
    papers into the library of `[zotero]` instead. `interval` are the seconds between two requests to one host.
    """

    what: tuple[str, ...] = ()
    every: str = ""
    into: str = ""
    zotero: bool = False
    queue: str = ""
    state: str = ""
    summary: str = ""
    interval: Annotated[float, msgspec.Meta(ge=0, le=300)] = 3.0
    contact: str = ""

    def __post_init__(self) -> None:
        """Refuse an interval that cannot be read, and two places to put papers."""
        if self.every:
            try:
                parse_every(self.every)
            except ValueError as error:
                raise ValueError(f"watch.every: {error}") from error
        if self.into and self.zotero:
            raise ValueError("watch.into and watch.zotero are both set; keep one")

    def relative_to(self, folder: Path) -> Self:
        """Return the settings with each path taken from this folder; addresses stay."""
        paths = {name: _path_in(folder, getattr(self, name)) for name in ("into", "queue", "state", "summary")}
        what = tuple(each if "://" in each else _path_in(folder, each) for each in self.what)
        return msgspec.structs.replace(self, what=what, **paths)


def _path_in(folder: Path, path: str) -> str:
    return str(folder / Path(path).expanduser()) if path else ""


class ZoteroSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[zotero]`: where the papers go and what of them; each has an option of `refkit sync-zotero` that wins over it.

    `to` is the way ("web", "desktop", "connector"; empty: found by itself), `library` "user" or a group's name or
    number. The others are described at `Options` of the Zotero writer.
    """

    to: Literal["", "web", "desktop", "connector"] = ""
    library: str = ""
    collection: str = ""
    theme_collections: bool = False
    categories: bool = True
    pdf: Literal["link", "file", "none"] = "link"
    note: bool = True
    date: Literal["updated", "submitted"] = "updated"
    latex: Literal["keep", "unicode"] = "keep"


class PluginSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[plugins]`: of the installed plug-ins `only` these are taken (None: all), of all of them none of `disable`."""

    only: tuple[str, ...] | None = None
    disable: tuple[str, ...] = ()

    @property
    def selection(self) -> Selection:
        """What the registry is asked with."""
        return Selection(self.only, self.disable)

    def __post_init__(self) -> None:
        """Refuse the table of a kind that there is not."""
        tables = [table_of(kind) for kind in GROUPS]
        for setting, names in (("only", self.only or ()), ("disable", self.disable)):
            for name in names:
                table, dot, _ = name.partition(".")
                if dot and table not in tables:
                    raise ValueError(
                        f"plugins.{setting}: {name!r} begins with no kind of plug-in; write the name alone, or one of "
                        f"{', '.join(tables)} before it"
                    )


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration may say; paths in it are relative to the file that says it."""

    digests: tuple[str, ...] = ()
    reader: str = ""
    columns: dict[str, str] = {}
    encoding: str = ""
    sources: tuple[str, ...] | dict[str, Any] = SOURCES
    enrichers: tuple[str, ...] | dict[str, Any] = ()
    taggers: tuple[str, ...] | dict[str, Any] = TAGGERS
    readers: tuple[str, ...] | dict[str, Any] = ()
    writers: dict[str, Any] = {}
    plugins: PluginSettings = PluginSettings()
    network: bool = True
    themes: tuple[str, ...] = ()
    format: str = "bibtex"
    key_format: str = ""
    zotero: ZoteroSettings = ZoteroSettings()
    watch: WatchSettings = WatchSettings()

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources to ask, in this order: `sources = [...]`, or `use = [...]` in the table `[sources]`."""
        return _names(self.sources, SOURCES)

    @property
    def source_settings(self) -> dict[str, dict[str, Any]]:
        """What the tables `[sources.NAME]` say, by name."""
        return _settings(self.sources)

    @property
    def enricher_names(self) -> tuple[str, ...]:
        """The services to ask for published versions: `enrichers = [...]`, or `use = [...]` in `[enrichers]`."""
        return _names(self.enrichers, ())

    @property
    def enricher_settings(self) -> dict[str, dict[str, Any]]:
        """What the tables `[enrichers.NAME]` say, by name."""
        return _settings(self.enrichers)

    @property
    def tagger_names(self) -> tuple[str, ...]:
        """Who gives themes: `taggers = [...]`, or `use = [...]` in the table `[taggers]`."""
        return _names(self.taggers, TAGGERS)

    @property
    def tagger_settings(self) -> dict[str, dict[str, Any]]:
        """What the tables `[taggers.NAME]` say, by name."""
        return _settings(self.taggers)

    @property
    def wanted_readers(self) -> Wanted:
        """The readers that take part, in this order (none named: all), with what `[readers.NAME]` says of each."""
        return Wanted(_names(self.readers, ()), _settings(self.readers), self.plugins.selection)

    @property
    def writer_settings(self) -> dict[str, dict[str, Any]]:
        """What the tables `[writers.NAME]` say, by name."""
        return _settings(self.writers)

    def __post_init__(self) -> None:
        """Refuse a table of plug-ins that msgspec cannot check: it knows neither their names nor their settings."""
        _check_tables("sources", self.sources, '["catalogue", "index", "arxiv"]')
        _check_tables("enrichers", self.enrichers, '["crossref", "dblp"]')
        _check_tables("taggers", self.taggers, '["rules", "headings"]')
        _check_tables("readers", self.readers, '["markdown", "titles"]')
        _check_tables("writers", self.writers, "")


def _names(tables: tuple[str, ...] | dict[str, Any], usual: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(tables.get("use", usual)) if isinstance(tables, dict) else tables


def _settings(tables: tuple[str, ...] | dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: table for name, table in tables.items() if name != "use"} if isinstance(tables, dict) else {}


def _check_tables(kind: str, tables: tuple[str, ...] | dict[str, Any], example: str) -> None:
    for name, value in tables.items() if isinstance(tables, dict) else ():
        if name == "use" and not example:
            raise ValueError(f"{kind}.use: a {kind.rstrip('s')} is named with --format or `format`; remove this line")
        if name == "use" and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise ValueError(f"{kind}.use must be a list of names, like {example}")
        if name != "use" and not isinstance(value, dict):
            raise ValueError(f"{kind}.{name} must be a table of settings, [{kind}.{name}]")


def find_settings(folder: Path) -> Settings:
    """Return the settings that hold in a folder, from the nearest file; the defaults if there is none.

    Raises ConfigError, with file and line, for a file that is broken or says what refkit does not know.
    """
    path = settings_file(folder)
    return read_settings(path) if path else Settings()


def settings_file(folder: Path) -> Path | None:
    """Return the file whose settings hold in a folder; None if there is none. Raises ConfigError for broken TOML."""
    for place in (folder, *folder.parents):
        own, shared = place / "refkit.toml", place / "pyproject.toml"
        if own.is_file():
            return own
        if shared.is_file() and _tool_table(_parse(shared)) is not None:
            return shared
    return None


def settings_table(path: Path) -> dict[str, Any]:
    """Return what a file says for refkit, unchecked. Raises ConfigError for a file that cannot be read."""
    table: Any = _parse(path) if path.name != "pyproject.toml" else _tool_table(_parse(path))
    return table if isinstance(table, dict) else {}


def read_settings(path: Path) -> Settings:
    """Return the settings in one file. Raises ConfigError as `find_settings`."""
    table: Any = _parse(path)
    if path.name == "pyproject.toml":
        table = _tool_table(table)
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(path, error)) from error
    place = _Place(path, "tool.refkit" if path.name == "pyproject.toml" else "")
    return msgspec.structs.replace(
        settings,
        digests=tuple(str(path.parent / digest) for digest in settings.digests),
        themes=tuple(str(path.parent / themes) for themes in settings.themes),
        watch=settings.watch.relative_to(path.parent),
        format=place.told(settings.format, "format"),
        **{
            name: place.tables(name, getattr(settings, name)) for name in ("sources", "enrichers", "taggers", "readers")
        },
        writers=place.tables("writers", settings.writers),
    )


class _Place(NamedTuple):
    """The file that says something, and what stands before all of it there ("tool.refkit")."""

    file: Path
    prefix: str

    def told(self, name: str, path: str) -> str:
        """Return a name that knows where it stands."""
        whole = f"{self.prefix}.{path}" if self.prefix else path
        line = line_of(self.file, whole)
        return Told.at(name, f"{self.file}:{line}: {path}: " if line else "")

    def tables(self, kind: str, given: tuple[str, ...] | dict[str, Any]) -> Any:
        """Return the tables of plug-ins, each knowing its place and with each `path` in it taken from this folder."""
        if not isinstance(given, dict):
            return tuple(self.told(name, kind) for name in given)
        found: dict[str, Any] = {}
        for name, table in given.items():
            if name == "use":
                found[name] = [self.told(each, f"{kind}.use") for each in table]
                continue
            path = table.get("path")
            resolved = {"path": _path_in(self.file.parent, path)} if isinstance(path, str) and path else {}
            found[name] = Table({**table, **resolved}, self.file, f"{kind}.{name}", self.prefix)
        return found


def _tool_table(table: dict[str, Any]) -> Any:
    """Return what pyproject.toml says for refkit; None if it says nothing."""
    tools = table.get("tool")
    return tools.get("refkit") if isinstance(tools, dict) else None


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"(.*?) \(at line (\d+), column \d+\)", str(error))
        where, what = (f"{path}:{found[2]}", found[1]) if found else (f"{path}:{_last_line(path)}", str(error))
        raise ConfigError(f"{where}: this is not valid TOML: {what}. Correct the line.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); correct its name or its permissions.") from error


def _last_line(path: Path) -> int:
    return len(path.read_text(encoding="utf-8-sig").splitlines()) or 1


_TABLES: dict[str, type[msgspec.Struct]] = {
    "zotero": ZoteroSettings,
    "watch": WatchSettings,
    "plugins": PluginSettings,
}


def _explain(path: Path, error: msgspec.ValidationError) -> str:
    """Say which setting is wrong, where, and which ones exist."""
    problem = str(error)
    table = next((name for name in _TABLES if f"`$.{name}" in problem), "")
    known = ", ".join(_TABLES.get(table, Settings).__struct_fields__)
    named = (
        re.search(r"unknown field `([^`]*)`", problem)
        or re.match(r"(?:watch|plugins|writers)\.(\w+)", problem)
        or re.search(r"`\$\.(?:(?:zotero|watch|plugins)\.)?([A-Za-z_-]+)", problem)
    )
    name = named[1] if named else ""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    line = next((n for n, text in enumerate(lines, 1) if name and re.match(rf"\s*[\"']?{re.escape(name)}\b", text)), 0)
    where = f"{path}:{line}" if line else str(path)
    if "unknown field" in problem:
        return f"{where}: there is no setting named {name!r}; the settings are: {known}."
    subject = f"the setting {name!r}" if name else "what it says for refkit"
    return f"{where}: {subject} cannot be used: {in_words(error)[1]}; the settings are: {known}."
