"""From the parameters of an OAI-PMH request to its answer: checks, pages and tokens as in arXiv's own code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from urllib.parse import parse_qs, quote, unquote, urlencode

from msgspec import Struct

from refkit.metadata.snapshot import SnapshotLine
from refkit.testing import oai_xml

EARLIEST = date(2005, 9, 16)
_DAY = re.compile(r"(?a)\d{4}-\d\d-\d\d")
_DESCRIPTIONS = {
    "badArgument": "The request includes illegal arguments, is missing required arguments, includes a repeated "
    "argument, or values for arguments have an illegal syntax.",
    "badResumptionToken": "The value of the resumptionToken argument is invalid or expired.",
    "badVerb": "Value of the verb argument is not a legal OAI-PMH verb, the verb argument is missing, or the verb "
    "argument is repeated.",
    "cannotDisseminateFormat": "The metadata format identified by the value given for the metadataPrefix argument is "
    "not supported by the item or by the repository.",
    "idDoesNotExist": "The value of the identifier argument is unknown or illegal in this repository.",
    "noRecordsMatch": "The combination of the values of the from, until, set and metadataPrefix arguments results in "
    "an empty list.",
}
_IDENTITY = (
    ("repositoryName", "arXiv"),
    ("baseURL", ""),
    ("protocolVersion", "2.0"),
    ("earliestDatestamp", str(EARLIEST)),
    ("deletedRecord", "no"),
    ("granularity", "YYYY-MM-DD"),
    ("adminEmail", "help@arxiv.org"),
)


class Refusal(Exception):  # noqa: N818 - an answer, if not the wanted one
    """The service answers with an error of OAI-PMH, with status 200."""

    def __init__(self, code: str, reason: str = "", asked: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.text = _DESCRIPTIONS[code] + (f" Reason: {reason}" if reason else "")
        self.asked = dict(asked or {})


class Answer(Struct, frozen=True):
    """What is sent back; `total` counts what the whole list has, `returned` what is on this page."""

    body: bytes
    total: int = 0
    returned: int = 0


class _Question(Struct, frozen=True, kw_only=True):
    """A list that is asked for: `asked` is what the answer repeats."""

    verb: str
    first: date
    last: date
    set: str
    skip: int
    asked: dict[str, str]

    def wants(self, line: SnapshotLine) -> bool:
        day = line.update_date or ""
        if not str(self.first) <= day <= str(self.last):
            return False
        return not self.set or any(f"{name}:".startswith(f"{self.set}:") for name in oai_xml.sets_of(line))


class OaiDesk:
    """Answers requests from records, which may change between them. `now` is the clock (UTC).

    Pages have `page_size` records, or eight times as many identifiers. A token is parameters and a number to skip, as
    arXiv's are; here it also ends at midnight UTC of the day on which it was given.
    """

    def __init__(self, records: Iterable[SnapshotLine], *, page_size: int, now: Callable[[], datetime]) -> None:
        self.page_size = page_size
        self._now = now
        self._lock = Lock()
        self._given: dict[str, date] = {}
        self.records = records

    @property
    def records(self) -> tuple[SnapshotLine, ...]:
        """The records in the order in which they are listed: by their last change, then by id."""
        return self._records

    @records.setter
    def records(self, records: Iterable[SnapshotLine]) -> None:
        self._records = tuple(sorted(records, key=lambda line: (line.update_date or "", line.id)))

    def answer(self, parameters: Mapping[str, str], *, base: str, repeated: bool = False) -> Answer:
        """Return the answer to a request, an error included; `repeated`: a parameter came twice."""
        if repeated:
            return self.refuse(Refusal("badArgument", "Duplicate parameters not allowed"), base)
        try:
            return self._reply(parameters, base)
        except Refusal as refusal:
            return self.refuse(refusal, base)

    def refuse(self, refusal: Refusal, base: str) -> Answer:
        """Return the answer that carries an error."""
        return self._answer(oai_xml.error(refusal.code, refusal.text), base, refusal.asked)

    def _answer(self, inner: str, base: str, asked: Mapping[str, str], total: int = 0, returned: int = 0) -> Answer:
        return Answer(oai_xml.document(inner, base=base, attributes=asked, now=self._now()), total, returned)

    def _reply(self, parameters: Mapping[str, str], base: str) -> Answer:
        verb = parameters.get("verb", "")
        if verb in {"ListRecords", "ListIdentifiers"}:
            return self._list(self._question(parameters), base)
        if verb == "GetRecord":
            return self._get(parameters, base)
        about = {"Identify": self._identify, "ListMetadataFormats": self._formats, "ListSets": self._sets}
        if verb not in about:
            raise Refusal("badVerb", "Invalid verb provided")
        if set(parameters) - {"verb"} and not (
            verb == "ListMetadataFormats" and set(parameters) == {"verb", "identifier"}
        ):
            raise Refusal("badArgument", "No other parameters allowed")
        return self._answer(about[verb](base), base, parameters)

    def _identify(self, base: str) -> str:
        fields = (f" <{name}>{value or base}</{name}>\n" for name, value in _IDENTITY)
        return oai_xml.listing("Identify", fields)

    def _formats(self, _: str) -> str:
        one = (
            f"<metadataFormat>\n <metadataPrefix>{oai_xml.FORMAT}</metadataPrefix>\n"
            f" <schema>{oai_xml.SCHEMA}</schema>\n <metadataNamespace>{oai_xml.NAMESPACE}</metadataNamespace>\n"
            "</metadataFormat>\n"
        )
        return oai_xml.listing("ListMetadataFormats", [one])

    def _sets(self, _: str) -> str:
        names = sorted({name for line in self.records for full in oai_xml.sets_of(line) for name in _levels(full)})
        sets = (f"<set>\n <setSpec>{name}</setSpec>\n <setName>{name}</setName>\n</set>\n" for name in names)
        return oai_xml.listing("ListSets", sets)

    def _get(self, parameters: Mapping[str, str], base: str) -> Answer:
        if set(parameters) != {"verb", "identifier", "metadataPrefix"}:
            raise Refusal("badArgument", "Parameters provided did not match expected.")
        found = [line for line in self.records if oai_xml.PREFIX + line.id == parameters["identifier"]]
        _check_format(parameters)
        if not found:
            raise Refusal("idDoesNotExist", "Nothing found for this ID", parameters)
        return self._answer(oai_xml.listing("GetRecord", [oai_xml.record(found[0])]), base, parameters, 1, 1)

    def _question(self, parameters: Mapping[str, str]) -> _Question:
        asked = {"verb": parameters["verb"]}
        skip = 0
        if "resumptionToken" in parameters:
            if set(parameters) != {"verb", "resumptionToken"}:
                raise Refusal("badArgument", "No other parameters allowed with resumptionToken")
            asked["resumptionToken"] = parameters["resumptionToken"]
            parameters, skip = self._from_token(asked)
        if "metadataPrefix" not in parameters:
            raise Refusal("badArgument", "metadataPrefix required.")
        if set(parameters) - {"verb", "metadataPrefix", "from", "until", "set"}:
            raise Refusal("badArgument", "Unallowed parameter.")
        _check_format(parameters)
        today = self._now().astimezone(UTC).date()
        first = _day(parameters, "from") or EARLIEST
        last = _day(parameters, "until") or today
        if first > last:
            raise Refusal("badArgument", "until date must be greater than or equal to from date")
        if first < EARLIEST:
            raise Refusal("badArgument", "start date too early")
        if last > today + timedelta(days=1):
            raise Refusal("badArgument", "until date too late")
        asked |= parameters
        wanted = parameters.get("set", "")
        return _Question(verb=asked["verb"], first=first, last=last, set=wanted, skip=skip, asked=asked)

    def _from_token(self, asked: Mapping[str, str]) -> tuple[dict[str, str], int]:
        token = asked["resumptionToken"]
        parameters = {name: values[0] for name, values in parse_qs(unquote(token)).items()}
        skip = parameters.pop("skip", "")
        if not skip.isdecimal():
            raise Refusal("badResumptionToken", "Token decoding failed or format is invalid.")
        with self._lock:
            given = self._given.get(unquote(token))
        today = self._now().astimezone(UTC).date()
        if given != today:
            raise Refusal("badResumptionToken", "Token has expired.", asked)
        if parameters.get("verb") != asked["verb"]:
            raise Refusal("badResumptionToken", "token from different verb", asked)
        return parameters, int(skip)

    def _list(self, question: _Question, base: str) -> Answer:
        size = self.page_size * (8 if question.verb == "ListIdentifiers" else 1)
        found = [line for line in self.records if question.wants(line)]
        rest = found[question.skip :]
        if not rest:
            raise Refusal("noRecordsMatch", "", question.asked)
        token = self._token(question, rest[: size + 1], size)
        written = oai_xml.header if question.verb == "ListIdentifiers" else oai_xml.record
        expires = self._midnight()
        inner = oai_xml.listing(question.verb, map(written, rest[:size]), token, expires)
        return self._answer(inner, base, question.asked, len(found), len(rest[:size]))

    def _token(self, question: _Question, page: list[SnapshotLine], size: int) -> str | None:
        """Return the token for what follows a page, which has one record more if anything does; None for no token.

        It asks from the day of the first record that follows, and skips those of that day that have been given.
        """
        if len(page) <= size:
            return "" if "resumptionToken" in question.asked else None
        day = page[-1].update_date or ""
        parameters = {name: value for name, value in question.asked.items() if name != "resumptionToken"}
        if day == page[0].update_date:
            skip = question.skip + size
        else:
            parameters["from"] = day
            skip = sum(line.update_date == day for line in page) - 1
        text = urlencode({**parameters, "skip": skip})
        with self._lock:
            self._given[text] = self._now().astimezone(UTC).date()
        return quote(text)

    def _midnight(self) -> datetime:
        tomorrow = self._now().astimezone(UTC) + timedelta(days=1)
        return tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)


def _levels(name: str) -> list[str]:
    parts = name.split(":")
    return [":".join(parts[: end + 1]) for end in range(len(parts))]


def _check_format(parameters: Mapping[str, str]) -> None:
    if parameters["metadataPrefix"] != oai_xml.FORMAT:
        raise Refusal("cannotDisseminateFormat", "Did not recognize requested format", {"verb": parameters["verb"]})


def _day(parameters: Mapping[str, str], name: str) -> date | None:
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise Refusal("badArgument", f"{name} date format must be YYYY-MM-DD") from None
