"""What the services that know published versions share: asking in batches, keeping the answers, telling an outage.

A service is asked in one or more *ways* (by DOI, by title), each only for the works of which the ways before it found
nothing. How a question is put and an answer read is pure and stands with each service.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import quote

import msgspec
import requests
from rapidfuzz import fuzz

from refkit.errors import BadResponse
from refkit.http import Manners, PoliteSession
from refkit.keyrings import FindKeyring, kept_key, system_keyring
from refkit.metadata.addresses import is_safe
from refkit.metadata.cache import FILE, KEEP, RecordCache
from refkit.metadata.service_settings import KeyedSettings, ServiceSettings, check_key
from refkit.model import ArxivRecord, Published, Work
from refkit.normalize import before_colon, title_key
from refkit.pace import Clock, Gate
from refkit.protocols import Notify, Surroundings
from refkit.secret import Secret

# Works without a published version are asked for again after a week: it takes months until one appears, so a week
# later is early enough, and asking for a whole library every day would not be polite.
_KEEP_NOTHING = dt.timedelta(days=7)
# Counted into the names of kept answers: raise it when the reading of answers changes, and they are asked for anew.
_READING = 1
# A title as alike as this, or the same before the colon, may be the same paper's; searches always give something.
# Of 100,000 random pairs of 20,000 arXiv titles 3 are as alike; of 12,827 titles in digests 91 % are with arXiv's
# (docs/enrichers.md). What is dropped could only have been told as doubtful: other titles are accepted by links alone.
ALIKE = 60.0
# Longer lines of values would go as a form, which these services do not read (http.py: 4,000 with the rest).
LONGEST = 3300


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `path` below the service's address, its parameters in order, and a JSON body for a POST."""

    path: str
    parameters: Mapping[str, str] = {}
    body: Any = None

    def url(self, root: str) -> str:
        """Return the whole address; blanks are `%20`, which all of them read."""
        query = "&".join(f"{name}={quote(value, safe=':,|$')}" for name, value in self.parameters.items())
        return f"{root}{self.path}?{query}"


class RefusedError(Exception):
    """The service will not answer this question (400); the message is its own."""


Fetch = Callable[[Request], Any]
Offers = tuple[Published, ...]


class Way(Protocol):
    """One way to ask: `size` questions in a request at most, of `longest` characters in the address (0: elsewhere).

    With `search`, papers of others may be among the answers.
    """

    name: str
    size: int
    longest: int
    search: bool

    def question(self, work: Work) -> str:
        """Return what is asked for a work; "" if it cannot be asked for in this way."""

    def ask(self, questions: Sequence[str], fetch: Fetch) -> Sequence[Offers]:
        """Return the answers to these questions, in their order; raises RefusedError and SourceError."""


AnswersOf = Callable[[Way, Mapping[str, Sequence[ArxivRecord]]], dict[str, Offers]]


class ServiceEnricher:
    """A service that knows published versions. Subclasses say what it is called, how it is asked and what it answers.

    `envelope` is the form of its answers; `key_refused` the statuses by which it refuses a key.
    """

    name: str
    title: ClassVar[str]
    settings: ClassVar[type[ServiceSettings]]
    envelope: ClassVar[Any]
    ways: ClassVar[tuple[Way, ...]]
    key_refused: ClassVar[frozenset[int]] = frozenset()
    network = True

    def __init__(
        self,
        chosen: ServiceSettings,
        around: Surroundings,
        *,
        clock: Clock,
        find_keyring: FindKeyring = system_keyring,
    ) -> None:
        self._root = chosen.root
        self._notify: Notify = around.notify
        self._clock = clock
        self._offline = around.offline
        self._refresh = around.refresh and not around.offline
        self._fresh: set[str] = set()  # keys that this run has asked for
        self._find_keyring = find_keyring
        self._key = chosen.key if isinstance(chosen, KeyedSettings) else None
        self._cache = RecordCache(
            around.cache / FILE,
            f"{self.name} {_READING} {chosen.root}",
            Published,
            _fingerprint,
            now=clock.today,
            stale=around.offline,
        )
        manners = Manners(
            interval=chosen.interval, read_timeout=chosen.timeout, contact=chosen.contact, accept="application/json"
        )
        gate = Gate(around.state / "pace", chosen.host, chosen.interval, clock=clock)
        self._session = PoliteSession(
            gate, manners, unfit=self._unfit, clock=clock, sign=self._sign, pace=self.interval_of
        )

    @classmethod
    def open(
        cls,
        settings: Mapping[str, object],
        surroundings: Surroundings,
        *,
        clock: Clock | None = None,
        find_keyring: FindKeyring = system_keyring,
    ) -> Self:
        """Return the enricher as configured, touching neither network nor disk; raises ConfigError."""
        return cls(cls.settings.read(settings), surroundings, clock=clock or Clock(), find_keyring=find_keyring)

    @property
    def label(self) -> str:
        """What is asked, in a sentence."""
        return f"{self.title}'s earlier answers" if self._offline else self.title

    def published(self, works: Sequence[Work]) -> list[Offers]:
        """Return what may be the published version of each work, likeliest first; raises SourceError.

        What was answered before an outage is kept: the same works ask for less the next time.
        """
        found = self._found(works, [()] * len(works), self._kept)  # what is kept of any way spares all questions
        return found if self._offline else self._found(works, found, self._asked)

    def recall(self, works: Sequence[Work]) -> list[Offers]:
        """Return what is known without asking, as `published`: after an outage it tells what was answered before."""
        return self._found(works, [()] * len(works), self._kept)

    def _found(self, works: Sequence[Work], found: Sequence[Offers], answers_of: AnswersOf) -> list[Offers]:
        """Return what was found, completed way by way for those works of which nothing is."""
        found = list(found)
        for way in self.ways:
            questions = {place: way.question(work) for place, work in enumerate(works) if not found[place]}
            records: dict[str, list[ArxivRecord]] = {}
            for place, question in questions.items():
                if question:
                    records.setdefault(question, []).append(works[place].record)
            answers = answers_of(way, records)
            for place, question in questions.items():
                offers = answers.get(question, ())
                found[place] = likeliest(works[place].record, offers) if way.search else offers
        return found

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the headers that show a key."""
        return {"Authorization": f"Bearer {key.reveal()}"}

    def interval_of(self, response: requests.Response) -> float:  # noqa: ARG002 - for those services that say it
        """Return the seconds between requests that an answer asks for; 0 if it does not say."""
        return 0.0

    def _kept(self, way: Way, records: Mapping[str, Sequence[ArxivRecord]]) -> dict[str, Offers]:
        """Return the answers to questions that are kept; `records` are those for which each question is asked."""
        keys = {f"{way.name}:{question}": question for question in records}
        known = self._cache.find([key for key in keys if not self._refresh or key in self._fresh])
        return {keys[key]: offers for key, offers in known.items()}

    def _asked(self, way: Way, records: Mapping[str, Sequence[ArxivRecord]]) -> dict[str, Offers]:
        """Return the answers to questions, asking for those that are not kept."""
        answers = self._kept(way, records)
        for batch in _batches([question for question in records if question not in answers], way.size, way.longest):
            self._tell(len(answers), len(records))
            try:
                offers = way.ask(batch, self._fetch)
            except RefusedError as error:
                raise BadResponse(
                    f"it will not answer a question ({error}); report this to the authors of refkit"
                ) from error
            found = dict(zip(batch, offers, strict=True))
            if way.search:  # what is of other papers is not kept, so that nothing else counts as nothing
                found = {question: _likely(records[question], each) for question, each in found.items()}
            self._keep(way, found)
            answers |= found
        return answers

    def _keep(self, way: Way, found: Mapping[str, Offers]) -> None:
        now = self._clock.today()
        kept = {
            f"{way.name}:{question}": (offers, now + (KEEP if offers else _KEEP_NOTHING))
            for question, offers in found.items()
        }
        self._cache.keep(kept)
        self._fresh.update(kept)

    def _tell(self, done: int, total: int) -> None:
        self._session.notify = lambda doing: self._notify(f"asking {self.title}: {done} of {total} papers, {doing}")

    def _fetch(self, request: Request) -> Any:
        """Return the decoded answer to a request; raises RefusedError, SourceUnavailable, BadResponse."""
        refusals = self.key_refused if self._sign() else ()
        with self._session.returning(HTTPStatus.BAD_REQUEST, *refusals):
            url = request.url(self._root)
            method = "GET" if request.body is None else "POST"
            response = self._session.request(method, url, json=request.body)
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise RefusedError(_message(response.content))
        if response.status_code in refusals:
            raise BadResponse(f"it does not take your key ({response.status_code}); correct it or do without one")
        return self.decode(response.content)

    @classmethod
    def decode(cls, content: bytes) -> Any:
        """Return an answer as values; raises msgspec.DecodeError (ValidationError for another form)."""
        return msgspec.json.decode(content, type=cls.envelope)

    def _unfit(self, response: requests.Response) -> str:
        try:
            self.decode(response.content)
        except msgspec.ValidationError:
            return "it gave an answer of another form"
        except (msgspec.DecodeError, UnicodeDecodeError):
            return f"it gave {_describe(response.content)}"
        return ""

    def _sign(self) -> Mapping[str, str]:
        if self._key is None or not is_safe(self._root):
            return {}
        if not self._key:
            self._key = kept_key(self.name, self._find_keyring) or None
            check_key(self._key or Secret(""), f"of {self.name} in the system's keyring")
        return self.headers(self._key) if self._key else {}


def likeliest(record: ArxivRecord, offers: Offers) -> Offers:
    """Return those of many offers that may be the record's, likeliest first: linked with it, then by title."""
    titles = [record.title, *record.former_titles]
    ranked = [
        (offer.arxiv_id != record.arxiv_id, -max(_alikeness(title, offer.title) for title in titles), place)
        for place, offer in enumerate(offers)
    ]
    return tuple(offers[place] for other, distance, place in sorted(ranked) if not other or -distance >= ALIKE)


def _alikeness(one: str, other: str) -> float:
    """Return how alike two titles are, from 0 to 100; the same words before the colon are enough to be looked at."""
    heads = {title_key(before_colon(title)) for title in (one, other)}
    least = ALIKE if len(heads) == 1 and "" not in heads else 0.0
    return max(least, fuzz.ratio(title_key(one), title_key(other)))


def _likely(records: Sequence[ArxivRecord], offers: Offers) -> Offers:
    """Return the offers that may be of any of these records."""
    return tuple(dict.fromkeys(offer for record in records for offer in likeliest(record, offers)))


def _batches(questions: Sequence[str], size: int, longest: int) -> Iterator[list[str]]:
    """Yield the questions in lists that fit into one request each."""
    batch: list[str] = []
    length = 0
    for question in questions:
        more = len(quote(question, safe="")) + len("%7C")
        if batch and (len(batch) == size or length + more > longest > 0):
            yield batch
            batch, length = [], 0
        batch.append(question)
        length += more
    if batch:
        yield batch


def _fingerprint(offer: Published) -> str:
    """Return a name for what is kept: of the same words the same, so that it is kept once."""
    return hashlib.blake2b(msgspec.json.encode(offer), digest_size=16).hexdigest()


def _message(content: bytes) -> str:
    """Return what a refusal says in its JSON, shortened; "400" if it says nothing."""
    try:
        said = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "400"
    parts = [said.get(name) for name in ("error", "message")] if isinstance(said, dict) else []
    text = ": ".join(part for part in parts if isinstance(part, str)) or "400"
    return "".join(char for char in text if char.isprintable())[:200]


def _describe(content: bytes) -> str:
    start = content.lstrip()[:1]
    if start in {b"{", b"["}:
        return "an answer that was cut off"
    return "a web page instead of records" if start == b"<" else "no records" if start else "an empty answer"
