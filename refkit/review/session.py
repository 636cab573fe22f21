"""A review as it goes on: each choice is in refkit.lock before its method returns, and may be undone.

Who shows it hands in the version of the lock that was shown; a choice made on anything older is refused, never written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import RLock
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from refkit.errors import SourceError, UsageError, WriteConflict
from refkit.lock import Decision, decision, key_of
from refkit.locks import Locks
from refkit.matching.evidence import weigh
from refkit.model import Candidate, Mention, Resolution, ThemeTag, Verdict, Work, find_arxiv_id
from refkit.protocols import Tagger
from refkit.review import state
from refkit.review.state import Row
from refkit.settled import completed
from refkit.tagging import works
from refkit.theme_edits import edit_for, edited, tagged, together

_TITLE = 60  # characters of a title in a sentence
_TOLD = {"accepted": "accepted", "none": "not on arXiv"}


class Desk(Struct, frozen=True, kw_only=True):
    """What a review asks: a paper by its id, papers by words of a title (with a remark), themes; all theme names."""

    look_up: Callable[[Mention, str], Candidate | None]
    search: Callable[[Mention, str], tuple[tuple[Candidate, ...], str]]
    tagger: Tagger
    themes: tuple[str, ...] = ()


class _Step(Struct, frozen=True):
    """One choice: which rows, what stood in the lock before and stands there now, and what was told of it."""

    places: tuple[int, ...]
    before: tuple[Decision | None, ...]
    after: tuple[Decision | None, ...]
    told: str
    chosen: dict[int, str]


class Session:
    """The titles of digests, what was found for them and what is decided. Safe to use from several threads."""

    def __init__(self, resolutions: Sequence[Resolution], desk: Desk) -> None:
        self._resolutions = tuple(resolutions)
        self._desk = desk
        self._turn = RLock()
        self._steps: list[_Step] = []
        self._chosen: dict[int, str] = {}
        self._seen_candidates: dict[int, dict[str, Candidate]] = {}
        self._read()
        self._rows = tuple(_rows(self._resolutions, self._locks))
        self._take_over()
        self._asked = self.left

    def _read(self) -> None:
        self._locks = Locks(each.mention for each in self._resolutions)
        self._version = self._locks.known_version

    def _take_over(self) -> None:
        self._held = [self._locks.find(row.mention) for row in self._rows]

    def _refresh(self) -> None:
        """Read again what others have written since. Raises ConfigError for a lock that cannot be obeyed."""
        if self._locks.version() != self._version:
            self._read()
            self._take_over()

    @property
    def states(self) -> list[str]:
        """Where each title stands."""
        return [state.state_of(row, held) for row, held in zip(self._rows, self._held, strict=True)]

    @property
    def left(self) -> int:
        """How many titles are still open."""
        return sum(map(state.is_open, self.states))

    @property
    def has_failed(self) -> bool:
        """Whether a title is open because a source failed."""
        return Verdict.FAILED.value in self.states

    def version(self) -> dict[str, Any]:
        """Return the mark of what the locks hold now."""
        return {"version": self._locks.version()}

    def everything(self) -> dict[str, Any]:
        """Return the list of all titles, as the locks say now."""
        with self._turn:
            self._refresh()
            return {
                "version": self._version,
                "locks": [str(path) for path in self._locks.paths],
                "themes": list(self._desk.themes),
                "undo": len(self._steps),
                **state.listed(self._rows, self._held),
            }

    def title(self, place: int) -> dict[str, Any]:
        """Return one title with its candidates. Raises UsageError if there is no such one."""
        with self._turn:
            row, held = self._row(place), self._held[place]
            shown = state.detail(row, self._candidates(place), held, remark=self._remark(place))
            if held and held.record:
                shown["themes"] = state.themes_shown(self._themes(held.record.arxiv_id))
            return {"place": place, "version": self._version, **shown}

    def _row(self, place: int) -> Row:
        if not 0 <= place < len(self._rows):
            raise UsageError("There is no such title; load the page again.")
        return self._rows[place]

    def _candidates(self, place: int) -> list[Candidate]:
        """Return what is shown for a title: first the paper that is decided, where it is not among the others."""
        row, held = self._rows[place], self._held[place]
        found = list(state.shown_of(row.found))
        if held and held.record and held.record.arxiv_id not in {each.record.arxiv_id for each in found}:
            own = Candidate(record=held.record, evidence=weigh(row.mention, held.record), score=0.0, source=held.source)
            found = [own, *found[:8]]
        self._seen_candidates.setdefault(place, {}).update({each.record.arxiv_id: each for each in found})
        return found

    def _remark(self, place: int) -> str:
        """Say what was decided by hand on the title where the digest said something else beside it."""
        mention = self._rows[place].mention
        key = key_of(mention)
        for each in self._locks.beside(mention).of_title(mention.title):
            if each.by_hand and each.key != key:
                meant = f"arXiv:{each.record.arxiv_id}" if each.record else "no paper of arXiv"
                return (
                    f"You decided before that this title means {meant}, where the digest said something else beside it."
                )
        return ""

    def search(self, place: int, text: str) -> dict[str, Any]:
        """Return papers by an arXiv id or by words of a title. Raises UsageError for no words, SourceError."""
        row = self._row(place)
        if not text.strip():
            raise UsageError("Type words of a title, an arXiv id or a link first.")
        arxiv_id = find_arxiv_id(text)
        remark = ""
        if arxiv_id:
            one = self._desk.look_up(row.mention, arxiv_id)
            found: tuple[Candidate, ...] = (one,) if one else ()
            remark = "" if one else f"No source knows arXiv:{arxiv_id}; is it mistyped?"
        else:
            found, remark = self._desk.search(row.mention, text.strip())
        with self._turn:
            self._seen_candidates.setdefault(place, {}).update({each.record.arxiv_id: each for each in found})
        shown = [state.candidate_shown(each, row.mention) for each in found]
        return {"place": place, "candidates": shown, "remark": remark}

    def choose(self, place: int, what: Literal["accept", "none"], arxiv_id: str, seen: str) -> dict[str, Any]:
        """Decide that a title means one of the papers shown for it, or none; return what changed.

        Raises WriteConflict if the locks are not any more as they were `seen`, WriteError if they cannot be written.
        """
        row, remark, made = self._row(place), "", decision(self._row(place).mention, "none")
        if what == "accept":
            candidate, remark = self._completed(place, arxiv_id)
            made = decision(row.mention, "accepted", candidate)
        meant = f" arXiv:{arxiv_id}" if what == "accept" else ""
        told = f"{_TOLD[made.decided]}{meant}: {_short(row.mention.title)}"
        with self._turn:
            return self._decide([place], [made.after(self._held[place])], told, seen, chosen=made.decided) | {
                "remark": remark
            }

    def _completed(self, place: int, arxiv_id: str) -> tuple[Candidate, str]:
        candidate = self._seen_candidates.get(place, {}).get(arxiv_id)
        if candidate is None:
            raise UsageError(f"arXiv:{arxiv_id} was not shown for this title; search for it first.")
        mention = self._rows[place].mention
        try:
            return completed(candidate, lambda wanted: self._desk.look_up(mention, wanted)), ""
        except SourceError as error:
            return candidate, f"Who wrote it and when is not known; {error}"

    def set_themes(self, place: int, wanted: Sequence[str], seen: str) -> dict[str, Any]:
        """Give the paper that a title means these themes and no others. Raises UsageError; else as `choose`."""
        with self._turn:
            row, held = self._row(place), self._held[place]
            if not held or not held.record:
                raise UsageError("Themes belong to a paper; decide first which one this title means.")
            arxiv_id = held.record.arxiv_id
            try:
                edit = edit_for(self._desk.tagger.tag(self._work(arxiv_id)), wanted)
            except ValueError as error:
                raise UsageError(f"These themes cannot be kept: {error}.") from error
            # Each title that means this paper says the same of it, so that none of them brings a theme back.
            places = self._places(arxiv_id)
            made = [replace(each, themes=edit) for place in places if (each := self._held[place])]
            return self._decide(places, made, f"themes of arXiv:{arxiv_id}: {_short(row.mention.title)}", seen)

    def undo(self, seen: str) -> dict[str, Any]:
        """Take back the last choice. Raises UsageError if there is none, WriteConflict as `choose`."""
        with self._turn:
            if not self._steps:
                raise UsageError("There is nothing to undo.")
            step = self._steps[-1]
            if [self._held[place] for place in step.places] != list(step.after):
                self._steps.clear()
                raise WriteConflict("What was to be undone was decided otherwise since; nothing is undone.")
            self._write(step.places, step.before, seen)
            self._steps.pop()
            self._chosen = dict(step.chosen)
            return self._changed(step.places, f"undone: {step.told}")

    def _decide(
        self, places: Sequence[int], made: Sequence[Decision], told: str, seen: str, *, chosen: str = ""
    ) -> dict[str, Any]:
        before = tuple(self._held[place] for place in places)
        step = _Step(tuple(places), before, tuple(made), told, dict(self._chosen))
        self._write(places, made, seen)
        self._steps.append(step)
        if chosen:
            self._chosen |= dict.fromkeys(places, chosen)
        return self._changed(places, told)

    def _write(self, places: Sequence[int], made: Sequence[Decision | None], seen: str) -> None:
        if seen != self._version:
            raise WriteConflict(f"{self._paths()} was changed by another program or window.")
        mentions = [self._rows[place].mention for place in places]
        self._locks.put_all(zip(mentions, made, strict=True), seen=seen)
        self._version = self._locks.known_version
        for place, each in zip(places, made, strict=True):
            self._held[place] = each

    def _changed(self, places: Sequence[int], told: str) -> dict[str, Any]:
        rows = [self._rows[place] for place in places]
        listed = state.listed(rows, [self._held[place] for place in places])
        changed = list(zip(places, listed["states"], listed["papers"], strict=True))
        return {"version": self._version, "changed": changed, "told": told, "undo": len(self._steps)}

    def _places(self, arxiv_id: str) -> list[int]:
        return [
            place for place, held in enumerate(self._held) if held and held.record and held.record.arxiv_id == arxiv_id
        ]

    def _work(self, arxiv_id: str) -> Work:
        """Return a paper with all that the digests say of it."""
        meant = [(self._rows[place], self._held[place]) for place in self._places(arxiv_id)]
        return works(each.resolution(mention) for row, each in meant if each for mention in row.mentions)[0]

    def _themes(self, arxiv_id: str) -> tuple[ThemeTag, ...]:
        edits = [each.themes for place in self._places(arxiv_id) if (each := self._held[place])]
        return edited(self._desk.tagger.tag(self._work(arxiv_id)), together(edits))

    def works(self) -> list[Work]:
        """Return the papers as the commands would write them now, with their themes."""
        with self._turn:
            self._refresh()
            found = list(self._now())
        return tagged(works(found), found, self._desk.tagger)

    def _now(self) -> Iterator[Resolution]:
        for each in self._resolutions:
            held = self._locks.find(each.mention)
            yield held.resolution(each.mention) if held else state.open_resolution(each.mention, each)

    def summary(self) -> str:
        """Say what was decided, in one line."""
        count = Counter(self._chosen.values())
        parts = [f"{count[kind]} {name}" for kind, name in _TOLD.items() if count[kind]]
        left = f"; {self.left} still open" if self.left else ""
        kept = f"; kept in {self._paths()}" if parts or self._steps else ""
        several = "1 title" if self._asked == 1 else f"{self._asked} titles"
        return f"{several} asked: {', '.join(parts) or 'none decided'}{left}{kept}"

    def _paths(self) -> str:
        return " and ".join(map(str, self._locks.paths))


def _rows(resolutions: Iterable[Resolution], locks: Locks) -> Iterator[Row]:
    """Yield what is decided at once: what stands in several digests of a folder, or twice in one, is one row."""
    same: dict[object, list[Resolution]] = {}
    for each in resolutions:
        same.setdefault((locks.beside(each.mention).path, key_of(each.mention)), []).append(each)
    for several in same.values():
        yield Row(tuple(each.mention for each in several), several[0])


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
