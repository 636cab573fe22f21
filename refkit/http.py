"""The one polite client: a `requests` session that takes turns, times out, backs off and says who it is.

Every attempt, also a repeated one, waits for its turn (`pace.py`). What it raises or returns is decided by the status:
answers that the caller can act on come back, outages are repeated a few times and then raise SourceUnavailable.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from refkit.errors import SourceUnavailable
from refkit.pace import LONGEST_WAIT, Clock, Gate
from refkit.protocols import Notify, silent
from refkit.version import __version__

# Seconds to wait before the second, third and fourth attempt; what users of arXiv found to work (30/60/90 and more).
# They belong to an interval of three seconds and shrink with a shorter one, which only other servers may have.
_BACKOFF = (30.0, 60.0, 120.0)
_FULL_INTERVAL = 3.0
# Several clients must not come back together.
_JITTER = 0.2
_REDIRECTS = 3
_PIECE = 1 << 16
# Longer request lines are sent as POST: arXiv's limit is not published, 8 kB was refused, 4 kB never.
_LONGEST_URL = 4000

_WHY: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "it denied access (403), as it does to addresses and programs that it has blocked",
    HTTPStatus.NOT_ACCEPTABLE: "it would not answer this client (406)",
    HTTPStatus.TOO_MANY_REQUESTS: "it has had too many requests from this address (429)",
    HTTPStatus.SERVICE_UNAVAILABLE: "it is overloaded or down (503)",
}


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is asked: seconds between requests, timeouts in seconds, who to write to about the traffic.

    `attempts` is how often one request is made at most, from 2 on; of an answer no more than `largest` bytes are read,
    unpacked, before it is refused (0: all of it).
    """

    interval: float = _FULL_INTERVAL
    connect_timeout: float = 10.0
    read_timeout: float = 90.0
    contact: str = ""
    accept: str = "*/*"
    attempts: int = 1 + len(_BACKOFF)
    largest: int = 0

    @property
    def user_agent(self) -> str:
        """Who asks, honestly, with a contact if the user gave one."""
        contact = f" (mailto:{self.contact})" if self.contact else ""
        return f"refkit/{__version__}{contact}"

    @property
    def backoff(self) -> tuple[float, ...]:
        """Seconds to wait before each further attempt."""
        return tuple(seconds * min(1.0, self.interval / _FULL_INTERVAL) for seconds in _BACKOFF[: self.attempts - 1])


class _Failure(msgspec.Struct, frozen=True):
    """Why an attempt failed, the pause that the service asked for in seconds, and whether another attempt is idle."""

    reason: str
    pause: float = 0.0
    final: bool = False
    remedy: str = "run the same command again later"


_PROXY = "correct HTTPS_PROXY or HTTP_PROXY"
# The address of the service itself has been checked before (its settings are).
_NO_ADDRESS = _Failure("a redirect or a proxy on the way to it has no valid address", final=True, remedy=_PROXY)


class PoliteSession(requests.Session):
    """A session that asks one service, one request at a time.

    `unfit` looks at an answer with status 200 and returns why it is none, "" if it is one. Statuses named by
    `returning` come back to the caller; every other one but 200 is an outage. After an outage that outlasts all
    attempts the circuit is open: this session asks nothing any more.

    `sign` gives headers that show a key; they are sent to this service alone, and never on from https to http.
    `pace` reads from an answer how many seconds the service wants between requests, where it says so. An answer that
    sends on to another host is an outage; its address is then in `moved_to`, for callers who may ask there.
    """

    def __init__(
        self,
        gate: Gate,
        manners: Manners,
        *,
        unfit: Callable[[requests.Response], str],
        clock: Clock | None = None,
        notify: Notify | None = None,
        sign: Callable[[], Mapping[str, str]] = dict,
        pace: Callable[[requests.Response], float] = lambda _: 0.0,
    ) -> None:
        super().__init__()
        self.notify: Notify = notify or silent
        self.auth = _nobody  # else `requests` would send what ~/.netrc holds for the host
        self._gate = gate
        self._manners = manners
        self._unfit = unfit
        self._clock = clock or Clock()
        self._sign, self._pace = sign, pace
        self._returned: frozenset[int] = frozenset()
        self._outage = ""
        self._has_answered = False
        self.moved_to = ""
        self.last = b""  # the body of the last answer that was given back
        # One connection, and none of urllib3's own retries: they would not wait for their turn.
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True, max_retries=0))

    @contextmanager
    def returning(self, *statuses: int) -> Iterator[None]:
        """Give answers with these statuses back to the caller while the block runs."""
        before, self._returned = self._returned, frozenset(statuses)
        try:
            yield
        finally:
            self._returned = before

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request in its turn, and again after a failure; raises SourceUnavailable if that does not help.

        A GET whose line is too long goes as a POST with its query in the body.
        """
        if self._outage:
            raise SourceUnavailable(self._outage)
        self._prepare(request)
        timeout = (self._manners.connect_timeout, self._manners.read_timeout)
        kwargs |= {"timeout": timeout, "allow_redirects": False, "stream": bool(self._manners.largest)}
        waits, redirects = list(self._manners.backoff), _REDIRECTS
        while True:
            outcome = self._attempt(request, kwargs, waits[0] if waits else self._manners.backoff[0])
            if isinstance(outcome, requests.Response):
                if not outcome.is_redirect:
                    self._has_answered, self.last = True, outcome.content
                    return outcome
                failure = self._redirect(request, outcome, redirects)
                redirects -= 1
                if failure is None:
                    continue
                outcome = failure
            if outcome.final or not waits:
                self._outage = f"{outcome.reason}; {outcome.remedy}"
                raise SourceUnavailable(self._outage)
            waits.pop(0)

    def _prepare(self, request: requests.PreparedRequest) -> None:
        parts = urlsplit(request.url or "")
        if request.method == "GET" and len(request.url or "") > _LONGEST_URL:
            request.prepare_method("POST")
            request.prepare_url(parts._replace(query="").geturl(), None)
            request.prepare_body(parts.query, None)
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.headers["User-Agent"] = self._manners.user_agent
        request.headers["Accept"] = self._manners.accept
        request.headers.update(self._sign())

    def _attempt(
        self, request: requests.PreparedRequest, kwargs: dict[str, Any], wait: float
    ) -> requests.Response | _Failure:
        """Make one attempt in its turn; after a failure nobody asks for `wait` seconds, or longer if asked to."""
        with self._gate.turn(self.notify) as turn:
            self.notify("waiting for the answer")
            outcome = self._exchange(request, kwargs)
            if isinstance(outcome, _Failure):
                turn.pause = max(outcome.pause, wait * random.uniform(1, 1 + _JITTER))  # noqa: S311 - not a secret
                if not self._has_answered and outcome.final and not outcome.pause:
                    turn.pause = 0.0  # nobody was reached, so nobody needs the pause
                self.notify(f"{outcome.reason}")
            else:
                turn.pause = max(turn.pause, min(self._pace(outcome), LONGEST_WAIT))
        return outcome

    def _exchange(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> requests.Response | _Failure:
        try:
            response = super().send(request, **kwargs)
            failure = self._load(response) if self._manners.largest else None
        except requests.RequestException as error:
            return self._unanswered(error)
        except ValueError:
            return _NO_ADDRESS
        except OSError as error:  # certificates that REQUESTS_CA_BUNDLE names and that are not there
            return _Failure(f"no request can be made ({error})", final=True, remedy="correct the environment")
        if failure or response.is_redirect or response.status_code in self._returned:
            return failure or response
        if response.status_code == HTTPStatus.OK:
            reason = self._unfit(response)
            return _Failure(reason, self._pause(response)) if reason else response
        return self._refused(response)

    def _load(self, response: requests.Response) -> _Failure | None:
        """Read what a response holds, up to the limit: neither a huge answer nor one that drips may hold us up."""
        started, data = self._clock.now(), bytearray()
        for piece in response.iter_content(_PIECE):
            data += piece
            if len(data) > self._manners.largest:
                response.close()
                large = f"its answer is larger than {self._manners.largest >> 20} MiB"
                return _Failure(large, final=True, remedy="ask for less of it")
            if self._clock.now() - started > LONGEST_WAIT:
                response.close()
                return _Failure("it gave no whole answer in time")
        response._content = bytes(data)  # noqa: SLF001 - what `content` gives; requests has no way to limit it
        return None

    def _unanswered(self, error: requests.RequestException) -> _Failure:
        if isinstance(error, requests.exceptions.SSLError):
            cause = getattr(error.args[0] if error.args else None, "reason", None)  # `error` itself tells the address
            return _Failure(f"no safe connection could be made ({cause or 'TLS'})", final=True)
        if isinstance(error, requests.exceptions.ProxyError):
            return _Failure("the proxy cannot be used", final=True, remedy=_PROXY)
        if isinstance(error, requests.exceptions.InvalidURL):
            return _NO_ADDRESS
        if isinstance(error, requests.Timeout):
            return _Failure("it gave no answer in time")
        if isinstance(error, requests.ConnectionError):
            return self._unconnected(error)
        return _Failure(f"its answer broke off ({type(error).__name__})")

    def _unconnected(self, error: requests.ConnectionError) -> _Failure:
        """Tell a machine without network, where trying again is idle, from a connection that broke."""
        cause = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(cause, NewConnectionError) and not self._has_answered:
            remedy = "check the network, or go without it by --no-network"
            return _Failure("it could not be reached", final=True, remedy=remedy)
        return _Failure("the connection to it broke")

    def _refused(self, response: requests.Response) -> _Failure:
        status = response.status_code
        reason = _WHY.get(status, f"it answered with status {status} {response.reason or ''}".rstrip())
        pause = self._pause(response)
        return _Failure(reason, pause, final=pause > LONGEST_WAIT)

    def _pause(self, response: requests.Response) -> float:
        """Return the seconds of a Retry-After header, given in seconds or as a date; 0 without one."""
        value = response.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - self._clock.now())
        except ValueError:
            return 0.0

    def _redirect(self, request: requests.PreparedRequest, response: requests.Response, left: int) -> _Failure | None:
        """Point the request at where the answer sends it, for its own next turn; only within the same host."""
        here = urlsplit(request.url or "")
        try:
            target = urljoin(request.url or "", response.headers["Location"])
            there = urlsplit(target)
            _ = there.port  # raises ValueError if it is no number
        except ValueError:
            return _NO_ADDRESS
        if not left or here.hostname != there.hostname or there.scheme not in {"http", "https"}:
            self.moved_to = target if left and there.scheme in {"http", "https"} else ""
            place = f"{there.scheme}://{there.netloc.rpartition('@')[2]}"
            return _Failure(f"it redirects to {place}, which is not followed", final=True)
        if self._sign() and here.scheme == "https" != there.scheme:
            return _Failure(
                "it redirects to an address where a key would not be safe, which is not followed", final=True
            )
        if request.method == "POST":
            target = there._replace(query="").geturl()
        request.url = target
        return None


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate as nobody."""
    return request
