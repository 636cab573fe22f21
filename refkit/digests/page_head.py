"""What a page says of itself: whether it is HTML at all, its title, and the address that its links are relative to."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

from refkit.digests.lines import clean, head_of
from refkit.digests.markup import RAW, START, attribute, tokens

_SAVED_FROM = re.compile(r"(?i)<!-- saved from url=\(\d+\)(\S{1,2000}) -->")
_HTML = re.compile(
    r"(?i)<(?:head|body|table|div|p|h[1-6]|ul|ol|dl|article|section|center|main|pre|meta|title|style|span|font|b|strong"
    r"|a|br|base|link)\b"
)
# The head of a mail, whose parts are opened before they are read.
_MAIL = re.compile(r"(?:From \S+@\S+ .*\r?\n)?(?:[A-Z][\w-]{1,40}: .*\r?\n(?:[ \t].*\r?\n)*){2}")
_SURELY = re.compile(r"(?i)<(?:!doctype html|html)\b")
_TAGS = re.compile(r"(?i)</?(?:a|p|div|td|tr|table|li|ul|ol|br|h[1-6]|span|b|strong|dl|dt|dd|article)\b[^<>]{0,2000}>")
_MARKDOWN = re.compile(r"(?m)^(?:#{1,6} |[-*+] |\d+\. |\|.*\|)|\]\(")


def is_html(text: str) -> bool:
    """Whether a text is HTML: not XML of another kind, nor Markdown with some HTML in it."""
    head = head_of(text)[:60_000]
    start = _first_markup(head)
    if _MAIL.match(head, start):
        return False
    if _SURELY.match(head, start):
        return True
    if "<?xml" in head[:start].lower():
        return False
    tags, marks = len(_TAGS.findall(head)), len(_MARKDOWN.findall(head))
    return tags > 2 * marks and (bool(_HTML.match(head, start)) or tags >= 10)  # noqa: PLR2004 - plain text has none


def _first_markup(text: str) -> int:
    """Return where a text begins behind blanks, comments and XML declarations."""
    place = 0
    while True:
        place += len(text[place:]) - len(text[place:].lstrip()) if text[place : place + 1].isspace() else 0
        closing = "-->" if text.startswith("<!--", place) else "?>" if text.startswith("<?", place) else ""
        end = text.find(closing, place) if closing else -1
        if end < 0:
            return place
        place = end + len(closing)


def address_of(text: str) -> str:
    """Return the address that a saved page had, "" if it does not say so: relative links begin there."""
    head = text[:200_000]
    saved = _SAVED_FROM.search(head[:2_000])
    if saved:
        return unescape(saved[1])
    canonical = ""
    for token in tokens(head):
        if token.kind == START and token.name == "base" and attribute(head, token, "href"):
            return attribute(head, token, "href")
        if token.kind == START and token.name == "link" and attribute(head, token, "rel").lower() == "canonical":
            canonical = attribute(head, token, "href")
        if token.kind == START and token.name == "body":
            break
    return canonical


def absolute(base: str, href: str) -> str:
    """Return a link as an address; one that is relative to an unknown page stays as it is."""
    href = "".join(href.split())
    if not base or re.match(r"(?i)[a-z][a-z0-9+.-]*:", href):
        return f"https:{href}" if href.startswith("//") else href
    try:
        return urljoin(base, href)
    except ValueError:
        return href


def page_title(text: str) -> str:
    """Return what the `title` element says."""
    for token in tokens(text[:200_000]):
        if token.kind == RAW and token.name == "title":
            return clean(unescape(text[slice(*token.inner)]))
        if token.kind == START and token.name == "body":
            break
    return ""
