"""New keys for a .bib that exists: the same in any order, letters that never change places, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from refkit.writers.bib_file import BibFile
from refkit.writers.bib_rekey import Rekeyed, plan_rekey

TITLES = ("Deep Nets", "deep words", "Deepa", "Other Things")


def paper(key: str, number: int, title: str = "Deep Nets", more: str = "") -> str:
    return f"@misc{{{key}, title = {{{title}}}, author = {{Xu, Li}}, eprint = {{2005.{number:05}}}{more}}}\n"


def rekeyed(*entries: str, everything: bool = False, keep_ids: bool = False) -> Rekeyed:
    return plan_rekey(BibFile("".join(entries), "refs.bib"), everything=everything, keep_ids=keep_ids)


def keys_by_paper(text: str) -> dict[str, str]:
    found = (block for block in BibFile(text).blocks if block.kind == "entry")
    return {field.value: block.key for block in found for field in block.fields if field.name == "eprint"}


@st.composite
def files(draw: st.DrawFn) -> list[str]:
    numbers = draw(st.lists(st.integers(1, 40), min_size=1, max_size=9, unique=True))
    keys = st.sampled_from(["old{}", "XU2020deep{}", "xu2020deep{}"])
    wanted = st.sampled_from(["xu2020deep", "xu2020deepa", "xu2020deepb", "xu2020deepaa", "xu2020other", ""])
    entries: list[str] = []
    seen: set[str] = set()
    for number in numbers:
        key = draw(wanted) or draw(keys).format(number)
        if key.casefold() not in seen:
            seen.add(key.casefold())
            entries.append(paper(key, number, draw(st.sampled_from(TITLES))))
    return entries


@given(files(), st.randoms(use_true_random=False), st.booleans())
def test_keys_do_not_depend_on_the_order_and_a_second_run_renames_nothing(
    entries: Sequence[str],
    dice: random.Random,
    keep_ids: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    done = rekeyed(*entries, keep_ids=keep_ids)
    keys = keys_by_paper(done.text)
    assert len({key.casefold() for key in keys.values()}) == len(entries)
    assert rekeyed(done.text, keep_ids=keep_ids).keys == {}
    shuffled = list(entries)
    dice.shuffle(shuffled)
    assert keys_by_paper(rekeyed(*shuffled, keep_ids=keep_ids).text) == keys


@given(files(), st.sampled_from(TITLES))
def test_a_paper_that_is_added_renames_no_other(entries: Sequence[str], title: str) -> None:
    first = rekeyed(*entries).text
    before = keys_by_paper(first)
    more = keys_by_paper(rekeyed(first, paper("zz-new", 99, title)).text)
    assert {number: key for number, key in more.items() if number in before} == before


def test_a_letter_stays_with_its_paper_whatever_the_order_of_the_ids() -> None:
    text = paper("xu2020deep", 7) + paper("xu2020deepa", 3)
    assert rekeyed(text).keys == {}
    assert rekeyed(text, paper("old", 1)).keys == {"old": "xu2020deepb"}


def test_what_only_looks_like_a_letter_is_renamed() -> None:
    assert rekeyed(paper("xu2020deeply", 7)).keys == {"xu2020deeply": "xu2020deep"}
    assert rekeyed(paper("xu2020deeply", 7), paper("old", 8)).keys == {
        "xu2020deeply": "xu2020deepa",
        "old": "xu2020deepb",
    }


def test_keys_and_aliases_of_others_are_not_given_again() -> None:
    book = "@book{knuth, title = {B}, author = {Knuth, D.}, ids = {xu2020deep, other}}\n"
    assert rekeyed(paper("old", 7), book).keys == {"old": "xu2020deepa"}
    assert rekeyed(paper("old", 7), "@book{XU2020deep, title = {B}}\n").keys == {"old": "xu2020deepa"}


def test_an_alias_may_become_the_key_again() -> None:
    done = rekeyed(paper("old", 7, more=", ids = {xu2020deep, mine}"), keep_ids=True)
    assert done.keys == {"old": "xu2020deep"}
    assert "ids = {mine, old}" in done.text


def test_an_old_key_that_becomes_an_alias_is_no_other_paper_s_key() -> None:
    entries = (paper("xu2020other", 7), paper("old", 8, "Other Things"))
    done = rekeyed(*entries, keep_ids=True)
    assert done.keys == {"xu2020other": "xu2020deep", "old": "xu2020othera"}
    assert rekeyed(done.text, keep_ids=True).keys == {}
    told = rekeyed(*entries)
    assert told.keys == {"xu2020other": "xu2020deep", "old": "xu2020other"}
    (remark,) = told.remarks
    assert "xu2020other was the key of what is now xu2020deep" in remark


def test_entries_that_say_nothing_of_themselves_keep_their_keys() -> None:
    told = rekeyed(
        "@set{both, entryset = {k1, old}}\n",
        "@book{k1, title = {中文}, author = {王小明}, year = 2001}\n",
        paper("old", 7),
        everything=True,
    )
    assert told.keys == {"old": "xu2020deep"}
    assert "entryset = {k1, xu2020deep}" in told.text
    assert "refs.bib:2: k1 stays, as neither a name nor a title says what else to call it" in told.remarks


def test_a_broken_entry_keeps_its_bytes_and_its_key() -> None:
    broken = "@misc{xu2020deep, title = {never closed\n\n"
    done = rekeyed(paper("old", 7), broken)
    assert done.text.endswith(broken)
    assert done.keys == {"old": "xu2020deepa"}
