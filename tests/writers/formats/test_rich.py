"""CSL's text with its tags in the other markups: TeX, plain text, Markdown, HTML."""

from __future__ import annotations

import pytest

from refkit.writers.formats.rich import escaped, parts, plain, symbol, to_html, to_markdown, to_tex, without_nocase

CAPS = '<span style="font-variant:small-caps;">'
NOCASE = '<span class="nocase">'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-–", "-{}--"),
        ("–-", "--{}-"),
        ("–––", "--{}--{}--"),
        ("a–b—c", "a--b---c"),
        ("--", "-{}-"),
        ("‐‐", "-{}-"),
        ("``", r"\textasciigrave{}\textasciigrave{}"),
        ("‘‘a’’", "`{}`a'{}'"),
        ("‘“a”’", "`{}``a''{}'"),
        ("'’", "'{}'"),
        ("?‘", "?{}`"),
        ("!“", "!{}``"),
        ("it’s", "it's"),
    ],
)
def test_signs_that_tex_would_join_stay_apart(text: str, wanted: str) -> None:
    assert to_tex(text, ascii_only=True) == wanted


@pytest.mark.parametrize(
    ("rich", "tex", "text", "markdown", "html"),
    [
        ("<i>E. coli</i>", r"\emph{E. coli}", "E. coli", "*E. coli*", "<i>E. coli</i>"),
        ("<b>x</b>", r"\textbf{x}", "x", "**x**", "<b>x</b>"),
        ("m<sup>2</sup>", r"m\textsuperscript{2}", "m²", "m<sup>2</sup>", "m<sup>2</sup>"),
        ("CO<sub>2</sub>", r"CO\textsubscript{2}", "CO₂", "CO<sub>2</sub>", "CO<sub>2</sub>"),
        ("x<sup>ab</sup>", r"x\textsuperscript{ab}", "xab", "x<sup>ab</sup>", "x<sup>ab</sup>"),
        ("<sup><i>2</i></sup>", r"\textsuperscript{\emph{2}}", "²", "<sup>*2*</sup>", "<sup><i>2</i></sup>"),
        (f"{CAPS}Nasa</span>", r"\textsc{Nasa}", "Nasa", "Nasa", '<span class="small-caps">Nasa</span>'),
        (f"{NOCASE}NASA</span> x", "{NASA} x", "NASA x", "NASA x", "NASA x"),
        (f"{NOCASE}<i>A</i></span>", r"{{\emph{A}}}", "A", "*A*", "<i>A</i>"),
        ("a<i>b", r"a<i>b", "a<i>b", r"a\<i\>b", "a&lt;i&gt;b"),
        ("a</i>b", r"a</i>b", "a</i>b", r"a\</i\>b", "a&lt;/i&gt;b"),
        ("a</span>b", r"a</span>b", "a</span>b", r"a\</span\>b", "a&lt;/span&gt;b"),
        ("&lt;i>a</i>", r"<i>a</i>", "<i>a</i>", r"\<i\>a\</i\>", "&lt;i&gt;a&lt;/i&gt;"),
        ("a & b_c", r"a \& b\_c", "a & b_c", r"a & b\_c", "a &amp; b_c"),
        (r"costs \$5", r"costs \$5", r"costs \$5", r"costs \$5", "costs $5"),
        ("R&amp;D", r"R\&amp;D", "R&amp;D", r"R\&amp;D", "R&amp;amp;D"),
    ],
)
def test_markup_in_each_target(rich: str, tex: str, text: str, markdown: str, html: str) -> None:
    assert to_tex(rich, ascii_only=False) == tex
    assert plain(rich) == text
    assert to_markdown(rich) == markdown
    assert to_html(rich) == html


def test_a_formula_is_printed_as_far_as_unicode_can_and_stays_tex_for_markdown() -> None:
    rich = r"An $\alpha<1$ bound"
    assert to_html(rich) == 'An <span class="math" title="$\\alpha&lt;1$">α&lt;1</span> bound'
    assert to_markdown(rich) == rich
    assert plain(rich) == rich


@pytest.mark.parametrize("prices", ["from $ 5 to $ 6", "from $5 and $6"])
def test_what_no_program_would_print_as_a_formula_is_money_in_markdown(prices: str) -> None:
    assert to_markdown(prices) == prices.replace("$", r"\$")


def test_marks_of_capitals_go_and_all_else_stays() -> None:
    rich = f"{NOCASE}BERT</span> <i>x</i> {CAPS}a</span> $n$ &lt;i>y</i>"
    assert without_nocase(rich) == f"BERT <i>x</i> {CAPS}a</span> $n$ &lt;i>y&lt;/i>"
    assert without_nocase("no marks <i>x</i>") == "no marks <i>x</i>"


def test_a_tag_closes_only_what_it_can_close() -> None:
    kinds = [part.kind for part in parts(f"<i>a</span>{NOCASE}b</span></i>")]
    assert kinds == ["open", "text", "text", "open", "text", "close", "close"]


def test_capitals_are_kept_where_the_text_marks_none_itself() -> None:
    assert to_tex("A BERT model", ascii_only=False, keep_capitals=True) == "A {BERT} model"
    marked = f"A BERT and a {NOCASE}GPT</span>"
    assert to_tex(marked, ascii_only=False, keep_capitals=True) == "A BERT and a {GPT}"


def test_commands_with_their_arguments_stay_and_lone_braces_are_printed() -> None:
    assert to_tex(r"\foo{a_b} 50% {x", ascii_only=False) == r"\foo{a_b} 50\% \textbraceleft{}x"
    assert to_tex("a\\ b^c~d", ascii_only=False) == r"a\textbackslash{} b\^{}c\textasciitilde{}d"


@pytest.mark.parametrize(
    ("command", "sign"),
    [(r"\textless", "<"), (r"\alpha", "α"), (r"\LaTeX", "LaTeX"), (r"\euro", "€"), (r"\nosuchcommand", "")],
)
def test_the_sign_of_a_command(command: str, sign: str) -> None:
    assert symbol(command) == sign


def test_literal_tags_are_told_from_tags() -> None:
    assert escaped("<i> & &lt;i> <x>") == "&lt;i> & &amp;lt;i> <x>"
    assert [part.kind for part in parts(escaped("<i>x</i>"))] == ["text"]
