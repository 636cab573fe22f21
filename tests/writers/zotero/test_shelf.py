"""Where a paper stands: every field that may hold its id, its published twin, and libraries full of odd items."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Author, PartialDate
from refkit.writers.zotero.shelf import Found, Shelf, arxiv_ids

NEW, OLD = "2409.20154", "math/0211159"
RECORD = ArxivRecord(
    arxiv_id=NEW,
    title="GravMAD: Grounded Spatial Value Maps",
    authors=(Author(family="Chen", given="Yangtao"), Author(family="van der Maaten", given="Laurens")),
    submitted=PartialDate(2022, 9, 30),
    doi="10.1000/Published.1",
)
MAATEN = {"creatorType": "author", "firstName": "Laurens van der", "lastName": "Maaten"}
TWIN = {"itemType": "journalArticle", "title": "GravMAD – grounded spatial value maps", "date": "2023-05-01"}


def thing(key: str = "AAAAAAAA", **values: Any) -> dict[str, Any]:
    return {"key": key, "version": 1, "itemType": "preprint", "dateAdded": "2025-01-01T00:00:00Z", **values}


def twin(key: str = "AAAAAAAA", **values: Any) -> dict[str, Any]:
    return thing(key, **{**TWIN, "creators": [MAATEN], **values})


@pytest.mark.parametrize(
    ("field", "value", "arxiv_id", "where"),
    [
        ("archiveID", "arXiv:2409.20154", NEW, "archiveID"),
        ("archiveID", "arxiv: 2409.20154v2", NEW, "archiveID"),
        ("archiveID", "arXiv:2409.20154 [cs.RO]", NEW, "archiveID"),
        ("archiveID", "arXiv:math/0211159", OLD, "archiveID"),
        ("archiveID", "arXiv:math.DG/0211159v1", OLD, "archiveID"),
        ("DOI", "10.48550/arXiv.2409.20154", NEW, "DOI"),
        ("DOI", "10.48550/ARXIV.2409.20154", NEW, "DOI"),
        ("DOI", "https://doi.org/10.48550/arXiv.2409.20154", NEW, "DOI"),
        ("DOI", "http://dx.doi.org/10.48550/arxiv.2409.20154", NEW, "DOI"),
        ("DOI", "doi:10.48550/arXiv.2409.20154.", NEW, "DOI"),
        ("DOI", "10.48550/arXiv.math/0211159", OLD, "DOI"),
        ("url", "http://arxiv.org/abs/2409.20154", NEW, "url"),
        ("url", "https://arxiv.org/abs/2409.20154v3?context=cs", NEW, "url"),
        ("url", "https://arxiv.org/pdf/2409.20154v1.pdf", NEW, "url"),
        ("url", "https://www.arxiv.org/html/2409.20154", NEW, "url"),
        ("url", "https://export.arxiv.org/abs/math/0211159", OLD, "url"),
        ("extra", "arXiv:2409.20154 [cs.RO]", NEW, "Extra"),
        ("extra", "arXiv: 2409.20154", NEW, "Extra"),
        ("extra", "Citation Key: chen\nARXIV ID: 2409.20154\nread: yes", NEW, "Extra"),
        ("extra", "read: yes\r\narXiv:2409.20154v2\r\n", NEW, "Extra"),
        ("extra", "_eprint: 2409.20154", NEW, "Extra"),
        ("extra", "eprint: math/0211159", OLD, "Extra"),
        ("extra", "arXiv:math/0211159", OLD, "Extra"),
        ("extra", "DOI: 10.48550/arXiv.2409.20154", NEW, "DOI"),
    ],
)
def test_an_id_is_seen_in_each_field_that_may_hold_it(field: str, value: str, arxiv_id: str, where: str) -> None:
    item = thing(**{field: value})
    assert list(arxiv_ids(item)) == [(arxiv_id, where)]
    found = Shelf([item]).find(ArxivRecord(arxiv_id=arxiv_id, title=""))
    assert found == Found("AAAAAAAA", f"by its arXiv id in {where}")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"archiveID": "2409.20154"},  # of some other archive
        {"archiveID": "PMC:2409.20154", "repository": "PsyArXiv"},
        {"DOI": "10.1000/2409.20154"},
        {"DOI": "see 10.48550/arXiv.2409.20154"},
        {"url": "https://example.org/abs/2409.20154"},
        {"url": "https://example.org/?u=https://arxiv.org/abs/2409.20154"},
        {"url": "https://notarxiv.org/abs/2409.20154"},
        {"url": "https://arxiv.org/list/cs.CL/recent"},
        {"extra": "see arXiv:2409.20154"},
        {"extra": "Reviewed with arXiv: 2409.20154"},
        {"extra": "arXiv: yes"},
        {"extra": "2409.20154"},
        {"title": "arXiv:2409.20154", "abstractNote": "arXiv:2409.20154"},
    ],
)
def test_an_id_that_is_not_the_items_own_does_not_count(values: dict[str, Any]) -> None:
    item = thing(**values)
    assert list(arxiv_ids(item)) == []
    assert Shelf([item]).find(ArxivRecord(arxiv_id=NEW, title="Another Title")) is None


def test_a_bare_id_counts_where_the_repository_is_arxiv() -> None:
    assert list(arxiv_ids(thing(archiveID="2409.20154", repository="arXiv"))) == [(NEW, "archiveID")]


def test_the_surest_field_is_named() -> None:
    fields = {"archiveID": f"arXiv:{NEW}", "DOI": f"10.48550/arXiv.{NEW}", "url": f"http://arxiv.org/abs/{NEW}"}
    item = thing(**fields, extra=f"arXiv:{NEW}")
    assert [where for _, where in arxiv_ids(item)] == ["archiveID", "DOI", "url", "Extra"]
    assert Shelf([item]).find(RECORD) == Found("AAAAAAAA", "by its arXiv id in archiveID")


def test_an_id_is_not_found_as_the_beginning_of_another() -> None:
    shelf = Shelf([thing(archiveID="arXiv:2409.2015"), thing("BBBBBBBB", extra="arXiv:math/0211158")])
    assert shelf.find(RECORD) is None
    assert shelf.find(ArxivRecord(arxiv_id=OLD, title="")) is None


@pytest.mark.parametrize("kind", ["note", "attachment", "annotation"])
def test_notes_and_attachments_are_no_papers(kind: str) -> None:
    url = f"https://arxiv.org/pdf/{NEW}"
    assert Shelf([thing(itemType=kind, url=url, title=RECORD.title)]).find(RECORD, "AAAAAAAA") is None


@pytest.mark.parametrize(
    "doi",
    [
        "10.1000/Published.1",
        "10.1000/PUBLISHED.1",
        " https://doi.org/10.1000/published.1",
        "http://dx.doi.org/10.1000/published.1",
        "DOI: 10.1000/published.1",
    ],
)
@pytest.mark.parametrize("field", ["DOI", "extra"])
def test_the_published_version_is_found_by_its_doi(field: str, doi: str) -> None:
    text = f"read: no\nDOI: {doi.removeprefix('DOI: ').strip()}\n" if field == "extra" else doi
    item = thing(itemType="journalArticle", title="Another Title", **{field: text})
    assert Shelf([item]).find(RECORD) == Found("AAAAAAAA", "as published, by DOI")


@pytest.mark.parametrize("doi", ["10.1000/one", "10.1000/two"])
def test_the_published_version_is_found_by_either_of_two_dois(doi: str) -> None:
    record = ArxivRecord(arxiv_id=NEW, title="A Title", doi="10.1000/One 10.1000/two")
    assert Shelf([thing(itemType="journalArticle", DOI=doi)]).find(record) is not None


def test_another_doi_is_another_paper() -> None:
    assert Shelf([thing(itemType="journalArticle", DOI="10.1000/published.12")]).find(RECORD) is None
    assert Shelf([thing(DOI="")]).find(ArxivRecord(arxiv_id=NEW, title="")) is None


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"title": "GravMAD: Grounded   Spatial Value Maps"},
        {"date": "May 2023"},
        {"date": "05/2023"},
        {"date": "2021"},
        {"date": "2022"},
        {"date": "2026-12-31"},
        {"creators": [{"creatorType": "author", "name": "Yangtao Chen"}]},
        {"creators": [{"creatorType": "author", "firstName": "Y.", "lastName": "CHEN"}]},
        {"creators": [{"creatorType": "author", "firstName": "L.", "lastName": "van der Maaten"}]},
        {"creators": [{"creatorType": "editor", "firstName": "A.", "lastName": "Smith"}, MAATEN]},
        {"DOI": "10.1000/published.1"},
        {"creators": [{"creatorType": "author", "lastName": "Chen"}]},
        {"DOI": "10.48550/arXiv.2409.20154"},
        {"DOI": "not a DOI"},
    ],
)
def test_the_published_version_is_found_by_title_author_and_year(values: dict[str, Any]) -> None:
    record = RECORD if "DOI" in values else ArxivRecord(**{**_fields(RECORD), "doi": ""})
    assert Shelf([twin(**values)]).find(record) is not None


@pytest.mark.parametrize(
    "values",
    [
        {"title": "GravMAD: Grounded Spatial Value Map"},
        {"title": "GravMAD"},
        {"title": ""},
        {"date": ""},
        {"date": "2020"},
        {"date": "2027"},
        {"date": "12023"},
        {"creators": []},
        {"creators": [{"creatorType": "author", "firstName": "Yangtao", "lastName": "Chan"}]},
        {"creators": [{"creatorType": "author", "firstName": "Wei", "lastName": "Chen"}]},
        {"itemType": "computerProgram"},
        {"itemType": "webpage"},
        {"DOI": "10.1000/other"},
        {"extra": "DOI: 10.1000/other"},
        {"extra": "arXiv:2409.20155"},
        {"archiveID": "arXiv:2409.20155"},
        {"url": "http://arxiv.org/abs/2409.20155"},
    ],
)
def test_an_item_that_differs_in_one_of_them_is_another_paper(values: dict[str, Any]) -> None:
    assert Shelf([twin(**values)]).find(RECORD) is None


@pytest.mark.parametrize(
    "kind", ["journalArticle", "conferencePaper", "preprint", "bookSection", "manuscript", "report", "thesis"]
)
def test_a_paper_may_be_published_as_any_kind_of_text(kind: str) -> None:
    assert Shelf([twin(itemType=kind)]).find(RECORD) == Found("AAAAAAAA", "as published, by title, author and year")


def test_a_doi_says_nothing_of_a_paper_that_has_none_yet() -> None:
    record = ArxivRecord(**{**_fields(RECORD), "doi": ""})
    assert Shelf([twin(DOI="10.1000/any")]).find(record) is not None


def test_an_author_without_a_given_name_may_be_any_of_the_family() -> None:
    record = ArxivRecord(**{**_fields(RECORD), "authors": (Author(family="Maaten"),)})
    assert Shelf([twin()]).find(record) is not None


CHEN, SMITH = ({"creatorType": "author", "firstName": "Y.", "lastName": name} for name in ("Chen", "Smith"))


@pytest.mark.parametrize(
    ("title", "authors", "creators", "is_it"),
    [
        ("Owls at Night", 2, [CHEN, SMITH], False),
        ("Owls at Night", 2, [CHEN, MAATEN], True),
        ("Owls at Night", 2, [CHEN], True),
        ("Owls at Night", 1, [CHEN, SMITH], True),
        ("Owls at Night", 1, [SMITH], False),
        ("Hearing Owls at Night", 2, [CHEN, SMITH], True),
    ],
)
def test_where_a_title_has_less_than_four_words_two_authors_are_to_agree(
    title: str,
    authors: int,
    creators: list[dict[str, str]],
    is_it: bool,  # noqa: FBT001
) -> None:
    record = ArxivRecord(**{**_fields(RECORD), "title": title, "authors": RECORD.authors[:authors]})
    assert (Shelf([twin(title=title, creators=creators)]).find(record) is not None) is is_it


def test_an_item_whose_archive_id_is_another_papers_is_that_paper_whatever_else_it_names() -> None:
    item = thing(archiveID="arXiv:2501.00001", extra=f"arXiv: {NEW} (the follow-up)", url=f"http://arxiv.org/abs/{NEW}")
    assert Shelf([item]).find(RECORD) is None
    assert Shelf([item]).find(ArxivRecord(arxiv_id="2501.00001", title="")) is not None


@pytest.mark.parametrize("unknown", [{"authors": ()}, {"submitted": None}, {"title": ""}])
def test_what_is_not_known_of_a_paper_makes_no_twin(unknown: dict[str, Any]) -> None:
    record = ArxivRecord(**{**_fields(RECORD), **unknown})
    assert Shelf([twin(), twin("BBBBBBBB", title="")]).find(record) is None


@pytest.mark.parametrize("creator", [{"creatorType": "author"}, {"name": "---"}, {"lastName": None, "firstName": ""}])
def test_names_without_letters_are_not_the_same_name(creator: dict[str, Any]) -> None:
    record = ArxivRecord(**{**_fields(RECORD), "authors": (Author(literal=":"), Author(family="Chen"))})
    assert Shelf([twin(creators=[creator])]).find(record) is None


def _fields(record: ArxivRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


ID = {"archiveID": f"arXiv:{NEW}"}
TRASHED = {"deleted": 1}


@pytest.mark.parametrize(
    ("items", "own", "first", "others"),
    [
        ([thing("CCCCCCCC", **ID), thing("BBBBBBBB", **ID)], "", "BBBBBBBB", ("CCCCCCCC",)),
        ([thing("BBBBBBBB", **ID, dateAdded="2025-02"), thing("CCCCCCCC", **ID)], "", "CCCCCCCC", ("BBBBBBBB",)),
        ([thing("BBBBBBBB", **ID), thing("CCCCCCCC", **ID)], "CCCCCCCC", "CCCCCCCC", ("BBBBBBBB",)),
        ([thing("BBBBBBBB", **ID, **TRASHED), thing("CCCCCCCC", **ID)], "BBBBBBBB", "CCCCCCCC", ()),
        ([thing("BBBBBBBB", **ID, **TRASHED), thing("CCCCCCCC", **ID, **TRASHED)], "", "BBBBBBBB", ()),
        ([thing("BBBBBBBB", **ID, itemType="report"), thing("CCCCCCCC", **ID)], "", "CCCCCCCC", ("BBBBBBBB",)),
        ([twin("BBBBBBBB"), thing("CCCCCCCC", **ID)], "", "CCCCCCCC", ("BBBBBBBB",)),
        ([twin("BBBBBBBB", itemType="preprint"), twin("CCCCCCCC", **ID)], "", "CCCCCCCC", ("BBBBBBBB",)),
        ([twin("BBBBBBBB"), thing("CCCCCCCC", **ID, **TRASHED)], "CCCCCCCC", "BBBBBBBB", ()),
        ([thing("BBBBBBBB", title="All changed"), thing("CCCCCCCC", **ID)], "BBBBBBBB", "BBBBBBBB", ("CCCCCCCC",)),
    ],
)
def test_of_several_items_the_best_is_taken_and_the_others_are_named(
    items: list[dict[str, Any]], own: str, first: str, others: tuple[str, ...]
) -> None:
    for order in (items, items[::-1]):
        found = Shelf(order).find(RECORD, own)
        assert found is not None
        assert (found.key, found.others) == (first, others)


def test_the_item_that_refkit_knows_is_found_though_all_ids_were_removed() -> None:
    found = Shelf([thing(title="All changed", itemType="book")]).find(RECORD, "AAAAAAAA")
    assert found == Found("AAAAAAAA", "as the item that refkit knows")
    assert Shelf([thing(title="All changed")]).find(RECORD, "BBBBBBBB") is None


VALUES: st.SearchStrategy[object] = st.sampled_from(
    [None, 0, 1, 2.5, True, "", " ", "x", [], {}, [{}], [{"name": None}], [{"lastName": 5}], {"a": 1}]
) | st.text(st.characters(), max_size=20)
NAMES = ["title", "creators", "date", "DOI", "url", "extra", "archiveID", "repository", "deleted", "tags"]
TYPES = st.sampled_from([None, 5, "", "preprint", "book", "note", "unheard-of"])


@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), min_size=1, max_size=4),
    TYPES,
    st.sampled_from([TWIN, {}]),
)
def test_odd_items_are_passed_over_and_never_an_exception(
    odd: list[dict[str, Any]], kind: object, base: dict[str, Any]
) -> None:
    items = [
        {**base, "itemType": kind, **values, "key": f"{number:08}", "version": 1} for number, values in enumerate(odd)
    ]
    found = Shelf([*items, {"key": "YYYYYYYY"}, thing("ZZZZZZZZ", **ID)]).find(RECORD)
    assert found is not None
    assert found.key == "ZZZZZZZZ"


@pytest.mark.parametrize("creators", [[None], ["Yangtao Chen"], [5]])
def test_creators_that_are_no_objects_are_passed_over(creators: list[object]) -> None:
    assert Shelf([twin(creators=creators)]).find(RECORD) is None
    assert Shelf([twin(creators=[*creators, MAATEN])]).find(RECORD) is not None


@given(st.permutations([thing("BBBBBBBB", **ID), twin("CCCCCCCC"), thing("DDDDDDDD", DOI="10.1000/published.1")]))
def test_the_order_of_the_library_does_not_matter(items: list[dict[str, Any]]) -> None:
    assert Shelf(items).find(RECORD) == Found("BBBBBBBB", "by its arXiv id in archiveID", ("DDDDDDDD", "CCCCCCCC"))
