from __future__ import annotations

import codecs
import fcntl
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit import shingles
from refkit.errors import UsageError
from refkit.metadata.index import building, codes, layout
from refkit.metadata.index.building import Built, Progress, build
from refkit.metadata.index.packing import pack
from refkit.metadata.index.parts import make_part
from refkit.metadata.index.reading import Index
from refkit.metadata.index.snapshots import read_block
from refkit.model import ArxivRecord, Author, PartialDate

Line = dict[str, Any]

ABSTRACT = (
    "We count the {0} in a harbour by night and find that {0} sing of copper when lanterns are lit along the quay"
)


def line(arxiv_id: str, title: str, **more: Any) -> Line:
    """Return a line with all that the snapshot gives for a paper, as it writes it."""
    return {
        "id": arxiv_id,
        "submitter": "Ada Byron",
        "authors": 'A. Byron and Bj\\"orn Li',
        "title": title,
        "comments": None,
        "journal-ref": None,
        "doi": None,
        "report-no": None,
        "categories": "cs.LG stat.ML",
        "license": None,
        "abstract": "",
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2018 19:18:42 GMT"}],
        "update_date": "2020-05-06",
        "authors_parsed": [["Byron", "A.", ""], ["Li", 'Bj\\"orn', "Jr."]],
        **more,
    }


ANIMALS = "whales herons lynxes otters newts voles terns skates moths larks".split()
LINES = [
    *(line(f"24{month:02}.{number:05}", f"On the Songs of {animal.title()} in Winter {number}",
           abstract=ABSTRACT.format(animal) + f" until number {number} falls silent", doi=f"10.1/{animal}")
      for month in (1, 2) for number, animal in enumerate(ANIMALS, start=1)),
    line("0704.0001", "Learning to Navigate\n  the Web", former_titles=["Surfing Agents", "Agents That Surf"]),
    line("1412.9999", r"Schr\"odinger's $\mathcal{B}$-Coder", authors_parsed=[["ATLAS Collaboration", "", ""]]),
    line("hep-th/9901001", "Strings and Branes in Curved Backgrounds", update_date="2007-05-23"),
]  # fmt: skip


def text(lines: Sequence[Line]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


Build = Callable[..., Built]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "arxiv.index"


@pytest.fixture
def made(tmp_path: Path, target: Path) -> Build:
    """Write a snapshot and build the index of it."""

    def make(snapshot: Sequence[Line] | bytes, **options: Any) -> Built:
        path = tmp_path / "snapshot"
        path.write_bytes(snapshot if isinstance(snapshot, bytes) else text(snapshot))
        return build(path, options.pop("target", target), **options)

    return make


# Some lines are a block then, as some thousands are.
SMALL = 1500


def records(index: Index) -> list[ArxivRecord]:
    return [index.record(row) for row in range(len(index))]


def ids(index: Index, title: str) -> list[str]:
    return [index.record(hit.row).arxiv_id for hit in index.find(title, limit=9)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- what is in an index


def test_every_part_of_a_line_that_is_kept_is_read(made: Build, target: Path) -> None:
    made(LINES)
    index = Index.open(target)
    assert [record.arxiv_id for record in records(index)] == [
        "0704.0001", "1412.9999", *(each["id"] for each in LINES[:20]), "hep-th/9901001"
    ]  # fmt: skip
    abstract = LINES[0]["abstract"]
    assert index.get("2401.00001") == ArxivRecord(
        arxiv_id="2401.00001",
        title="On the Songs of Whales in Winter 1",
        authors=(Author("Byron", "A."), Author("Li", "Björn", "Jr.")),
        categories=("cs.LG", "stat.ML"),
        submitted=PartialDate(2018, 4, 2),
        updated=PartialDate(2020, 5, 6),
        doi="10.1/whales",
        fingerprint=shingles.fingerprint(abstract),
    )
    renamed = index.get("0704.0001")
    assert renamed
    assert (renamed.title, renamed.former_titles) == (
        "Learning to Navigate the Web",
        ("Surfing Agents", "Agents That Surf"),
    )
    assert (index.header.records, index.header.titles, index.header.current) == (23, 25, "2020-05-06")
    assert ids(index, "agents that surf!") == ids(index, "Surfing Agents") == ["0704.0001"]


def test_what_a_line_may_lack_is_not_known(made: Build, target: Path) -> None:
    bare = {"id": "2401.00001", "title": "Bare"}
    lacking = ("abstract", "authors", "authors_parsed", "categories", "doi", "update_date", "versions", "submitter")
    nulls = {**line("2401.00002", "Nulls"), **dict.fromkeys(lacking)}
    empty = line(
        "2401.00003", "Empty", versions=[], authors_parsed=[], authors="", update_date="", doi="", categories=""
    )
    odd = line("2401.00004", "Odd", versions=[{}], authors_parsed=[[], ["Solo"], ["A", "B", "C", "aff", "more"]])
    built = made([bare, nulls, empty, odd])
    assert (built.records, built.bad) == (4, 0)
    first, second, third, fourth = records(Index.open(target))
    assert first == ArxivRecord(arxiv_id="2401.00001", title="Bare")
    assert (second, third) == (
        ArxivRecord(arxiv_id="2401.00002", title="Nulls"),
        ArxivRecord(arxiv_id="2401.00003", title="Empty"),
    )
    assert [str(author) for author in fourth.authors] == ["Solo", "B A C"]
    assert fourth.submitted is None


def test_names_come_back_however_they_are_written(made: Build, target: Path) -> None:
    """In most lines they are found by their quotes, without being decoded; the others must give the same."""
    parsed = [["Bal\\'azs", "C. {\\O}", ""], ["Erdős", "P.", "Jr."], ["O\u2019Neil", "A", "III"], ["], [", "[", "]"]]
    nobody = [["Ek", "Bo", ""], ["", "", ""]]
    made([line("2401.00001", "T", authors_parsed=nobody), line("2401.00002", "T", authors_parsed=nobody[1:])])
    assert [[str(each) for each in record.authors] for record in records(Index.open(target))] == [
        ["Bo Ek"], ["A. Byron", "Björn Li"]
    ]  # fmt: skip
    odd = [['Sch"ulz', "A\tB", "", "Rome"], [], ["", "", ""], ["Solo\n Group"], ["Ek", "Bo", "", "", "x"]]
    plain = [("Balázs", "C. Ø", ""), ("Erdős", "P.", "Jr."), ("O\u2019Neil", "A", "III"), ("], [", "[", "]")]
    others = [('Sch"ulz', "A B", ""), ("", "", ""), ("Ek", "Bo", "")]
    spaces = ((", ", ": "), (",", ":"), (" , ", ":"))
    for given_names, ascii_only, gaps in product((parsed, [*parsed, *odd]), (True, False), spaces):
        one = line("2401.00001", "T", authors_parsed=given_names)
        assert made(json.dumps(one, ensure_ascii=ascii_only, separators=gaps).encode()).bad == 0
        found = [(each.family, each.given, each.suffix) for each in records(Index.open(target))[0].authors]
        assert found == plain + (others if given_names is not parsed else [])


@pytest.mark.parametrize("name", [b'"\xff"', b'"A\tB"', b'"\\x"', b"7", b'"A" "B"'])
def test_names_that_are_no_text_cost_their_line(made: Build, name: bytes) -> None:
    bad = text(LINES[:1]).replace(b'"Byron"', name).replace(LINES[0]["id"].encode(), b"2501.00001")
    built = made(text(LINES) + bad)
    assert (built.records, built.bad) == (len(LINES), 1)


def test_an_impossible_day_is_not_known(made: Build, target: Path) -> None:
    made([line("2401.00001", "T", versions=[{"version": "v1", "created": "Mon, 99 Apr 2018 19:18:42 GMT"}])])
    assert records(Index.open(target))[0].submitted is None


def test_authors_in_one_string_are_taken_apart(made: Build, target: Path) -> None:
    made([line("2401.00001", "T", authors='A. Byron (Rome (Italy)), Chen Li and\n  Bj\\"orn Ek', authors_parsed=None)])
    assert [str(each) for each in records(Index.open(target))[0].authors] == ["A. Byron", "Chen Li", "Björn Ek"]


def test_the_shipped_catalogues_own_fields_are_read(made: Build, target: Path) -> None:
    made([line("2401.00001", "T", submitted="2024-03", versions=None)])
    assert records(Index.open(target))[0].submitted == PartialDate(2024, 3)


def test_a_paper_with_thousands_of_authors_is_one_record(made: Build, target: Path) -> None:
    authors = [[f"Name{number % 977}", f"G{number % 31}.", ""] for number in range(3000)]
    made([line("2401.00001", "Ours", authors_parsed=authors), line("2401.00002", "Theirs")])
    ours, theirs = records(Index.open(target))
    assert [[each.family, each.given, each.suffix] for each in ours.authors] == authors
    assert len(theirs.authors) == 2


POOL_IDS = ["0704.0001", "2401.00001", "2401.00002", "2402.00001", "hep-th/9901001"]
POOL_TITLES = [
    "Songs of Whales",
    "songs of whales!",
    "GPT-3.5",
    "Über die ガラス",
    r"$\alpha$-Decay",
    "Songs: of Newts",
    "???",
]
PAPERS = st.builds(
    lambda arxiv_id, title, former, names, day, doi: line(
        arxiv_id,
        title,
        former_titles=former,
        authors_parsed=[[name, "X.", ""] for name in names],
        update_date=day,
        doi=doi,
        abstract=ABSTRACT.format(title),
        categories=f"cs.{(doi or 'AA')[-2:]}",
    ),
    st.sampled_from(POOL_IDS),
    st.sampled_from(POOL_TITLES),
    st.lists(st.sampled_from(POOL_TITLES), max_size=2),
    st.lists(st.sampled_from("Li Ek Ng Byron M\\'olnar".split()), min_size=1, max_size=3),
    st.sampled_from(["", "2024-01-01", "2024-02-01"]),
    st.sampled_from([None, "10.1/ab", "10.1/cd"]),
)


def packed(lines: Sequence[Sequence[Line]]) -> tuple[Index, int]:
    """Return the index of lines that come in several parts, and how many records were given more than once."""
    made = pack(make_part(read_block(text(part))[0]) for part in lines)
    return Index(layout.in_memory(made.header, made.sections)), made.repeated


def expected(lines: Sequence[Line]) -> dict[str, Line]:
    """Return the line that is taken of those with one id: the one changed last, and of these the last one."""
    taken: dict[str, Line] = {}
    for each in lines:
        if each["id"] not in taken or each["update_date"] >= taken[each["id"]]["update_date"]:
            taken[each["id"]] = each
    return taken


@given(st.lists(st.lists(PAPERS, max_size=5), min_size=1, max_size=4))
def test_any_papers_in_any_order_come_back(blocks: list[list[Line]]) -> None:
    index, repeated = packed(blocks)
    taken = expected([each for block in blocks for each in block])
    assert [record.arxiv_id for record in records(index)] == sorted(taken, key=codes.encode_id)
    assert repeated == sum(map(len, blocks)) - len(taken)
    for record in records(index):
        want = taken[record.arxiv_id]
        assert (record.title, list(record.former_titles)) == (want["title"], want["former_titles"])
        assert [author.family.replace("ó", "\\'o") for author in record.authors] == [
            family for family, _, _ in want["authors_parsed"]
        ]
        assert (str(record.updated or ""), record.doi) == (want["update_date"], want["doi"] or "")
        assert (" ".join(record.categories), record.fingerprint) == (
            want["categories"],
            shingles.fingerprint(want["abstract"]),
        )
        for title in {record.title, *record.former_titles} - {"???"}:
            assert record.arxiv_id in ids(index, title)


@given(st.lists(PAPERS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_change_an_answer(papers: list[Line], chance: random.Random) -> None:
    lines = list(expected(papers).values())
    index, _ = packed([lines])
    chance.shuffle(lines)
    cut = chance.randrange(len(lines) + 1)
    again, _ = packed([lines[:cut], lines[cut:]])
    assert records(again) == records(index)
    for title in (*POOL_TITLES, "Songs", "song of whale", "GPT 3"):
        assert again.find(title, limit=9) == index.find(title, limit=9)
    assert again.find_abstract(lines[0]["abstract"], limit=9) == index.find_abstract(lines[0]["abstract"], limit=9)


# ---- where it comes from


def sources(folder: Path, data: bytes) -> Iterator[tuple[Path | None, io.BytesIO | None]]:
    """Yield the ways in which a snapshot may come: a file, and standard input."""
    with zipfile.ZipFile(folder / "deflated.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        archive.writestr("folder/snapshot.json", data)
    with zipfile.ZipFile(folder / "stored.zip", "w") as archive:
        archive.writestr("snapshot.json", data)
    half = len(data) // 2
    for name, content in (
        ("plain.jsonl", data),
        ("without-last-feed", data.removesuffix(b"\n")),
        ("one.gz", gzip.compress(data)),
        ("two-members.gz", gzip.compress(data[:half]) + gzip.compress(data[half:])),
        ("gzip-under-another-name.json", gzip.compress(data, 1)),
    ):
        (folder / name).write_bytes(content)
        yield folder / name, None
    yield from ((folder / "deflated.zip", None), (folder / "stored.zip", None))
    yield from ((None, io.BytesIO(data)), (None, io.BytesIO(gzip.compress(data))))


def test_however_the_snapshot_comes_the_index_is_the_same_to_the_byte(tmp_path: Path) -> None:
    given = list(sources(tmp_path, text(LINES)))
    made = []
    for snapshot, stdin in given:
        built = build(snapshot, tmp_path / "i", stdin=stdin)
        assert (built.records, built.bad, built.repeated) == (len(LINES), 0, 0)
        made.append((tmp_path / "i").read_bytes())
    assert len(made) == 9
    assert set(made) == {made[0]}
    assert len(made[0]) == built.size


def test_several_processes_give_the_same_bytes_as_one(made: Build, target: Path, tmp_path: Path) -> None:
    made(LINES)
    alone = target.read_bytes()
    assert made(LINES, processes=2, block=SMALL).records == len(LINES)
    assert target.read_bytes() == alone
    (tmp_path / "s.gz").write_bytes(gzip.compress(text(LINES)))
    build(tmp_path / "s.gz", target, processes=2, block=SMALL)
    assert target.read_bytes() == alone


@pytest.mark.parametrize("size", [1, 7, 400, 700, 10**6])
def test_blocks_of_any_size_give_the_same_bytes(made: Build, target: Path, size: int) -> None:
    made(LINES)
    expected = target.read_bytes()
    made(LINES, block=size)
    assert target.read_bytes() == expected
    made(gzip.compress(text(LINES)), block=size)
    assert target.read_bytes() == expected


def test_a_named_pipe_is_read(tmp_path: Path, target: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(gzip.compress(text(LINES)),))
    writer.start()
    assert build(tmp_path / "pipe", target).records == len(LINES)
    writer.join()


def test_how_far_it_is_is_told(made: Build) -> None:
    told: list[Progress] = []
    made(LINES, told=told.append, block=SMALL)
    reading = [each for each in told if each.doing == "reading"]
    assert len(reading) > 5
    assert [each.done for each in reading] == sorted(each.done for each in reading)
    assert {each.total for each in reading} == {len(text(LINES))}
    assert reading[-1].done <= reading[-1].total
    assert [each.records for each in reading] == sorted(each.records for each in reading)
    assert [(each.doing, each.records) for each in told[-2:]] == [
        ("putting it together", len(LINES)), ("writing", len(LINES))
    ]  # fmt: skip


# ---- an update


@pytest.mark.parametrize("processes", [1, 2])
def test_an_update_is_to_the_byte_the_build_of_everything(made: Build, target: Path, processes: int) -> None:
    made(LINES)
    everything = target.read_bytes()
    made(LINES[:12])
    built = made(LINES[8:], base=target, processes=processes, block=SMALL)
    assert (built.records, built.repeated, built.changed) == (len(LINES), 4, 0)
    assert target.read_bytes() == everything
    assert made([{**each, "update_date": "2026-01-01"} for each in LINES[5:9]], base=target).changed == 4


@given(st.lists(PAPERS, min_size=1, max_size=6), st.lists(PAPERS, min_size=1, max_size=6))
def test_an_update_answers_as_the_build_of_everything(old: list[Line], new: list[Line]) -> None:
    index, _ = packed([old])
    everything, _ = packed([old, new])
    parts = [make_part(*index.entries(0, len(index))), make_part(read_block(text(new))[0])]
    made = pack(parts)
    updated = Index(layout.in_memory(made.header, made.sections))
    assert records(updated) == records(everything)
    for title in POOL_TITLES:
        assert updated.find(title, limit=9) == everything.find(title, limit=9)
    for paper in (*old, *new):
        asked = paper["abstract"]
        assert updated.find_abstract(asked, limit=9) == everything.find_abstract(asked, limit=9)


def test_of_two_records_with_an_id_the_one_changed_later_is_taken(made: Build, target: Path) -> None:
    old = line("2401.00001", "Old Songs", update_date="2024-01-01", former_titles=["Older Songs"], doi="10.1/old")
    new = line("2401.00001", "New Tunes", update_date="2024-02-02")
    unknown = line("2401.00001", "Undated Hymns", update_date=None)
    for snapshot in ([old, new, unknown], [unknown, new, old], [new, unknown, old]):
        assert made(snapshot).repeated == 2
        (record,) = records(Index.open(target))
        assert (record.title, record.former_titles, record.doi) == ("New Tunes", (), "")
        assert ids(Index.open(target), "Older Songs") == []
    made([new])
    made([old], base=target)
    assert records(Index.open(target))[0].title == "New Tunes"


def test_of_records_changed_on_one_day_the_newer_snapshots_is_taken(made: Build, target: Path) -> None:
    made([line("2401.00001", "First")])
    made([line("2401.00001", "Second"), line("2401.00002", "Other")], base=target)
    assert [record.title for record in records(Index.open(target))] == ["Second", "Other"]


def test_a_base_that_is_replaced_meanwhile_is_a_sentence(made: Build, target: Path) -> None:
    made(LINES[:12])
    first = Index.open(target)
    made(LINES)
    with pytest.raises(
        UsageError, match=r"arxiv\.index was replaced while it was being updated; nothing is changed by"
    ):
        building._read(building.Rows(str(target), first.identity, 0, 2))
    part, _, _ = building._read(building.Rows(str(target), Index.open(target).identity, 0, 2))
    assert len(part.ids) == 2


def test_of_two_updates_at_once_the_later_one_is_told_to_run_again(made: Build, target: Path, tmp_path: Path) -> None:
    made(LINES[:12])
    other = tmp_path / "other"
    made(LINES[:15], target=other)

    def told(now: Progress) -> None:
        if now.doing == "writing":
            other.replace(target)

    with pytest.raises(UsageError, match="was replaced while it was being updated; nothing is changed by this run"):
        made(LINES[15:], base=target, told=told)
    assert len(Index.open(target)) == 15
    assert names(tmp_path) == ["arxiv.index", "snapshot"]


def test_want_of_memory_is_a_sentence(made: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack_nothing(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(building, "pack", pack_nothing)
    with pytest.raises(UsageError, match=r"The memory did not do for the index of .*snapshot; 3 million records take"):
        made(LINES)


def test_an_update_of_no_index_or_of_another_file_is_a_sentence(made: Build, target: Path) -> None:
    with pytest.raises(layout.BadIndex, match=r"arxiv\.index: there is no such index; make it with"):
        made(LINES, base=target)
    target.write_bytes(b"precious notes, no index")
    with pytest.raises(UsageError, match="is there and is not an index"):
        made(LINES, base=target)
    assert target.read_bytes() == b"precious notes, no index"


# ---- lines that are none

BAD_LINES = [
    b'{"id": 704.0001, "title": "A number for an id"}',
    b'{"id": "0704.0002", "title": "Cut',
    b"no JSON",
    b'["a", "list"]',
    b"null",
    b'{"id": "0704.0003"}',
    b'{"title": "No id"}',
    b'{"id": "0704.00004", "title": "Five digits too early"}',
    b'{"id": "0704.0004v2", "title": "With a version"}',
    b'{"id": "0704.0005", "title": " \\n "}',
    b'{"id": "0704.0006", "title": null}',
    b'{"id": "0704.0007", "title": "No UTF-8 \xff"}',
    b'{"id": "0704.0008", "title": "Half a character \\ud800"}',
    b'{"id": "0704.0009", "title": "No day", "update_date": "2024-02-30"}',
    b'{"id": "0704.0010", "title": "Names", "authors_parsed": "Li"}',
]


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("packing", [bytes, gzip.compress])
def test_lines_that_are_none_are_counted_and_told_with_their_numbers(
    made: Build, target: Path, processes: int, packing: Callable[[bytes], bytes]
) -> None:
    lines = text(LINES).splitlines()
    places = {3: BAD_LINES[0], 4: BAD_LINES[1], 9: BAD_LINES[2], 14: BAD_LINES[3], 22: BAD_LINES[4], 27: BAD_LINES[5]}
    for place, bad in places.items():
        lines.insert(place, bad)
    lines.insert(6, b"")  # no line at all, but it counts
    built = made(packing(b"\n".join(lines)), processes=processes)
    assert (built.records, built.bad) == (len(LINES), len(places))
    assert [each.line for each in built.problems] == [4, 5, 11, 16, 24, 29]
    assert [each.line for each in built.problems] == [lines.index(bad) + 1 for bad in places.values()]
    assert records(Index.open(target))[0].title == "Learning to Navigate the Web"


@pytest.mark.parametrize("bad", BAD_LINES, ids=range(len(BAD_LINES)))
def test_each_bad_line_costs_itself_only(made: Build, target: Path, bad: bytes) -> None:
    built = made(text(LINES[:2]) + bad + b"\n" + text(LINES[2:4]))
    assert (built.records, built.bad, len(built.problems)) == (4, 1, 1)
    assert built.problems[0].line == 3
    assert repr(bad[:10].decode())[1:-1] in built.problems[0].what
    assert len(built.problems[0].what) < 250
    assert len(Index.open(target)) == 4


def test_line_ends_of_windows_blank_lines_and_a_missing_last_feed_do_not_matter(made: Build, target: Path) -> None:
    made(LINES)
    expected = target.read_bytes()
    lines = text(LINES).splitlines()
    for data in (b"\r\n".join(lines), b"\n\n \t\r\n".join(lines), b"\n\n" + b"\n".join(lines) + b"\n\n\n"):
        assert made(data).bad == 0
        assert target.read_bytes() == expected


def test_a_byte_order_mark_costs_nothing(made: Build, target: Path) -> None:
    made(LINES)
    expected = target.read_bytes()
    for data in (codecs.BOM_UTF8 + text(LINES), gzip.compress(codecs.BOM_UTF8 + text(LINES))):
        assert made(data).bad == 0
        assert target.read_bytes() == expected


def test_as_many_bad_lines_as_are_allowed_pass_and_one_more_does_not(made: Build, target: Path) -> None:
    data = text(LINES[:2]) + b"no JSON\n" * 3 + text(LINES[2:])
    assert made(data, most_bad=3).bad == 3
    before = target.read_bytes()
    for allowed in (0, 2):
        with pytest.raises(UsageError) as refused:
            made(data, most_bad=allowed)
        assert str(refused.value).startswith(f"{target.with_name('snapshot')}:3: JSON is malformed")
        assert f"more than the {allowed} that are let pass; nothing is changed." in str(refused.value)
    assert target.read_bytes() == before


def test_of_many_bad_lines_the_first_twenty_are_told(made: Build) -> None:
    built = made(b"no JSON\n" * 50 + text(LINES[:1]))
    assert (built.records, built.bad) == (1, 50)
    assert [each.line for each in built.problems] == list(range(1, 21))


@pytest.mark.parametrize(
    "data", [b"", b"\n\n \n", b"hello\nworld\n", b"[]", gzip.compress(b""), gzip.compress(b"none\n")], ids=range(6)
)
def test_a_snapshot_without_a_record_changes_nothing(made: Build, target: Path, data: bytes) -> None:
    made(LINES)
    before = target.read_bytes()
    for options in ({}, {"base": target}, {"most_bad": 0}):
        with pytest.raises(UsageError, match=r"has no record of arXiv in it|no records of arXiv, more than"):
            made(data, **options)
    assert target.read_bytes() == before
    assert names(target.parent) == ["arxiv.index", "snapshot"]


# ---- files that are damaged, or none


@pytest.mark.parametrize("kept", [2, 11, 0.3, 0.9])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_cut_gzip_changes_nothing(made: Build, target: Path, kept: float, processes: int) -> None:
    made(LINES)
    before = target.read_bytes()
    whole = gzip.compress(text(LINES))
    cut = whole[: kept if isinstance(kept, int) else int(len(whole) * kept)]
    with pytest.raises(UsageError, match=r"snapshot is cut or damaged \(.*\); copy or download it again\."):
        made(cut, processes=processes if kept == 0.9 else 1, block=SMALL)
    assert target.read_bytes() == before
    assert names(target.parent) == ["arxiv.index", "snapshot"]


def test_a_damaged_gzip_changes_nothing(made: Build, target: Path) -> None:
    made(LINES)
    before = target.read_bytes()
    data = bytearray(gzip.compress(text(LINES)))
    data[-6] ^= 1  # its checksum
    for snapshot in (bytes(data), gzip.compress(text(LINES)) + b"behind the end"):
        with pytest.raises(UsageError, match="is cut or damaged"):
            made(snapshot)
    assert target.read_bytes() == before


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def test_a_zip_must_have_one_member_and_be_whole(made: Build, target: Path) -> None:
    made(LINES)
    before = target.read_bytes()
    data = text(LINES)
    damaged = bytearray(zipped(("s", data), method=zipfile.ZIP_STORED))
    damaged[400] ^= 1
    for snapshot, why in (
        (zipped(("a.json", data), ("b.json", data)), "has 2 files; name one with the snapshot alone in it"),
        (zipped(("folder/", b"")), "has 0 files"),
        (zipped(("s", data))[:-30], "is cut or damaged"),
        (zipped(("s", data))[:300], "is cut or damaged"),
        (bytes(damaged), "is cut or damaged"),
        (b"PK\x03\x04", "is cut or damaged"),
    ):
        with pytest.raises(UsageError, match=why):
            made(snapshot)
    assert target.read_bytes() == before


def write_and_close(end: int, data: bytes) -> None:
    os.write(end, data)
    os.close(end)


@pytest.mark.parametrize("start", [1, 2, 3])
def test_a_pipe_that_begins_with_few_bytes_is_known_all_the_same(target: Path, start: int) -> None:
    for data, why in ((gzip.compress(text(LINES)), ""), (text(LINES), ""), (zipped(("s", text(LINES))), "from a pipe")):
        pipe, end = os.pipe()
        os.write(end, data[:start])
        rest = threading.Timer(0.1, write_and_close, (end, data[start:]))
        rest.start()
        with open(pipe, "rb") as stdin:  # noqa: PTH123 - has a number, no path
            if why:
                with pytest.raises(UsageError, match=why):
                    build(None, target, stdin=stdin)
            else:
                assert build(None, target, stdin=stdin).records == len(LINES)
        rest.join()


def test_a_damaged_zip_of_another_kind_is_a_sentence(made: Build, target: Path) -> None:
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        data = bytearray(zipped(("s", text(LINES)), method=method))
        data[60:200] = bytes(140)
        with pytest.raises(UsageError, match="is cut or damaged"):
            made(bytes(data))
    assert not target.exists()


def test_neither_the_snapshot_nor_a_file_that_is_no_index_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(text(LINES))
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="is the snapshot itself"):
        build(tmp_path / "s", tmp_path / "s")
    with pytest.raises(UsageError, match=r"thesis.tex is there and is not an index"):
        build(tmp_path / "s", tmp_path / "thesis.tex")
    assert (tmp_path / "s").read_bytes() == text(LINES)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_odd_lines_do_not_end_a_build(tmp_path: Path) -> None:
    deep = b'{"id":"2401.00009","title":"A","x":' + b"[" * 10**5 + b"]" * 10**5 + b"}\n"
    odd = line("2401.00001", "New", former_titles=["Old\n title"], doi=" 10.1000/182\n")
    (tmp_path / "s").write_bytes(deep + text([odd]))
    assert build(tmp_path / "s", tmp_path / "i").bad == 1
    record = Index.open(tmp_path / "i").record(0)
    assert (record.former_titles, record.doi) == (("Old title",), "10.1000/182")


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, target: Path) -> None:
    with pytest.raises(
        UsageError, match=r"none\.jsonl cannot be read \(No such file or directory\); name the snapshot"
    ):
        build(tmp_path / "none.jsonl", target)
    with pytest.raises(UsageError, match=r"is a folder; name the snapshot in it\."):
        build(tmp_path, target)
    with pytest.raises(UsageError, match=r"There is no standard input; name a file\."):
        build(None, target)
    pipe, end = os.pipe()
    os.write(end, zipped(("s", text(LINES[:1]))))
    os.close(end)
    with open(pipe, "rb") as stdin, pytest.raises(UsageError, match=r"A zip archive cannot be read from a pipe"):  # noqa: PTH123
        build(None, target, stdin=stdin)
    assert names(tmp_path) == []


def test_a_file_without_lines_is_refused_before_it_fills_the_memory(tmp_path: Path, target: Path) -> None:
    with (tmp_path / "zeros").open("wb") as file:
        file.truncate(1 << 27)  # a hole, which takes no room
    with pytest.raises(UsageError, match=r"This is no snapshot of arXiv: it has no lines\."):
        build(tmp_path / "zeros", target)
    with (tmp_path / "zeros").open("rb") as stdin, pytest.raises(UsageError, match="it has no lines"):
        build(None, target, stdin=stdin)


# ---- the end in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
from refkit.metadata.index.building import build
snapshot, target, *moments = sys.argv[1:]

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def child(moment):
    if hasattr(os, moment):
        setattr(os, moment, killed)
    seen = []
    def told(now):
        seen.append(now.doing)
        if f"{now.doing} {seen.count(now.doing)}" == moment:
            killed()
    build(Path(snapshot), Path(target), told=told, block=1500)

for moment in moments:
    pid = os.fork()
    if not pid:
        child(moment)
        os._exit(0)
    print(moment, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_build_that_is_killed_leaves_the_old_index_whole(made: Build, target: Path, tmp_path: Path) -> None:
    made(LINES[:5])
    before = target.read_bytes()
    (tmp_path / "snapshot").write_bytes(text(LINES))
    moments = ["reading 1", "reading 4", "putting it together 1", "writing 1", "fsync", "replace"]
    command = [sys.executable, "-c", KILLED, str(tmp_path / "snapshot"), str(target), *moments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{moment} -9" for moment in moments]
    assert target.read_bytes() == before
    assert Index.open(target).damaged() == []
    made(LINES)
    assert len(Index.open(target)) == len(LINES)


def test_what_a_killed_build_has_left_is_swept_but_not_what_another_is_writing(made: Build, target: Path) -> None:
    left, foreign = target.with_name(".arxiv.index.abcd1234.new"), target.with_name(".arxiv.index.backup")
    busy = target.with_name(".arxiv.index.efgh5678.new")
    for file in (left, foreign, busy):
        file.write_bytes(b"something")
    with busy.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        made(LINES)
    assert sorted(names(target.parent)) == sorted([busy.name, foreign.name, "arxiv.index", "snapshot"])
    made(LINES)
    assert busy.name not in names(target.parent)


# A build in which one of the processes, or the one that was started, is killed.
LOST = """
import multiprocessing, os, signal, sys
from pathlib import Path
from refkit.errors import RefkitError
from refkit.metadata.index.building import build

def told(now):
    children = multiprocessing.active_children()
    if now.records > 5 and children:
        sys.stdout.write(" ".join(str(child.pid) for child in children) + "\\n")
        sys.stdout.flush()
        os.kill(children[0].pid if sys.argv[3] == "child" else os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]), Path(sys.argv[2]), processes=2, block=1500, told=told)
    except RefkitError as error:
        sys.exit(f"{type(error).__name__}: {error}")
"""


def lost(snapshot: Path, target: Path, who: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LOST, str(snapshot), str(target), who]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_process_that_is_killed_is_a_sentence(tmp_path: Path, target: Path) -> None:
    (tmp_path / "snapshot").write_bytes(text(LINES))
    done = lost(tmp_path / "snapshot", target, "child")
    assert done.returncode == 1
    assert done.stderr.startswith("SourceUnavailable: A process that reads the snapshot was ended from outside")
    assert "nothing is changed; try it again, with fewer processes" in done.stderr
    assert names(tmp_path) == ["snapshot"]


def test_no_process_stays_when_the_one_that_was_started_is_killed(tmp_path: Path, target: Path) -> None:
    (tmp_path / "snapshot").write_bytes(text(LINES))
    done = lost(tmp_path / "snapshot", target, "parent")  # returns when nobody has its standard output any more
    assert done.returncode == -signal.SIGKILL
    assert "Traceback" not in done.stderr
    children = [int(pid) for pid in done.stdout.split()]
    assert len(children) == 2
    end = time.monotonic() + 20
    while any(map(is_alive, children)):
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text(encoding="ascii"))


# Ctrl-C reaches all processes of a terminal. It comes when each of them has begun and some of the work is done.
INTERRUPTED = """
import multiprocessing, os, re, signal, sys, time
from pathlib import Path
from refkit.metadata.index.building import build

def begun(child):
    status = Path(f"/proc/{child.pid}/status").read_text()
    return int(re.search(r"SigIgn:\\s*(\\w+)", status)[1], 16) >> (signal.SIGINT - 1) & 1

def told(now):
    while not all(map(begun, multiprocessing.active_children())):
        time.sleep(0.01)
    if now.records > 5:
        os.killpg(os.getpgrp(), signal.SIGINT)
        time.sleep(10)

if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]), Path(sys.argv[2]), processes=2, told=told, block=1500)
    except KeyboardInterrupt:
        print("interrupted", len(multiprocessing.active_children()))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="sees by /proc that all processes have begun")
def test_ctrl_c_ends_all_processes_without_a_word(made: Build, target: Path, tmp_path: Path) -> None:
    made(LINES[:5])
    before = target.read_bytes()
    (tmp_path / "snapshot").write_bytes(text(LINES))
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "snapshot"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted 0\n", "")
    assert target.read_bytes() == before
    assert names(tmp_path) == ["arxiv.index", "snapshot"]
