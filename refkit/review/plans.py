"""What a review may write at its end: a plan for a .bib file or for Zotero, shown first, and done as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from refkit import merging
from refkit.errors import UsageError
from refkit.model import Report, Work

if TYPE_CHECKING:
    from refkit.writers.bib_merge import Merge
    from refkit.writers.zotero.backend import Target
    from refkit.writers.zotero.plan import ItemChange
    from refkit.writers.zotero.planfile import PlanFile

_LISTED = 200  # changes that are shown; more are told by their number
_ENDINGS = (".bib", ".bibtex")


class Library(Protocol):
    """An opened Zotero library."""

    target: Target

    def plan(self, works: Sequence[Work]) -> list[ItemChange]:
        """Return what would be done."""

    def kept(self, changes: Sequence[ItemChange]) -> PlanFile:
        """Return the plan with all that `apply_plan` needs."""

    def apply_plan(self, plan: PlanFile) -> Report:
        """Do it."""


class Options(Struct, frozen=True, kw_only=True):
    """How is written: the dialect and the citekeys of a .bib; `zotero` opens the library, for a plan if one is given.

    `refuse` are files that are never written.
    """

    zotero: Callable[[PlanFile | None], AbstractContextManager[Library]]
    dialect: str = "bibtex"
    key_format: str = ""
    refuse: tuple[Path, ...] = ()


class Plans:
    """The plans that were shown and not done yet: one for each place, the last one."""

    def __init__(self, works: Callable[[], Sequence[Work]], options: Options) -> None:
        self._works = works
        self._options = options
        self._writing = Lock()
        self._number = 0
        self._shown: dict[str, Callable[[], dict[str, Any]]] = {}

    def bibtex(self, file: str) -> dict[str, Any]:
        """Plan to merge the papers into a .bib file. Raises UsageError, ConfigError, WriteError."""
        path = self._path(file)
        with self._writing:
            target = merging.open_bib(path)
            merged = merging.plan_bibtex(
                target, self._works(), dialect=self._options.dialect, key_format=self._options.key_format
            )

            def write() -> dict[str, Any]:
                changed = target.write(merged)
                what = _bibtex_counts(merged, done=True)
                return {"told": f"{path}: {what}" if changed else f"{path} is as it should be already", "notes": []}

            changes = list(_bibtex_changes(merged))
            return self._keep(write, str(path), changes, _bibtex_counts(merged, done=False), _bibtex_notes(merged))

    def _path(self, file: str) -> Path:
        name = file.strip()
        if not name.casefold().endswith(_ENDINGS):
            raise UsageError(f"{name or 'That'} is no .bib file by its name; name one like refs.bib.")
        try:
            path = Path(name).expanduser()
            real, there = path.resolve(), path.exists()
        except (OSError, RuntimeError, ValueError) as error:  # too long, no such user, characters that no name has
            raise UsageError(f"{name!r} cannot be the name of a file ({error}); name one like refs.bib.") from error
        if there and real in {each.resolve() for each in self._options.refuse}:
            raise UsageError(f"{path} is the digest itself; name another file.")
        return path

    def zotero(self) -> dict[str, Any]:
        """Plan to put the papers into the Zotero library. Raises as `pipeline.open_zotero`."""
        from refkit.writers.zotero import text  # only where Zotero is written to

        with self._writing:
            papers = self._works()
            with self._options.zotero(None) as library:
                changes = library.plan(papers)
                plan, target = library.kept(changes), library.target

            def write() -> dict[str, Any]:
                with self._options.zotero(plan) as opened:
                    report = opened.apply_plan(plan)
                return {"told": text.report_summary(report, target), "notes": list(text.failure_lines(report))}

            shown = [
                [each.op.value, f"arXiv:{each.work.record.arxiv_id}", each.work.record.title, each.reason, _diff(each)]
                for each in changes
                if each.writes
            ]
            notes = [note for each in changes for note in each.notes]
            return self._keep(write, target.label, shown, text.counts(changes), list(dict.fromkeys(notes)))

    def _keep(
        self, write: Callable[[], dict[str, Any]], place: str, changes: list[Any], counts: str, notes: list[str]
    ) -> dict[str, Any]:
        self._number += 1
        name = f"plan{self._number}"
        self._shown = {name: write}
        return {
            "plan": name,
            "place": place,
            "changes": changes[:_LISTED],
            "more": max(len(changes) - _LISTED, 0),
            "counts": counts,
            "notes": notes[:_LISTED],
        }

    def apply(self, name: str) -> dict[str, Any]:
        """Do what a plan says, once. Raises UsageError for one that is done or out of date, WriteError."""
        with self._writing:
            write = self._shown.pop(name, None)
            if write is None:
                raise UsageError("This plan is done already, or another one was made since; plan again.")
            return write()


def _bibtex_changes(merged: Merge) -> Iterator[list[Any]]:
    for added in merged.added:
        yield ["add", added.key, added.title, "", []]
    for each in merged.updated:
        yield [
            "update",
            each.key,
            f"line {each.line}",
            "",
            [[name, *pair] for name, pair in sorted(each.fields.items())],
        ]


def _bibtex_counts(merged: Merge, *, done: bool) -> str:
    verb = "" if done else " to be"
    return f"{len(merged.added)}{verb} added, {len(merged.updated)}{verb} updated, {merged.untouched} as they are"


def _bibtex_notes(merged: Merge) -> list[str]:
    kept = [f"{each.key} (line {each.line}): {each.field} stays as you have it" for each in merged.kept]
    gone = [f"{each.key} stays out, as you removed it" for each in merged.removed]
    return [*kept, *gone, *merged.blocked, *merged.remarks]


def _diff(change: ItemChange) -> list[list[str]]:
    return [[name, old, new] for name, (old, new) in change.diff.items()]
