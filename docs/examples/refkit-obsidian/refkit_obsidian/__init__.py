"""The writer `obsidian`: a folder of notes in Markdown, one a paper, as Obsidian and its kin keep them.

    [writers.obsidian]
    path = "vault/papers"

A note begins with properties (YAML between `---`), of which refkit writes those of `_OURS` and leaves all others; below
stand a heading and the abstract between two comments. Everything else in a note is the user's. What refkit wrote last
stands as a hash in the property `refkit`, so that a property or an abstract that the user changed is told from one that
changed on arXiv, and stays.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from refkit import Change, ConfigError, Op, Report, Work, WriteConflict, WriteError

_OURS = ("title", "authors", "year", "arxiv", "url", "doi", "tags")
_BEGIN, _END = "<!-- refkit: abstract -->\n", "<!-- refkit: end -->\n"
_NOTE = re.compile(r"\A---\n(?P<head>(?:.*\n)*?)---\n(?P<body>(?:.*\n?)*)\Z")
_PROPERTY = re.compile(r"(?P<name>[\w-]+):(?P<value>.*(?:\n[ \t-].*)*)\n?")
_MOST = 80  # characters of a title in the name of a file; file systems allow 255 bytes


class Note(NamedTuple):
    """A note taken apart: its properties as they are written, and what stands below them."""

    properties: dict[str, str]
    body: str


class ObsidianWriter:
    """Keeps a folder of notes up to date, and what its user wrote in them."""

    name = "obsidian"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, str | None] = {}
        self._places: dict[str, Path] = {}

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: object) -> ObsidianWriter:
        """Return the writer to the `path` of `[writers.obsidian]`, or of `--output`. Raises ConfigError."""
        del surroundings  # all that it keeps stands in the notes
        path = settings.get("path")
        unknown = sorted(set(settings) - {"path"})
        if unknown:
            raise ConfigError(f"there is no setting named {unknown[0]!r} of `{unknown[0]}`; there is one: path.")
        if not isinstance(path, str) or not path:
            raise ConfigError("name the folder of the notes: `path` in [writers.obsidian], or --output.")
        return cls(Path(path))

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        """Return a change for each paper, sorted by arXiv id; nothing is written. Raises WriteError."""
        papers = {work.record.arxiv_id: work for work in reversed(works)}
        there = self._notes() if papers else {}
        taken = {path.name.casefold() for path in self._folder.glob("*.md")} if self._folder.is_dir() else set()
        return [self._change(work, there.get(arxiv_id), taken) for arxiv_id, work in sorted(papers.items())]

    def apply(self, changes: Sequence[Change]) -> Report:
        """Write the notes of the changes, each whole or not at all; one that cannot be written is reported."""
        done, failed = [], []
        for change in changes:
            try:
                self._write(change)
                done.append(change)
            except (WriteError, OSError) as error:
                failed.append((change, getattr(error, "strerror", None) or str(error)))
        return Report(done=tuple(done), failed=tuple(failed))

    def _notes(self) -> dict[str, Path]:
        """Return where the note of each paper is, by arXiv id: the user may have renamed it."""
        found: dict[str, Path] = {}
        for path in sorted(self._folder.rglob("*.md")) if self._folder.is_dir() else ():
            arxiv_id = _value(_parse(_text(path) or "").properties.get("arxiv", ""))
            if arxiv_id:
                found.setdefault(arxiv_id, path)
        return found

    def _change(self, work: Work, path: Path | None, taken: set[str]) -> Change:
        arxiv_id = work.record.arxiv_id
        new = path is None
        place = self._places[arxiv_id] = path or self._folder / _free_name(work, taken)
        before = self._seen[place] = _text(place)
        if new:
            return Change(op=Op.CREATE, key=arxiv_id, work=work, diff={"note": ("", place.name)})
        old, merged = _parse(before or ""), _parse(_merged(before or "", work))
        diff = {
            name: (_value(old.properties.get(name, "")), _value(merged.properties.get(name, "")))
            for name in _OURS
            if old.properties.get(name) != merged.properties.get(name)
        }
        if old.body != merged.body:
            diff["abstract"] = (_abstract(old.body), _abstract(merged.body))
        return Change(op=Op.UPDATE if diff else Op.KEEP, key=arxiv_id, work=work, diff=diff)

    def _write(self, change: Change) -> None:
        place = self._places[change.key]
        if _text(place) != self._seen[place]:
            raise WriteConflict(f"{place} was changed meanwhile; run it again.")
        if change.op is Op.KEEP:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        text = _merged(self._seen[place] or "", change.work)
        _replace(place, text)
        self._seen[place] = text


def _merged(text: str, work: Work) -> str:
    """Return a note with what is known of a work, except where the user changed what was written before."""
    note = _parse(text)
    written = _hashes(note.properties.get("refkit", ""))
    properties, hashes = dict(note.properties), dict(written)
    for name, value in _properties(work).items():
        if _is_ours(properties.get(name), written.get(name)):
            properties[name] = value
            hashes[name] = _hash(value)
    abstract, body = " ".join(work.record.abstract.split()), note.body
    if not text:
        body = f"\n# {work.record.title}\n\n{_BEGIN}{_END}\n"
        hashes["abstract"] = _hash("")
    if _BEGIN in body and _END in body and hashes.get("abstract") == _hash(_abstract(body)):
        before, _, rest = body.partition(_BEGIN)
        body = f"{before}{_BEGIN}{abstract}{chr(10) if abstract else ''}{_END}{rest.partition(_END)[2]}"
        hashes["abstract"] = _hash(abstract)
    properties["refkit"] = " " + json.dumps(" ".join(f"{name}={value}" for name, value in sorted(hashes.items())))
    return f"---\n{''.join(f'{name}:{value}{chr(10)}' for name, value in properties.items())}---\n{body}"


def _is_ours(value: str | None, written: str | None) -> bool:
    """Whether a property is new, or stands as refkit wrote it; one that the user removed is not new."""
    return written is None if value is None else _hash(value) == written


def _properties(work: Work) -> dict[str, str]:
    """Return the properties of a work as YAML; JSON is YAML too, and quotes what has to be quoted."""
    record, published = work.record, work.published
    year = record.submitted.year if record.submitted else None
    values = {
        "title": record.title,
        "authors": [str(author) for author in record.authors],
        "year": year,
        "arxiv": record.arxiv_id,
        "url": f"https://arxiv.org/abs/{record.arxiv_id}",
        "doi": published.doi if published else "",
        "tags": [tag.theme for tag in work.themes],
    }
    return {name: f" {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value}


def _parse(text: str) -> Note:
    found = _NOTE.match(text)
    if not found:
        return Note({}, text)
    return Note({each["name"]: each["value"] for each in _PROPERTY.finditer(found["head"])}, found["body"])


def _value(written: str) -> str:
    """Return a property as text."""
    try:
        value = json.loads(written)
    except ValueError:
        return written.strip()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _abstract(body: str) -> str:
    return body.partition(_BEGIN)[2].partition(_END)[0].strip()


def _hashes(written: str) -> dict[str, str]:
    return {name: value for each in _value(written).split() for name, _, value in [each.partition("=")]}


def _hash(value: str) -> str:
    return hashlib.sha256(value.strip().encode()).hexdigest()[:12]


def _free_name(work: Work, taken: set[str]) -> str:
    """Return a name for a new note that every file system and every link of Obsidian takes."""
    plain = " ".join(re.sub(r"[^\w\s,.()'-]", " ", work.record.title).split())[:_MOST].strip(" .") or "Paper"
    name = f"{plain}.md"
    if name.casefold() in taken:
        name = f"{plain} ({work.record.arxiv_id.replace('/', '-')}).md"
    taken.add(name.casefold())
    return name


def _text(path: Path) -> str | None:
    """Return the text of a note, None if there is none. Raises WriteError for one that cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise WriteError(f"{path} cannot be read ({error}); nothing is written to it.") from error


def _replace(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
    temporary = Path(file.name)
    try:
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
