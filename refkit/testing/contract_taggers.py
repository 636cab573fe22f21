"""The contract of taggers. See `contracts.py` for how it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refkit.model import ThemeTag, Work
from refkit.normalize import fold, to_unicode
from refkit.testing.contracts import check_name

if TYPE_CHECKING:
    from refkit.protocols import Tagger


class TaggerContract:
    """What every tagger promises. `tagged` is a work that gets a theme, `untagged` one that fits none."""

    @pytest.fixture
    def tagger(self) -> Tagger:
        raise NotImplementedError("return the tagger to test")

    @pytest.fixture
    def tagged(self) -> Work:
        raise NotImplementedError("return a work that gets a theme")

    @pytest.fixture
    def untagged(self) -> Work:
        raise NotImplementedError("return a work that fits no theme")

    def test_it_has_a_name(self, tagger: Tagger) -> None:
        check_name(tagger)

    def test_it_gives_a_tuple_of_themes(self, tagger: Tagger, tagged: Work) -> None:
        tags = tagger.tag(tagged)
        assert isinstance(tags, tuple)
        assert all(isinstance(tag, ThemeTag) for tag in tags)

    def test_a_work_that_fits_nothing_gets_nothing(self, tagger: Tagger, untagged: Work) -> None:
        assert tagger.tag(untagged) == ()

    def test_themes_are_sorted_and_given_once(self, tagger: Tagger, tagged: Work) -> None:
        themes = [tag.theme for tag in tagger.tag(tagged)]
        assert themes
        assert themes == sorted(set(themes))

    def test_the_words_that_fired_stand_in_the_work(self, tagger: Tagger, tagged: Work) -> None:
        texts = [tagged.record.title, tagged.record.abstract, *tagged.record.categories]
        texts += [text for each in tagged.mentions for text in (each.title, each.abstract, each.heading)]
        everything = fold(to_unicode(" ".join(texts)))
        for tag in tagger.tag(tagged):
            assert tag.evidence
            assert all(fold(to_unicode(word)) in everything for word in tag.evidence)

    def test_tagging_is_pure(self, tagger: Tagger, tagged: Work, untagged: Work) -> None:
        first = tagger.tag(tagged)
        tagger.tag(untagged)
        assert tagger.tag(tagged) == first
