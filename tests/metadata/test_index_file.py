from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit import shingles
from refkit.errors import UsageError, WriteError
from refkit.metadata.index import building, codes, layout, parts
from refkit.metadata.index.reading import Index
from refkit.metadata.index.source import IndexSource
from refkit.model import ArxivRecord, Author, Mention, PartialDate, is_arxiv_id
from refkit.normalize import title_key
from refkit.testing import SourceContract

ABSTRACTS = [
    " ".join(f"{word} {number}" for number in range(start, start + 40) for word in ("alpha", "beta", "gamma"))
    for start in (0, 100, 200)
]


def line(arxiv_id: str, title: str, abstract: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": arxiv_id,
        "title": title,
        "abstract": abstract,
        "categories": "cs.LG cs.CL",
        "authors_parsed": [['Schr\\"odinger', "Erwin", ""], ["van der Maaten", "L.", "Jr."]],
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
        "update_date": "2020-05-06",
        **more,
    }


LINES = [
    line("0704.0001", "Learning to Navigate\n  the Web", ABSTRACTS[0], doi="10.1000/182 10.1000/183"),
    line("1501.00001", "Mem0: Building Production-Ready Agents with Long-Term Memory", ABSTRACTS[1]),
    line("1706.03762", r"$\mathcal{B}$-Coder: Value-Based Reinforcement Learning for Program Synthesis", ABSTRACTS[2]),
    line("2401.00001", "Deep Songs of the Whales"),
    line("2402.00001", "Deep songs of the whales!", former_titles=["Shallow Tunes of Fishes"]),
    line("hep-th/9901001", "Strings and Branes in Curved Backgrounds"),
]


def text(lines: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


Make = Callable[..., Index]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(lines: Sequence[dict[str, Any]] | bytes = LINES, **options: Any) -> Index:
        (tmp_path / "snapshot.jsonl").write_bytes(lines if isinstance(lines, bytes) else text(lines))
        building.build(tmp_path / "snapshot.jsonl", tmp_path / "arxiv.index", **options)
        return Index.open(tmp_path / "arxiv.index")

    return made


def found(index: Index, title: str) -> list[str]:
    return [index.record(hit.row).arxiv_id for hit in index.find(title, limit=10)]


def test_a_record_comes_back_with_all_that_is_kept(make: Make) -> None:
    record = make().get("0704.0001")
    assert record == ArxivRecord(
        arxiv_id="0704.0001",
        title="Learning to Navigate the Web",
        authors=(Author("Schrödinger", "Erwin"), Author("van der Maaten", "L.", "Jr.")),
        categories=("cs.LG", "cs.CL"),
        submitted=PartialDate(2007, 4, 2),
        updated=PartialDate(2020, 5, 6),
        doi="10.1000/182",
        fingerprint=shingles.fingerprint(ABSTRACTS[0]),
    )


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("learning to navigate THE WEB.", "0704.0001"),
        ("Learning to Navigate a Web", "0704.0001"),
        ("Laerning to Navigat the Webb", "0704.0001"),
        ("Lerning too Navigqte the Web", "0704.0001"),
        ("Learning to Navi…", "0704.0001"),
        ("Mem0", "1501.00001"),
        ("Mem0: something else entirely", "1501.00001"),
        ("Building Production Ready Agents with Long Term Memory", "1501.00001"),
        ("B-Coder", "1706.03762"),
        (r"\textbf{B}-Coder: Value–Based Reinforcement Learning for Program Synthesis", "1706.03762"),
        ("Strings & Branes in curved background", "hep-th/9901001"),
        ("Shallow tunes of fishes", "2402.00001"),
    ],
)
def test_a_spoilt_title_leads_to_its_record_first(make: Make, asked: str, first: str) -> None:
    assert found(make(), asked)[0] == first


def test_all_records_of_one_title_come_back(make: Make) -> None:
    assert sorted(found(make(), "Deep Songs of the Whales")) == ["2401.00001", "2402.00001"]


def test_nothing_in_common_finds_nothing(make: Make) -> None:
    index = make()
    assert found(index, "Quark Confinement") == []
    assert found(index, "???") == []
    assert index.get("2401.99999") is None
    assert index.get("no id") is None


def test_titles_that_are_in_a_bucket_by_chance_are_not_taken_for_namesakes(make: Make) -> None:
    index = make([line(f"2401.{number:05}", f"Zygote Yurt {number**3}: A Story") for number in range(1, 6000)])
    asked = [f"Quaint Bijou {number}: Another Matter" for number in range(400)]
    assert [hit for title in asked for hit in index.find(title, limit=10)] == []


def test_an_abstract_leads_to_its_record_whole_cut_or_edited(make: Make) -> None:
    index = make()
    half = ABSTRACTS[1][: len(ABSTRACTS[1]) // 2]
    edited = ABSTRACTS[1].replace("gamma 110", "delta").replace("alpha 121", "epsilon")
    for abstract in (ABSTRACTS[1], half, edited, ABSTRACTS[1].upper()):
        (hit,) = index.find_abstract(abstract, limit=5)
        assert index.record(hit.row).arxiv_id == "1501.00001"
    assert (
        index.find_abstract("Nothing of this stands in any abstract of the index that was built here.", limit=5) == []
    )
    assert index.find_abstract("", limit=5) == []


def test_a_renamed_paper_comes_first_by_its_abstract(make: Make) -> None:
    records = make().search("Wholly Other Words", limit=5, abstract=ABSTRACTS[2])
    assert [record.arxiv_id for record in records] == ["1706.03762"]


def test_plain_gzip_zip_and_standard_input_give_the_same_bytes(make: Make, tmp_path: Path) -> None:
    make()
    plain = (tmp_path / "arxiv.index").read_bytes()
    (tmp_path / "s.gz").write_bytes(gzip.compress(text(LINES)))
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("snapshot.json", text(LINES))
    for snapshot in (tmp_path / "s.gz", tmp_path / "s.zip", None):
        stdin = io.BytesIO(text(LINES))
        building.build(snapshot, tmp_path / "other.index", stdin=stdin)
        assert (tmp_path / "other.index").read_bytes() == plain


def test_several_processes_and_small_blocks_give_the_same_bytes(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [line(f"2401.{number:05}", f"A Title of Its Own, Number {number * number}") for number in range(1, 400)]
    make([*LINES, *many])
    whole = (tmp_path / "arxiv.index").read_bytes()
    monkeypatch.setattr("refkit.metadata.index.snapshots.BLOCK", 5000)
    for processes in (1, 2):
        make([*LINES, *many], processes=processes)
        assert (tmp_path / "arxiv.index").read_bytes() == whole


def test_the_order_of_the_lines_does_not_matter(make: Make) -> None:
    index = make()
    facts = [index.record(row) for row in range(len(index))]
    again = make(LINES[::-1])
    assert [again.record(row) for row in range(len(again))] == facts
    assert found(again, "Mem0") == ["1501.00001"]


def test_an_update_is_to_the_byte_the_build_of_everything(make: Make, tmp_path: Path) -> None:
    make()
    everything = (tmp_path / "arxiv.index").read_bytes()
    make(LINES[:4])
    make(LINES[3:], base=tmp_path / "arxiv.index")
    assert (tmp_path / "arxiv.index").read_bytes() == everything
    make(LINES[:1], base=tmp_path / "arxiv.index")
    assert (tmp_path / "arxiv.index").read_bytes() == everything


def test_of_two_records_with_one_id_the_one_changed_last_is_taken(make: Make, tmp_path: Path) -> None:
    old = line("2401.00001", "The Old Title of It", update_date="2024-01-01", former_titles=["Older Yet"])
    new = line("2401.00001", "The New Title of It", update_date="2024-02-02")
    for lines in ([old, new], [new, old]):
        index = make(lines)
        assert [len(index), found(index, "The New Title of It"), found(index, "Older Yet")] == [1, ["2401.00001"], []]
    make([new])
    assert found(make([old], base=tmp_path / "arxiv.index"), "The New Title of It") == ["2401.00001"]


def test_lines_that_are_no_records_are_counted_with_their_numbers(tmp_path: Path) -> None:
    bad = [
        b'{"id": 704.0001, "title": "A number"}',
        b'{"id": "0704.0002", "title": "Cut',
        b"no JSON",
        b'["list"]',
        b'{"id": "0704.0003"}',
        b'{"id": "nonsense", "title": "No id"}',
        b'{"id": "0704.0004", "title": " "}',
    ]
    (tmp_path / "s").write_bytes(text(LINES[:2]) + b"\n".join([b"", *bad, b""]) + text(LINES[2:]))
    built = building.build(tmp_path / "s", tmp_path / "i")
    assert (built.records, built.bad) == (len(LINES), len(bad))
    assert [each.line for each in built.problems] == [4, 5, 6, 7, 8, 9, 10]
    assert "704.0001" in built.problems[0].what
    with pytest.raises(UsageError, match=r"s:4: .*7 of the first 14 lines .* more than the 6"):
        building.build(tmp_path / "s", tmp_path / "i", most_bad=6)


def test_records_with_little_in_them_are_taken(make: Make) -> None:
    record = make(
        [{"id": "2401.00001", "title": "Bare", "authors": "A. B. Author (1) and Chen Li", "abstract": None}]
    ).record(0)
    assert [str(author) for author in record.authors] == ["A. B. Author", "Chen Li"]
    assert (record.submitted, record.categories, record.fingerprint, record.doi) == (None, (), b"", "")


def test_a_snapshot_without_a_record_changes_nothing(make: Make, tmp_path: Path) -> None:
    make()
    before = (tmp_path / "arxiv.index").read_bytes()
    for snapshot in (b"", b"hello\nworld\n"):
        with pytest.raises(UsageError, match="has no record of arXiv in it"):
            make(snapshot)
    for name, data in (("cut.gz", gzip.compress(text(LINES))[:-20]), ("cut.zip", b"PK\x03\x04nothing")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError, match="cut or damaged"):
            building.build(tmp_path / name, tmp_path / "arxiv.index")
    assert (tmp_path / "arxiv.index").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_file_that_is_no_whole_index_is_refused_with_a_sentence(make: Make, tmp_path: Path) -> None:
    make()
    whole = (tmp_path / "arxiv.index").read_bytes()
    path = tmp_path / "other.index"
    for size in (0, 3, 8, 15, 16, 40, 200, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:size])
        with pytest.raises(layout.BadIndex, match=r"other.index .*(is not an index|is damaged|is cut)"):
            Index.open(path)
    path.write_bytes(b"SQLite format 3\0" * 10)
    with pytest.raises(layout.BadIndex, match="is not an index of refkit"):
        Index.open(path)
    with pytest.raises(layout.BadIndex, match="there is no such index; make it with `refkit index build`"):
        Index.open(tmp_path / "missing")


def test_a_flipped_byte_is_found_by_the_checksums(make: Make, tmp_path: Path) -> None:
    assert make().damaged() == []
    whole = bytearray((tmp_path / "arxiv.index").read_bytes())
    place = whole.index(b"Learning to Navigate")
    whole[place] ^= 1
    (tmp_path / "other.index").write_bytes(whole)
    assert Index.open(tmp_path / "other.index").damaged() == ["title_text"]


def test_neither_the_snapshot_nor_a_file_that_is_no_index_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(text(LINES))
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="is the snapshot itself"):
        building.build(tmp_path / "s", tmp_path / "s")
    with pytest.raises(UsageError, match=r"thesis.tex is there and is not an index"):
        building.build(tmp_path / "s", tmp_path / "thesis.tex")
    assert (tmp_path / "s").read_bytes() == text(LINES)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_odd_lines_do_not_end_a_build(tmp_path: Path) -> None:
    deep = b'{"id":"2401.00009","title":"A","x":' + b"[" * 10**5 + b"]" * 10**5 + b"}\n"
    odd = line("2401.00001", "New", former_titles=["Old\n title"], doi=" 10.1000/182\n")
    (tmp_path / "s").write_bytes(deep + text([odd]))
    assert building.build(tmp_path / "s", tmp_path / "i").bad == 1
    record = Index.open(tmp_path / "i").record(0)
    assert (record.former_titles, record.doi) == (("Old title",), "10.1000/182")


def test_another_version_of_the_format_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "VERSION", 99)
    with pytest.raises(layout.BadIndex, match="is an index of version 1, and this refkit reads version 99"):
        make()


def test_an_index_in_the_way_of_a_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(text(LINES))
    (tmp_path / "i").mkdir()
    with pytest.raises(WriteError, match="could not be written"):
        building.build(tmp_path / "s", tmp_path / "i")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["i", "s"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from refkit.errors import WriteError
from refkit.metadata.index.building import build
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    build(Path(sys.argv[1]), Path(sys.argv[2]))
except WriteError as error:
    sys.exit(str(error))
"""


def test_a_full_disk_leaves_the_old_index_and_no_other_file(make: Make, tmp_path: Path) -> None:
    make(LINES[:2])
    before = (tmp_path / "arxiv.index").read_bytes()
    (tmp_path / "snapshot.jsonl").write_bytes(text(LINES))
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "snapshot.jsonl"), str(tmp_path / "arxiv.index")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "could not be written (File too large); the index that was there is untouched." in done.stderr
    assert (tmp_path / "arxiv.index").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arxiv.index", "snapshot.jsonl"]


BUILDING = """
import sys
from pathlib import Path
from refkit.metadata.index.building import build
while True:
    for snapshot in sys.argv[2:]:
        build(Path(snapshot), Path(sys.argv[1]))
"""
READING = """
import sys, time
from pathlib import Path
from refkit.metadata.index.reading import Index
rounds, end = 0, time.monotonic() + 2
while time.monotonic() < end:
    index = Index.open(Path(sys.argv[1]))
    for row in range(len(index)):
        assert row in [hit.row for hit in index.find(index.record(row).title, limit=9)]
    assert index.damaged() == []
    rounds += 1
print(rounds)
"""


def test_two_processes_read_while_a_third_builds_and_is_killed(make: Make, tmp_path: Path) -> None:
    make()
    index = str(tmp_path / "arxiv.index")
    for name, lines in (("one", LINES[:3]), ("all", LINES)):
        (tmp_path / name).write_bytes(text(lines))
    builder = subprocess.Popen([sys.executable, "-c", BUILDING, index, str(tmp_path / "one"), str(tmp_path / "all")])
    readers = [subprocess.Popen([sys.executable, "-c", READING, index], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        assert [int(reader.communicate()[0]) > 0 and reader.returncode for reader in readers] == [0, 0]
        assert builder.poll() is None
    finally:
        builder.kill()
        builder.wait()
    assert len(Index.open(Path(index))) in {3, len(LINES)}
    assert len(make()) == len(LINES)


IDS = st.one_of(
    st.builds("{:02}{:02}.{:04}".format, st.integers(7, 14), st.integers(1, 12), st.integers(1, 9999)),
    st.builds("{:02}{:02}.{:05}".format, st.integers(15, 40), st.integers(1, 12), st.integers(1, 99999)),
    st.builds("{}/{:02}{:02}{:03}".format, st.sampled_from(codes.ARCHIVES), st.sampled_from([91, 99, 0, 7]),
              st.integers(1, 12), st.integers(1, 999)),
)  # fmt: skip


@given(IDS)
def test_every_id_comes_back_from_its_number(arxiv_id: str) -> None:
    if is_arxiv_id(arxiv_id):
        assert codes.decode_id(codes.encode_id(arxiv_id)) == arxiv_id
        assert codes.encode_id(arxiv_id) < 1 << 32


@given(st.dates(min_value=dt.date(1971, 1, 1), max_value=dt.date(2090, 12, 31)))
def test_every_day_comes_back_from_its_number(day: dt.date) -> None:
    for date in (PartialDate(day.year), PartialDate(day.year, day.month), PartialDate(day.year, day.month, day.day)):
        assert codes.decode_date(codes.encode_date(date)) == date


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=5))
def test_the_keys_of_plain_titles_are_those_of_all_others(titles: list[str]) -> None:
    plain = [" ".join(title.split()) for title in titles if parts._is_plain(title)]
    assert [key.decode() for key in parts.plain_keys(plain)] == [title_key(title) for title in plain]


class TestIndexContract(SourceContract):
    @pytest.fixture
    def source(self, make: Make, tmp_path: Path) -> IndexSource:
        make()
        return IndexSource(tmp_path / "arxiv.index", is_named=True)

    @pytest.fixture
    def known(self, source: IndexSource) -> ArxivRecord:
        return source.index.record(0)


def test_the_source_finds_by_abstract_what_the_title_hides(make: Make, tmp_path: Path) -> None:
    make()
    source = IndexSource(tmp_path / "arxiv.index", is_named=True)
    (answer,) = source.search([Mention(title="Renamed Since", abstract=ABSTRACTS[0])], limit=5)
    assert [record.arxiv_id for record in answer.records] == ["0704.0001"]
