"""Decisions that last: `refkit.lock` beside a digest, a line of JSON for each mention that is decided (docs/review.md).

A line tells mentions apart by what they say (title, link, authors, abstract), never by where they stand. What a person
decided wins over what refkit matched. Pure: text and values in, text and values out; `locks.py` has the files.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from refkit.errors import ConfigError
from refkit.model import (
    ArxivRecord,
    Candidate,
    Evidence,
    Mention,
    Resolution,
    ThemeEdit,
    Verdict,
    is_arxiv_id,
    plain_arxiv_id,
)
from refkit.normalize import is_truncated, title_key
from refkit.version import __version__

# Themes changed by hand came with format 2; a file without any is still written as 1, for older refkits.
_VERSION, _WITHOUT_THEMES = 2, 1
_HEAD = re.compile(r'\s*\{\s*"refkit_lock"\s*:\s*(\d+)\s*\}\s*')
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
# 64 bits tell the mentions of one title apart; a whole hash would only widen the lines.
_HASH = 16
_EMPTY: tuple[object, ...] = (None, "", (), [], {}, 0)

Decided = Literal["matched", "accepted", "none", "ambiguous", "not found"]
Key = tuple[str, str, str]
# Who decided wins over who did not; what is matched over what is still open.
_RANK = {"not found": 0, "ambiguous": 0, "matched": 1, "none": 2, "accepted": 2}
_BY_HAND = _RANK["accepted"]
_VERDICTS = {
    "matched": Verdict.MATCHED,
    "accepted": Verdict.MATCHED,
    "none": Verdict.NOT_FOUND,
    "ambiguous": Verdict.AMBIGUOUS,
    "not found": Verdict.NOT_FOUND,
}
_DECIDED: dict[Verdict, Decided] = {
    Verdict.MATCHED: "matched",
    Verdict.AMBIGUOUS: "ambiguous",
    Verdict.NOT_FOUND: "not found",
}
_REASONS = {
    "accepted": "Accepted in `refkit review`, as refkit.lock keeps it.",
    "none": "Found in `refkit review` to be no paper of arXiv, as refkit.lock keeps it.",
    "ambiguous": "Ambiguous when it was last asked, as refkit.lock keeps it; `refkit review` settles it.",
    "not found": "Not found when it was last asked, as refkit.lock keeps it; `refkit review` settles it.",
}


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one mention means, and how that was decided.

    `link` is the arXiv id that the digest gives, `says` a hash of its DOI, authors and abstract: letters and digits
    only, so that neither blanks nor punctuation count. `by` is the version of refkit that wrote it, `themes` how a
    person changed the themes of the paper.
    """

    title: str
    decided: Decided
    confidence: float = 0.0
    by: str = ""
    link: str = ""
    says: str = ""
    source: str = ""
    reason: str = ""
    record: ArxivRecord | None = None
    themes: ThemeEdit = ThemeEdit()

    def __post_init__(self) -> None:
        """Refuse what cannot be obeyed."""
        if (self.record is None) == (_VERDICTS[self.decided] is Verdict.MATCHED):
            needs = "needs the `record` that is meant" if self.record is None else "has no `record`"
            raise ValueError(f"what is decided as {self.decided!r} {needs}")
        if self.record and not is_arxiv_id(self.record.arxiv_id):
            raise ValueError(f"{self.record.arxiv_id!r} is no arXiv id")
        if self.themes and not self.record:
            raise ValueError(f"what is decided as {self.decided!r} has no `themes`")

    @property
    def key(self) -> Key:
        """What tells it apart from others, computed here so that a newer way of comparing titles only reads anew."""
        return (_title_key(self.title), self.link, self.says)

    @property
    def by_hand(self) -> bool:
        """Whether a person decided it."""
        return _RANK[self.decided] == _BY_HAND

    def resolution(self, mention: Mention) -> Resolution:
        """Return the decision as the resolution of a mention; the evidence is left to be weighed by others."""
        candidates: tuple[Candidate, ...] = ()
        if self.record:
            reason = "in `refkit review`" if self.by_hand else self.reason.rstrip(".")
            candidates = (
                Candidate(
                    record=self.record, evidence=Evidence(), score=self.confidence, source=self.source, reason=reason
                ),
            )
        return Resolution(
            mention=mention,
            verdict=_VERDICTS[self.decided],
            reason=_REASONS.get(self.decided) or f"{self.reason} (Kept in refkit.lock.)".lstrip(),
            candidates=candidates,
            confidence=self.confidence,
            decided=self.decided,
            theme_edit=self.themes,
        )

    def after(self, other: Decision | None) -> Decision:
        """Return the decision in the place of another: the themes that a person gave to the same paper stay."""
        if not other or not other.themes or self.themes:
            return self
        same = self.record and other.record and self.record.arxiv_id == other.record.arxiv_id
        return replace(self, themes=other.themes) if same else self


class Memory(Protocol):
    """What knows decisions: a `Lock`, or the `Locks` of several folders."""

    def find(self, mention: Mention) -> Decision | None:
        """The decision on what a mention says, if there is one."""


class Lock(Struct, frozen=True):
    """The decisions in one file, by key; `exists` tells whether it is there."""

    path: Path
    decisions: Mapping[Key, Decision] = field(default_factory=dict)
    exists: bool = False

    def find(self, mention: Mention) -> Decision | None:
        """Return the decision on what a mention says; None if there is none."""
        return self.decisions.get(key_of(mention))

    def of_title(self, title: str) -> tuple[Decision, ...]:
        """Return the decisions on a title, whatever else the digest says beside it."""
        key = _title_key(_encodable(title))
        return tuple(each for (title_key, *_), each in self.decisions.items() if title_key == key)

    def including(self, decisions: Iterable[Decision]) -> Lock:
        """Return the lock with these decisions in the place of those on the same mentions."""
        return replace(self, decisions={**self.decisions, **{each.key: each for each in decisions}})

    def without(self, keys: Iterable[Key]) -> Lock:
        """Return the lock without the decisions of these keys."""
        gone = set(keys)
        return replace(self, decisions={key: each for key, each in self.decisions.items() if key not in gone})


def key_of(mention: Mention) -> Key:
    """Return what tells a mention apart from others, as `Decision.key`."""
    return (_title_key(_encodable(mention.title)), plain_arxiv_id(_encodable(mention.arxiv_id)), _says(mention))


def _title_key(title: str) -> str:
    """Return the key of a title; a cut one may be another's, and one without any word is compared as it is."""
    return (title_key(title) or " ".join(title.split())) + ("…" if is_truncated(title) else "")


def _says(mention: Mention) -> str:
    parts = [mention.doi, mention.abstract, *mention.authors]
    if not any(parts):
        return ""
    text = "\n".join(_letters(part) for part in parts)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_HASH]


def _letters(text: str) -> str:
    """Return the letters and digits of a text. Part of the file's format: a change asks all decisions anew."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _encodable(text: str) -> str:
    """Return text that UTF-8 can hold."""
    return text.encode(errors="replace").decode()


def decision(mention: Mention, decided: Decided, candidate: Candidate | None = None) -> Decision:
    """Return a decision made by hand, `accepted` with the candidate or `none`."""
    return Decision(
        title=_encodable(mention.title),
        decided=decided,
        confidence=1.0 if candidate else 0.0,
        by=f"refkit {__version__}",
        link=plain_arxiv_id(_encodable(mention.arxiv_id)),
        says=_says(mention),
        source=candidate.source if candidate else "",
        record=candidate.record if candidate else None,
    )


def apply(
    memory: Memory, mentions: Sequence[Mention], *, refresh: bool = False, final: bool = False
) -> tuple[dict[int, Resolution], list[int]]:
    """Return the resolutions that are known, by place, and the places of the mentions that are still open.

    What was ambiguous or not found is open, unless what is kept is `final`; with `refresh`, what was matched is too.
    """
    known: dict[int, Resolution] = {}
    still: list[int] = []
    enough = 0 if final else _BY_HAND if refresh else _RANK["matched"]
    for place, mention in enumerate(mentions):
        found = memory.find(mention)
        if found and _RANK[found.decided] >= enough:
            known[place] = found.resolution(mention)
        else:
            still.append(place)
    return known, still


def learn(lock: Lock, resolutions: Iterable[Resolution]) -> Lock:
    """Return the lock with what was decided anew. What a person decided stays, and a failure teaches nothing.

    Of mentions that say the same but were decided otherwise (they differ in their dates), the least sure one is kept.
    """
    learnt: dict[Key, Decision] = {}
    for resolution in resolutions:
        if resolution.decided or resolution.verdict is Verdict.FAILED:
            continue
        new = _matched(resolution)
        held, other = lock.decisions.get(new.key), learnt.get(new.key)
        new = new.after(held)
        if held and (held.by_hand or _same(held, new)):
            new = held
        if other is None or _RANK[new.decided] < _RANK[other.decided]:
            learnt[new.key] = new
    return lock.including(learnt.values())


def _matched(found: Resolution) -> Decision:
    candidate = found.candidates[0] if found.record else None
    made = decision(found.mention, _DECIDED[found.verdict], candidate)
    if not candidate:
        return made
    return replace(made, confidence=round(found.confidence, 4), reason=found.reason)


def _same(held: Decision, new: Decision) -> bool:
    """Whether two say the same, but for how it is told: a line is not written again for that."""
    return (held.decided, held.record, held.themes) == (new.decided, new.record, new.themes)


def lock_text(lock: Lock) -> str:
    """Return the text of the file: a head, then a decision a line, sorted by title, so that two edits seldom meet."""
    lines = [_line(each) for _, each in sorted(lock.decisions.items())]
    version = _VERSION if any(each.themes for each in lock.decisions.values()) else _WITHOUT_THEMES
    return "\n".join([f'{{"refkit_lock": {version}}}', *lines, ""])


def _line(each: Decision) -> str:
    return msgspec.json.encode(_bare(msgspec.to_builtins(each, str_keys=True))).decode()


def _bare(value: Any) -> Any:
    """Return what is known, without what is empty; a title is always there."""
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if name == "title" or each not in _EMPTY}
    if isinstance(value, list | tuple):
        return [_bare(each) for each in value]
    return value


def parse_lock(text: str, path: Path) -> Lock:
    """Return the lock that a text says. Raises ConfigError, with file and line, for what cannot be obeyed."""
    decisions: dict[Key, tuple[int, Decision]] = {}
    for number, line in _lines(text, path):
        each = _parse(line, f"{path}:{number}")
        before, held = decisions.get(each.key, (0, each))
        if before and _differ(held, each):
            raise ConfigError(
                f"{path}:{number}: line {before} decides the same title otherwise; remove one of the two lines."
            )
        wins, other = (each, held) if _RANK[each.decided] >= _RANK[held.decided] else (held, each)
        decisions[each.key] = (number, wins.after(other))
    return Lock(path, {key: each for key, (_, each) in decisions.items()}, exists=True)


def _lines(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of decisions with their numbers, after a look at the head and for the marks of a merge."""
    has_head = False
    for number, line in enumerate(text.split("\n"), start=1):  # a title may hold other line ends, as JSON allows
        if line.startswith(_CONFLICT):
            raise ConfigError(
                f"{path}:{number}: a merge was not settled here; keep the right ones of the lines from <<<<<<< to "
                ">>>>>>>, and remove the marks."
            )
        if not line.strip():
            continue
        head = _HEAD.fullmatch(line)
        if head and int(head[1]) > _VERSION:
            raise ConfigError(f"{path}:{number}: a newer refkit wrote this (format {head[1]}); update refkit.")
        if not (head or has_head):
            raise ConfigError(
                f'{path}:{number}: it does not begin with {{"refkit_lock": {_WITHOUT_THEMES}}}, so it is none of '
                "refkit's; take the file from its history again, or remove it."
            )
        has_head = True
        if not head:
            yield number, line


def _parse(line: str, where: str) -> Decision:
    try:
        return msgspec.json.decode(line, type=Decision)
    except msgspec.ValidationError as error:
        problem = str(error).replace("`$.", "`")
    except msgspec.DecodeError:
        problem = "it is not JSON"
    raise ConfigError(
        f"{where}: this line cannot be used: {problem[0].lower()}{problem[1:]}; remove it to be asked again."
    )


def _differ(one: Decision, other: Decision) -> bool:
    """Whether two lines on one mention contradict each other, neither of them by a greater right."""
    ids = {each.record.arxiv_id if each.record else each.decided for each in (one, other)}
    if len(ids) == 1 and one.themes and other.themes and one.themes != other.themes:
        return True
    return _RANK[one.decided] == _RANK[other.decided] > 0 and len(ids) > 1
