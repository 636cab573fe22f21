from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from refkit.testing import ArxivCorpus
from refkit.testing.arxiv_answer import Desk
from refkit.testing.arxiv_feed import ARXIV, ATOM, Header, error_feed, feed
from refkit.testing.arxiv_old_feed import old_error_feed, old_feed
from refkit.testing.arxiv_papers import Creator, Document

NOW = datetime(2026, 4, 12, 22, 9, 36, tzinfo=UTC)
NAMES = {"a": ATOM, "arxiv": ARXIV, "o": "http://a9.com/-/spec/opensearch/1.1/"}
DOCUMENT = Document(
    arxiv_id="hep-th/9901001",
    version=2,
    title="Decay of $α$ & <b>",
    published=datetime(1999, 1, 1, 10, tzinfo=UTC),
    updated=datetime(1999, 2, 1, 10, 0, 5, tzinfo=UTC),
    authors=(Creator("A. First", ("Lab",)), Creator("B. Second")),
    abstract="  Text.\n  More.",
    categories=("hep-th", "math.AG"),
    comments="8 pages",
    journal_ref="Journal 1",
    dois=("10.1/a", "10.1/b"),
)
EXPECTED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/g++lZbTFAhTLzcZuJMYLpl8JR4Y</id>
  <title>arXiv Query: search_query=ti:"a &amp; b"&amp;id_list=hep-th/9901001,2401.00001&amp;start=0&amp;max_results=10</title>
  <updated>2026-04-12T22:09:36Z</updated>
  <link href="https://arxiv.org/api/query?search_query=ti:%22a+%26+b%22&amp;start=0&amp;max_results=10&amp;id_list=hep-th/9901001,2401.00001" type="application/atom+xml"/>
  <opensearch:itemsPerPage>10</opensearch:itemsPerPage>
  <opensearch:totalResults>1</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  <entry>
    <id>http://arxiv.org/abs/hep-th/9901001v2</id>
    <title>Decay of $α$ &amp; &lt;b&gt;</title>
    <updated>1999-02-01T10:00:05Z</updated>
    <link href="https://arxiv.org/abs/hep-th/9901001v2" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/hep-th/9901001v2" rel="related" type="application/pdf" title="pdf"/>
    <summary>  Text.
  More.</summary>
    <category term="hep-th" scheme="http://arxiv.org/schemas/atom"/>
    <category term="math.AG" scheme="http://arxiv.org/schemas/atom"/>
    <published>1999-01-01T10:00:00Z</published>
    <arxiv:comment>8 pages</arxiv:comment>
    <arxiv:primary_category term="hep-th"/>
    <arxiv:journal_ref>Journal 1</arxiv:journal_ref>
    <author>
      <name>A. First</name>
      <arxiv:affiliation>Lab</arxiv:affiliation>
    </author>
    <author>
      <name>B. Second</name>
    </author>
    <arxiv:doi>10.1/a</arxiv:doi>
    <link rel="related" href="https://doi.org/10.1/a" title="doi"/>
    <arxiv:doi>10.1/b</arxiv:doi>
    <link rel="related" href="https://doi.org/10.1/b" title="doi"/>
  </entry>
</feed>
"""  # noqa: E501 - as it is sent
HEADER = Header(
    now=NOW, query='ti:"a & b"', parsed='ti:"a & b"', ids=("hep-th/9901001", "2401.00001"), start=0, size=10, total=1
)


def test_a_feed_byte_for_byte() -> None:
    assert feed(HEADER, [DOCUMENT]).decode() == EXPECTED


def test_the_id_is_a_digest_of_the_query_as_understood() -> None:
    """The two ids were recorded."""
    header = Header(now=NOW, query="all:testing", start=50, size=10)
    assert header.digest == "dmCsTzjYMbvJeXuYFCe9RS2TfK0"
    assert Header(now=NOW, ids=("quant-ph/0201082v1",), size=100).digest == "t9dbt8/PVn2GHVEqA2dFcVPOufA"


def test_what_is_not_known_is_left_out() -> None:
    document = Document(arxiv_id="2401.00001", version=1, title="0", published=NOW, updated=NOW)
    (entry,) = etree.fromstring(feed(HEADER, [document])).findall("a:entry", NAMES)
    tags = [etree.QName(child).localname for child in entry]
    assert tags == ["id", "title", "updated", "link", "link", "summary", "published"]


def test_an_error_feed_has_an_entry_without_published() -> None:
    root = etree.fromstring(error_feed("no & good", "https://arxiv.org/api/errors#no", NOW))
    (entry,) = root.findall("a:entry", NAMES)
    assert entry.findtext("a:title", namespaces=NAMES) == "Error"
    assert entry.findtext("a:summary", namespaces=NAMES) == "no & good"
    assert entry.find("a:published", NAMES) is None
    assert root.findtext("o:totalResults", namespaces=NAMES) == "1"


def test_the_old_form() -> None:
    text = old_feed(HEADER, [DOCUMENT]).decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n')
    assert '<title type="html">ArXiv Query: search_query=ti:"a &amp; b"&amp;id_list=' in text
    assert "<updated>2026-04-12T00:00:00-05:00</updated>" in text
    assert '<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</' in text
    assert '<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1/a</arxiv:doi>' in text
    assert '<link title="doi" href="http://dx.doi.org/10.1/a" rel="related"/>' in text
    assert "<summary>  Text. More.\n</summary>" in text
    (entry,) = etree.fromstring(text.encode()).findall("a:entry", NAMES)
    tags = [etree.QName(child).localname for child in entry]
    assert tags[:7] == ["id", "updated", "published", "title", "summary", "author", "author"]
    assert tags[-5:] == ["link", "link", "primary_category", "category", "category"]


def test_the_old_form_breaks_long_lines() -> None:
    document = Document(arxiv_id="2401.00001", version=1, title="Word " * 40, published=NOW, updated=NOW)
    title = etree.fromstring(old_feed(HEADER, [document])).findtext("a:entry/a:title", namespaces=NAMES)
    assert title
    assert "\n  Word" in title
    assert title.split() == ["Word"] * 40


def test_the_old_form_of_an_error() -> None:
    root = etree.fromstring(old_error_feed("bad", "https://arxiv.org/api/errors#bad", NOW))
    assert root.findtext("a:entry/a:id", namespaces=NAMES) == "http://arxiv.org/api/errors#bad"
    assert root.findtext("a:entry/a:title", namespaces=NAMES) == "Error"


class Recorded:
    """A recorded answer. The bodies were kept as if they were Latin-1."""

    def __init__(self, path: Path) -> None:
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.status: int = kept["status_code"]
        self.body: bytes = kept["body"].encode("latin-1")
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(kept["url"]).query).items()}
        self.root = etree.fromstring(self.body)
        self.now = _time(self.root)
        self.total = int(self.root.findtext("o:totalResults", "", NAMES))

    def documents(self) -> Sequence[Document]:
        return [_document(entry) for entry in self.root.findall("a:entry", NAMES)]


def _time(element: etree._Element, name: str = "updated") -> datetime:
    return datetime.fromisoformat(element.findtext(f"a:{name}", "", NAMES))


def _document(entry: etree._Element) -> Document:
    name, _, version = entry.findtext("a:id", "", NAMES).removeprefix("http://arxiv.org/abs/").rpartition("v")
    return Document(
        arxiv_id=name,
        version=int(version),
        title=entry.findtext("a:title", "", NAMES),
        published=_time(entry, "published"),
        updated=_time(entry),
        authors=tuple(_creator(author) for author in entry.findall("a:author", NAMES)),
        abstract=entry.findtext("a:summary", "", NAMES),
        categories=tuple(each.get("term", "") for each in entry.findall("a:category", NAMES)),
        comments=entry.findtext("arxiv:comment", "", NAMES),
        journal_ref=entry.findtext("arxiv:journal_ref", "", NAMES),
        dois=tuple(each.text or "" for each in entry.findall("arxiv:doi", NAMES)),
    )


def _creator(author: etree._Element) -> Creator:
    places = tuple(each.text or "" for each in author.findall("arxiv:affiliation", NAMES))
    return Creator(author.findtext("a:name", "", NAMES), places)


@pytest.fixture
def recorded(shared: Path) -> Sequence[Recorded]:
    found = [Recorded(path) for path in sorted((shared / "fixtures/arxiv_api").glob("*.json"))]
    assert len(found) == 19
    return found


def test_recorded_feeds_are_rebuilt_byte_for_byte(recorded: Sequence[Recorded]) -> None:
    good = [answer for answer in recorded if answer.status == 200]
    assert len(good) == 18
    for answer in good:
        query = "all:testing" if answer.asked.get("search_query") else ""
        header = Header(
            now=answer.now,
            query=query,
            parsed=query,
            ids=tuple(filter(None, answer.asked.get("id_list", "").split(","))),
            start=int(answer.asked["start"]),
            size=int(answer.asked["max_results"]),
            total=answer.total,
        )
        assert feed(header, answer.documents()) == answer.body


def test_recorded_answers_to_ids_are_given_again(recorded: Sequence[Recorded], tmp_path: Path) -> None:
    """From a snapshot of the recorded papers to the recorded bytes, the error included."""
    answers = [answer for answer in recorded if answer.asked.get("id_list")]
    assert len(answers) == 9
    path = tmp_path / "snapshot.jsonl"
    path.write_text(
        "".join(_line(document) for answer in answers if answer.status == 200 for document in answer.documents())
    )
    corpus = ArxivCorpus.from_files(path)
    for answer in answers:
        given = Desk(corpus=corpus, now=lambda answer=answer: answer.now).answer(answer.asked)  # type: ignore[misc]
        assert (given.status, given.body) == (answer.status, answer.body)


def _line(document: Document) -> str:
    line = {
        "id": document.arxiv_id,
        "title": document.title,
        "authors_parsed": [[*_split(creator.name), "", *creator.affiliations] for creator in document.authors],
        "abstract": f"  {document.abstract}\n",
        "categories": " ".join(document.categories),
        "comments": document.comments,
        "journal-ref": document.journal_ref,
        "doi": " ".join(document.dois) or None,
        "versions": [{"version": "v1", "created": f"{document.published:%a, %d %b %Y %H:%M:%S} GMT"}],
    }
    return json.dumps(line) + "\n"


def _split(name: str) -> tuple[str, str]:
    given, _, family = name.rpartition(" ")
    return family, given
