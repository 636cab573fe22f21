"""New keys for a .bib that exists: the same in any order, letters that never change places, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Author, PartialDate, Work
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_rekey import Rekeyed, plan_rekey
from refkit.writers.bibtex import BibtexWriter

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


@pytest.mark.parametrize("field", ["crossref", "XRef", "xdata", "related", "entryset"])
def test_what_names_an_entry_follows_its_new_key(field: str) -> None:
    others = f'@book{{b, {field}={{OLD}}}}\n@set{{c, {field} = "x, Old,y" # old}}\n@misc{{d, {field}={{older}}}}\n'
    done = rekeyed(paper("old", 7), others)
    new = others.replace("OLD", "xu2020deep").replace("Old,", "xu2020deep,").replace("# old}", "# xu2020deep}")
    assert done.text == paper("xu2020deep", 7) + new


def test_other_words_that_look_like_the_key_stay() -> None:
    rest = "@string{x={old}}\n@comment{old}\n% old\n@book{b, note={old}, title={old}}\n@book{c, xref={old} year=1}\n"
    assert rekeyed(paper("old", 7), rest).text == paper("xu2020deep", 7) + rest


@pytest.mark.parametrize(
    ("key", "new"),
    [
        ("XU2020deep", "xu2020deep"),
        ("xu2020deep1", "xu2020deep"),
        ("xu2020deepA", "xu2020deep"),
        ("xu2020deepab", "xu2020deep"),
        ("yxu2020deep", "xu2020deep"),
        ("xu2020deepz", ""),
        ("xu2020deep", ""),
    ],
)
def test_a_key_stays_only_in_its_form_with_one_letter_or_none(key: str, new: str) -> None:
    assert rekeyed(paper(key, 7)).keys == ({key: new} if new else {})


@pytest.mark.parametrize(("count", "stays"), [(13, False), (14, True)])
def test_two_letters_stay_where_there_are_papers_enough_for_them(count: int, stays: bool) -> None:  # noqa: FBT001 - pytest gives it
    letters = ["", *"abcdefghijklmnopqrstuvwxyz"][: count - 1]
    done = rekeyed(*(paper(f"xu2020deep{letter}", n) for n, letter in enumerate([*letters, "aa"], 1)))
    assert ("xu2020deepaa" not in done.keys) == stays


def test_only_entries_with_a_key_and_an_arxiv_id_are_renamed_unless_all_are_asked_for() -> None:
    book = "@book{b, title = {Books}, author = {Knuth, D.}, year = 1990}\n"
    rest = f"{book}@misc{{, title={{x}}, eprint={{2005.00001}}}}\n"
    assert rekeyed(rest).keys == plan_rekey(BibFile(rest)).keys == {}
    assert plan_rekey(BibFile(paper("old", 7))).text == paper("xu2020deep", 7)
    assert rekeyed(rest, everything=True).keys == {"b": "knuth1990books"}
    told = rekeyed("@misc{k, title={中}, author={王}, eprint={2005.00001}}")
    assert (told.keys, told.remarks) == ({"k": "arxiv200500001"}, ())


def test_a_key_of_several_entries_is_told_once_and_stays_with_all() -> None:
    entries = (paper("k", 7), paper("K", 8), paper("old", 9), "@misc{k, title={T}}\n")
    done = rekeyed(*entries)
    assert done.keys == {"old": "xu2020deep"}
    assert done.remarks == ("refs.bib:1: several entries have the key k, so it stays; give all but one another key",)


def test_two_entries_are_several() -> None:
    done = rekeyed(paper("k", 7), paper("K", 8))
    assert (done.keys, len(done.remarks)) == ({}, 1)


def test_keys_that_change_places_are_told_with_both_papers() -> None:
    done = rekeyed(paper("xu2020other", 1), paper("xu2020deep", 2, "Other"))
    assert done.keys == {"xu2020other": "xu2020deep", "xu2020deep": "xu2020other"}
    what = "a TeX file that is not named with --tex would cite the wrong paper, what was"
    assert done.remarks == (
        f"refs.bib: xu2020deep was the key of what is now xu2020other; {what} xu2020other",
        f"refs.bib: xu2020other was the key of what is now xu2020deep; {what} xu2020deep",
    )
    assert rekeyed(paper("XU2020deep", 1)).remarks == ()


@pytest.mark.parametrize(
    ("more", "keep_ids", "after"),
    [
        ("", True, ", ids = {old}"),
        (", ids = {a, b}", True, ", ids = {a, b, old}"),
        (', ids = "a"', True, ", ids = {a, old}"),
        (", ids = {a,  old}", True, ", ids = {a,  old}"),
        (", ids = {a,  b}", False, ", ids = {a,  b}"),
        (", ids = {a, xu2020deep}", False, ", ids = {a}"),
        (", ids = {a, XU2020DEEP}", False, ", ids = {a, XU2020DEEP}"),
    ],
)
def test_aliases_keep_their_order_and_lose_only_the_new_key(more: str, keep_ids: bool, after: str) -> None:  # noqa: FBT001 - pytest gives it
    done = rekeyed(paper("old", 7, more=more), keep_ids=keep_ids)
    wanted = paper("xu2020deep", 7, more=after)
    if not more:
        wanted = wanted.replace(
            "{Xu, Li}, eprint = {2005.00007}, ids = {old}", "{Xu, Li}, ids = {old}, eprint = {2005.00007}"
        )
    assert done.text == wanted


def test_an_alias_of_rivals_is_given_to_none_of_them() -> None:
    entries = (paper("old", 1, more=", ids = {q, XU2020deep}"), paper("older", 2))
    assert rekeyed(*entries).keys == {"old": "xu2020deepa", "older": "xu2020deepb"}


def test_an_alias_is_read_through_strings() -> None:
    book = "@string{x = {Xu2020Deep}}\n@book{b, title = {Q}, ids = x}\n"
    assert rekeyed(paper("old", 1), book).keys == {"old": "xu2020deepa"}


def test_a_key_that_only_changes_its_case_may_be_an_alias_too() -> None:
    assert rekeyed(paper("XU2020deep", 7), keep_ids=True).keys == {"XU2020deep": "xu2020deep"}


def test_another_maker_of_keys_is_asked() -> None:
    done = plan_rekey(
        BibFile(paper("old", 2) + paper("older", 1) + paper("K", 3)), key=lambda each: f"K{each.title[:0]}"
    )
    assert done.keys == {"old": "Kb", "older": "Ka"}
    assert done.file.text != done.text


@pytest.mark.parametrize("author", ["Google Research", "Barnes and Noble", "Research, A and Sons", "Meta, Inc."])
def test_keys_that_refkit_gave_stay_whoever_the_author_is(author: str) -> None:
    record = ArxivRecord(
        arxiv_id="2005.00007", title="Deep Nets", authors=(Author(literal=author),), submitted=PartialDate(2020, 5)
    )
    writer = BibtexWriter(lambda _: None)
    assert rekeyed(writer.render(writer.plan([Work(record=record)]))).keys == {}
