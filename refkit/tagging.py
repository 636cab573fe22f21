"""Stage 4 with its plug-ins: works of resolutions, which taggers are taken, and works tagged by all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refkit import registry
from refkit.errors import ConfigError, UsageError
from refkit.model import Mention, Resolution, ThemeTag, Work

if TYPE_CHECKING:
    from refkit.protocols import Surroundings, Tagger
    from refkit.themes.rules import Taxonomy


def works(resolutions: Iterable[Resolution]) -> list[Work]:
    """Return one work for each paper that was matched, in the order of first mention, each field with its source."""
    mentions: dict[str, list[Mention]] = {}
    first: dict[str, Resolution] = {}
    for resolution in resolutions:
        if resolution.record:
            arxiv_id = resolution.record.arxiv_id
            first.setdefault(arxiv_id, resolution)
            mentions.setdefault(arxiv_id, []).append(resolution.mention)
    return [_work(resolution, mentions[arxiv_id]) for arxiv_id, resolution in first.items()]


def _work(resolution: Resolution, mentions: Sequence[Mention]) -> Work:
    candidate = resolution.candidates[0]
    record = candidate.record
    known = {name: candidate.source for name in record.__struct_fields__ if getattr(record, name)}
    return Work(record=record, mentions=tuple(mentions), provenance=known)


def open_taggers(
    names: Sequence[str],
    surroundings: Surroundings,
    *,
    themes: Sequence[str] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Tagger]:
    """Return the named taggers, each once; `themes` are the files that the rules lay over the shipped taxonomy.

    `settings` are those of each tagger, by name. Raises UsageError for an unknown name or none, ConfigError for a
    setting or a file that cannot be used.
    """
    if not names:
        raise UsageError('There is no tagger to take; name at least one, for instance `taggers = ["rules"]`.')
    given = settings or {}
    files = [*given.get("rules", {}).get("themes", ()), *themes]
    chosen = {**given, **({"rules": {**given.get("rules", {}), "themes": files}} if files else {})}
    return [_open(name, chosen.get(name, {}), surroundings) for name in dict.fromkeys(names)]


def _open(name: str, settings: Mapping[str, Any], surroundings: Surroundings) -> Tagger:
    plug_in: Any = registry.load("tagger", name)
    tagger: Tagger
    if hasattr(plug_in, "open"):
        tagger = plug_in.open(settings, surroundings)
        return tagger
    if settings:
        raise ConfigError(f"The tagger {name!r} has no settings; remove {', '.join(settings)} from [taggers.{name}].")
    tagger = plug_in()
    return tagger


class Taggers:
    """Several taggers as one: a work gets the themes that any of them gives it, sorted, each once, with all that fired.

    Of several that give a theme, the highest confidence counts. Tagging twice is as tagging once, and the order of the
    taggers decides only in which order evidence stands.
    """

    name = "taggers"

    def __init__(self, taggers: Iterable[Tagger]) -> None:
        self._taggers = tuple(taggers)

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The themes of a work."""
        given: dict[str, list[ThemeTag]] = {}
        for tagger in self._taggers:
            for tag in tagger.tag(work):
                given.setdefault(tag.theme, []).append(tag)
        return tuple(_together(given[theme]) for theme in sorted(given))


def _together(tags: Sequence[ThemeTag]) -> ThemeTag:
    """Return one tag for those that several taggers give of one theme."""
    return ThemeTag(
        theme=tags[0].theme,
        evidence=tuple(dict.fromkeys(words for tag in tags for words in tag.evidence)),
        confidence=max(tag.confidence for tag in tags),
        neighbours=tuple(dict.fromkeys(title for tag in tags for title in tag.neighbours)),
    )


def load_taxonomy(paths: Sequence[str]) -> Taxonomy | None:
    """Return the shipped taxonomy extended by the user's files; None (the shipped one) without files."""
    from refkit.themes.rules import load_taxonomy  # only where works are tagged

    return load_taxonomy(*(Path(path) for path in paths)) if paths else None
