"""Names as a .bib file writes them <-> names in CSL's parts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from refkit.bib_ids import each_name
from refkit.names import parse_name
from refkit.writers.formats.item import Name, begins_lower, name_of, squeeze
from refkit.writers.formats.rich import to_tex
from refkit.writers.formats.tex_reading import from_tex_name

OTHERS = "others"  # what BibTeX writes for "et al."
_TOO_MANY_COMMAS = 3
_NAMED = re.compile(r"(?i)^(?:family|given|prefix|suffix|useprefix)(?:-i)?\s*=")
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_PAIR = re.compile(rf"(?:^|,)\s*([A-Za-z-]+)\s*=\s*(\"[^\"]*\"|(?:[^,{{}}]|{_GROUP})*)")
_DIVIDES = re.compile(r"(?i),|(?<!\S)(?:and|others)(?!\S)")
_OPENS = re.compile(r"\{(?!\\)")  # but no accent
_JOINED = "'’-‐"


def read_names(value: str) -> tuple[Name, ...]:
    """Return the names in a field of a .bib file, in their order; "and others" is the name of its own that it is."""
    names = (_read(part) for part in each_name(value))
    return tuple(name for name in names if name)


def _read(text: str) -> Name | None:
    if not text:
        return None
    if _NAMED.match(text):
        return _extended(text)
    if _is_whole(text) or text == OTHERS:
        return name_of(literal=from_tex_name(text))
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    parts = parse_single_name_into_parts(text, strict=False)  # which takes any text
    given, particle, family, suffix = (
        from_tex_name(" ".join(part)) for part in (parts.first, parts.von, parts.last, parts.jr)
    )
    if "," not in text and parse_name(from_tex_name(text)).literal:  # "ATLAS Collaboration" is nobody's first and last
        return name_of(literal=from_tex_name(text)) if " " in text else name_of(family=from_tex_name(text))
    return name_of(family=family, given=given, particle=particle, suffix=suffix)


def _is_whole(text: str) -> bool:
    """Whether one pair of braces is round the whole name."""
    if not _OPENS.match(text):
        return False
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if not depth:
            return place == len(text) - 1
    return False


def _extended(text: str) -> Name | None:
    """Read BibLaTeX's other form: `family=Gogh, given=Vincent, prefix=van, useprefix=true`."""
    pairs = {found[1].lower(): from_tex_name(found[2].strip().strip('"')) for found in _PAIR.finditer(text)}
    prefix = pairs.get("prefix", "")
    dropping = pairs.get("useprefix", "").casefold() == "false"
    return name_of(
        family=pairs.get("family", ""),
        given=pairs.get("given", ""),
        suffix=pairs.get("suffix", ""),
        particle="" if dropping else prefix,
        dropping=prefix if dropping else "",
    )


def write_names(names: Iterable[Name], *, ascii_only: bool) -> str:
    """Return names as the value of a field of a .bib file."""
    return " and ".join(filter(None, (_write(name, ascii_only=ascii_only) for name in names)))


def _write(name: Name, *, ascii_only: bool) -> str:
    def tex(text: str) -> str:
        return to_tex(text, ascii_only=ascii_only)

    if name.literal:
        return OTHERS if name.literal == OTHERS else _braced(tex(name.literal))
    if not name.given:
        return _braced(tex(name.family)) if _DIVIDES.search(name.family) else tex(name.family)
    prefix = " ".join(filter(None, (name.dropping, name.particle)))
    family = name.family
    if prefix and not _ends_lower(prefix):
        prefix, family = "", f"{prefix}{'' if prefix[-1] in _JOINED else ' '}{family}"
    elif prefix and prefix[-1] in _JOINED:
        prefix, family = "", prefix + family
    parts = [_part(tex(family), lower=_has_lower(family)), tex(name.suffix), _part(tex(name.given), lower=False)]
    parts[0] = f"{tex(prefix)} {parts[0]}" if prefix else parts[0]
    written = ", ".join(filter(None, parts))
    return written if written.count(",") < _TOO_MANY_COMMAS else _braced(tex(squeeze(_whole(name))))


def _whole(name: Name) -> str:
    return " ".join(filter(None, (name.given, name.dropping, name.particle, name.family, name.suffix)))


def _braced(text: str) -> str:
    return "{{" + text + "}}" if text.startswith("\\") else "{" + text + "}"


def _part(text: str, *, lower: bool) -> str:
    """Put a part in braces where something in it would divide the name, or move its beginning to the particles."""
    return _braced(text) if lower or _DIVIDES.search(text) else text


def _has_lower(family: str) -> bool:
    """Whether a word before the last one begins in lower case, as particles do."""
    return any(begins_lower(word) for word in family.split()[:-1])


def _ends_lower(prefix: str) -> bool:
    return begins_lower(prefix.rsplit(maxsplit=1)[-1])
