"""Plug-ins of other packages: found by their entry points, held against their shape, each fault a sentence.

What Python knows of installed packages costs some 10 ms, so it is asked only here, and only when wanted.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

# The entry-point group of each kind; it is also the name of the kind's table in a configuration.
GROUPS = {
    "reader": "refkit.readers",
    "source": "refkit.sources",
    "enricher": "refkit.enrichers",
    "tagger": "refkit.taggers",
    "writer": "refkit.writers",
}
BUILT_IN = "built in"


class Plugin(NamedTuple):
    """A plug-in by name, as it is announced: `target` is "module:attribute", `origin` who gives it.

    `problem` says why it cannot be taken at all, before anything of it is imported.
    """

    kind: str
    name: str
    target: str
    origin: str = BUILT_IN
    problem: str = ""

    @property
    def is_built_in(self) -> bool:
        """Whether it comes with refkit."""
        return self.origin == BUILT_IN


class Selection(NamedTuple):
    """Which plug-ins may be taken, as `[plugins]` says: `only` of the installed ones, and none of `disable`.

    Names are those of plug-ins ("opml"), or with the kind's table before them ("readers.opml"). Without `only` (None)
    all that are installed may be taken; those built into refkit are asked for by `disable` alone.
    """

    only: tuple[str, ...] | None = None
    disable: tuple[str, ...] = ()

    def allows(self, plugin: Plugin) -> bool:
        """Whether this plug-in may be taken."""
        if _is_named(plugin, self.disable):
            return False
        return plugin.is_built_in or self.only is None or _is_named(plugin, self.only)

    def allowed(self, kind: str, names: Iterable[str]) -> list[str]:
        """Return names of a kind, each once, without those that are disabled."""
        return [name for name in dict.fromkeys(names) if not _is_named(Plugin(kind, name, ""), self.disable)]


ALL = Selection()


class Wanted(NamedTuple):
    """Plug-ins of one kind as wanted: `names` in this order (none: all), and the settings of each by name."""

    names: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    selection: Selection = ALL


ANY = Wanted()


def _is_named(plugin: Plugin, names: Collection[str]) -> bool:
    return plugin.name in names or f"{table_of(plugin.kind)}.{plugin.name}" in names


def table_of(kind: str) -> str:
    """Return the name of the configuration's table of a kind: "readers"."""
    return GROUPS[kind].partition(".")[2]


def installed(kind: str, built_in: Mapping[str, str]) -> list[Plugin]:
    """Return the plug-ins of other packages by name, those with a name that is taken with their problem.

    Of two packages with the same name neither is taken, for it must not depend on the order of installing.
    """
    from importlib.metadata import distributions  # 20 ms, only where somebody asks for plug-ins

    heading = f"[{GROUPS[kind]}]"
    packages: dict[str, Any] = {}
    for package in distributions():
        if heading in (package.read_text("entry_points.txt") or ""):  # before the name, which costs much more
            packages.setdefault(_normal(package.metadata["Name"] or ""), package)  # the first is what Python imports
    found = [plugin for package in packages.values() for plugin in _announced(kind, package)]
    return sorted(_without_repeats(found, built_in))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()


def _announced(kind: str, package: Any) -> list[Plugin]:
    """Return what one package has of a kind; a list of entry points that cannot be read is a plug-in with a problem."""
    name = package.metadata["Name"]
    origin = f"{name} {package.metadata['Version'] or ''}".strip() if name else "a package without a name"
    try:
        points = package.entry_points.select(group=GROUPS[kind])
        return [Plugin(kind, point.name, point.value.partition("[")[0].strip(), origin) for point in points]
    except (ValueError, TypeError, AttributeError) as error:
        return [Plugin(kind, str(name), "", origin, f"its entry_points.txt cannot be read ({error})")]


def _without_repeats(found: Iterable[Plugin], built_in: Mapping[str, str]) -> Iterable[Plugin]:
    each_once = list(dict.fromkeys(found))  # a package that is twice on the path is still one
    for plugin in each_once:
        others = [each.origin for each in each_once if each.name == plugin.name and each is not plugin]
        yield plugin._replace(problem=_clash(plugin, others, built_in))


def _clash(plugin: Plugin, others: Sequence[str], built_in: Mapping[str, str]) -> str:
    if plugin.name in built_in:
        return f"refkit has a {plugin.kind} of this name itself; its author must choose another one"
    if others:
        return f"{', '.join(others)} has a {plugin.kind} of this name too; uninstall one of them"
    return ""


# Shapes


class _Method(NamedTuple):
    """A method that a plug-in has, and with what it is called."""

    name: str
    arguments: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join((*self.arguments, *(f'{each}=...' for each in self.named)))})"


# As in protocols.py; a test holds the two together.
METHODS: Mapping[str, tuple[_Method, ...]] = {
    "reader": (_Method("recognise", ("text",)), _Method("read", ("text",), ("digest",))),
    "source": (_Method("search", ("mentions",), ("limit",)), _Method("lookup", ("ids",))),
    "enricher": (_Method("published", ("works",)),),
    "tagger": (_Method("tag", ("work",)),),
    "writer": (_Method("plan", ("works",)), _Method("apply", ("changes",))),
}
_ON_THE_NETWORK = ("source", "enricher")


def misshapen(plugin: Plugin, found: object) -> str:
    """Return what keeps an imported object from being this plug-in: "" if nothing does."""
    if not inspect.isclass(found):
        return f"{plugin.target} is {type(found).__name__}, not a class"
    name = getattr(found, "name", None)
    if name != plugin.name:
        told = f"has the name {name!r}" if isinstance(name, str) else "has no `name`"
        return f"{plugin.target} {told}, but its entry point says {plugin.name!r}; both must be the same"
    if plugin.kind in _ON_THE_NETWORK and not isinstance(getattr(found, "network", None), bool | property):
        return f"{plugin.target} does not say whether it needs the network (`network = True` or `False`)"
    for method in METHODS[plugin.kind]:
        problem = _why_not(found, method)
        if problem:
            return f"{plugin.target} {problem}"
    return ""


def _why_not(found: type, method: _Method) -> str:
    own = getattr(found, method.name, None)
    if not callable(own):
        return f"has no method `{method}`"
    try:
        inspect.signature(own).bind(None, *method.arguments, **dict.fromkeys(method.named))
    except TypeError as error:
        return f"cannot be called as `{method}`: {error}"
    except ValueError:  # a method written in C tells no signature
        return ""
    return ""
