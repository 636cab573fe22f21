"""The server of `refkit review --web`: whom it answers, what is in the lock before it answers, and what it refuses."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from refkit.lock import decision
from refkit.locks import Locks, read_lock
from refkit.matching.evidence import weigh
from refkit.model import ArxivRecord, Author, Candidate, Mention, PartialDate, Resolution, Verdict
from refkit.review.web import POLICY

Serve = Callable[..., Any]
TWINS = ("2001.00002", "2001.00003")
RIVERS, SEA, ROBOTS = "Twin Rivers", "Songs of the Sea", "Reinforcement Learning for Robots"


def record(arxiv_id: str, title: str, **facts: Any) -> ArxivRecord:
    known = {"authors": (Author("Li", "Chen"),), "submitted": PartialDate(2020, 1, 1), "categories": ("cs.LG",)}
    return ArxivRecord(arxiv_id=arxiv_id, title=title, **{**known, **facts})


WHALES = record("2105.00005", "Songs of the Whales")


def resolution(title: str, *records: ArxivRecord, verdict: Verdict = Verdict.AMBIGUOUS, line: int = 1) -> Resolution:
    mention = Mention(title=title, digest="digest.txt", line=line)
    found = tuple(Candidate(record=each, evidence=weigh(mention, each), score=0.4, source="index") for each in records)
    return Resolution(mention=mention, verdict=verdict, reason="Because.", candidates=found, confidence=0.99)


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Resolution]:
    """An ambiguous title, one that is not found, and one that is matched, kept in the lock of the folder."""
    monkeypatch.chdir(tmp_path)
    found = [
        resolution(RIVERS, *(record(each, RIVERS) for each in TWINS)),
        resolution(SEA, verdict=Verdict.NOT_FOUND, line=2),
        resolution(ROBOTS, record("2401.00001", ROBOTS), verdict=Verdict.MATCHED, line=3),
    ]
    Locks(each.mention for each in found).keep(found)
    return found


def held() -> dict[str, str]:
    """Return what the lock decides, by title."""
    decisions = read_lock(Path("refkit.lock")).decisions.values()
    return {each.title: each.record.arxiv_id if each.record else each.decided for each in decisions}


# Whom it answers


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic {token}"},
        {"Host": "refkit.example.org:{port}"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["api/review", "api/undo"])
def test_nobody_else_is_answered(serve: Serve, cases: Sequence[Resolution], path: str, headers: dict[str, str]) -> None:
    server = serve(cases)
    filled = {name: text.format(port=server.port, token=server.keys.token) for name, text in headers.items()}
    body = {"seen": server.version} if path == "api/undo" else None
    answer = server.ask(path, body, **filled)
    assert answer.status_code == 403
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].endswith(".")
    assert server.ask(path, body).status_code != 403  # it was that header


def test_a_page_of_a_stranger_is_not_answered_even_without_an_api(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    assert requests.get(server.address, headers={"Host": "evil.example.org"}, timeout=9).status_code == 403
    assert requests.get(server.address, timeout=9).status_code == 200
    assert requests.get(server.address, headers={"Host": f"localhost:{server.port}"}, timeout=9).status_code == 200


def test_a_question_without_an_origin_changes_nothing(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    choice = {"place": 1, "what": "none", "seen": server.version}
    assert server.ask("api/choose", choice, Origin="").status_code == 403
    assert held()[SEA] == "not found"


def test_it_listens_on_loopback_only(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    assert server.door.getsockname()[0] == "127.0.0.1"
    assert server.door.family == socket.AF_INET
    with socket.socket() as other:  # another address of this machine: it is not bound to all of them
        assert other.connect_ex(("127.0.0.2", server.port)) == errno.ECONNREFUSED
    with socket.socket() as own:
        assert own.connect_ex(("127.0.0.1", server.port)) == 0


@pytest.mark.parametrize("path", ["", "app.js", "style.css", "icon.svg", "api/review", "api/title/99", "nowhere"])
def test_every_answer_has_the_headers_that_protect_it(serve: Serve, cases: Sequence[Resolution], path: str) -> None:
    answer = serve(cases).ask(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert "Set-Cookie" not in answer.headers


def test_a_preflight_of_a_stranger_is_refused_without_cors_headers(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    answer = requests.options(
        f"{server.address}api/choose",
        headers={"Origin": "http://example.org", "Access-Control-Request-Method": "POST"},
        timeout=9,
    )
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_ticket_opens_once_and_the_token_always(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    ticket = server.keys.ticket()
    assert ticket != server.keys.token
    assert server.ask("api/review", Authorization=f"Bearer {ticket}").status_code == 403
    opened = server.ask("api/enter", {"ticket": ticket}, Authorization="")
    assert opened.json() == {"token": server.keys.token}
    assert server.ask("api/enter", {"ticket": ticket}, Authorization="").status_code == 403
    assert server.ask("api/enter", {"ticket": ""}, Authorization="").status_code == 403
    for _ in range(2):
        assert server.ask("api/enter", {"ticket": server.keys.token}, Authorization="").status_code == 200


def test_what_is_no_question_is_refused(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    assert server.ask("api/choose", {"place": "x"}).status_code == 400
    assert server.ask("api/choose", {"place": 99, "what": "none", "seen": server.version}).status_code == 400
    assert server.ask("api/title/99").json()["error"] == "There is no such title; load the page again."
    assert server.ask("api/search", {"place": 0, "text": "x" * 70_000}).status_code == 413
    headers = {"Authorization": f"Bearer {server.keys.token}", "Origin": f"http://{server.host}"}
    answer = requests.post(f"{server.address}api/undo", data='{"seen": ""}', headers=headers, timeout=9)
    assert answer.status_code == 415  # what a form of a stranger could send
    assert server.ask("api/undo").status_code == 405
    assert held() == {RIVERS: "ambiguous", SEA: "not found", ROBOTS: "2401.00001"}


def test_what_is_looked_for_is_given_up_when_it_ends_and_what_is_written_is_not(
    serve: Serve, cases: Sequence[Resolution]
) -> None:
    server = serve(cases)
    begun, go_on = Event(), Event()

    def slow(*_: object) -> tuple[tuple[Candidate, ...], str]:
        begun.set()
        go_on.wait(60)
        return (), ""

    def end() -> None:
        begun.wait(60)
        server.ending.set()

    server.session._desk = replace(server.session._desk, search=slow)
    thread = Thread(target=end)
    thread.start()
    try:
        answer = server.ask("api/search", {"place": 1, "text": "whales"})
    finally:
        go_on.set()
        thread.join()
    assert (answer.status_code, answer.json()) == (503, {"error": "refkit was ended meanwhile."})
    server.told("api/choose", {"place": 1, "what": "none", "seen": server.version})
    assert held()[SEA] == "none"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_is_told_in_a_sentence_and_its_traceback_goes_to_the_terminal(
    serve: Serve, cases: Sequence[Resolution]
) -> None:
    def broken(*_: object) -> tuple[tuple[Candidate, ...], str]:
        raise KeyError("a fault")

    server = serve(cases)
    server.session._desk = replace(server.session._desk, search=broken)
    answer = server.ask("api/search", {"place": 1, "text": "whales"})
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("refkit failed, and its terminal says why;")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert server.ask("api/review").status_code == 200


# What is decided


def test_a_choice_is_in_the_lock_before_the_answer_and_is_undone(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    server.told("api/title/0")
    done = server.told("api/choose", {"place": 0, "what": "accept", "id": TWINS[1], "seen": server.version})
    assert held()[RIVERS] == TWINS[1]
    assert done["changed"] == [[0, "a", TWINS[1]]]
    assert done["told"] == f"accepted arXiv:{TWINS[1]}: {RIVERS}"
    done = server.told("api/choose", {"place": 1, "what": "none", "seen": done["version"]})
    assert held()[SEA] == "none"
    assert server.session.summary() == "2 titles asked: 1 accepted, 1 not on arXiv; kept in refkit.lock"
    done = server.told("api/undo", {"seen": done["version"]})
    assert held()[SEA] == "not found"
    assert done["changed"] == [[1, "x", ""]]
    assert server.session.summary() == "2 titles asked: 1 accepted; 1 still open; kept in refkit.lock"
    done = server.told("api/undo", {"seen": done["version"]})
    assert held()[RIVERS] == "ambiguous"
    assert server.ask("api/undo", {"seen": done["version"]}).json() == {"error": "There is nothing to undo."}
    assert server.session.summary() == "2 titles asked: none decided; 2 still open"


def test_only_a_paper_that_was_shown_can_be_accepted(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases, [WHALES])
    choice = {"place": 1, "what": "accept", "id": WHALES.arxiv_id, "seen": server.version}
    assert "was not shown for this title" in server.ask("api/choose", choice).json()["error"]
    (found,) = server.told("api/search", {"place": 1, "text": "whales"})["candidates"]
    assert (found["id"], found["likely"]) == (WHALES.arxiv_id, None)
    assert found["title"][-2:] == [["ours", ["Sea"]], ["theirs", ["Whales"]]]
    server.told("api/choose", choice)
    assert held()[SEA] == WHALES.arxiv_id
    assert server.told("api/title/1")["candidates"][0]["id"] == WHALES.arxiv_id


def test_a_paper_is_found_by_its_id_and_an_unknown_one_is_told(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases, [WHALES])
    found = server.told("api/search", {"place": 1, "text": "https://arxiv.org/abs/2105.00005v2"})
    assert [each["id"] for each in found["candidates"]] == [WHALES.arxiv_id]
    found = server.told("api/search", {"place": 1, "text": "2105.00006"})
    assert (found["candidates"], found["remark"]) == ([], "No source knows arXiv:2105.00006; is it mistyped?")
    assert server.ask("api/search", {"place": 1, "text": " "}).status_code == 400


def test_who_wrote_a_paper_is_looked_up_before_it_is_kept(serve: Serve, cases: Sequence[Resolution]) -> None:
    bare = ArxivRecord(arxiv_id="2105.00005", title=WHALES.title, former_titles=("Songs",))
    server = serve([*cases, resolution("Songs of Whales", bare, line=4)], [WHALES])
    server.told("api/title/3")
    server.told("api/choose", {"place": 3, "what": "accept", "id": WHALES.arxiv_id, "seen": server.version})
    (kept,) = read_lock(Path("refkit.lock")).of_title("Songs of Whales")
    assert kept.record
    assert (kept.record.authors, kept.record.former_titles) == (WHALES.authors, ("Songs",))


@pytest.mark.parametrize("path", ["api/choose", "api/undo", "api/themes"])
def test_a_lock_that_another_program_changed_is_never_overwritten(
    serve: Serve, cases: Sequence[Resolution], path: str
) -> None:
    server = serve(cases)
    seen = server.version
    seen = server.told("api/choose", {"place": 1, "what": "none", "seen": seen})["version"]
    other = Mention(title=RIVERS, digest="digest.txt")
    Locks([other]).put(other, decision(other, "none"))
    before = Path("refkit.lock").read_bytes()
    questions: dict[str, dict[str, Any]] = {
        "api/choose": {"place": 0, "what": "none", "seen": seen},
        "api/undo": {"seen": seen},
        "api/themes": {"place": 2, "themes": ["safety"], "seen": seen},
    }
    answer = server.ask(path, questions[path])
    assert answer.status_code == 409
    assert answer.json() == {"error": "refkit.lock was changed by another program or window."}
    assert Path("refkit.lock").read_bytes() == before
    # Once it is loaded again, the page shows what the other one did, and may go on from there.
    fresh = server.told("api/review")
    assert fresh["states"] == "nnm"
    assert server.ask(path, questions[path] | {"seen": fresh["version"]}).status_code == 200


def test_knowing_the_newest_lock_is_not_enough_the_titles_must_have_been_loaded(
    serve: Serve, cases: Sequence[Resolution]
) -> None:
    server = serve(cases)
    other = Mention(title=RIVERS, digest="digest.txt")
    Locks([other]).put(other, decision(other, "none"))
    choice = {"place": 0, "what": "accept", "id": TWINS[0], "seen": server.version}
    server.told("api/title/0")
    assert server.ask("api/choose", choice).status_code == 409
    assert held()[RIVERS] == "none"


def test_what_another_one_decided_otherwise_is_not_undone(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    server.told("api/choose", {"place": 1, "what": "none", "seen": server.version})
    other = Mention(title=SEA, digest="digest.txt")
    Locks([other]).put(other, decision(other, "accepted", Candidate(
        record=WHALES, evidence=weigh(other, WHALES), score=0.0, source="index")))  # fmt: skip
    fresh = server.told("api/review")
    answer = server.ask("api/undo", {"seen": fresh["version"]})
    assert answer.status_code == 409
    assert "decided otherwise since" in answer.json()["error"]
    assert held()[SEA] == WHALES.arxiv_id


def test_a_lock_that_cannot_be_read_is_a_sentence(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    Path("refkit.lock").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    answer = server.ask("api/review")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("refkit.lock:1: a merge was not settled here")


def test_two_threads_of_choices_lose_none(serve: Serve, cases: Sequence[Resolution]) -> None:
    """Two windows that choose at the same time: one of two choices on the same state is refused, none is lost."""
    from concurrent.futures import ThreadPoolExecutor

    server = serve(cases)
    seen = server.version
    questions = [{"place": place, "what": "none", "seen": seen} for place in (0, 1)]
    with ThreadPoolExecutor() as pool:
        codes = sorted(each.status_code for each in pool.map(lambda each: server.ask("api/choose", each), questions))
    assert codes == [200, 409]
    assert sorted(held().values()).count("none") == 1


# Themes


def test_themes_are_changed_for_a_paper_and_obeyed(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    shown = server.told("api/title/2")["themes"]
    assert [name for name, _ in shown] == ["reinforcement-learning", "robotics"]
    wanted = ["robotics", "my-reading"]
    done = server.told("api/themes", {"place": 2, "themes": wanted, "seen": server.version})
    assert [each.theme for each in server.session.works()[0].themes] == ["my-reading", "robotics"]
    assert server.told("api/title/2")["themes"] == [["my-reading", []], ["robotics", ["Robots"]]]
    row = next(json.loads(each) for each in Path("refkit.lock").read_text("utf-8").splitlines() if "my-r" in each)
    assert row["themes"] == {"added": ["my-reading"], "removed": ["reinforcement-learning"]}
    assert row["decided"] == "matched"
    server.told("api/undo", {"seen": done["version"]})
    assert server.told("api/title/2")["themes"] == shown
    assert "my-reading" not in Path("refkit.lock").read_text(encoding="utf-8")


def test_themes_are_changed_on_all_titles_that_mean_the_paper(serve: Serve, cases: Sequence[Resolution]) -> None:
    again = resolution(f"{ROBOTS}: A Study", record("2401.00001", ROBOTS), verdict=Verdict.MATCHED, line=4)
    Locks([again.mention]).keep([again])
    server = serve([*cases, again])
    done = server.told("api/themes", {"place": 2, "themes": ["safety"], "seen": server.version})
    assert [place for place, *_ in done["changed"]] == [2, 3]
    done = server.told("api/themes", {"place": 3, "themes": ["robotics"], "seen": done["version"]})
    (work,) = server.session.works()
    assert [tag.theme for tag in work.themes] == ["robotics"]
    for place in (2, 3):
        assert [name for name, _ in server.told(f"api/title/{place}")["themes"]] == ["robotics"]
    server.told("api/undo", {"seen": done["version"]})
    assert [tag.theme for tag in server.session.works()[0].themes] == ["safety"]


def test_themes_that_cannot_be_kept_are_refused(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    for theme in ("a, b", "Ü", "", "-"):
        answer = server.ask("api/themes", {"place": 2, "themes": [theme], "seen": server.version})
        assert answer.status_code == 400, theme
        assert answer.json()["error"].startswith("These themes cannot be kept: ")
    answer = server.ask("api/themes", {"place": 1, "themes": ["safety"], "seen": server.version})
    assert answer.json()["error"] == "Themes belong to a paper; decide first which one this title means."


# Plans


def test_a_plan_for_bibtex_is_shown_first_and_done_once(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    Path("refs.bib").write_text("% mine\n", encoding="utf-8")
    plan = server.told("api/plan/bibtex", {"file": "refs.bib"})
    assert Path("refs.bib").read_text(encoding="utf-8") == "% mine\n"
    ((op, _, title, _, _),) = plan["changes"]
    assert (op, title, plan["counts"]) == ("add", ROBOTS, "1 to be added, 0 to be updated, 0 as they are")
    done = server.told("api/apply", {"plan": plan["plan"]})
    assert done["told"] == "refs.bib: 1 added, 0 updated, 0 as they are"
    text = Path("refs.bib").read_text(encoding="utf-8")
    assert text.startswith("% mine\n")
    assert "2401.00001" in text
    assert "done already" in server.ask("api/apply", {"plan": plan["plan"]}).json()["error"]
    again = server.told("api/plan/bibtex", {"file": "refs.bib"})
    assert again["changes"] == []


def test_a_bib_that_was_changed_since_the_plan_is_not_overwritten(serve: Serve, cases: Sequence[Resolution]) -> None:
    server = serve(cases)
    plan = server.told("api/plan/bibtex", {"file": "refs.bib"})
    Path("refs.bib").write_text("% written meanwhile\n", encoding="utf-8")
    answer = server.ask("api/apply", {"plan": plan["plan"]})
    assert answer.status_code == 409
    assert "was changed by another program meanwhile" in answer.json()["error"]
    assert Path("refs.bib").read_text(encoding="utf-8") == "% written meanwhile\n"


@pytest.mark.parametrize(
    "name", ["", "notes.txt", "digest.bib", "no/refs.bib", "a\0.bib", f"{'x' * 300}.bib", "~nobody-9/a.bib", ".."]
)
def test_a_file_that_is_not_meant_is_refused(serve: Serve, cases: Sequence[Resolution], name: str) -> None:
    Path("digest.bib").write_text("@misc{a, title = {B}}\n", encoding="utf-8")
    server = serve(cases, refuse=(Path("digest.bib"),))
    answer = server.ask("api/plan/bibtex", {"file": name})
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_a_zotero_that_does_not_answer_is_a_sentence(serve: Serve, cases: Sequence[Resolution]) -> None:
    answer = serve(cases).ask("api/plan/zotero", {})
    assert answer.status_code == 503
    assert answer.json() == {"error": "Zotero does not answer; start it, and plan again."}
