"""The settings of a service that knows published versions: whom to ask, how often, who asks, and with which key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

import msgspec

from refkit.errors import ConfigError
from refkit.metadata.addresses import check_address, check_contact, is_safe
from refkit.secret import Secret
from refkit.toml_places import told

_LONGEST_INTERVAL = 300.0
_LONGEST_TIMEOUT = 600.0
_KEY = re.compile(r"[!-~]*")  # what may stand in a header, without blanks


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[enrichers.NAME]`: another server, seconds between requests and to wait for an answer, and a contact.

    `own` is the address of the service itself, `least` the shortest interval in seconds that it allows, and
    `least_known` that for callers who give a contact.
    """

    name: ClassVar[str] = ""
    own: ClassVar[str] = ""
    least: ClassVar[float] = 0.0
    least_known: ClassVar[float] = 0.0

    url: str
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_INTERVAL)]
    timeout: Annotated[float, msgspec.Meta(gt=0, le=_LONGEST_TIMEOUT)] = 30.0
    contact: str = ""

    @property
    def table(self) -> str:
        """Where these stand in a configuration."""
        return f"enrichers.{self.name}"

    @property
    def root(self) -> str:
        """The address below which the service answers, without a slash at its end."""
        return urlsplit(self.url)._replace(query="", fragment="").geturl().rstrip("/")

    @property
    def host(self) -> str:
        """Whose pace is kept."""
        parts = urlsplit(self.url)
        return str(parts.hostname) if self.is_own else f"{parts.hostname}-{parts.port or parts.scheme}"

    @property
    def is_own(self) -> bool:
        """Whether this is the service itself, whose rules hold, and not another server."""
        return (urlsplit(self.url).hostname or "").rstrip(".") == urlsplit(self.own).hostname

    @classmethod
    def read(cls, settings: Mapping[str, object]) -> Self:
        """Return the settings of a table; raises ConfigError for what cannot be used."""
        try:
            chosen = msgspec.convert(settings, cls, strict=False, dec_hook=_secret)
        except msgspec.ValidationError as error:
            known = ", ".join(cls.__struct_fields__)
            raise ConfigError(
                f"[enrichers.{cls.name}] cannot be used: {told(error)}; its settings are: {known}."
            ) from error
        chosen.check()
        return chosen

    def check(self) -> None:
        """Raise ConfigError for an address that cannot be asked, or a pace that the service forbids."""
        check_address(self.table, self.url, example=self.own)
        check_contact(self.table, self.contact)
        least = self.least_known if self.contact else self.least
        if self.is_own and self.interval < least:
            raise ConfigError(
                f"{self.table}.interval is {self.interval:g} s; the service asks for at least {least:g} s"
                f"{'' if self.contact or self.least == self.least_known else ' of callers without a contact'}."
            )


class KeyedSettings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same with a `key`, which shows itself to nobody; `variable` is where it stands in the environment."""

    variable: ClassVar[str] = ""

    key: Secret = Secret("")

    def check(self) -> None:
        """Raise ConfigError as above, and for a key that cannot be one or would be sent where others can read it."""
        super().check()
        check_key(self.key, f"of {self.table} ({self.variable})")
        if self.key and not is_safe(self.url):
            raise ConfigError(f"{self.table}.url is {self.url!r}; with a key it must begin with https://.")


def check_key(key: Secret, whose: str) -> None:
    """Raise ConfigError, which does not repeat it, for a key that cannot stand in a header."""
    if not _KEY.fullmatch(key.reveal()):
        raise ConfigError(f"The key {whose} has blanks or other signs in it; copy it again.")


def _secret(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value.strip())
    raise ValueError("it must be a text")  # the value itself is not repeated


class CrossrefSettings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[enrichers.crossref]`; with a `contact`, requests go to its polite pool, which allows three a second."""

    name = "crossref"
    own = "https://api.crossref.org"
    least = 1.0
    least_known = 0.33

    url: str = own
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_INTERVAL)] = 1.0


class OpenAlexSettings(KeyedSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[enrichers.openalex]`; without a key there are some ten searches a day."""

    name = "openalex"
    own = "https://api.openalex.org"
    least = least_known = 0.01
    variable = "REFKIT_OPENALEX_KEY"

    url: str = own
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_INTERVAL)] = 0.2


class SemanticScholarSettings(KeyedSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[enrichers.semantic-scholar]`; a key allows one request a second, without one all the world shares a limit."""

    name = "semantic-scholar"
    own = "https://api.semanticscholar.org/graph/v1"
    least = least_known = 1.0
    variable = "REFKIT_SEMANTIC_SCHOLAR_KEY"

    url: str = own
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_INTERVAL)] = 1.0


class DblpSettings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[enrichers.dblp]`; it asks for a pause of a second or two."""

    name = "dblp"
    own = "https://dblp.org"
    least = least_known = 1.0

    url: str = own
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_INTERVAL)] = 2.0
