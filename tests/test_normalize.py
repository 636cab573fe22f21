from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.normalize import before_colon, fold, is_truncated, title_key, to_unicode, without_ellipsis, words

SAME = [
    (r"$\mathcal{B}$-Coder: Value-Based", "B-Coder: Value-Based"),
    ("Align$^2$LLaVA", "Align^2LLaVA"),
    ("Align²LLaVA", "Align^2LLaVA"),
    (r"$\textbf{PLUM}$: Improving", "PLUM: Improving"),
    (r"$ρ$-$\texttt{EOS}$", "rho-EOS"),
    ("A Survey -- of Things", "A survey — of things"),
    ("Multi-modal", "Multimodal"),
    ("Multi modal", "Multimodal"),
    (r"Schr\"odinger", "Schrödinger"),
    ("Schrödinger", "Schrodinger"),
    ("Łojasiewicz", "Lojasiewicz"),
    ("don’t", "don't"),
    ("“Quoted” title", '"Quoted" title'),
    ("50\\% of 50%", "50% of 50 %"),
    ("GROẞ", "gross"),
    ("A  title\n  wrapped", "A title wrapped"),
]
DIFFERENT = [
    ("HelpSteer2", "HelpSteer3"),
    ("Part I", "Part II"),
    ("DINOv2", "DINOv3"),
    ("C++ Parsing", "C Parsing"),
    ("C# Parsing", "C Parsing"),
    ("Numbers of the form $kf(k)$", "Numbers of the form $k+f(k)$"),
    ("Attention Is All You Need", "Attention Is Not All You Need"),
    ("Qwen2-Math", "Qwen2.5-Math"),
    ("alpha", "beta"),
    ("GPT-3.5", "GPT-35"),
    ("C*-algebras", "C-algebras"),
    ("$x > 0$", "$x < 0$"),
    (r"$p \leq 2$", r"$p \geq 2$"),
    ("कल", "कुल"),
    ("ガラス", "カラス"),
    ("май", "маи"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_spellings_of_one_title_share_a_key(left: str, right: str) -> None:
    assert title_key(left) == title_key(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_what_tells_papers_apart_stays_in_the_key(left: str, right: str) -> None:
    assert title_key(left) != title_key(right)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"$\mathcal{B}$-Coder", "B-Coder"),
        ("Align$^2$LLaVA", "Align^2LLaVA"),
        (r"G\"{o}del's \emph{Proof}", "Gödel's Proof"),
        (r"costs \$100 \& more", "costs $100 & more"),
        ("100% of {BERT}", "100% of BERT"),
        (r"$\ell_1$-norm", "ℓ_1-norm"),
        (r"a stray \href", "a stray"),
    ],
)
def test_tex_becomes_text(tex: str, expected: str) -> None:
    assert to_unicode(tex) == expected


@given(st.text(max_size=300))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert title_key(title_key(text)) == title_key(text)


@given(st.text(alphabet="ab$\\{}^_%&#~ '`\"", max_size=60))
def test_any_tex_can_be_read(text: str) -> None:
    assert isinstance(to_unicode(text), str)


@given(st.text(max_size=100))
def test_fold_is_idempotent_and_case_blind(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_words_are_without_punctuation() -> None:
    assert words("Qwen2.5-Math: C++ parsing & C#, what's new?") == (
        "qwen2", "5", "math", "cplusplus", "parsing", "csharp", "what", "s", "new",
    )  # fmt: skip


@pytest.mark.parametrize("end", ["...", "…", " ...", ". . ."])
def test_an_ellipsis_is_seen_and_removed(end: str) -> None:
    assert is_truncated("Attention is all" + end)
    assert without_ellipsis("Attention is all" + end) == "Attention is all"
    assert not is_truncated("Attention is all.")


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("BERT: Pre-training", "BERT"),
        ("BERT - Pre-training", "BERT"),
        ("BERT – Pre-training", "BERT"),
        ("Pre-training", ""),
        ("12:30", ""),
        ("BERT: ", ""),
    ],
)
def test_the_part_before_the_colon(title: str, head: str) -> None:
    assert before_colon(title) == head
