"""Preprints in an existing .bib become published versions, in place, where these are surely known."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from refkit.errors import SourceError, UsageError
from refkit.files import replace_unchanged
from refkit.guarding import guard
from refkit.metadata.published import Finding
from refkit.model import ArxivRecord, Work
from refkit.normalize import title_key
from refkit.publishing import publish
from refkit.writers.bib_file import BibFile, Block, Edit, splice
from refkit.writers.bib_identity import identify
from refkit.writers.bib_record import record_of, value_of
from refkit.writers.bib_upgrade import Line, compared, is_preprint, upgrade

if TYPE_CHECKING:
    from refkit.protocols import Enricher, Source

BIB = "the .bib file"  # the source of what only the entry itself says


class Status(enum.Enum):
    """What came of an entry that is a preprint's or may be one."""

    UPGRADED = "upgraded"
    PUBLISHED = "already published"
    UNKNOWN = "no published version known"
    DOUBTFUL = "doubtful"
    LEFT = "left alone"
    FAILED = "could not be looked up in full"


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one entry, with its reason; `finding` is what was found of its paper."""

    key: str
    line: int
    status: Status
    reason: str
    finding: Finding | None = None


class Upgrade(Struct, frozen=True, kw_only=True):
    """The new text of a file, what came of each entry, and which services failed, as sentences."""

    file: BibFile
    text: str
    outcomes: tuple[Outcome, ...]
    outages: tuple[str, ...] = ()

    def write(self, path: Path) -> bool:
        """Put the new text in the place of the file, whole or not at all; return whether bytes changed.

        Raises WriteError, and WriteConflict if the file is no longer what was read.
        """
        return replace_unchanged(path, self.file.encoded(self.file.text), self.file.encoded(self.text))


def plan(
    file: BibFile, *, sources: Sequence[Source] = (), enrichers: Sequence[Enricher] = (), keys: Iterable[str] = ()
) -> Upgrade:
    """Look up the preprints of a file and return what it shall become; nothing is written.

    With `keys` only these entries are looked at. Raises UsageError for a key that the file lacks.
    """
    strings = file.strings
    blocks = _chosen(file, tuple(keys))
    outages: list[str] = []
    ids = {block: _own_id(block, strings) for block in blocks}
    preprints = [block for block, arxiv_id in ids.items() if arxiv_id and is_preprint(block, strings)]
    works = _works(preprints, ids, strings, sources, outages)
    found = publish([works[ids[block]] for block in preprints], sources=sources, enrichers=enrichers)
    findings = dict(zip(preprints, found.findings, strict=True))
    edits: list[Edit] = []
    outcomes = []
    for block in blocks:
        finding = findings.get(block)
        outcome, changes = _outcome(file, block, ids.get(block, ""), finding, strings)
        edits += changes
        outcomes += [outcome] if outcome else []
    failed = tuple(dict.fromkeys((*outages, *found.outages)))
    if failed:  # an outage is never "not published"
        outcomes = [
            replace(each, status=Status.FAILED, reason="not everybody could be asked")
            if each.status is Status.UNKNOWN
            else each
            for each in outcomes
        ]
    return Upgrade(file=file, text=splice(file.text, edits), outcomes=tuple(outcomes), outages=failed)


class Explained(Struct, frozen=True):
    """One entry: what was found of its paper, its fields beside what is known, and which services failed."""

    finding: Finding
    lines: tuple[Line, ...]
    outages: tuple[str, ...]


def explain(
    file: BibFile, key: str, *, sources: Sequence[Source] = (), enrichers: Sequence[Enricher] = ()
) -> Explained:
    """Look up the paper of one entry, published or not. Raises UsageError if there is none, or it has no arXiv id."""
    strings, (block,) = file.strings, _chosen(file, (key,))[:1]
    arxiv_id = _own_id(block, strings)
    if not arxiv_id:
        why = block.problem or "it names no arXiv id"
        raise UsageError(f"{file.name}:{block.line}: the entry {key} cannot be looked up: {why}.")
    outages: list[str] = []
    works = _works([block], {block: arxiv_id}, strings, sources, outages)
    found = publish(works.values(), sources=sources, enrichers=enrichers)
    (finding,) = found.findings
    lines = tuple(compared(block, finding.work, strings))
    return Explained(finding, lines, tuple(dict.fromkeys((*outages, *found.outages))))


def find(
    arxiv_id: str, *, sources: Sequence[Source] = (), enrichers: Sequence[Enricher] = ()
) -> tuple[Finding, tuple[str, ...]]:
    """Look up one paper by its arXiv id; return what was found, and which services failed.

    Raises UsageError if no source has it, SourceError if one that might have it failed.
    """
    outages: list[str] = []
    works = _recorded([arxiv_id], sources, outages)
    if not works and outages:
        raise SourceError("; ".join(outages))
    if not works:
        raise UsageError(f"No source has arXiv:{arxiv_id}; check the id, or build an index (`refkit index build`).")
    found = publish(works.values(), sources=sources, enrichers=enrichers)
    return found.findings[0], tuple(dict.fromkeys((*outages, *found.outages)))


def _chosen(file: BibFile, keys: tuple[str, ...]) -> list[Block]:
    blocks = [block for block in file.blocks if block.kind in {"entry", "broken"}]
    if not keys:
        return blocks
    lacking = set(keys) - {block.key for block in blocks}
    if lacking:
        raise UsageError(f"{file.name} has no entry {', '.join(sorted(lacking))}; give a citekey as it stands there.")
    return [block for block in blocks if block.key in keys]


def _own_id(block: Block, strings: dict[str, str]) -> str:
    """Return the arXiv id that an entry gives as its own; one in a note may be that of another paper."""
    found = identify(block, strings) if block.kind == "entry" else None
    return found.arxiv_id if found and not found.loose else ""


def _outcome(
    file: BibFile, block: Block, arxiv_id: str, finding: Finding | None, strings: dict[str, str]
) -> tuple[Outcome | None, list[Edit]]:
    """Return what comes of an entry, and its edits; nothing is said of one that has nothing to do with arXiv."""
    edits: list[Edit] = []
    if block.kind == "broken":
        status, reason = Status.LEFT, f"the entry is broken: {block.problem}"
    elif not arxiv_id:
        return None, []
    elif finding is None:
        status, reason = Status.PUBLISHED, "it names a journal, proceedings or another kind of publication"
    else:
        status, reason, edits = _judged(file, block, finding, strings)
    return Outcome(key=block.key, line=block.line, status=status, reason=reason, finding=finding), edits


def _judged(file: BibFile, block: Block, finding: Finding, strings: dict[str, str]) -> tuple[Status, str, list[Edit]]:
    record = finding.work.record
    if not _is_its_title(block, record, strings):
        return Status.DOUBTFUL, f"arXiv:{record.arxiv_id} has another title: {record.title or 'not known'}", []
    if finding.work.published is None:
        return Status.DOUBTFUL if finding.doubts else Status.UNKNOWN, finding.reason, []
    edits = upgrade(file.text, block, finding.work, strings, ascii_only=file.encoding != "utf-8")
    if not _is_sound(file, block, edits):
        return Status.LEFT, "the changed entry would not read back; please report it", []
    return Status.UPGRADED, finding.reason, edits


def _is_its_title(block: Block, record: ArxivRecord, strings: dict[str, str]) -> bool:
    """Whether the entry's title is that of the record; without one, its id is all there is to go by, and not enough."""
    mine = title_key(value_of(block, "title", strings))
    return bool(mine) and mine in {title_key(title) for title in (record.title, *record.former_titles)}


def _is_sound(file: BibFile, block: Block, edits: Sequence[Edit]) -> bool:
    """Whether a changed entry is still one sound entry with the same key."""
    moved = [Edit(edit.start - block.start, edit.end - block.start, edit.new) for edit in edits]
    text = splice(file.text[block.start : block.end], moved)
    blocks = BibFile.parse(text.encode(errors="replace"), file.name).blocks
    return len(blocks) == 1 and blocks[0].kind == "entry" and blocks[0].key == block.key


def _works(
    blocks: Sequence[Block],
    ids: dict[Block, str],
    strings: dict[str, str],
    sources: Sequence[Source],
    outages: list[str],
) -> dict[str, Work]:
    """Return a work for each arXiv id: of the first source that knows its authors and date, else as the entry says."""
    works = _recorded(list(dict.fromkeys(ids[block] for block in blocks)), sources, outages)
    for block in blocks:
        works.setdefault(ids[block], _as_the_entry_says(block, ids[block], strings))
    return works


def _recorded(wanted: Sequence[str], sources: Sequence[Source], outages: list[str]) -> dict[str, Work]:
    """Return a work for each arXiv id that a source knows with authors and date."""
    works: dict[str, Work] = {}
    for source in sources:
        still = [arxiv_id for arxiv_id in wanted if arxiv_id not in works]
        try:
            records = _looked_up(source, still) if still else {}
        except SourceError as error:
            outages.append(f"{source.name} failed: {error}")
            continue
        for arxiv_id, record in records.items():
            if record.authors and record.submitted:
                known = {name: source.name for name in record.__struct_fields__ if getattr(record, name)}
                works[arxiv_id] = Work(record=record, provenance=known)
    return works


def _looked_up(source: Source, ids: list[str]) -> dict[str, ArxivRecord]:
    return guard(
        lambda: dict(source.lookup(ids)),
        lambda problem: SourceError(f"it {problem}"),
        passing=(SourceError, UsageError),
    )


def _as_the_entry_says(block: Block, arxiv_id: str, strings: dict[str, str]) -> Work:
    record = record_of(block, strings, arxiv_id=arxiv_id)
    return Work(record=record, provenance=dict.fromkeys(("title", "authors"), BIB))
