"""Tables: with names of columns, in whatever words and below whatever remarks, or without; and named by the user."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refkit.digests.loading import read_mentions
from refkit.digests.table import TableReader
from refkit.errors import DigestError
from refkit.model import Mention, Skipped
from refkit.testing import ReaderContract
from refkit.testing.contracts import check_place

FILES = [path.read_bytes().decode() for path in sorted(Path(__file__).with_name("table").glob("*/input.*"))]

TITLES = [
    "Attention Is All You Need",
    "Do As I Can, Not As I Say: Grounding Language in Robotic Affordances",
    "What are human values, and how do we align AI to them?",
    "Mamba",
    "GPT-4 Technical Report",
    "Title, Abstract, and Body: What Readers Read",
    '"Why Should I Trust You?": Explaining the Predictions of Any Classifier',
    "3D Gaussian Splatting for Real-Time Radiance Field Rendering",
    "$O(n)$ Connections are Expressive Enough: Universal Approximability of Sparse Transformers",
]


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> TableReader:
        return TableReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("table")


def read(text: str, **columns: str) -> list[Mention]:
    return read_mentions(text, TableReader(columns), digest="t.csv")[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["title", "Title", "PAPER TITLE", "Paper", '"title"', "Name"])
def test_tables_by_the_name_of_a_column(delimiter: str, name: str) -> None:
    quoted = [title.replace('"', '""') for title in TITLES]
    rows = [f'2024{delimiter}"{title}"' for title in quoted]
    text = "\r\n".join([f"year{delimiter}{name}", *rows])
    assert TableReader().recognise(text) == 0.9
    assert [mention.title for mention in read(text)] == TITLES


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title,year\nA, B and C,2022\n", "t:2: the row has 3 fields, the first row 2; put a field"),
        ('title,year\nMamba,2023\n"GPT-4,2023\n', "t:3: the row cannot be read as a table"),
        ("year,title\n2023\n", "t:2: the row has 1 fields"),
        ("title,year\n,2022\n", r"t: no titles found, reading it as table \(line 2 is a row without a title\)"),
        ("title,year\n" + "x" * 1001 + ",1", "t:2: the title has 1,001 characters"),
        ("title,year\n" + "x" * 100_001, "t:2: the line has 100,001 characters"),
        ("Mamba\n", "t:1: no column of titles was found; name it in the first row, or by its number"),
    ],
)
def test_bad_rows_are_sentences(text: str, problem: str) -> None:
    with pytest.raises(DigestError, match=f"^{problem}"):
        read_mentions(text, TableReader(), digest="t")


def test_rows_without_a_title_are_skipped() -> None:
    _, skipped = read_mentions("title,year\nMamba,2023\n,2022\n", TableReader(), digest="t")
    assert skipped == [Skipped(3, ",2022", "a row without a title")]


def test_the_separator_line_of_a_spreadsheet_is_no_title() -> None:
    text = "sep=;\r\nTitle;Year\r\nMamba;2023\r\n"
    assert TableReader().recognise(text) > 0.5
    (mention,) = read_mentions(text, TableReader(), digest="x")[0]
    assert (mention.title, mention.line) == ("Mamba", 3)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(FILES), at=st.floats(0, 1), gone=st.integers(0, 20), put=st.text(max_size=3))
def test_damaged_files_are_read_or_refused(text: str, at: float, gone: int, put: str) -> None:
    place = int(at * len(text))
    damaged = text[:place] + put + text[place + gone :]
    TableReader().recognise(damaged)
    try:
        found = list(TableReader().read(damaged, digest="t.csv"))
    except DigestError as error:
        assert error.digest == "t.csv"  # noqa: PT017 - an error is one of two good outcomes
        return
    for each in found:
        if isinstance(each, Mention):
            check_place(each, damaged, "t.csv")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(TITLES),
        "Title, Abstract, and Body: What Readers Read\nA, B, and C: How They Relate\nX, Y, and Z: The Last Letters\n",
        "".join(f"{title}, https://arxiv.org/abs/1706.0376{n}\n" for n, title in enumerate(TITLES)),
        "Dear all, we met, and spoke, of it.\nIt was, as said, a good day.\nWe hope, dear friends, for more.\n",
        "Name,Email\nAda Lovelace,a@example.org\nGrace Hopper,g@example.org\n",
        "a,b\n1,2\n3,4\n5,6\n",
        "10:00\tINFO\tthe server has started\n10:01\tINFO\tthe client is here\n10:02\tINFO\tthe client has gone\n",
        "<table>\n<tr><td>Title</td></tr>\n</table>\n",
        "",
    ],
)
def test_what_is_no_table_of_papers_is_not_taken(text: str) -> None:
    assert TableReader().recognise(text) == 0.0


def test_the_names_of_columns_may_stand_below_remarks() -> None:
    remarks = "".join(f"Remark number {n}, and a word\n" for n in range(15))
    text = f"{remarks}\nYear,Title,Link\n2023,Mamba,https://arxiv.org/abs/2312.00752\n"
    (mention,) = read(text)
    assert (mention.title, mention.line, mention.arxiv_id) == ("Mamba", 18, "2312.00752")


def test_a_row_of_names_in_the_middle_is_skipped() -> None:
    mentions, skipped = read_mentions("title,year\nMamba,2023\ntitle,year\nGPT-4,2023\n", TableReader(), digest="t")
    assert [mention.title for mention in mentions] == ["Mamba", "GPT-4"]
    assert skipped == [Skipped(3, "title,year", "the names of the columns")]


def test_a_few_rows_that_do_not_fit_are_skipped_and_many_are_an_error() -> None:
    good = "".join(f"Notes on the Number {n},{n}\n" for n in range(40))
    for bad, count in (("A, B and C,1\n", 1), ("A, B and C,1\n" * 2, 2)):
        mentions, skipped = read_mentions(f"title,year\n{bad}{good}", TableReader(), digest="t")
        assert (len(mentions), len(skipped)) == (40, count)
        assert skipped[0].reason == "the row has 3 fields, the first row 2"
    with pytest.raises(DigestError, match=r"^t:4: the row has 3 fields"):
        read_mentions("title,year\n" + "A, B and C,1\n" * 3 + good, TableReader(), digest="t")


def test_columns_are_named_by_the_user() -> None:
    text = "Was;Wer;Wann\nMamba;Albert Gu;2023\nGPT-4;;2023\n"
    assert TableReader().recognise(text) == 0.0
    assert TableReader({"title": "was"}).recognise(text) == 0.9
    found = read(text, title="was", authors="Wer", issued="3")
    assert [(each.title, each.authors, str(each.issued)) for each in found] == [
        ("Mamba", ("Albert Gu",), "2023"),
        ("GPT-4", (), "2023"),
    ]
    found = read("2023;Mamba\n2024;GPT-4\n", title="2", issued="1")
    assert [(each.title, each.line) for each in found] == [("Mamba", 1), ("GPT-4", 2)]
    assert [each.title for each in read("title,other\nMamba,A Title of Mine\n", title="other")] == ["A Title of Mine"]


@pytest.mark.parametrize(
    ("text", "columns", "problem"),
    [
        ("Was;Wer\nMamba;Gu\n", {"title": "Paper"}, "1: there is no column 'Paper'; the columns are: Was, Wer"),
        ("Was;Wer\nMamba;Gu\n", {"title": "3"}, "1: there is no column '3'; the columns are: Was, Wer"),
        ("title,year\nMamba,2023\n", {"authors": "Who"}, "1: there is no column 'Who'; the columns are: title, year"),
    ],
)
def test_a_column_that_is_not_there_is_a_sentence(text: str, columns: dict[str, str], problem: str) -> None:
    assert TableReader(columns).recognise(text) > 0.5
    with pytest.raises(DigestError, match=f"^t.csv:{problem}"):
        read(text, **columns)


def test_large_tables_take_time_in_proportion() -> None:
    start = time.monotonic()
    assert len(read("title,year\n" + "Mamba,2023\n" * 100_000)) == 100_000
    for text in ("a," * 50_000 + "\n", '"' * 90_000, "title,x\n" + '"\n' * 50_000, "\t" * 99_000, "x\ty\n" * 100_000):
        TableReader().recognise(text)
    assert time.monotonic() - start < 20
