from __future__ import annotations

import pytest

from refkit.errors import ConfigError
from refkit.metadata import arxiv_settings
from refkit.metadata.oai_settings import OaiSettings


def test_arxiv_s_own_service_is_asked_every_three_seconds_in_turn_with_its_query_service() -> None:
    chosen = OaiSettings.read({})
    assert chosen.endpoint == "https://oaipmh.arxiv.org/oai"
    assert chosen.interval == 3.0
    assert chosen.host == arxiv_settings.ArxivSettings.read({}).host == "arxiv.org"


def test_another_server_has_its_own_pace_and_a_bare_host_gets_the_path() -> None:
    chosen = OaiSettings.read({"url": "http://127.0.0.1:8000/?x=1#y", "interval": "0", "contact": "ada@example.org"})
    assert chosen == OaiSettings(url="http://127.0.0.1:8000/?x=1#y", interval=0, contact="ada@example.org")
    assert chosen.endpoint == "http://127.0.0.1:8000/oai"
    assert chosen.host == "127.0.0.1-8000"
    assert OaiSettings.read({"url": "https://mirror.example.org/oai2"}).endpoint == "https://mirror.example.org/oai2"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"url": "oaipmh"}, r"^sources\.oai\.url is 'oaipmh'; write an address like https://oaipmh\.arxiv\.org/oai\.$"),
        ({"url": "https://ada:secret@arxiv.org/oai"}, r"^sources\.oai\.url holds a user name or a password"),
        ({"contact": "two words"}, r"^sources\.oai\.contact is 'two words'"),
        ({"interval": 2.9}, r"^sources\.oai\.interval is 2\.9 s; arXiv's terms"),
        ({"url": "https://export.arxiv.org/oai2", "interval": 0}, r"^sources\.oai\.interval is 0 s"),
        ({"interval": -1}, r"^\[sources\.oai\] cannot be used: .*; its settings are: url, interval, contact\.$"),
        ({"pace": 3}, r"^\[sources\.oai\] cannot be used: .*pace"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        OaiSettings.read(settings)
