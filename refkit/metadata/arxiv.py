"""The source `arxiv`: titles and ids asked of arXiv's query API, many in one request, and everything answered kept.

A run asks first for the ids that digests give, then for titles as phrases, then, for what is still open, for shorter
phrases and for groups of rare words (`arxiv_query.py`). Which record a title means is not decided here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self

import msgspec
from rapidfuzz import fuzz

from refkit.categories import category_name
from refkit.errors import BadResponse, SourceError
from refkit.http import Manners, PoliteSession
from refkit.metadata import arxiv_api, arxiv_query
from refkit.metadata.arxiv_api import ArxivApi, Page, RefusedError, TooLargeError
from refkit.metadata.arxiv_query import Question
from refkit.metadata.arxiv_settings import ArxivSettings
from refkit.metadata.cache import FILE, AnswerCache, Entry
from refkit.metadata.titles import TitleIndex
from refkit.model import Answer, ArxivRecord, Mention, is_arxiv_id
from refkit.normalize import title_key, words
from refkit.pace import Clock, Gate
from refkit.protocols import Notify, Surroundings

_ACCEPT = "application/atom+xml, application/xml;q=0.9, */*;q=0.5"
# Titles asked in the first request, and at most: 20 to 40 are known to be safe by GET, 100 by POST, and the server's
# own limits lie at about 1,000 terms (all read from arXiv's search code, none observed on the live service).
_FIRST_SIZE, _LARGEST_SIZE, _MOST_TERMS = 60, 100, 800
# An answer lets batches grow; one that was too large keeps the next ones below its half for some answers, not for good:
# the same statuses come from bad moments too.
_GROWTH, _RECOVERY = 1.5, 1.15
# Titles of one or two words stand in many others, and would flood the answers of their neighbours.
_SHORT_SIZE = 20
# Records asked for a title; the rest of a crowded answer is had by splitting the question.
_RECORDS_EACH, _FEWEST_RECORDS, _MOST_RECORDS = 20, 50, 2000
# An answer without any record, to whole titles or to so many questions of another kind, is doubted: it is asked for
# once more before it is believed.
_DOUBTFUL = 5
_IDS = 500
_NOTHING_TO_ASK = "its search cannot look for this title, which has no word that it keeps; give the id with the title"
# arXiv's message for an id of a wrong form; any other 400 says nothing about the id.
_BAD_ID = "incorrect id format"
# The rungs of the ladder: three ways to ask for titles, then the earlier versions of what these found.
_TITLES, _VERSIONS = (arxiv_query.WHOLE, arxiv_query.PARTS, arxiv_query.GROUPS), 3
# Of the records found for a title, the earlier titles of the likeliest are looked up, first and last versions first.
_LOOKED_INTO, _EARLIER_VERSIONS = 2, 3
# Records kept for a title, as many as the resolver wants and some more.
_KEPT = 20
# A record whose title is as alike as this is a candidate for a title even if another title's clause found it.
_ALIKE = 60.0
# Seconds between two looks whether another thread is done; as often a waiting thread can be cancelled.
_TICK = 1.0
# Of a word, its beginning is looked for: the server compares stems.
_ENDING, _SHORTEST_STEM = 3, 3


class _Open(msgspec.Struct, frozen=True):
    """A title that is to be asked for: the key of its answer in the cache, and the question."""

    key: str
    title: str
    question: Question
    rung: int


class ArxivSource:
    """arXiv's live service, asked as seldom as possible: `api` asks, `cache` keeps what was answered.

    `offline` asks only the cache; `refresh` asks again, once, what the cache knows. Threads may share it: one of them
    asks at a time, as arXiv wants it.
    """

    name = "arxiv"
    network = True
    rungs = len((*_TITLES, _VERSIONS))

    def __init__(
        self, api: ArxivApi, cache: AnswerCache, *, notify: Notify, clock: Clock, offline: bool, refresh: bool
    ) -> None:
        self._api = api
        self._cache = cache
        self._notify = notify
        self._clock = clock
        self._offline = offline
        self._refresh = refresh and not offline
        self._size, self._largest = float(_FIRST_SIZE), float(_LARGEST_SIZE)
        self._fresh: set[str] = set()  # keys that this run has asked for
        self._turn = threading.Lock()  # neither a session nor a connection to the cache is for two threads at once

    @classmethod
    def open(cls, settings: Mapping[str, object], surroundings: Surroundings, *, clock: Clock | None = None) -> Self:
        """Return the source as configured; raises ConfigError for a setting that cannot be used."""
        chosen = ArxivSettings.read(settings)
        clock = clock or Clock()
        manners = Manners(interval=chosen.interval, contact=chosen.contact, accept=_ACCEPT)
        gate = Gate(surroundings.state / "pace", chosen.host, chosen.interval, clock=clock)
        session = PoliteSession(gate, manners, unfit=arxiv_api.unfit, clock=clock)
        cache = AnswerCache(surroundings.cache / FILE, chosen.endpoint, now=clock.today, stale=surroundings.offline)
        return cls(
            ArxivApi(chosen.endpoint, session),
            cache,
            notify=surroundings.notify,
            clock=clock,
            offline=surroundings.offline,
            refresh=surroundings.refresh,
        )

    @property
    def label(self) -> str:
        """What is asked, in a sentence."""
        return "arXiv's earlier answers" if self._offline else "arXiv"

    @property
    def complete(self) -> bool:
        """Whether an id that is not found is surely none of arXiv's."""
        return not self._offline

    def search(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        """Return one answer a mention; those that could not be asked for carry the failure, the others stand.

        The rungs ask for whole titles, for parts of them, for groups of rare words, and for the titles that the
        records found so far had in earlier versions.
        """
        with self._alone():
            return self._search(mentions, limit, rung)

    def _search(self, mentions: Sequence[Mention], limit: int, rung: int) -> Sequence[Answer]:
        if rung == _VERSIONS:
            return [Answer(each.records[:limit], each.failure) for each in self._with_former_titles(mentions)]
        asked = [_open(mention, rung) for mention in mentions]
        answers = self._answer({each.key: each for each in asked if each})
        nothing = Answer(failure=_NOTHING_TO_ASK) if rung == arxiv_query.WHOLE else Answer()
        found = [answers[each.key] if each else nothing for each in asked]
        return [Answer(answer.records[:limit], answer.failure) for answer in found]

    def recall(self, mentions: Sequence[Mention], *, limit: int, rung: int = 0) -> Sequence[Answer]:
        """Return what is known without asking, one answer a mention: for a run that is broken off."""
        asked = [_open(mention, rung) if rung in _TITLES else None for mention in mentions]
        with self._alone():
            known = self._cache.get([each.key for each in asked if each])
        return [Answer(known[each.key].records[:limit]) if each and each.key in known else Answer() for each in asked]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        """Return the records of these ids; what cannot be an id of arXiv's is not asked for. Raises SourceError."""
        with self._alone():
            return self._by_id([each for each in dict.fromkeys(ids) if self._may_exist(each)])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        while not self._turn.acquire(timeout=_TICK):
            self._notify("waiting for another thread that asks arXiv")
        try:
            yield
        finally:
            self._turn.release()

    def _by_id(self, ids: Sequence[str]) -> dict[str, ArxivRecord]:
        """Return the records of ids, with or without version, that have the right form."""
        keys = {f"id:{each}": each for each in ids}
        answers = self._known(keys)
        missing = [arxiv_id for key, arxiv_id in keys.items() if key not in answers]
        if not self._offline:
            for start in range(0, len(missing), _IDS):
                self._tell(start, len(missing), "ids")
                answers.update(self._look_up(missing[start : start + _IDS]))
        return {keys[key]: answer.records[0] for key, answer in answers.items() if answer.records}

    def _with_former_titles(self, mentions: Sequence[Mention]) -> list[Answer]:
        """Return what was found for each mention on the other rungs and had other titles, with these."""
        found = [self._likeliest(mention) for mention in mentions]
        names = list(dict.fromkeys(name for records in found for record in records for name in _earlier(record)))
        failure = ""
        try:
            known = self._by_id(names)
        except SourceError as error:
            failure = str(error)
            known = {name: answer.records[0] for name in names for answer in self._cache.get([f"id:{name}"]).values()}
        return [_formerly(records, known, failure) for records in found]

    def _likeliest(self, mention: Mention) -> list[ArxivRecord]:
        """Return the records most alike that were found for a title on the other rungs."""
        keys = [each.key for rung in _TITLES if (each := _open(mention, rung))]
        records = {each.arxiv_id: each for answer in self._cache.get(keys).values() for each in answer.records}
        key = title_key(mention.title)
        ranked = sorted(records.values(), key=lambda each: (-fuzz.ratio(key, title_key(each.title)), each.arxiv_id))
        return ranked[:_LOOKED_INTO]

    def _answer(self, asked: Mapping[str, _Open]) -> dict[str, Answer]:
        """Return an answer for each key: known ones from the cache, the others from arXiv unless it is off limits."""
        answers = self._known(asked)
        if self._offline:
            return dict.fromkeys(asked, Answer()) | answers
        for batch in self._batches([each for key, each in asked.items() if key not in answers]):
            self._tell(len(answers), len(asked), "titles")
            try:
                for key, answer in self._ask(batch):
                    answers[key] = answer
            except SourceError as error:
                answers |= {each.key: Answer(failure=str(error)) for each in batch if each.key not in answers}
        return answers

    def _known(self, keys: Iterable[str]) -> dict[str, Answer]:
        return self._cache.get([key for key in keys if not self._refresh or key in self._fresh])

    def _keep(self, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Answer]]:
        self._cache.put(entries)
        self._fresh.update(entries)
        yield from ((key, Answer(entry.records)) for key, entry in entries.items())

    def _batches(self, todo: Sequence[_Open]) -> Iterator[list[_Open]]:
        """Yield what goes into one request each; how much that is may change while they are asked."""
        for is_short in (False, True):
            rest = [each for each in todo if each.question.is_short is is_short]
            while rest:
                batch = rest[: _SHORT_SIZE if is_short else int(self._size)]
                while len(batch) > 1 and sum(each.question.terms for each in batch) > _MOST_TERMS:
                    batch = batch[: len(batch) // 2]
                yield batch
                rest = rest[len(batch) :]

    def _ask(self, batch: Sequence[_Open], *, divisible: bool = True) -> Iterator[tuple[str, Answer]]:
        """Ask for all titles of a batch at once; yield their answers, also of the parts that had to be asked again."""
        try:
            page = self._request(batch, divisible=divisible and len(batch) > 1)
        except (RefusedError, BadResponse) as error:
            if len(batch) == 1:
                refused = isinstance(error, RefusedError)
                why = f"arXiv cannot read the question for this title ({error})" if refused else str(error)
                yield batch[0].key, Answer(failure=why)
                return
            yield from self._halves(batch, divisible=divisible)
        except TooLargeError as error:
            self._size = self._largest = max(1.0, len(batch) / 2)
            yield from self._divide(batch, error)
        else:
            self._largest = min(self._largest * _RECOVERY, _LARGEST_SIZE)
            self._size = min(self._size * _GROWTH, self._largest)
            yield from self._read(batch, page)

    def _divide(self, batch: Sequence[_Open], error: TooLargeError) -> Iterator[tuple[str, Answer]]:
        """Ask in halves what was too much; where both fail it is an outage, where one does, that one is divided on."""
        if len(batch) == 1:
            yield batch[0].key, Answer(failure=f"the question for this title is too much for it ({error})")
            return
        middle = (len(batch) + 1) // 2
        failed: list[tuple[Sequence[_Open], Exception]] = []
        for half in (batch[:middle], batch[middle:]):
            try:
                page = self._request(half, divisible=True)
            except (TooLargeError, RefusedError, BadResponse) as reason:
                failed.append((half, reason))
            else:
                yield from self._read(half, page)
        for half, problem in failed:
            if len(failed) == 1 and isinstance(problem, TooLargeError):
                yield from self._divide(half, problem)
            else:
                yield from self._ask(half, divisible=False)

    def _halves(self, batch: Sequence[_Open], *, divisible: bool) -> Iterator[tuple[str, Answer]]:
        middle = (len(batch) + 1) // 2
        yield from self._ask(batch[:middle], divisible=divisible)
        yield from self._ask(batch[middle:], divisible=divisible)

    def _request(self, batch: Sequence[_Open], *, divisible: bool) -> Page:
        query = " OR ".join(each.question.clause for each in batch)
        size = min(max(_FEWEST_RECORDS, _RECORDS_EACH * len(batch)), _MOST_RECORDS)
        page = self._api.search(query, size=size, divisible=divisible)
        if not page.records and (len(batch) >= _DOUBTFUL or batch[0].rung == arxiv_query.WHOLE):
            page = self._api.search(query, size=size, divisible=divisible)
        return page

    def _read(self, batch: Sequence[_Open], page: Page) -> Iterator[tuple[str, Answer]]:
        """Join titles and records; where more records exist than came, ask in halves for the titles without theirs."""
        index = TitleIndex(page.records)
        entries = {each.key: _join(each, index) for each in batch}
        if page.total <= len(page.records) or len(batch) == 1:
            yield from self._keep(entries)
            return
        yield from self._keep({key: entry for key, entry in entries.items() if entry.settled})
        rest = [each for each in batch if not entries[each.key].settled]
        if len(rest) == len(batch):
            yield from self._halves(rest, divisible=True)
        elif rest:
            yield from self._ask(rest)

    def _look_up(self, ids: Sequence[str]) -> Iterator[tuple[str, Answer]]:
        """Ask for records by id; an id that arXiv will not read fails alone."""
        try:
            page = self._api.lookup(ids)
            if not page.records:  # that none of them exists is doubted as silence on titles is
                page = self._api.lookup(ids)
        except (RefusedError, TooLargeError) as error:
            if len(ids) == 1 and _BAD_ID in str(error):
                return  # none of arXiv's: `foo/9901001`
            if len(ids) == 1:
                raise BadResponse(f"it cannot look up the id {ids[0]} ({error})") from error
            middle = (len(ids) + 1) // 2
            yield from self._look_up(ids[:middle])
            yield from self._look_up(ids[middle:])
            return
        if page.total > len(page.records):
            raise BadResponse(f"it gave {len(page.records)} of {page.total} records for {len(ids)} ids")
        current = sorted(page.records, key=lambda record: record.version)
        found = {record.arxiv_id: record for record in current}
        found |= {name: msgspec.structs.replace(each, arxiv_id=name) for each in current if (name := _versioned(each))}
        known = {name: Entry((found[name],), settled=True) for name in ids if name in found}
        yield from self._keep({f"id:{name}": known.get(name, Entry()) for name in ids})

    def _may_exist(self, arxiv_id: str) -> bool:
        """Whether a text is an id that arXiv may have given by now; one that is none would fail its whole request."""
        archive, slash, _ = arxiv_id.rpartition("/")
        if not is_arxiv_id(arxiv_id) or (slash and not category_name(archive)):
            return False
        return bool(slash) or arxiv_id[:4] <= f"{self._clock.today():%y%m}"

    def _tell(self, done: int, total: int, what: str) -> None:
        self._api.notify = lambda doing: self._notify(f"asking arXiv: {done} of {total} {what}, {doing}")


def _open(mention: Mention, rung: int) -> _Open | None:
    question = arxiv_query.ask(mention, rung)
    return _Open(f"{question.clause}\t{title_key(mention.title)}", mention.title, question, rung) if question else None


def _versioned(record: ArxivRecord) -> str:
    """Return the name of this version of a paper, under which the cache keeps it apart from the current one."""
    return f"{record.arxiv_id}v{record.version}"


def _earlier(record: ArxivRecord) -> tuple[str, ...]:
    """Return the names of earlier versions of a record: all, or of many the first ones and the last."""
    numbers = [*range(1, record.version)]
    chosen = [*numbers[: _EARLIER_VERSIONS - 1], *numbers[_EARLIER_VERSIONS - 1 :][-1:]]
    return tuple(f"{record.arxiv_id}v{number}" for number in chosen)


def _formerly(records: Sequence[ArxivRecord], known: Mapping[str, ArxivRecord], failure: str) -> Answer:
    """Return those records that had other titles, with these; the failure if an earlier version is not known for it."""
    named = []
    for record in records:
        titles = {title_key(known[name].title): known[name].title for name in _earlier(record) if name in known}
        titles.pop(title_key(record.title), None)
        if titles:
            named.append(msgspec.structs.replace(record, former_titles=tuple(titles.values())))
    open_ones = any(name not in known for record in records for name in _earlier(record))
    return Answer(tuple(named), failure if open_ones else "")


def _join(asked: _Open, index: TitleIndex) -> Entry:
    """Return the records that may be meant by a title, of all those that came for its batch."""
    key = title_key(asked.title)
    found = index.search(asked.title, limit=_KEPT)
    records = tuple(each for each in found if _is_for(asked, key, each))
    return Entry(records, settled=any(title_key(each.title) == key for each in records))


def _is_for(asked: _Open, key: str, record: ArxivRecord) -> bool:
    if fuzz.ratio(key, title_key(record.title)) >= _ALIKE:
        return True
    have = words(record.title)
    return any(all(_has(have, word) for word in way) for way in asked.question.ways)


def _has(have: Sequence[str], word: str) -> bool:
    """Whether a title has a word, give or take its ending; what `words` takes apart counts if all of it is there."""
    return all(
        any(each.startswith(part[: max(_SHORTEST_STEM, len(part) - _ENDING)]) for each in have) for part in words(word)
    )
