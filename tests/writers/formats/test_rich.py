"""CSL's text with its tags in the other markups: TeX, plain text, Markdown, HTML."""

from __future__ import annotations

import pytest

from refkit.writers.formats.rich import (
    escaped,
    formula,
    markdown_text,
    parts,
    plain,
    symbol,
    to_html,
    to_markdown,
    to_tex,
    without_nocase,
)

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
        ("----", "-{}-{}-{}-"),
        ("it''s", "it'{}'s"),
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
        ("a &lt;i> b", r"a <i> b", "a <i> b", r"a \<i\> b", "a &lt;i&gt; b"),
        ("&#38; &", r"\&\#38; \&", "&#38; &", r"\&\#38; &", "&amp;#38; &amp;"),
        (
            "<sup>a<sub>2</sub></sup>",
            r"\textsuperscript{a\textsubscript{2}}",
            "a₂",
            "<sup>a<sub>2</sub></sup>",
            "<sup>a<sub>2</sub></sup>",
        ),
        (
            "<sub><i>2</i><sup>3</sup>4</sub>5",
            r"\textsubscript{\emph{2}\textsuperscript{3}4}5",
            "₂³₄5",
            "<sub>*2*<sup>3</sup>4</sub>5",
            "<sub><i>2</i><sup>3</sup>4</sub>5",
        ),
        ("<b>a<i>b</i></b>c", r"\textbf{a\emph{b}}c", "abc", "**a*b***c", "<b>a<i>b</i></b>c"),
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
    assert without_nocase(f"{NOCASE}A</span><i>nocase</i>") == "A<i>nocase</i>", "the word is no mark"


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


# TeX's ten special characters, and what TeX or BibTeX would take for something else.
@pytest.mark.parametrize(
    ("sign", "tex"),
    [
        ("&", r"\&"), ("%", r"\%"), ("#", r"\#"), ("_", r"\_"), ("$", r"\$"), ("^", r"\^{}"),
        ("~", r"\textasciitilde{}"), ("\\", r"\textbackslash{}"), ("{", r"\textbraceleft{}"),
        ("}", r"\textbraceright{}"), ("`", r"\textasciigrave{}"), ("\u00a0", "~"),
    ],
)  # fmt: skip
def test_each_sign_of_tex_is_written_as_a_command(sign: str, tex: str) -> None:
    for ascii_only in (True, False):
        assert to_tex(f"4{sign} 5", ascii_only=ascii_only) == f"4{tex} 5"


@pytest.mark.parametrize(
    ("sign", "escaped_"),
    [(sign, f"\\{sign}") for sign in "\\`*_{}[]<>#|~$"] + [(sign, sign) for sign in "&%^-+.!()'\""],
)
def test_each_sign_of_markdown_is_escaped_and_no_other(sign: str, escaped_: str) -> None:
    assert markdown_text(f"4{sign} 5") == f"4{escaped_} 5"


@pytest.mark.parametrize(
    ("tag", "figures", "signs"),
    [("sup", "0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"), ("sub", "0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")],
)
def test_raised_and_lowered_figures_are_those_of_unicode(tag: str, figures: str, signs: str) -> None:
    assert plain(f"x<{tag}>{figures}</{tag}>") == f"x{signs}"
    for figure, sign in zip(figures, signs, strict=True):
        assert plain(f"x<{tag}>{figure}</{tag}>y") == f"x{sign}y"
        assert plain(f"x<{tag}>{figure}k</{tag}>y") == f"x{figure}ky"


@pytest.mark.parametrize(
    ("command", "sign"),
    [
        (r"\textless", "<"), (r"\textgreater", ">"), (r"\textbar", "|"), (r"\textbraceleft", "{"), (r"\slash", "/"),
        (r"\textbraceright", "}"), (r"\textasciicircum", "^"), (r"\textunderscore", "_"), (r"\textdollar", "$"),
        (r"\textperiodcentered", "·"), (r"\copyright", "©"), (r"\pounds", "£"), (r"\S", "§"), (r"\P", "¶"),
        (r"\SS", "ẞ"),
        (r"\LaTeX", "LaTeX"), (r"\TeX", "TeX"), (r"\BibTeX", "BibTeX"), (r"\euro", "€"),
        (r"\alpha", "α"), (r"\ldots", "…"), (r"\o", "ø"), (r"\sin", "sin"),
        (r"\nosuchcommand", ""), (r"\frac", ""), (r"\cite", ""), (r"\backslash", ""), (r"\operatorname*", ""),
    ],
)  # fmt: skip
def test_the_sign_of_a_command(command: str, sign: str) -> None:
    assert symbol(command) == sign


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        (r"$\alpha$", ("", "α")),
        (r"$$\alpha$$", ("", "α")),
        (r"\(\alpha\)", ("", "α")),
        (r"\ensuremath{\alpha}", ("", "α")),
        (r"$ {\alpha} $", ("", "α")),
        (r"$\mathbb{R}$", ("", "ℝ")),
        (r"$\rightarrow$", ("", "→")),
        ("$-$", ("", "−")),
        ("$é$", ("", "é")),
        ("$x$", ("math", "$x$")),
        ("$5$", ("math", "$5$")),
        ("$éa$", ("math", "$éa$")),
        (r"$\sin$", ("math", r"$\sin$")),
        (r"$\nosuchcommand$", ("math", r"$\nosuchcommand$")),
        ("$$", ("math", "")),
        (r"$^\circ$", ("", "°")),
        (r"$^{\circ}$", ("", "°")),
        ("$^2$", ("sup", "2")),
        ("${}^{10}$", ("sup", "10")),
        ("$_{i+1}$", ("sub", "i+1")),
        ("$_i$", ("sub", "i")),
        ("$^{-x}$", ("sup", "-x")),
        ("$^{a_b}$", ("math", "$^{a_b}$")),
        ("$^*$", ("math", "$^*$")),
        ("$a^2$", ("math", "$a^2$")),
        (r"$2{\alpha} {\beta}x$", ("math", "$2α βx$")),
    ],
)  # fmt: skip
def test_a_formula_is_a_sign_a_figure_or_stays_one(tex: str, wanted: tuple[str, str]) -> None:
    assert formula(tex) == wanted


@pytest.mark.parametrize(
    "tex",
    [
        r"$\frac{a}{\beta} x^{\alpha}_{\beta}$",
        r"$\sqrt[3]{\pi} \hat {\gamma}$",
        r"$\dbinom{a}{\beta}$",
        r"$2{\times}3$",
    ],
)
def test_a_letter_that_is_an_argument_keeps_its_braces_and_so_does_an_operator(tex: str) -> None:
    assert formula(tex) == ("math", tex)


@pytest.mark.parametrize(
    ("rich", "wanted"),
    [
        ("", []),
        ("a", [("text", "a")]),
        ("<i>a</i>", [("open", "i"), ("text", "a"), ("close", "i")]),
        ("a<b></b>b", [("text", "a"), ("open", "b"), ("close", "b"), ("text", "b")]),
        (f"{CAPS}a</span>", [("open", "sc"), ("text", "a"), ("close", "sc")]),
        ("<span style='font-variant: small-caps'>a</span>", [("open", "sc"), ("text", "a"), ("close", "sc")]),
        ("<span class='nocase'>a</span>", [("open", "nocase"), ("text", "a"), ("close", "nocase")]),
        ("$x$<sub>1</sub>", [("math", "$x$"), ("open", "sub"), ("text", "1"), ("close", "sub")]),
        (r"\$x$", [("text", r"\$x$")]),
        ("<i>a<sup>b</sup>", [("text", "<i>"), ("text", "a"), ("open", "sup"), ("text", "b"), ("close", "sup")]),
        (f"{CAPS}a", [("text", CAPS), ("text", "a")]),
        (f"a{NOCASE}", [("text", "a"), ("text", NOCASE)]),
        ("a</sub><x>", [("text", "a"), ("text", "</sub>"), ("text", "<x>")]),
        ("&lt;i>&amp;lt;i>&amp;", [("text", "<i>&lt;i>&amp;")]),
    ],
)
def test_the_parts_of_a_text(rich: str, wanted: list[tuple[str, str]]) -> None:
    assert parts(rich) == wanted


def test_literal_tags_are_told_from_tags() -> None:
    assert escaped("<i> & &lt;i> <x>") == "&lt;i> & &amp;lt;i> <x>"
    assert [part.kind for part in parts(escaped("<i>x</i>"))] == ["text"]
