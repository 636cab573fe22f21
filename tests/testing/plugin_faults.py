"""Good plug-ins of each kind, small and in memory, and what may be wrong with them: one fault each.

Each fault names the clauses of its contract that catch it, all of them; test_contracts_bite.py holds them to that.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from msgspec.structs import replace

from refkit.errors import DigestError, SourceError, WriteError
from refkit.model import (
    Answer,
    ArxivRecord,
    Change,
    Mention,
    Op,
    Publication,
    Published,
    Report,
    Skipped,
    ThemeTag,
    Work,
)
from refkit.protocols import Enricher, Reader, Source, Tagger, Writer

OWL = ArxivRecord(arxiv_id="2401.00007", title="Owls of the North", abstract="How owls sleep.")
OWL_WORK = Work(record=OWL)
KEY = "s3cretOfTheUser"


class Fault(NamedTuple):
    """What is wrong, in words for the page; the plug-in that has it; the clauses that catch it."""

    what: str
    plug_in: type[Any]
    clauses: tuple[str, ...]


FAULTS: dict[str, list[Fault]] = {"reader": [], "source": [], "enricher": [], "tagger": [], "writer": [], "place": []}


def fault(kind: str, what: str, *clauses: str) -> Callable[[type[Any]], type[Any]]:
    def note(plug_in: type[Any]) -> type[Any]:
        FAULTS[kind].append(Fault(what, plug_in, clauses))
        return plug_in

    return note


# Readers: a list that begins with "%owls"


class OwlReader:
    name = "owl-list"

    def recognise(self, text: str) -> float:
        return float(text.startswith("%owls\n"))

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        found = False
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
            if line.strip() and not line.startswith("%"):
                found = True
                yield self.mention(line, number, digest)
        if not found:
            raise self.refusal(digest)

    def mention(self, line: str, number: int, digest: str) -> Mention:
        return Mention(title=self.title(line), digest=digest, line=number, raw=line.strip())

    def title(self, line: str) -> str:
        return " ".join(line.split())

    def refusal(self, digest: str) -> DigestError:
        return DigestError(digest, 1, "there are no owls in it.")


@fault("reader", "its name has a blank and a capital", "test_it_has_a_name")
class _BadName(OwlReader):
    name = "Owl List"


@fault("reader", "it opens a file", "test_touches_nothing_but_the_text")
class _OpensFiles(OwlReader):
    def title(self, line: str) -> str:
        with open(os.devnull, "rb"):  # noqa: PTH123 - what a careless author writes
            return super().title(line)


@fault("reader", "it makes a connection", "test_touches_nothing_but_the_text")
class _Connects(OwlReader):
    def recognise(self, text: str) -> float:
        socket.socket().close()
        return super().recognise(text)


@fault("reader", "it loses the last title", "test_reads_its_cases")
class _LosesTheLast(OwlReader):
    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        items = list(super().read(text, digest=digest))
        yield from items[:-1] if len(items) > 1 else items


@fault("reader", "its error says something else", "test_refuses_its_cases")
class _OtherSentence(OwlReader):
    def refusal(self, digest: str) -> DigestError:
        return DigestError(digest, 1, "no.")


@fault("reader", "another reader is surer of its format", "test_recognises_its_cases_best")
class _Unsure(OwlReader):
    def recognise(self, text: str) -> float:
        return 0.01 * super().recognise(text)


@fault(
    "reader",
    "lines are counted from 0",
    "test_reads_its_cases",
    "test_places_are_right",
    "test_any_text_is_read_or_refused",
)
class _CountsFromZero(OwlReader):
    def mention(self, line: str, number: int, digest: str) -> Mention:
        return super().mention(line, number - 1, digest)


@fault("reader", "titles keep double spaces and tabs", "test_any_text_is_read_or_refused")
class _KeepsSpaces(OwlReader):
    def title(self, line: str) -> str:
        return line.strip()


@fault("reader", "it crashes on a tab", "test_any_text_is_read_or_refused", "test_is_pure")
class _Crashes(OwlReader):
    def title(self, line: str) -> str:
        if "\t" in line:
            raise ValueError(line)
        return super().title(line)


@fault("reader", "its error names another digest", "test_any_text_is_read_or_refused")
class _NamesAnother(OwlReader):
    def refusal(self, digest: str) -> DigestError:
        return DigestError(digest if digest.startswith("input") else "input.txt", 1, "there are no owls in it.")


@fault("reader", "it remembers what it has read", "test_is_pure")
class _Remembers(OwlReader):
    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def mention(self, line: str, number: int, digest: str) -> Mention:
        self._seen[line] += 1
        again = self._seen[line] > 1 and digest == "any.txt"
        return replace(super().mention(line, number, digest), heading="again" if again else "")


@fault("reader", "it is surer than sure", "test_is_pure")
class _SurerThanSure(OwlReader):
    def recognise(self, text: str) -> float:
        return 2.0 if text.startswith("%owls\n") else 1.5


@fault("reader", "it comes without a case that it refuses", "test_has_cases")
class NoRejectedCase(OwlReader):
    """Its folder of cases has none."""


# Sources and enrichers: a service that counts requests and may be down


class Service:
    def __init__(self, *, down: bool = False) -> None:
        self.down, self.requests = down, 0

    def ask(self) -> None:
        self.requests += 1
        if self.down:
            raise SourceError("the service gave no answer; try again later")


class OwlSource:
    name = "owls"
    network = True

    def __init__(self, service: Service) -> None:
        self.service = service

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        if mentions:
            self.service.ask()
        return [Answer(self.records(each.title)[:limit]) for each in mentions]

    def records(self, title: str) -> tuple[ArxivRecord, ...]:
        return (OWL,) if title == OWL.title else ()

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        if ids:
            self.service.ask()
        return {OWL.arxiv_id: OWL} if OWL.arxiv_id in ids else {}


@fault("source", "it has no name", "test_it_has_a_name")
class _NamelessSource(OwlSource):
    name = ""


@fault("source", "it asks when it is opened", "test_opening_asks_nothing", "test_an_outage_is_never_an_empty_answer")
class _AsksAtOnce(OwlSource):
    def __init__(self, service: Service) -> None:
        super().__init__(service)
        service.ask()


@fault("source", "an outage in a search is an empty answer", "test_an_outage_is_never_an_empty_answer")
class _QuietOutage(OwlSource):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        try:
            return super().search(mentions, limit=limit)
        except SourceError:
            return [Answer() for _ in mentions]


@fault("source", "an outage in a look-up is an unknown id", "test_an_outage_is_never_an_empty_answer")
class _QuietLookup(OwlSource):
    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        try:
            return super().lookup(ids)
        except SourceError:
            return {}


@fault(
    "source",
    "it takes questions out of the list",
    "test_questions_are_left_as_they_are",
    "test_each_mention_has_one_answer_in_its_place",
    "test_asking_twice_gives_the_same",
)
class _TakesQuestions(OwlSource):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        answers = super().search(mentions, limit=limit)
        if isinstance(mentions, list):
            mentions.clear()
        return answers


@fault("source", "it finds nothing", "test_a_known_title_is_found", "test_each_mention_has_one_answer_in_its_place")
class _FindsNothing(OwlSource):
    def records(self, title: str) -> tuple[ArxivRecord, ...]:
        del title
        return ()


@fault(
    "source",
    "it has no answer for what it does not find",
    "test_an_outage_is_never_an_empty_answer",
    "test_the_limit_is_kept",
    "test_each_mention_has_one_answer_in_its_place",
)
class _LeavesOut(OwlSource):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        try:
            answers = super().search(mentions, limit=limit)
        except SourceError as error:
            return [Answer(failure=str(error))]
        return [answer for answer in answers if answer.records]


@fault("source", "it passes over the limit", "test_the_limit_is_kept")
class _NoLimit(OwlSource):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        return super().search(mentions, limit=limit + 1)


@fault("source", "it answers when nothing is asked", "test_no_questions_give_no_answers")
class _AnswersNobody(OwlSource):
    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        return super().search(mentions, limit=limit) or [Answer()]


@fault("source", "an unknown id has an empty record", "test_ids_are_looked_up_and_unknown_ones_left_out")
class _MakesUp(OwlSource):
    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        found = super().lookup(ids)
        return {each: found.get(each, ArxivRecord(arxiv_id=each, title="")) for each in ids}


@fault("source", "its ids have versions", "test_ids_have_no_version")
class _Versions(OwlSource):
    def records(self, title: str) -> tuple[ArxivRecord, ...]:
        return tuple(each for one in super().records(title) for each in (one, replace(one, arxiv_id="2401.00007v2")))


@fault(
    "source",
    "asked twice, it answers otherwise",
    "test_asking_twice_gives_the_same",
    "test_each_mention_has_one_answer_in_its_place",
)
class _Moody(OwlSource):
    asked = 0

    def records(self, title: str) -> tuple[ArxivRecord, ...]:
        self.asked += title == OWL.title
        return tuple(replace(each, comments="!" * self.asked) for each in super().records(title))


class OwlEnricher:
    name = "owl-press"
    network = True
    doi = "10.1000/owls.7"

    def __init__(self, service: Service) -> None:
        self.service = service

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        if works:
            self.service.ask()
        return [self.offers(work) for work in works]

    def offers(self, work: Work) -> list[Published]:
        known = Publication(type="article-journal", container_title="Journal of Owls", doi=self.doi)
        return [Published(publication=known, title=OWL.title, source=self.name)] if work.record == OWL else []


@fault("enricher", "its name is none for a table", "test_it_has_a_name")
class _EnricherName(OwlEnricher):
    name = "owl press"


@fault(
    "enricher",
    "it asks when it is opened",
    "test_a_key_is_not_shown",
    "test_an_outage_is_an_error_and_never_nothing",
    "test_opening_asks_nothing",
    "test_no_works_ask_nothing",
)
class _EnricherAsksAtOnce(OwlEnricher):
    def __init__(self, service: Service) -> None:
        super().__init__(service)
        service.requests += 1
        if service.down:
            raise RuntimeError("down already")


@fault("enricher", "it asks for no works", "test_no_works_ask_nothing")
class _AsksForNothing(OwlEnricher):
    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        self.service.requests += 1
        return super().published(works)


@fault("enricher", "it speaks for another service", "test_the_published_version_of_a_known_work_is_found")
class _SpeaksForAnother(OwlEnricher):
    def offers(self, work: Work) -> list[Published]:
        return [replace(each, source="crossref") for each in super().offers(work)]


@fault("enricher", "the preprint is its published version", "test_the_published_version_of_a_known_work_is_found")
class _PreprintDoi(OwlEnricher):
    doi = "10.48550/arxiv.2401.00007"


@fault("enricher", "works without an answer are left out", "test_each_work_has_one_answer_in_its_place")
class _LeavesWorksOut(OwlEnricher):
    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        return [each for each in super().published(works) if each]


@fault(
    "enricher",
    'an outage is "not published"',
    "test_a_key_is_not_shown",
    "test_an_outage_is_an_error_and_never_nothing",
)
class _QuietService(OwlEnricher):
    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        try:
            return super().published(works)
        except SourceError:
            return [[] for _ in works]


@fault("enricher", "its representation shows the key", "test_a_key_is_not_shown")
class _ShowsTheKey(OwlEnricher):
    def __repr__(self) -> str:
        return f"OwlEnricher(key={KEY!r})"


@fault("enricher", "it sorts the works that it is given", "test_works_are_left_as_they_are")
class _SortsWorks(OwlEnricher):
    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        answers = super().published(works)
        if isinstance(works, list):
            works.sort(key=lambda work: work.record.title, reverse=True)
        return answers


@fault(
    "enricher",
    "asked twice, it says nothing more",
    "test_asking_twice_gives_the_same",
    "test_each_work_has_one_answer_in_its_place",
)
class _OnlyOnce(OwlEnricher):
    told = False

    def offers(self, work: Work) -> list[Published]:
        offers = [] if self.told else super().offers(work)
        self.told = self.told or bool(offers)
        return offers


# Taggers


class OwlTagger:
    name = "owl-tagger"
    words: ClassVar[Mapping[str, str]] = {"owls": "birds", "sleep": "rest", "north": "places"}

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        text = f"{work.record.title} {work.record.abstract}".casefold()
        return tuple(sorted(ThemeTag(theme, (word,)) for word, theme in self.words.items() if word in text))


@fault("tagger", "it has no name", "test_it_has_a_name")
class _NamelessTagger(OwlTagger):
    name = ""


@fault("tagger", "it gives a list", "test_it_gives_a_tuple_of_themes", "test_a_work_that_fits_nothing_gets_nothing")
class _ListTagger(OwlTagger):
    def tag(self, work: Work) -> Any:
        return list(super().tag(work))


@fault("tagger", "every work gets a theme", "test_a_work_that_fits_nothing_gets_nothing")
class _TagsAll(OwlTagger):
    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        return super().tag(work) or (ThemeTag("papers", ("of",)),)


@fault("tagger", "themes come as they fire", "test_themes_are_sorted_and_given_once")
class _Unsorted(OwlTagger):
    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        return super().tag(work)[::-1]


@fault("tagger", "a theme comes twice", "test_themes_are_sorted_and_given_once")
class _Twice(OwlTagger):
    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        return tuple(each for tag in super().tag(work) for each in (tag, tag))


@fault("tagger", "what fired stands nowhere", "test_the_words_that_fired_stand_in_the_work")
class _MakesUpWords(OwlTagger):
    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        return tuple(ThemeTag(tag.theme, ("ornithology",)) for tag in super().tag(work))


@fault("tagger", "it does not say what fired", "test_the_words_that_fired_stand_in_the_work")
class _SaysNothing(OwlTagger):
    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        return tuple(ThemeTag(tag.theme) for tag in super().tag(work))


@fault("tagger", "it learns from what it tagged before", "test_tagging_is_pure")
class _Learns(OwlTagger):
    seen = 0

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        self.seen += 1
        return super().tag(work)[: 3 if self.seen == 1 else 2]


# Writers: of one text, and of a place


class OwlWriter:
    name = "owl-text"

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        each_once = {work.record.arxiv_id: work for work in reversed(works)}
        return [Change(op=Op.CREATE, key=self.key(work), work=work) for _, work in sorted(each_once.items())]

    def key(self, work: Work) -> str:
        return work.record.arxiv_id

    def apply(self, changes: Sequence[Change]) -> Report:
        self.texts.append("".join(f"{change.key} {change.work.record.title}\n" for change in changes))
        return Report(done=tuple(changes))


@fault("writer", "its name is no word", "test_it_has_a_name")
class _WriterName(OwlWriter):
    name = "owl_text!"


@fault("writer", "planning writes", "test_planning_changes_nothing")
class _PlanWrites(OwlWriter):
    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        self.texts.append("planned")
        return super().plan(works)


@fault("writer", "the plan is in the order of the works", "test_the_order_of_the_works_does_not_matter")
class _InOrder(OwlWriter):
    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        order = [work.record.arxiv_id for work in works]
        return sorted(super().plan(works), key=lambda change: order.index(change.key))


@fault(
    "writer",
    "a work given twice is written twice",
    "test_a_work_given_twice_is_planned_once",
)
class _WritesTwice(OwlWriter):
    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        return sorted(
            (Change(op=Op.CREATE, key=self.key(work), work=work) for work in works), key=lambda change: change.key
        )


@fault("writer", "works of one title have one key", "test_keys_are_unique")
class _KeysByTitle(OwlWriter):
    def key(self, work: Work) -> str:
        return work.record.title.casefold()


@fault("writer", "it reports nothing", "test_what_was_applied_is_reported_and_written")
class _ReportsNothing(OwlWriter):
    def apply(self, changes: Sequence[Change]) -> Report:
        super().apply(changes)
        return Report()


@fault("writer", "it writes nothing", "test_what_was_applied_is_reported_and_written")
class _WritesNothing(OwlWriter):
    def apply(self, changes: Sequence[Change]) -> Report:
        return Report(done=tuple(changes))


@fault("writer", "no works give a change", "test_no_works_are_no_changes")
class _SomethingForNothing(OwlWriter):
    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        return super().plan(works) or [Change(op=Op.CREATE, key="none", work=OWL_WORK)]


@fault("writer", "it empties the list of works", "test_works_are_left_as_they_are")
class _EmptiesWorks(OwlWriter):
    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        changes = super().plan(works)
        if isinstance(works, list):
            works.clear()
        return changes


class Shelf:
    """A place in memory: each paper is a card, of which refkit writes the head and the user the rest."""

    writer: type[ShelfWriter]

    def __init__(self) -> None:
        self.cards: dict[str, str] = {}
        self.stuck: set[str] = set()

    def open(self) -> Writer:
        return self.writer(self)

    def written(self) -> Mapping[str, str]:
        return self.cards

    def edit(self, arxiv_id: str) -> str:
        self.cards[arxiv_id] += "read this in spring\n"
        return "read this in spring"

    def add(self) -> str:
        self.cards["mine"] = "my own card\n"
        return "my own card"

    def obstruct(self, arxiv_id: str) -> None:
        self.stuck.add(arxiv_id)

    def clear(self, arxiv_id: str) -> None:
        self.stuck.discard(arxiv_id)

    def put(self, key: str, text: str) -> None:
        if key in self.stuck:
            raise WriteError(f"{key} is stuck to the shelf; loosen it.")
        self.cards[key] = text


class ShelfWriter:
    name = "shelf"

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.seen: dict[str, str | None] = {}

    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        each_once = {work.record.arxiv_id: work for work in reversed(works)}
        return [self.change(key, work) for key, work in sorted(each_once.items())]

    def change(self, key: str, work: Work) -> Change:
        card = self.seen[key] = self.shelf.cards.get(key)
        if card is None:
            return Change(op=Op.CREATE, key=key, work=work)
        old = card.partition("\n")[0]
        if old == self.head(work):
            return Change(op=Op.KEEP, key=key, work=work)
        return Change(op=Op.UPDATE, key=key, work=work, diff={"title": (old, self.head(work))})

    def head(self, work: Work) -> str:
        return work.record.title

    def apply(self, changes: Sequence[Change]) -> Report:
        done, failed = [], []
        for change in changes:
            try:
                self.write(change)
                done.append(change)
            except WriteError as error:
                failed.append((change, str(error)))
        return Report(done=tuple(done), failed=tuple(failed))

    def write(self, change: Change) -> None:
        card = self.shelf.cards.get(change.key)
        if card != self.seen.get(change.key):
            raise WriteError(f"{change.key} was changed meanwhile; plan again.")
        if change.op is not Op.KEEP:
            self.shelf.put(change.key, self.text(change, (card or "\n").partition("\n")[2]))

    def text(self, change: Change, own: str) -> str:
        return f"{self.head(change.work)}\n{own}"


@fault("place", "opening it writes", "test_opening_changes_nothing")
class _OpeningWrites(ShelfWriter):
    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf)
        shelf.cards.setdefault("index", "of owls\n")


@fault(
    "place",
    "it creates all of it again in each run",
    "test_a_second_run_keeps_all",
    "test_only_a_changed_work_is_updated",
    "test_a_failure_midway_is_told_and_made_good_by_the_next_run",
)
class _CreatesAgain(ShelfWriter):
    def change(self, key: str, work: Work) -> Change:
        return Change(op=Op.CREATE, key=key, work=super().change(key, work).work)


@fault("place", "one change updates all", "test_only_a_changed_work_is_updated")
class _UpdatesAll(ShelfWriter):
    def plan(self, works: Sequence[Work]) -> Sequence[Change]:
        changes = super().plan(works)
        if any(change.op is Op.UPDATE for change in changes):
            return [replace(change, op=Op.UPDATE) for change in changes]
        return changes


@fault("place", "an update says not what differs", "test_only_a_changed_work_is_updated")
class _NoDiff(ShelfWriter):
    def change(self, key: str, work: Work) -> Change:
        return replace(super().change(key, work), diff={})


@fault("place", "what is not given is removed", "test_what_is_not_given_stays")
class _Mirrors(ShelfWriter):
    def apply(self, changes: Sequence[Change]) -> Report:
        ours = {key for key in self.shelf.cards if key[0].isdigit()}
        for key in ours - {change.key for change in changes} if len(changes) == 1 and not self._new(changes) else ():
            del self.shelf.cards[key]
        return super().apply(changes)

    def _new(self, changes: Sequence[Change]) -> bool:
        return any(change.op is not Op.KEEP for change in changes)


@fault("place", "an empty run empties it", "test_nothing_given_changes_nothing")
class _Empties(ShelfWriter):
    def apply(self, changes: Sequence[Change]) -> Report:
        if not changes:
            self.shelf.cards.clear()
        return super().apply(changes)


@fault("place", "cards of the user are thrown away", "test_what_the_user_put_there_survives")
class _ThrowsAway(ShelfWriter):
    def apply(self, changes: Sequence[Change]) -> Report:
        self.shelf.cards.pop("mine", None)
        return super().apply(changes)


@fault("place", "an update takes the user's words away", "test_what_the_user_edited_survives")
class _Overwrites(ShelfWriter):
    def text(self, change: Change, own: str) -> str:
        del own
        return super().text(change, "")


@fault(
    "place",
    "a plan that is out of date is carried out",
    "test_a_plan_that_is_out_of_date_is_refused",
)
class _NeverLooks(ShelfWriter):
    def write(self, change: Change) -> None:
        self.seen[change.key] = self.shelf.cards.get(change.key)
        super().write(change)


@fault(
    "place",
    "what could not be written is reported as done",
    "test_a_failure_midway_is_told_and_made_good_by_the_next_run",
)
class _HidesFailures(ShelfWriter):
    def apply(self, changes: Sequence[Change]) -> Report:
        report = super().apply(changes)
        hidden = [change for change, _ in report.failed if change.op is Op.CREATE]
        return Report(
            done=(*report.done, *hidden), failed=tuple(each for each in report.failed if each[0] not in hidden)
        )


GOOD: dict[str, type[Reader | Source | Enricher | Tagger | Writer]] = {
    "reader": OwlReader,
    "source": OwlSource,
    "enricher": OwlEnricher,
    "tagger": OwlTagger,
    "writer": OwlWriter,
    "place": ShelfWriter,
}


def write_cases(folder: Path, *, rejected: bool) -> Path:
    """Write the cases of the good reader."""
    good = folder / "two"
    good.mkdir(parents=True)
    (good / "input.txt").write_text("%owls\nOwls of the North\nOwls of the South\n", encoding="utf-8")
    lines = ('"title":"Owls of the North","line":2', '"title":"Owls of the South","line":3')
    raws = ("Owls of the North", "Owls of the South")
    mentions = ",".join(f'{{{line},"raw":"{raw}"}}' for line, raw in zip(lines, raws, strict=True))
    (good / "expected.json").write_text(f"[{mentions}]", encoding="utf-8")
    if rejected:
        bad = folder / "none"
        bad.mkdir()
        (bad / "input.txt").write_text("%owls\n\n", encoding="utf-8")
        (bad / "error.txt").write_text("input.txt:1: there are no owls in it.\n", encoding="utf-8")
    return folder
