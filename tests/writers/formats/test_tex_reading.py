"""TeX of a .bib file as CSL's text: commands, accents, groups, formulas, and what is no TeX that anybody meant."""

from __future__ import annotations

import pytest

from refkit.writers.formats.tex_reading import from_tex, from_tex_name

SMALL_CAPS = '<span style="font-variant:small-caps;">'


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        # emphasis
        (r"\emph{E. coli} \textbf{b} \mkbibemph{c}", "<i>E. coli</i> <b>b</b> <i>c</i>"),
        (r"m\textsuperscript{2} CO\textsubscript{2}", "m<sup>2</sup> CO<sub>2</sub>"),
        (r"{\it foo bar} {\bf x} { \em y}", "<i>foo bar</i> <b>x</b> <i>y</i>"),
        (r"{\sc Nasa}, \textsc{Esa}", f"{SMALL_CAPS}Nasa</span>, {SMALL_CAPS}Esa</span>"),
        (r"{\tt code} {\rm  x} \texttt{a\_b} \mbox{c}", "code x a_b c"),
        (r"\emph x\emph{}", "<i>x</i>"),
        (r"\emph $x$", "$x$"),
        # accents and letters
        (r"\'{e} \'e {\'e} \'\i {\'{\i}}", "é é é íí"),
        (r"\v{c} \c c \u{a} \d{a} \b b \k a \r{a} \H{o}", "č ç ă ạ ḇ ą å ő"),
        (r"\'\ae \ae sop \ae{}sop \O re \ss", "ǽæsop æsop Øre ß"),
        (r"\text\"u", "ü"),
        (r"\^{} \~{} \'{} \`{} \={} \.{} x\c{}", "^ ~ ' ` ¯ ˙ x"),
        (r"\copyright\ 2020 \euro 5 \textquotedblleft x \LaTeX{} y", "© 2020 €5 “x LaTeX y"),
        # signs
        (r"\& \% \# \_ \{ \}", "& % # _ { }"),
        (r"a\-b\/c\@d", "abcd"),
        (r"a\,b\ c\\d\quad e\newline f", "a b c d e f"),
        ("~x~", "\u00a0x\u00a0"),
        ("``a'' `b' a---b--c-d", "“a” ‘b' a—b–c-d"),
        ("?`Que? Hola, ?`que? !`Si!", "¿Que? Hola, ¿que? ¡Si!"),
        (r"\textless i>x", "&lt;i>x"),
        ("{<i>}x</i>", "&lt;i>x&lt;/i>"),
        ("\\emph{a\ue010b}", "<i>ab</i>"),
        # links and what only sorts
        (r"\url{http://x.org/a_b%20{c}}", "http://x.org/a_b%20{c}"),
        (r"\href{http://x.org}{text} \noopsort{1}T", "text T"),
        (r"\url x \url{no end", "x no end"),
        # commands that nobody knows
        (r"\foo{a}{b_c} d", r"\foo{a}{b_c} d"),
        (r"\foo c\foo1 \foo", r"\foo{}c\foo{}1 \foo{}"),
        (r"\foo{no end", r"\foo{no end}"),
        (r"\H, x\c", r"\H{}, x\c{}"),
        # a backslash by itself, and dollars
        (r"\textbackslash{}x \textbackslash 5", r"\textbackslash{}x \5"),
        (r"costs $5", "costs $5"),
        (r"\$5 and \$6", r"\$5 and \$6"),
        (r"\$5 and more", "$5 and more"),
        (r"a\$b\$c $x$", r"a\$b\$c $x$"),
        # formulas
        (r"\ensuremath{\alpha} \ensuremath{x^2} \ensuremath x", "α $x^2$ x"),
        (r"$\alpha$ ${\beta}$ \(x\) $\mathbb{R}$ $-$", "α β $x$ ℝ −"),
        (r"H$_2$O $x^2$ 10$^{-3}$", "H<sub>2</sub>O $x^2$ 10<sup>-3</sup>"),
        (r"5 $^\circ$C $^{\circ}$", "5 °C °"),
        (r"$\frac{\alpha}{2} {\beta}x$", r"$\frac{\alpha}{2} βx$"),
        (r"$x_{\alpha} \hat{\gamma} {\rightarrow}$", r"$x_{\alpha} \hat{\gamma} {\rightarrow}$"),
        ("$$", "$$"),
        # braces without a partner
        ("}a{b}}c", "abc"),
        (r"\emph{no end", "<i>no end</i>"),
        ("{" * 70 + "x" + "}" * 70, "x"),
    ],
)
def test_text(tex: str, wanted: str) -> None:
    assert from_tex(tex) == wanted


def test_commands_in_commands_without_end_are_read_to_some_depth() -> None:
    assert from_tex(r"\emph{" * 70 + "x" + "}" * 70).count("<i>") <= 60
    assert from_tex_name(r"\emph{" * 50 + "x" + "}" * 50) == "x"


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        ("{BERT} x", '<span class="nocase">BERT</span> x'),
        ("{bert}", "bert"),
        (r"{{\em NASA}}", '<span class="nocase"><i>NASA</i></span>'),
        (r"{\em NASA}", "<i>NASA</i>"),
        (r"{\'E}a", "Éa"),
        ("{a {B} C}", 'a <span class="nocase">B</span> C'),
    ],
)
def test_braces_in_titles_keep_capitals(tex: str, wanted: str) -> None:
    assert from_tex(tex, title=True) == wanted


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        ("Plato", "Plato"),
        (r"Erd{\H{o}}s", "Erdős"),
        (r"\emph{A}$^2$", "A2"),
        (r"a\textbackslash{}b \$ $x$", "a\\b $ $x$"),
    ],
)
def test_names_have_no_tags(tex: str, wanted: str) -> None:
    assert from_tex_name(tex) == wanted
