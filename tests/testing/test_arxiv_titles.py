from __future__ import annotations

import pytest

from refkit.testing.arxiv_titles import STOP_WORDS, analyse, fold, stem, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self-attention", ["self", "attention"]),
        ("Images/Videos: a–b—c", ["images", "videos", "a", "b", "c"]),
        ("Version 1.5 of e.g that", ["version", "1.5", "of", "e.g", "that"]),
        ("GPT-3.5, Qwen2.5-VL", ["gpt", "3.5", "qwen2.5", "vl"]),
        ("web2.ai", ["web2", "ai"]),
        ("a_b", ["a_b"]),
        ("1,000 words, 2;3", ["1,000", "words", "2;3"]),
        ("don't don’t", ["don't", "don’t"]),
        ("'quoted' “so”", ["quoted", "so"]),
        ("C++ & C#", ["c", "c"]),
        ("深度学习 net", ["深", "度", "学", "习", "net"]),
        ("ひら カタカナ 한국어", ["ひ", "ら", "カタカナ", "한국어"]),
        ("Schrödinger NAÏVE", ["schrödinger", "naïve"]),
        ("Align$^2$LLaVA", ["align", "2", "llava"]),
        ("LLaVA²  x½", ["llava", "x"]),
        ("$\\mathcal{B}$-Coder", ["mathcal", "b", "coder"]),
        ("e\u0301t", ["e\u0301t"]),
        ("…", []),
    ],
)
def test_where_words_end(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_ascii_and_other_text_are_cut_alike() -> None:
    text = "The e.g of 1.5 and 2,000 a_b don't v2.x self-attention's C++ 'x' a.b.c 1.a"
    assert [*tokens(text), "é"] == tokens(f"{text} é")


def test_stop_words_leave_a_gap() -> None:
    assert analyse("Attention Is All You Need") == ["attent", "", "all", "you", "need"]
    assert analyse("The WITH of") == ["", "", ""]
    assert len(STOP_WORDS) == 33


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("models", "model"),
        ("generalization", "gener"),
        ("learning", "learn"),
        ("model's", "model"),
        ("model’s", "model"),
        ("it's", ""),  # a stop word once the possessive is gone
        ("don't", "don't"),
        ("gpt4", "gpt4"),
    ],
)
def test_stems(token: str, expected: str) -> None:
    assert stem(token) == expected


def test_accents_are_not_folded_in_titles() -> None:
    assert analyse("Schrodinger") != analyse("Schrödinger")
    assert fold("Schrödinger Ł") == "schrodinger ł"
