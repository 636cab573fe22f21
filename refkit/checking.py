"""Checking a .bib: the rules that need only the file, those that need a record, and putting right what is safe."""

from __future__ import annotations

import fnmatch
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from refkit import pipeline
from refkit.errors import SourceError, UsageError
from refkit.files import replace_unchanged
from refkit.model import Evidence, Mention, Outcome
from refkit.writers.bib_file import BibFile, Block, Edit, splice
from refkit.writers.bib_identity import identify
from refkit.writers.bib_lint import lint, unsilenced
from refkit.writers.bib_record import record_of
from refkit.writers.bib_rules import RULES, Finding, Severity
from refkit.writers.bib_upgrade import is_preprint

if TYPE_CHECKING:
    from refkit.protocols import Source

# Less than this of the letters agrees: of 12,821 titles of digests .4 % were called wrong beside their own record (of
# renamed papers; 3.8 % where no authors are named), and 99.8 % beside another one. Less finds fewer, more helps little.
# docs/checking.md has the table of tests/benchmarks/wrong_ids.py.
_ANOTHER = 0.5
_MOST_ROUNDS = 5  # of putting right: one edit may let another finding be seen


class Checked(Struct, frozen=True, kw_only=True):
    """A file with what is wrong in it; `asked` of the arXiv ids could be looked up, `unknown` could not."""

    file: BibFile
    findings: tuple[Finding, ...]
    asked: int = 0
    unknown: int = 0
    failure: str = ""

    def where(self, finding: Finding) -> tuple[int, int]:
        """Return line and column of a finding, each from 1."""
        starts = self.file.line_starts
        line = bisect_right(starts, finding.place)
        return line, finding.place - starts[line - 1] + 1


def check_bib(
    file: BibFile,
    *,
    this_year: int,
    sources: Sequence[Source] = (),
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    beside: Sequence[BibFile] = (),
) -> Checked:
    """Return what is wrong in a .bib. `sources` are asked for the records of its arXiv ids, if there are any.

    Files `beside` it belong to the same document: their strings and keys may be referred to. `select` and `ignore` name
    rules, also by patterns ("*-id"). Raises UsageError for a name that is no rule.
    """
    rules = chosen_rules(select, ignore)
    found = lint(file, this_year=this_year, beside=beside)
    asked = unknown = 0
    failure = ""
    if sources and {"wrong-id", "published-version"} & rules:
        more, asked, unknown, failure = _against_records(file, sources)
        found += unsilenced(file, more)
    kept = sorted((each for each in found if each.rule in rules), key=lambda each: (each.place, each.rule))
    return Checked(file=file, findings=tuple(kept), asked=asked, unknown=unknown, failure=failure)


def chosen_rules(select: Collection[str], ignore: Collection[str]) -> set[str]:
    """Return the names of the rules that hold. Raises UsageError for one that there is not."""
    for pattern in (*select, *ignore):
        if not fnmatch.filter(RULES, pattern):
            raise UsageError(f"There is no rule {pattern!r}; the rules are: {', '.join(RULES)}.")
    chosen = {rule for pattern in select or ("*",) for rule in fnmatch.filter(RULES, pattern)}
    return chosen - {rule for pattern in ignore for rule in fnmatch.filter(RULES, pattern)}


def _against_records(file: BibFile, sources: Sequence[Source]) -> tuple[list[Finding], int, int, str]:
    """Hold the arXiv ids of entries against their records."""
    strings = file.strings
    found: list[Finding] = []
    asked = unknown = 0
    for block in file.blocks:
        said = identify(block, strings) if block.kind == "entry" else None
        if said is None or not said.arxiv_id or said.loose:
            continue
        entry = record_of(block, strings)
        mention = Mention(title=entry.title, authors=tuple(map(str, entry.authors)))
        try:
            candidate = pipeline.look_up(mention, said.arxiv_id, sources=sources)
        except SourceError as error:
            return found, asked, unknown, str(error)
        if candidate is None:
            unknown += 1
            continue
        asked += 1
        record = candidate.record
        if is_another(candidate.evidence):
            message = (
                f"arXiv:{said.arxiv_id} is {record.title!r} by {record.authors[0] if record.authors else 'others'}"
            )
            found.append(_finding("wrong-id", block, f"{message}; put the right id there"))
        elif is_preprint(block, strings) and (where := record.journal_ref or record.doi):
            message = f"arXiv says that it was published: {where}; `refkit upgrade {file.name}` writes that"
            found.append(_finding("published-version", block, message))
    return found, asked, unknown, ""


def is_another(evidence: Evidence, share: float = _ANOTHER) -> bool:
    """Whether an entry means another paper than its id: less than a share of the title agrees, nor do the authors."""
    title, authors = evidence.title, evidence.authors
    return title.outcome is Outcome.MISMATCH and (title.score or 0) < share and authors.outcome is not Outcome.MATCH


def _finding(rule: str, block: Block, message: str) -> Finding:
    return Finding(rule=rule, place=block.start, key=block.key, message=message)


def fixed(file: BibFile, *, this_year: int, rules: Collection[str]) -> str:
    """Return the text of a file with all put right that changes no meaning; once more, and nothing changes."""
    for _ in range(_MOST_ROUNDS):
        edits = list(_apart(each for each in lint(file, this_year=this_year) if each.rule in rules))
        text = splice(file.text, edits)
        if text == file.text:
            break
        file = BibFile.parse(file.encoded(text), file.name)
    return file.text


def _apart(findings: Iterable[Finding]) -> Iterator[Edit]:
    """Yield the edits of findings, but none that would overlap one before it."""
    place = -1
    for finding in sorted((each for each in findings if each.edits), key=lambda each: min(e.start for e in each.edits)):
        if all(edit.start > place for edit in finding.edits):
            yield from finding.edits
            place = max(place, *(edit.end for edit in finding.edits))


def write_fixed(path: Path, file: BibFile, text: str) -> bool:
    """Put a mended text in the place of a file; return whether bytes changed. Raises WriteError, WriteConflict."""
    return replace_unchanged(path, file.encoded(file.text), file.encoded(text))


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return how bad the worst of some findings is; None without any."""
    return max((each.severity for each in findings), default=None)
