"""Themes as a reader's own library has them: the tagger for what `refkit themes learn` has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from refkit.errors import ConfigError
from refkit.model import ThemeTag
from refkit.themes.likeness import Library
from refkit.themes.model_file import Model, Tag, load_model
from refkit.themes.wording import Wording, wording
from refkit.toml_places import told

if TYPE_CHECKING:
    from refkit.model import Work
    from refkit.protocols import Surroundings
    from refkit.themes.likeness import Numbers

_SHOWN = 3  # words and neighbours of a tag
_NAME_ONE = 'put `path = "my-themes.model.json"` into [taggers.learned].'


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    path: str


class LearnedTagger:
    """Gives the tags of a model, or of the file of one, each with its confidence and the papers that argued for it.

    The file is read at the first use. Raises ConfigError at the first `tag` if it cannot be, or none is named.
    """

    name = "learned"

    def __init__(self, model: Model | Path | None = None) -> None:
        self._model = model
        self._library: Library | None = None

    @classmethod
    def open(cls, settings: Mapping[str, Any], surroundings: Surroundings) -> LearnedTagger:
        """Return the tagger for the file that `path` in its settings names. Raises ConfigError for another setting."""
        del surroundings  # what was learnt is read where the user keeps it
        try:
            return cls(Path(msgspec.convert(settings, _Settings).path).expanduser())
        except msgspec.ValidationError as error:
            raise ConfigError(f"[taggers.learned] cannot be used: {told(error)}; {_NAME_ONE}") from error

    def tag(self, work: Work) -> tuple[ThemeTag, ...]:
        """The tags of a work, sorted by name: those whose confidence reaches their threshold."""
        if self._library is None:
            self._library = Library(self._loaded())
        title, abstract = _text_of(work)
        return _tags(self._library, wording(title, abstract))

    def _loaded(self) -> Model:
        if self._model is None:
            raise ConfigError(f"The tagger 'learned' needs the file that `refkit themes learn` wrote; {_NAME_ONE}")
        return self._model if isinstance(self._model, Model) else load_model(self._model)


def _text_of(work: Work) -> tuple[str, str]:
    """Return the title and the abstract that say most: the record's, or the longest abstract of a mention."""
    abstracts = [work.record.abstract, *(mention.abstract for mention in work.mentions)]
    return work.record.title, work.record.abstract or max(abstracts, key=len)


def _tags(library: Library, text: Wording) -> tuple[ThemeTag, ...]:
    shares = library.shares(text.counts)
    alike = library.likeness(shares)
    sure = library.confidences(alike)
    found = [
        ThemeTag(
            tag.name,
            evidence=_evidence(library.argued(number, shares), library, text),
            confidence=round(float(sure[number]), 4),
            neighbours=_neighbours(library.pulls[number] * alike, tag, library.model),
        )
        for number, tag in enumerate(library.model.tags)
        if tag.applied and sure[number] >= tag.threshold
    ]
    return tuple(sorted(tag for tag in found if tag.evidence))


def _evidence(argued: Mapping[int, float], library: Library, text: Wording) -> tuple[str, ...]:
    """Return the words that argued most for a tag, as they stand in the text, none of which is part of another."""
    chosen: list[str] = []
    for number in sorted(argued, key=lambda number: (-argued[number], number)):
        if argued[number] <= 0 or len(chosen) == _SHOWN:
            break
        feature = library.words[number]
        if not any(set(feature.split()) & set(other.split()) for other in chosen):
            chosen.append(feature)
    return tuple(text.written[feature] for feature in chosen)


def _neighbours(argued: Numbers, tag: Tag, model: Model) -> tuple[str, ...]:
    """Return the titles of the papers of a tag that argued most for it."""
    strongest = sorted(tag.papers, key=lambda place: (-argued[place], place))[:_SHOWN]
    return tuple(model.papers[place].title for place in strongest if argued[place] > 0)
