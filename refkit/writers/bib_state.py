"""What refkit last wrote into a .bib file, kept beside it: without that, nobody could tell an edit from an old value.

`refs.bib` has `refs.bib.refkit`: named after its file so that both move and are committed together, and with another
ending so that no program takes it for a bibliography. A head, then one JSON object an entry, sorted by arXiv id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field

from refkit.errors import ConfigError

_VERSION = 1
_HEAD = re.compile(r'\s*\{\s*"refkit_merge"\s*:\s*(\d{1,9})\s*\}\s*')


class Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What refkit last wrote of one paper: entry type and fields, by lower-case name, as they stand in the file.

    Without a `type` the entry is the user's, and refkit only added fields to it.
    """

    arxiv_id: str
    key: str
    type: str
    fields: Mapping[str, str] = field(default_factory=dict)


State = Mapping[str, Written]


def state_path(bib: Path) -> Path:
    """Return where the state of a .bib file is kept."""
    return bib.with_name(f"{bib.name}.refkit")


def state_text(state: State) -> str:
    """Return the text of the file; equal states give equal texts."""
    lines = [
        msgspec.json.encode(
            {**msgspec.to_builtins(each), "fields": dict(sorted(each.fields.items()))},
        ).decode()
        for _, each in sorted(state.items())
    ]
    return "\n".join([f'{{"refkit_merge": {_VERSION}}}', *lines, ""])


def parse_state(text: str, path: Path) -> dict[str, Written]:
    """Return the state that a text says, by arXiv id. Raises ConfigError, with file and line, if it cannot be used."""
    state: dict[str, Written] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        head = _HEAD.fullmatch(line)
        if head and int(head[1]) > _VERSION:
            raise ConfigError(f"{path}:{number}: a newer refkit wrote this (format {head[1]}); update refkit.")
        if line.strip() and not head:
            each = _parse(line, f"{path}:{number}")
            state[each.arxiv_id] = each
    return state


def _parse(line: str, where: str) -> Written:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        raise ConfigError(f"{where}: a merge was not settled here; keep the lines of either side, remove the marks.")
    try:
        return msgspec.json.decode(line, type=Written)
    except msgspec.DecodeError as error:
        problem = str(error).replace("`$.", "`")
        raise ConfigError(
            f"{where}: this line cannot be used ({problem}); remove it, and what differs in its entry counts as yours."
        ) from error
