"""Themes changed by hand: what they come to, that the lock keeps them, and that every later run obeys them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import refkit
from refkit.lock import Decision, Lock, decision, learn, lock_text, parse_lock
from refkit.locks import Locks
from refkit.model import Answer, ArxivRecord, Candidate, Evidence, Mention, Resolution, ThemeEdit, ThemeTag, Verdict
from refkit.protocols import Source
from refkit.theme_edits import edit_for, edited, together

PATH = Path("refkit.lock")
RECORD = ArxivRecord(arxiv_id="2401.00001", title="Reinforcement Learning for Robots")
OTHER = replace(RECORD, arxiv_id="2401.00002")
EDIT = ThemeEdit(added=("my-reading",), removed=("robotics",))
ROBOTS = Mention(title=RECORD.title, digest="")
names = st.sampled_from(["a", "b-c", "d", "e2"])
sets = st.frozensets(names)
tags = sets.map(lambda chosen: tuple(ThemeTag(name, ("words",)) for name in sorted(chosen)))


def candidate(record: ArxivRecord = RECORD) -> Candidate:
    return Candidate(record=record, evidence=Evidence(), score=0.9, source="index")


def accepted(record: ArxivRecord = RECORD, edit: ThemeEdit = EDIT) -> Decision:
    return replace(decision(ROBOTS, "accepted", candidate(record)), themes=edit)


def matched(record: ArxivRecord = RECORD) -> Resolution:
    return Resolution(
        mention=ROBOTS, verdict=Verdict.MATCHED, reason="The title is the same.", candidates=(candidate(record),)
    )


@given(tags, sets)
def test_the_change_for_what_is_wanted_gives_what_is_wanted(own: tuple[ThemeTag, ...], wanted: frozenset[str]) -> None:
    found = edited(own, edit_for(own, wanted))
    assert [tag.theme for tag in found] == sorted(wanted)
    assert all(tag.evidence == (("words",) if tag in own else ()) for tag in found)


@given(st.lists(st.tuples(sets, sets).map(lambda pair: ThemeEdit(tuple(sorted(pair[0] - pair[1])),
                                                                tuple(sorted(pair[1]))))))  # fmt: skip
def test_what_one_of_several_removes_never_comes_back(edits: list[ThemeEdit]) -> None:
    whole = together(edits)
    assert together(reversed(edits)) == whole
    assert set(whole.removed) == {name for edit in edits for name in edit.removed}
    assert {name for edit in edits for name in edit.added} == set(whole.added) | (
        {name for edit in edits for name in edit.added} & set(whole.removed)
    )


@pytest.mark.parametrize("added", ["", "A", "a,b", "a b", "-a", "a\n", "ä"])
def test_what_is_no_name_is_refused(added: str) -> None:
    with pytest.raises(ValueError, match="lower-case words joined by hyphens"):
        ThemeEdit(added=(added,))
    with pytest.raises(ValueError, match="both added and removed"):
        ThemeEdit(added=("a",), removed=("a",))


def test_the_lock_keeps_them_as_a_field_and_says_that_its_format_is_newer_only_then() -> None:
    plain, changed = (Lock(PATH).including([accepted(edit=edit)]) for edit in (ThemeEdit(), EDIT))
    assert lock_text(plain).startswith('{"refkit_lock": 1}\n')
    assert "themes" not in lock_text(plain)
    text = lock_text(changed)
    assert text.startswith('{"refkit_lock": 2}\n')
    assert '"themes":{"added":["my-reading"],"removed":["robotics"]}' in text
    assert parse_lock(text, PATH).decisions == changed.decisions
    # A merge may leave the older head above a line with themes: nothing is lost by reading it.
    assert parse_lock(text.replace(": 2}", ": 1}", 1), PATH).decisions == changed.decisions


@pytest.mark.parametrize(
    ("themes", "problem"),
    [
        ('{"added":["A"]}', "lower-case words joined by hyphens"),
        ('{"added":["a"],"removed":["a"]}', "both added and removed"),
        ('{"add":["a"]}', "unknown field `add`"),
    ],
)
def test_a_lock_with_themes_that_cannot_be_obeyed_is_a_sentence(themes: str, problem: str) -> None:
    text = lock_text(Lock(PATH).including([accepted()]))
    broken = text.replace('{"added":["my-reading"],"removed":["robotics"]}', themes)
    assert broken != text
    with pytest.raises(refkit.ConfigError, match=rf"refkit.lock:2: this line cannot be used: .*{problem}"):
        parse_lock(broken, PATH)
    none = '{"refkit_lock": 2}\n{"title":"A","decided":"none","themes":{"added":["a"]}}\n'
    with pytest.raises(refkit.ConfigError, match="what is decided as 'none' has no `themes`"):
        parse_lock(none, PATH)


def test_they_stay_when_the_same_paper_is_decided_again_and_go_with_the_paper() -> None:
    again = accepted(edit=ThemeEdit()).after(accepted())
    assert again.themes == EDIT
    assert not accepted(OTHER, ThemeEdit()).after(accepted()).themes
    assert not decision(ROBOTS, "none").after(accepted()).themes
    held = Lock(PATH).including([replace(accepted(), decided="matched", confidence=0.5)])
    renamed = replace(RECORD, comments="9 pages")
    assert [each.themes for each in learn(held, [matched(renamed)]).decisions.values()] == [EDIT]
    assert [each.themes for each in learn(held, [matched(OTHER)]).decisions.values()] == [ThemeEdit()]


def test_of_two_lines_the_one_with_themes_is_not_forgotten_and_contradictions_are_refused() -> None:
    lines = [
        lock_text(Lock(PATH).including([each])).splitlines()[1]
        for each in (
            replace(accepted(), decided="matched", confidence=0.5),
            accepted(edit=ThemeEdit()),
            accepted(edit=ThemeEdit(added=("safety",))),
        )
    ]
    head = '{"refkit_lock": 2}'
    for several in (lines[:2], lines[1::-1]):
        (kept,) = parse_lock("\n".join([head, *several]), PATH).decisions.values()
        assert (kept.decided, kept.themes) == ("accepted", EDIT)
    with pytest.raises(refkit.ConfigError, match="line 2 decides the same title otherwise"):
        parse_lock("\n".join([head, lines[0], lines[2]]), PATH)


class Records:
    """A source with one record."""

    name, network = "index", False

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        assert limit
        return [Answer((RECORD,)) for _ in mentions]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        return {each: RECORD for each in ids if each == RECORD.arxiv_id}


@pytest.mark.parametrize("refresh", [False, True])
def test_every_later_run_obeys_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, refresh: bool) -> None:
    monkeypatch.chdir(tmp_path)
    locks = Locks([ROBOTS])
    locks.put(ROBOTS, replace(accepted(), decided="matched", confidence=0.5))
    sources: list[Source] = [Records()]
    found = refkit.resolve([ROBOTS], sources=sources, locks=Locks([ROBOTS]), refresh=refresh)
    assert bool(found[0].decided) is not refresh
    (work,) = refkit.tag(found)
    assert [tag.theme for tag in work.themes] == ["my-reading", "reinforcement-learning"]
    assert "keywords = {my-reading, reinforcement-learning}" in " ".join(refkit.to_bibtex([work]).split())
    locks.keep(found)
    assert [each.themes for each in (Locks([ROBOTS]).find(ROBOTS),) if each] == [EDIT]
    (other,) = refkit.tag(refkit.resolve([ROBOTS], sources=sources))
    assert [tag.theme for tag in other.themes] == ["reinforcement-learning", "robotics"]
