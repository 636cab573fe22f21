"""What was learnt from a library, as a file of JSON: words, numbers and the titles of its papers, never a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from refkit.errors import ConfigError
from refkit.files import write_atomic

KIND = "refkit themes"
VERSION = 1
FEATURES = 5  # what `learning.facts` tells of a score
_AGAIN = "make it again with `refkit themes learn`"
_Share = Annotated[float, Meta(ge=0, le=1)]


class Known(Struct, frozen=True, forbid_unknown_fields=True):
    """A paper of the library: the numbers of its words, and the share of each (`wording.shares`)."""

    title: str
    words: tuple[int, ...]
    shares: tuple[float, ...]


class Tag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tag: the numbers of the papers that have it, how well it is told, and how much each paper pulls towards it.

    `precision`, `recall` and `f1` are those of giving it from `threshold` on to each paper of the library as if it was
    not in it. Without `applied` it is never given.
    """

    name: str
    papers: tuple[int, ...]
    threshold: _Share
    applied: bool
    precision: _Share
    recall: _Share
    f1: _Share
    pulls: tuple[float, ...]


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was learnt: words with the number of papers that have them, papers, tags, and what makes a confidence."""

    kind: str = KIND
    version: int = VERSION
    words: dict[str, int]
    papers: tuple[Known, ...]
    tags: tuple[Tag, ...]
    calibration: tuple[float, ...]


def save_model(path: Path, model: Model) -> bool:
    """Write a model, whole or not at all; return whether the file changed. Raises WriteError."""
    return write_atomic(path, model_text(model))


def model_text(model: Model) -> str:
    """Return a model as JSON, a line for each paper and tag: the same model gives the same text."""
    head = {"kind": model.kind, "version": model.version, "calibration": model.calibration, "words": model.words}
    parts = [f"{_json(name)}: {_json(value)}" for name, value in head.items()]
    parts += [f"{_json(name)}: {_lines(rows)}" for name, rows in (("tags", model.tags), ("papers", model.papers))]
    return "{" + ",\n".join(parts) + "}\n"


def load_model(path: Path) -> Model:
    """Read a model. Raises ConfigError, with the file, for one that is none, or of another version of refkit."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: what was learnt cannot be read ({error.strerror}); {_AGAIN}.") from error
    try:
        head = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: this is not JSON, or the file is damaged ({error}); {_AGAIN}.") from error
    if not isinstance(head, dict) or head.get("kind") != KIND:
        raise ConfigError(f"{path}: this is not a file of `refkit themes learn`; {_AGAIN}.")
    if head.get("version") != VERSION:
        raise ConfigError(f"{path}: it was learnt by another version of refkit; {_AGAIN}.")
    try:
        model = msgspec.convert(head, Model, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: the file is damaged ({error}); {_AGAIN}.") from error
    if not _is_whole(model):
        raise ConfigError(f"{path}: the file is damaged (its parts do not fit together); {_AGAIN}.")
    return model


def _is_whole(model: Model) -> bool:
    """Whether all numbers of words and papers are within those that there are."""
    known = range(len(model.words))
    return (
        len(model.calibration) == FEATURES
        and all(len(paper.words) == len(paper.shares) for paper in model.papers)
        and all(number in known for paper in model.papers for number in paper.words)
        and all(len(tag.pulls) == len(model.papers) > len(tag.papers) > 0 for tag in model.tags)
        and all(0 <= place < len(model.papers) for tag in model.tags for place in tag.papers)
        and all(0 < having <= len(model.papers) for having in model.words.values())
    )


def _lines(rows: tuple[Any, ...]) -> str:
    return "[\n" + ",\n".join(map(_json, rows)) + "]"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
