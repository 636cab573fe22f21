r"""Entry by entry: which letter has which LaTeX form, which command is mathematics, which sign is printed."""

from __future__ import annotations

import unicodedata

import pytest

from refkit.writers.latex import clean, encode

# LaTeX's accents by the combining marks of Unicode (source2e, "NFSS2: output encodings").
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u0309": "h", "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c",
    "\u0328": "k", "\u0331": "b",
}  # fmt: skip
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega "
    "varepsilon vartheta varpi varrho varsigma varphi Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
SIGNS = (
    "times to rightarrow leftarrow leftrightarrow sim simeq approx equiv le leq ge geq ll gg ne neq pm mp cdot infty "
    "ell "
    "hbar partial nabla sum prod int in subset cup cap otimes oplus perp propto prime star ast circ bullet odot wedge "
    "langle rangle"
)


@pytest.mark.parametrize(("mark", "accent"), ACCENTS.items())
@pytest.mark.parametrize("base", "eEzZi")
def test_an_accented_letter_is_a_group_that_begins_with_its_accent(mark: str, accent: str, base: str) -> None:
    letter = "\\i" if base == "i" and unicodedata.combining(mark) == 230 else base
    wanted = f"{{\\{accent}{{{letter}}}}}" if accent.isalpha() else f"{{\\{accent}{letter}}}"
    assert encode(unicodedata.normalize("NFC", base + mark)) == encode(base + mark) == wanted


@pytest.mark.parametrize(
    ("letter", "wanted"),
    [
        ("ḗ", r"{\'{\=e}}"), ("ǭ", r"{\k{\=o}}"), ("ṩ", r"{\d{\.s}}"), ("ñ\u0303", r"{\~{\~n}}"),
        ("j\u0301", r"{\'\j}"),
        ("ǰ", r"{\v{\j}}"), ("ị", r"{\d{i}}"), ("j\u0323", r"{\d{j}}"),
        ("ß", r"{\ss}"), ("ø", r"{\o}"), ("Ł", r"{\L}"), ("æ", r"{\ae}"), ("ı", r"{\i}"), ("©", r"{\textcopyright}"),
        ("¿", r"{\textquestiondown}"), ("»", r"{\guillemotright}"), ("€", r"{\texteuro}"), ("ﬁ", "{fi}"),
        ("∞", r"{\ensuremath{\infty}}"), ("≤", r"{\ensuremath{\leq}}"), ("ℝ", r"{\ensuremath{\mathbb{R}}}"),
        # What TeX cannot set stays: a mark on a sign that is no letter, Cyrillic, phonetic and Chinese letters.
        ("1\u0301", "1\u0301"), ("王\u0301", "王\u0301"), ("q\u0310", "q\u0310"), ("Я", "Я"), ("ə", "ə"), ("ʔ", "ʔ"),
        ("中", "中"), ("𝛼", "𝛼"), ("ư", "ư"),
    ],
)  # fmt: skip
def test_other_letters(letter: str, wanted: str) -> None:
    assert encode(letter) == wanted
    assert encode(f"a{letter}b") == f"a{wanted}b"


@pytest.mark.parametrize(
    ("sign", "wanted"),
    [
        ("\u00a0", "~"), ("\u202f", "~"), ("\u2010", "-"), ("\u2011", "-"), ("–", "--"), ("—", "---"), ("‘", "`"),
        ("’", "'"), ("“", "``"), ("”", "''"), ("…", r"{\ldots}"), ("ħ", r"{\ensuremath{\hbar}}"), ("<", r"{\textless}"),
        (">", r"{\textgreater}"), ("|", r"{\textbar}"),
    ],
)  # fmt: skip
def test_signs_that_tex_writes_in_its_own_way(sign: str, wanted: str) -> None:
    assert encode(f"a{sign}b") == f"a{wanted}b"


@pytest.mark.parametrize("before", "-\u2010\u2011–—")
@pytest.mark.parametrize(("after", "dash"), [("\u2010", "-"), ("\u2011", "-"), ("–", "--"), ("—", "---")])
def test_two_dashes_do_not_become_one(before: str, after: str, dash: str) -> None:
    first = "-" if before == "-" else encode(before)
    assert encode(before + after) == f"{first}{{}}{dash}"
    assert encode(f"a{after}-b") == f"a{dash}{{}}-b"
    assert encode(f"'{after}'`{after}`") == f"'{dash}'`{dash}`"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("'’", "'{}'"), ("’'", "'{}'"), ("’’", "'{}'"), ("”’", "''{}'"), ("’”", "'{}''"), ("'”", "'{}''"),
        ("`‘", "`{}`"), ("‘`", "`{}`"), ("‘‘", "`{}`"), ("“‘", "``{}`"), ("‘“", "`{}``"), ("`“", "`{}``"),
        ("?‘", "?{}`"), ("!‘", "!{}`"), ("?“", "?{}``"), ("!“", "!{}``"),
        ("?’", "?'"), ("!”", "!''"), ("?–", "?--"), (".‘", ".`"), ("’‘", "'`"), ("‘’", "`'"), ("a‘b", "a`b"),
        ("‘é", r"`{\'e}"), ("é’", r"{\'e}'"), ("<<", r"{\textless}{\textless}"), ("ħ'", r"{\ensuremath{\hbar}}'"),
    ],
)  # fmt: skip
def test_two_quotes_become_one_sign_only_where_they_are_one(text: str, wanted: str) -> None:
    assert encode(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$α≤x$", r"${\alpha}{\leq}x$"),
        (r"\(α\)", r"\({\alpha}\)"),
        ("$$α$$", r"$${\alpha}$$"),
        (r"\ensuremath{α}", r"\ensuremath{{\alpha}}"),
        ("$é王$", "$é王$"),  # no signs of mathematics: they stay as they are
        ("$a<b|c>d$ <", r"$a<b|c>d$ {\textless}"),
        ("$ħ$", r"${\hbar}$"),
        (r"$\α$", r"$\α$"),
        (r"\é \< é", r"\é \< {\'e}"),
        (r"\emph{é}", r"\emph{{\'e}}"),
    ],
)
def test_mathematics_and_commands_stay_but_for_greek_letters_in_it(text: str, wanted: str) -> None:
    assert encode(text) == wanted


@pytest.mark.parametrize("name", [*GREEK.split(), *SIGNS.split()])
def test_a_command_of_mathematics_is_put_into_it(name: str) -> None:
    assert clean(f"A \\{name} b") == f"A \\ensuremath{{\\{name}}} b"
    assert clean(f"$\\{name}$ \\{name}x") == f"$\\{name}$ \\{name}x"


@pytest.mark.parametrize("accent", [*"\"'`^~=.", *"bcdhHkrtuv"])
def test_an_accent_over_nothing_gets_a_group_of_its_own(accent: str) -> None:
    alone = r"\^{}" if accent == "^" else f"\\{accent}{{}}"
    assert clean(f"\\{accent}") == alone
    assert clean(f"a \\{accent}, b") == f"a {alone}, b"
    for letter in (" e", "{e}", "\\i", " 1", " é"):
        assert clean(f"\\{accent}{letter}") == f"\\{accent}{letter}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("&", r"\&"), ("%", r"\%"), ("#", r"\#"), ("_", r"\_"), ("$", r"\$"), ("^", r"\^{}"),
        ("\\", r"\textbackslash{}"),
        ("{", r"\textbraceleft{}"), ("}", r"\textbraceright{}"), (r"\{", r"\textbraceleft{}"),
        (r"\}", r"\textbraceright{}"), ("{}", "{}"), (r"\{\}", r"\{\}"),
        (r"} \} {", r"\textbraceright{} \textbraceright{} \textbraceleft{}"),
        ("{{a}", r"\textbraceleft{}{a}"), ("{a}{", r"{a}\textbraceleft{}"), ("{a}}", r"{a}\textbraceright{}"),
        (r"\{ { \{", r"\textbraceleft{} \textbraceleft{} \textbraceleft{}"),
        (r"{ \{ }", r"{ \textbraceleft{} }"), (r"\{ { \}", r"\{ \textbraceleft{} \}"),
        ("~", "~"), ("|", "|"), ("@", "@"), (r"\ x", r"\ x"), ("a_b^c", r"a\_b\^{}c"),
        *[(f"\\{sign}x", f"\\{sign}x") for sign in "&%#_$\"'`^~=.,:;!/@-"],
        *[(f"a\\{sign}b", f"a\\textbackslash{{}}{sign}b") for sign in "1([<|?*+"],
        (r"a\\b", "a b"), (r"\\", ""), (r"\deg", r"\textdegree{}"), (r"\degree", r"\degree"),
        (r"\alphabet", r"\alphabet"),
        (r"\textbf*{x}", r"\textbf*{x}"), (r"a\ ", r"a\textbackslash{}"), (r"$x$\ ", r"$x$\textbackslash{}"),
    ],
)  # fmt: skip
def test_a_sign_that_tex_would_take_for_its_own(text: str, wanted: str) -> None:
    assert clean(text) == wanted
    assert clean(wanted) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$x$", "$x$"), ("$$x$$", "$$x$$"), ("$x$$y$", "$x$$y$"), (r"$\$$", r"$\$$"), (r"$a\$b$", r"$a\$b$"),
        ("$$x", r"\$\$x"), (r"$x\$", r"\$x\$"), ("$ x $", r"\$ x \$"), ("$x $", r"\$x \$"), ("$5$6", r"\$5\$6"),
        ("$x^2 $", "$x^2 $"), ("$ x_2$5", "$ x_2$5"), (r"$\alpha $", r"$\alpha $"),
        ("$a{b$", r"\$a\textbraceleft{}b\$"), ("$a}b$", r"\$a\textbraceright{}b\$"),
        ("$a}{b$", r"\$a\textbraceright{}\textbraceleft{}b\$"),
        (r"$\{x$", r"$\lbrace x$"), (r"$x\}$", r"$x\rbrace $"), (r"$\{x\}$", r"$\{x\}$"),
        (r"$\\{x\\}$", r"$\\ {x\\ }$"), (r"$a\\b$", r"$a\\b$"),
        (r"$a # b % c \# \%$", r"$a \# b \% c \# \%$"),
        (r"\(x\)", r"\(x\)"), (r"\(x", r"\textbackslash{}(x"),
        (r"\({x\)", r"\textbackslash{}(\textbraceleft{}x\textbackslash{})"),
        (r"\ensuremath{x_1}", r"\ensuremath{x_1}"), (r"\ensuremath{x", r"\ensuremath\textbraceleft{}x"),
    ],
)  # fmt: skip
def test_mathematics_stays_where_tex_can_read_it(text: str, wanted: str) -> None:
    assert clean(text) == wanted
    assert clean(wanted) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\x00b\x07c\x7fd\ud800e", "abcde"),
        ("  a \t\n\u00a0b\u2028c\u3000 ", "a b c"),
        ("a\u200bb\ue000c\u00add", "a\u200bb\ue000c\u00add"),  # unseen, but writable: they stay
        ("e\u0301", "é"),
        ("", ""),
        (" ", ""),
    ],
)
def test_a_text_is_one_line_of_letters_that_can_be_written(text: str, wanted: str) -> None:
    assert clean(text) == wanted
