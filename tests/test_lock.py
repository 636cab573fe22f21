"""`refkit.lock`: what is kept, what is obeyed, and that it lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import refkit
from refkit.lock import Decision, Lock, apply, decision, key_of, learn, lock_text, parse_lock
from refkit.locks import FILE, Locks, read_lock
from refkit.model import (
    Answer,
    ArxivRecord,
    Author,
    Candidate,
    Evidence,
    Mention,
    PartialDate,
    Resolution,
    Verdict,
)

PATH = Path(FILE)
ABSTRACT = "We study how whales sing in the deep ocean, and why they do so."
RECORD = ArxivRecord(
    arxiv_id="2401.00001",
    title="Deep Songs of the Whales: $\\alpha$ and “β”",
    authors=(Author(family="van der Maaten", given="L.", suffix="Jr."), Author(literal="The Whale Collaboration")),
    abstract=ABSTRACT,
    categories=("cs.LG", "cs.AI"),
    submitted=PartialDate(2024, 1, 1),
    updated=PartialDate(2024, 2),
    comments="12 pages, \u2028 in one line",
    journal_ref="J. Whales 3",
    doi="10.1000/whales",
    former_titles=("Songs",),
    version=3,
    fingerprint=b"\x00\xff\x10",
)
WHALES = Mention(title="Deep Songs of Whales", digest="d.txt", line=3)


def candidate(record: ArxivRecord = RECORD) -> Candidate:
    return Candidate(record=record, evidence=Evidence(), score=0.4, source="index", reason="the title is another")


def resolution(mention: Mention, verdict: Verdict, record: ArxivRecord = RECORD) -> Resolution:
    return Resolution(
        mention=mention, verdict=verdict, reason="Because.", candidates=(candidate(record),), confidence=0.98765432
    )


def lock_of(*decisions: Decision) -> Lock:
    return Lock(PATH).including(decisions)


ACCEPTED = decision(WHALES, "accepted", candidate())
NONE = decision(WHALES, "none")


class Silent:
    """A source that must not be asked."""

    name = "silent"
    network = False

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        raise AssertionError(f"asked for {limit} of {mentions}")

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        raise AssertionError(f"asked for {ids}")


class Knowing:
    """A source that knows the whales, and tells what it was asked."""

    name = "knowing"
    network = False

    def __init__(self) -> None:
        self.asked: list[str] = []

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        assert limit
        self.asked += [mention.title for mention in mentions]
        return [Answer((RECORD,))] * len(mentions)

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        return {RECORD.arxiv_id: RECORD} if RECORD.arxiv_id in ids else {}


# The file


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
DATES = st.builds(PartialDate, st.integers(1991, 2030), st.none() | st.integers(1, 12))
RECORDS = st.builds(
    ArxivRecord,
    arxiv_id=st.sampled_from(["2401.00001", "math/0309136"]),
    title=TEXT,
    authors=st.lists(st.builds(Author, family=TEXT, given=TEXT), max_size=2).map(tuple),
    abstract=TEXT,
    submitted=st.none() | DATES,
    former_titles=st.lists(TEXT.filter(bool), max_size=2).map(tuple),
    version=st.integers(0, 9),
    fingerprint=st.binary(max_size=8),
)
DECISIONS = st.builds(
    Decision,
    title=TEXT,
    decided=st.sampled_from(["matched", "accepted"]),
    confidence=st.sampled_from([0.0, 0.9876, 1.0]),
    reason=TEXT,
    says=st.sampled_from(["", "37b6c853972a1080"]),
    record=RECORDS,
) | st.builds(Decision, title=TEXT, decided=st.sampled_from(["none", "ambiguous", "not found"]), by=TEXT)


@given(st.lists(DECISIONS, max_size=8))
def test_what_is_written_is_read_as_the_same(decisions: list[Decision]) -> None:
    lock = lock_of(*decisions)
    read = parse_lock(lock_text(lock), PATH)
    assert read.decisions == lock.decisions
    assert lock_text(read) == lock_text(lock)
    assert parse_lock(lock_text(lock).replace("\n", "\r\n"), PATH) == read


@given(st.lists(DECISIONS, max_size=6, unique_by=lambda each: each.key), st.randoms())
def test_the_order_of_decisions_does_not_change_the_file(decisions: list[Decision], random: object) -> None:
    text = lock_text(lock_of(*decisions))
    random.shuffle(decisions)  # type: ignore[attr-defined]
    assert lock_text(lock_of(*decisions)) == text


def test_a_record_keeps_every_fact_and_a_line_is_one_decision() -> None:
    text = lock_text(lock_of(ACCEPTED, decision(Mention(title="Another"), "none")))
    head, first, second, end = text.split("\n")
    assert (head, end) == ('{"refkit_lock": 1}', "")
    assert first.startswith('{"title":"Another","decided":"none","by":"refkit ')
    assert second.startswith('{"title":"Deep Songs of Whales","decided":"accepted",')
    assert '"family":"van der Maaten","given":"L.","suffix":"Jr."' in second
    assert ":null" not in text
    assert '""' not in text
    (read,) = (each for each in parse_lock(text, PATH).decisions.values() if each.record)
    assert read.record == RECORD


HEAD = '{"refkit_lock": 1}\n'
LINE = '{"title":"A fine title","decided":"none"}\n'
FOUND = '{"title":"A fine title","decided":"accepted","record":{"arxiv_id":"2401.00001","title":"A Fine Title"}}\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}\n", 'refkit.lock:1: it does not begin with {"refkit_lock": 1}, so it is none of refkit\'s; take the file'),
        (LINE, "refkit.lock:1: it does not begin with"),
        ("\n\nA title\n", "refkit.lock:3: it does not begin with"),
        ('{"refkit_lock": 3}\n', "refkit.lock:1: a newer refkit wrote this (format 3); update refkit."),
        (HEAD + LINE + "{\n", "refkit.lock:3: this line cannot be used: it is not JSON; remove it to be asked again."),
        (HEAD + '{"title":"x"}\n', "refkit.lock:2: this line cannot be used: object missing required field `decided`"),
        (HEAD + '{"title":"x","decided":"no"}\n', "refkit.lock:2: this line cannot be used: invalid enum value 'no'"),
        (HEAD + LINE.replace("title", "titel", 1), "refkit.lock:2: this line cannot be used: object contains unknown"),
        (HEAD + LINE.replace("none", "accepted"), "what is decided as 'accepted' needs the `record` that is meant"),
        (HEAD + FOUND.replace("accepted", "none"), "what is decided as 'none' has no `record`"),
        (
            HEAD + FOUND.replace("2401.00001", "Mamba"),
            "refkit.lock:2: this line cannot be used: 'Mamba' is no arXiv id",
        ),
        (
            HEAD + "<<<<<<< HEAD\n" + LINE,
            "refkit.lock:2: a merge was not settled here; keep the right ones of the lines",
        ),
        (HEAD + LINE + "=======\n", "refkit.lock:3: a merge was not settled here"),
        (HEAD + LINE + FOUND, "refkit.lock:3: line 2 decides the same title otherwise; remove one of the two lines."),
    ],
)
def test_a_file_that_cannot_be_obeyed_is_a_sentence_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(refkit.ConfigError) as caught:
        parse_lock(text, PATH)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("refkit.lock:")
    assert str(caught.value).endswith(".")


def test_of_two_lines_on_one_title_that_of_a_person_counts() -> None:
    matched = FOUND.replace("accepted", "matched").replace("2401.00001", "2401.00002")
    for text in (HEAD + matched + LINE, HEAD + LINE + matched, HEAD + LINE + LINE):
        (only,) = parse_lock(text, PATH).decisions.values()
        assert only.decided == "none"


def test_files_that_cannot_be_read_are_a_sentence(tmp_path: Path) -> None:
    assert read_lock(tmp_path / FILE) == Lock(tmp_path / FILE)
    (tmp_path / FILE).write_bytes(HEAD.encode() + "{Müller}".encode("latin-1"))
    with pytest.raises(refkit.ConfigError, match=r"refkit\.lock:2: not UTF-8 text"):
        read_lock(tmp_path / FILE)
    (tmp_path / "folder" / FILE).mkdir(parents=True)
    with pytest.raises(refkit.ConfigError, match=r"refkit\.lock cannot be read"):
        read_lock(tmp_path / "folder" / FILE)
    (tmp_path / FILE).write_bytes(b"")
    assert read_lock(tmp_path / FILE) == Lock(tmp_path / FILE, exists=True)


# What tells mentions apart


@pytest.mark.parametrize(
    "same",
    [
        replace(WHALES, line=99, digest="elsewhere/e.jsonl", raw="…", heading="Biology", url="https://example.org"),
        replace(WHALES, title="  deep   songs of WHALES "),
        replace(WHALES, title="Deep Songs of Whales."),
        replace(WHALES, issued=PartialDate(2024, 3)),
    ],
)
def test_a_mention_that_moved_or_is_spaced_otherwise_is_the_same(same: Mention) -> None:
    assert key_of(same) == key_of(WHALES)


@pytest.mark.parametrize(
    "other",
    [
        replace(WHALES, title="Deep Songs of Whales 2"),
        replace(WHALES, title="Deep Songs of Whales …"),
        replace(WHALES, arxiv_id="2401.00001"),
        replace(WHALES, doi="10.1000/whales"),
        replace(WHALES, authors=("A. Li",)),
        replace(WHALES, abstract=ABSTRACT),
        replace(WHALES, abstract="A. Li"),
    ],
)
def test_a_mention_that_says_something_else_is_another(other: Mention) -> None:
    assert key_of(other) != key_of(WHALES)
    assert Lock(PATH).including([ACCEPTED]).find(other) is None


def test_the_spacing_of_abstracts_and_the_form_of_links_do_not_count() -> None:
    one = replace(WHALES, abstract=ABSTRACT, arxiv_id="2401.00001", authors=("A. Li",))
    other = replace(
        WHALES, abstract=ABSTRACT.replace(" ", "\n ").upper(), arxiv_id="arXiv:2401.00001v3", authors=("A Li",)
    )
    assert key_of(one) == key_of(other)
    assert decision(one, "none").key == key_of(other)


@given(TEXT)
def test_a_line_has_the_key_of_its_mention(title: str) -> None:
    mention = Mention(title=title, abstract="x")
    assert decision(mention, "none").key == key_of(mention)


def test_text_that_no_file_can_hold_is_kept_all_the_same() -> None:
    mention = Mention(title="Caf\udce9 songs", authors=("M\udcfcller",))
    lock = lock_of(decision(mention, "none"))
    assert parse_lock(lock_text(lock), PATH).find(mention) is not None


# Obeying and learning


def test_what_is_decided_is_known_and_the_rest_stays_open() -> None:
    lock = lock_of(ACCEPTED, decision(Mention(title="No paper"), "none"))
    mentions = [Mention(title="New"), WHALES, Mention(title="No paper")]
    known, still = apply(lock, mentions)
    assert still == [0]
    assert known[1].record == RECORD
    assert (known[1].mention, known[1].confidence, known[1].decided) == (WHALES, 1.0, "accepted")
    assert (known[2].verdict, known[2].record, known[2].decided) == (Verdict.NOT_FOUND, None, "none")


def test_what_was_open_is_asked_again_unless_the_lock_is_final() -> None:
    lock = learn(Lock(PATH), [resolution(WHALES, Verdict.AMBIGUOUS)])
    assert apply(lock, [WHALES]) == ({}, [0])
    known, still = apply(lock, [WHALES], final=True)
    assert still == []
    assert known[0].verdict is Verdict.AMBIGUOUS
    assert "`refkit review` settles it" in known[0].reason


def test_refreshing_asks_again_what_was_matched_but_not_what_a_person_decided() -> None:
    assert apply(lock_of(ACCEPTED), [WHALES], refresh=True)[1] == []
    assert apply(learn(Lock(PATH), [resolution(WHALES, Verdict.MATCHED)]), [WHALES], refresh=True)[1] == [0]


def test_a_match_is_learnt_with_all_it_needs() -> None:
    lock = learn(Lock(PATH), [resolution(WHALES, Verdict.MATCHED)])
    (line,) = lock.decisions.values()
    assert (line.decided, line.confidence, line.record, line.source) == ("matched", 0.9877, RECORD, "index")
    assert line.resolution(WHALES).reason == "Because. (Kept in refkit.lock.)"


def test_a_failure_teaches_nothing_and_what_a_person_decided_stays() -> None:
    assert learn(Lock(PATH), [resolution(WHALES, Verdict.FAILED)]).decisions == {}
    for held in (ACCEPTED, NONE):
        lock = lock_of(held)
        for verdict in Verdict:
            assert learn(lock, [resolution(WHALES, verdict, replace(RECORD, arxiv_id="2401.00002"))]) == lock


def test_what_is_learnt_again_leaves_the_line_as_it_was() -> None:
    lock = learn(Lock(PATH), [resolution(WHALES, Verdict.MATCHED)])
    older = replace(lock, decisions={key: replace(each, by="refkit 0.0.1") for key, each in lock.decisions.items()})
    again = replace(resolution(WHALES, Verdict.MATCHED), reason="Otherwise told.", confidence=0.5)
    assert learn(older, [again]) == older
    newer = resolution(WHALES, Verdict.MATCHED, replace(RECORD, version=4))
    assert learn(older, [newer]) != older


def test_of_mentions_that_say_the_same_the_least_sure_verdict_is_kept() -> None:
    found = [resolution(WHALES, Verdict.MATCHED), resolution(replace(WHALES, line=9), Verdict.AMBIGUOUS)]
    for order in (found, found[::-1]):
        (line,) = learn(Lock(PATH), order).decisions.values()
        assert line.decided == "ambiguous"


# The files beside digests


def folders(tmp_path: Path) -> tuple[Mention, Mention]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (replace(WHALES, digest=str(tmp_path / name / "d.txt")) for name in ("one", "two"))
    return one, two


def test_a_lock_is_kept_in_the_folder_of_its_digest(tmp_path: Path) -> None:
    one, two = folders(tmp_path)
    locks = Locks([one, two])
    assert not locks.exist
    assert locks.keep([resolution(one, Verdict.MATCHED)], create=False) == ()
    assert not locks.exist
    assert locks.keep([resolution(one, Verdict.MATCHED), resolution(two, Verdict.FAILED)]) == (tmp_path / "one" / FILE,)
    assert [path.exists() for path in locks.paths] == [True, False]
    assert locks.find(one) is not None
    assert locks.find(two) is None


def test_without_a_digest_the_current_folder_has_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("", "standard input", "d.txt", "no/such/folder/d.txt", "a\0b"):
        assert Locks([replace(WHALES, digest=name)]).paths == (Path(FILE),)
    assert Locks([WHALES, replace(WHALES, digest=str(tmp_path / "e.txt"))]).paths == (Path(FILE),)


def test_what_is_known_already_is_not_written_again(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    found = [resolution(one, Verdict.MATCHED)]
    Locks([one]).keep(found)
    path = tmp_path / "one" / FILE
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\r\n"), encoding="utf-8", newline="")
    before = path.read_bytes()
    assert Locks([one]).keep(found) == ()
    assert path.read_bytes() == before


def test_what_others_wrote_meanwhile_stays(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    other = replace(one, title="Another")
    mine, theirs = Locks([one]), Locks([one])
    theirs.put(other, decision(other, "none"))
    mine.keep([resolution(one, Verdict.MATCHED)])
    assert {each.title for each in read_lock(tmp_path / "one" / FILE).decisions.values()} == {one.title, "Another"}
    theirs.put(one, decision(one, "none"))
    assert {each.decided for each in read_lock(tmp_path / "one" / FILE).decisions.values()} == {"none"}
    assert mine.keep([resolution(one, Verdict.MATCHED)]) == ()


def test_what_was_changed_since_it_was_seen_is_not_written_over(tmp_path: Path) -> None:
    one, two = folders(tmp_path)
    mine, theirs = Locks([one, two]), Locks([two])
    seen = mine.known_version
    assert seen == mine.version()
    theirs.put(two, decision(two, "none"))
    assert (mine.known_version, mine.version() == seen) == (seen, False)
    with pytest.raises(refkit.WriteConflict, match=r"refkit\.lock was changed by another program or window"):
        mine.put_all([(one, decision(one, "none"))], seen=seen)
    assert not (tmp_path / "one" / FILE).exists()
    mine.put_all([(one, decision(one, "none")), (two, None)], seen=mine.version())
    assert (Locks([one]).find(one) is not None, Locks([two]).find(two)) == (True, None)
    assert mine.known_version == mine.version()


def test_a_decision_is_taken_back_and_pruning_removes_only_what_no_digest_says(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    other = replace(one, title="Another")
    locks = Locks([one, other])
    for mention in (one, other):
        locks.put(mention, decision(mention, "none"))
    locks.put(one, None)
    assert Locks([one]).find(one) is None
    locks.put(one, decision(one, "none"))
    assert [each.title for each in locks.prune([one])] == ["Another"]
    assert locks.find(one) is not None
    assert Locks([other]).find(other) is None


# Resolving


def test_what_the_lock_knows_is_not_asked_and_keeps_its_evidence(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    locks = Locks([one])
    locks.put(one, decision(one, "accepted", candidate()))
    (found,) = refkit.resolve([one], sources=[Silent()], locks=locks)
    assert found.record == RECORD
    assert found.candidates[0].evidence.title.score
    assert refkit.resolve([one], sources=[], locks=locks) == [found]
    assert refkit.resolve([one], locked=True) == [found]


def test_a_changed_digest_only_asks_for_what_is_new(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    locks = Locks([one])
    locks.put(one, decision(one, "none"))
    new = replace(one, title="Deep Songs of the Whales: α and β", line=1)
    source = Knowing()
    found = refkit.resolve([new, replace(one, line=7), new], sources=[source], locks=locks)
    assert [each.decided for each in found] == ["", "none", ""]
    assert [each.mention.line for each in found] == [1, 7, 1]
    assert source.asked == [new.title]


def test_a_locked_run_refuses_what_it_does_not_hold(tmp_path: Path) -> None:
    one, two = folders(tmp_path)
    with pytest.raises(refkit.UsageError) as caught:
        refkit.resolve([one], locked=True)
    assert "is not there, so it does not hold 1 title: “Deep Songs of Whales”" in str(caught.value)
    assert "with --lock in the place of --locked" in str(caught.value)
    Locks([one]).put(one, decision(one, "none"))
    many = [replace(two, title=f"Title number {number}") for number in range(7)]
    with pytest.raises(refkit.UsageError, match=r"does not hold 7 titles: .*4” .* and 2 more\. Run the command once w"):
        refkit.resolve([one, *many], locked=True)


def test_an_interrupt_brings_what_the_lock_knows_along(tmp_path: Path) -> None:
    class Stopped(Silent):
        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
            raise KeyboardInterrupt(limit, mentions)

    one, _ = folders(tmp_path)
    locks = Locks([one])
    locks.put(one, decision(one, "accepted", candidate()))
    with pytest.raises(refkit.Interrupted) as caught:
        refkit.resolve([replace(one, title="New"), one], sources=[Stopped()], locks=locks)
    assert [each.verdict for each in caught.value.resolutions] == [Verdict.FAILED, Verdict.MATCHED]


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_the_bibliography_is_the_same_bytes_with_and_without_sources(root: Path, tmp_path: Path, dialect: str) -> None:
    digest = tmp_path / "digest.txt"
    digest.write_bytes((root / "seeds/trending-papers.txt").read_bytes())
    mentions = refkit.read(digest)
    first = refkit.resolve(mentions)
    Locks(mentions).keep(first)
    second = refkit.resolve(mentions, locked=True)
    assert refkit.to_bibtex(refkit.tag(second), dialect=dialect) == refkit.to_bibtex(refkit.tag(first), dialect=dialect)
    assert refkit.tag(second) == refkit.tag(first)
