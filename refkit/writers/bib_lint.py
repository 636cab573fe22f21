"""A .bib -> what is wrong in it, each with its place and, where that is safe, the edit that puts it right. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from refkit.bib_ids import plain_link, split_names
from refkit.model import find_arxiv_id, is_arxiv_id
from refkit.normalize import to_unicode
from refkit.writers.bib_duplicates import duplicates
from refkit.writers.bib_file import BibFile, Block, Edit, Field, plain
from refkit.writers.bib_rules import Finding
from refkit.writers.bib_types import INHERITED, OTHERS, REQUIRED

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_FULL_MONTHS = "january february march april may june july august september october november december".split()
# Quarterlies have a season or their own count for a month.
_KNOWN_MONTH = re.compile(
    rf"(?i)(?:0?[1-9]|1[0-2])\Z|.*\b(?:{'|'.join(_MONTHS)}|spring|summer|autumn|fall|winter|quarter)"
)
_FIRST_YEAR = 1400  # before it nothing was printed
_BAD_KEY = re.compile(r"[\s\"#%'(),={}\\~]")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_LINK = re.compile(r"(?i)^(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)(?=10\.)")
_VERSION = re.compile(r"v\d{1,2}$")
_PAGES = re.compile(r"(?P<first>\d{1,20})\s*(?P<dash>-{1,3}|–|—)\s*(?P<last>\d{1,20})")
_WORD = re.compile(r"[A-Za-z][\w:+-]*")
_PIECES = re.compile(r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\"[^\"]*\"|[^#]+", re.DOTALL)
# Where the signs are meant: math in all its spellings, verbatim text, and keys, labels and links as arguments.
_MEANT = re.compile(
    r"(?<!\\)\$\$.{0,2000}?(?<!\\)\$\$|(?<!\\)\$(?:[^$\\]|\\.)*\$|\\\(.{0,2000}?\\\)|\\\[.{0,2000}?\\\]"
    r"|\\begin\s*\{(?P<name>[^{}]*)\}.{0,2000}?\\end\s*\{(?P=name)\}|\\verb\*?(?P<sign>[^\sA-Za-z*]).{0,2000}?(?P=sign)"
    r"|\\(?:url|href|nolinkurl|path|doi|ensuremath|ce|label|[A-Za-z]{0,20}?(?:cite|ref)[A-Za-z]{0,20})\*?"
    r"(?:\s*\[[^\[\]]*\])*\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}",
    re.DOTALL,
)
_SPECIAL = re.compile(r"(?<!\\)(?:[&#_]|%(?![ \t]*[\r\n]))")
_PRINTED = frozenset("title subtitle booktitle journal journaltitle publisher series school institution".split())
_REFERENCES = ("crossref", "xref", "xdata")
_INHERITING = frozenset({"crossref", "xdata"})  # an empty field beside them keeps out what would be inherited
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00e2][\u0080-\u00bf\u20ac\u2018-\u201e\u2020-\u2026\u2122\u0152\u0153\u0160\u0161]"
)
_DAMAGED = re.compile("[\ufffd\x00-\x08\x0b\x0e-\x1f]")
_IGNORE = re.compile(r"(?i)%\s*refkit:\s*ignore\s*(?P<rules>[\w, -]*)\s*$")
_SHOUTED = 12  # letters: shorter titles may be names

_Entry = Callable[["_Checked"], Iterator[Finding]]


def lint(file: BibFile, *, this_year: int, beside: Sequence[BibFile] = ()) -> list[Finding]:
    """Return what is wrong in a file by the rules that need nothing else, in the order of the text.

    BibTeX reads files of one document as one, so what a file `beside` it defines may be referred to. What is silenced
    is left out, as `unsilenced` says.
    """
    strings = file.strings
    keys, parents = _keys((file, *beside))
    known = {*strings, *_MONTHS, *(name for each in beside for name in each.strings)}
    found = [*_of_file(file), *_of_strings(file, known)]
    for block in file.blocks:
        if block.kind == "entry":
            checked = _Checked(file, block, strings, keys, parents, this_year)
            found += [each for rule in _RULES for each in rule(checked)]
    return sorted(unsilenced(file, found), key=lambda each: (each.place, each.rule))


def unsilenced(file: BibFile, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings but those that the file silences.

    `% refkit: ignore RULE, ...` in the line before an entry names them; without a name, it silences all of the entry.
    """
    ignored = dict(_ignored(file))
    return [each for each in findings if not _is_ignored(each, ignored)]


def _keys(files: Iterable[BibFile]) -> tuple[set[str], set[str]]:
    """Return the keys of files, those in biblatex's `ids` too, and which of them other entries inherit from."""
    keys: set[str] = set()
    parents: set[str] = set()
    for file in files:
        for block in file.blocks:
            keys.add(block.key.casefold())
            for field in block.fields if block.kind == "entry" else ():
                name = field.name.lower()
                if name == "ids" or name in _INHERITING:
                    named = {key.strip().casefold() for key in plain(field.value, file.strings).split(",")}
                    (keys if name == "ids" else parents).update(named)
    return keys, parents


def _is_ignored(finding: Finding, ignored: Mapping[str, frozenset[str]]) -> bool:
    rules = ignored.get(finding.key)
    return rules is not None and (not rules or finding.rule in rules)


def _ignored(file: BibFile) -> Iterator[tuple[str, frozenset[str]]]:
    for before, block in zip(file.blocks, file.blocks[1:], strict=False):
        if before.kind == "text" and block.key:
            last = before.raw.rstrip(" \t\r\n").rpartition("\n")[2]
            if found := _IGNORE.search(last):
                yield block.key, frozenset(found["rules"].replace(",", " ").split())


class _Checked:
    """One entry with what the rules ask of it."""

    def __init__(
        self,
        file: BibFile,
        block: Block,
        strings: Mapping[str, str],
        keys: Collection[str],
        parents: Collection[str],
        this_year: int,
    ) -> None:
        self.file, self.block, self.strings, self.this_year = file, block, strings, this_year
        self.keys, self.parents = keys, parents
        self.fields = {field.name.lower(): field for field in reversed(block.fields)}

    def said(self, name: str) -> str:
        field = self.fields.get(name)
        return " ".join(plain(field.value, self.strings).split()) if field else ""

    def finding(self, rule: str, message: str, field: Field | None = None, *edits: Edit) -> Finding:
        place = field.start if field else self.block.start
        return Finding(rule=rule, place=place, key=self.block.key, message=message, edits=edits)

    def put(self, field: Field, value: str) -> Edit:
        """Return the edit that gives a field another value, with its own delimiters."""
        sign = field.value[:1]
        new = f'"{value}"' if sign == '"' else "{" + value + "}"
        return Edit(field.value_start, field.value_end, new)


def _of_file(file: BibFile) -> Iterator[Finding]:
    for block in file.blocks:
        if block.kind == "broken":
            yield Finding(
                rule="broken-entry", place=block.start, key=block.key, message=f"it cannot be read: {block.problem}"
            )
        elif block.kind == "text" and block.problem:
            yield Finding(rule="stray-brace", place=block.start, key="", message=block.problem)
        for damaged in _DAMAGED.finditer(file.text, block.start, block.end):
            message = f"the character U+{ord(damaged[0]):04X} stands for a lost letter; put the right one there"
            yield Finding(rule="encoding", place=damaged.start(), key=block.key, message=message)
    yield from _of_keys(file)
    yield from duplicates(file)


def _of_keys(file: BibFile) -> Iterator[Finding]:
    seen: dict[str, Block] = {}
    for block in file.blocks:
        if block.kind != "entry":
            continue
        if not block.key:
            yield Finding(rule="bad-key", place=block.start, key="", message="the entry has no key; give it one")
            continue
        if _BAD_KEY.search(block.key):
            message = f"the key {block.key!r} has characters that TeX or biber does not take"
            yield Finding(rule="bad-key", place=block.key_start, key=block.key, message=message)
        other = seen.setdefault(block.key.casefold(), block)
        if other is not block:
            same = "" if other.key == block.key else f", there written {other.key}"
            message = f"the key {block.key} stands in line {other.line} too{same}; rename one of them"
            yield Finding(rule="duplicate-key", place=block.key_start, key=block.key, message=message)


def _of_strings(file: BibFile, known: Collection[str]) -> Iterator[Finding]:
    for block in file.blocks:
        for field in block.fields if block.kind in {"entry", "string"} else ():
            for piece in _PIECES.finditer(field.value):
                word = piece[0].strip()
                if _WORD.fullmatch(word) and word.lower() not in known:
                    message = (
                        f"no @string defines {word}, so {field.name} says nothing there; define it, or put it in braces"
                    )
                    yield Finding(rule="undefined-string", place=field.start, key=block.key, message=message)


def _fields(checked: _Checked) -> Iterator[Finding]:
    counts = Counter(field.name.lower() for field in checked.block.fields)
    inherits = bool(_INHERITING & checked.fields.keys())
    before = checked.block.key_end
    for field in checked.block.fields:
        name = field.name.lower()
        if counts[name] > 1 and checked.fields[name] is not field:
            yield checked.finding("duplicate-field", f"{field.name} stands there twice; BibTeX reads the first", field)
        if not inherits and not plain(field.value, checked.strings).strip():
            between = checked.file.text[before : field.start]
            # Of two fields of a name the other value would be read; a comment before the field is the user's.
            is_safe = counts[name] == 1 and between.count(",") == 1 and "%" not in between
            edits = (Edit(before, field.end, ""),) if is_safe else ()
            yield checked.finding("empty-field", f"{field.name} is empty; remove it", field, *edits)
        before = field.end


def _type(checked: _Checked) -> Iterator[Finding]:
    kind = checked.block.type
    required = REQUIRED.get(kind)
    if required is None:
        if kind not in OTHERS:
            yield checked.finding("unknown-type", f"@{kind} is no type of BibTeX or BibLaTeX; styles take it for @misc")
        return
    if checked.block.key.casefold() in checked.parents:
        return  # it is there to be inherited from
    inherited = INHERITED if _INHERITING & checked.fields.keys() else frozenset()
    for names in required:
        if "journal" in names and _is_only_preprint(checked):
            continue  # told as that
        if not any(name in checked.fields or name in inherited for name in names):
            yield checked.finding("missing-field", f"@{kind} needs {' or '.join(names)}")


def _dates(checked: _Checked) -> Iterator[Finding]:
    year, month = checked.said("year"), checked.said("month")
    if year:
        number = re.search(r"(?<!\d)\d{4}(?!\d)", year)
        is_soon = re.fullmatch(r"(?i)(?:in press|to appear|forthcoming|submitted|n\.?\s?d\.?|accepted)\W*", year)
        if not number and not is_soon:
            yield checked.finding("impossible-year", f"the year {year!r} is none", checked.fields["year"])
        elif number and not _FIRST_YEAR <= int(number[0]) <= checked.this_year + 1:
            yield checked.finding("impossible-year", f"the year {year} cannot be", checked.fields["year"])
    if month:
        yield from _month(checked, month, checked.fields["month"])


def _month(checked: _Checked, month: str, field: Field) -> Iterator[Finding]:
    low = month.lower().rstrip(".")
    if field.value.lower() in _MONTHS:
        return  # `may` is the whole name too
    if low in _FULL_MONTHS or (low in _MONTHS and field.value[:1] in {"{", '"'}):
        macro = low[:3]
        edit = Edit(field.value_start, field.value_end, macro)
        yield checked.finding("impossible-month", f"write the month {month!r} as {macro}, without braces", field, edit)
    elif not _KNOWN_MONTH.match(month):
        yield checked.finding("impossible-month", f"the month {month!r} is none", field)


def _ids(checked: _Checked) -> Iterator[Finding]:
    doi = plain_link(checked.said("doi"))
    if doi:
        field = checked.fields["doi"]
        bare = _DOI_LINK.sub("", doi)
        if not _DOI.fullmatch(bare):
            yield checked.finding("bad-doi", f"{doi!r} is no DOI; one begins with 10. and has a slash", field)
        elif bare != doi:
            yield checked.finding("http-doi", f"write the DOI without a link: {bare}", field, checked.put(field, bare))
    yield from _arxiv(checked)
    url = plain_link(checked.said("url"))
    if url and (" " in url or not re.match(r"(?i)[a-z][a-z0-9+.-]*:", url)):
        problem = "has blanks in it" if " " in url else "has no scheme like https:"
        yield checked.finding("bad-url", f"the URL {url!r} {problem}", checked.fields["url"])


def _arxiv(checked: _Checked) -> Iterator[Finding]:
    eprint = checked.said("eprint")
    kind = (checked.said("archiveprefix") or checked.said("eprinttype")).lower()
    if not eprint or kind != "arxiv":
        return
    field, found = checked.fields["eprint"], find_arxiv_id(eprint)
    bare = _VERSION.sub("", re.sub(r"(?i)^arxiv:", "", eprint))
    if not found or not is_arxiv_id(found):
        yield checked.finding("bad-arxiv-id", f"{eprint!r} is no arXiv id", field)
    elif _VERSION.search(eprint) and bare == found:
        message = f"the arXiv id {eprint} has a version; styles print it, and services do not find it"
        yield checked.finding("arxiv-version", message, field, checked.put(field, found))


def _pages(checked: _Checked) -> Iterator[Finding]:
    pages = checked.said("pages")
    found = _PAGES.fullmatch(pages)
    if not found:
        return
    field, first, last = checked.fields["pages"], found["first"], found["last"]
    if len(first) == len(last) and int(first) > int(last):
        yield checked.finding("bad-pages", f"the pages {pages} run backwards", field)
    elif found["dash"] == "-" and int(first) < int(last):  # else it may be one page, as "12-3" of a manual
        new = f"{first}--{last}"
        yield checked.finding("page-dash", f"write the pages as {new}", field, checked.put(field, new))


def _references(checked: _Checked) -> Iterator[Finding]:
    for name in _REFERENCES:
        for key in checked.said(name).split(","):
            if key.strip() and key.strip().casefold() not in checked.keys:
                message = f"{name} names {key.strip()}, which is no entry of this file"
                yield checked.finding("cross-reference", message, checked.fields[name])


def _letters(checked: _Checked) -> Iterator[Finding]:
    for field in checked.block.fields:
        if _MOJIBAKE.search(field.value):
            mended = _mended(field.value)
            edits = (Edit(field.value_start, field.value_end, mended),) if mended != field.value else ()
            yield checked.finding(
                "encoding", f"{field.name} has letters of a wrong encoding: {field.value[:60]}", field, *edits
            )


def _mended(text: str) -> str:
    """Return a text whose UTF-8 was read as Latin-1 or Windows-1252, as it was; what does not go back stays."""
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text


def _names(checked: _Checked) -> Iterator[Finding]:
    for role in ("author", "editor"):
        value = checked.said(role)
        if not value:
            continue
        field = checked.fields[role]
        if re.search(r"(?i)(?:^|[\s,])et\.?\s+al\b\.?", value):
            yield checked.finding("name", f'{role}: write "and others" instead of "et al."', field)
        if ";" in re.sub(r"\\\W|&#?\w+;|\{[^{}]*\}", "", value) and " and " not in value:
            yield checked.finding("name", f'{role}: names are parted by " and ", not by semicolons', field)
        if re.search(r"(?i)(?:^and\s|\sand$|\sand\s+and\s)", value):
            yield checked.finding("name", f'{role}: an "and" has no name beside it', field)
        many = [name for name in split_names(value) if _commas(name) > 2]  # noqa: PLR2004 - family, suffix, given
        if many:
            yield checked.finding(
                "name", f'{role}: {many[0]!r} has too many commas; names are parted by " and "', field
            )


def _commas(name: str) -> int:
    """Return how many commas of a name stand outside of braces, where BibTeX looks for them."""
    count = depth = 0
    for char in name:
        depth += (char == "{") - (char == "}")
        count += char == "," and depth <= 0
    return count


def _printed(checked: _Checked) -> Iterator[Finding]:
    for name in sorted(_PRINTED & checked.fields.keys()):
        field = checked.fields[name]
        if not _is_one_text(field.value):
            continue  # parts joined by "#": not ours to take apart
        shown = _MEANT.sub(lambda found: " " * len(found[0]), field.value)
        signs = list(_SPECIAL.finditer(shown))
        if signs:
            edits = tuple(
                Edit(field.value_start + each.start(), field.value_start + each.start(), "\\") for each in signs
            )
            which = ", ".join(sorted({each[0] for each in signs}))
            yield checked.finding(
                "unescaped", f"{name}: TeX takes {which} for a command; write \\{signs[0][0]}", field, *edits
            )


def _is_one_text(value: str) -> bool:
    """Whether a value is one text in braces or quotes, and not several with "#" between them."""
    found = _PIECES.match(value)
    return found is not None and value[:1] in {"{", '"'} and found.end() == len(value)


def _kinds(checked: _Checked) -> Iterator[Finding]:
    title = to_unicode(checked.said("title"))
    letters = [char for char in title if char.isalpha()]
    if len(letters) >= _SHOUTED and len(title.split()) > 2 and all(char.isupper() for char in letters):  # noqa: PLR2004
        message = "the title is in capitals; write it as it is printed"
        yield checked.finding("title-capitals", message, checked.fields["title"])
    if checked.block.type == "article" and _is_only_preprint(checked):
        message = "it is a preprint, no article of a journal; @misc with eprint and archivePrefix says so"
        yield checked.finding("preprint-as-article", message)


def _is_only_preprint(checked: _Checked) -> bool:
    journal = checked.said("journal") or checked.said("journaltitle")
    return bool(re.search(r"(?i)\barxiv\b", journal)) or (not journal and bool(checked.said("eprint")))


_RULES: tuple[_Entry, ...] = (
    _fields, _type, _dates, _ids, _pages, _references, _letters, _names, _printed, _kinds,
)  # fmt: skip
