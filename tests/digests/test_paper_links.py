"""Where links lead, through whatever they go, and which words are only labels of links."""

from __future__ import annotations

import pytest

from refkit.digests.paper_links import is_label, target_of

ARXIV = "1706.03762"


@pytest.mark.parametrize(
    "href",
    [
        "https://arxiv.org/abs/1706.03762v5",
        "http://export.arxiv.org/pdf/1706.03762.pdf",
        "/abs/1706.03762",
        "/papers/1706.03762",
        "https://huggingface.co/papers/1706.03762#community",
        "https://www.alphaxiv.org/abs/1706.03762",
        "https://doi.org/10.48550/arXiv.1706.03762",
        "http://scholar.google.com/scholar_url?url=https://arxiv.org/pdf/1706.03762&hl=en&sa=X",
        "https://www.google.com/url?q=https://arxiv.org/abs/1706.03762&sa=D",
        "https://t.example.com/CL0/https:%2F%2Farxiv.org%2Fabs%2F1706.03762%3Futm=x/1/0100",
        "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Farxiv.org%2Fabs%2F1706.03762&data=05",
        "https://urldefense.com/v3/__https://arxiv.org/abs/1706.03762__;!!x",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__arxiv.org_abs_1706.03762&d=Dw",
        "https://web.archive.org/web/2020/https://arxiv.org/abs/1706.03762",
    ],
)
def test_links_to_one_paper_have_one_key(href: str) -> None:
    target = target_of(href)
    assert (target.kind, target.arxiv_id, target.key) == ("paper", ARXIV, ARXIV)


@pytest.mark.parametrize(
    "href",
    [
        "https://openreview.net/forum?id=aBc",
        "https://aclanthology.org/2020.acl-main.1/",
        "https://dl.acm.org/doi/abs/10.1145/3422622",
        "https://ieeexplore.ieee.org/document/8910471",
        "https://www.nature.com/articles/nature16961",
        "https://proceedings.mlr.press/v37/ioffe15.html",
        "https://www.biorxiv.org/content/10.1101/2020.01.01.1v1",
        "https://www.semanticscholar.org/paper/x/abc",
        "papers/doe.pdf",
        "https://lab.example.edu/~x/doe.pdf",
    ],
)
def test_links_to_papers_elsewhere_have_no_arxiv_id(href: str) -> None:
    target = target_of(href)
    assert (target.kind, target.arxiv_id) == ("paper", "")
    assert target.key


@pytest.mark.parametrize(
    ("href", "kind"),
    [
        ("https://github.com/a/b", "code"),
        ("https://youtu.be/x", "a video"),
        ("https://twitter.com/x/status/1", "a post"),
        ("https://twitter.com/intent/tweet?url=https://arxiv.org/abs/1706.03762", "sharing"),
        ("https://huggingface.co/bert-base", "a model or data"),
        ("https://medium.com/@x/attention", "elsewhere"),
        ("https://arxiv.org/list/cs.CL/new", "elsewhere"),
        ("mailto:a@example.org", "nowhere"),
        ("#top", "nowhere"),
        ("", "nowhere"),
        ("https://" + "a" * 10_000, "nowhere"),
    ],
)
def test_other_links_lead_elsewhere(href: str, kind: str) -> None:
    assert target_of(href).kind == kind


@pytest.mark.parametrize(
    "text",
    ["[PDF]", "arXiv:1706.03762", "Read the paper →", "NeurIPS 2017", "https://x.org/a", "pdf, ps, other", "[1]", ""],
)
def test_labels_are_no_titles(text: str) -> None:
    assert is_label(text)


@pytest.mark.parametrize("text", ["Mamba", "GPT-4 Technical Report", "BERT", "The Paper Trail of Trees", "Go-Explore"])
def test_titles_are_no_labels(text: str) -> None:
    assert not is_label(text)
