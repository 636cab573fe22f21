"""The taxonomy of themes: the shipped `themes.toml` and `fields.toml`, and the user's files laid over them.

A user's theme of a known id is added to it, `replace = true` takes its place, `disable = true` removes it; a new id is
a new theme. The order of files matters, the order inside a file never does.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from refkit.categories import category_name
from refkit.errors import ConfigError
from refkit.themes.terms import forms
from refkit.toml_places import in_words, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SHIPPED = ("themes.toml", "fields.toml")
# What a theme has to reach unless it says otherwise; set by the sweep in docs/themes.md.
THRESHOLD = 6
# By what the threshold of a theme that names categories is multiplied for a work of which none of them speaks.
ALONE = 2
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOML_LINE = re.compile(r"(?s)(?P<problem>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


class Term(Struct, frozen=True, order=True):
    """Words that speak for a theme, and how strongly."""

    words: str
    weight: int


class Category(Struct, frozen=True, order=True):
    """A category of arXiv, or an archive for all of its own, and what it is worth to a theme as the primary one."""

    code: str
    weight: int


class Theme(Struct, frozen=True):
    """A theme: its terms, the phrases in which they do not count, and what a work must speak of besides.

    Among the `needs` there may be categories ("cs.LG"). `categories` are those that speak for the theme too, `alone` is
    its threshold for a work that has categories of which none of them is one (None: `ALONE` times the other). A theme
    `at_large` is only given to a work that got no other, and `field` are the primary categories of which a paper gets
    the theme if even these said nothing. `files` names the files that speak of the theme, in order.
    """

    id: str
    terms: tuple[Term, ...]
    label: str = ""
    threshold: int = THRESHOLD
    excluded: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    alone: int | None = None
    field: tuple[str, ...] = ()
    at_large: bool = False
    files: tuple[str, ...] = ()

    def limit(self, *, listed: bool, known: bool) -> int:
        """The points that a work needs: `threshold` if a category of it speaks for the theme (`listed`).

        If its categories are `known` and none does, `alone`; if they are not known, what lies halfway.
        """
        if listed or not self.categories:
            return self.threshold
        alone = self.threshold * ALONE if self.alone is None else max(self.alone, self.threshold)
        return alone if known else (self.threshold + alone) // 2


class Taxonomy(Struct, frozen=True):
    """All themes, sorted by id."""

    themes: tuple[Theme, ...]


_Weight = Annotated[int, Meta(ge=1, le=12)]
_Points = Annotated[int, Meta(ge=1, le=100)]
_Words = Annotated[list[str], Meta(min_length=1)]


class _Group(Struct, forbid_unknown_fields=True):
    weight: _Weight
    any: _Words


class _Theme(Struct, forbid_unknown_fields=True):
    """A theme as a file writes it; None where the file says nothing."""

    label: str | None = None
    threshold: _Points | None = None
    alone: _Points | None = None
    terms: list[_Group] = field(default_factory=list)
    excluded: list[str] = field(name="not", default_factory=list)
    needs: list[str] = field(default_factory=list)
    categories: list[_Group] = field(default_factory=list)
    of_field: list[str] = field(name="field", default_factory=list)
    at_large: bool | None = None
    replace: bool = False
    disable: bool = False


class _Draft(Struct):
    """A theme while files are being laid over each other."""

    label: str = ""
    threshold: int | None = None
    alone: int | None = None
    terms: dict[str, int] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    categories: dict[str, int] = field(default_factory=dict)
    of_field: set[str] = field(default_factory=set)
    at_large: bool = False
    files: tuple[str, ...] = ()


class _WrongError(Exception):
    """What a file of themes says cannot be used: `place` is a path in it; where that stands, only its reader knows."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(problem)
        self.place = place

    def told(self, path: Path) -> ConfigError:
        line = line_of(path, self.place)
        return ConfigError(f"{path}{f':{line}' if line else ''}: {self.place}: {self}")


class _File(Struct):
    """One file, read and checked: its name for messages, its lists of words and its themes."""

    name: str
    lists: dict[str, list[str]]
    themes: dict[str, _Theme]


def load_taxonomy(*paths: Path) -> Taxonomy:
    """Read the shipped taxonomy and lay the user's files over it, in order.

    Raises ConfigError that begins with the file and the line or the place in it.
    """
    lists: dict[str, set[str]] = {}
    drafts: dict[str, _Draft] = {}
    for file in _shipped():
        _lay_file(drafts, lists, file)
    for path in paths:
        try:
            _lay_file(drafts, lists, _parse(_read(path), str(path)))
        except _WrongError as error:
            raise error.told(path) from error
    return Taxonomy(tuple(_finish(theme_id, drafts[theme_id], lists) for theme_id in sorted(drafts)))


def _lay_file(drafts: dict[str, _Draft], lists: dict[str, set[str]], file: _File) -> None:
    """Lay a file over those before it; raises _WrongError."""
    for name, words in file.lists.items():
        lists.setdefault(name, set()).update(words)
    _check_references(file, lists)
    for theme_id, theme in file.themes.items():
        _lay_over(drafts, theme_id, theme, file.name)


def _shipped() -> list[_File]:
    return [_parse((files("refkit.themes") / name).read_bytes(), name) for name in SHIPPED]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file of themes; correct its name, or write it.") from error
    except OSError as error:
        raise ConfigError(f"{path}: the file of themes cannot be read ({error.strerror}).") from error


def _parse(data: bytes, name: str) -> _File:
    """Read and check one file; raises ConfigError, and _WrongError for what a value says."""
    tables = dict(_toml(data, name))
    lists = _convert(tables.pop("lists", {}), dict[str, Any], "lists")
    themes = _convert(tables.pop("themes", {}), dict[str, Any], "themes")
    for other in tables:
        raise _WrongError(other, "there is no such table; a file of themes has [themes.*] and [lists].")
    for list_name, words in lists.items():
        place = f"lists.{list_name}"
        _check_terms(_convert(words, list[str], place), place, categories=True)
    return _File(name, lists, {theme_id: _theme(theme_id, table) for theme_id, table in themes.items()})


def _toml(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: the file is not written in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.fullmatch(str(error))
        if not found:
            raise ConfigError(f"{name}: this is not TOML: {error}.") from error
        line = int(found["line"] or data.count(b"\n") + 1)
        raise ConfigError(f"{name}:{line}: this is not TOML: {found['problem']}.") from error


def _convert(value: object, kind: Any, place: str) -> Any:
    """Check a table against its shape; raises _WrongError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        path, problem = in_words(error)
        whole = f"{place}.{path}" if path and not path.startswith("[") else f"{place}{path}"
        raise _WrongError(whole, f"{problem}.") from error


def _theme(theme_id: str, table: Mapping[str, Any]) -> _Theme:
    """Check one theme; raises _WrongError."""
    place = f"themes.{theme_id}"
    if not _ID.fullmatch(theme_id):
        raise _WrongError(place, "a theme's id is lower-case words joined by hyphens, such as 'my-theme'.")
    theme: _Theme = _convert(table, _Theme, place)
    if theme.disable and len(table) > 1:
        raise _WrongError(place, "'disable = true' stands alone; remove it or the other lines.")
    _check_once(theme.terms, f"{place}.terms")
    _check_once(theme.categories, f"{place}.categories")
    for number, group in enumerate(theme.terms):
        _check_terms(group.any, f"{place}.terms[{number}].any")
    _check_terms(theme.excluded, f"{place}.not")
    _check_terms(theme.needs, f"{place}.needs", references=True, categories=True)
    for number, group in enumerate(theme.categories):
        _check_categories(group.any, f"{place}.categories[{number}].any")
    _check_categories(theme.of_field, f"{place}.field")
    return theme


def _check_once(groups: Iterable[_Group], place: str) -> None:
    """Refuse what stands twice in one theme: its weight would depend on the order of the lines."""
    seen: set[str] = set()
    for number, group in enumerate(groups):
        for term in group.any:
            if term in seen:
                raise _WrongError(f"{place}[{number}]", f"{term!r} stands twice in this theme; keep one.")
            seen.add(term)


def _check_categories(codes: Iterable[str], place: str) -> None:
    for number, code in enumerate(codes):
        if not category_name(code):
            raise _WrongError(
                f"{place}[{number}]",
                f"{code!r} is no category of arXiv; write it as arXiv does, such as "
                "'cs.CL', or an archive such as 'math'.",
            )


def is_category(need: str) -> bool:
    """Whether a need is that of a category, not of a word: only what no word can be, such as "cs.LG"."""
    return "." in need and bool(category_name(need))


def _check_terms(terms: Iterable[str], place: str, *, references: bool = False, categories: bool = False) -> None:
    for number, term in enumerate(terms):
        if (references and term.startswith("@")) or (categories and is_category(term)):
            continue
        try:
            forms(term)
        except ValueError as error:
            raise _WrongError(f"{place}[{number}]", f"{error}") from error


def _check_references(file: _File, lists: Mapping[str, set[str]]) -> None:
    for theme_id, theme in file.themes.items():
        for number, term in enumerate(theme.needs):
            if term.startswith("@") and term[1:] not in lists:
                known = ", ".join(sorted(lists)) or "none"
                raise _WrongError(
                    f"themes.{theme_id}.needs[{number}]", f"there is no list {term[1:]!r}; known: {known}."
                )


def _lay_over(drafts: dict[str, _Draft], theme_id: str, theme: _Theme, name: str) -> None:
    """Put one theme of a file over what is there; raises _WrongError."""
    place = f"themes.{theme_id}"
    if theme.disable:
        if theme_id not in drafts:
            known = ", ".join(sorted(drafts))
            raise _WrongError(place, f"there is no such theme to disable; the themes are: {known}.")
        del drafts[theme_id]
        return
    draft = _Draft() if theme.replace or theme_id not in drafts else drafts[theme_id]
    draft.label = draft.label if theme.label is None else theme.label
    draft.threshold = draft.threshold if theme.threshold is None else theme.threshold
    draft.alone = draft.alone if theme.alone is None else theme.alone
    draft.terms |= {term: group.weight for group in theme.terms for term in group.any}
    draft.excluded |= set(theme.excluded)
    draft.needs |= set(theme.needs)
    draft.categories |= {code: group.weight for group in theme.categories for code in group.any}
    draft.of_field |= set(theme.of_field)
    draft.at_large = draft.at_large if theme.at_large is None else theme.at_large
    draft.files = tuple(dict.fromkeys((*draft.files, name)))
    if not (draft.terms or draft.categories or draft.of_field):
        raise _WrongError(place, "the theme has no terms, so it can never be given; add some under 'terms'.")
    drafts[theme_id] = draft


def _finish(theme_id: str, draft: _Draft, lists: Mapping[str, set[str]]) -> Theme:
    return Theme(
        id=theme_id,
        label=draft.label or theme_id,
        threshold=THRESHOLD if draft.threshold is None else draft.threshold,
        terms=tuple(sorted(Term(words, weight) for words, weight in draft.terms.items())),
        excluded=tuple(sorted(draft.excluded)),
        needs=tuple(sorted(set(_resolved(draft.needs, lists)))),
        categories=tuple(sorted(Category(code, weight) for code, weight in draft.categories.items())),
        alone=draft.alone,
        field=tuple(sorted(draft.of_field)),
        at_large=draft.at_large,
        files=draft.files,
    )


def _resolved(terms: Iterable[str], lists: Mapping[str, set[str]]) -> Iterator[str]:
    """The terms, with `@name` replaced by that list."""
    for term in terms:
        if term.startswith("@"):
            yield from lists[term[1:]]
        else:
            yield term
