"""Trees of values, of JSON or YAML, -> where the papers stand in them, found by evidence: which texts are titles.

A value is a tree of objects and lists. All objects that stand at like places (`results[]`, `*[]`) are the rows of one
table, with their keys as names of its columns; the table whose column of titles is surest is taken (`columns.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct, field

from refkit.digests.cells import kind_of, look_at, looks_like_title
from refkit.digests.columns import ALIASES, WEAK, Missing, assign, fold_name, named_places
from refkit.digests.lines import clean
from refkit.digests.md_rows import is_row
from refkit.digests.values import WRAPPED, authors_of, text_of

Place = tuple[str, ...]
Path = tuple[str, ...]

SAMPLE = 200
DEEPEST = 10
_MOST = 0.8
_MANY, _SEVERAL = 0.6, 5  # titles of one or two words stand among keys that are titles
_EVIDENCE = ("abstract", "authors", "arxiv_id", "doi", "url", "issued")
_OWN = ("authors", "arxiv_id", "doi")
# Words for lists of papers, which say nothing about them as a heading would.
_STRUCTURE = frozenset(
    """paper result item data datum entry entrie record work article publication list content message response hit doc
    document row feed note root child children submission value reference preprint body collection payload output
    object element member node edge page json db source main all new daily arxiv latest recent trending today match
    message search query""".split()
)
_RELATED = frozenset(
    """reference references citation citations related cites citedby citing bibliography recommendations similar
    relatedworks referencedworks bibentries refentries seealso venue journal publisher containertitle""".split()
)
_NOT_ITS_TITLE = frozenset(
    """authors author authorships creators creator editor editors institutions affiliations concepts keywords topics
    journal venue source publisher institution organization event conference category user submitter submittedby owner
    container series track affiliation license fieldsofstudy""".split()
)


class Shape(Struct, frozen=True):
    """Where in a tree the papers stand: `fields` gives the paths at each place, the best first.

    `rows` are places of strings that are rows of Markdown, `names` of strings that are titles, `keys` of objects whose
    keys are titles.
    """

    fields: Mapping[Place, Mapping[str, tuple[Path, ...]]] = field(default_factory=dict)
    rows: frozenset[Place] = frozenset()
    names: frozenset[Place] = frozenset()
    keys: frozenset[Place] = frozenset()

    @property
    def found(self) -> bool:
        """Whether there are papers at all."""
        return bool(self.fields or self.rows or self.names or self.keys)


class _Pools(NamedTuple):
    objects: dict[Place, list[Mapping[str, Any]]]
    strings: dict[Place, list[str]]
    keys: dict[Place, list[str]]


def shape_of(values: Iterable[Any], named: Mapping[str, str] | None = None) -> Shape | Missing:
    """Return where the papers stand in some trees that are alike, for instance the lines of a file.

    With columns that are `named` only objects that have these are papers; Missing tells that there are none.
    """
    pools = _Pools({}, {}, {})
    for value in values:
        _survey(value, (), pools)
    if named:
        return _as_named(pools, named)
    fields = _best({place: _table(rows) for place, rows in pools.objects.items()}, pools)
    if fields:
        return Shape(fields)
    rows = frozenset(place for place, texts in pools.strings.items() if _share(texts, is_row) >= _MOST)
    if rows:
        return Shape(rows=rows)
    keys = frozenset(place for place, names in pools.keys.items() if _all_titles(names, _MANY))
    names = frozenset(
        place for place, texts in pools.strings.items() if place[-1:] in {(), ("[]",)} and _all_titles(texts)
    )
    return Shape(keys=keys) if keys else Shape(names=names)


def _survey(value: Any, place: Place, pools: _Pools) -> None:
    if len(place) > DEEPEST:
        return
    if isinstance(value, dict):
        rows = pools.objects.setdefault(place, [])
        if len(rows) < SAMPLE:
            rows.append(value)
        step = step_of(value)
        if step:
            pools.keys.setdefault(place, []).extend(map(str, islice(value, SAMPLE)))
        for key, each in islice(value.items(), SAMPLE):
            _survey(each, (*place, step or str(key)), pools)
    elif isinstance(value, list):
        for each in value[:SAMPLE]:
            _survey(each, (*place, "[]"), pools)
    elif isinstance(value, str):
        texts = pools.strings.setdefault(place, [])
        if len(texts) < SAMPLE:
            texts.append(value)


def step_of(value: Mapping[str, Any]) -> str:
    """Return "*" if an object is a list with keys: ids, dates, headings or titles over values of one form."""
    if not value:
        return ""
    first = list(islice(value.items(), 20))
    labels = sum(_is_label(key) for key, _ in first)
    alike = all(isinstance(each, str) for _, each in first) or all(isinstance(each, dict | list) for _, each in first)
    if alike and (labels == len(first) or (len(first) >= _SEVERAL and labels >= _MANY * len(first))):
        return "*"
    if not all(isinstance(each, dict | list) for _, each in first):
        return ""
    kinds = [_keys_in(each) for _, each in first]
    return "*" if len(first) > 1 and all(kinds) and all(kinds[0] & kind for kind in kinds[1:]) else ""


def _is_label(key: Any) -> bool:
    """Whether a key is no name of a field: an id, a date, a number, or several words."""
    text = clean(str(key))
    return " " in text or text[:1].isdigit() or kind_of(text) in {"arxiv", "date", "number", "link"}


def _keys_in(value: Any) -> set[str]:
    """Return the keys of an object, or of those in a list or below one more level of keys."""
    for _ in range(3):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            if not all(isinstance(each, dict | list) for each in value.values()):
                return set(value)
            value = next(iter(value.values()), None)
    return {"a string"} if isinstance(value, str) else set()


class _Table(NamedTuple):
    """The paths of the fields of objects at one place, how many there are, and how sure their title is."""

    fields: dict[str, tuple[Path, ...]]
    size: int
    by_name: bool
    evidence: int


def _table(rows: Sequence[Mapping[str, Any]], named: Mapping[str, str] | None = None) -> _Table | Missing:
    """Take objects for the rows of a table; `fields` is empty where nothing looks like titles."""
    flat = [flatten(row) for row in rows]
    paths = sorted(dict.fromkeys(path for row in flat for path in row), key=len)
    names = [_name_of(path) for path in paths]
    cells = [[_as_cell(row[path]) if path in row else "" for path in paths] for row in flat]
    if named:
        whole = named_places([".".join(path) for path in paths], 0, named)
        by_end = named_places([path[-1] for path in paths], len(paths), named) if isinstance(whole, Missing) else whole
        if isinstance(by_end, Missing):
            return by_end
        chosen = {name: str(number + 1) for name, number in by_end.items()}
        places = assign(["" for _ in names], cells, chosen) if "title" in chosen else assign(names, cells, {})
        places = {**places, **by_end} if not isinstance(places, Missing) else by_end
        found = {**_others(paths, names, places), **{each: (paths[number],) for each, number in by_end.items()}}
        return _Table(found, len(rows), by_name=True, evidence=1)
    titles = [names[number] if _may_be_its_title(path) else "" for number, path in enumerate(paths)]
    places = assign([*titles], cells)
    if isinstance(places, Missing) or "title" not in places or not _may_be_its_title(paths[places["title"]]):
        return _Table({}, len(rows), by_name=False, evidence=0)
    name = fold_name(names[places["title"]])
    fields = _others(paths, names, places)
    evidence = sum(each in fields for each in _EVIDENCE)
    known = name in ALIASES["title"]
    looks = look_at([row[places["title"]] for row in cells])
    if name in WEAK and not looks.titles and not any(look_at(column).papers for column in zip(*cells, strict=True)):
        return _Table({}, len(rows), by_name=False, evidence=0)
    if not known and (len(rows) < 2 or not evidence):  # noqa: PLR2004 - one text may be anything
        return _Table({}, len(rows), by_name=False, evidence=0)
    return _Table(fields, len(rows), known and (name not in WEAK or looks.titles > 0), evidence)


def _may_be_its_title(path: Path) -> bool:
    return not _is_of_another(path[:-1]) and not any(fold_name(part) in _RELATED for part in path[:-1])


def _is_of_another(steps: Sequence[str]) -> bool:
    """Whether what stands below is said of people, journals and the like; `_source` is only how a search wraps it."""
    return any(fold_name(step) in _NOT_ITS_TITLE for step in steps if not step.startswith("_"))


def _others(paths: Sequence[Path], names: Sequence[str], places: Mapping[str, int]) -> dict[str, tuple[Path, ...]]:
    """Return all paths of each field, that of `places` first, then by the order of their names."""
    folded = [fold_name(name) for name in names]
    own = paths[places["title"]] if "title" in places else ()
    found: dict[str, tuple[Path, ...]] = {}
    for each, aliases in ALIASES.items():
        named = (n for alias in aliases for n, name in enumerate(folded) if name == alias and n not in places.values())
        numbers = [*([places[each]] if each in places else []), *named]
        may = tuple(paths[n] for n in numbers if n == places.get("title") or _may_say(each, paths[n], own))
        if may:
            found[each] = may
    return found


def _may_say(field_name: str, path: Path, title: Path) -> bool:
    """Whether what stands at a path is said of the paper: not of its references, its journal or a part of it."""
    if field_name == "title":
        return _may_be_its_title(path) and len(path) == len(title)
    if any(fold_name(part) in _RELATED for part in path[:-1]):
        return False
    if field_name in {"heading", "issued", "month", "day"}:
        return path[:-1] == title[: len(path) - 1]
    return field_name == "authors" or not _is_of_another(path[:-1])


def flatten(row: Mapping[str, Any], depth: int = 3) -> dict[Path, Any]:
    """Return the values of an object by their paths through objects in it; a text in an object of its own is one."""
    found: dict[Path, Any] = {}
    for key, value in islice(row.items(), SAMPLE):
        if isinstance(value, dict) and depth > 1 and not _is_leaf(value):
            found |= {(str(key), *path): each for path, each in flatten(value, depth - 1).items()}
        else:
            found[str(key),] = value
    return found


def _is_leaf(value: Mapping[str, Any]) -> bool:
    """Whether an object says one thing: a text with its language, a date in parts, words with their places."""
    if "date-parts" in value or ({"year", "month"} <= set(value) and len(value) <= 3):  # noqa: PLR2004
        return True
    if len(value) <= 3 and isinstance(value.get("value", value.get("#text", value.get("rendered"))), str | list):  # noqa: PLR2004
        return True
    return bool(value) and all(isinstance(each, list) and each and type(each[0]) is int for each in value.values())


def _name_of(path: Path) -> str:
    return path[-2] if len(path) > 1 and path[-1] in WRAPPED else path[-1]


def _as_cell(value: Any) -> str:
    """Return a value as the cell of a table, by which a column is judged."""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and len(value) != 1:
        names = value[:20] if all(isinstance(each, str) for each in value) else authors_of(value[:20])
        return "; ".join(names or ())
    if isinstance(value, list) and not isinstance(value[0], str):
        return "; ".join(authors_of(value) or ())
    return text_of(value)


def _best(tables: Mapping[Place, _Table | Missing], pools: _Pools) -> dict[Place, dict[str, tuple[Path, ...]]]:
    """Return the tables that hold papers: named titles before others, those with more evidence before bare ones."""
    found = {
        place: table
        for place, table in tables.items()
        if isinstance(table, _Table) and table.fields and not _is_of_another(place)
    }
    found = {place: table for place, table in found.items() if not _only_above(place, table, found)}
    if any(table.by_name for table in found.values()):
        found = {place: table for place, table in found.items() if table.by_name}
    if any(table.evidence and table.size > 1 for table in found.values()):
        found = {place: table for place, table in found.items() if table.evidence or table.size > 1}
    if all(table.size == 1 and not table.evidence for table in found.values()) and any(
        _all_titles(texts) and len(texts) > 1 for texts in pools.strings.values()
    ):
        return {}
    outer = [place for place in found if not any(place[:n] in found for n in range(len(place)))]
    return {place: found[place].fields for place in outer}


def _only_above(place: Place, table: _Table, found: Mapping[Place, _Table]) -> bool:
    """Whether objects only hold the papers: in a list below them there are titles, and nothing is said of their own."""
    below = [other for other in found if other[: len(place)] == place and set(other[len(place) :]) & {"[]", "*"}]
    below = [other for other in below if not {fold_name(part) for part in other[len(place) :]} & _RELATED]
    if not below:
        return False
    steps = {fold_name(part) for other in below for part in other[len(place) : len(place) + 1]}
    structural = any(is_structure(step) for step in steps)
    return structural or table.size == 1 or not any(each in table.fields for each in _OWN)


def is_structure(key: str) -> bool:
    """Whether a key is only a word for a list of papers."""
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in key).casefold()
    parts = [part for part in words.replace("_", " ").replace("-", " ").split() if part]
    plain_key = key.casefold().rstrip("s")
    return plain_key in _STRUCTURE or (bool(parts) and all(part.rstrip("s") in _STRUCTURE for part in parts))


def _share(texts: Sequence[str], holds: Any) -> float:
    return sum(bool(holds(text)) for text in texts) / len(texts) if texts else 0.0


def _all_titles(texts: Sequence[str], share: float = _MOST) -> bool:
    cells = [clean(text) for text in texts]
    return len(cells) > 1 and look_at(cells).titles > 0 and _share(cells, looks_like_title) >= share


def _as_named(pools: _Pools, named: Mapping[str, str]) -> Shape | Missing:
    tables = {place: _table(rows, named) for place, rows in pools.objects.items()}
    found = {place: table for place, table in tables.items() if isinstance(table, _Table) and "title" in table.fields}
    outer = [place for place in found if not any(place[:n] in found for n in range(len(place)))]
    lists = [place for place in outer if found[place].size > 1] or outer
    if lists:
        return Shape({place: found[place].fields for place in lists})
    biggest = max(pools.objects, key=lambda place: len(pools.objects[place]), default=None)
    missing = tables[biggest] if biggest is not None else None
    return missing if isinstance(missing, Missing) else Missing(next(iter(named.values())))


def field_names(values: Iterable[Any]) -> list[str]:
    """Return the keys of the objects that are commonest, to tell which columns there are."""
    pools = _Pools({}, {}, {})
    for value in values:
        _survey(value, (), pools)
    biggest = max(pools.objects.values(), key=len, default=[])
    return list(dict.fromkeys(".".join(path) for row in biggest[:20] for path in flatten(row)))


def at(row: Any, path: Path) -> Any:
    """Return the value at a path, None if there is none."""
    for key in path:
        if not isinstance(row, dict):
            return None
        row = row.get(key)
    return row


def first(row: Mapping[str, Any], paths: Sequence[Path]) -> Any:
    """Return the first value that says something."""
    return next((value for path in paths if (value := at(row, path)) not in (None, "", [], {})), None)
