from __future__ import annotations

import pytest

from refkit.testing.arxiv_tex import unicode_of


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"Schr\"odinger", "Schrödinger"),
        (r"Bal\'azs, Jos\'{e}, Jos{\'e}", "Balázs, José, Jos{é}"),
        (r"Erd\H{o}s, \v{S}ka, \c{c}a, \k{a}", "Erdős, Ška, ça, ą"),
        (r"{\O}re, \ss, \L uk, {\ae}on", "Øre, ß, Łuk, æon"),
        (r"$\alpha$ decay", "$α$ decay"),
        (r"\alpha decay", "αdecay"),
        (r"\alpha\ decay, \beta{}x", "α decay, βx"),
        (r"$\alpha_1$, $\alphabet$", r"$α_1$, $\alphabet$"),
        (r"$\phi$ $\varphi$ $\lambda$ $\Lambda$", "$ϕ$ $φ$ $λ$ $Λ$"),
        (r"$\le \varepsilon \upsilon \mathcal{B}$", r"$\le \varepsilon \upsilon \mathcal{B}$"),
        (r"\~b \.{q}", "b q"),
        (r"\S 2, \copyright", "§2, ©"),
        (r"\'{{e}}", "é"),
        ("50% & more {x}", "50% & more {x}"),
    ],
)
def test_arxiv_s_share_of_tex(tex: str, expected: str) -> None:
    assert unicode_of(tex) == expected
