"""Themes as a person wants them: what a tagger gives a paper, with what was added and removed by hand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from refkit.model import Resolution, ThemeEdit, ThemeTag, Work
from refkit.protocols import Tagger


def tagged(works: Iterable[Work], resolutions: Iterable[Resolution], tagger: Tagger) -> list[Work]:
    """Return works with their themes: those of the tagger, changed as the resolutions of the same paper say."""
    edits: dict[str, list[ThemeEdit]] = {}
    for found in resolutions:
        if found.record and found.theme_edit:
            edits.setdefault(found.record.arxiv_id, []).append(found.theme_edit)
    return [
        replace(work, themes=edited(tagger.tag(work), together(edits.get(work.record.arxiv_id, ())))) for work in works
    ]


def together(edits: Iterable[ThemeEdit]) -> ThemeEdit:
    """Return several changes as one. What one of them removes stays away: nothing removed may come back."""
    every = tuple(edits)
    removed = {theme for edit in every for theme in edit.removed}
    added = {theme for edit in every for theme in edit.added} - removed
    return ThemeEdit(tuple(sorted(added)), tuple(sorted(removed)))


def edited(tags: Sequence[ThemeTag], edit: ThemeEdit) -> tuple[ThemeTag, ...]:
    """Return the themes of a paper as they were changed, sorted; one that a person added has no words that fired."""
    kept = {tag.theme: tag for tag in tags if tag.theme not in edit.removed}
    return tuple(sorted({**{theme: ThemeTag(theme) for theme in edit.added}, **kept}.values()))


def edit_for(tags: Sequence[ThemeTag], wanted: Iterable[str]) -> ThemeEdit:
    """Return the change that makes the wanted themes of those that a tagger gives. Raises ValueError for no name."""
    own, chosen = {tag.theme for tag in tags}, set(wanted)
    return ThemeEdit(tuple(sorted(chosen - own)), tuple(sorted(own - chosen)))
