"""Merging: what is ours follows us, what is the user's stays, and nothing else changes a byte."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.errors import WriteError
from refkit.model import ArxivRecord, Author, PartialDate, ThemeTag, Work
from refkit.writers.bib_file import BibFile, plain
from refkit.writers.bib_merge import Merge, plan_merge
from refkit.writers.bib_state import State, Written
from refkit.writers.bibtex import BiblatexWriter, BibtexWriter
from refkit.writers.citekeys import cite_keys

WRITER = BibtexWriter(lambda _: None)


def work(**changes: Any) -> Work:
    themes = tuple(ThemeTag(theme=name) for name in changes.pop("themes", ("agents",)))
    known: dict[str, Any] = {
        "arxiv_id": "1812.09195",
        "title": "Learning to Navigate the Web",
        "authors": (Author(family="Gur", given="Izzeddin"), Author(family="Faust", given="Aleksandra")),
        "categories": ("cs.LG",),
        "submitted": PartialDate(2018, 12, 21),
    }
    return Work(record=ArxivRecord(**{**known, **changes}), themes=themes)


def other(number: int) -> Work:
    return work(arxiv_id=f"2001.{number:05}", title=f"Paper number {number} of many", submitted=PartialDate(2020, 1, 2))


def merge(text: str, works: Sequence[Work], state: State | None = None, **options: Any) -> Merge:
    def render(each: Work) -> tuple[str, Mapping[str, str]]:
        return WRITER.entry_type, WRITER.fields(each)

    return plan_merge(BibFile(text, "refs.bib"), works, render, cite_keys, state or {}, **options)


def fields(text: str, place: int = 0) -> dict[str, str]:
    entries = [block for block in BibFile(text).blocks if block.kind == "entry"]
    return {field.name: plain(field.value) for field in entries[place].fields}


FIRST = merge("", [work()])


def test_a_new_file_has_refkits_own_layout() -> None:
    assert WRITER.render(WRITER.plan([work()])) == FIRST.text
    assert [added.key for added in FIRST.added] == ["gur2018learning"]


def test_a_second_run_changes_nothing() -> None:
    again = merge(FIRST.text, [work()], FIRST.state)
    assert (again.text, again.state, again.untouched, again.kept) == (FIRST.text, FIRST.state, 1, ())


@pytest.mark.parametrize(
    "entry",
    [
        "@misc{mine, eprint = {1812.09195v3}, archivePrefix={arXiv}}",
        "@misc{mine, doi = {10.48550/ARXIV.1812.09195}}",
        "@article{mine, title={Other}, journal = {arXiv preprint arXiv:1812.09195}}",
        "@inproceedings{mine, title = {Learning to navigate the {Web}}, author = {I. Gur and others}, year = 2019}",
        "@misc(mine, url = {https://arxiv.org/pdf/1812.09195v1.pdf})",
        "@article{mine, title={Other}, doi = {10.1000/XYZ}}",
    ],
)
def test_an_entry_is_known_whatever_its_key(entry: str) -> None:
    found = merge(f"{entry}\n", [work(doi="10.1000/xyz")])
    assert found.added == ()
    assert "@" not in found.text[1:]
    again = merge(found.text, [work(doi="10.1000/xyz")], found.state)
    assert again.text == found.text


@pytest.mark.parametrize(
    "entry",
    [
        "@misc{mine, title = {Learning to Navigate the Web}, author = {Other, A}, year = 2018}",
        "@misc{mine, title = {Learning to Navigate the Web}, author = {Gur, I}, year = 1990}",
        "@misc{mine, title = {Learning to Navigate the Web}, author = {Gur, I}, eprint = {1901.00001}}",
        "@misc{mine, title = {Another}, author = {Gur, I}, note = {Builds on arXiv:1812.09195}}",
        "% @misc{mine, eprint = {1812.09195}}",
        "@comment{@misc{mine, eprint = {1812.09195}}}",
    ],
)
def test_another_paper_is_left_alone(entry: str) -> None:
    found = merge(f"{entry}\n", [work()])
    assert [added.key for added in found.added] == ["gur2018learning"]
    assert entry in found.text


def test_an_edited_field_is_kept_and_shown_and_others_follow() -> None:
    mine = FIRST.text.replace("Learning to Navigate the Web", "My Title").replace("gur2018learning", "Mine")
    new = work(title="A Newer Title", categories=("cs.AI",))
    found = merge(mine, [new], FIRST.state)
    assert found.text == mine.replace("cs.LG", "cs.AI")
    assert [(kept.key, kept.field, kept.yours, kept.ours) for kept in found.kept] == [
        ("Mine", "title", "My Title", "A Newer Title")
    ]
    assert [(told.key, dict(told.fields)) for told in found.updated] == [("Mine", {"primaryclass": ("cs.LG", "cs.AI")})]
    forced = merge(mine, [new], FIRST.state, update=["Title"])
    assert "A Newer Title" in forced.text
    assert forced.kept == ()


def test_the_type_of_an_entry_follows_a_publication_unless_the_user_chose_another() -> None:
    def as_(kind: str, text: str, state: State) -> Merge:
        return plan_merge(
            BibFile(text, "refs.bib"), [work()], lambda each: (kind, WRITER.fields(each)), cite_keys, state
        )

    article = as_("article", FIRST.text, FIRST.state)
    assert article.text == FIRST.text.replace("@misc", "@article")
    paper = as_("inproceedings", article.text, article.state)
    assert paper.text == FIRST.text.replace("@misc", "@inproceedings")
    chosen = as_("article", FIRST.text.replace("@misc", "@report"), FIRST.state)
    assert chosen.text == FIRST.text.replace("@misc", "@report")
    assert [(kept.field, kept.yours, kept.ours) for kept in chosen.kept] == [("type", "report", "article")]


def test_a_removed_field_stays_out() -> None:
    mine = "".join(line for line in FIRST.text.splitlines(keepends=True) if "url" not in line)
    found = merge(mine, [work()], FIRST.state)
    assert found.text == mine
    assert [(kept.field, kept.yours) for kept in found.kept] == [("url", "")]
    assert fields(merge(mine, [work()], FIRST.state, update=["all"]).text) == fields(FIRST.text)


def test_without_memory_what_differs_is_the_users() -> None:
    found = merge(FIRST.text.replace("cs.LG", "cs.CV"), [work()])
    assert "cs.CV" in found.text
    assert [kept.field for kept in found.kept] == ["primaryclass"]


def test_what_only_looks_different_is_neither_changed_nor_told() -> None:
    mine = (
        "@misc{k, title = {Learning to navigate the web}, author = {Izzeddin Gur and Aleksandra Faust}, year = 2018,"
        " month = {12}, eprint = {1812.09195}, archivePrefix = {arXiv}, primaryClass = {cs.LG}, keywords = {agents},"
        " doi = {https://doi.org/10.48550/ARXIV.1812.09195}, url = {http://arxiv.org/abs/1812.09195v2}}\n"
    )
    found = merge(mine, [work()])
    assert (found.text, found.kept) == (mine, ())


def test_keywords_are_added_and_removed_only_if_ours() -> None:
    mine = FIRST.text.replace("{agents}", "{mine; agents}")
    found = merge(mine, [work(themes=["robotics", "web"])], FIRST.state)
    assert fields(found.text)["keywords"] == "mine; robotics; web"
    less = found.text.replace("; robotics", "")
    again = merge(less, [work(themes=["robotics", "web"])], found.state)
    assert again.text == less
    last = merge(less, [work(themes=[])], again.state)
    assert fields(last.text)["keywords"] == "mine"
    assert "keywords" not in fields(merge(FIRST.text, [work(themes=[])], FIRST.state).text)
    own = merge("@misc{k, eprint={1812.09195}, keywords={agents}}", [work()])
    assert fields(merge(own.text, [work(themes=[])], own.state).text)["keywords"] == "agents"


def test_a_published_entry_of_the_user_gets_only_its_preprint() -> None:
    mine = "@inproceedings{k,\n  eprint={1812.09195},\n  booktitle = {ICLR},\n  year = 2019\n}\n"
    found = merge(mine, [work()])
    assert list(fields(found.text)) == ["eprint", "booktitle", "year", "archivePrefix", "primaryClass", "keywords"]
    assert found.text.startswith(mine[: mine.index("\n}")] + ",\n  archivePrefix={arXiv}")
    assert found.text.endswith("keywords={agents}\n}\n")
    assert merge(found.text, [work()], found.state).text == found.text


def test_an_entry_that_the_user_removed_stays_out() -> None:
    both = merge("", [work(), other(1)])
    mine = merge("", [other(1)]).text
    found = merge(mine, [work(), other(1)], both.state)
    assert (found.text, [gone.key for gone in found.removed]) == (mine, ["gur2018learning"])
    assert len(merge(mine, [work(), other(1)], both.state, recreate=True).added) == 1


def test_two_entries_of_one_paper_are_told_and_one_is_changed() -> None:
    mine = "@misc{a, eprint={1812.09195}}\n@misc{b, url={https://arxiv.org/abs/1812.09195}}\n"
    found = merge(mine, [work()])
    assert found.text.endswith(mine[mine.index("\n@misc{b") :])
    assert found.remarks == ("refs.bib: a (line 1) and b (line 2) are one paper; keep one of them, and cite that.",)


def test_keys_that_differ_in_case_are_told_and_never_made() -> None:
    mine = "@misc{GUR2018Learning, title={x}}\n@book{gur2018learning, title={y}}\n% @misc{gur2018learninga, z={}}\n"
    found = merge(mine, [work()])
    assert [added.key for added in found.added] == ["gur2018learningb"]
    assert found.remarks == ("refs.bib:2: the key gur2018learning stands in line 1 too; rename one of them.",)


def test_a_paper_in_a_broken_entry_is_not_added_again() -> None:
    mine = "@misc{a,\n eprint = {1812.09195}\n year = 2018}\n@misc{b, title={x}}\n"
    found = merge(mine, [work(), other(1)])
    assert (len(found.added), len(found.blocked)) == (1, 1)
    assert found.blocked[0].startswith(
        "refs.bib:1: 'Learning to Navigate the Web' stands here in a broken entry (line 2: "
    )
    assert mine in found.text


@pytest.mark.parametrize(
    "tail", ["@comment{jabref-meta: x}\n", "% Local Variables:\n% End:\n", "@misc{cut, title = {x\n"]
)
def test_new_entries_stand_before_what_must_be_last(tail: str) -> None:
    mine = f"@misc{{b, title={{x}}}}\n\n{tail}"
    found = merge(mine, [work()])
    assert found.text.endswith(f"\n}}\n\n{tail}")
    assert found.text.startswith("@misc{b, title={x}}\n\n@misc{gur2018learning,")


def test_new_entries_look_like_those_of_the_file() -> None:
    mine = "@misc{b,\r\n\ttitle = {x},\r\n\tauthor = {A, B}\r\n}\r\n@misc{c,\r\n\ttitle = {y}\r\n}"
    found = merge(mine, [work()])
    assert found.text.startswith(mine + "\r\n@misc{gur2018learning,\r\n\ttitle = {Learning")
    assert found.text.endswith("\tkeywords = {agents}\r\n}\r\n")
    assert "\n" not in found.text.replace("\r\n", "")


def test_the_order_of_the_works_does_not_matter() -> None:
    works = [work(), *(other(number) for number in range(5)), work(arxiv_id="1812.09999")]
    text = merge("@misc{gur2018learning, title={x}}\n", works).text
    for seed in range(3):
        random.Random(seed).shuffle(works)  # noqa: S311 - no secret
        assert merge("@misc{gur2018learning, title={x}}\n", works).text == text


def put(text: str, *works: Work, state: State | None = None, update: Sequence[str] = (), **written: str) -> Merge:
    """Merge works that are written as one field, or as is said, under the key k."""

    def render(each: Work) -> tuple[str, Mapping[str, str]]:
        return written.get("kind", "misc"), {name: v for name, v in written.items() if name != "kind"} or {
            "eprint": each.record.arxiv_id
        }

    def keys(each: Sequence[Work]) -> Sequence[str]:
        return ["k"] * len(each)

    return plan_merge(BibFile(text, "refs.bib"), works or [work()], render, keys, state or {}, update=update)


NEW = "@misc{k,\n  eprint        = {1812.09195},\n}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{NEW}\n"),
        ("\ufeff\n", f"\ufeff\n{NEW}\n"),
        ("% note", f"% note\n\n{NEW}\n"),
        ("% note\n", f"% note\n\n{NEW}\n"),
        ("% note\n\n\n\n", f"% note\n\n\n\n{NEW}\n"),
        ("@string{a={b}}", f"@string{{a={{b}}}}\n\n{NEW}\n"),
        ("@preamble{{x}}\n\n", f"@preamble{{{{x}}}}\n\n{NEW}\n\n"),
        ("@misc{a, b={x}}", f"@misc{{a, b={{x}}}}\n\n{NEW}\n"),
        ("@misc{a, b={x}}\nnotes\n", f"@misc{{a, b={{x}}}}\nnotes\n\n{NEW}\n"),
        ("@misc{a, b={x}}\n\nnotes", f"@misc{{a, b={{x}}}}\n\nnotes\n\n{NEW}\n"),
        ("@misc{a, b={x}} @Comment{z}\n", f"@misc{{a, b={{x}}}}\n\n{NEW}\n\n @Comment{{z}}\n"),
        ("@misc{a, b={x}}\n\n\n@comment{z}", f"@misc{{a, b={{x}}}}\n\n{NEW}\n\n\n@comment{{z}}"),
        ("@misc{c, b={x\n", f"@misc{{c, b={{x\n\n{NEW}\n"),
        ("@misc{c, b={x} d=1}\n", f"@misc{{c, b={{x}} d=1}}\n\n{NEW}\n"),
        ("@misc{a, b={x}}@misc{c, b={x\n", f"@misc{{a, b={{x}}}}\n\n{NEW}\n\n@misc{{c, b={{x\n"),
        ("@misc{a, b={x}}\n@misc{c, b={x} d=1}\n", f"@misc{{a, b={{x}}}}\n@misc{{c, b={{x}} d=1}}\n\n{NEW}\n"),
        (
            "@misc{a, b={x}}\n@misc{b, b={x}}\n@misc{c, b={x}}\n@comment{z}",
            f"@misc{{a, b={{x}}}}\n@misc{{b, b={{x}}}}\n@misc{{c, b={{x}}}}\n{NEW}\n@comment{{z}}",
        ),
    ],
)
def test_where_a_new_entry_stands(before: str, after: str) -> None:
    assert put(before).text == after


def test_a_work_that_is_named_twice_is_one_as_it_was_first_named() -> None:
    found = merge("", [other(2), work(), work(arxiv_id="1812.09195v2", title="Another Title")])
    assert [(each.arxiv_id, each.title) for each in found.added] == [
        ("1812.09195", "Learning to Navigate the Web"),
        ("2001.00002", "Paper number 2 of many"),
    ]


@pytest.mark.parametrize("comma", [",", ""])
def test_an_entry_is_one_work_only(comma: str) -> None:
    mine = f"@misc{{a, title={{Learning to Navigate the Web}}, author={{Gur, I}}{comma} year=2018}}"
    found = merge(mine, [work(), work(arxiv_id="1812.09999")])
    assert [each.arxiv_id for each in found.added] == ["1812.09999"]
    if not comma:
        assert (found.blocked_ids, found.remarks) == (("1812.09195",), ())


def test_of_two_entries_of_one_paper_that_is_changed_which_refkit_knows() -> None:
    mine = "@misc{a, eprint={1812.09195}, title={T}}\n@misc{b, eprint={1812.09195}, title={T}}\n"
    state = {"1812.09195": Written(arxiv_id="1812.09195", key="b", type="misc", fields={"title": "T"})}
    assert [told.key for told in put(mine, state=state, title="U").updated] == ["b"]
    assert put(mine, title="U").updated == ()
    gone = {"1812.09195": Written(arxiv_id="1812.09195", key="c", type="misc", fields={"title": "T"})}
    assert [told.key for told in put(mine, state=gone, title="U").updated] == ["a"]


def test_a_sound_entry_goes_before_a_broken_one_of_the_same_paper() -> None:
    mine = "@misc{a, eprint={1812.09195} year=1}\n@misc{b, eprint={1812.09195}}\n"
    found = put(mine, title="T")
    assert [(told.key, told.line, told.arxiv_id) for told in found.updated] == [("b", 2, "1812.09195")]
    assert (found.blocked, found.untouched) == ((), 0)


def test_what_was_changed_is_told_in_the_order_of_the_file() -> None:
    mine = "@misc{a, eprint={1812.09195}}\n@misc{b, eprint={2001.00001}}\n"
    found = put(mine, other(1), work(), title="T")
    assert [(told.key, told.line) for told in found.updated] == [("a", 1), ("b", 2)]
    assert put(found.text, other(1), work(), title="T").untouched == 2


def test_new_keys_are_free_whatever_is_asked_for() -> None:
    found = put("@misc{K, title={x}}\n% @misc{ka, title={x}}", work(), other(1))
    assert [each.key for each in found.added] == ["kb", "kc"]
    with pytest.raises(ValueError, match="argument 2 is longer"):
        plan_merge(BibFile(""), [work()], lambda _: ("misc", {"title": "T"}), lambda _: [], {})


def test_what_is_wrong_in_the_file_is_told_once() -> None:
    mine = (
        "@misc{a, title={x} year=1}\n@misc{A, title={y}}\n@misc{a, title={y} year=1}\n@misc{, title={z}}\n"
        "@misc{, title={w}}\n@misc{b, eprint={1812.09195} year=1}\n@misc{a, title={v}}\n"
    )
    problem = "a comma or the end of the entry is missing behind the value of `title`"
    assert put(mine).remarks == (
        "refs.bib:2: the key A stands in line 1 too; rename one of them.",
        "refs.bib:7: the key a stands in line 1 too; rename one of them.",
        f"refs.bib:1: a broken entry is left as it is (line 1: {problem}); correct it.",
        f"refs.bib:3: a broken entry is left as it is (line 3: {problem}); correct it.",
    )


CORRUPT = [
    ({"title": "x}"}, "k (line 3)"),
    ({"title": "{x"}, "k (line 3)"),
    ({"title": "x}, note = {y"}, "k (line 3)"),
    ({"title": "x}}@misc{c, title={y"}, "k (line 3)"),
    ({"kind": "comment", "title": "x"}, "an entry without a key (line 3)"),
    ({"kind": "string", "title": "x"}, "an entry without a key (line 3)"),
]


@pytest.mark.parametrize(("written", "where"), CORRUPT)
def test_what_would_not_read_back_is_not_written(written: dict[str, Any], where: str) -> None:
    for tail in ("", "@comment{z}\n"):
        with pytest.raises(WriteError) as caught:
            put(f"@misc{{a, title={{x}}}}\n{tail}", **written)
        assert str(caught.value) == f"refs.bib: {where} would be corrupt; nothing was written. Report it."


def test_nor_what_would_be_no_entry_or_none_for_other_programs() -> None:
    with pytest.raises(WriteError, match=r"^refs.bib would not read back as it was meant; nothing was written. Report"):
        put("", kind="mi sc", title="x")
    with pytest.raises(WriteError, match=r"^The entry k would be corrupt; nothing was written. Please report it"):
        put("", title="x\\")


@pytest.mark.parametrize("value", ["{x", "x}", "a}, note = {b", "a}}@misc{c, title={z", "a, b}"])
def test_nor_an_entry_that_would_be_changed_into_something_else(value: str) -> None:
    mine = "@misc{a, eprint={1812.09195}, title={x}}\n@misc{b, title={y}}\n"
    with pytest.raises(WriteError, match=r"^refs.bib: a \(line 1\) would be corrupt; nothing was written. Report it.$"):
        put(mine, update=["TITLE"], title=value)
    assert put(mine, update=["TITLE"], title="{z}").text == mine.replace("{x}", "{{z}}")


CONSTRUCTS = [
    "% a comment with @misc{x, y={z}}\n", '@string{nips = "Neur{IPS}"}\n', '@preamble{ "\\newcommand{\\x}{y}" }\n',
    "@comment{ @misc{in, title={a comment}} }\n", "free text, with me@here.org\n", "\n\n", "   \n", "\t",
    "@misc{cut, title = {never closed\n\n", "@misc{nocomma, title={a} year={b}}\n",
    '@Article(PAREN, title = "q {"} q")\n',
    "@unknown{u, Data = nips # { 2020} # nips ,}\n", "@misc{key with spaces, title={t}}\n", "@misc{, title={no key}}\n",
    "@misc{at, abstract={\n@article{inner, title={x}}\n}}\n", "@misc{Dup, title={a}}\n", "@misc{dUP, title={b}}\n",
    "@misc{deep, title={{{{{{{{{d}}}}}}}}}}\n", "@misc{esc, title={a \\{ b}}\n", "}\n", "@", "@misc{e}",
    "@misc{f,\n  eprint = {1812.09195},\n  title = {Mine}, % why\n}\n",
    "@article{g, doi={10.48550/arXiv.1812.09195}}\n", "@misc{l1, eprint = {2001.00004} % why, so\n}\n",
    "@misc{l2, eprint = {2001.00000}, % why, so\n }\n", "% \N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\n",
    "@inproceedings{h, title={Paper Number 3 of Many}, author={Gur, I.}, year=2021, keywords = {a; b}\n}\n",
    "@misc{cr,\r\n\ttitle={x},\r\n\turl={https://arxiv.org/abs/2001.00002}\r\n}\r\n", "\N{ZERO WIDTH NO-BREAK SPACE}",
    "@online{bl, eprint={2001.00001}, eprinttype={arxiv}, date={2020-01}, title={Édité}}\n",
]  # fmt: skip


def assert_only_ours_changed(text: str, works: Sequence[Work]) -> None:
    found = merge(text, works)
    added = {each.key for each in found.added}
    edited = {told.key: told for told in found.updated}
    whole = iter(block for block in BibFile(text).blocks if block.kind != "text")
    back = ""  # the new text without what was added, and with the old entries in the place of those that were edited
    for block in BibFile(found.text).blocks:
        if block.kind == "text":
            back += block.raw
        elif not (block.kind == "entry" and block.key in added):
            was = next(whole)
            assert was.raw == block.raw or block.key in edited
            back += was.raw
    assert next(whole, None) is None
    same = next((place for place, (one, two) in enumerate(zip(text, back, strict=False)) if one != two), len(text))
    assert back[:same] + back[same + len(back) - len(text) :] == text
    assert not back[same : same + len(back) - len(text)].strip()  # the blank lines between the new entries
    again = merge(found.text, works, found.state)
    assert again.text == found.text
    assert again.state == found.state


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(CONSTRUCTS), max_size=14).map("".join))
def test_nothing_but_ours_changes_in_any_file(text: str) -> None:
    assert_only_ours_changed(text, [work(), *(other(number) for number in range(5))])


def test_latin_1_stays_and_what_it_lacks_is_latex() -> None:
    data = b"@misc{a,\n title = {Caf\xe9},\n}\n"
    file = BibFile.parse(data, "refs.bib")
    writer = BiblatexWriter(lambda _: None)
    polish = work(title="Café in Łódź", authors=())
    found = plan_merge(file, [polish], lambda each: ("online", writer.fields(each)), cite_keys, {})
    assert file.encoded(found.text).startswith(data)
    assert fields(found.text, 1)["title"] == r"Caf{\'e} in {\L}{\'o}d{\'z}"
    again = plan_merge(BibFile.parse(file.encoded(found.text)), [polish],
                       lambda each: ("online", writer.fields(each)), cite_keys, found.state)  # fmt: skip
    assert again.text == found.text


def test_ten_thousand_authors() -> None:
    many = tuple(Author(family=f"Family{number}", given="A") for number in range(10_000))
    found = merge("@misc{b, title={x}}\n", [work(authors=many)])
    assert merge(found.text, [work(authors=many)], found.state).text == found.text
