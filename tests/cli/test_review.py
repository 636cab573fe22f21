"""`refkit review` on a terminal and without one, and the commands that obey what was decided."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console

from refkit.cli.review_asking import Asking
from refkit.cli.review_screen import Screen, marked
from refkit.errors import SourceUnavailable
from refkit.lock import Decision, decision
from refkit.locks import Locks
from refkit.matching.evidence import weigh
from refkit.model import ArxivRecord, Author, Candidate, Mention, PartialDate, Resolution, Verdict
from refkit.testing import ArxivServer, ZoteroServer

fcntl = pytest.importorskip("fcntl")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

Run = Callable[..., Result]
WAIT = 60.0
NAV, SEA = "Learning to Navigate the Web", "Learning to Navigate the Sea"
TWINS = ("2001.00002", "2001.00003", "2001.00004")
WHALES = "Deep Songs of the Whales: What They Sing"


def line(arxiv_id: str, title: str, *authors: str) -> str:
    versions = [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]
    facts = {"id": arxiv_id, "title": title, "abstract": "", "update_date": "2024-01-02", "categories": "cs.LG"}
    return json.dumps({**facts, "authors_parsed": [[name, "A.", ""] for name in authors], "versions": versions}) + "\n"


def record(arxiv_id: str, title: str = "Twin Rivers", **facts: Any) -> ArxivRecord:
    known = {"authors": (Author("Li", "Chen"),), "submitted": PartialDate(2020, 1, 1), "categories": ("cs.LG",)}
    return ArxivRecord(arxiv_id=arxiv_id, title=title, **{**known, **facts})


def candidate(mention: Mention, found: ArxivRecord, score: float = 0.3) -> Candidate:
    return Candidate(record=found, evidence=weigh(mention, found), score=score, source="index")


def twins(title: str = "Twin Rivers", *, number: int = 3, **facts: Any) -> Resolution:
    mention = Mention(title=title, digest="digest.txt", line=4)
    found = tuple(candidate(mention, record(arxiv_id, **facts)) for arxiv_id in TWINS[:number])
    return Resolution(mention=mention, verdict=Verdict.AMBIGUOUS, reason="3 records may be meant.", candidates=found)


class Session:
    """`Asking` with the keys of a list in the place of a terminal."""

    def __init__(self, *cases: Resolution, width: int = 80, known: tuple[ArxivRecord, ...] = ()) -> None:
        self.cases = cases
        self.locks = Locks(each.mention for each in cases)
        self.output = io.StringIO()
        self.width = width
        self.known = {each.arxiv_id: each for each in known}
        self.is_down = False

    def look_up(self, mention: Mention, arxiv_id: str) -> Candidate | None:
        if self.is_down:
            raise SourceUnavailable("arxiv: no answer; try again later.")
        return candidate(mention, self.known[arxiv_id]) if arxiv_id in self.known else None

    def press(self, *keys: str, lines: tuple[str, ...] = ()) -> str:
        """Press keys until the session ends, or there are no more keys; return what was shown."""
        given, typed = iter(keys), iter(lines)

        def key() -> str:
            try:
                return next(given)
            except StopIteration:
                raise EOFError from None

        console = Console(file=self.output, width=self.width, color_system=None)
        self.asking = Asking(self.cases, self.locks, Screen(console, key=key, line=lambda: next(typed)), self.look_up)
        self.asking.run()
        assert not list(given), "keys are left"
        return self.output.getvalue()

    def decided(self) -> dict[str, str]:
        """Return what stands in the file, by title: an id, or what was decided."""
        held = Locks(each.mention for each in self.cases)
        found = {each.mention.title: held.find(each.mention) for each in self.cases}
        return {title: _meant(each) for title, each in found.items() if each}


def _meant(each: Decision) -> str:
    return each.record.arxiv_id if each.record else each.decided


@pytest.fixture(autouse=True)
def _in_folder(folder: Path) -> None:
    """Work in the folder with the digest."""
    assert folder


# What is shown


@pytest.mark.parametrize(
    ("ours", "theirs", "text"),
    [
        (SEA, NAV, "Learning to Navigate the [-Sea-] {+Web+}"),
        ("deep songs of whales.", "Deep Songs of the Whales", "Deep Songs of {+the+} Whales"),
        ("Deep Songs of the Whales", "Deep Songs", "Deep Songs [-of the Whales-]"),
        ("Multi modal $\\alpha$ Café", "Multimodal α Cafe", "Multimodal α Cafe"),
        ("", "New", "{+New+}"),
        ("[red]Old[/red]", "Old", "[-[red]Old[/red]-] {+Old+}"),
    ],
)
def test_the_words_that_differ_are_marked_without_colours_too(ours: str, theirs: str, text: str) -> None:
    assert marked(ours, theirs).plain == text


def test_a_mention_stands_above_its_candidates_side_by_side() -> None:
    found = twins("Twin River", number=3, abstract="Rivers that are twins share a valley. " * 9)
    mention = Mention(
        title="Twin River", abstract="Of rivers " * 60, authors=("C. Li", "N. Body"), digest="digest.txt", line=4
    )
    found = Resolution(
        mention=mention, verdict=found.verdict, reason="3 records may be meant.", candidates=found.candidates
    )
    shown = Session(found).press("q").splitlines()
    assert shown[0].startswith("1 of 1  digest.txt:4  ambiguous ───")
    assert shown[1:3] == ["Twin River", "C. Li, N. Body"]
    assert "3 records may be meant." in shown
    assert any("─ 1  arXiv:2001.00002 ─" in each and "─ 2  arXiv:2001.00003 ─" in each for each in shown)
    assert any(each.count("Twin [-River-] {+Rivers+}") == 2 for each in shown)
    assert any("30 % likely (from index)" in each for each in shown)
    assert not any(TWINS[2] in each for each in shown)
    assert any("m more" in each.replace("\N{NO-BREAK SPACE}", " ") for each in shown)
    assert max(map(len, shown)) == 80
    assert len(shown) < 24
    assert any(
        each.count("─ arXiv:") or each.count("arXiv:") == 3
        for each in Session(found, width=120).press("q").splitlines()
    )
    narrow = Session(found, width=30).press("q").splitlines()
    assert max(map(len, narrow)) == 30


def test_what_would_steer_the_terminal_is_not_shown() -> None:
    found = twins("Twin \x1b[31mRivers\x07", comments="\x1b")
    assert "\x1b" not in Session(found).press("q")


def test_without_candidates_there_is_nothing_to_accept() -> None:
    found = twins(number=0)
    session = Session(found)
    shown = session.press("a", "1", "?", "q")
    assert "no candidate at all" in shown
    assert shown.count("There is no such candidate; i names a paper by its id") == 2
    assert "accept the candidate with this number" in shown
    assert "a accept" not in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert session.decided() == {}


# What the keys do


def test_keys_accept_refuse_skip_and_each_choice_is_written_at_once() -> None:
    session = Session(twins(), twins("Twin Lakes"), twins("Twin Seas"), twins("Twin Hills"))
    session.press("a", "3", "d", "s")
    assert session.decided() == {"Twin Rivers": TWINS[0], "Twin Lakes": TWINS[2], "Twin Seas": "none"}
    assert session.asking.left == 1
    assert session.asking.summary() == (
        "4 titles asked: 2 accepted, 1 not on arXiv, 1 skipped; 1 still open; kept in refkit.lock"
    )


def test_quitting_keeps_what_was_decided() -> None:
    session = Session(twins(), twins("Twin Lakes"))
    session.press("d", "q")
    assert session.decided() == {"Twin Rivers": "none"}
    assert session.asking.left == 1


def test_undo_goes_back_and_restores_what_was_there() -> None:
    session = Session(twins(), twins("Twin Lakes"))
    session.locks.put(session.cases[0].mention, decision(session.cases[0].mention, "none"))
    shown = session.press("u", "a", "a", "u", "u", "q")
    assert "There is nothing to undo." in shown
    assert "That was the last title. u undoes the last decision, any other key ends." in shown
    assert shown.index("undone: accepted: Twin Lakes") < shown.index("undone: accepted: Twin Rivers")
    assert session.decided() == {"Twin Rivers": "none"}
    session = Session(twins(), twins("Twin Lakes"))
    session.press("s", "u", "d", "a")
    assert session.decided() == {"Twin Rivers": "none", "Twin Lakes": TWINS[0]}


def test_more_candidates_are_shown_page_by_page() -> None:
    shown = Session(twins()).press("m", "m", "q")
    assert (shown.count(TWINS[0]), shown.count(TWINS[2])) == (2, 1)
    assert "(3 of 3 shown)" in shown
    assert "All candidates are shown." in Session(twins(number=2)).press("m", "q")


def test_a_key_that_is_none_and_what_is_pasted_do_nothing() -> None:
    session = Session(twins())
    shown = session.press("x", "aaa", "\x1b[A", "9", "0", "2401.00001", "q")
    assert shown.count("That is no key here; ? tells them all.") == 5
    assert session.decided() == {}


def test_a_key_in_upper_case_is_the_same() -> None:
    session = Session(twins())
    session.press("A")
    assert session.decided() == {"Twin Rivers": TWINS[0]}


def test_the_same_title_is_asked_once() -> None:
    session = Session(twins(), twins())
    session.press("d")
    assert session.asking.summary().startswith("1 title asked: 1 not on arXiv")


def test_an_id_that_is_typed_is_looked_up_and_taken_if_the_title_is_the_same() -> None:
    session = Session(twins(), known=(record("math/0309136"),))
    session.press("i", lines=("see https://arxiv.org/abs/math.GT/0309136v2\n",))
    assert session.decided() == {"Twin Rivers": "math/0309136"}


def test_an_id_with_another_title_is_asked_about() -> None:
    other = record("2401.00001", "Deep Songs")
    session = Session(twins(), known=(other,))
    shown = session.press("i", "n", "q", lines=("2401.00001",))
    assert "[-Twin Rivers-] {+Deep Songs+}" in shown
    assert "Its title is another than the digest's." in shown
    assert session.decided() == {}
    session.press("i", "y", lines=("2401.00001",))
    assert session.decided() == {"Twin Rivers": "2401.00001"}


def test_an_id_that_cannot_be_had_is_a_sentence() -> None:
    session = Session(twins())
    shown = session.press("i", "i", "i", "q", lines=("", "Mamba", "2401.00009"))
    assert "That is no arXiv id; one looks like 2401.00001" in shown
    assert "No source knows arXiv:2401.00009; is it mistyped?" in shown
    session.is_down = True
    shown = session.press("i", "q", lines=("2401.00009",))
    assert "arXiv:2401.00009 could not be looked up; arxiv: no answer; try again later." in shown
    assert session.decided() == {}


def test_a_record_of_which_only_the_title_is_known_is_completed_when_it_is_accepted() -> None:
    bare = twins(number=1, authors=(), submitted=None, former_titles=("Rivers",))
    session = Session(bare, known=(record(TWINS[0]),))
    session.press("a")
    held = session.locks.find(bare.mention)
    assert held
    assert held.record == record(TWINS[0], former_titles=("Rivers",))
    session.is_down = True
    assert "Who wrote it and when is not known; arxiv: no answer" in session.press("a")
    assert session.decided() == {"Twin Rivers": TWINS[0]}


def test_what_was_decided_where_the_digest_said_something_else_is_told() -> None:
    session = Session(twins())
    other = Mention(title="Twin Rivers", abstract="Another abstract", digest="digest.txt")
    session.locks.put(other, decision(other, "accepted", session.cases[0].candidates[1]))
    shown = " ".join(session.press("q").split())
    assert f"You decided before that this title means arXiv:{TWINS[1]}, where the digest said something else" in shown


# On a terminal


class Terminal:
    """refkit on a pseudo terminal; keys are pressed only when it waits for one."""

    # It takes the pseudo terminal as its own, so that /dev/tty is it.
    _START = (
        "import fcntl, os, sys, termios; fcntl.ioctl(1, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
    )

    def __init__(self, *arguments: str, stdin: Path | None = None, width: int = 80) -> None:
        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        os.set_blocking(self._ours, False)
        environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "FORCE_COLOR"}}
        given = stdin.open("rb") if stdin else None
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._START, sys.executable, "-m", "refkit", *arguments],
            stdin=given or self._theirs, stdout=self._theirs, stderr=self._theirs, start_new_session=True,
            env={**environ, "TERM": "xterm", "NO_COLOR": "1"},
        )  # fmt: skip
        if given:
            given.close()
        self._shown = ""

    def see(self, text: str) -> str:
        """Wait until something is shown, and return what was shown since the last time."""
        return self._until(lambda: text in self._shown, text)

    def press(self, key: str) -> None:
        """Press a key as soon as one is waited for."""
        self._until(lambda: not termios.tcgetattr(self._theirs)[3] & termios.ICANON, "a key is waited for")
        self._shown = ""
        os.write(self._ours, key.encode())

    def type(self, text: str) -> None:
        os.write(self._ours, f"{text}\n".encode())

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what was shown last."""
        shown = self._until(lambda: self._process.poll() is not None, "the end")
        return self._process.returncode, shown

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def _until(self, done: Callable[[], bool], what: str) -> str:
        deadline = time.monotonic() + WAIT
        while not done():
            ended = self._process.poll() is not None
            self._read()
            is_late = ended and not done()
            assert not is_late, f"it ended, and {what!r} was waited for in vain; shown was:\n{self._shown}"
            assert time.monotonic() < deadline, f"{what!r} was waited for in vain; shown was:\n{self._shown}"
            time.sleep(0.01)
        self._read()
        return self._shown

    def _read(self) -> None:
        try:
            self._shown += os.read(self._ours, 1 << 16).decode("utf-8", "replace").replace("\r\n", "\n")
        except BlockingIOError:
            return


Start = Callable[..., Terminal]


@pytest.fixture
def start(rivers: Path) -> Iterator[Start]:
    """Start refkit on a terminal."""
    assert rivers
    opened: list[Terminal] = []

    def begin(*arguments: str, **options: Any) -> Terminal:
        opened.append(Terminal(*arguments, **options))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


@pytest.fixture
def rivers(folder: Path, cli: Run, arxiv_server: ArxivServer) -> Path:
    """A digest with twins, a title that is nowhere and one that is matched, and an index; arXiv stands by."""
    assert arxiv_server
    (folder / "snapshot.jsonl").write_text(
        "".join(line(arxiv_id, "Twin Rivers", "Li") for arxiv_id in TWINS) + line("2401.00001", WHALES, "Li", "Okafor"),
        encoding="utf-8",
    )
    cli("index", "build", "snapshot.jsonl", "--jobs", "1")
    (folder / "digest.txt").write_text(f"Twin Rivers\n{SEA}\n{WHALES}\n", encoding="utf-8")
    return folder


def held(digest: str = "digest.txt") -> dict[str, str]:
    """Return what the lock beside a digest decides, by title."""
    path = Path(digest).parent / "refkit.lock"
    rows = [json.loads(each) for each in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {row["title"]: row["record"]["arxiv_id"] if "record" in row else row["decided"] for row in rows}


def test_on_a_terminal_keys_settle_titles_and_all_commands_obey(start: Start, cli: Run) -> None:
    shown = start("review", "digest.txt", "--no-network")
    screen = shown.see("quit")
    assert "1 of 2  digest.txt:1  ambiguous" in screen
    assert f"1  arXiv:{TWINS[0]}" in screen
    shown.press("2")
    screen = shown.see("quit")
    assert f"accepted arXiv:{TWINS[1]}: Twin Rivers" in screen
    assert "[-Sea-]" in screen
    assert held()["Twin Rivers"] == TWINS[1]
    shown.press("u")
    shown.see("1 of 2")
    assert held()["Twin Rivers"] == "ambiguous"
    shown.press("s")
    shown.see("2 of 2")
    shown.press("u")
    shown.see("1 of 2")
    shown.press("a")
    shown.see("2 of 2")
    shown.press("d")
    shown.see("That was the last title.")
    shown.press(" ")
    code, last = shown.end()
    assert code == 0, last
    assert "refkit: 2 titles asked: 1 accepted, 1 not on arXiv; kept in refkit.lock" in last
    assert held() == {"Twin Rivers": TWINS[0], SEA: "none", WHALES: "2401.00001"}
    result = cli("bibtex", "digest.txt", "--no-network")
    assert result.stdout.count("@misc") == 2
    assert TWINS[0] in result.stdout
    assert result.stderr == "refkit: 3 titles: 2 matched, 0 ambiguous, 1 not found (1 settled), 0 failed\n"


def test_quitting_and_ctrl_c_keep_what_was_decided(start: Start) -> None:
    shown = start("review", "digest.txt", "--no-network")
    shown.press("a")
    shown.see("2 of 2")
    shown.press("\x03")
    code, last = shown.end()
    assert code == 130, last
    assert "refkit: interrupted; what was decided by then is kept" in last
    assert held() == {"Twin Rivers": TWINS[0], SEA: "not found", WHALES: "2401.00001"}
    shown = start("review", "digest.txt", "--no-network")
    assert "1 of 1  digest.txt:2  not found" in shown.see("quit")
    shown.press("q")
    code, last = shown.end()
    assert code == 1, last
    assert "refkit: 1 title asked: none decided; 1 still open\n" in last


def test_an_id_is_typed_on_the_terminal_also_where_the_digest_comes_from_standard_input(start: Start) -> None:
    shown = start("review", "-", "--no-network", stdin=Path("digest.txt"))
    shown.press("i")
    shown.see("go back):")
    shown.type("arXiv:2401.00001")
    assert "Its title is another" in shown.see("back.")
    shown.press("y")
    shown.see("2 of 2")
    shown.press("\x04")
    code, _ = shown.end()
    assert code == 1
    assert held()["Twin Rivers"] == "2401.00001"


def test_what_was_decided_can_be_decided_again(start: Start) -> None:
    mention = Mention(title="Twin Rivers", digest="digest.txt")
    Locks([mention]).put(mention, decision(mention, "none"))
    shown = start("review", "digest.txt", "--again", "--no-network", width=120)
    assert "You decided before that this title means no paper of arXiv." in shown.see("quit")
    shown.press("3")
    shown.see("2 of 2")
    shown.press("q")
    assert shown.end()[0] == 1
    assert held()["Twin Rivers"] == TWINS[2]


def test_nothing_to_ask_is_said(start: Start) -> None:
    Path("digest.txt").write_text(f"{WHALES}\n", encoding="utf-8")
    shown = start("review", "--no-network", "digest.txt")
    code, last = shown.end()
    assert code == 0
    assert "refkit: nothing to ask: 1 title matched or settled\n" in last


# Without a terminal


def test_without_a_terminal_it_asks_nothing_and_says_what_to_do(rivers: Path, refused: Callable[..., str]) -> None:
    assert refused("review", "digest.txt", "--no-network") == (
        "`refkit review` asks on a terminal, and here is none; `refkit review --list` prints what it would ask."
    )
    assert not (rivers / "refkit.lock").exists()


def test_a_queue_in_which_nothing_waits_is_no_mistake(tmp_path: Path, cli: Run) -> None:
    queue = tmp_path / "refkit-queue"
    queue.mkdir()
    said = f"refkit: nothing to ask: no title waits in {queue}\n"
    assert cli("review", str(queue)).stderr == said
    (queue / "refkit.lock").write_text('{"refkit_lock": 1}\n', encoding="utf-8")
    told = cli("review", str(queue), "--json")
    assert (json.loads(told.stdout)["decisions"], told.stderr) == ([], said)
    listed = cli("review", str(queue), "--list", "--json")
    assert (json.loads(listed.stdout)["summary"]["titles"], listed.stderr) == (0, said)
    (queue / "notes.pdf").write_bytes(b"%PDF-")
    assert "there is no digest in it" in cli("review", str(queue), "--list", code=2).stderr


def test_what_would_be_asked_is_listed_and_nothing_is_written(rivers: Path, cli: Run) -> None:
    result = cli("review", "digest.txt", "--list", "--no-network", code=1)
    assert "digest.txt:1: Twin Rivers\n  AMBIGUOUS: 3 records may be meant" in result.stdout
    assert f"digest.txt:2: {SEA}\n  NOT FOUND: " in result.stdout
    assert WHALES not in result.stdout
    assert "refkit: `refkit review` would ask 2 of 3 titles" in result.stderr
    document = json.loads(cli("review", "digest.txt", "--list", "--json", "--no-network", code=1).stdout)
    assert [each["verdict"] for each in document["resolutions"]] == ["ambiguous", "not_found"]
    assert not (rivers / "refkit.lock").exists()


def test_a_source_that_fails_is_not_asked_about(rivers: Path, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (rivers / "refkit.toml").write_text('sources = ["catalogue", "arxiv"]\n', encoding="utf-8")
    monkeypatch.setenv("REFKIT_ARXIV_URL", "http://127.0.0.1:9/")
    monkeypatch.setattr("refkit.pace.Clock.sleep", lambda *_: None, raising=False)
    result = cli("review", "digest.txt", "--list", code=3)
    assert "Twin Rivers" not in result.stdout


def test_pruning_removes_what_is_in_no_digest_any_more(rivers: Path, cli: Run) -> None:
    cli("bibtex", "digest.txt", "--lock", "--no-network", code=1)
    gone = Mention(title="Gone", digest="digest.txt")
    Locks([gone]).put(gone, decision(gone, "none"))
    (rivers / "digest.txt").write_text(f"\n\n{WHALES}\n  Twin   rivers\n", encoding="utf-8")
    result = cli("review", "digest.txt", "--prune")
    assert result.stdout == f"removed: Gone (none, no paper)\nremoved: {SEA} (not found, no paper)\n"
    assert result.stderr == "refkit: 2 decisions removed from refkit.lock\n"
    assert held() == {"Twin Rivers": "ambiguous", WHALES: "2401.00001"}


def test_pruning_is_refused_where_a_file_cannot_be_read(rivers: Path, cli: Run) -> None:
    (rivers / "broken.jsonl").write_text("{", encoding="utf-8")
    assert "--prune would forget" in cli("review", str(rivers), "--prune", code=2).stderr


# The commands obey


def test_nothing_is_written_until_a_lock_is_asked_for_and_then_only_what_is_new(rivers: Path, cli: Run) -> None:
    lock = rivers / "refkit.lock"
    cli("bibtex", "digest.txt", "--no-network", code=1)
    assert not lock.exists()
    assert "refkit: what is new is kept in refkit.lock\n" in (
        cli("bibtex", "digest.txt", "--no-network", "--lock", code=1).stderr
    )
    before = lock.read_bytes()
    assert "what is new" not in cli("bibtex", "digest.txt", "--no-network", code=1).stderr
    assert lock.read_bytes() == before
    with (rivers / "digest.txt").open("a", encoding="utf-8") as file:
        file.write(f"{NAV}\n")
    cli("explain", NAV, "--no-network")
    assert lock.read_bytes() == before
    cli("bibtex", "digest.txt", "--no-network", code=1)
    assert held()[NAV] == "1812.09195"


def test_a_locked_run_opens_no_source_and_writes_the_same_bytes(
    rivers: Path, cli: Run, arxiv_server: ArxivServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cli("bibtex", "digest.txt", "--lock", code=1)
    asked = len(arxiv_server.requests)
    assert asked
    before = (rivers / "refkit.lock").read_bytes()

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a source was opened")

    monkeypatch.setattr("refkit.asking.open_sources", opened)
    second = cli("bibtex", "digest.txt", "--locked", code=1)
    assert second.stdout == first.stdout
    assert "Ambiguous when it was last asked, as refkit.lock keeps it; `refkit review` settles it." in second.stderr
    assert "MATCHED: The title is the same. (Kept in refkit.lock.)" in cli("explain", WHALES, "--locked").stdout
    assert len(arxiv_server.requests) == asked
    assert (rivers / "refkit.lock").read_bytes() == before


def test_a_locked_run_refuses_what_is_not_in_the_lock(rivers: Path, refused: Callable[..., str], cli: Run) -> None:
    assert refused("bibtex", "digest.txt", "--locked").startswith("refkit.lock is not there, so it does not hold 3 ti")
    cli("bibtex", "digest.txt", "--lock", "--no-network", code=1)
    (rivers / "digest.txt").write_text(f"{NAV}\n{WHALES}\n", encoding="utf-8")
    assert refused("bibtex", "digest.txt", "--locked") == (
        f"refkit.lock does not hold 1 title: “{NAV}” (digest.txt:1). "
        "Run the command once without --locked, which asks for them."
    )
    assert refused("bibtex", "digest.txt", "--locked", "--refresh").endswith("leave out --refresh.")
    (rivers / "refkit.lock").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    assert refused("bibtex", "digest.txt").startswith("refkit.lock:1: a merge was not settled here")


def test_zotero_gets_what_was_decided_and_the_same_without_sources(
    web: ZoteroServer, rivers: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin, sea = (Mention(title=title, digest="digest.txt") for title in ("Twin Rivers", SEA))
    locks = Locks([twin, sea])
    accepted = record(TWINS[2], "Twin Rivers", abstract="Of rivers.", doi="10.1000/rivers", comments="9 pages")
    locks.put(twin, decision(twin, "accepted", candidate(twin, accepted)))
    locks.put(sea, decision(sea, "none"))
    before = (rivers / "refkit.lock").read_bytes()
    first = json.loads(cli("sync-zotero", "digest.txt", "--no-network", "--dry-run", "--json").stdout)
    assert (rivers / "refkit.lock").read_bytes() == before, "a dry run writes nothing"
    cli("sync-zotero", "digest.txt", "--no-network", "--plan", "plan.json")
    assert held()[WHALES] == "2401.00001"
    monkeypatch.setattr("refkit.asking.open_sources", None)
    second = json.loads(cli("sync-zotero", "digest.txt", "--locked", "--dry-run", "--json").stdout)
    assert second["zotero"] == first["zotero"]
    assert cli("sync-zotero", "digest.txt", "--locked").stdout.count("created") == 2
    papers = {row["archiveID"]: row for row in web.library.items.values() if row["itemType"] == "preprint"}
    assert set(papers) == {f"arXiv:{TWINS[2]}", "arXiv:2401.00001"}
    assert papers[f"arXiv:{TWINS[2]}"]["abstractNote"] == "Of rivers."
    assert "leave out --locked" in cli("sync-zotero", "--apply", "plan.json", "--locked", code=2).stderr


def test_explain_tells_of_a_decision_on_a_title_that_the_digest_says_more_of(rivers: Path, cli: Run) -> None:
    (rivers / "d.jsonl").write_text(json.dumps({"title": "Twin Rivers", "authors": ["A. Li"]}) + "\n", encoding="utf-8")
    mention = Mention(title="Twin Rivers", authors=("A. Li",), digest="d.jsonl")
    Locks([mention]).put(mention, decision(mention, "none"))
    result = cli("explain", "Twin Rivers", "--no-network", code=1)
    assert "AMBIGUOUS" in result.stdout
    assert "refkit: refkit.lock decides a title like this (none: no paper of arXiv) where the digest says" in (
        result.stderr
    )
    result = cli("explain", "Twin Rivers", "--digest", "d.jsonl", "--no-network")
    assert "NOT FOUND: Found in `refkit review` to be no paper of arXiv, as refkit.lock keeps it." in result.stdout


def test_the_decision_stands_in_the_json(rivers: Path, cli: Run) -> None:
    assert rivers
    cli("bibtex", "digest.txt", "--lock", "--no-network", code=1)
    document = json.loads(cli("bibtex", "digest.txt", "--json", "--no-network", code=1).stdout)
    assert [each["decided"] for each in document["resolutions"]] == [None, None, "matched"]
