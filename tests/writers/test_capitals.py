"""Which words keep their capitals, by themselves and in the real BibTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from refkit.writers.capitals import protect
from refkit.writers.latex import clean, encode

if TYPE_CHECKING:
    from pathlib import Path

TITLES = [
    ("Do As I Can, Not As I Say", "Do As {I} Can, Not As {I} Say"),
    ("Learning to Navigate the Web", "Learning to Navigate the Web"),
    ("A Survey of RLHF", "A Survey of {RLHF}"),
    ("The MineRL BASALT Competition", "The {MineRL} {BASALT} Competition"),
    ("VoxPoser: Composable 3D Value Maps", "{VoxPoser}: Composable {3D} Value Maps"),
    ("RLHF-based and (GPT-4) Tuning", "{RLHF}-based and ({GPT-4}) Tuning"),
    ("MMMT-IF: A Benchmark", "{MMMT-IF}: A Benchmark"),
    ("Qwen2.5-Math Technical Report", "{Qwen2.5}-Math Technical Report"),
    ("Phi-3, Llama-2 and Mistral-7B", "{Phi-3}, {Llama-2} and {Mistral-7B}"),
    ("Point-3D and Top-K Q-Learning", "Point-{3D} and Top-{K} {Q}-Learning"),
    ("B-Coder: Programs", "{B-Coder}: Programs"),
    ("Self-Judge: Instruction Following", "{Self-Judge}: Instruction Following"),
    ("Value-Driven Quantization", "Value-Driven Quantization"),
    (r"$\mathcal{B}$-Coder: Programs", r"{$\mathcal{B}$-Coder}: Programs"),
    ("Align$^2$LLaVA: Alignment", "{Align$^2$LLaVA}: Alignment"),
    (r"The $\Lambda$ Baryon and $k$-Means", r"The {$\Lambda$} Baryon and $k$-Means"),
    ("Error of O(N) Steps", "Error of {O(N)} Steps"),
    ("LLMs' Use of an LLM's Tools", "{LLMs}' Use of an {LLM}'s Tools"),
    ("C++ and A* Search", "{C++} and {A*} Search"),
    (r"AT\&T Labs", r"{AT\&T} Labs"),
    ("{BERT} and {B}ERT", "{BERT} and {{B}ERT}"),
    (r"{\it XMM-Newton} Data", r"{{\it XMM-Newton}} Data"),
    (r"\emph{BERT} in \LaTeX", r"\emph{BERT} in {{\LaTeX}}"),
    ("THE ART OF THE PROBLEM", "THE ART OF THE PROBLEM"),
    ("On the theory of Markov chains in large spaces", "On the theory of {Markov} chains in large spaces"),
    ("A test of Kullback-Leibler bounds for networks", "A test of {Kullback-Leibler} bounds for networks"),
    (
        "What are human values, and how do we align AI to them?",
        "What are human values, and how do we align {AI} to them?",
    ),
    ("", ""),
    # The first word and one after a sign that ends a sentence begin with a capital anyway.
    ("Learning: A Survey", "Learning: A Survey"),
    (
        "Learning? Markov! Bayes. Wiener – Gauss — Ito - Levy in large spaces of things",
        "Learning? Markov! Bayes. Wiener – Gauss — Ito - Levy in large spaces of things",
    ),
    (
        "Spaces; Markov, Bayes in large spaces of many things",
        "Spaces; {Markov}, {Bayes} in large spaces of many things",
    ),
    # A name before a colon is kept whole if it has a capital inside.
    ("LEarning-Rate: A Survey", "{LEarning-Rate}: A Survey"),
    ("iPhone-x: A Survey", "{iPhone-x}: A Survey"),
    ("(X-Rays): A Survey", "({X-Rays}): A Survey"),
    ("Deep X-Rays: A Survey", "Deep {X}-Rays: A Survey"),
    ("X-Rays; A Survey", "{X}-Rays; A Survey"),
    ("::: X-Rays: A Survey", "::: {X}-Rays: A Survey"),
    # Brackets belong to the word that they stand in.
    ("The (R)evolution of f(X) and g[Y] by O(N", "The (R)evolution of {f(X)} and {g[Y]} by {O(N}"),
    ("Error of f(X), g[Y].", "Error of {f(X)}, {g[Y]}."),
    ("The (RE)volution and [XY]z of (AB)", "The {(RE)volution} and {[XY]z} of ({AB})"),
    ("Worlds of (pre)LLM and a)B(", "Worlds of {(pre)LLM} and {a)B}("),
    # One letter is a name, but for the article; signs behind it are its own.
    ("A Test of A, B and É", "A Test of A, {B} and {É}"),
    ("An A* and C++ or F#, D- and E?", "An {A*} and {C++} or {F\\#}, {D}- and {E}?"),
    # What `'s` and the like stand behind is the word.
    ("I'm, I'd, I'll, I've and ABC's or ABC’s", "{I}'m, {I}'d, {I}'ll, {I}'ve and {ABC}'s or {ABC}’s"),
    ("AB're and AB't but AB'x", "{AB}'re and {AB}'t but {AB'x}"),
    # A number goes with the name before it, and makes one of a word; a dimension does not.
    ("phi-3, Phi-3, Phi-3.5, Phi-3o, Phi-3O, Phi-70B", "phi-3, {Phi-3}, {Phi-3.5}, {Phi-3o}, {Phi-3O}, {Phi-70B}"),
    ("GPT-4-Turbo, Phi-3d, Phi-2D, Phi-10d, Phi-3xy", "{GPT-4}-Turbo, Phi-3d, Phi-{2D}, {Phi-10d}, Phi-3xy"),
    ("Top-k-3 and L2-Norm", "Top-k-3 and {L2}-Norm"),
    ("Mix-Of-3-Up-7", "Mix-{Of-3-Up-7}"),
    # All signs that join words do so alike.
    (
        "The sum-Markov‐Ito‑Levy‒Gauss–Bayes—Wiener/Bell in large spaces of things",
        "The sum-{Markov‐Ito‑Levy‒Gauss–Bayes—Wiener/Bell} in large spaces of things",
    ),
    ("Kullback-Leibler bounds in large spaces of things", "{Kullback-Leibler} bounds in large spaces of things"),
    ("Markov-like bounds in large spaces of things", "Markov-like bounds in large spaces of things"),
    # TeX: groups that begin with a command are lowered by BibTeX, others are safe already.
    (r"On {\it x} and {\it X} or {X y}", r"On {\it x} and {{\it X}} or {X y}"),
    (r"Of \emph{X} and \AA or \aa", r"Of \emph{X} and {{\AA}} or \aa"),
    (r"{\L}ukasz's {\'E}tude and {\'e}tude and \'ETUDE", r"{{\L}ukasz}'s {\'E}tude and {\'e}tude and {{\'ETUDE}}"),
    (r"Of \v{S} and \c C or \'{\i}X", r"Of {{\v{S}}} and {{\c C}} or {{\'{\i}X}}"),
    (r"A~B~CD\ EF", r"A~{B}~{CD}\ {EF}"),
    (r"So AT\&T or B\_C, X\-Y", r"So {AT\&T} or {B\_C}, {X\-Y}"),
    (r"Of $a$ and $A$ or $a$-B", r"Of $a$ and {$A$} or $a$-{B}"),
    (r"{{\it X} {Y}} and {\{Z\}}", r"{{\it X} {Y}} and {{\{Z\}}}"),
    # Small letters alone, or numbers alone, are left.
    (r"a survey of 3 {Things} and {\it others}", r"a survey of 3 {Things} and {\it others}"),
    # A title in capitals has no names that one could tell, but for those in TeX; four words of five are enough.
    ("DO IT NOW", "DO IT NOW"),
    ("DO IT", "{DO} {IT}"),
    ("DO IT NOW OR later", "DO IT NOW OR later"),
    ("DO IT NOW later", "{DO} {IT} {NOW} later"),
    (r"ALL OF $X$ AND \LaTeX AND {\it Y} HERE", r"ALL OF {$X$} AND {{\LaTeX}} AND {{\it Y}} HERE"),
    # What is capitalised in a sentence is a name: words of four letters and more, that are no function words, tell.
    ("The one Two three", "The one {Two} three"),
    ("Of Markov spaces and Their With From Into Upon", "Of Markov spaces and Their With From Into Upon"),
    (
        "Of Markov (spaces) and `things', B2b C3 Xy2z Abcd2 in large “words”",
        "Of {Markov} (spaces) and `things', {B2b} {C3} {Xy2z} {Abcd2} in large “words”",
    ),
]


@pytest.mark.parametrize(("title", "wanted"), TITLES)
def test_protect(title: str, wanted: str) -> None:
    assert protect(clean(title)) == wanted


@pytest.mark.parametrize(("capitals", "wanted"), [(0, "Word"), (6, "{Word}"), (7, "Word"), (20, "Word")])
def test_a_title_is_a_sentence_where_less_than_35_of_100_words_have_capitals(capitals: int, wanted: str) -> None:
    words = ["Word"] * capitals + ["word"] * (20 - capitals)
    title = " ".join(["First", *words])
    assert protect(title) == title.replace("Word", wanted)


def test_a_group_that_is_not_closed_goes_to_the_end() -> None:
    assert protect("A {Sum of LLMs") == "A {Sum of LLMs"


@pytest.mark.skipif(not shutil.which("bibtex"), reason="the program bibtex is not installed")
def test_bibtex_prints_the_capitals(tmp_path: Path) -> None:
    titles = [
        (r"$\mathcal{B}$-Coder: Value-Based Learning", r"$\mathcal{B}$-Coder: Value-based learning"),
        ("Do As I Can, Not As I Say", "Do as I can, not as I say"),
        ("Align$^2$LLaVA and a GPT-4 Judge", "Align$^2$LLaVA and a GPT-4 judge"),
        (r"{\it XMM-Newton} and \LaTeX in Ångström", r"\it XMM-Newton and \LaTeX in \r{a}ngstr\"om"),
        (r"\#MeToo, ℝ and $\Lambda$", r"\#MeToo, \ensuremath\mathbb R and $\Lambda$"),
        ("The theory of Markov chains in spaces", "The theory of Markov chains in spaces"),
    ]
    entries = [
        f"@misc{{k{n}, title = {{{encode(protect(clean(t)))}}}, key = {{k}}}}" for n, (t, _) in enumerate(titles)
    ]
    (tmp_path / "r.bib").write_text("\n".join(entries), encoding="utf-8")
    (tmp_path / "t.aux").write_text("\\citation{*}\n\\bibstyle{plain}\n\\bibdata{r}\n", encoding="utf-8")
    subprocess.run(["bibtex", "t"], cwd=tmp_path, check=True, capture_output=True)
    printed = re.sub(r"[{}\s]", "", (tmp_path / "t.bbl").read_text(encoding="utf-8"))
    for _, wanted in titles:
        assert re.sub(r"[{}\s]", "", wanted) in printed
