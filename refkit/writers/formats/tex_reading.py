r"""TeX of a .bib file -> CSL's text (`rich.py`): accents and commands become characters, braces keep capitals."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from refkit.writers.formats.item import squeeze
from refkit.writers.formats.rich import CLOSE, OPEN, escaped, formula, released, symbol
from refkit.writers.latex import MATH

_TEX = re.compile(r"[\\${}~]|``|''|--|`")
_TOKEN = re.compile(
    rf"(?P<math>(?<!\\)(?:{MATH}))|(?P<command>\\(?:[A-Za-z]+\*?|.))|(?P<open>\{{)|(?P<close>\}})"
    r"|(?P<ligature>~|---|--|``|''|[?!]?`)|(?P<text>[^\\{}~`'-]+?(?=[\\{}~`'$-]|[?!]`|$)|.)",
    re.DOTALL,
)
_LIGATURES = {"~": "\u00a0", "---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "?`": "¿", "!`": "¡"}
_ACCENTS = dict(
    zip(
        "`'^~=u.\"hrHvdckb",
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u0323\u0327\u0328\u0331",
        strict=True,
    )
)
_TAGS = {
    "emph": "i", "textit": "i", "textsl": "i", "mkbibemph": "i", "mkbibitalic": "i", "textbf": "b", "mkbibbold": "b",
    "textsuperscript": "sup", "mkbibsuperscript": "sup", "textsubscript": "sub", "mkbibsubscript": "sub",
    "textsc": "sc", "it": "i", "em": "i", "itshape": "i", "sl": "i", "bf": "b", "bfseries": "b", "sc": "sc",
    "scshape": "sc",
}  # fmt: skip
_SWITCHES = frozenset("it em itshape sl bf bfseries sc scshape tt rm sf ttfamily rmfamily sffamily".split())
_LOOKS = frozenset("texttt textrm textsf textup textmd textnormal text mbox hbox".split())
_VERBATIM = frozenset("url path nolinkurl".split())
_NOTHING = frozenset({"-", "/", "!", "@", "protect", "relax", "selectfont"})
_BLANKS = frozenset({",", ";", ":", "\\", "quad", "qquad", "thinspace", "newline"})
_DOTLESS = str.maketrans("ıȷ", "ij")
_DEEPEST = 60
# As others stand for tags, these characters stand for dollars and backslashes while the text is put together.
_DOLLAR, _BACKSLASH = "\ue001", "\ue002"
# A backslash is written as a command where it would begin one, or a formula.
_BEFORE_TEX = re.compile("\ue002(?=[A-Za-z$(\ue001])")
_HELD = re.compile("[\ue001-\ue02f]")


def from_tex(tex: str, *, title: bool = False) -> str:
    """Return TeX as CSL's text; in a title, braces round capitals mark words that keep them. Takes any text."""
    if not _TEX.search(tex):
        return escaped(squeeze(tex))
    text = escaped(squeeze(_Reading(_HELD.sub("", tex), title=title).run()))
    text = _BEFORE_TEX.sub(r"\\textbackslash{}", released(text)).replace(_BACKSLASH, "\\")
    bare = text.replace(_DOLLAR, "$")
    formulas = [found[0] for found in re.finditer(rf"(?<!\\)(?:{MATH})", text)]
    if [found[0] for found in re.finditer(rf"(?<!\\)(?:{MATH})", bare)] == formulas:
        return bare
    return text.replace(_DOLLAR, r"\$")


@lru_cache(maxsize=4096)
def from_tex_name(tex: str) -> str:
    """Return a part of a name without TeX and tags."""
    if not _TEX.search(tex):
        return squeeze(tex)
    text = _Reading(_HELD.sub("", tex), title=False).run().replace(_DOLLAR, "$").replace(_BACKSLASH, "\\")
    return squeeze(_HELD.sub("", text))


class _Reading:
    def __init__(self, tex: str, *, title: bool) -> None:
        self._tex = tex
        self._title = title
        self._place = 0
        self._depth = 0

    def run(self) -> str:
        pieces = []
        while self._place < len(self._tex):
            pieces.append(self._until_close())  # a brace that closes nothing is passed over
        return "".join(pieces)

    def _until_close(self) -> str:
        pieces: list[str] = []
        while found := _TOKEN.match(self._tex, self._place):
            self._place = found.end()
            kind = found.lastgroup
            if kind == "close":
                break
            if kind == "open":
                pieces.append(self._group())
            elif kind == "command":
                pieces.append(self._command(found[0][1:]))
            elif kind == "math":
                pieces.append(_tagged(*formula(found["math"])))
            elif kind == "ligature":
                pieces.append(_LIGATURES[found[0]])
            else:
                pieces.append(found[0].replace("$", _DOLLAR).replace("\\", _BACKSLASH))
        return "".join(pieces)

    def _group(self) -> str:
        start, self._depth = self._place, self._depth + 1
        if self._depth > _DEEPEST:
            self._place = len(self._tex)
            return self._tex[start:].replace("{", "").replace("}", "")
        switch = re.compile(r"\s*\\([A-Za-z]+)\s*").match(self._tex, self._place)
        tag = ""
        if switch and switch[1] in _SWITCHES:
            self._place, tag = switch.end(), _TAGS.get(switch[1], "none")
        marks = self._title and not tag and not self._tex.startswith("\\", start)
        inside = self._until_close()
        self._depth -= 1
        if marks and any(map(str.isupper, inside)) and OPEN["nocase"] not in inside:
            return _tagged("nocase", inside)
        return _tagged(tag, inside) if tag != "none" else inside

    def _command(self, name: str) -> str:
        if name in _ACCENTS:  # one of letters over nothing is nothing, also without braces
            return self._accent(name) if not name.isalpha() or self._has_argument() else ""
        if name.isalpha():
            self._skip_blanks()
        if name in _TAGS or name in _LOOKS:
            return _tagged(_TAGS.get(name, ""), self._argument())
        if name in _VERBATIM:
            return self._raw_argument()
        if name in ("href", "noopsort"):  # the address; what only sorts
            self._raw_argument()
            return self._argument() if name == "href" else ""
        if name == "ensuremath":
            return _tagged(*formula(f"${self._raw_argument()}$"))
        return self._sign(name)

    def _sign(self, name: str) -> str:
        if name in _NOTHING:
            return ""
        if name in _BLANKS:
            return " "
        if not name[0].isalpha():
            return _DOLLAR if name == "$" else name
        sign = _BACKSLASH if name == "textbackslash" else symbol("\\" + name)
        if sign:
            return sign.replace("$", _DOLLAR)
        kept = "\\" + name
        while self._tex.startswith("{", self._place):
            kept += "{" + self._raw_argument() + "}"
        return kept if kept.endswith("}") else kept + "{}"

    def _accent(self, name: str) -> str:
        base = self._argument().translate(_DOTLESS)
        if not base:
            return {"^": "^", "~": "~", "'": "'", "`": "`", '"': '"', "=": "¯", ".": "˙"}.get(name, "")
        return unicodedata.normalize("NFC", base[0] + _ACCENTS[name]) + base[1:]

    def _has_argument(self) -> bool:
        return bool(re.compile(r"\s*[\w{\\]").match(self._tex, self._place))

    def _skip_blanks(self) -> None:
        while self._tex[self._place : self._place + 1].isspace():
            self._place += 1

    def _argument(self) -> str:
        self._skip_blanks()
        if self._tex.startswith("{", self._place):
            self._place += 1
            self._depth += 1
            inside = self._until_close() if self._depth <= _DEEPEST else ""
            self._depth -= 1
            return inside
        found = re.compile(r"\\(?:[A-Za-z]+|.)|[^\\{}$]").match(self._tex, self._place)
        if not found:
            return ""
        self._place = found.end()
        return self._command(found[0][1:]) if found[0][0] == "\\" else found[0]

    def _raw_argument(self) -> str:
        """Return what stands between a pair of braces as it is written."""
        if not self._tex.startswith("{", self._place):
            return ""
        start, depth = self._place + 1, 0
        for brace in re.compile(r"(?<!\\)[{}]").finditer(self._tex, self._place):
            depth += 1 if brace[0] == "{" else -1
            if not depth:
                self._place = brace.end()
                return self._tex[start : brace.start()]
        self._place = len(self._tex)
        return self._tex[start:].replace("{", "").replace("}", "")


def _tagged(tag: str, text: str) -> str:
    if tag in ("", "math") or not text:
        return text
    return f"{OPEN[tag]}{text}{CLOSE[tag]}"
