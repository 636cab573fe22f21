"""Goes through what `refkit review` asks, key by key. Loaded only where a person is asked, as `review_screen.py`."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from refkit.cli.review_screen import Screen
from refkit.errors import SourceError
from refkit.lock import Decision, decision, key_of
from refkit.locks import Locks
from refkit.model import Candidate, Mention, Outcome, Resolution, find_arxiv_id
from refkit.normalize import for_terminal
from refkit.review.state import shown_of
from refkit.settled import completed

ACCEPTED, NONE, SKIPPED = "accepted", "not on arXiv", "skipped"
_TITLE = 60  # characters of a title in a line that says what was done

LookUp = Callable[[Mention, str], Candidate | None]


class _Next(enum.Enum):
    """What comes after a key."""

    KEY = enum.auto()
    QUESTION = enum.auto()
    END = enum.auto()


class Asking:
    """Asks for one title after another; each decision is written before the next title is shown."""

    def __init__(self, to_ask: Sequence[Resolution], locks: Locks, screen: Screen, look_up: LookUp) -> None:
        self._locks = locks
        self._screen = screen
        self._look_up = look_up
        # What stands in several digests of a folder, or twice in one, is asked once.
        cases = {(locks.beside(each.mention).path, key_of(each.mention)): each for each in reversed(to_ask)}
        self._cases = list(cases.values())[::-1]
        self._done: list[tuple[str, Decision | None]] = []
        self._page = 0
        self._keys = {
            "d": self._none,
            "s": self._skip,
            "i": self._name,
            "m": self._more,
            "u": self._undo,
            "q": self._quit,
            "\x04": self._quit,
            "?": self._help,
        }

    @property
    def left(self) -> int:
        """How many titles are still open."""
        return len(self._cases) - sum(kind != SKIPPED for kind, _ in self._done)

    def run(self) -> None:
        """Ask until all titles are decided or skipped, or the user quits. Ctrl-C raises KeyboardInterrupt."""
        then = _Next.QUESTION
        while then is not _Next.END:
            if len(self._done) == len(self._cases):
                then = self._after_the_last()
                continue
            if then is _Next.QUESTION:
                self._show()
            then = self._press(self._key())

    def _after_the_last(self) -> _Next:
        """Let also the last decision be undone."""
        self._screen.say("That was the last title. u undoes the last decision, any other key ends.", "yellow")
        return self._undo() if self._key().lower() == "u" else _Next.END

    def summary(self) -> str:
        """Say what was decided, in one line."""
        count = Counter(kind for kind, _ in self._done)
        parts = [f"{count[kind]} {kind}" for kind in (ACCEPTED, NONE, SKIPPED) if count[kind]]
        left = f"; {self.left} still open" if self.left else ""
        kept = f"; kept in {' and '.join(map(str, self._locks.paths))}" if count[ACCEPTED] + count[NONE] else ""
        several = "1 title" if len(self._cases) == 1 else f"{len(self._cases)} titles"
        return f"{several} asked: {', '.join(parts) or 'none decided'}{left}{kept}"

    @property
    def _case(self) -> Resolution:
        return self._cases[len(self._done)]

    def _show(self) -> None:
        place = f"{len(self._done) + 1} of {len(self._cases)}"
        self._screen.question(self._case, place=place, remark=self._remark(), page=self._page)

    def _remark(self) -> str:
        """Say what was decided by hand on the title before, where the digest said something else beside it."""
        mention = self._case.mention
        for each in self._locks.beside(mention).of_title(mention.title):
            if each.by_hand:
                same = each.key == key_of(mention)
                meant = f"arXiv:{each.record.arxiv_id}" if each.record else "no paper of arXiv"
                when = "" if same else ", where the digest said something else beside it"
                return f"You decided before that this title means {meant}{when}."
        return ""

    def _key(self) -> str:
        try:
            return self._screen.key() or "q"
        except EOFError:  # Ctrl-D, or the terminal is gone
            return "q"

    def _press(self, key: str) -> _Next:
        if key.lower() in self._keys:
            return self._keys[key.lower()]()
        candidates = shown_of(self._case)
        number = 1 if key.lower() == "a" else int(key) if key.isascii() and key.isdigit() else 0
        if 1 <= number <= len(candidates):
            return self._accept(candidates[number - 1])
        if number or key == "a":
            return self._wait("There is no such candidate; i names a paper by its id, d says that there is none.")
        return self._wait("That is no key here; ? tells them all.")  # also what was pasted: nothing is done by accident

    def _wait(self, text: str) -> _Next:
        self._screen.say(text, "yellow")
        return _Next.KEY

    def _accept(self, candidate: Candidate) -> _Next:
        mention = self._case.mention
        candidate = self._complete(candidate)
        return self._decide(ACCEPTED, decision(mention, "accepted", candidate), f"arXiv:{candidate.record.arxiv_id}")

    def _complete(self, candidate: Candidate) -> Candidate:
        """Return the candidate with authors and date, if somebody knows them."""
        try:
            return completed(candidate, partial(self._look_up, self._case.mention))
        except SourceError as error:
            self._screen.say(f"Who wrote it and when is not known; {error}", "yellow")
            return candidate

    def _none(self) -> _Next:
        return self._decide(NONE, decision(self._case.mention, "none"), "")

    def _skip(self) -> _Next:
        return self._decide(SKIPPED, None, "")

    def _decide(self, kind: str, made: Decision | None, meant: str) -> _Next:
        mention = self._case.mention
        before = self._locks.find(mention)
        if made:
            self._locks.put(mention, made.after(before))
        self._done.append((kind, before))
        self._page = 0
        title = for_terminal(mention.title, _TITLE)
        self._screen.say(f"{kind}{f' {meant}' if meant else ''}: {title}", "green" if made else "dim")
        return _Next.QUESTION

    def _undo(self) -> _Next:
        if not self._done:
            return self._wait("There is nothing to undo.")
        kind, before = self._done.pop()
        self._page = 0
        if kind != SKIPPED:
            self._locks.put(self._case.mention, before)
        self._screen.say(f"undone: {kind}: {for_terminal(self._case.mention.title, _TITLE)}", "dim")
        return _Next.QUESTION

    def _more(self) -> _Next:
        pages = -(-len(shown_of(self._case)) // self._screen.per_page)
        if pages < 2:  # noqa: PLR2004 - a second page
            return self._wait("All candidates are shown.")
        self._page = (self._page + 1) % pages
        return _Next.QUESTION

    def _help(self) -> _Next:
        self._screen.help()
        return _Next.KEY

    def _quit(self) -> _Next:
        return _Next.END

    def _name(self) -> _Next:
        """Ask for an id, look the paper up, and accept it if its title is the digest's or the user says so."""
        text = self._screen.ask_line("arXiv id or link (nothing: go back):")
        if not text:
            return _Next.QUESTION
        arxiv_id = find_arxiv_id(text)
        if not arxiv_id:
            return self._wait("That is no arXiv id; one looks like 2401.00001 or math/0309136. i asks again.")
        try:
            candidate = self._look_up(self._case.mention, arxiv_id)
        except SourceError as error:
            return self._wait(f"arXiv:{arxiv_id} could not be looked up; {error}")
        if not candidate:
            return self._wait(f"No source knows arXiv:{arxiv_id}; is it mistyped? i asks again.")
        if candidate.evidence.title.outcome is not Outcome.MATCH and not self._is_meant(candidate):
            return _Next.QUESTION
        return self._accept(candidate)

    def _is_meant(self, candidate: Candidate) -> bool:
        self._screen.record(candidate, self._case.mention)
        self._screen.say("Its title is another than the digest's. y takes it all the same, any other key goes back.")
        return self._key().lower() == "y"
