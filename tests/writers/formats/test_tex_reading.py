"""TeX of a .bib file as CSL's text: commands, accents, groups, formulas, and what is no TeX that anybody meant."""

from __future__ import annotations

import pytest

from refkit.writers.formats.tex_reading import from_tex, from_tex_name

SMALL_CAPS = '<span style="font-variant:small-caps;">'


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        # no TeX at all
        ("A  title,\n of <i>owls</i>", "A title, of &lt;i>owls&lt;/i>"),
        ("", ""),
        # braces
        ("{BERT} {a{b}}", "BERT ab"),
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
        ("a  { }\n b\t~", "a b \u00a0"),
        # links and what only sorts
        (r"\url{http://x.org/a_b%20{c}}", "http://x.org/a_b%20{c}"),
        (r"\href{http://x.org}{text} \noopsort{1}T", "text T"),
        (r"a\href{http://x.org} {b}c\noopsort{1} d", "abc d"),
        (r"\url x \url{no {e}nd", "x no end"),
        (r"\href x", "x"),
        # commands that nobody knows
        (r"\foo{a}{b_c} d", r"\foo{a}{b_c} d"),
        (r"\foo c\foo1 \foo", r"\foo{}c\foo{}1 \foo{}"),
        (r"\foo{no end", r"\foo{no end}"),
        (r"\H, x\c", ", x"),
        (r"\foo*{a} \foo* b", r"\foo*{a} \foo*{} b"),
        (r"See \cite{key}, \ref{a}\footnote{b} of \today", r"See \cite{key}, \ref{a}\footnote{b} of \today{}"),
        (r"\sqrt{2} \sin(x)", r"\sqrt{2} sin(x)"),
        # a backslash by itself, and dollars
        (r"\textbackslash{}x \textbackslash 5", r"\textbackslash{}x \5"),
        (r"costs $5", "costs $5"),
        (r"\$5 and \$6", r"\$5 and \$6"),
        (r"\$5 and more", "$5 and more"),
        (r"a\$b\$c $x$", r"a\$b\$c $x$"),
        # formulas
        (r"\ensuremath{\alpha} \ensuremath{x^2} \ensuremath x", "α $x^2$ x"),
        (r"\ensuremath{x_{i}} \alpha{}{\alpha{}b}c", "$x_{i}$ ααbc"),
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


# What LaTeX, its old font switches and BibLaTeX (manual, 4.2.3: \\mkbib...) call each look that CSL has a tag for.
@pytest.mark.parametrize(
    ("commands", "switches", "tag"),
    [
        ("emph textit textsl mkbibemph mkbibitalic", "it em itshape sl", "i"),
        ("textbf mkbibbold", "bf bfseries", "b"),
        ("textsuperscript mkbibsuperscript", "", "sup"),
        ("textsubscript mkbibsubscript", "", "sub"),
        ("textsc", "sc scshape", "sc"),
        ("texttt textrm textsf textup textmd textnormal text mbox hbox", "tt rm sf ttfamily rmfamily sffamily", ""),
    ],
)
def test_each_command_for_a_look_is_its_tag(commands: str, switches: str, tag: str) -> None:
    start = {"": "", "sc": SMALL_CAPS}.get(tag, f"<{tag}>")
    end = {"": "", "sc": "</span>"}.get(tag, f"</{tag}>")
    for name in commands.split():
        assert from_tex(rf"a \{name}{{x y}} b") == f"a {start}x y{end} b"
        assert from_tex_name(rf"a \{name}{{x y}} b") == "a x y b"
    for name in switches.split():
        assert from_tex(rf"a {{\{name} x y}} b") == f"a {start}x y{end} b"


# LaTeX's accents (LaTeX: a document preparation system, table 3.1, and those of its encodings T1 and T5).
@pytest.mark.parametrize(
    ("accent", "letter"),
    [
        ("`", "à"), ("'", "á"), ("^", "â"), ("~", "ã"), ("=", "ā"), ("u", "ă"), (".", "ȧ"), ('"', "ä"), ("h", "ả"),
        ("r", "å"), ("H", "a̋"), ("v", "ǎ"), ("d", "ạ"), ("c", "a̧"), ("k", "ą"), ("b", "a̱"),
    ],
)  # fmt: skip
def test_each_accent_is_set_on_its_letter(accent: str, letter: str) -> None:
    for tex in (rf"\{accent}{{a}}", rf"\{accent} a", rf"{{\{accent}{{a}}}}", rf"\{accent}{{\relax a}}"):
        assert from_tex(f"x{tex}y") == f"x{letter}y"
    assert from_tex_name(rf"\{accent}{{ab}}") == f"{letter}b"


@pytest.mark.parametrize("sign", ["^", "~", "'", "`", '"'])
def test_an_accent_on_nothing_is_printed(sign: str) -> None:
    assert from_tex(rf"a\{sign}{{}}b") == f"a{sign}b"


@pytest.mark.parametrize("command", ["-", "/", "!", "@", "protect ", "relax ", "selectfont "])
def test_commands_that_print_nothing_are_nothing(command: str) -> None:
    assert from_tex(rf"a\{command}b") == "ab"


@pytest.mark.parametrize("command", [" ", ",", ";", ":", "\\", "\n", "\t", "quad ", "qquad ", "thinspace ", "newline "])
def test_commands_for_space_are_a_blank(command: str) -> None:
    assert from_tex(f"a\\{command}b") == "a b"


@pytest.mark.parametrize(
    ("tex", "sign"),
    [("~", "\u00a0"), ("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("`", "‘"), ("?`", "¿"), ("!`", "¡")],
)
def test_what_tex_joins_is_one_sign(tex: str, sign: str) -> None:
    assert from_tex(f"a{tex}b") == from_tex_name(f"a{tex}b") == f"a{sign}b"


@pytest.mark.parametrize("command", ["url", "path", "nolinkurl"])
def test_an_address_is_read_as_it_is_written(command: str) -> None:
    assert from_tex(rf"\{command}{{x.org/~a_b%20--{{c}}}} d") == "x.org/~a_b%20--{c} d"
    assert from_tex(rf"\{command} {{a\}}b}} {{c}}") == r"a\}b c", "a brace behind a backslash closes nothing"


def test_braces_and_commands_are_read_to_a_depth_of_sixty() -> None:
    assert from_tex("{" * 60 + r"\'e" + "}" * 60) == "é"
    assert from_tex("{" * 61 + r"\'e" + "}" * 61) == r"\'e"
    assert from_tex(r"\emph{" * 60 + "xy" + "}" * 60 + "z") == "<i>" * 60 + "xy" + "</i>" * 60 + "z"
    assert from_tex(r"\emph{" * 61 + "xy" + "}" * 61 + "z") == "<i>" * 60 + "xy" + "</i>" * 60 + "z"
    assert from_tex("{x}" + "{" * 61 + r"\'e" + "}" * 61) == r"x\'e"
    assert from_tex(r"\emph{" * 61 + "x" + "}" * 61 + r"\emph{" * 61 + "x") == ("<i>" * 60 + "x" + "</i>" * 60) * 2
    assert from_tex(r"{\'e}" * 100 + r"\emph{x}" * 100) == "é" * 100 + "<i>x</i>" * 100, (
        "those side by side are not deep"
    )


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        ("{BERT} x", '<span class="nocase">BERT</span> x'),
        ("{bert}", "bert"),
        (r"{{\em NASA}}", '<span class="nocase"><i>NASA</i></span>'),
        (r"{\em NASA}", "<i>NASA</i>"),
        (r"{\rm NASA}", "NASA"),
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
        ("\\emph{a\ue010b} {NASA}", "ab NASA"),
        (r"Erd{\H{o}}s", "Erdős"),
        (r"\emph{A}$^2$", "A2"),
        (r"a\textbackslash{}b \$ $x$", "a\\b $ $x$"),
    ],
)
def test_names_have_no_tags(tex: str, wanted: str) -> None:
    assert from_tex_name(tex) == wanted
