"""HTML by construction: whatever is put into an element is text, unless an element was made of it here.

Titles, abstracts and names come from strangers, so this is the one place where text becomes HTML.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

from refkit.errors import WriteError

# Characters that HTML has no place for (html.spec.whatwg.org, "Preprocessing the input stream"), and halves of
# characters, as file names in another encoding have them.
_NO_CHARACTERS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_VOID = frozenset({"br", "input", "meta"})

Value = str | int | float | bool | None


class Html(str):
    """Text that is HTML already: only `element`, `join` and `document` make it."""

    __slots__ = ()


def text(raw: str) -> Html:
    """Return a text as HTML that shows it letter by letter; also fit for an attribute in double quotes."""
    return raw if isinstance(raw, Html) else Html(escape(_NO_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", raw)))


def join(*parts: str) -> Html:
    """Return parts one behind the other."""
    return Html("".join(map(text, parts)))


def element(name: str, /, *children: str, **attributes: Value) -> Html:
    """Return an element; `class_` is the attribute class, `data_year` is data-year, None and False leave it out."""
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(start if name in _VOID else f"{start}{join(*children)}</{name}>")


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'


def raw_element(name: str, content: str) -> Html:
    """Return a style or script of ours. Raises WriteError for one that would end before its end."""
    if f"</{name}" in content.casefold() or "<!--" in content:
        raise WriteError(f"The {name} of the report would end early; please report it.")
    return Html(f"<{name}>{content}</{name}>")


def digest_of(content: str) -> str:
    """Return the hash by which a Content-Security-Policy allows an inline style or script (W3C CSP3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def document(title: str, *, style: str, script: str, body: Html) -> Html:
    """Return a page that loads nothing, may run only this script, and sends its reader's address nowhere."""
    policy = (
        f"default-src 'none'; style-src {digest_of(style)}; script-src {digest_of(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content="refkit"),
        element("title", title),
        raw_element("style", style),
    )
    page = element("html", head, "\n", element("body", body, raw_element("script", script)), lang="en")
    return Html(f"<!doctype html>\n{page}\n")
