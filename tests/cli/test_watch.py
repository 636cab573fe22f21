"""`refkit watch`: what a user sees, what is in the .bib and the queue afterwards, and what a bad day costs."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import refkit
from refkit.cli import main
from refkit.lock import decision
from refkit.locks import Locks
from refkit.model import ArxivRecord, Candidate, Evidence
from refkit.pace import Clock
from refkit.testing import ArxivServer, FeedAnswer, FeedEntry, FeedServer, ZoteroServer, atom
from refkit.writers.bib_file import BibFile

WEB, FAIR, VOX = (
    "Learning to Navigate the Web",
    "This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology",
    "VoxPoser: Composable 3D Value Maps for Robotic Manipulation with Language Models",
)
WHALES = "How Deep Whales Sing in a Sea of Noise"
KEYS = {"gur2018learning", "huang2023voxposer", "mulligan2019thing"}
QUICK = 'sources = ["catalogue"]\n[watch]\ninterval = 0\n'
CATALOGUE = Path(refkit.__file__).parent / "metadata" / "catalogue.jsonl"
Run = Callable[..., Result]


@pytest.fixture
def watched(folder: Path) -> Path:
    """An empty folder to be watched, in one to work in; the catalogue alone is asked, and feeds without pauses."""
    (folder / "digest.txt").unlink()
    (folder / "refkit.toml").write_text(QUICK, encoding="utf-8")
    (folder / "in").mkdir()
    return folder / "in"


@pytest.fixture
def watch(watched: Path, cli: Run) -> Run:
    """Run `refkit watch --into refs.bib` with further arguments."""
    assert watched

    def run(*arguments: str, code: int = 0) -> Result:
        return cli("watch", *(arguments or ("in",)), "--into", "refs.bib", code=code)

    return run


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def entry(title: str, number: int = 1, summary: str = "") -> FeedEntry:
    """Return an entry of a feed that is linked to a journal's page, so that only its title can be matched."""
    return FeedEntry(title, f"https://doi.org/10.5555/{number}", summary)


def keys(path: str = "refs.bib") -> set[str]:
    text = Path(path).read_bytes() if Path(path).exists() else b""
    return {block.key for block in BibFile.parse(text, path).blocks if block.kind == "entry"}


def queued() -> list[str]:
    lines = [line for path in sorted(Path("refkit-queue").glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [json.loads(line)["title"] for line in lines]


def everything() -> dict[str, bytes]:
    """Return all that is written, here and in the folders of programs."""
    places = [Path(), Path(os.environ["XDG_STATE_HOME"]) / "refkit" / "watch"]
    return {str(path): path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()}


def settle(title: str, arxiv_id: str = "") -> None:
    """Settle a title that waits as `refkit review` does."""
    (mention,) = [each for each in refkit.survey(["refkit-queue"]).mentions if each.title == title]
    record = ArxivRecord(arxiv_id=arxiv_id, title=title)
    found = Candidate(record=record, evidence=Evidence(), score=1.0, source="catalogue") if arxiv_id else None
    Locks([mention]).put(mention, decision(mention, "accepted" if found else "none", found))


# ---- feeds ----


def test_new_papers_are_added_and_the_rest_waits(server: FeedServer, watch: Run) -> None:
    server.put("/feed", atom([entry(WEB, 1), entry(WHALES, 2), FeedEntry("We moved", "https://example.org/")]))
    first = watch(f"{server.url}/feed", code=1).stdout
    assert f"{server.url}/feed: 2 new entries\n  passed over, being no papers: a post, not a paper: 1\n" in first
    assert f"refs.bib: 1 added, 0 updated, 0 there already\n  added gur2018learning: {WEB} (arXiv:1812.09195)" in first
    assert f"waiting in the queue: 1\n  not found: {WHALES}\n      No record with this title" in first
    assert "settle them with: refkit review refkit-queue\n" in first
    assert keys() == {"gur2018learning"}
    assert queued() == [WHALES]


def test_a_second_run_does_nothing_and_asks_only_whether_the_feed_changed(server: FeedServer, watch: Run) -> None:
    server.put("/feed", atom([entry(WEB, 1), entry(WHALES, 2)]))
    watch(f"{server.url}/feed", code=1)
    before = everything()
    server.records.clear()
    second = watch(f"{server.url}/feed", code=1).stdout
    assert f"{server.url}/feed: not changed\nwaiting in the queue: 1\n" in second
    assert [each.status for each in server.requests] == [304]
    assert everything() == before


def test_a_feed_that_does_not_date_itself_is_read_and_has_nothing_new(server: FeedServer, watch: Run) -> None:
    server.dated = False
    server.put("/feed", atom([entry(WEB)]))
    watch(f"{server.url}/feed")
    before = everything()
    assert ": nothing new\n" in watch(f"{server.url}/feed").stdout
    assert everything() == before


def test_a_later_entry_comes_alone(server: FeedServer, watch: Run) -> None:
    server.put("/feed", atom([entry(WEB, 1)]))
    watch(f"{server.url}/feed")
    server.put("/feed", atom([entry(VOX, 2), entry(WEB, 1, "now with a summary")]))
    assert ": 1 new entry\n" in watch(f"{server.url}/feed").stdout
    assert keys() == {"gur2018learning", "huang2023voxposer"}


def test_an_entry_that_is_edited_takes_its_place_in_the_queue(server: FeedServer, watch: Run) -> None:
    server.put("/feed", atom([entry("Larning too Navigaet a Wbe", 1), entry(WHALES, 2)]))
    watch(f"{server.url}/feed", code=1)
    assert len(queued()) == 2
    server.put("/feed", atom([entry(WEB, 1), entry(WHALES, 2)]))
    watch(f"{server.url}/feed", code=1)
    assert keys() == {"gur2018learning"}
    assert queued() == [WHALES]


def test_an_entry_that_vanished_waits_all_the_same_and_is_not_new_when_it_returns(
    server: FeedServer, watch: Run
) -> None:
    server.put("/feed", atom([entry(WHALES, 2)]))
    watch(f"{server.url}/feed", code=1)
    server.put("/feed", atom([entry(VOX, 3)]))
    watch(f"{server.url}/feed", code=1)
    assert queued() == [WHALES]
    server.put("/feed", atom([entry(WHALES, 2)]))
    assert ": nothing new\n" in watch(f"{server.url}/feed", code=1).stdout


def test_a_feed_that_is_down_costs_no_other_one_and_loses_nothing(server: FeedServer, watch: Run) -> None:
    server.put("/down", atom([entry(VOX, 3)]))
    server.put("/feed", atom([entry(WEB, 1)]))
    server.instead = lambda asked: FeedAnswer(status=500) if asked.path == "/down" else None
    both = (f"{server.url}/down", f"{server.url}/feed")
    told = watch(*both, code=3).stdout
    assert f"  {server.url}/down: it answered with status 500" in told
    assert keys() == {"gur2018learning"}
    server.instead = lambda _: None
    watch(*both)
    assert keys() == {"gur2018learning", "huang2023voxposer"}


def test_the_rest_of_a_feed_that_was_cut_comes_with_the_next_run(server: FeedServer, watch: Run) -> None:
    whole = atom([entry(WEB, 1), entry(VOX, 2)])
    server.put("/feed", whole)
    cut = whole[: whole.index(b"VoxPoser")]
    server.instead = lambda asked: replace(server.answer(asked), body=cut)  # the whole one's ETag, as a proxy gives it
    assert "its end is missing" in watch(f"{server.url}/feed", code=3).stdout
    assert keys() == {"gur2018learning"}
    server.instead = lambda _: None
    watch(f"{server.url}/feed")
    assert keys() == {"gur2018learning", "huang2023voxposer"}


def test_without_the_network_no_feed_is_asked(server: FeedServer, watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    told = watch(f"{server.url}/feed", "in", "--no-network").stdout
    assert f"{server.url}/feed: not asked: without the network" in told
    assert server.requests == []
    assert keys() == {"gur2018learning"}


def test_a_feed_may_be_a_file(watch: Run, watched: Path) -> None:
    path = watched / "feed.xml"
    path.write_bytes(atom([entry(WEB)]))
    watch(path.as_uri())
    assert keys() == {"gur2018learning"}
    assert "in/feed.xml: not changed" in watch("in/feed.xml").stdout


def test_the_key_in_an_address_is_nowhere(server: FeedServer, watched: Path) -> None:
    assert watched
    server.put("/feed", atom([entry(WEB, 1), entry(WHALES, 2)]))
    address = server.url.replace("http://", "http://ada:sesame@") + "/feed?key=sesame"
    program = "import logging; logging.basicConfig(level=10); from refkit.cli import main; main()"
    for fault in ("", "500", "404", "301"):
        server.instead = lambda _, fault=fault: (  # type: ignore[misc]
            FeedAnswer(status=int(fault), headers={"Location": "http://127.0.0.1:9/?key=sesame"}) if fault else None
        )
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program, "watch", address, "--into", "refs.bib", "--json"],
            capture_output=True,
            check=False,
        )
        assert done.returncode in {1, 3}
        assert server.url.encode() in done.stdout
        assert b"sesame" not in done.stdout + done.stderr
    assert not [path for path, data in everything().items() if b"sesame" in data]


# ---- folders ----


def test_a_folder_of_digests_and_what_is_written_into_it(watch: Run, watched: Path) -> None:
    for name, title in (("a.txt", WEB), ("b.md", f"- [{VOX}](https://arxiv.org/abs/2307.05973)")):
        (watched / name).write_text(f"{title}\n", encoding="utf-8")
    watch(".")
    assert keys() == {"gur2018learning", "huang2023voxposer"}
    before = everything()
    assert ".: not changed" in watch(".").stdout  # neither refs.bib nor the queue is a digest
    assert everything() == before


def test_a_maildir_and_a_mailbox(watch: Run, watched: Path) -> None:
    mail = (
        "Message-ID: <{0}@example.org>\nDate: Tue, 02 Jan 2024 03:04:05 +0000\nFrom: a@example.org\nSubject: x\n"
        'MIME-Version: 1.0\nContent-Type: text/html\n\n<html><body><h3><a class="gse_alrt_title" '
        'href="https://example.org/{0}.pdf">{1}</a></h3><div>{2} - Journal, 2024</div></body></html>\n'
    )
    for box in ("cur", "new", "tmp"):
        (watched / "dir" / box).mkdir(parents=True)
    (watched / "dir" / "new" / "1.host").write_text(mail.format(1, WEB, "I Gur, U Rueckert"), encoding="utf-8")
    (watched / "box").write_text(f"From a Tue Jan  2 03:04:05 2024\n{mail.format(2, VOX, 'W Huang')}", encoding="utf-8")
    watch("in/dir", "in/box")
    assert keys() == {"gur2018learning", "huang2023voxposer"}
    (watched / "dir" / "new" / "1.host").rename(watched / "dir" / "cur" / "1.host:2,S")
    told = watch("in/dir", "in/box").stdout
    assert told.count(": not changed") == 2


def test_what_is_not_there_is_told_and_the_others_go_on(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    told = watch("gone", "in", code=2).stdout
    assert "  not read: gone: there is no such file; correct its name.\n" in told
    assert keys() == {"gur2018learning"}


# ---- the queue ----


def test_what_is_settled_in_review_is_done_by_the_next_run(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WHALES}\nOf Ships and Seas and Nothing Else\n", encoding="utf-8")
    watch(code=1)
    settle(WHALES, "2307.05973")
    settle("Of Ships and Seas and Nothing Else")
    told = watch().stdout
    assert "refs.bib: 1 added" in told
    assert f": {WHALES} (arXiv:2307.05973)\n" in told
    assert "settled as no paper of arXiv, taken out of the queue: 1" in told
    assert queued() == []
    assert list(Path("refkit-queue").glob("*.jsonl")) == []
    assert "waiting" not in watch().stdout


def test_what_was_decided_beside_a_watched_digest_counts(watch: Run, watched: Path) -> None:
    digest = watched / "a.txt"
    digest.write_text(f"{WHALES}\nOf Ships and Seas and Nothing Else\n{WEB}\n", encoding="utf-8")
    first, *_ = mentions = refkit.read(digest)
    Locks(mentions).put(first, decision(first, "none"))
    told = watch(code=1).stdout
    assert "settled as no paper of arXiv, taken out of the queue: 1" in told
    assert queued() == ["Of Ships and Seas and Nothing Else"]


def test_review_takes_the_queue(watch: Run, watched: Path, cli: Run) -> None:
    (watched / "a.txt").write_text(f"{WHALES}\n", encoding="utf-8")
    told = watch(code=1).stdout
    command = shlex.split(told.partition("settle them with: refkit ")[2])
    assert WHALES in cli(*command, "--list", code=1).stdout


def test_a_line_that_is_taken_away_is_forgotten_and_one_that_is_edited_counts(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WHALES}\nOf Ships and Seas\n", encoding="utf-8")
    watch(code=1)
    (path,) = Path("refkit-queue").glob("*.jsonl")
    path.write_text(f'\n{{"title": "{WEB}", "note": "mine"}}\n', encoding="utf-8")
    watch()
    assert keys() == {"gur2018learning"}
    assert queued() == []


def test_a_line_that_cannot_be_read_is_a_sentence_with_its_place(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WHALES}\n", encoding="utf-8")
    watch(code=1)
    (path,) = Path("refkit-queue").glob("*.jsonl")
    path.write_text(path.read_text(encoding="utf-8") + "title: x\n", encoding="utf-8")
    assert f"refkit: {path}:2: " in watch(code=2).stderr


def test_the_same_paper_of_two_feeds_waits_once_and_is_added_once(server: FeedServer, watch: Run) -> None:
    for path in ("/a", "/b"):
        server.put(path, atom([entry(WEB, 1), entry(WHALES, 2)]))
    told = watch(f"{server.url}/a", f"{server.url}/b", code=1).stdout
    assert "/b: 2 new entries (2 in the queue already)" in told
    assert (keys(), queued()) == ({"gur2018learning"}, [WHALES])


def test_your_edits_survive_and_what_you_removed_stays_out(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n{VOX}\n", encoding="utf-8")
    watch()
    bib = Path("refs.bib")
    mine = bib.read_text(encoding="utf-8").replace("Learning to Navigate the Web", "My title")
    mine = mine[: mine.index("@misc{huang2023voxposer")]
    assert "My title" in mine
    bib.write_text(mine, encoding="utf-8")
    rows = [{"title": title, "url": f"https://example.org/{number}"} for number, title in enumerate((WEB, VOX, FAIR))]
    (watched / "b.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    told = watch().stdout
    assert "in: 3 new entries" in told
    assert "refs.bib: 1 added, 0 updated, 1 there already" in told
    assert f"  stays out huang2023voxposer: {VOX}" in told
    assert bib.read_text(encoding="utf-8").startswith(mine.rstrip())
    assert keys() == KEYS - {"huang2023voxposer"}


def test_a_paper_whose_entry_is_broken_stays_in_the_queue_until_it_is_mended(watch: Run, watched: Path) -> None:
    broken = "@misc{a, title = {ok}}\n@misc{vox,\n eprint = {2307.05973}\n year = 2023\n}\n"
    Path("refs.bib").write_text(broken, encoding="utf-8")
    (watched / "a.txt").write_text(f"{WEB}\n{VOX}\n", encoding="utf-8")
    told = watch(code=1).stdout
    assert "stands here in a broken entry" in told
    assert queued() == [VOX]
    text = Path("refs.bib").read_text(encoding="utf-8")
    Path("refs.bib").write_text(text.replace("{2307.05973}\n", "{2307.05973},\n"), encoding="utf-8")
    watch()
    assert queued() == []


# ---- bad days ----


def test_an_outage_of_the_source_is_asked_again_and_never_not_found(
    watch: Run, watched: Path, monkeypatch: pytest.MonkeyPatch, arxiv_server: ArxivServer
) -> None:
    Path("refkit.toml").write_text('sources = ["arxiv"]\n', encoding="utf-8")
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    up = os.environ["REFKIT_ARXIV_URL"]
    monkeypatch.setenv("REFKIT_ARXIV_URL", "http://127.0.0.1:9/")
    told = watch(code=3).stdout
    assert f"failed, asked again by the next run: 1\n  failed: {WEB}" in told
    assert "not found" not in told
    assert queued() == [WEB]
    monkeypatch.setenv("REFKIT_ARXIV_URL", up)
    watch()
    assert (len(keys()), queued()) == (1, [])
    assert arxiv_server.requests


KILLED = """
import os
from refkit.watch import queue, run
from refkit.writers import bib_target
def die(*_, **__):
    os._exit(137)
{where} = die
from refkit.cli import main
main()
"""


@pytest.mark.parametrize(
    ("where", "written"),
    [
        ("queue.Queue.save", 0),
        ("run.write_state", 0),
        ("queue.Queue.drop", 2),
        ("bib_target.write_atomic", 2),
    ],
)
def test_a_run_that_is_killed_loses_nothing_and_nothing_comes_twice(
    watch: Run, watched: Path, where: str, written: int
) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n{WHALES}\n{VOX}\n", encoding="utf-8")
    command = [sys.executable, "-c", KILLED.format(where=where), "watch", "in", "--into", "refs.bib"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 137
    assert len(keys()) == written
    watch(code=1)
    assert keys() == {"gur2018learning", "huang2023voxposer"}
    assert Path("refs.bib").read_text(encoding="utf-8").count("@misc") == 2
    assert queued() == [WHALES]
    before = everything()
    watch(code=1)
    assert everything() == before


def test_of_two_runs_at_once_one_does_nothing(watch: Run, watched: Path) -> None:
    from filelock import FileLock

    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    watch("in", "--state", "state.json")
    with FileLock("state.json.lock"):
        assert "Another `refkit watch` works with refkit-queue" in watch("in", "--state", "state.json", code=2).stderr
    (lock,) = (Path(os.environ["XDG_STATE_HOME"]) / "refkit" / "watch").glob("*.lock")
    with FileLock(lock):
        assert "this one did nothing" in watch("in", "--state", "other.json", code=2).stderr
        watch("in", "--dry-run")
    assert not Path("other.json").exists()


def test_a_bib_that_cannot_be_written_keeps_all_in_the_queue(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    Path("refs.bib").write_text("% mine\n", encoding="utf-8")
    Path("refs.bib").chmod(0o400)
    assert "is read-only; make it writable" in watch(code=2).stderr
    Path("refs.bib").chmod(0o600)
    watch()
    assert keys() == {"gur2018learning"}


# ---- what is printed ----


def test_a_dry_run_writes_nothing(server: FeedServer, watch: Run) -> None:
    server.put("/feed", atom([entry(WEB, 1), entry(WHALES, 2)]))
    before = everything()
    told = watch(f"{server.url}/feed", "--dry-run", "--summary", "log.txt", code=1).stdout
    assert "(dry run: nothing is written)" in told
    assert "refs.bib: 1 would be added, 0 would be updated" in told
    assert everything() == before
    watch(f"{server.url}/feed", code=1)
    assert keys() == {"gur2018learning"}


def test_the_summary_goes_to_a_file_when_there_is_news(watch: Run, watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    assert watch("in", "--summary", "log.txt").stdout == ""
    first = Path("log.txt").read_text(encoding="utf-8")
    assert re.match(r"refkit watch, \d{4}-\d\d-\d\d \d\d:\d\d\nin: 1 new entry\n", first)
    watch("in", "--summary", "log.txt")
    assert Path("log.txt").read_text(encoding="utf-8") == first
    (watched / "b.txt").write_text(f"{VOX}\n", encoding="utf-8")
    watch("in", "--summary", "log.txt")
    assert Path("log.txt").read_text(encoding="utf-8").startswith(first + "\nrefkit watch, ")


def test_what_goes_wrong_is_told_beside_a_summary_in_a_file(
    server: FeedServer, watch: Run, watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watched
    Path("refkit.toml").write_text(f'{QUICK}[sources]\nuse = ["arxiv"]\n'.replace('sources = ["catalogue"]\n', ""))
    monkeypatch.setenv("REFKIT_ARXIV_INTERVAL", "0")
    server.put("/feed", atom([entry(WEB, 1)]))
    told = watch(f"{server.url}/feed", f"{server.url}/gone", "--summary", "log.txt", code=3)
    assert told.stdout == ""
    gone, failed = told.stderr.splitlines()
    assert gone == f"refkit: {server.url}/gone: there is no feed at this address (404); correct it."
    assert re.fullmatch(r"refkit: 1 title failed \(.*could not be reached.*\); the next run asks again\.", failed)


def test_json_tells_all(server: FeedServer, watch: Run) -> None:
    server.put("/feed", atom([entry(WEB, 1), entry(WHALES, 2)]))
    told: dict[str, Any] = json.loads(watch(f"{server.url}/feed", f"{server.url}/gone", "--json", code=3).stdout)
    assert [each["new"] for each in told["watched"]] == [2, 0]
    assert "404" in told["watched"][1]["problems"][0]
    assert told["applied"]["added"] == [{"key": "gur2018learning", "arxiv_id": "1812.09195", "title": WEB}]
    (waiting,) = told["waiting"]
    assert (waiting["title"], waiting["verdict"], waiting["line"]) == (WHALES, "not_found", 1)
    assert Path(waiting["file"]).is_file()
    assert told["exit_code"] == 3


def test_the_configuration_says_it_all(watched: Path, cli: Run) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n{WHALES}\n", encoding="utf-8")
    table = 'what = ["in"]\ninto = "out/refs.bib"\nqueue = "open"\nsummary = "log.txt"\nstate = "seen.json"\n'
    Path("refkit.toml").write_text(f'{QUICK}{table}every = "day"\n', encoding="utf-8")
    Path("out").mkdir()
    os.chdir("out")
    cli("watch", "--once", code=1)
    assert keys() == {"gur2018learning"}
    assert sorted(each.name for each in Path("..").iterdir()) == [
        "in", "log.txt", "open", "out", "refkit.toml", "seen.json", "seen.json.lock",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--into", "refs.bib"), "Nothing to watch: name a feed or a folder"),
        (("in",), "Say where papers go: --into refs.bib, or --zotero."),
        (("in", "--into", "refs.bib", "--zotero"), "Papers go to one place"),
        (("in", "--into", "refs.bib", "--every", "soon"), "--every: 'soon' is no interval; write hour, day, week"),
        (("in", "--into", "refs.bib", "--every", "day", "--once"), "--once runs once and --every goes on"),
        (("in", "--into", "gone/refs.bib"), "the folder .*gone does not exist; make it first"),
        (("in", "--into", "refs.bib", "--queue", "refkit.toml"), "refkit.toml is no folder"),
        (("ftp://ada:sesame@example.org/", "--into", "refs.bib"), "is no address of a feed"),
        (("in", "--into", "refs.bib", "--every", "day", "--reader", "docx"), "There is no reader named 'docx'"),
        (("in", "--into", "refs.bib", "--every", "day", "--encoding", "klingon"), "klingon"),
    ],
)
@pytest.mark.usefixtures("watched")
def test_what_is_wrong_is_said_before_anything_is_asked(
    refused: Callable[..., str], arguments: tuple[str, ...], said: str
) -> None:
    assert re.search(said, refused("watch", *arguments))
    assert not Path("refkit-queue").exists()


# ---- again and again ----


class Days:
    """Passes only where somebody sleeps, and ends after some days as Ctrl-C does."""

    def __init__(self, last: float, each_night: Callable[[], None]) -> None:
        self.now = 1_800_000_000.0
        self.last = self.now + last
        self.each_night = each_night
        self.clock = Clock(now=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        if self.now >= self.last:
            raise KeyboardInterrupt
        if not int(self.now) % 86_400:
            self.each_night()
        self.now += seconds


def test_every_day_goes_on_whatever_a_run_comes_to(
    server: FeedServer, watch: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = iter([atom([entry(WEB, 1)]), b"oh", atom([entry(WEB, 1), entry(VOX, 2)])])

    def night() -> None:
        server.put("/feed", next(feeds, b""))
        if len(server.requests) == 2:
            Path("refs.bib").write_text("@misc{", encoding="utf-8")
        if len(server.requests) == 3:
            Path("refs.bib").unlink()

    days = Days(5 * 86_400, night)
    monkeypatch.setattr("refkit.pace.Clock", lambda: days.clock)
    server.put("/feed", atom([]))
    told = watch(f"{server.url}/feed", "--every", "day", code=130)
    assert told.stderr.count("refkit: next run at ") == 6
    assert told.stderr.endswith("refkit: interrupted\n")
    assert "what came is no feed but other text" in told.stdout
    assert keys() >= {"huang2023voxposer"}


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal on Windows")
def test_ctrl_c_ends_the_wait_at_once(watched: Path) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    command = [sys.executable, "-m", "refkit", "watch", "in", "--into", "refs.bib", "--every", "1h"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stderr
        assert "next run at" in running.stderr.readline()
        begun = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 130
        assert time.monotonic() - begun < 5
        assert running.stderr.read() == "refkit: interrupted\n"
    assert keys() == {"gur2018learning"}


# ---- Zotero ----


def test_papers_go_to_zotero_once(web: ZoteroServer, watched: Path, cli: Run) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n{WHALES}\n{VOX}\n", encoding="utf-8")
    told = cli("watch", "in", "--zotero", code=1).stdout
    assert "the library of ada: 2 added, 0 updated, 0 there already\n" in told
    assert len([row for row in web.library.items.values() if row["itemType"] == "preprint"]) == 2
    assert queued() == [WHALES]
    web.clear()
    cli("watch", "in", "--zotero", code=1)
    assert web.requests == []


@pytest.mark.usefixtures("no_waiting")
def test_what_zotero_did_not_take_waits_for_the_next_run(web: ZoteroServer, watched: Path, cli: Run) -> None:
    (watched / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    web.faults = lambda _: "500"
    told = cli("watch", "in", "--zotero", code=3).stdout
    assert "not written: " in told
    assert f"not written yet, kept in the queue: 1\n  matched: {WEB}" in told
    web.faults = lambda _: ""
    cli("watch", "in", "--zotero")
    assert queued() == []
    assert len([row for row in web.library.items.values() if row["itemType"] == "preprint"]) == 1


# ---- any order ----

TITLES = [row["title"] for row in map(json.loads, CATALOGUE.read_text(encoding="utf-8").splitlines())][:14]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_any_runs_give_the_same_keys(
    data: st.DataObject, watched: Path, server: FeedServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert watched
    titles = data.draw(st.lists(st.sampled_from(TITLES), unique=True, min_size=1, max_size=8))
    order = data.draw(st.permutations(titles))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(titles)), max_size=3)) | {len(titles)})
    here = tmp_path_factory.mktemp("runs")

    def run(feed: str, shown: list[str], bib: Path) -> None:
        server.put(feed, atom([entry(title, TITLES.index(title)) for title in shown]))
        result = CliRunner().invoke(main, ["watch", server.url + feed, "--into", str(bib)])
        assert result.exit_code == 0, result.output

    (here / "once").mkdir()
    run("/once", titles, here / "once" / "refs.bib")
    start = 0
    for number, cut in enumerate(cuts):
        # A feed shows the newest; sometimes old entries are still there.
        shown = order[0 if number % 2 else start : cut]
        run("/often", list(shown), here / "refs.bib")
        start = cut
    assert keys(str(here / "refs.bib")) == keys(str(here / "once" / "refs.bib"))
    assert len(keys(str(here / "refs.bib"))) == len(titles)
