from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from refkit.errors import WriteError
from refkit.markup import Html, digest_of, document, element, join, raw_element, text

# What an HTML parser hands on as it was: it makes one line end of three, and has no place for control characters.
SHOWABLE = st.text(
    st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="\ufffe\uffff", max_codepoint=0xFDCF)
)


@given(SHOWABLE)
def test_any_text_is_shown_letter_by_letter(raw: str) -> None:
    parsed = html.fromstring(element("p", raw, title=raw, data_x=raw))
    assert len(parsed) == 0
    assert (parsed.text or "") == raw
    assert parsed.get("title") == parsed.get("data-x") == raw


@given(st.text())
def test_any_text_at_all_can_be_written_as_utf_8_and_opens_no_element(raw: str) -> None:
    shown = text(raw)
    shown.encode()
    assert not set(shown) & set("<>\"'\0")


def test_what_html_has_no_place_for_is_marked() -> None:
    assert (
        text("a\0b\x1b[31m\udcff")
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"
    )


def test_elements_stay_elements_and_text_stays_text() -> None:
    inner = element("b", "1 < 2")
    assert element("p", inner, "<b>") == "<p><b>1 &lt; 2</b>&lt;b&gt;</p>"
    assert join(inner, "&") == "<b>1 &lt; 2</b>&amp;"
    assert not isinstance(inner + "<i>", Html)  # what is put together otherwise is text again


def test_attributes_are_named_as_html_names_them() -> None:
    made = element(
        "input", class_="a", aria_label="b", data_year=2024, hidden=True, checked=False, title=None, value=""
    )
    assert made == '<input class="a" aria-label="b" data-year="2024" hidden value="">'


@pytest.mark.parametrize("content", ["x</script>", "x</SCRIPT >", "<!-- x"])
def test_a_script_that_would_end_early_is_refused(content: str) -> None:
    with pytest.raises(WriteError, match="report it"):
        raw_element("script", content)


def test_the_policy_of_a_page_allows_its_own_style_and_script_and_nothing_else() -> None:
    page = document("T", style="p{}", script="1", body=element("p", "x"))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    allowed = dict(part.strip().split(" ", 1) for part in policy.replace("&#x27;", "'").split(";"))
    assert allowed == {
        "default-src": "'none'",
        "style-src": digest_of("p{}"),
        "script-src": digest_of("1"),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    # The empty text's SHA-256, as every implementation has it.
    assert digest_of("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
