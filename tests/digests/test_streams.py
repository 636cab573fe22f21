from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.digests.streams import Item, TitlesFormat, format_of, open_titles, read_item
from refkit.errors import DigestError, UsageError
from refkit.model import Mention, PartialDate

BIG = "x" * ((1 << 20) + 5)


def read(path: Path | None, kind: str = "", stdin: io.BytesIO | None = None) -> list[Mention | str]:
    """What each item says, or why it cannot be read."""
    with open_titles(path, format_of(path, kind), stdin) as opened:
        return [said(item, opened.format) for item in opened.items]


def said(item: Item, how: TitlesFormat) -> Mention | str:
    try:
        return read_item(item, how)
    except DigestError as error:
        assert error.line == item.line  # noqa: PT017 - an error is one of two good outcomes
        return str(error)


def titles(found: list[Mention | str]) -> list[tuple[int, str]]:
    return [(each.line, each.title) for each in found if isinstance(each, Mention)]


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_list_has_one_title_a_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.txt", "\ufeffDeep Learning\r\n\n  - Quiet   Rivers arXiv:2401.00001v2\n# no heading\nTitle"
    )
    found = read(path)
    assert titles(found) == [(1, "Deep Learning"), (3, "Quiet Rivers"), (4, "# no heading"), (5, "Title")]
    assert isinstance(found[1], Mention)
    assert (found[1].arxiv_id, found[1].raw) == ("2401.00001", "- Quiet   Rivers arXiv:2401.00001v2")
    assert found[1].digest == str(path)


def test_a_table_may_have_rows_of_several_lines_and_further_columns(tmp_path: Path) -> None:
    rows = 'Year,Title,Abstract,Authors\r\n2024-05-01,"Rivers, Quiet",,"Li, Chen; Wu, An"\r\n'
    rows += ',"Two\n lines","a\nb",\r\n,,,\n'
    found = read(write(tmp_path / "t.csv", rows + "2020,Last\n"))
    assert titles(found) == [(2, "Rivers, Quiet"), (3, "Two lines"), (7, "Last")]
    first, second, _ = found
    assert isinstance(first, Mention)
    assert isinstance(second, Mention)
    assert (first.authors, first.issued) == (("Li, Chen", "Wu, An"), PartialDate(2024, 5, 1))
    assert second.abstract == "a b"


def test_a_table_may_have_titles_alone_or_another_delimiter(tmp_path: Path) -> None:
    assert titles(read(write(tmp_path / "a.csv", '\ntitle\nOne\n\n"Two, of them"\n'))) == [
        (3, "One"),
        (5, "Two, of them"),
    ]
    assert titles(read(write(tmp_path / "b.csv", "sep=;\ntitle;year\nOne; 2020\n"))) == [(3, "One")]
    assert titles(read(write(tmp_path / "c.tsv", 'id\ttitle\n7\t"Quoted" at its start\n8\t"Whole"\n'))) == [
        (2, '"Quoted" at its start'),
        (3, "Whole"),
    ]


def test_json_lines_are_read_as_a_digest_of_json_is(tmp_path: Path) -> None:
    objects = [{"title": "One", "abstract": "of it", "year": 2020, "id": "2401.00001"}, {"title": "Two"}]
    found = read(write(tmp_path / "t.jsonl", "\n".join(map(json.dumps, objects))))
    assert titles(found) == [(1, "One"), (2, "Two")]
    assert isinstance(found[0], Mention)
    assert (found[0].abstract, found[0].issued, found[0].arxiv_id) == ("of it", PartialDate(2020), "2401.00001")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("t.txt", b"caf\xe9\nGood\n", "t.txt:1: byte 0xe9 in byte column 4 is not UTF-8; save the file as UTF-8."),
        ("t.txt", f"{BIG}\nGood\n", "t.txt:1: the line has more than 1 MiB; write one title a line."),
        ("t.txt", "x" * 1001 + "\nGood\n", "1,001 characters, more than 1,000"),
        ("t.txt", "\u200b\nGood\n", "t.txt:1: the line has no title"),
        ("t.jsonl", '{"title": "cut\n{"title": "Good"}\n', "t.jsonl:1: not JSON: unterminated string"),
        ("t.jsonl", '[{"title": "x"}]\n{"title": "Good"}\n', "t.jsonl:1: this is an array; write one object a line"),
        ("t.jsonl", '{"name": "x"}\n{"title": "Good"}\n', "t.jsonl:1: the object has no 'title'"),
        ("t.jsonl", '{"title": "a"} {}\n{"title": "Good"}\n', "t.jsonl:1: there is more behind the end"),
        ("t.jsonl", f'{{"title": "{BIG}"}}\n{{"title": "Good"}}\n', "t.jsonl:1: the line has more than 1 MiB"),
        ("t.csv", "title,year\na,b,c\nGood,1\n", "t.csv:2: the row has 3 fields, the first row 2"),
        ("t.csv", "title,year\n,2020\nGood,1\n", "t.csv:2: the row has no title; fill it in"),
        ("t.csv", 'title,year\n"a" b,2020\nGood,1\n', "t.csv:2: the row cannot be read as a table"),
        ("t.csv", 'title,year\n"never ends,2020\nGood,1\n', "t.csv:2: the row cannot be read as a table"),
        ("t.csv", b"title,year\ncaf\xe9,1\nGood,1\n", "t.csv:2: byte 0xe9"),
        ("t.csv", f"title,year\n{BIG},1\nGood,1\n", "t.csv:2: the line has more than 1 MiB"),
        ("t.tsv", "title\tyear\na\tb\tc\nGood\t1\n", "t.tsv:2: the row has 3 fields"),
    ],
)
def test_an_item_that_cannot_be_read_is_told_and_the_next_is_read(
    name: str, text: str | bytes, why: str, tmp_path: Path
) -> None:
    bad, good = read(write(tmp_path / name, text))
    assert isinstance(bad, str)
    assert why in bad
    assert "--reader" not in bad
    assert isinstance(good, Mention)
    assert good.title == "Good"


def test_a_quote_that_never_ends_costs_one_row_however_long_the_file_is(tmp_path: Path) -> None:
    rows = [f"Row {number},1\n" for number in range(5000)]
    rows[7] = '"Row 7,1\n'
    rows[3000] = 'Row "3000,1\n'
    found = read(write(tmp_path / "t.csv", "title,year\n" + "".join(rows)))
    assert len(found) == 5000
    assert [number for number, each in enumerate(found) if isinstance(each, str)] == [7]


def test_gzip_is_read_whatever_its_name_and_standard_input_too(tmp_path: Path) -> None:
    packed = gzip.compress(b"One\nTwo\n")
    for path in (tmp_path / "t.txt.gz", tmp_path / "t.txt"):
        assert titles(read(write(path, packed))) == [(1, "One"), (2, "Two")]
    assert titles(read(None, stdin=io.BytesIO(b"One\n"))) == [(1, "One")]
    assert titles(read(None, "jsonl", io.BytesIO(b'{"title": "One"}'))) == [(1, "One")]


# The same in every process: where tests run in several, they are told apart by what they are given.
CUT = gzip.compress(random.Random(1).randbytes(100_000), mtime=0)[:50_000]  # noqa: S311


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (CUT, "it is cut or damaged"),
        ("Title\n".encode("utf-16"), "it is UTF-16 text; make it UTF-8 text, plain or gzip"),
        (b"PK\x03\x04...", "it is a zip archive"),
        (b"a\0b\n", "it is no text"),
    ],
)
def test_a_file_that_is_no_text_is_refused(text: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=why):
        read(write(tmp_path / "t.txt", text))


def test_what_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match="there is no such file"):
        read(tmp_path / "none.txt")
    with pytest.raises(DigestError, match="it is a folder"):
        read(tmp_path, "txt")
    with pytest.raises(DigestError, match="standard input: it is closed"):
        read(None)
    with pytest.raises(UsageError, match=r"t\.json: its ending tells no format of titles; name it with --format"):
        read(tmp_path / "t.json")
    with pytest.raises(UsageError, match="no format of titles named 'docx'"):
        format_of(None, "docx")
    with pytest.raises(DigestError, match=r"t\.csv:1: the first row names no column `title` \(it is 'name of it,b'\)"):
        read(write(tmp_path / "t.csv", "name of it,b\n1,2\n"))
    assert read(write(tmp_path / "t.csv", "")) == []


def test_no_more_is_read_than_is_asked_for() -> None:
    def endless() -> Iterator[bytes]:
        for number in range(10**9):
            yield f"Title {number}\n".encode()

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            super().__init__()
            self.lines = endless()
            self.count = 0

        def readable(self) -> bool:
            return True

        def readinto(self, room: bytearray) -> int:  # type: ignore[override]
            line = next(self.lines)
            self.count += 1
            room[: len(line)] = line
            return len(line)

    pipe = Pipe()
    with open_titles(None, "txt", pipe) as opened:  # type: ignore[arg-type]
        assert len(list(islice(opened.items, 10))) == 10
    assert pipe.count < 20


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1, max_size=8))
def test_what_csv_writes_is_read_back(rows: list[str]) -> None:
    quoted = "".join('"{}",1\n'.format(row.replace('"', '""')) for row in rows)
    found = read(None, "csv", io.BytesIO(f"title,year\n{quoted}".encode()))
    assert [title for _, title in titles(found)] == rows
