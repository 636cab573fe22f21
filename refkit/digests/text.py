"""What was read from digests: for people a listing and totals, for programs JSON. Pure: values in, text out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from refkit.digests.loading import Chosen, Reading, Survey
from refkit.model import Mention, PartialDate, Skipped
from refkit.normalize import for_terminal

_WIDTH = 200  # characters of a text on a line
_EXAMPLES, _EXAMPLE_WIDTH = 3, 50
_LISTED = 20


def listing(reading: Reading, *, dim: Callable[[str], str] = str, all_skipped: bool = False) -> Iterator[str]:
    """Yield the lines that show a reading: file and reader, each title with what came with it, what was skipped.

    `dim` makes a line fainter than the others. Of skipped lines stand there their reasons with counts and examples, or
    with `all_skipped` all of them.
    """
    yield f"{_shown(reading.digest)}: {_readers(reading.readers)}"
    for mention in reading.mentions:
        yield f"{mention.line:>6}  {_shown(mention.title)}"
        if about := ", ".join(_about(mention)):
            yield dim(f"        {about}")
    if reading.skipped:
        yield f"  skipped: {_count(len(reading.skipped), 'line')}"
        yield from map(dim, _all(reading.skipped) if all_skipped else _by_reason(reading.skipped))


def _readers(readers: Sequence[Chosen]) -> str:
    return "read as " + ", ".join(map(_reader, readers))


def _reader(chosen: Chosen) -> str:
    sure = "as it was named" if chosen.confidence is None else f"{chosen.confidence:.2f} sure"
    letters = f"{_count(chosen.letters, 'letter')}, " if chosen.letters > 1 else ""
    return f"{chosen.name} ({letters}{sure})"


def _about(mention: Mention) -> Iterator[str]:
    """Yield what a digest says of a paper beside its title."""
    if mention.authors:
        yield _count(len(mention.authors), "author")
    if mention.abstract:
        yield f"abstract of {_count(len(mention.abstract.split()), 'word')}"
    if mention.issued:
        yield _date(mention.issued)
    if mention.heading:
        yield f"under “{for_terminal(mention.heading, _EXAMPLE_WIDTH)}”"
    if mention.arxiv_id:
        yield f"arXiv:{_shown(mention.arxiv_id)}"
    if mention.doi:
        yield f"doi:{_shown(mention.doi)}"
    if mention.url and not (mention.arxiv_id or mention.doi):
        yield _shown(mention.url)


def _date(date: PartialDate) -> str:
    return str(date) if date.year else f"{date.month or 0:02}-{date.day or 0:02} of an unknown year"


def _all(skipped: Sequence[Skipped]) -> Iterator[str]:
    for each in skipped:
        yield f"{each.line:>6}  {each.reason}: {_shown(each.text)}"


def _by_reason(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Yield each reason, the commonest first, with its count and the first few different texts."""
    count = Counter(each.reason for each in skipped)
    examples: dict[str, dict[str, int]] = {reason: {} for reason in count}
    for each in skipped:
        few = examples[each.reason]
        if len(few) < _EXAMPLES:
            few.setdefault(for_terminal(each.text, _EXAMPLE_WIDTH), each.line)
    for reason, number in count.most_common():
        shown = "; ".join(f"{line}: {text}" for text, line in examples[reason].items())
        yield f"{number:>6}  {reason} ({shown}{'; ...' if number > len(examples[reason]) else ''})"


def remarks(survey: Survey) -> Iterator[str]:
    """Yield a line for each file of a folder that could not be read, and one for those that were passed over."""
    for error in survey.unread[:_LISTED]:
        yield f"refkit: not read: {error}"
    if len(survey.unread) > _LISTED:
        yield f"refkit: not read: {len(survey.unread) - _LISTED} more files; `refkit read --json` tells all"
    if survey.passed_over:
        reasons = Counter(each.reason for each in survey.passed_over).most_common()
        kinds = ", ".join(f"{reason}: {count}" for reason, count in reasons)
        yield f"refkit: passed over, being no digests: {_count(len(survey.passed_over), 'file')} ({kinds})"


def totals(survey: Survey) -> str:
    """Return the last line: how many titles of how many files, and how many lines were skipped."""
    skipped = sum(len(reading.skipped) for reading in survey.readings)
    titles, files = _count(len(survey.mentions), "title"), _count(len(survey.readings), "digest")
    return f"refkit: {titles} read from {files}, {_count(skipped, 'line')} skipped"


def as_json(survey: Survey) -> str:
    """Return what was read as one JSON object; its shape is described in docs/json.md."""
    document = {
        "version": 1,
        "summary": {
            "files": len(survey.readings),
            "mentions": len(survey.mentions),
            "skipped": sum(len(reading.skipped) for reading in survey.readings),
            "unread": len(survey.unread),
            "passed_over": len(survey.passed_over),
        },
        "files": [_reading(reading) for reading in survey.readings],
        "unread": [{"digest": each.digest, "line": each.line, "problem": each.problem} for each in survey.unread],
        "passed_over": [{"path": each.path, "reason": each.reason} for each in survey.passed_over],
    }
    return msgspec.json.format(msgspec.json.encode(_encodable(document)), indent=2).decode() + "\n"


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "digest": reading.digest,
        "reader": reading.readers[0].name,
        "readers": [msgspec.structs.asdict(chosen) for chosen in reading.readers],
        "mentions": [_mention(mention) for mention in reading.mentions],
        "skipped": [msgspec.structs.asdict(each) for each in reading.skipped],
    }


def _mention(mention: Mention) -> dict[str, Any]:
    """Return all fields of a mention, so that the reader of JSON lines reads them back."""
    issued = str(mention.issued) if mention.issued else None
    return {**msgspec.structs.asdict(mention), "issued": issued}


def _encodable(value: Any) -> Any:
    """Return the same with text that UTF-8 can hold; half a character, or a name in another encoding, becomes "?"."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {key: _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value


def _shown(text: str) -> str:
    return for_terminal(text, _WIDTH)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
