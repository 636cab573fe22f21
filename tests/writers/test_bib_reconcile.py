"""One entry that is there: what refkit changes in it, what it keeps, and what it remembers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pytest

from refkit.writers.bib_file import BibFile, splice
from refkit.writers.bib_reconcile import Wanted, means_the_same, reconcile
from refkit.writers.bib_state import Written


class Done(NamedTuple):
    text: str
    diff: dict[str, tuple[str, str]]
    kept: list[tuple[str, str, str]]
    written: Written


def done(
    text: str,
    wanted: Mapping[str, str],
    before: Mapping[str, str] | None = None,
    *,
    kind: str = "misc",
    was: str = "misc",
    force: Collection[str] = (),
) -> Done:
    """Reconcile the first entry of a text with what is wanted; `before` and `was` are what refkit wrote of it."""
    file = BibFile(text, "refs.bib")
    block = next(each for each in file.blocks if each.kind == "entry")
    memory = None if before is None else Written(arxiv_id="1812.09195", key="k", type=was, fields=before)
    found = reconcile(file, block, Wanted("1812.09195", kind, wanted), memory, force)
    kept = [(each.field, each.yours, each.ours) for each in found.kept]
    return Done(splice(text, found.edits), dict(found.diff), kept, found.written)


def test_of_one_entry_all_is_told() -> None:
    text = "\n@Misc{K,\n title = {T},\n year = 2018\n}\n"
    found = done(text, {"title": "U", "year": "2019", "eprint": "1"}, {"title": "X", "year": "2018"})
    assert found.text == "\n@Misc{K,\n title = {T},\n year = {2019},\n eprint = {1}\n}\n"
    assert found.diff == {"year": ("2018", "2019"), "eprint": ("", "1")}
    assert found.kept == [("title", "T", "U")]
    assert found.written == Written(
        arxiv_id="1812.09195", key="K", type="misc", fields={"title": "X", "year": "2019", "eprint": "1"}
    )
    [kept] = reconcile(BibFile(text), BibFile(text).blocks[1], Wanted("1", "misc", {"title": "U"}), None).kept
    assert (kept.key, kept.line, kept.field, kept.yours, kept.ours) == ("K", 2, "title", "T", "U")


@pytest.mark.parametrize("kind", ["misc", "online", "unpublished", "techreport", "report", "electronic", "www"])
def test_an_entry_of_a_preprint_gets_what_it_lacks(kind: str) -> None:
    found = done(f"@{kind}{{k, eprint={{1}}}}", {"title": "T"})
    assert found.text == f"@{kind}{{k, eprint={{1}}, title = {{T}}}}"
    assert done("@misc{k, eprint={1}}", {"title": "T"}, kind=kind).diff == {"title": ("", "T")}


@pytest.mark.parametrize(
    "entry",
    [
        "@article{k, journal={arXiv preprint}}",
        "@article{k, journaltitle={ CoRR }}",
        "@inproceedings{k, booktitle={ArXiv}}",
    ],
)
def test_so_does_one_in_a_series_of_preprints(entry: str) -> None:
    assert done(entry, {"title": "T"}).diff == {"title": ("", "T")}


@pytest.mark.parametrize(
    "entry",
    [
        "@article{k}",
        "@misc{k, journal={Nature}}",
        "@misc{k, journaltitle={Corrosion}}",
        "@misc{k, booktitle={ICLR}}",
        "@inproceedings{k, booktitle={ICLR}}",
        "@book{k}",
    ],
)
def test_one_of_something_else_gets_where_its_preprint_is_and_no_more(entry: str) -> None:
    of_the_preprint = {"eprint": "1", "archivePrefix": "a", "primaryClass": "b"}
    dialect = {"eprinttype": "a", "eprintclass": "b", "keywords": "c"}
    fields = {"title": "T", "author": "A", "year": "2018", "month": "dec", "url": "u", "doi": "d", "note": "n"}
    assert list(done(entry, fields | of_the_preprint).diff) == ["eprint", "archiveprefix", "primaryclass"]
    found = done(entry, fields | dialect)
    assert list(found.diff) == ["eprinttype", "eprintclass", "keywords"]
    assert (found.written.type, found.kept) == ("", [])
    again = done(found.text, fields | dialect, found.written.fields, was=found.written.type)
    assert again == (found.text, {}, [], found.written)


def test_an_entry_of_the_wanted_type_that_names_no_journal_gets_it() -> None:
    found = done("@article{k, title={T}}", {"journal": "J"}, kind="article")
    assert (found.diff, found.written.type) == ({"journal": ("", "J")}, "article")


def test_where_a_work_was_published_belongs_into_no_entry_of_another_type() -> None:
    fields = {"journal": "J", "eprint": "1"}
    assert done("@misc{k, title={T}}", fields, kind="article").text == "@misc{k, title={T}, eprint = {1}}"
    assert done("@report{k, title={T}}", fields, {}, kind="article").diff == {"eprint": ("", "1")}
    changed = "@article{k, title={T}, journal = {J}, eprint = {1}}"
    assert done("@misc{k, title={T}}", fields, {}, kind="article").text == changed
    assert done("@misc{k, title={T}}", fields, kind="article", force=["type"]).text == changed
    assert done("@misc{k, title={T}}", fields, kind="article", force=["all"]).text == changed


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("archivePrefix", "eprinttype"),
        ("eprinttype", "archivePrefix"),
        ("primaryClass", "eprintclass"),
        ("eprintclass", "primaryClass"),
        ("year", "date"),
        ("date", "year"),
        ("date", "month"),
        ("journal", "journaltitle"),
        ("journaltitle", "journal"),
    ],
)
def test_what_the_other_dialect_says_is_not_lacking(there: str, wanted: str) -> None:
    entry = f"@misc{{k, {there}={{arXiv}}}}"
    assert done(entry, {wanted: "x"}).text == entry
    assert done(entry, {wanted: "x"}, {wanted.lower(): "x"}).kept == []
    assert done("@misc{k, note={arXiv}}", {wanted: "1"}).text == f"@misc{{k, note={{arXiv}}, {wanted} = {{1}}}}"
    assert done("@misc{k, note={arXiv}}", {wanted: "x"}, {wanted.lower(): "x"}).kept == [(wanted.lower(), "", "x")]
    assert done(entry, {wanted: "x"}, force=[wanted.lower()]).diff == {wanted.lower(): ("", "x")}


def test_a_month_beside_a_date_does_not_keep_the_date_out() -> None:
    assert done("@misc{k, month=dec}", {"date": "2018"}).diff == {"date": ("", "2018")}


@pytest.mark.parametrize(("year", "added"), [("year={2018}, ", True), ("year={2019}, ", False), ("", True)])
def test_a_month_is_added_only_beside_its_own_year(year: str, added: bool) -> None:  # noqa: FBT001 - pytest gives it
    found = done(
        f"@misc{{k, {year}eprint={{1}}}}", {"month": "dec", "eprint": "1"} | ({"year": "2018"} if year else {})
    )
    assert ("month" in found.diff) == added


def test_what_stands_in_other_blanks_is_as_refkit_wrote_it() -> None:
    entry = "@misc{k, title={ A\n  B }}"
    assert done(entry, {"title": "A B"}, {}).text == entry
    assert done(entry, {"title": "A B"}, {}).written.fields == {"title": "A B"}
    assert done(entry, {"title": "C"}, {"title": "A B"}).text == "@misc{k, title={C}}"


def test_what_is_the_users_and_says_the_same_is_not_told_unless_refkit_wrote_other_words() -> None:
    entry = "@misc{k, title={the {Web}}}"
    assert done(entry, {"title": "The Web"}).kept == []
    assert done(entry, {"title": "The Web"}, {"title": "The Net"}).kept == [("title", "the {Web}", "The Web")]


def test_of_two_fields_of_a_name_the_first_counts() -> None:
    found = done("@misc{k, title={X}, TITLE={Y}}", {"title": "Z"}, {"title": "X"})
    assert found.text == "@misc{k, title={Z}, TITLE={Y}}"


def test_strings_of_the_file_are_read() -> None:
    text = "@string{n={Net}}\n@misc{k, title=n}"
    assert done(text, {"title": "Web"}, {"title": "Net"}).text == "@string{n={Net}}\n@misc{k, title={Web}}"


@pytest.mark.parametrize("name", ["misc", "Misc", "MISC"])
def test_the_type_is_changed_where_it_stands(name: str) -> None:
    text = f"% \N{LATIN CAPITAL LETTER I WITH DOT ABOVE} @misc\n@ {name}{{misc, note={{misc}}}}"
    found = done(text, {}, {}, kind="article")
    assert found.text == text.replace(f"@ {name}", "@ article")
    assert found.diff == {"type": ("misc", "article")}


@pytest.mark.parametrize(
    ("kind", "was", "kept", "remembered"),
    [
        ("misc", "misc", [("type", "report", "misc")], "misc"),
        ("article", "article", [], "article"),
        ("article", "", [], ""),
    ],
)
def test_a_type_that_the_user_chose_is_told_when_refkits_changes(
    kind: str, was: str, kept: list[tuple[str, str, str]], remembered: str
) -> None:
    found = done("@report{k, title={T}}", {}, {}, kind=kind, was=was if was != "misc" else "online")
    assert (found.kept, found.text) == (kept, "@report{k, title={T}}")
    assert found.written.type == (remembered if was != "misc" else "online")


WORDS = [  # what stands there, what refkit wrote before, what it gives now; what comes of it
    ("a; b ,", "a", "a, c", "a; b, c"),
    ("a; x", "a", "a, c", "a; x; c"),
    ("a; x; ", "a", "a, c", "a; x; c"),
    ("a, x, ", "a", "a, c", "a, x, c"),
    ("a; x", "a", "c", "x; c"),
    ("a, x", "a", "c", "x, c"),
    ("a,  x  y", "a", "c", "x y, c"),
    ("a; b ,", "a", "c", "b, c"),
    ("x y", "", "a", "x y, a"),
    ("", "", "a, b", "a, b"),
    ("x", "a", "a, c", "x, c"),
    ("x", "a", "a", "x"),
    ("c, a", "a", "a, c", "c, a"),
]


@pytest.mark.parametrize(("there", "before", "now", "after"), WORDS)
def test_keywords_are_refkits_one_by_one(there: str, before: str, now: str, after: str) -> None:
    found = done(f"@misc{{k, keywords={{{there}}}}}", {"keywords": now}, {"keywords": before} if before else {})
    assert found.text == f"@misc{{k, keywords={{{after}}}}}"
    assert found.diff == ({"keywords": (there, after)} if there != after else {})
    again = done(found.text, {"keywords": now}, found.written.fields)
    assert (again.text, again.written) == (found.text, found.written)


def test_keywords_that_the_user_had_are_not_remembered_as_refkits() -> None:
    assert done("@misc{k, keywords={a}}", {"keywords": "a, b"}, {}).written.fields == {"keywords": "b"}
    assert done("@misc{k, keywords={a}}", {"keywords": "a, b"}, {"keywords": "a"}).written.fields == {
        "keywords": "a, b"
    }


def test_keywords_that_the_user_took_out_stay_out_unless_they_are_asked_for() -> None:
    entry = "@misc{k, title={T}}"
    found = done(entry, {"keywords": "a"}, {"keywords": "a"})
    assert (found.text, found.kept) == (entry, [("keywords", "", "a")])
    assert done(entry, {"keywords": "a, b"}, {"keywords": "a"}).text == entry
    assert done(entry, {"keywords": "a, b"}, {}).diff == {"keywords": ("", "a, b")}
    for force in (["keywords"], ["all"]):
        assert done(entry, {"keywords": "a"}, {"keywords": "a"}, force=force).diff == {"keywords": ("", "a")}
        one = done("@misc{k, keywords={x}}", {"keywords": "a"}, {"keywords": "a"}, force=force)
        assert one.text == "@misc{k, keywords={x, a}}"


def test_a_field_of_keywords_that_were_all_refkits_goes_with_them() -> None:
    found = done("@misc{k,\n  keywords={a},\n  year=1\n}", {"year": "1"}, {"keywords": "a", "year": "1"})
    assert (found.text, found.diff) == ("@misc{k,\n  year=1\n}", {"keywords": ("a", "")})
    assert found.written.fields == {"year": "1"}
    assert done("@misc{k, keywords={a}}", {}, {}).text == "@misc{k, keywords={a}}"
    assert done("@misc{k, note={a}}", {}, {"keywords": "a"}).kept == []


PASSED = [
    ("@misc{k,\n eprint={1},\n pubstate={p},\n year={1}\n}", "@misc{k,\n eprint={1},\n year={2}\n}"),
    ("@misc{k,\r\n eprint={1},\r\n year={1},\r\n pubstate={p} \r\n}", "@misc{k,\r\n eprint={1},\r\n year={2},\r\n}"),
    ("@misc{k, pubstate={p} , year={1}}", "@misc{k,  year={2}}"),
    ("@misc{k, year={1},\n\tpubstate={p}\n\n}", "@misc{k, year={2},\n\n}"),
    ("@misc{k, year={1}, pubstate={p}\n}", "@misc{k, year={2}, \n}"),
    ("@misc{k,\n year={1}\n, pubstate={p}\n, note={n}\n}", "@misc{k,\n year={2}\n,  note={n}\n}"),
    ("@misc{k,\n year={1},\n pubstate={p}, % why\n note={n}\n}", "@misc{k,\n year={2},\n  % why\n note={n}\n}"),
]


@pytest.mark.parametrize(("text", "after"), PASSED)
def test_what_was_said_of_a_passing_status_goes_with_it(text: str, after: str) -> None:
    before = {"year": "1", "pubstate": "p"}
    found = done(text, {"year": "2"}, before)
    assert found.text == after
    assert found.diff == {"year": ("1", "2"), "pubstate": ("p", "")}
    assert found.written.fields == {"year": "2"}


@pytest.mark.parametrize("name", ["pubstate", "month"])
def test_it_goes_only_if_it_is_refkits_and_the_date_or_type_changed(name: str) -> None:
    entry = f"@misc{{k, year={{1}}, {name}={{dec}}}}"
    gone = {name: ("dec", "")}
    assert done(entry, {}, {name: "dec"}, kind="article").diff == {"type": ("misc", "article"), **gone}
    assert done(entry, {"year": "2"}, {"year": "1", name: "dec"}).diff == {"year": ("1", "2"), **gone}
    assert done(entry, {"year": "1"}, {"year": "1", name: "dec"}).text == entry
    assert done(entry, {"title": "T"}, {"year": "1", name: "dec"}).diff == {"title": ("", "T")}
    assert done(entry, {"year": "2"}, {"year": "1"}).diff == {"year": ("1", "2")}
    assert done(entry, {"year": "2"}, {"year": "1", name: "nov"}).diff == {"year": ("1", "2")}
    assert done(entry, {"year": "2", name: "dec"}, {"year": "1", name: "dec"}).diff == {"year": ("1", "2")}
    bare = done("@misc{k, year={1}}", {"year": "2"}, {"year": "1", name: "dec"})
    assert (bare.text, bare.kept) == ("@misc{k, year={2}}", [])


def test_other_fields_that_refkit_no_longer_gives_stay() -> None:
    entry = "@misc{k, year={1}, url={u}}"
    assert done(entry, {"year": "2"}, {"year": "1", "url": "u"}).text == "@misc{k, year={2}, url={u}}"


LAYOUTS = [
    ("@misc{k}", "@misc{k, title = {T}, month = dec}"),
    ("@misc{k,}", "@misc{k, title = {T}, month = dec,}"),
    ("@misc{k, eprint={1} }", "@misc{k, eprint={1}, title = {T}, month = dec }"),
    ("@misc{k, eprint={1} , }", "@misc{k, eprint={1} , title = {T}, month = dec, }"),
    ("@misc{k,\n eprint={1}\n}", "@misc{k,\n eprint={1},\n title={T},\n month=dec\n}"),
    ("@misc(k,\r\n\teprint= {1}, % a, b\r\n)",
     "@misc(k,\r\n\teprint= {1}, % a, b\r\n\ttitle= {T},\r\n\tmonth= dec,\r\n)"),
    ("@misc{k,\n eprint={1} % a, b\n}", "@misc{k,\n eprint={1}, % a, b\n title={T},\n month=dec\n}"),
    ("@misc{k, eprint={1} % a, b\n}", "@misc{k, eprint={1}, % a, b\ntitle = {T}, month = dec\n}"),
    ("@misc{k, eprint={1}, % a, b\n  }", "@misc{k, eprint={1}, % a, b\ntitle = {T}, month = dec,\n  }"),
    ("@misc{k, eprint={1} % a\n, }", "@misc{k, eprint={1} % a\n, title = {T}, month = dec, }"),
    (
        "@misc{k,\n  eprint        = {1},\n  note          = {n},\n}",
        "@misc{k,\n  eprint        = {1},\n  note          = {n},\n  title         = {T},\n  month         = dec,\n}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), LAYOUTS)
def test_new_fields_stand_behind_the_last_one_as_the_entry_is_laid_out(before: str, after: str) -> None:
    assert done(before, {"title": "T", "month": "dec"}).text == after
    [block] = [each for each in BibFile(after).blocks if each.kind != "text"]
    assert (block.kind, [each.name for each in block.fields][-2:]) == ("entry", ["title", "month"])


ALIKE = [
    ("month", "12", "dec"), ("month", " December ", "DEC"), ("month", "01", "jan"), ("month", "1", "January"),
    ("doi", "https://doi.org/10.1000/AB_c", "10.1000/ab\\_c"), ("doi", "http://dx.doi.org/10.1000/x", "10.1000/x"),
    ("url", "https://www.x.org/a/", "http://x.org/a"), ("url", "\\url{http://x.org}", "x.org"),
    ("url", "https://arxiv.org/pdf/1812.09195v3", "arxiv.org/abs/1812.09195"),
    ("author", "Gur, Izzeddin and Faust, A.", "Izzeddin Gur AND A. Faust"), ("author", 'M{\\"u}ller, A', "A Muller"),
    ("title", "{L}earning: The Web", "Learning the web"), ("note", "A  {\\'E} b", "a e B"),
]  # fmt: skip
UNLIKE = [
    ("month", "11", "dec"), ("month", "13", "jan"), ("month", "0", "dec"), ("month", "may", "mar"),
    ("month", "1" * 5000, "jan"), ("doi", "10.1000/x", "10.1000/y"), ("url", "https://x.org/a", "https://x.org/b"),
    ("url", "x.org/v", "x.org/v2"), ("author", "Gur, I. and Faust, A.", "Faust, A. and Gur, I."),
    ("author", "Gur, Izzeddin", "Gur, I."), ("title", "The Web", "A Web"), ("note", "a-b", "a b"),
    ("note", "10.1000/X/", "10.1000/X"), ("year", "12", "dec"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "one", "other"), ALIKE)
def test_values_say_the_same_however_they_are_written(name: str, one: str, other: str) -> None:
    assert means_the_same(name, one, other)
    assert means_the_same(name, other, one)


@pytest.mark.parametrize(("name", "one", "other"), UNLIKE)
def test_values_that_say_something_else_are_not_taken_for_the_same(name: str, one: str, other: str) -> None:
    assert not means_the_same(name, one, other)


@pytest.mark.parametrize(
    ("number", "month"), [*enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)]
)
def test_a_month_may_be_a_number(number: int, month: str) -> None:
    assert means_the_same("month", f"{number}", month)
    assert means_the_same("month", f"{number:02}", month)
