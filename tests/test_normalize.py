from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from refkit import normalize
from refkit.normalize import (
    before_colon,
    fold,
    is_truncated,
    spoken_words,
    title_key,
    to_unicode,
    without_ellipsis,
    words,
)

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


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_ascii_titles_have_the_words_that_the_long_way_finds(title: str) -> None:
    assert words(title) == normalize._words_of_any.__wrapped__(title)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_running_text_in_ascii_has_the_words_that_the_long_way_finds(text: str) -> None:
    assert spoken_words(text) == normalize._TOKEN.findall(fold(to_unicode(text)))


def test_running_text_has_no_words_for_signs() -> None:
    assert spoken_words("C++ & $x$ > 1*, Gödel's \\alpha") == ["c", "x", "1", "godel", "s", "alpha"]


def test_nothing_that_is_remembered_grows_without_end() -> None:
    remembering = [each for each in vars(normalize).values() if hasattr(each, "cache_parameters")]
    assert remembering
    assert all(0 < each.cache_parameters()["maxsize"] <= 8192 for each in remembering)


def test_threads_read_titles_side_by_side() -> None:
    titles = [rf"The {number}th $\alpha_{{{number}}}$-Erd\H{{o}}s problem \href{{x}}" for number in range(40)]
    alone = [title_key(title) for title in titles]
    normalize._words_of_any.cache_clear()
    normalize._convert_piece.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(title_key, titles * 4)) == alone * 4


# What the pieces of a title are made of, and what makes their ends doubtful.
TEX = (
    r"$ { } \ \' \" \c \v \H \i \l \alpha \to \bar \sqrt \frac \verb \( \[ \% \_ \$ \{ [ ] | * ~ -- ` ' _ ! é a".split()
)


@given(st.lists(st.sampled_from([*TEX, " ", "\n\n", "$x$", "{\\'e}"]), max_size=16).map("".join))
@example(r"\'el\'ements {\alpha}, {\'e} and $\sqrt{s}$ -- \o re")
@example(r"$a\bar$ b $x$ c")
@example(r"Sk\l odowska")
@example("\\beta \n\n odd")
@example("{\\omega\\[$\\i$}")
def test_a_text_converted_by_its_pieces_is_the_text_converted_as_a_whole(tex: str) -> None:
    pieces, whole = normalize._convert_pieces(tex), normalize._ask_library(tex, tolerant=True)
    assert pieces is None or normalised(pieces) == normalised(whole or "")


def normalised(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").split())


def test_most_titles_with_commands_are_converted_by_their_pieces() -> None:
    for tex in (r"$\alpha$-attractors", r"Erd\H{o}s--R\'enyi", r"{\lambda} at 5\%", r"G\"{o}del's $\frac{a}{b}$"):
        assert normalize._convert_pieces(tex) is not None


@given(st.text(max_size=100))
@example("e" + "\u0301" * 200)
@example("Łódź — naïve ﬁ² Å कल ガラス")
def test_folding_run_by_run_is_folding_the_whole(text: str) -> None:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    assert fold(text) == normalize._latin.__wrapped__(plain)


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
