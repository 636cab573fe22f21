from __future__ import annotations

from pathlib import Path

import pytest

from refkit import registry
from refkit.errors import ConfigError
from refkit.metadata.service_settings import (
    CrossrefSettings,
    DblpSettings,
    OpenAlexSettings,
    SemanticScholarSettings,
    ServiceSettings,
)
from refkit.protocols import Surroundings

EVERY = (CrossrefSettings, OpenAlexSettings, SemanticScholarSettings, DblpSettings)


@pytest.mark.parametrize("settings", EVERY)
def test_the_defaults_are_those_of_the_service_itself(settings: type[ServiceSettings]) -> None:
    chosen = settings.read({})
    assert chosen.url == settings.own
    assert chosen.is_own
    assert chosen.interval >= settings.least
    assert chosen.url.startswith("https://")


def test_the_environment_gives_text() -> None:
    chosen = SemanticScholarSettings.read({"interval": "2.5", "timeout": "5", "key": "abc"})
    assert (chosen.interval, chosen.timeout, chosen.key.reveal()) == (2.5, 5.0, "abc")
    assert "abc" not in repr(chosen)


@pytest.mark.parametrize(
    ("settings", "table", "problem"),
    [
        (
            CrossrefSettings,
            {"key": "s3cret"},
            r"\[enrichers.crossref\] cannot be used: .*settings are: url, interval",
        ),
        (CrossrefSettings, {"interval": 0.5}, r"at least 1 s of callers without a contact"),
        (CrossrefSettings, {"interval": 0.1, "contact": "ada@example.org"}, r"at least 0.33 s\."),
        (SemanticScholarSettings, {"interval": 0.5}, r"at least 1 s\."),
        (DblpSettings, {"url": "ftp://dblp.org"}, r"enrichers.dblp.url is 'ftp://dblp.org'; write an address like"),
        (DblpSettings, {"url": "https://a:b@dblp.org"}, "holds a user name or a password"),
        (OpenAlexSettings, {"contact": "nobody"}, "write an e-mail address or nothing"),
        (OpenAlexSettings, {"timeout": 0}, "cannot be used"),
        (OpenAlexSettings, {"key": 12345}, "`key`: it must be a text; its settings are"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    settings: type[ServiceSettings], table: dict[str, object], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        settings.read(table)
    assert "s3cret" not in str(caught.value)
    assert "12345" not in str(caught.value)


def test_with_a_contact_crossref_may_be_asked_more_often() -> None:
    assert CrossrefSettings.read({"interval": 0.34, "contact": "ada@example.org"}).interval == 0.34


def test_other_servers_have_a_pace_of_their_own() -> None:
    assert CrossrefSettings.read({}).host == "api.crossref.org"
    assert CrossrefSettings.read({"url": "http://127.0.0.1:8000/x/", "interval": 0}).host == "127.0.0.1-8000"
    assert CrossrefSettings.read({"url": "http://127.0.0.1:8000/x/?y", "interval": 0}).root == "http://127.0.0.1:8000/x"


@pytest.mark.parametrize("name", registry.ENRICHERS)
def test_opening_reads_the_settings_and_touches_nothing(name: str, tmp_path: Path) -> None:
    plug_in = registry.load("enricher", name)
    around = Surroundings(cache=tmp_path / "cache", state=tmp_path / "state")
    plug_in.open({}, around)
    with pytest.raises(ConfigError):
        plug_in.open({"interval": "soon"}, around)
    assert list(tmp_path.iterdir()) == []
