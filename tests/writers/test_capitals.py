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
]


@pytest.mark.parametrize(("title", "wanted"), TITLES)
def test_protect(title: str, wanted: str) -> None:
    assert protect(clean(title)) == wanted


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
