from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from refkit.errors import UsageError
from refkit.metadata.snapshot import read_records
from refkit.model import ArxivRecord, Author, PartialDate
from refkit.testing import ArxivCorpus
from refkit.testing.arxiv_corpus import Search
from refkit.testing.arxiv_fields import CannotAnswer
from refkit.testing.arxiv_query import adapt, parse

TRANSFORMER, PLAN, STRINGS, SHORT, LONG = "1706.03762", "2307.05973", "hep-th/9901001", "2401.00001", "2401.00002"


def titled(*titles: str) -> ArxivCorpus:
    return ArxivCorpus.from_records(
        ArxivRecord(arxiv_id=f"2401.{number:05}", title=title) for number, title in enumerate(titles, start=1)
    )


def matches(title: str, query: str, **options: Any) -> bool:
    corpus = titled(title, "Something Else Entirely")
    found = corpus.search(Search(query=parse(adapt(query)), **options)).documents
    return [document.arxiv_id for document in found] == ["2401.00001"]


def ids(corpus: ArxivCorpus, query: str = "", **options: Any) -> list[str]:
    node = parse(adapt(query)) if query else None
    return [document.arxiv_id for document in corpus.search(Search(query=node, **options)).documents]


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("Attention Is All You Need", 'ti:"Attention Is All You Need"'),
        ("Why Attention Is All You Need Today", 'ti:"attention is all you need"'),
        # A stop word stands for any word, and none at the edges counts.
        ("Attention Was All You Need", 'ti:"Attention Is All You Need"'),
        ("Attention Sees All You Need", 'ti:"Attention Is All You Need"'),
        ("Attention", 'ti:"The Attention Is"'),
        ("Generalizing Models", 'ti:"generalized model"'),
        ("Self-Attention/Now: Here", 'ti:"self attention now here"'),
        ("Self Attention Now", 'ti:"Self-Attention — now"'),
        ("A Model's Word", 'ti:"model word"'),
        ("C++ and More", 'ti:"C"'),
        ("Learning Deep Things", "ti:(deep AND learned)"),
        ("Learning Deep Things", "ti:deep-learning"),
        ("The Transformer", "ti:trans*"),
        ("The Transformer", "ti:tr?nsform"),
        ("Bounds $\\le$ Two", "ti:$\\le$"),
        ('On Schr\\"odinger', 'ti:"schrödinger"'),
        ("Decay of $\\alpha$ Rays", 'ti:"decay of α"'),
        ("A Title", "all:title"),
        ("Learning Deep Things", 'all:"deep things"'),
        ("Café Title", "all:cafe"),
    ],
)
def test_what_a_title_term_matches(title: str, query: str) -> None:
    assert matches(title, query)


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("All Is Attention Need You", 'ti:"Attention Is All You Need"'),
        ("Attention All You Need", 'ti:"Attention Is All You Need"'),  # the gap takes its place
        ("Attention Is Really All You Need", 'ti:"Attention Is All You Need"'),
        ("Selfattention", 'ti:"self-attention"'),
        ('On Schr\\"odinger', 'ti:"Schrodinger"'),
        ("Don’t Stop", 'ti:"don\'t stop"'),
        ("The Of And", 'ti:"the of and"'),
        ("The Of And", "ti:the"),
        ("The Transformer", "ti:transformers*"),  # a pattern is not stemmed
        ("The Transformer", 'ti:"trans*"'),
        ("Bounds $\\ge$ Two", "ti:$\\le$"),
        ("Other", 'ti:"unknownword"'),
        ("Deep Things", 'all:"things deep"'),
    ],
)
def test_what_a_title_term_does_not_match(title: str, query: str) -> None:
    assert not matches(title, query)


@pytest.mark.parametrize("query", ['ti:"need you all attention"', 'all:"need all"'])
def test_in_the_old_days_a_phrase_was_a_set_of_words(query: str) -> None:
    assert not matches("Attention Is All You Need", query)
    assert matches("Attention Is All You Need", query, legacy_and=True)


def test_nothing_between_quotes_matches_everything(corpus: ArxivCorpus) -> None:
    assert corpus.search(Search(query=parse('ti:""'))).total == len(corpus) == 5


@pytest.mark.parametrize(
    "query", ["ti:*x", "ti:?x", "submittedDate:2023", 'submittedDate:"x TO y"', "NOT (ti:a OR ti:b)"]
)
def test_what_breaks_the_search(corpus: ArxivCorpus, query: str) -> None:
    with pytest.raises(CannotAnswer):
        ids(corpus, query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('au:"Ashish Vaswani"', {TRANSFORMER}),
        ("au:ashish", {TRANSFORMER, STRINGS}),
        ('au:"Vaswani Shazeer"', set()),  # all within one author
        ("au:berg", {PLAN, STRINGS}),
        ("au:balazs", {PLAN}),
        ("au:erdős", {PLAN}),
        ("cat:cs.LG", {TRANSFORMER, SHORT, LONG}),
        ("cat:cs.*", {TRANSFORMER, PLAN, SHORT, LONG}),
        ("cat:cs", set()),
        ('abs:"network without recurrence"', {TRANSFORMER}),
        ('abs:"recurrence without network"', set()),
        ("abs:paragraphs", {TRANSFORMER}),
        ('co:"5 figures"', {TRANSFORMER}),
        ("co:figure", set()),  # not stemmed
        ("jr:Nucl.Phys", {STRINGS}),
        ("rn:LAB-99-1", {STRINGS}),
        ("doi:10.1000/one", {STRINGS}),
        ("id:hep-th/9901001", {STRINGS}),
        ("id:1706.03762v2", {TRANSFORMER}),
        ("all:recurrence", {TRANSFORMER}),
        ("all:erdos", {PLAN}),
        ("submittedDate:[201706121757 TO 20170612]", {TRANSFORMER}),
        ("submittedDate:[1999 TO 2017]", {TRANSFORMER, STRINGS}),
        ("submittedDate:[2017 TO 201706121757]", {TRANSFORMER}),  # 34 seconds past that minute
        ("submittedDate:[201706121758 TO 2018]", set()),
        ("ti:attention ANDNOT au:vaswani", {SHORT, LONG}),
        ("au:vaswani AND ti:attention", {TRANSFORMER}),
        ("NOT ti:attention", {PLAN, STRINGS}),
        ("ti:attention AND ti:title OR ti:strings", {LONG}),  # to the right: title OR strings
        ("ti:attention AND ti:need OR ti:title", {TRANSFORMER, LONG}),
        ("ti:attention ANDNOT ti:need OR ti:title", {SHORT}),
        ("(ti:attention AND ti:title) OR ti:strings", {LONG, STRINGS}),
        ("ti:branes OR ti:words OR ti:need", {STRINGS, PLAN, TRANSFORMER}),
        ("ti:former", set()),  # only current titles are searched
    ],
)
def test_the_other_fields_and_the_operators(corpus: ArxivCorpus, query: str, expected: set[str]) -> None:
    assert set(ids(corpus, query)) == expected


def test_short_titles_and_rare_words_come_first(corpus: ArxivCorpus) -> None:
    assert ids(corpus, "ti:attention") == [SHORT, TRANSFORMER, LONG]
    assert ids(corpus, "ti:attention OR ti:winding")[0] == LONG
    assert ids(corpus, "ti:attention", ascending=True) == [LONG, TRANSFORMER, SHORT]


def test_a_phrase_of_words_that_are_everywhere_is_one() -> None:
    corpus = titled(*["Deep Learning"] * 600, *["Learning Deep"] * 600, *["Deep Things"] * 600)
    assert corpus.search(Search(query=parse('ti:"deep learning"'))).total == 600


def test_equal_scores_are_ordered_by_id() -> None:
    corpus = ArxivCorpus.from_records(ArxivRecord(arxiv_id=f"2401.0000{n}", title="Same") for n in (3, 1, 2))
    assert ids(corpus, "ti:same") == ["2401.00001", "2401.00002", "2401.00003"]


def test_pages_cover_all_hits_once(corpus: ArxivCorpus) -> None:
    pages = [ids(corpus, 'ti:""', start=start, size=2) for start in (0, 2, 4, 6)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert len({name for page in pages for name in page}) == 5
    assert corpus.search(Search(query=parse('ti:""'), start=50)).total == 5


def test_dates_order_both_ways(corpus: ArxivCorpus) -> None:
    by_first = [STRINGS, TRANSFORMER, PLAN, SHORT, LONG]
    assert ids(corpus, 'ti:""', sort_by="submittedDate", ascending=True) == by_first
    assert ids(corpus, "ti:attention", sort_by="submittedDate") == [SHORT, LONG, TRANSFORMER]
    assert ids(corpus, f"id:{PLAN} OR id:{TRANSFORMER} OR id:{STRINGS}", sort_by="lastUpdatedDate") == [
        PLAN,
        TRANSFORMER,
        STRINGS,
    ]


def test_ids_are_matched_as_they_are_written(corpus: ArxivCorpus) -> None:
    assert ids(corpus, ids=(SHORT, "2401.99999", "arXiv:1706.03762", f" {LONG}", f"{LONG}v2", f"{LONG}v01")) == [SHORT]


def test_versions_of_one_paper_come_together(corpus: ArxivCorpus) -> None:
    found = corpus.search(Search(ids=(f"{PLAN}v1", PLAN, f"{PLAN}v2", f"{PLAN}v3", f"{PLAN}v1"))).documents
    assert {(document.versioned_id, document.title) for document in found} == {
        (f"{PLAN}v1", "The Former Name of a Plan"),
        (f"{PLAN}v2", "Planning with Newer Words"),
    }


def test_ids_are_shuffled_by_the_seed_alone(corpus: ArxivCorpus) -> None:
    asked = (TRANSFORMER, PLAN, STRINGS, SHORT, LONG)
    orders = {tuple(ids(corpus, ids=asked, seed=seed)) for seed in range(20)}
    assert len(orders) > 5
    assert ids(corpus, ids=asked, seed=1) == ids(corpus, ids=asked[::-1], seed=1)
    assert ids(corpus, ids=asked, seed=1, start=2, size=2) == ids(corpus, ids=asked, seed=1)[2:4]


def test_ids_and_a_query_must_both_fit(corpus: ArxivCorpus) -> None:
    assert ids(corpus, "ti:attention", ids=(SHORT, PLAN)) == [SHORT]
    assert ids(corpus, "ti:former", ids=(f"{PLAN}v1", f"{PLAN}v2")) == [PLAN]


def test_versions_have_their_dates(corpus: ArxivCorpus) -> None:
    dates = {}
    asked = (f"{TRANSFORMER}v1", TRANSFORMER, f"{PLAN}v1", PLAN, SHORT)
    for document in corpus.search(Search(ids=asked)).documents:
        dates[document.versioned_id] = (f"{document.published:%Y-%m-%d %H:%M}", f"{document.updated:%Y-%m-%d %H:%M}")
    assert dates == {
        "1706.03762v1": ("2017-06-12 17:57", "2017-06-12 17:57"),
        "1706.03762v2": ("2017-06-12 17:57", "2017-06-19 16:49"),
        "2307.05973v1": ("2023-07-01 00:00", "2023-07-01 00:00"),  # only the month is known
        "2307.05973v2": ("2023-07-01 00:00", "2023-11-02 00:00"),
        "2401.00001v1": ("2024-01-01 00:00", "2024-01-01 00:00"),  # nothing but the identifier is
    }


def test_a_version_without_a_date_has_that_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "gap.jsonl"
    dates = ["Mon, 12 Jun 2017 17:57:34 GMT", "Tue, 13 Jun 2017 00:00:00 GMT", "", ""]
    path.write_text(json.dumps({"id": "1706.00001", "title": "x", "versions": [{"created": date} for date in dates]}))
    found = ArxivCorpus.from_files(path).search(Search(ids=("1706.00001v1", "1706.00001v3", "1706.00001v4"))).documents
    assert {document.version: document.updated.day for document in found} == {1: 12, 3: 13, 4: 13}


def test_a_document_shows_unicode_on_one_line(corpus: ArxivCorpus) -> None:
    (first,) = corpus.search(Search(ids=(TRANSFORMER,))).documents
    assert first.title == "Attention Is All You Need"
    assert first.abstract == "A network without recurrence. It is quick.\n  A second paragraph."
    assert first.comments == "15 pages, 5 figures"
    assert [author.name for author in first.authors] == ["Ashish Vaswani", "Noam Shazeer Jr."]
    assert [author.affiliations for author in first.authors] == [(), ("Some Lab",)]
    (second,) = corpus.search(Search(ids=(PLAN,))).documents
    assert [author.name for author in second.authors] == ["C. Balázs", "José van der Berg", "K. Erdős"]
    (third,) = corpus.search(Search(ids=(STRINGS,))).documents
    assert third.title == "Decay of $α$ Strings & Schrödinger's Branes"
    assert third.dois == ("10.1000/One", "10.1000/two")


def test_records_become_papers() -> None:
    record = ArxivRecord(
        arxiv_id="2401.00007",
        title="New",
        authors=(Author("Le Lan", "Charline", "Jr."), Author(literal="The Team")),
        abstract="Text.",
        categories=("cs.LG", "cs.AI"),
        submitted=PartialDate(2024, 1, 5),
        updated=PartialDate(2024, 2),
        comments="8 pages",
        journal_ref="Journal",
        doi="10.1/x",
        former_titles=("Old",),
    )
    (document,) = ArxivCorpus.from_records([record]).search(Search(ids=("2401.00007",))).documents
    assert document.versioned_id == "2401.00007v2"
    assert [author.name for author in document.authors] == ["Charline Le Lan Jr.", "The Team"]
    assert (f"{document.published:%F}", f"{document.updated:%F}") == ("2024-01-05", "2024-02-01")
    assert (document.abstract, document.categories) == ("Text.", ("cs.LG", "cs.AI"))
    assert (document.comments, document.journal_ref, document.dois) == ("8 pages", "Journal", ("10.1/x",))


def test_the_catalogue_is_found_title_by_title(root: Path) -> None:
    path = root / "refkit/metadata/catalogue.jsonl"
    corpus = ArxivCorpus.from_files(path)
    records = list(read_records(path.read_bytes().splitlines(), name=path.name))
    assert len(corpus) == len(records)
    for record in records:
        assert record.arxiv_id in ids(corpus, f'ti:"{record.title}"'), record.title


def test_gzipped_files_and_repeated_papers(papers: Path, tmp_path: Path) -> None:
    packed = tmp_path / "more.json.gz"
    lines = [{"id": SHORT, "title": "Some Other Name"}, {"id": "2402.00001", "title": "A New One"}]
    packed.write_bytes(gzip.compress("\n\n".join(map(json.dumps, lines)).encode()))
    corpus = ArxivCorpus.from_files(str(papers), packed)
    assert len(corpus) == 6
    assert ids(corpus, 'ti:"some other name"') == []
    assert ids(corpus, 'ti:"a new one"') == ["2402.00001"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "a.jsonl",
            b'{"id": "1", "title": "x"}\n{"id": 7}\n',
            r"a\.jsonl:2: not a line of the arXiv metadata snapshot",
        ),
        ("a.jsonl", b"\xff\xfe\n", r"a\.jsonl:1: not a line"),
        ("a.jsonl.gz", b"plain text", r"a\.jsonl\.gz cannot be read"),
        (
            "a.jsonl.gz",
            gzip.compress(b'{"id": "1", "title": "x"}\n' * 99, mtime=0)[:-9],
            r"a\.jsonl\.gz cannot be read",
        ),
    ],
)
def test_a_bad_file_is_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        ArxivCorpus.from_files(path)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        ArxivCorpus.from_files(tmp_path / "none.jsonl")


def test_dates_that_are_none_are_as_good_as_unknown(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    odd = {
        "id": "2105.00001",
        "title": "x",
        "versions": [{"created": "soon"}],
        "submitted": "later",
        "update_date": "?",
    }
    path.write_text(json.dumps(odd))
    (document,) = ArxivCorpus.from_files(path).search(Search(ids=("2105.00001",))).documents
    assert f"{document.published:%F} {document.updated:%F}" == "2021-05-01 2021-05-01"
