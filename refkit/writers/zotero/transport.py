"""The way of each request to Zotero: paced, named, repeated after an outage, the key in a header and nowhere else.

It stands below the client of `httpx` or its successor `httpx2`, whichever pyzotero uses, as that client's transport.
What it gives back is a success in JSON; everything else is raised, so that nothing above can mistake one for the other:
pyzotero takes an answer with status 429 for a result, and starts timers of its own on a `Backoff`.
"""

from __future__ import annotations

import math
import random
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from refkit.errors import Unanswered, WriteRefused, WriteUnavailable
from refkit.pace import LONGEST_WAIT, Clock
from refkit.protocols import Notify, silent
from refkit.secret import Secret
from refkit.version import __version__
from refkit.writers.zotero.answers import Answer, Failure, Refusal, asked_pause, is_json, sentence, when
from refkit.writers.zotero.proxies import Connections, no_proxy_works

USER_AGENT = f"refkit/{__version__}"
# Several clients must not come back together.
_JITTER = 0.2
# Seconds added to each wait for the rate, because the server's arithmetic may round the other way.
_MARGIN = 0.001
_BUSY = frozenset({429, 500, 502, 503, 504})
_MOVED = frozenset({300, 301, 302, 303, 305, 307, 308})
_READING = frozenset({"GET", "HEAD"})
_LATER = "run the same command again later"
_CERTIFICATE = (
    "no safe connection to it could be made (its certificate is not trusted)",
    "check the clock and the network, or name your network's certificates by SSL_CERT_FILE",
)


class Manners(Struct, frozen=True, kw_only=True):
    """How Zotero is asked. Times in seconds; `waits` come before the second and each further attempt.

    Rate, burst and parallel requests are the server's own limits (specs/zotero_web_api.md 8). `insists` is whether an
    address at which nothing listens is tried again, and `proxies` whether those of the environment are used.
    """

    waits: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    rate: float = 10.0
    burst: int = 100
    parallel: int = 5
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    insists: bool = True
    proxies: bool = True


class Call(Struct, frozen=True, kw_only=True):
    """What one request needs that pyzotero does not know.

    `headers` are added; `key` stands in for the transport's own. `raw` takes an answer that is not JSON. `resend` is
    whether the request may be sent again when it may have been carried out.
    """

    headers: Mapping[str, str] = {}
    key: Secret | None = None
    raw: bool = False
    resend: bool = True
    read_timeout: float = 0.0


class _Local(threading.local):
    """What belongs to the request that a thread makes."""

    call = Call()
    last = Answer()


class Transport:
    """A transport for a client of `httpx`, the module that pyzotero uses (or `httpx2`), to one server.

    `server` is the root of the API; the key goes to that origin only. Raises Refusal for an answer that is neither a
    success nor an outage, WriteUnavailable if no attempt succeeds, and Unanswered if a write may have been carried out
    all the same.
    """

    def __init__(
        self,
        httpx: ModuleType,
        server: str,
        key: Secret | None = None,
        *,
        clock: Clock | None = None,
        notify: Notify = silent,
        manners: Manners | None = None,
    ) -> None:
        self._httpx = httpx
        self._origin = _origin(server)
        self._key = key
        self._clock = clock or Clock()
        self._notify = notify
        self._manners = manners or Manners()
        self._connections = Connections(httpx, proxies=self._manners.proxies)
        self._slots = threading.BoundedSemaphore(self._manners.parallel)
        self._turn = _Turn(self._manners, self._clock, notify)
        self._local = _Local()

    @property
    def last(self) -> Answer:
        """What is known of the last answer that this thread was given."""
        return self._local.last

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """Make the requests of this thread in this way while the block runs."""
        before, self._local.call = self._local.call, call
        try:
            yield
        finally:
            self._local.call = before

    def handle_request(self, request: Any) -> Any:
        """Send a request until it is answered; raises as the class says."""
        call, waits, unclear = self._local.call, list(self._manners.waits), False
        _check(call.key or self._key)
        while True:
            self._turn.wait()
            outcome = self._attempt(request, call)
            if isinstance(outcome, Refusal) and unclear and outcome.status != HTTPStatus.PRECONDITION_FAILED:
                # An earlier attempt may have been carried out, and what is refused now does not tell.
                raise Unanswered(f"Zotero refused what it was asked again: {outcome.text or outcome.status}; {_LATER}.")
            if isinstance(outcome, Refusal):
                raise outcome
            if not isinstance(outcome, Failure):
                return outcome
            unclear = unclear or (outcome.unclear and request.method not in _READING)
            if outcome.final or not waits or outcome.pause > LONGEST_WAIT or (unclear and not call.resend):
                raise self._failed(outcome, unclear=unclear)
            self._rest(outcome, waits.pop(0))

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _attempt(self, request: Any, call: Call) -> Any:
        """Make one attempt; return a response for the client, a Failure or a Refusal."""
        with self._slots:
            outcome = self._exchange(request, call)
        return outcome if isinstance(outcome, Failure) else self._judged(request, call, *outcome)

    def _exchange(self, request: Any, call: Call) -> tuple[int, Any, bytes] | Failure:
        """Return status, headers and body of the answer. No error of the HTTP library leaves here: it has the key."""
        connection = self._connections.to(request.url)
        if isinstance(connection, Failure):
            return connection
        try:
            response = connection.handle_request(self._wired(request, call))
            try:
                return response.status_code, response.headers, response.read()
            finally:
                response.close()
        except self._httpx.RequestError as error:
            return self._broken(error)

    def _wired(self, request: Any, call: Call) -> Any:
        """Return the request as it goes out; only this copy, which nobody keeps, has the key."""
        given = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers.raw}
        headers = _merged(given, {"User-Agent": USER_AGENT})
        # What pyzotero takes for a key is none.
        headers = {name: value for name, value in headers.items() if name.casefold() != "authorization"}
        if _origin(str(request.url)) == self._origin:
            if request.method not in _READING and "content-type" not in request.headers:
                headers["Content-Type"] = "application/json"  # without it, the desktop does not read the body
            headers = _merged(headers, call.headers)
            if key := call.key or self._key:
                headers["Zotero-API-Key"] = key.reveal()
        manners = self._manners
        timeout = {
            "connect": manners.connect_timeout,
            "read": call.read_timeout or manners.read_timeout,
            "write": manners.read_timeout,
            "pool": manners.connect_timeout,
        }
        extensions = {**request.extensions, "timeout": timeout}
        return self._httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=extensions
        )

    def _broken(self, error: BaseException) -> Failure:
        """Tell why there is no answer, and whether the request can have been carried out."""
        httpx = self._httpx
        if isinstance(error, httpx.ProxyError):
            return no_proxy_works()
        if isinstance(error, httpx.ConnectError) and _has_cause(error, ssl.SSLCertVerificationError):
            return Failure(_CERTIFICATE[0], final=True, remedy=_CERTIFICATE[1])
        if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
            return Failure("the request could not be made", final=True, remedy="check the address of Zotero")
        unsent = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ConnectError)
        final = isinstance(error, httpx.ConnectError) and not self._manners.insists
        late = isinstance(error, httpx.TimeoutException)
        reason = "it could not be reached" if unsent else "it gave no answer" if late else "the connection to it broke"
        return Failure(f"{reason} in time" if late else reason, unclear=not unsent, final=final)

    def _judged(self, request: Any, call: Call, status: int, headers: Any, content: bytes) -> Any:
        """Return the response for the client, or why it gets none."""
        now = self._clock.now()
        backoff = asked_pause(headers.get("Backoff", ""), now)
        pause = max(backoff, asked_pause(headers.get("Retry-After", ""), now))
        self._turn.rest(backoff)
        self._local.last = Answer.of(status, headers)
        if status in _BUSY:
            return Failure(_why(status), pause, unclear=status != HTTPStatus.TOO_MANY_REQUESTS)
        if status in _MOVED:
            return _moved(request, headers)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            if status == HTTPStatus.OK and not call.raw and not is_json(content):
                reason = "something else answered in its place (a login page of the network?)"
                return Failure(reason, pause, unclear=True)
            return self._handed_on(status, content)
        return Refusal(status, sentence(content, call.key or self._key))

    def _handed_on(self, status: int, content: bytes) -> Any:
        """Return what the client gets: no `Backoff` that pyzotero would wait for, no `Link` that it would follow."""
        return self._httpx.Response(status, headers={"Content-Type": "application/json"}, content=content)

    def _rest(self, failure: Failure, wait: float) -> None:
        """Wait before the next attempt."""
        if failure.pause:
            self._turn.rest(failure.pause)
            return
        seconds = wait * random.uniform(1, 1 + _JITTER)  # noqa: S311 - not a secret
        self._notify(f"{failure.reason}; trying again in {math.ceil(seconds)} s")
        self._clock.sleep(seconds)

    def _failed(self, failure: Failure, *, unclear: bool) -> WriteUnavailable:
        remedy = failure.remedy or _LATER
        if failure.pause > LONGEST_WAIT:
            remedy = f"it asks for a pause until {when(self._clock.now() + failure.pause)}; run the same command then"
        error = Unanswered if unclear else WriteUnavailable
        return error(f"Zotero gave no answer at {self._origin}: {failure.reason}; {remedy}.")


class _Turn:
    """When the next request may go out: a bucket of tokens, and the pauses that the server asks for."""

    def __init__(self, manners: Manners, clock: Clock, notify: Notify) -> None:
        self._manners = manners
        self._clock = clock
        self._notify = notify
        self._lock = threading.Lock()
        self._tokens = float(manners.burst)
        self._filled = clock.now()
        self._pause = 0.0
        self._paused = 0.0

    def rest(self, seconds: float) -> None:
        """Let nobody ask for so long."""
        with self._lock:
            now = self._clock.now()
            if seconds > self._left(now):
                self._pause, self._paused = seconds, now

    def wait(self) -> None:
        """Wait for a turn and take it. Raises WriteUnavailable if the server asked for too long a pause."""
        with self._lock:
            left = self._left(self._clock.now())
            if left > LONGEST_WAIT:
                until = when(self._clock.now() + left)
                raise WriteUnavailable(f"Zotero asks for a pause until {until}; run the same command then.")
            if left:
                self._notify(f"Zotero asks for a pause of {math.ceil(left)} s")
                self._clock.sleep(left)
            self._pause = 0.0
            self._take()

    def _left(self, now: float) -> float:
        """Return the seconds of the pause that are left; a clock that was set back does not make it longer."""
        return min(self._pause, max(0.0, self._paused + self._pause - now))

    def _take(self) -> None:
        now = self._clock.now()
        self._tokens = min(self._manners.burst, self._tokens + max(0.0, now - self._filled) * self._manners.rate)
        self._filled = now
        if self._tokens < 1:
            seconds = (1 - self._tokens) / self._manners.rate + _MARGIN
            self._clock.sleep(seconds)  # a tenth of a second, of which nobody need be told
            self._tokens, self._filled = 1.0, now + seconds
        self._tokens -= 1


def _check(key: Secret | None) -> None:
    """Refuse a key that cannot stand in a header: the error of the HTTP library would show it."""
    if key and not re.fullmatch(r"[A-Za-z0-9]+", key.reveal()):
        raise WriteRefused("The key for Zotero has characters that no such key has; copy it once more.")


def _why(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "it has had too many requests (429)"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "it is overloaded or being updated (503)"
    return f"it had an error of its own ({status})"


def _moved(request: Any, headers: Any) -> Failure:
    """Refuse to follow a redirect: it could lead the key, or a library's content, to another host."""
    try:
        place = _origin(urljoin(str(request.url), headers.get("Location", "")))
    except ValueError:
        place = "no valid address"
    reason = f"it sends requests on to {place}, which is not followed"
    return Failure(reason, final=True, remedy="check the network (a login page?) and the address of Zotero")


def _origin(url: str) -> str:
    """Return scheme, host and port of an address, never what stands before an @."""
    parts = urlsplit(url)
    port = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "").casefold()
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port not in {None, port} else "")


def _merged(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    names = {name.casefold() for name in more}
    return {**{name: value for name, value in headers.items() if name.casefold() not in names}, **more}


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
