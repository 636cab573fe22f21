from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from refkit.errors import UsageError, WriteError
from refkit.pace import Clock
from refkit.resuming import Output

MADE_OF = {"the titles": "a", "the index": "b"}


def each_time() -> Clock:
    """A clock by which every portion is due to be noted."""
    return Clock(now=itertools.count(step=10).__next__)


def add(
    path: Path, *portions: bytes, made_of: dict[str, str] = MADE_OF, finish: bool = False, locks: Path | None = None
) -> Output:
    with Output.open(path, made_of, locks=locks or path.parent / "locks", clock=each_time()) as output:
        for portion in portions:
            output.add(portion, 1, {"matched": 1})
        if finish:
            output.finish()
    return output


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"locks"}


def test_an_output_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o640)
    add(path, b"one\n", b"two\n")
    assert path.read_text() == "old"
    assert names(tmp_path) == {"out", "out.part", "out.part.json"}
    output = add(path, b"three\n", finish=True)
    assert path.read_text() == "one\ntwo\nthree\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert (output.done.items, output.done.counts) == (3, {"matched": 3})
    assert names(tmp_path) == {"out"}


def test_what_is_not_noted_does_not_count(tmp_path: Path) -> None:
    add(tmp_path / "out", b"one\n")
    with (tmp_path / "out.part").open("ab") as file:
        file.write(b"half of tw")
    add(tmp_path / "out", b"two\n", finish=True)
    assert (tmp_path / "out").read_text() == "one\ntwo\n"


def test_what_is_made_of_something_else_is_not_used_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "out"
    add(path, b"one\n")
    output = add(path, b"1\n", made_of={"the titles": "c", "the index": "d"})
    assert output.remark == "the titles and the index changed since"
    (tmp_path / "out.part").write_bytes(b"")
    assert add(path, b"1\n").remark == "the titles and the index changed since"
    (tmp_path / "out.part").write_bytes(b"")
    assert add(path, b"1\n").remark == f"{path}.part was cut since"
    (tmp_path / "out.part.json").write_bytes(b"{")
    output = add(path, b"one\n", finish=True)
    assert output.remark == f"{path}.part.json is damaged"
    assert path.read_text() == "one\n"


def test_nothing_is_left_of_a_run_that_did_nothing(tmp_path: Path) -> None:
    add(tmp_path / "out")
    assert names(tmp_path) == set()
    with Output.open(tmp_path / "out", {}, locks=tmp_path / "locks", resumable=False) as output:
        output.add(b"one\n", 1, {})
    assert names(tmp_path) == set()


def test_two_runs_do_not_write_the_same(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with Output.open(path, MADE_OF, locks=tmp_path / "locks") as output:
        with pytest.raises(UsageError, match="is being written by another run"):
            add(path, b"two\n")
        output.add(b"one\n", 1, {})
        output.finish()
    assert path.read_text() == "one\n"


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a folder; name a file in it"):
        add(tmp_path, locks=tmp_path / "locks")
    with pytest.raises(WriteError, match="does not exist; make it first"):
        add(tmp_path / "none/out", locks=tmp_path / "locks")
    with pytest.raises(WriteError, match="is no file; leave --output out"):
        add(Path("/dev/null"), locks=tmp_path / "locks")
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="must be a folder"):
        add(tmp_path / "out", locks=tmp_path / "file")


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real/out")
    add(tmp_path / "link", b"one\n", finish=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/out").read_text() == "one\n"
