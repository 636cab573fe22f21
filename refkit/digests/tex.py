"""Text of a .bib file as people read it: accents and commands become characters, formulas stay as they are."""

from __future__ import annotations

import re

from refkit.digests.lines import clean
from refkit.normalize import to_unicode

_MATH = re.compile(r"(?<!\\)\$(?:[^$\\]++|\\.)++\$", re.DOTALL)
# Stands for a formula while the rest is converted; a character for private use, which no text has.
_HOLD = "\ue000"
_SIGNS = re.compile(r"[\\${}~]|``|''|--")


def readable(text: str) -> str:
    r"""Return a text without braces and commands: `{Schr{\"o}dinger}` gives `Schrödinger`, `$\alpha$` stays."""
    if not _SIGNS.search(text):
        return clean(text)
    formulas: list[str] = []

    def hold(found: re.Match[str]) -> str:
        formulas.append(" ".join(found[0].split()))
        return _HOLD

    held = _MATH.sub(hold, text.replace(_HOLD, ""))
    parts = to_unicode(held).split(_HOLD)
    if len(parts) != len(formulas) + 1:  # a command has taken a formula away
        return clean(to_unicode(text))
    return clean("".join(part for pair in zip(parts, [*formulas, ""], strict=True) for part in pair))
