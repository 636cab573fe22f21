"""A plug-in by name, ready to work: found, imported, held against its shape, and constructed with its settings.

All kinds go through here. What the user must change (a name, a setting) is a UsageError or ConfigError with its place;
what only the author can change is a PluginError.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from refkit import registry
from refkit.errors import ConfigError, PluginError, SourceError
from refkit.folders import cache_folder, data_folder, state_folder
from refkit.guarding import guard
from refkit.model import Answer, ArxivRecord, Mention, Published, Work
from refkit.plugins import ALL, Plugin, Selection, table_of
from refkit.protocols import Notify, Surroundings, silent

_log = logging.getLogger(__name__)


def open_plugin(
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    around: Surroundings,
    *,
    over: Mapping[str, Any] | None = None,
    selection: Selection = ALL,
) -> Any:
    """Return a plug-in as configured; what stands in `over` wins over the settings.

    Raises UsageError for an unknown name, ConfigError for a setting, PluginError for one that is broken.
    """
    plugin = registry.find(kind, name, selection)
    plug_in = registry.load(kind, name)
    if hasattr(plug_in, "open"):
        return _constructed(plugin, lambda: plug_in.open({**settings, **(over or {})}, around), settings)
    _refuse_settings(kind, name, settings)
    return _constructed(plugin, plug_in, settings)


def construct(kind: str, name: str, *arguments: Any, **options: Any) -> Any:
    """Return a plug-in constructed with these arguments. Raises as `open_plugin`, without settings."""
    plugin, plug_in = registry.find(kind, name), registry.load(kind, name)
    return _constructed(plugin, lambda: plug_in(*arguments, **options), {})


def takes(plug_in: Any, option: str) -> bool:
    """Whether the constructor of a plug-in has this option."""
    try:
        parameters = inspect.signature(plug_in).parameters
    except (TypeError, ValueError):
        return False
    return option in parameters


def _constructed(plugin: Plugin, call: Any, settings: Mapping[str, Any]) -> Any:
    try:
        opened = guard(call, lambda problem: registry.broken(plugin, f"opening it {problem}"))
    except ConfigError as error:
        raise with_place(error, settings) from error
    if plugin.is_built_in or getattr(opened, "name", None) == plugin.name:
        return opened
    raise registry.broken(plugin, "what it opens has another name; report this to its author")


def _refuse_settings(kind: str, name: str, settings: Mapping[str, Any]) -> None:
    if settings:
        table = f"[{table_of(kind)}.{name}]"
        error = ConfigError(f"The {kind} {name!r} has no settings; remove {', '.join(settings)} from {table}.")
        raise with_place(error, settings, next(iter(settings)))


def with_place(error: ConfigError, settings: Mapping[str, Any], key: str = "") -> ConfigError:
    """Return the error with file, line and path of the setting that it speaks of, if they are known."""
    place = getattr(settings, "place", None)
    text = str(error)
    if place is None or text.startswith(str(getattr(settings, "file", ""))):
        return error
    spoken = key or next((name for name in settings if f"`$.{name}" in text or f"`{name}`" in text), "")
    spoken = spoken or next((name for name in settings if f"{settings.path}.{name}" in text), "")  # type: ignore[attr-defined]
    return ConfigError(f"{place(spoken)}{text}")


def skip(error: PluginError) -> None:
    """Tell that a plug-in is left out, and why."""
    _log.warning("%s It is left out.", error)


# What stands for a source or an enricher that is broken: as one whose service is down, for "not found" would be untrue.


class BrokenSource:
    """A source that fails, in the place of one that cannot be used."""

    network = False

    def __init__(self, name: str, reason: str) -> None:
        self.name, self._reason = name, reason

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
        """Fail. Raises SourceError."""
        raise SourceError(f"it is broken: {self._reason}")

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:  # noqa: ARG002 - the shape
        """Fail. Raises SourceError."""
        raise SourceError(f"it is broken: {self._reason}")


class BrokenEnricher:
    """An enricher that fails, in the place of one that cannot be used."""

    network = False

    def __init__(self, name: str, reason: str) -> None:
        self.name, self._reason = name, reason

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:  # noqa: ARG002 - the shape
        """Fail. Raises SourceError."""
        raise SourceError(f"it is broken: {self._reason}")


def surroundings(*, network: bool = True, refresh: bool = False, notify: Notify | None = None) -> Surroundings:
    """Return where plug-ins work: the folders of this user, not yet made."""
    return Surroundings(
        cache=cache_folder(),
        state=state_folder(),
        data=data_folder(),
        notify=notify or silent,
        offline=not network,
        refresh=refresh,
    )
