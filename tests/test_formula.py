from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from refkit.formula import formulated
from refkit.normalize import only_looks


def shown(title: str) -> str:
    return formulated(title).replace('<span class="formula">', "").replace("</span>", "")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Attention Is All You Need", "Attention Is All You Need"),
        (r"$\mathcal{B}$-Coder", "B-Coder"),
        (r"Align$^2$LLaVA", "Align<sup>2</sup>LLaVA"),
        (
            r"Decay of $B^{0}_{s} \to \mu^+\mu^-$ seen",
            "Decay of B<sup>0</sup><sub>s</sub> →μ<sup>+</sup>μ<sup>-</sup> seen",
        ),
        (r"Bounds of $O(n^{\log n})$", "Bounds of O(n<sup>log n</sup>)"),
        (r"$2^{2^n}$ states", "2<sup>2<sup>n</sup></sup> states"),
        (r"$x_\alpha$ and $\mathbf{y}_1$", "x<sub>α</sub> and y<sub>1</sub>"),
        (r"Schr\"odinger's cat -- again", "Schrödinger&#x27;s cat – again"),
        (r"From $5 to $10 a day", "From $5 to $10 a day"),
        (r"It costs $5 at $\sqrt{s} = 13$ TeV", "It costs $5 at √(s) = 13 TeV"),
        (r"In the $\overline{MS}$ scheme", r"In the <code>$\overline{MS}$</code> scheme"),
        (r"Of $\frac{1}{$ what", r"Of <code>$\frac{1}{$</code> what"),
        (r"<b>$a<b$</b>", "&lt;b&gt;a&lt;b&lt;/b&gt;"),
        (r"$<script>_{<i>}$", "&lt;script&gt;<sub>&lt;i&gt;</sub>"),
        (r"The \(x^2\) of it", "The x<sup>2</sup> of it"),
        (r"$a\quad b$", "a b"),
    ],
)
def test_formulae_can_be_read(title: str, expected: str) -> None:
    assert " ".join(shown(title).split()) == expected


@given(st.text(st.sampled_from("ab <>&\"'$^_{}\\~ π\n") | st.characters(), max_size=40))
def test_whatever_a_title_holds_only_four_elements_come_of_it(title: str) -> None:
    made = html.fromstring(f"<div>{formulated(title)}</div>")
    assert {element.tag for element in made.iterdescendants()} <= {"sup", "sub", "code", "span"}


@given(st.text("ab cé-–", max_size=40))
def test_prose_is_only_trimmed(title: str) -> None:
    assert html.fromstring(f"<div>{formulated(title)}</div>").text_content().split() == title.replace(
        "--", "–"
    ).split() or ("--" in title)


def test_commands_that_only_look() -> None:
    assert only_looks("mathbf")
    assert only_looks("operatorname")
    assert not only_looks("overline")
    assert not only_looks("alpha")
