"""Mentions -> resolutions: ask the sources in their order, cheapest first, until the evidence decides.

The sources are handed in; nothing here knows what stands behind them. Mentions that say the same are asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from refkit.errors import Interrupted, SourceError
from refkit.matching.decide import decide, rank
from refkit.matching.evidence import weigh
from refkit.model import (
    Answer,
    ArxivRecord,
    Candidate,
    Mention,
    Outcome,
    Resolution,
    Verdict,
    is_arxiv_id,
    plain_arxiv_id,
)
from refkit.normalize import to_unicode
from refkit.protocols import Ladder, Source

# Candidates asked of a source for one title: the accuracy pool holds no answer further down (docs/accuracy.md).
_LIMIT = 12

Progress = Callable[[int, int], None]
_Ask = Callable[[Sequence[Mention]], Sequence[Answer]]


class Resolver:
    """Decides what each mention means, by the sources given, in their order."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def resolve(self, mentions: Sequence[Mention], progress: Progress | None = None) -> list[Resolution]:
        """Return one resolution a mention, in the same order; a source that fails makes FAILED, never NOT_FOUND.

        `progress` is told how many different mentions are decided, of how many.
        """
        groups, cases = self._cases(mentions)
        try:
            for _ in self._ask_all(cases, progress or _unseen):
                pass
        except KeyboardInterrupt as interrupt:
            found = [case.interrupted() for case in cases]
            raise Interrupted(_spread(groups, found, mentions)) from interrupt
        return _spread(groups, [case.resolution for case in cases], mentions)

    def stream(self, mentions: Sequence[Mention]) -> Iterator[Resolution | None]:
        """Yield what `resolve` returns, each as soon as nothing can change it and all before it are yielded.

        None is yielded after each question to a source, before what that one has decided: a place to stop at.
        """
        groups, cases = self._cases(mentions)
        case_of = {place: case for places, case in zip(groups, cases, strict=True) for place in places}
        done = 0
        for still_to_ask in self._ask_all(cases, _unseen):
            yield None
            while done < len(mentions) and self._is_final(case_of[done], still_to_ask):
                yield _with_mention(case_of[done].resolution, mentions[done])
                done += 1

    def _cases(self, mentions: Sequence[Mention]) -> tuple[list[list[int]], list[_Case]]:
        """Return the places of mentions that say the same, and one case for each of these groups."""
        groups: dict[object, list[int]] = {}
        for place, mention in enumerate(mentions):
            groups.setdefault(_question(mention), []).append(place)
        asked = tuple(map(_label, self._sources))
        return list(groups.values()), [_Case(mentions[places[0]], asked) for places in groups.values()]

    def _ask_all(self, cases: Sequence[_Case], progress: Progress) -> Iterator[Sequence[Source]]:
        """Ask, and yield after each question the sources that may still be asked, at the end none."""
        for place, source in enumerate(self._sources):
            for step in _steps(source):
                still = [case for case in cases if case.is_open(source)]
                progress(len(cases) - len(still), len(cases))
                step(still)
                yield self._sources[place:]
        _complete(self._sources, cases)
        progress(len(cases), len(cases))
        yield ()

    def _is_final(self, case: _Case, still_to_ask: Sequence[Source]) -> bool:
        """Whether none of the sources to ask has anything to add, and the record is as full as it will be."""
        if not still_to_ask:
            return True
        if any(case.is_open(source) for source in still_to_ask):
            return False
        return not any(_may_complete(source, case) for source in self._sources)


class _Case:
    """One mention, what the sources have said of it so far, and what that comes to."""

    def __init__(self, mention: Mention, asked: tuple[str, ...]) -> None:
        self._asked = asked
        self._candidates: dict[str, Candidate] = {}
        self._failures: dict[str, None] = {}
        self._settled_by = ""
        self._is_provisional = False
        self._remark = ""
        self.mention = mention
        self._resolution: Resolution | None = None
        if mention.arxiv_id and not is_arxiv_id(plain_arxiv_id(mention.arxiv_id)):
            self.disown_link(f"The digest gives {mention.arxiv_id!r} as its id, which is none of arXiv's")

    @property
    def resolution(self) -> Resolution:
        """What is decided on all that was heard; made only when somebody asks."""
        if self._resolution is None:
            self._resolution = self._decide()
        return self._resolution

    def is_open(self, source: Source) -> bool:
        """Whether this source still has to be asked, in its next way."""
        if self._is_provisional or not self._candidates:
            return True
        return self.resolution.verdict is not Verdict.MATCHED and self._settled_by != source.name

    def hear(self, answer: Answer, source: Source, *, by_id: bool = False) -> None:
        """Weigh what a source said."""
        for record in answer.records:
            self._hear_of(record, source.name)
        if answer.failure:
            self._failures[answer.failure] = None
        self._resolution = None
        has_the_title = bool(self._candidates) and _has_the_title(self.resolution)
        self._is_provisional = by_id and not has_the_title  # another record may have the very title
        if has_the_title and not by_id and self.resolution.verdict is Verdict.AMBIGUOUS:
            self._settled_by = source.name  # more questions to the same source would not take the doubt away

    def _hear_of(self, record: ArxivRecord, source: str) -> None:
        """Take a record as a candidate; the first source that knows it keeps it, but it may learn of former titles."""
        known = self._candidates.get(record.arxiv_id)
        if known:
            titles = dict.fromkeys((*known.record.former_titles, *record.former_titles))
            if len(titles) == len(known.record.former_titles):
                return
            record, source = msgspec.structs.replace(known.record, former_titles=tuple(titles)), known.source
        self._take(record, source)

    def _take(self, record: ArxivRecord, source: str) -> None:
        evidence = weigh(self.mention, record)
        self._candidates[record.arxiv_id] = Candidate(record=record, evidence=evidence, score=0.0, source=source)
        self._resolution = None

    @property
    def bare_id(self) -> str:
        """The id of the record that was matched, if nobody yet knew who wrote it or when; else ""."""
        record = self.resolution.record
        return record.arxiv_id if record and not (record.authors and record.submitted) else ""

    def complete(self, record: ArxivRecord, source: str) -> None:
        """Take a fuller record of the paper that was matched; its former titles stay known."""
        former = self._candidates[record.arxiv_id].record.former_titles
        self._take(msgspec.structs.replace(record, former_titles=former), source)

    def disown_link(self, remark: str) -> None:
        """Take the id that the digest gives for none, and say so with the verdict."""
        self._remark = remark
        self.mention = msgspec.structs.replace(self.mention, arxiv_id="")
        for arxiv_id, known in self._candidates.items():
            evidence = weigh(self.mention, known.record)
            self._candidates[arxiv_id] = msgspec.structs.replace(known, evidence=evidence)
        self._resolution = None

    def interrupted(self) -> Resolution:
        """Return the resolution as far as it came: what is open has failed."""
        if self.resolution.verdict is Verdict.MATCHED or self._settled_by:
            return self.resolution
        reason = "Interrupted before all sources had answered."
        return msgspec.structs.replace(self.resolution, verdict=Verdict.FAILED, reason=reason)

    def _decide(self) -> Resolution:
        ranked = rank(self.mention, self._candidates.values())
        found = decide(self.mention, ranked, asked=self._asked, failures=tuple(self._failures))
        if not self._remark:
            return found
        return msgspec.structs.replace(found, reason=f"{found.reason.removesuffix('.')}. {self._remark}.")


def _spread(
    groups: Iterable[Sequence[int]], found: Sequence[Resolution], mentions: Sequence[Mention]
) -> list[Resolution]:
    """Return the resolutions in the order of the mentions, each with its own mention."""
    at = {place: resolution for places, resolution in zip(groups, found, strict=True) for place in places}
    return [_with_mention(at[place], mention) for place, mention in enumerate(mentions)]


def _with_mention(found: Resolution, mention: Mention) -> Resolution:
    return found if found.mention is mention else msgspec.structs.replace(found, mention=mention)


def _unseen(done: int, total: int) -> None:
    """Show no progress."""


def _question(mention: Mention) -> object:
    """What a mention asks: two that ask the same get one answer."""
    return (
        to_unicode(mention.title).casefold() or mention.title,
        mention.abstract,
        mention.authors,
        mention.issued,
        mention.arxiv_id,
    )


def _label(source: Source) -> str:
    return getattr(source, "label", f"the {source.name}")


def _has_the_title(found: Resolution) -> bool:
    return bool(found.candidates) and found.candidates[0].evidence.title.outcome is Outcome.MATCH


def _steps(source: Source) -> Iterator[Callable[[Sequence[_Case]], None]]:
    """Yield the ways to ask a source, cheapest first: the ids that the digest gives, then the titles."""
    yield partial(_look_up, source)
    if isinstance(source, Ladder):
        for rung in range(source.rungs):
            search, recall = (partial(way, limit=_LIMIT, rung=rung) for way in (source.search, source.recall))
            yield partial(_search, source, search, recall)
    else:
        yield partial(_search, source, partial(source.search, limit=_LIMIT), None)


def _look_up(source: Source, cases: Sequence[_Case]) -> None:
    linked = [(case, plain_arxiv_id(case.mention.arxiv_id)) for case in cases if case.mention.arxiv_id]
    if not linked:
        return
    try:
        found = source.lookup(tuple(dict.fromkeys(arxiv_id for _, arxiv_id in linked)))
    except SourceError as error:
        for case, _ in linked:
            case.hear(Answer(failure=f"{source.name}: {error}"), source)
        return
    for case, arxiv_id in linked:
        if arxiv_id in found:
            case.hear(Answer((found[arxiv_id],)), source, by_id=True)
        elif getattr(source, "complete", False):
            case.disown_link(f"The digest links {case.mention.arxiv_id}, which {_label(source)} does not have")


def _complete(sources: Sequence[Source], cases: Sequence[_Case]) -> None:
    """Look up, in one question, what the first source knew of a matched paper only by its title."""
    for source in sources:
        bare = [case for case in cases if _may_complete(source, case)]
        if not bare:
            continue
        try:
            found = source.lookup(tuple(dict.fromkeys(case.bare_id for case in bare)))
        except SourceError:
            continue  # the paper is right all the same, and that little is known of it is told in the summary
        for case in bare:
            if case.bare_id in found:
                case.complete(found[case.bare_id], source.name)


def _may_complete(source: Source, case: _Case) -> bool:
    """Whether a source is worth asking for the record that was matched, of which little is known."""
    if not getattr(source, "complete", False) or not case.bare_id:
        return False
    return case.resolution.candidates[0].source != source.name


def _search(source: Source, ask: _Ask, recall: _Ask | None, cases: Sequence[_Case]) -> None:
    if not cases:
        return
    mentions = [case.mention for case in cases]
    try:
        answers = ask(mentions)
    except SourceError as error:
        answers = [Answer(failure=str(error))] * len(cases)
    except KeyboardInterrupt:
        for case, answer in zip(cases, recall(mentions) if recall else (), strict=False):
            case.hear(answer, source)
        raise
    for case, answer in zip(cases, answers, strict=True):
        failure = f"{source.name}: {answer.failure}" if answer.failure else ""
        case.hear(Answer(answer.records, failure), source)
