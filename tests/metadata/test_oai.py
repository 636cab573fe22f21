from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from refkit.errors import BadResponse
from refkit.metadata import oai
from refkit.metadata.oai import BadTokenError, Page, parse_page
from refkit.metadata.snapshot import SnapshotLine, read_records
from refkit.model import Author, PartialDate
from refkit.testing import oai_xml

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
BASE = "http://127.0.0.1/oai"
NEXT = "verb%3DListRecords%26skip%3D2"
OWLS = SnapshotLine(
    id="2101.00001",
    title="Nocturnal Owls & Their Silent Flight",
    authors_parsed=[["Strix", "Ada", ""], ["Tyto", "Älva B.", "Jr."], ["The Owl Collaboration", "", ""]],
    abstract="They hear <what> we do not.",
    categories="cs.RO q-bio.NC",
    comments="12 pages",
    journal_ref="J. Owls 7 (2021) 1",
    report_no="OWL-21-1",
    doi="10.1000/owl",
    submitted="2021-01-04",
    update_date="2022-03-05",
)
MICE = SnapshotLine(id="hep-th/9901001", title="Field Mice", categories="hep-th", update_date="2007-05-23")


def page_of(*records: str, token: str | None = None) -> bytes:
    return oai_xml.document(oai_xml.listing("ListRecords", records, token), base=BASE, attributes={}, now=NOW)


def error_of(code: str, text: str = "A description. Reason: something") -> bytes:
    return oai_xml.document(oai_xml.error(code, text), base=BASE, attributes={}, now=NOW)


def test_a_page_of_records_with_a_token_for_the_next() -> None:
    page = parse_page(page_of(oai_xml.record(MICE), oai_xml.record(OWLS), token=NEXT))
    assert page == Page(records=(MICE, OWLS), token=NEXT, newest="2022-03-05")


def test_the_last_page_has_an_empty_token_or_none() -> None:
    assert parse_page(page_of(oai_xml.record(OWLS), token="")).token == ""
    assert parse_page(page_of(oai_xml.record(OWLS))).token == ""


def test_a_record_becomes_a_line_of_the_snapshot_that_the_other_readers_understand() -> None:
    (line,) = parse_page(page_of(oai_xml.record(OWLS))).records
    (record,) = read_records([msgspec.json.encode(line)], name="spool")
    assert record.arxiv_id == "2101.00001"
    assert record.authors[:2] == (Author("Strix", "Ada"), Author("Tyto", "Älva B.", "Jr."))
    assert record.authors[2].literal == "The Owl Collaboration"
    assert (record.submitted, record.updated) == (PartialDate(2021, 1, 4), PartialDate(2022, 3, 5))
    assert (record.journal_ref, record.doi, record.comments) == (OWLS.journal_ref, OWLS.doi, OWLS.comments)


def test_line_breaks_within_fields_are_blanks() -> None:
    wrapped = msgspec.structs.replace(
        OWLS, title="Nocturnal Owls &\n  Their Silent\n Flight", abstract="  They\nhear. \n"
    )
    (line,) = parse_page(page_of(oai_xml.record(wrapped))).records
    assert (line.title, line.abstract) == (OWLS.title, "They hear.")


def test_deleted_records_are_told_apart() -> None:
    page = parse_page(page_of(oai_xml.deleted("2101.00009", "2023-01-02"), oai_xml.record(OWLS)))
    assert (page.deleted, page.records, page.newest) == (("2101.00009",), (OWLS,), "2023-01-02")
    assert not parse_page(page_of(oai_xml.deleted("2101.00009", "2023-01-02"))).is_empty


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<title>Field Mice</title>", "<title> </title>"),
        ("<title>Field Mice</title>", ""),
        ("<datestamp>2007-05-23</datestamp>", "<datestamp>yesterday</datestamp>"),
        ('<arXiv xmlns="http://arxiv.org/OAI/arXiv/"', '<arXivNew xmlns="http://arxiv.org/OAI/arXiv/"'),
        ("<metadata>", "<other>"),
    ],
)
def test_a_record_that_cannot_be_used_does_not_spoil_its_page(old: str, new: str) -> None:
    bad = (
        oai_xml.record(MICE).replace(old, new).replace("</metadata>", "</other>" if new == "<other>" else "</metadata>")
    )
    bad = bad.replace("</arXiv>", "</arXivNew>") if "arXivNew" in new else bad
    page = parse_page(page_of(bad, oai_xml.record(OWLS)))
    assert (page.records, page.unread, page.newest) == ((OWLS,), ("hep-th/9901001",), "2022-03-05")
    with pytest.raises(BadResponse, match="without a record that can be read"):
        parse_page(page_of(bad, token=NEXT))


def test_authors_without_a_name_are_left_out() -> None:
    nobody = msgspec.structs.replace(MICE, authors_parsed=[["", "", ""]])
    both = msgspec.structs.replace(MICE, authors_parsed=[["", "", ""], ["Tyto", "Alba", "", "Some Lab"]])
    first, second = parse_page(page_of(oai_xml.record(nobody), oai_xml.record(both))).records
    assert (first.authors_parsed, second.authors_parsed) == (None, [["Tyto", "Alba", ""]])


def test_a_date_of_the_first_version_that_is_none_is_left_out() -> None:
    (line,) = parse_page(page_of(oai_xml.record(msgspec.structs.replace(OWLS, submitted="4 Jan 2021")))).records
    assert line == msgspec.structs.replace(OWLS, submitted=None)


def test_that_nothing_matches_is_an_empty_page() -> None:
    page = parse_page(error_of("noRecordsMatch"))
    assert page == Page()
    assert page.is_empty


def test_a_bad_token_is_told_apart_from_other_errors() -> None:
    with pytest.raises(BadTokenError, match=r"\(badResumptionToken: A description\. Reason: something\)"):
        parse_page(error_of("badResumptionToken"))
    for code in ("badArgument", "cannotDisseminateFormat", "idDoesNotExist", "badVerb", "somethingNew"):
        with pytest.raises(BadResponse, match=rf"refused the request \({code}: A desc.*report this") as caught:
            parse_page(error_of(code))
        assert caught.type is BadResponse


WHOLE = page_of(oai_xml.record(OWLS), oai_xml.record(MICE))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty answer"),
        (b"\n ", "an empty answer"),
        (b"Rate exceeded.", "“Rate exceeded.” instead of records"),
        (b"<!DOCTYPE html>\n<html><body>We will be back soon.</body></html>", "a web page instead of records"),
        (b"<html><body>We will be back<br> soon.</body></html>", "a web page instead of records"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "a web page instead of records"),
        (b"<OAI-PMH><ListRecords/></OAI-PMH>", "an answer that was cut off or is not valid XML"),
        (WHOLE[: len(WHOLE) // 2], "an answer that was cut off or is not valid XML"),
        (WHOLE[:-5], "an answer that was cut off or is not valid XML"),
        (WHOLE.replace(b"<abstract>", b"<abstract><i>"), "an answer that was cut off or is not valid XML"),
    ],
)
def test_what_is_no_answer_is_named(data: bytes, what: str) -> None:
    with pytest.raises(BadResponse, match=f"^arXiv's OAI-PMH service gave {what}; run the same"):
        parse_page(data)


def test_every_cut_is_noticed() -> None:
    for end in range(0, len(WHOLE.rstrip()), 7):
        with pytest.raises(BadResponse, match="service gave"):
            parse_page(WHOLE[:end])


def test_answers_of_other_kinds_are_refused() -> None:
    for inner in ("", oai_xml.listing("ListRecords", []), oai_xml.listing("ListSets", ["<set/>"])):
        with pytest.raises(BadResponse, match=r"without a (list of records|record that can be read)"):
            parse_page(oai_xml.document(inner, base=BASE, attributes={}, now=NOW))


def test_neither_entities_nor_files_nor_the_network_are_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET", encoding="ascii")
    head, _, rest = WHOLE.partition(b"\n")
    for declared in (f"<!ENTITY x SYSTEM '{secret.as_uri()}'>", "<!ENTITY x 'many'>"):
        bomb = head + f"<!DOCTYPE OAI-PMH [{declared}]>".encode() + rest.replace(b"Field Mice", b"&x;")
        with pytest.raises(BadResponse, match="service gave"):
            parse_page(bomb)
        # Such an answer is refused for its DOCTYPE; nothing may have been put in before.
        text = "".join(oai._parse(bomb).itertext())
        assert "Nocturnal Owls" in text
        assert "SECRET" not in text
        assert "many" not in text


@pytest.mark.parametrize(
    "bad", [b"\x00", b"\x08", b"\x0b", b"\x1f", b"&#0;", b"&#x1F;", b"&#31;", b"&#11;", b"\xef\xbf\xbf"]
)
def test_a_character_that_xml_forbids_costs_itself_alone(bad: bytes) -> None:
    spoilt = WHOLE.replace(b"Field Mice", b"Field" + bad + b" Mice")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(spoilt)
    assert parse_page(spoilt) == parse_page(WHOLE)


def test_characters_that_xml_allows_stay_when_others_go() -> None:
    title = "A\tB &#65;&#10;&#x20;&#x3b1;&#13; \x01C"
    data = WHOLE.replace(b"Field Mice", title.encode())
    assert parse_page(data).records[1].title == "A B A α C"


def test_bytes_that_are_no_utf_8_cost_themselves_alone() -> None:
    (_, line) = parse_page(WHOLE.replace(b"Field Mice", b"Field \xff Mice")).records
    assert line.title == "Field \ufffd Mice"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=30).map(
    lambda text: " ".join(text.split())
)
SOME = WORDS.filter(bool)
DAYS = st.dates(dt.date(1991, 1, 1), dt.date(2026, 11, 26)).map(str)
AUTHORS = st.lists(st.tuples(WORDS, WORDS, WORDS).filter(any).map(list), min_size=1, max_size=4)
LINES = st.builds(
    SnapshotLine,
    id=SOME,
    title=SOME,
    update_date=DAYS,
    authors_parsed=st.none() | AUTHORS,
    **dict.fromkeys(("abstract", "categories", "comments", "journal_ref", "report_no", "doi"), st.none() | SOME),
    submitted=st.none() | DAYS,
)


@given(st.lists(LINES, min_size=1, max_size=4), WORDS)
def test_what_the_stand_in_writes_is_read_back(lines: list[SnapshotLine], token: str) -> None:
    page = parse_page(page_of(*map(oai_xml.record, lines), token=token))
    assert page.records == tuple(lines)
    assert page.token == token
    assert page.newest == max(line.update_date or "" for line in lines)


def test_every_recorded_answer_is_read(shared: Path) -> None:
    paths = sorted((shared / "fixtures/arxiv_oai").glob("*.xml"))
    assert paths
    for path in paths:
        page = parse_page(path.read_bytes())
        assert len(page.records) == path.read_bytes().count(b"<record>"), path.name
        assert not page.unread
        for line in page.records:
            assert line.id
            assert line.authors_parsed
            assert line.categories
            assert (line.submitted or "9") <= (line.update_date or ""), path.name
        list(read_records(map(msgspec.json.encode, page.records), name=path.name))


def test_a_recorded_record_is_read_in_full(shared: Path) -> None:
    (line,) = parse_page(
        (shared / "fixtures/arxiv_oai/hepcrawl_http_http_server_records_arxiv-single.xml").read_bytes()
    ).records
    assert line.id == "1401.2122"
    assert line.title == "New integrable (3+1)-dimensional systems and contact geometry"
    assert line.authors_parsed == [["Sergyeyev", "A.", ""]]
    assert line.categories == "math.AP hep-th math-ph math.DG math.MP nlin.SI"
    assert (line.submitted, line.update_date) == ("2014-01-09", "2018-01-25")
    assert line.journal_ref == "Lett. Math. Phys. 108 (2018), no. 2, 359-376"
    assert line.doi == "10.1007/s11005-017-1013-4"
    assert (line.comments or "").startswith("16 pages, LaTeX, no figures, revised and abridged, in this version (v5)")
    assert (line.abstract or "").startswith("We introduce a novel systematic construction")
