r"""What TeX, BibTeX and readers must be able to take: escapes, mathematics, braces, accents."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.writers.capitals import protect
from refkit.writers.latex import clean, encode

if TYPE_CHECKING:
    from pathlib import Path

TEXISH = st.lists(
    st.sampled_from([*"\\${}&%#_^~<>|@\"'`()[]-:,. abAB19éế王α\u0301\n", r"\emph{", r"\alpha", "$x$", r"\{"]),
    max_size=30,
).map("".join)
ANY = st.one_of(st.text(max_size=40), TEXISH)


def balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall("[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        (r"$\mathcal{B}$-Coder", r"$\mathcal{B}$-Coder"),
        ("Align$^2$LLaVA", "Align$^2$LLaVA"),
        ("Align^2LLaVA", r"Align\^{}2LLaVA"),
        ("Costs of $5 and $10", r"Costs of \$5 and \$10"),
        ("From $20,000 to USD$30,000", r"From \$20,000 to USD\$30,000"),
        ("One $ only", r"One \$ only"),
        (r"The $e^+ e^- $ pair", r"The $e^+ e^- $ pair"),
        (r"A 64$\times$16 block", r"A 64$\times$16 block"),
        (r"Groups $#_r(S)$ of $100%$", r"Groups $\#_r(S)$ of $100\%$"),
        (r"\(X\)-evolve", r"\(X\)-evolve"),
        ("R&D at 50% #1 a_b", r"R\&D at 50\% \#1 a\_b"),
        (r"R\&D at 50\% \#1 a\_b \$3", r"R\&D at 50\% \#1 a\_b \$3"),
        (r"\emph{In vivo} Schr\"odinger", r"\emph{In vivo} Schr\"odinger"),
        ("Galaxies at z~2", "Galaxies at z~2"),
        (r"On {\alpha}-stable and \Delta", r"On {\ensuremath{\alpha}}-stable and \ensuremath{\Delta}"),
        (r"360{\deg} video", r"360{\textdegree{}} video"),
        (r"Surfaces \\and bundles", "Surfaces and bundles"),
        ("Straight-Line Programs\\", r"Straight-Line Programs\textbackslash{}"),
        ("Open { brace", r"Open \textbraceleft{} brace"),
        ("Closed } brace", r"Closed \textbraceright{} brace"),
        (r"Half \{ escaped", r"Half \textbraceleft{} escaped"),
        (r"The set \{a, b\}", r"The set \{a, b\}"),
        (r"$\left\{ x \right.$", r"$\left\lbrace x \right.$"),
        ("{$a} b$", r"{\$a} b\$"),
        ("Two\n  lines\tand\x00 control", "Two lines and control"),
        (r"\é and \1", r"\textbackslash{}é and \textbackslash{}1"),
        (r"Accent \" alone", r"Accent \" alone"),
        (r"Accent at the end \"", r"Accent at the end \"{}"),
        ('Say "hello" @misc{x, y=z}', 'Say "hello" @misc{x, y=z}'),
    ],
)
def test_clean(title: str, wanted: str) -> None:
    assert clean(title) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Rocktäschel", r"Rockt{\"a}schel"),
        ("Schölkopf", r"Sch{\"o}lkopf"),
        ("Taïga", r"Ta{\"\i}ga"),
        ("Łukasz Øster Åse Weiß Æsop Œuvre", r"{\L}ukasz {\O}ster {\r{A}}se Wei{\ss} {\AE}sop {\OE}uvre"),
        ("İşık ığ", r"{\.I}{\c{s}}{\i}k {\i}{\u{g}}"),
        ("Erdős Čech", r"Erd{\H{o}}s {\v{C}}ech"),
        ("Nguyễn", r"Nguy{\~{\^e}}n"),
        ("ế ộ ặ ị", r"{\'{\^e}} {\d{\^o}} {\d{\u{a}}} {\d{i}}"),
        ("Phương", "Phương"),  # LaTeX's horn exists in one Vietnamese font encoding only
        ("m\u0303", r"{\~m}"),
        ("“Why” – isn’t it…", r"``Why'' -- isn't it{\ldots}"),
        ("a -– b –– c ‘‘d’’ ?“e”", "a -{}-- b --{}-- c `{}`d'{}' ?{}``e''"),
        ("α and ℝ", r"{\ensuremath{\alpha}} and {\ensuremath{\mathbb{R}}}"),
        ("$α$-mesons $a^2$", r"${\alpha}$-mesons $a^2$"),
        (r"$\¡$ and $é$", r"$\¡$ and $é$"),
        ("王小明 и Пётр", "王小明 и Пётр"),
        ("p < q | r > s", r"p {\textless} q {\textbar} r {\textgreater} s"),
        (r"\emph{é} \& \'e", r"\emph{{\'e}} \& \'e"),
    ],
)
def test_encode(text: str, wanted: str) -> None:
    assert encode(clean(text)) == wanted


@given(ANY)
def test_whatever_comes_braces_are_balanced_for_every_program(text: str) -> None:
    for result in (clean(text), encode(protect(clean(text)))):
        assert balanced(result)
        assert balanced(re.sub(r"\\[{}]", "", result))
        assert not re.search(r"(?<!\\)(?:\\\\)*\\$", result)
        assert "\n" not in result


@given(ANY)
def test_nothing_is_escaped_twice(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    result = encode(protect(clean(text)))
    assert encode(clean(result)) == result


@given(st.text(st.sampled_from("äöüßøłéèêñçšžőűāăąấềộữḯÅÉŁÑ aBz"), max_size=20))
def test_latin_letters_come_back(text: str) -> None:
    from pylatexenc.latex2text import LatexNodes2Text

    read = LatexNodes2Text().latex_to_text(encode(clean(text)))
    assert unicodedata.normalize("NFC", read) == clean(text)


NASTY = [
    "Align^2LLaVA & 50% of #1 a_b ~ c",
    "Costs $5 and $10 {",
    "} closed \\{ half",
    "trailing \\",
    r"$\left\{ x \right.$ and $#_r(S)$",
    r"On {\alpha}-stable \Delta and 360{\deg} video",
    r"\LaTeX{} and \emph{BERT} Schr\"odinger \"",
    "Rocktäschel Taïga Łódź “x” – α ℝ $α$ p < q",
    r"A 64$\times$16 block $e^+ e^- $",
    r"{\it XMM-Newton} \\ and `x'",
]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
@pytest.mark.parametrize("title", NASTY)
def test_pdflatex_sets_it(title: str, tmp_path: Path) -> None:
    body = encode(protect(clean(title)))
    (tmp_path / "a.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{amssymb}\begin{document}"
        f"{body}.\n\\end{{document}}\n",
        encoding="utf-8",
    )
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert ran.returncode == 0, f"{body}\n{ran.stdout.decode(errors='replace')[-800:]}"
