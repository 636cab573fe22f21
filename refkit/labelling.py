"""Works that a person has labelled with themes, to score a taxonomy by: from JSON lines, a bibliography or a digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from refkit import pipeline
from refkit.errors import DigestError, UsageError
from refkit.model import ArxivRecord, Mention, Work, find_arxiv_id
from refkit.normalize import title_key
from refkit.themes.headings import topic
from refkit.themes.scoring import Labelled

if TYPE_CHECKING:
    from refkit.model import Resolution

# Where a line of JSON may have its labels: `themes` is that of seeds/truth.jsonl.
_LABELS = ("themes", "labels", "keywords", "tags")
_ENDINGS = {".bib": "bibtex", ".ris": "ris"}
_SHAPE = 'like {"title": "Learning to Walk", "themes": ["robotics"]}'


class Row(Struct, frozen=True):
    """A paper as a file of labels has it, with the labels as written and where they stand."""

    mention: Mention
    labels: tuple[str, ...]
    place: str
    categories: tuple[str, ...] = ()


def read_rows(path: Path) -> list[Row]:
    """Read the papers with their labels: lines of JSON, keywords of a bibliography, or headings of a digest.

    Raises DigestError with file and line for what cannot be read, UsageError if no paper has a label.
    """
    kind = _ENDINGS.get(path.suffix.casefold())
    if kind:
        rows = _of_bibliography(path, kind)
    elif path.suffix.casefold() in {".jsonl", ".ndjson"}:
        rows = _of_json_lines(path)
    else:
        rows = _of_digest(path)
    if not any(row.labels for row in rows):
        raise UsageError(
            f"{path} has no labelled paper; name lines of JSON {_SHAPE}, a .bib with keywords, or a digest whose "
            "headings are topics."
        )
    return rows


def with_abstracts(rows: Iterable[Row], mentions: Iterable[Mention]) -> list[Row]:
    """Return the rows with what a digest says of the same titles besides: its mention is one of the work's."""
    said = {title_key(mention.title): mention for mention in mentions}
    return [_with(row, said.get(title_key(row.mention.title))) for row in rows]


def works_of(rows: Sequence[Row], resolve: Callable[[Sequence[Mention]], Sequence[Resolution]]) -> list[Labelled]:
    """Return the labelled works; `resolve` is asked which paper each is, for its categories and its abstract."""
    found = resolve([row.mention for row in rows])
    return [
        Labelled(_work(row, resolution.record), row.labels, row.place)
        for row, resolution in zip(rows, found, strict=True)
    ]


def _work(row: Row, record: ArxivRecord | None) -> Work:
    """The work of a row: the record, if one was found, and what the row says itself."""
    known = record or ArxivRecord(arxiv_id=row.mention.arxiv_id, title=row.mention.title)
    if row.categories and not known.categories:
        known = ArxivRecord(
            arxiv_id=known.arxiv_id, title=known.title, abstract=known.abstract, categories=row.categories
        )
    return Work(record=known, mentions=(row.mention,))


def _with(row: Row, said: Mention | None) -> Row:
    if said is None or row.mention.abstract:
        return row
    mention = Mention(
        title=row.mention.title,
        abstract=said.abstract,
        authors=row.mention.authors or said.authors,
        arxiv_id=row.mention.arxiv_id or said.arxiv_id,
        issued=said.issued,
    )
    return Row(mention, row.labels, row.place, row.categories)


def _of_json_lines(path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if line.strip():
            rows.append(_row(line, path, number))
    return rows


def _row(line: str, path: Path, number: int) -> Row:
    """Read one line; raises DigestError."""
    try:
        said = json.loads(line)
    except ValueError as error:
        raise DigestError(str(path), number, f"this is not a line of JSON ({error}); write it {_SHAPE}.") from error
    if not isinstance(said, dict) or not isinstance(said.get("title"), str) or not said["title"].strip():
        raise DigestError(str(path), number, f"the line has no title; write it {_SHAPE}.")
    labels = next((said[name] for name in _LABELS if name in said), None)
    if labels is None:
        raise DigestError(str(path), number, f"the line has no themes; write it {_SHAPE}, or [] for a paper of none.")
    mention = Mention(
        title=said["title"].strip(),
        abstract=_string(said, "abstract", path, number),
        arxiv_id=find_arxiv_id(_string(said, "arxiv_id", path, number)),
    )
    categories = said.get("categories") or ()
    return Row(
        mention,
        _strings(labels, "themes", path, number),
        f"{path}:{number}",
        _strings(categories.split() if isinstance(categories, str) else categories, "categories", path, number),
    )


def _string(said: Mapping[str, Any], name: str, path: Path, number: int) -> str:
    value = said.get(name) or ""
    if not isinstance(value, str):
        raise DigestError(str(path), number, f"`{name}` is no text; write it in quotation marks.")
    return value


def _strings(value: object, name: str, path: Path, number: int) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise DigestError(str(path), number, f"`{name}` is no list of texts; write it {_SHAPE}.")
    return tuple(dict.fromkeys(each.strip() for each in value if each.strip()))


def _of_bibliography(path: Path, kind: str) -> list[Row]:
    from refkit.writers.formats.converting import read_items  # only where a bibliography is read

    items = read_items(_text(path), format=kind, name=str(path)).items
    return [
        Row(
            Mention(
                title=item.texts["title"],
                abstract=item.texts.get("abstract", ""),
                arxiv_id=item.arxiv_id,
                doi=item.texts.get("DOI", ""),
            ),
            item.keywords,
            f"{path} ({item.key})" if item.key else str(path),
            (item.arxiv_class,) if item.arxiv_class else (),
        )
        for item in items
        if item.texts.get("title")
    ]


def _of_digest(path: Path) -> list[Row]:
    mentions = pipeline.read(path)
    return [
        Row(mention, tuple(filter(None, [topic(mention.heading)])), f"{path}:{mention.line}") for mention in mentions
    ]


def _text(path: Path) -> str:
    from refkit.digests.decoding import decode
    from refkit.digests.loading import load_bytes

    return decode(load_bytes(str(path)), None, digest=str(path))
