"""How the people and programs behind a .bib file lay out its entries, so that new text looks like theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from refkit.writers.bib_scan import Block, Field

_SAMPLE = 300  # entries that are looked at, from the end: the newest ones show what is used today
_MACRO_FIELD = "month"


class Layout(Struct, frozen=True):
    """`indent` of a field, `column` of its value behind that (0: not aligned), `equals`, comma behind the last one."""

    indent: str = "  "
    column: int = 16
    equals: str = " = "
    trailing: bool = True

    def field(self, name: str, value: str) -> str:
        """Return a field without indent and comma."""
        return assigned(name, " = " if self.column else self.equals, self.column) + bracketed(name, value)

    def entry(self, kind: str, key: str, fields: Mapping[str, str], newline: str) -> str:
        """Return a whole entry without a line end behind it."""
        lines = [self.indent + self.field(name, value) for name, value in fields.items()]
        body = f",{newline}".join(lines) + ("," if self.trailing else "")
        return f"@{kind}{{{key},{newline}{body}{newline}}}"


def assigned(name: str, equals: str, column: int) -> str:
    """Return a name and its sign, as `equals` puts them, up to the column of the value (0: not aligned).

    The blanks that align stand before the sign where there are some already, else behind it.
    """
    sign, behind = equals.strip(), " " * (equals != equals.rstrip())
    if not column:
        return name + equals
    if equals[:1].isspace():
        return name + " " * max(column - len(name) - len(sign) - len(behind), 1) + sign + behind
    return name + sign + " " * max(column - len(name) - len(sign), 0)


def bracketed(name: str, value: str) -> str:
    """Return a value with its braces; the months are macros of all styles."""
    return value if name.lower() == _MACRO_FIELD and value.isalpha() and value.isascii() else "{" + value + "}"


def layout_of(blocks: Iterable[Block], text: str) -> Layout:
    """Return the layout that most entries have; refkit's own for a file without any."""
    entries = [block for block in blocks if block.kind == "entry"][-_SAMPLE:]
    found = Counter(layout for block in entries if (layout := entry_layout(block, text)) is not None)
    return max(found, key=found.__getitem__) if found else Layout()


def entry_layout(block: Block, text: str) -> Layout | None:
    """Return the layout of an entry; None if its fields do not stand in lines of their own."""
    fields = block.fields
    if not fields or any(_indent(each, text).strip() for each in fields):
        return None
    trailing = text[fields[-1].value_end : block.end].lstrip().startswith(",")
    column = _column(fields)
    first = fields[0]
    between = text[first.start + len(first.name) : first.value_start]
    equals = between if between in (" = ", "=", " =", "= ") else " = "
    return Layout(_indent(fields[0], text), column, equals, trailing)


def _indent(field: Field, text: str) -> str:
    """Return what stands before a field in its line."""
    begin = text.rfind("\n", 0, field.start) + 1
    return text[max(begin, text.rfind("\r", begin, field.start) + 1) : field.start]


def _column(fields: Sequence[Field]) -> int:
    """Return where all values stand, counted from the name; 0 if they stand where the names end."""
    columns = {each.value_start - each.start for each in fields}
    names = {len(each.name) for each in fields}
    return columns.pop() if len(columns) == 1 and len(names) > 1 else 0


def gap_of(blocks: Sequence[Block], newline: str) -> str:
    """Return what mostly stands between two entries: their line ends."""
    gaps = Counter(
        block.raw
        for before, block, after in zip(blocks, blocks[1:], blocks[2:], strict=False)
        if before.kind == after.kind == "entry" and "\n" in block.raw and not block.raw.strip()
    )
    lines = max(gaps, key=gaps.__getitem__).count("\n") if gaps else 2
    return newline * lines
