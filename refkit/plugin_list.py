"""What `refkit plugins` tells: every plug-in with its origin and whether it works, each opened as in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from refkit import registry
from refkit.config import Settings
from refkit.errors import ConfigError, PluginError, UsageError
from refkit.opening import construct, open_plugin
from refkit.plugins import GROUPS, Plugin, table_of
from refkit.protocols import Surroundings

OK, BROKEN, DISABLED, MISCONFIGURED = "ok", "broken", "disabled", "misconfigured"
UNSET = "needs settings"  # has none yet, and cannot be used without them: nothing is wrong


class Listed(NamedTuple):
    """A plug-in and how it is: its status, and the reason if it is not ok."""

    plugin: Plugin
    status: str
    reason: str = ""


def listed(settings: Settings, around: Surroundings, kinds: Sequence[str] = ()) -> list[Listed]:
    """Return every plug-in of these kinds (none: all), built-in ones first; none of them is asked anything."""
    return [_tried(plugin, settings, around) for kind in kinds or GROUPS for plugin in registry.known(kind)]


def unknown_names(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each name in `[plugins]` that nothing installed has."""
    everything = [plugin for kind in GROUPS for plugin in registry.known(kind)]
    names = {each for plugin in everything for each in (plugin.name, f"{table_of(plugin.kind)}.{plugin.name}")}
    for setting, given in (("only", settings.plugins.only or ()), ("disable", settings.plugins.disable)):
        for name in given:
            if name not in names:
                yield f"plugins.{setting} names {name!r}, and no plug-in of this name is installed"


def _tried(plugin: Plugin, settings: Settings, around: Surroundings) -> Listed:
    if plugin.problem:
        return Listed(plugin, BROKEN, plugin.problem)
    if not settings.plugins.selection.allows(plugin):
        return Listed(plugin, DISABLED, "as [plugins] says")
    table = _tables(settings, plugin.kind).get(plugin.name, {})
    try:
        _try(plugin, table, around)
    except PluginError as error:
        return Listed(plugin, BROKEN, error.reason)
    except (ConfigError, UsageError) as error:
        return Listed(plugin, MISCONFIGURED if table else UNSET, str(error))
    return Listed(plugin, OK)


def _try(plugin: Plugin, settings: Mapping[str, Any], around: Surroundings) -> None:
    plug_in = registry.imported(plugin)
    if plugin.is_built_in and plugin.kind == "writer":
        return  # the one of Zotero is made of a library
    if plugin.kind == "writer" and not hasattr(plug_in, "open"):
        construct("writer", plugin.name, lambda _: None)
        return
    open_plugin(plugin.kind, plugin.name, settings, around)


def _tables(settings: Settings, kind: str) -> Mapping[str, Mapping[str, Any]]:
    return {
        "reader": settings.wanted_readers.settings,
        "source": settings.source_settings,
        "enricher": settings.enricher_settings,
        "tagger": settings.tagger_settings,
        "writer": settings.writer_settings,
    }[kind]
