"""Each rule finds what it is for, is silent on what is right, and mends without changing a meaning."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.checking import fixed
from refkit.writers.bib_file import BibFile
from refkit.writers.bib_lint import lint
from refkit.writers.bib_rules import RULES

YEAR = 2026
GOOD = """% refs
@string{jmlr = {Journal of Machine Learning Research}}
@article{good2020,
  title = {Fast \\& Slow {ResNet}s of Order $a_b$},
  author = {Smith, John and van der Berg, Ada and {CMS Collaboration} and others},
  journal = jmlr, year = 2020, month = jan, pages = {12--34}, doi = {10.1000/a_b},
  url = {https://x.org/a_b?c=1&d=2},
}
@misc{pre, title = {A Preprint}, author = {M{\\"u}ller, A.}, eprint = {1812.09195}, archivePrefix = {arXiv},
  year = {2018}}
@inproceedings{in2021, title = {T}, author = {B, C}, crossref = {proc2021}}
@proceedings{proc2021, title = {Proceedings}, year = {2021}, month = jul # {~4}}
@online{o, title = {A Page}, url = {https://x.org}, date = {2020-01}}
@comment{@misc{no, title = {}}}
"""


def found(text: str) -> list[tuple[str, str]]:
    return [(each.rule, each.key) for each in lint(BibFile.parse(text.encode(), "refs.bib"), this_year=YEAR)]


def messages(text: str) -> list[str]:
    return [each.message for each in lint(BibFile.parse(text.encode(), "refs.bib"), this_year=YEAR)]


def places(text: str) -> list[tuple[str, str]]:
    """Return the findings with the first eight characters of what they point at."""
    told = lint(BibFile.parse(text.encode(), "refs.bib"), this_year=YEAR)
    return [(each.rule, text[each.place : each.place + 8]) for each in told]


def mended(text: str) -> str:
    return fixed(BibFile.parse(text.encode(), "x"), this_year=YEAR, rules=set(RULES))


def test_a_good_file_has_nothing_wrong() -> None:
    assert found(GOOD) == []


CASES = [
    ("@misc{a, title = {never closed\n", "broken-entry"),
    ("@misc{a, title = {T}}\n}\n", "stray-brace"),
    ("@misc{a, title={T}}\n@misc{A, title={U}}", "duplicate-key"),
    ("@misc{a, title={T}, eprint={1812.09195}}\n@misc{b, title={U}, eprint={1812.09195}}", "duplicate-entry"),
    ("@misc{, title={T}}", "bad-key"),
    ("@misc{a b, title={T}}", "bad-key"),
    ("@misc{a, title={T}, Title={U}}", "duplicate-field"),
    ("@misc{a, title={T}, note={ }}", "empty-field"),
    ("@article{a, title={T}, author={B, C}, year=2000}", "missing-field"),
    ("@foo{a, title={T}}", "unknown-type"),
    ("@misc{a, title={T}, year={20x1}}", "impossible-year"),
    ("@misc{a, title={T}, year={2031}}", "impossible-year"),
    ("@misc{a, title={T}, year={2028}}", "impossible-year"),
    ("@misc{a, title={T}, year={1399}}", "impossible-year"),
    ("@misc{a, title={T}, year={soon}}", "impossible-year"),
    ("@misc{a, title={T}, month={March}}", "impossible-month"),
    ("@misc{a, title={T}, month={13}}", "impossible-month"),
    ("@misc{a, title={T}, month={0}}", "impossible-month"),
    ("@misc{a, title={T}, month={\u00b2}}", "impossible-month"),
    (f"@misc{{a, title={{T}}, month={{{'1' * 5000}}}}}", "impossible-month"),
    ("@misc{a, title={T}, month=February}\n@string{February={F}}", "impossible-month"),
    ("@misc{a, title={T}, doi={11.1000/x}}", "bad-doi"),
    ("@misc{a, title={T}, doi={10.1000/x, 10.1000/y}}", "bad-doi"),
    ("@misc{a, title={T}, doi={https://doi.org/10.1000/x}}", "http-doi"),
    ("@misc{a, title={T}, eprint={1813.09195}, archivePrefix={arXiv}}", "bad-arxiv-id"),
    ("@misc{a, title={T}, eprint={Smith}, archivePrefix={arXiv}}", "bad-arxiv-id"),
    ("@misc{a, title={T}, eprint={1812.09195v2}, archivePrefix={arXiv}}", "arxiv-version"),
    ("@misc{a, title={T}, eprint={arXiv:1812.09195v2}, eprinttype={arxiv}}", "arxiv-version"),
    ("@misc{a, title={T}, url={www.x.org}}", "bad-url"),
    ("@misc{a, title={T}, url={https://x.org/a b}}", "bad-url"),
    ("@misc{a, title={T}, pages={34--12}}", "bad-pages"),
    ("@misc{a, title={T}, pages={12-34}}", "page-dash"),
    ("@misc{a, title={T}, note=nobody # { x}}", "undefined-string"),
    ("@string{a = nobody # { x}}", "undefined-string"),
    ("@misc{a, title={T}, crossref={b}}", "cross-reference"),
    ("@misc{a, title={T}, xref={b}}", "cross-reference"),
    ("@misc{a, title={T}, xdata={a, b}}", "cross-reference"),
    ("@misc{a, title={SchrÃ¶dinger}}", "encoding"),
    ("@misc{a, title={Schr\ufffddinger}}", "encoding"),
    ("@misc{a, title={T}, author={Smith, J; Doe, A}}", "name"),
    ("@misc{a, title={T}, author={Smith, J and Doe, A et al.}}", "name"),
    ("@misc{a, title={T}, author={A, B, C, D}}", "name"),
    ("@misc{a, title={T}, editor={A, B, C, D}}", "name"),
    ("@misc{a, title={T}, author={A {B, C}, D, E, F}}", "name"),
    ("@misc{a, title={T}, author={and Doe, A}}", "name"),
    ("@misc{a, title={T}, author={Doe, A and}}", "name"),
    ("@misc{a, title={T}, author={Doe, A and and Roe, B}}", "name"),
    ("@misc{a, title={Fast & Slow}}", "unescaped"),
    ("@misc{a, title={100% Slow}}", "unescaped"),
    ("@misc{a, title={A {\\_b\\_} c_d}}", "unescaped"),
    *(
        (f"@misc{{a, title={{T}}, {name}={{B & C}}}}", "unescaped")
        for name in "subtitle booktitle journal journaltitle publisher series school institution".split()
    ),
    ("@string{s={S}}\n@misc{a, title={A & B}, booktitle=s # {& C}, note={N & M}}", "unescaped"),
    ("@misc{a, title={A VERY LOUD TITLE}}", "title-capitals"),
    ("@misc{a, title={ABCD EFGH IJKL}}", "title-capitals"),
    ("@article{a, title={T}, author={B, C}, year=2000, journal={arXiv preprint arXiv:1}}", "preprint-as-article"),
    ("@article{a, title={T}, author={B, C}, date=2000, journaltitle={arXiv}}", "preprint-as-article"),
    ("@article{a, title={T}, author={B, C}, date=2000, eprint={1812.09195}}", "preprint-as-article"),
]


# What the manuals of BibTeX (btxdoc) and BibLaTeX (2.1) call required, for an entry that has nothing but a note.
NEEDS = {
    "article": "author, title, journal or journaltitle, year or date",
    "book mvbook inbook": "author or editor, title, year or date",
    "booklet manual": "title",
    "incollection inproceedings conference": "author, title, booktitle, year or date",
    "proceedings collection": "title, year or date",
    "mastersthesis phdthesis": "author, title, school or institution, year or date",
    "thesis": "author, title, institution or school, year or date",
    "techreport report": "author, title, institution, year or date",
    "online": "title, url or doi or eprint",
}


@pytest.mark.parametrize(("kinds", "needed"), NEEDS.items())
def test_what_an_entry_needs(kinds: str, needed: str) -> None:
    for kind in kinds.split():
        assert messages(f"@{kind}{{a, note={{N}}}}") == [f"@{kind} needs {each}" for each in needed.split(", ")]


@pytest.mark.parametrize(
    ("entry", "needed"),
    [
        ("@misc{a, author={B, C}}", ["@misc needs title or howpublished or url or note"]),
        ("@misc{a, howpublished={H}}", []),
        ("@misc{a, url={https://x.org}}", []),
        ("@unpublished{a, author={B, C}, title={T}}", ["@unpublished needs note or date or year"]),
        ("@unpublished{a, author={B, C}, title={T}, note={N}}", []),
        ("@unpublished{a, title={T}, year=2000}", ["@unpublished needs author"]),
        ("@unpublished{a, author={B, C}, date=2000}", ["@unpublished needs title"]),
        ("@online{a, title={T}, eprint={x}, eprinttype={hdl}}", []),
        ("@online{a, title={T}, doi={10.1000/x}}", []),
        ("@patent{a}", []),
        ("@audio{a}", []),
    ],
)
def test_of_some_fields_one_is_enough(entry: str, needed: list[str]) -> None:
    assert messages(entry) == needed


FINE = [
    "@misc{a, title={T}}\n% a brace } in a comment\n@misc{b, title={U}}",
    r"@misc{a, title={On \cite[p.~2]{smith_2000} and \ref{a_b}, \verb|x_y|}}",
    r"@misc{a, title={The \(a_b\), \[c_d\], $$e_f & g$$ and \ensuremath{x_{1_2}} of \ce{H_2O}}}",
    r"@misc{a, title={\begin{array}{c}a & b_c\end{array}}}",
    "@misc{a, title={T%\n}}",
    '@misc{a, title="A" # " & B"}',
    "@misc{a, title={T}, month={Summer}}\n@misc{b, title={U}, month={3rd Quarter}}",
    "@misc{a, title={T}, month=may}\n@misc{b, title={U}, month=May}",
    "@misc{a, title={T}, month={1}}\n@misc{b, title={U}, month={12}}\n@misc{c, title={V}, month={08}}",
    "@string{m={mar}}\n@misc{a, title={T}, month=m}",
    "@misc{a, title={T}, year={1400}}\n@misc{b, title={U}, year={2027}}\n@misc{c, title={V}, year={c. 1850}}",
    *(f"@misc{{a, title={{T}}, year={{{year}}}}}" for year in ("in press", "To appear", "submitted", "n.d.", "n. d.")),
    "@misc{a, title={T}, pages={12-3}}",
    "@misc{a, title={T}, pages={12-12}}\n@misc{b, title={U}, pages={12--12}}\n@misc{c, title={V}, pages={100--99}}",
    f"@misc{{a, title={{T}}, pages={{{'2' * 5000}-{'1' * 5000}}}}}",
    "@misc{a, title={T}, pages={12–34}}\n@misc{b, title={U}, pages={e12}}",
    "@string{jmlr={J}}\n@misc{a, title={T}, note=JMLR}\n@misc{b, title={U}, note=DEC # { 24}}",
    "@string{my_title={T}}\n@misc{a, title=my_title, publisher=my_title # { & Co}}",
    "@misc{a, title={T}, eprint={1/2v3}, eprinttype={hdl}}\n@misc{b, title={U}, eprint={1812.09195v3}}",
    "@misc{a, title={T}, eprint={https://arxiv.org/abs/1812.09195v2}, archivePrefix={arXiv}}",
    "@misc{a, title={T}, url={mailto:a@x.org}}\n@misc{b, title={U}, url={\\url{HTTPS://x.org}}}",
    "@misc{a, title={ABCD EFGH IJK}}\n@misc{b, title={ABCDEFG HIJKLMN}}\n@misc{c, title={ABCD EFGH IJKl}}",
    "@misc{a, title={T}, author={Smith, Jr, John and M&uuml;ller, A and {X; Y}}}",
    "@misc{a, title={T}, author={Etal, B and Alet Al, C}}",
    "@misc{a, title={T}, xref={P, b}}\n@misc{p, title={U}}\n@misc{B, title={V}}",
    "@misc{x, title={T}, crossref={P}}\n@book{p}",
    "@misc{x, title={T}, xdata={P, q}}\n@book{p}\n@article{Q}",
    "@misc{a, title={T}, journal={arXiv}}",
    "@article{a, title={T}, author={B, C}, journal={J}, year=2000, eprint={1812.09195}, archivePrefix={arXiv}}",
    "@misc{a, title={T}, editor={Campbell {(Beloit, College Ave, WI, USA)} and {Barnes and Noble, Inc., Ltd., Co.}}}",
    "@misc{p, title={U}, ids={q, r}}\n@misc{a, title={T}, crossref={q}}",
    "@article{p, journal={J}, year=2000}\n@article{a, title={T}, author={B, C}, crossref={p}}",
    "@misc{a, note={See there}}",
    "@misc{a, title={T}, crossref={p}, organization={}}\n@misc{p, title={U}}",
    "@misc{a, title={Calendar}, author={X, Y}, year=1998}\n@misc{b, title={Calendar}, author={X, Y}, year=2000}",
    "@misc{a, title={News}, author={X, Y}, pages={1}}\n@misc{b, title={News}, author={X, Y}, pages={9}}",
]


@pytest.mark.parametrize("text", FINE)
def test_what_files_of_others_rightly_have_is_let_be(text: str) -> None:
    assert found(text) == []
    assert fixed(BibFile.parse(text.encode(), "x"), this_year=YEAR, rules=set(RULES)) == text


def test_a_preprint_and_its_paper_are_one_whatever_their_years() -> None:
    preprint = "@misc{a, title={Deep Things}, author={X, Y}, eprint={1812.09195}, archivePrefix={arXiv}, year=2018}"
    paper = "@inproceedings{b, title={Deep Things}, author={X, Y}, booktitle={P}, pages={3--9}, year=2020}"
    assert found(f"{preprint}\n{paper}") == [("duplicate-entry", "b")]


def test_the_second_of_two_like_ones_is_found_behind_an_unlike_one() -> None:
    years = "\n".join(
        f"@misc{{k{n}, title={{News}}, author={{X, Y}}, year={y}}}" for n, y in enumerate((1998, 2000, 2000))
    )
    assert found(years) == [("duplicate-entry", "k2")]


def test_of_two_fields_of_a_name_none_is_removed() -> None:
    text = "@misc{a, title={T}, note={}, note={x}}"
    assert fixed(BibFile.parse(text.encode(), "x"), this_year=YEAR, rules=set(RULES)) == text


@pytest.mark.parametrize(("text", "rule"), CASES)
def test_a_rule_finds_what_it_is_for_and_nothing_else(text: str, rule: str) -> None:
    assert {name for name, _ in found(text)} == {rule}


def test_every_rule_is_tried_here_or_with_records() -> None:
    assert set(RULES) - {rule for _, rule in CASES} == {"wrong-id", "published-version"}


@pytest.mark.parametrize(
    "comment", ["% refkit: ignore unescaped", "% refkit: ignore", "%  refkit: ignore name, unescaped"]
)
def test_a_comment_silences_the_entry_behind_it(comment: str) -> None:
    entry = "@misc{a, title={Fast & Slow}}\n"
    assert found(f"{comment}\n{entry}") == []
    assert found(f"% refkit: ignore name\n{entry}") == [("unescaped", "a")]
    assert found(f"{comment}\n@misc{{b, title={{T}}}}\n{entry}") == [("unescaped", "a")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('@misc{a, title="Fast & Slow", month={March}}', '@misc{a, title="Fast \\& Slow", month=mar}'),
        ("@misc{a, title={T}, doi={http://dx.doi.org/10.1000/x}}", "@misc{a, title={T}, doi={10.1000/x}}"),
        ("@misc{a, title={T}, pages={12-34}, note={}}", "@misc{a, title={T}, pages={12--34}}"),
        ("@misc{a, title={SchrÃ¶dinger}}", "@misc{a, title={Schrödinger}}"),
        ("@misc{a,\r\n  note = {},\r\n  title = {T}\r\n}", "@misc{a,\r\n  title = {T}\r\n}"),
        ("@misc{a\n, title={T}\n, note={}\n, year=2000}", "@misc{a\n, title={T}\n, year=2000}"),
        ('@misc{a, title={A & B_c}, pages="12-34"}', '@misc{a, title={A \\& B\\_c}, pages="12--34"}'),
        ("@misc{a, title={A $x_1$ & B}, month={sep}}", "@misc{a, title={A $x_1$ \\& B}, month=sep}"),
        (
            "@misc{a, title={T}, eprint={1812.09195v2}, archivePrefix={arXiv}}",
            "@misc{a, title={T}, eprint={1812.09195}, archivePrefix={arXiv}}",
        ),
        ("@misc{a, title={It\u00e2\u20ac\u2122s}}", "@misc{a, title={It\u2019s}}"),
    ],
)
def test_what_is_safe_is_mended_and_all_else_stays(before: str, after: str) -> None:
    assert fixed(BibFile.parse(before.encode(), "x"), this_year=YEAR, rules=set(RULES)) == after


@pytest.mark.parametrize(
    "text",
    [
        "@misc{a, title={T}, year={20x1}}",
        "@misc{a, title={T},, note={}}",
        "@misc{a, title={T}, % why not\n note={}}",
        "@misc{a, title={Schr\u00c3\u00b6dinger \u4e2d}}",
        "@misc{a, title={Schr\u00c3\u00b6dinger \u00c3\u2018\u0152}}",
    ],
)
def test_what_nobody_can_mend_for_sure_is_told_and_stays(text: str) -> None:
    assert len(found(text)) == 1
    assert mended(text) == text


MONTHS = "January February March April May June July August September October November December"


@pytest.mark.parametrize("month", MONTHS.split())
def test_a_month_is_written_with_its_macro(month: str) -> None:
    for value in (f"{{{month}}}", f'"{month.upper()}"', f"{{{month[:3]}.}}"):
        assert (
            mended(f"@misc{{a, title={{T}}, month={value}}}") == f"@misc{{a, title={{T}}, month={month[:3].lower()}}}"
        )


@pytest.mark.parametrize(
    "kind",
    # BibLaTeX's manual, 2.1.1 to 2.1.3, without those that need something
    "set xdata mvcollection mvproceedings mvreference reference inreference suppbook suppcollection suppperiodical "
    "periodical patent dataset software bookinbook electronic www artwork audio bibnote commentary image jurisdiction "
    "legislation legal letter movie music performance review standard video customa customb customc customd custome "
    "customf".split(),
)
def test_types_that_need_nothing_are_known(kind: str) -> None:
    assert found(f"@{kind}{{a, note={{N}}}}") == []


@pytest.mark.parametrize(
    ("entry", "lacks"),
    [
        ("@article{a, crossref={p}}", ["title"]),
        ("@inproceedings{a, xdata={p}}", ["title"]),
        ("@book{a, title={T}, crossref={p}}", []),
        ("@techreport{a, crossref={p}}", ["title", "institution"]),
        ("@phdthesis{a, crossref={p}}", ["title", "school or institution"]),
        ("@book{a, title={T}, xref={p}}", ["author or editor", "year or date"]),
    ],
)
def test_what_another_entry_says_is_not_lacking(entry: str, lacks: list[str]) -> None:
    kind = entry[: entry.index("{")]
    assert messages(entry + "\n@misc{p, title={P}}") == [f"{kind} needs {each}" for each in lacks]


def test_a_preprint_is_told_as_that_and_lacks_the_rest() -> None:
    text = "@article{a, title={T}, author={B, C}, eprint={1812.09195}}"
    assert found(text) == [("missing-field", "a"), ("preprint-as-article", "a")]
    assert messages(text)[0] == "@article needs year or date"


def test_an_entry_that_is_only_named_needs_what_others_need() -> None:
    assert found("@misc{a, title={T}, xref={b}}\n@online{b, title={U}}") == [("missing-field", "b")]


def test_findings_stand_in_the_order_of_the_text_each_at_its_place() -> None:
    text = (
        "@misc{a b, title={A & B}, Year={20x1}}\n}\n@misc{, title={T\ufffd}}\n@misc{c, title={T}, note={}}\n"
        "@misc{C, title={U}, note={1}, NOTE={2}, Note={3}, xref={z}}\n@misc{c, title={V}, doi={1}, url={2}}\n"
        "@misc{d, title={ A }, note={x} # nobody, pages={2-1}}\n@misc{e, title={x\n"
    )
    assert places(text) == [
        ("bad-key", "a b, tit"),
        ("unescaped", "title={A"),
        ("impossible-year", "Year={20"),
        ("stray-brace", "\n}\n@misc"),
        ("bad-key", "@misc{, "),
        ("encoding", "\ufffd}}\n@mis"),
        ("empty-field", "note={}}"),
        ("duplicate-key", "C, title"),
        ("duplicate-field", "NOTE={2}"),
        ("duplicate-field", "Note={3}"),
        ("cross-reference", "xref={z}"),
        ("duplicate-key", "c, title"),
        ("bad-doi", "doi={1},"),
        ("bad-url", "url={2}}"),
        ("undefined-string", "note={x}"),
        ("bad-pages", "pages={2"),
        ("broken-entry", "@misc{e,"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@misc{a,title={T}}\n@misc{A,title={U}}",
         "the key A stands in line 1 too, there written a; rename one of them"),
        ("@misc{a,title={T}}\n@misc{a,title={U}}", "the key a stands in line 1 too; rename one of them"),
        ("@misc{a,title={x\x07}}", "the character U+0007 stands for a lost letter; put the right one there"),
        ("@misc{a,title={T},month={May}}", "write the month 'May' as may, without braces"),
        ("@misc{a,title={A_B & C}}", "title: TeX takes &, _ for a command; write \\_"),
        ("@misc{a,title={T},url={a b}}", "the URL 'a b' has blanks in it"),
        ("@misc{a,title={T},url={ab}}", "the URL 'ab' has no scheme like https:"),
        ("@misc{a,title={T},xdata={b, c}}\n@misc{b,note={N}}", "xdata names c, which is no entry of this file"),
        ("@misc{a,title={T},doi={doi: 10.1/x}}", "'doi: 10.1/x' is no DOI; one begins with 10. and has a slash"),
        ("@misc{a,title={T},doi={doi: 10.1000/x}}", "write the DOI without a link: 10.1000/x"),
        ("@misc{a,title={T},year={2040}}", "the year 2040 cannot be"),
        ("@misc{a,title={T},year={x}}", "the year 'x' is none"),
        ("@misc{a,title={T},editor={A et al.}}", 'editor: write "and others" instead of "et al."'),
        ("@misc{a,title={T},author={A and A,B,C,D and E,F,G,H}}",
         "author: 'A,B,C,D' has too many commas; names are parted by \" and \""),
        ("@foo{a,title={T}}", "@foo is no type of BibTeX or BibLaTeX; styles take it for @misc"),
        ("@misc{a,title={T}}\n@misc{b,title=tt}",
         "no @string defines tt, so title says nothing there; define it, or put it in braces"),
        (f"@misc{{a,title={{Ã¶{'x' * 80}}}}}", "title has letters of a wrong encoding: {Ã¶" + "x" * 57),
    ],
)  # fmt: skip
def test_what_is_said(text: str, message: str) -> None:
    assert messages(text) == [message]


def test_what_a_file_beside_it_defines_may_be_referred_to() -> None:
    file = BibFile("@misc{a, title={T}, note=jmlr, crossref={P}}", "a.bib")
    beside = BibFile("@string{jmlr={J}}\n@book{p}", "b.bib")
    assert {each.rule for each in lint(file, this_year=YEAR)} == {"undefined-string", "cross-reference"}
    assert lint(file, this_year=YEAR, beside=[beside]) == []
    assert {each.rule for each in lint(beside, this_year=YEAR)} == {"missing-field"}
    assert lint(beside, this_year=YEAR, beside=[file]) == []


@pytest.mark.parametrize(
    "text",
    [
        "% refkit: ignore\n\n@misc{a, title={A & B}}",
        "@misc{b, title={T}}\n% refkit: ignore\n@misc{a, title={A & B}}",
        "% REFKIT:ignore unescaped\n@misc{a, title={A & B}}",
    ],
)
def test_the_comment_is_the_last_line_that_says_anything(text: str) -> None:
    assert found(text) == []
    assert found(text.replace("@misc{a", "% another remark\n@misc{a")) == [("unescaped", "a")]


PIECES = st.sampled_from(
    ["@misc{a,", "@misc{A ,", "title={x & y_z},", 'note="",', "pages={1-2}", "month={May},", "doi={doi:10.1000/x},",
     "}\n", "eprint={1812.09195v3},archivePrefix={arXiv},", "%", "\r\n", "Ã©", "{", ",", "note={},"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_mending_twice_is_mending_once(text: str) -> None:
    file = BibFile.parse(text.encode(), "x")
    once = fixed(file, this_year=YEAR, rules=set(RULES))
    again = BibFile.parse(once.encode(), "x")
    assert fixed(again, this_year=YEAR, rules=set(RULES)) == once
    assert [(each.kind, each.key) for each in again.blocks if each.kind != "text"] == [
        (each.kind, each.key) for each in file.blocks if each.kind != "text"
    ]
