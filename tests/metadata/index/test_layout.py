from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.errors import UsageError, WriteError
from refkit.metadata.index import layout
from refkit.metadata.index.layout import BadIndex, Header, damaged_sections, open_file, write

HEADER = Header(records=3, titles=4, current="2024-01-02", exact_bits=12, word_bits=13)
# The last one fills its place, so that not one byte of the file is there for nothing.
SECTIONS: Mapping[str, Sequence[bytes | memoryview]] = {
    "letters": [b"abc", b"", memoryview(b"defgh")],
    "none": [],
    "empty": [b""],
    "last": [bytes(range(16))],
}
CONTENT = {name: b"".join(map(bytes, pieces)) for name, pieces in SECTIONS.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(tmp_path / "arxiv.index", HEADER, SECTIONS)
    return tmp_path / "arxiv.index"


def content(buffers: layout.Buffers) -> dict[str, bytes]:
    return {name: bytes(view) for name, view in buffers.sections.items()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read(path: Path) -> None:
    found = open_file(path)
    assert content(found) == CONTENT
    assert (found.header.records, found.header.titles, found.header.current) == (3, 4, "2024-01-02")
    assert (found.header.exact_bits, found.header.word_bits, found.header.version) == (12, 13, layout.VERSION)
    assert damaged_sections(found) == []
    assert names(path.parent) == ["arxiv.index"]


def test_the_size_is_told_and_the_same_content_gives_the_same_bytes(path: Path) -> None:
    joined = {name: [data] for name, data in CONTENT.items()}
    assert write(path.with_name("other"), HEADER, joined) == path.stat().st_size
    assert path.with_name("other").read_bytes() == path.read_bytes()


@given(
    st.dictionaries(st.text("abc_", min_size=1, max_size=4), st.lists(st.binary(max_size=20), max_size=3), max_size=4)
)
def test_each_section_is_aligned_and_has_room_behind_it(sections: dict[str, list[bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "index")
        write(file, HEADER, sections)
        for found in (open_file(file), layout.in_memory(HEADER, sections)):
            assert content(found) == {name: b"".join(pieces) for name, pieces in sections.items()}
            assert {len(found.padded[name]) - len(view) for name, view in found.sections.items()} <= {8}
            assert all(bytes(found.padded[name]).startswith(bytes(view)) for name, view in found.sections.items())
            assert damaged_sections(found) == []
        whole = file.read_bytes()
        start = 16 + int.from_bytes(whole[8:12], "little")
        for name, each in open_file(file).header.sections.items():
            assert (start + each.offset) % 8 == 0
            assert whole[start + each.offset :][: each.size] == b"".join(sections[name])


def test_a_file_cut_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    cut = path.with_name("cut.index")
    reasons = set()
    for size in range(len(whole)):
        cut.write_bytes(whole[:size])
        with pytest.raises(
            BadIndex, match=r"cut\.index (is not an index of refkit|is damaged in its header|is cut: )"
        ) as refused:
            open_file(cut)
        reasons.add(str(refused.value).split("cut.index ")[1][:8])
    assert reasons == {"is not a", "is damag", "is cut: "}
    cut.write_bytes(whole)
    assert content(open_file(cut)) == CONTENT


def test_a_cut_file_is_told_with_its_length_and_the_remedy(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(BadIndex) as refused:
        open_file(path)
    assert str(refused.value) == (
        f"{path} is cut: it has {len(whole) - 1:,} bytes of {len(whole):,}; copy or build it again."
    )
    assert isinstance(refused.value, UsageError)


def test_a_byte_changed_anywhere_is_found(path: Path) -> None:
    """In the header at once; in a section by its checksum, and in no other."""
    whole = path.read_bytes()
    start = 16 + int.from_bytes(whole[8:12], "little")
    owner = {start + each.offset + at: name for name, each in open_file(path).header.sections.items()
             for at in range(each.size)}  # fmt: skip
    changed = path.with_name("changed")
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1
        changed.write_bytes(data)
        if place < start:
            with pytest.raises(BadIndex, match=r"is not an index|is damaged in its header"):
                open_file(changed)
        else:
            assert damaged_sections(open_file(changed)) == ([owner[place]] if place in owner else [])
    assert {*owner.values()} == {"letters", "last"}


def test_reading_all_of_it_tells_how_far_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_CHUNK", 5)
    told: list[tuple[int, int]] = []
    assert damaged_sections(open_file(path), lambda done, total: told.append((done, total))) == []
    assert told == [(5, 24), (8, 24), (13, 24), (18, 24), (23, 24), (24, 24)]


@pytest.mark.parametrize(
    "data",
    [b"", bytes(500), b"SQLite format 3\0" * 10, b"\x1f\x8b" + bytes(50), b'{"id": "2401.00001"}\n', b"REFKITIX"],
    ids=["empty", "zeros", "database", "gzip", "snapshot", "capitals"],
)  # fmt: skip
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other").write_bytes(data)
    with pytest.raises(BadIndex, match=r"other is not an index of refkit; name another file, or build it"):
        open_file(tmp_path / "other")


def test_another_version_is_refused_with_both_numbers(tmp_path: Path) -> None:
    write(tmp_path / "new.index", Header(version=7, records=0, titles=0, exact_bits=1, word_bits=1), {})
    with pytest.raises(BadIndex, match=r"new\.index is an index of version 7, and this refkit reads version 2; build"):
        open_file(tmp_path / "new.index")


def test_what_is_no_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadIndex, match=r"none: there is no such index; make it with `refkit index build`\."):
        open_file(tmp_path / "none")
    with pytest.raises(BadIndex, match=r"is a folder; name the index in it"):
        open_file(tmp_path)
    with pytest.raises(BadIndex, match=r"file/index cannot be opened \(Not a directory\)"):
        open_file(tmp_path / "file/index")
    with pytest.raises(BadIndex, match=r"cannot be opened \(File name too long\)"):
        open_file(tmp_path / ("x" * 300))


def test_a_link_to_an_index_stays_one_and_folders_are_made(path: Path) -> None:
    link = path.with_name("link.index")
    link.symlink_to("arxiv.index")
    write(link, HEADER, {"letters": [b"other"]})
    assert link.is_symlink()
    assert content(open_file(path)) == {"letters": b"other"}
    write(path.parent / "a/b/c.index", HEADER, SECTIONS)
    assert names(path.parent / "a/b") == ["c.index"]


def test_a_new_index_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "i", HEADER, SECTIONS)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "i").stat().st_mode & 0o777 == 0o640


def test_who_has_the_old_index_open_goes_on_reading_it(path: Path) -> None:
    old = open_file(path)
    write(path, HEADER, {"letters": [b"new"], "last": [bytes(5)]})
    assert content(old) == CONTENT
    assert damaged_sections(old) == []
    assert content(open_file(path))["letters"] == b"new"


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_index_and_no_other_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException
) -> None:
    before = path.read_bytes()

    def failing(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        expected = WriteError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected) as refused:
            write(path, HEADER, {"letters": [b"new"]})
    if expected is WriteError:
        assert str(refused.value) == (
            f"{path} could not be written (No space left on device); the index that was there is untouched."
        )
    assert path.read_bytes() == before
    assert names(path.parent) == ["arxiv.index"]


def test_what_cannot_be_written_is_a_sentence(path: Path) -> None:
    (path.parent / "folder").mkdir()
    for target in (path / "below", path.parent / "folder", path.with_name("x" * 300)):
        with pytest.raises(WriteError, match=r"could not be written .*; choose another place with --index"):
            write(target, HEADER, SECTIONS)
    assert names(path.parent) == ["arxiv.index", "folder"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from refkit.metadata.index.layout import Header, write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
write(Path(sys.argv[1]), Header(records=0, titles=0, exact_bits=1, word_bits=1), {"big": [bytes(60_000)] * 2})
"""


def test_a_full_disk_leaves_the_old_index_and_no_other_file(path: Path) -> None:
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=False)
    assert f"WriteError: {path} could not be written (File too large); the index that was there" in done.stderr
    assert path.read_bytes() == before
    assert names(path.parent) == ["arxiv.index"]


# As a user who may not write here, and for whom one index is closed; root may do everything.
OTHER_USER = """
import os, sys
from pathlib import Path
from refkit.errors import RefkitError
from refkit.metadata.index.layout import Header, damaged_sections, open_file, write
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
shared = Path(sys.argv[1], "shared.index")
opened = open_file(shared)
print(damaged_sections(opened), bytes(opened.sections["letters"]))
for action in (
    lambda: write(shared, opened.header, {}),
    lambda: write(shared.with_name("new.index"), opened.header, {}),
    lambda: open_file(shared.with_name("closed.index")),
):
    try:
        action()
    except RefkitError as error:
        print(error)
"""


def test_a_read_only_index_is_read_and_nothing_is_written_beside_it() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("shared", "closed"):
            write(folder / f"{each}.index", HEADER, SECTIONS)
        (folder / "shared.index").chmod(0o444)
        (folder / "closed.index").chmod(0)
        folder.chmod(0o555)
        done = subprocess.run([sys.executable, "-c", OTHER_USER, name], capture_output=True, text=True, check=False)
        folder.chmod(0o755)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            "[] b'abcdefgh'",
            f"{name}/shared.index could not be written (Permission denied); the index that was there is untouched.",
            f"{name}/new.index could not be written (Permission denied); choose another place with --index.",
            f"{name}/closed.index cannot be opened (Permission denied); correct its permissions.",
        ]
        assert names(folder) == ["closed.index", "shared.index"]


# Each file has one letter only; a reader that sees two letters, or an error, has seen a half-written index.
WRITING = """
import sys
from pathlib import Path
from refkit.metadata.index.layout import Header, write
while True:
    for letter in (b"a", b"b"):
        header = Header(records=letter[0], titles=0, exact_bits=1, word_bits=1)
        write(Path(sys.argv[1]), header, {"one": [letter * 300_000], "two": [letter * 5] * 7})
"""
READING = """
import sys, time
from pathlib import Path
from refkit.metadata.index.layout import damaged_sections, open_file
seen, rounds, end = set(), 0, time.monotonic() + 20
while (rounds < 100 or len(seen) < 2) and time.monotonic() < end:
    found = open_file(Path(sys.argv[1]))
    letter = bytes([found.header.records])
    assert {*map(bytes, map(set, found.sections.values()))} == {letter}
    assert [len(view) for view in found.sections.values()] == [300_000, 35]
    assert damaged_sections(found) == []
    seen.add(letter)
    rounds += 1
print(sorted(seen), rounds)
"""


def test_two_processes_read_while_a_third_writes(tmp_path: Path) -> None:
    target = str(tmp_path / "arxiv.index")
    writer = subprocess.Popen([sys.executable, "-c", WRITING, target])
    try:
        end = time.monotonic() + 20
        while not Path(target).exists() and time.monotonic() < end:
            time.sleep(0.01)
        readers = [subprocess.Popen([sys.executable, "-c", READING, target], stdout=subprocess.PIPE) for _ in range(2)]
        for reader in readers:
            shown, _ = reader.communicate(timeout=60)
            assert (reader.returncode, shown.split(b"]")[0]) == (0, b"[b'a', b'b'")
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    assert damaged_sections(open_file(Path(target))) == []
