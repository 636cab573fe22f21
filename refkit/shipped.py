"""The sample digest that the package carries, so that there is something to try where there is no checkout."""

from __future__ import annotations

from importlib import resources
from io import BytesIO

from msgspec.structs import replace

from refkit import pipeline
from refkit.digests.loading import Reading, Survey
from refkit.model import Mention

NAME = "sample.txt"
_SHOWN = "the sample"


def sample() -> list[Mention]:
    """Return the mentions of the shipped sample digest: 53 papers, which the shipped catalogue knows.

    Their digest is called "the sample", which is in no folder, so that a lock of theirs is that of the current one.
    """
    return list(survey_sample().mentions)


def survey_sample() -> Survey:
    """Return what is read in the shipped sample digest, as `sample` does, with its reader and what is skipped."""
    data = (resources.files("refkit.digests") / NAME).read_bytes()
    read = pipeline.survey(["-"], encoding="utf-8", stdin=BytesIO(data))
    return replace(read, readings=tuple(map(_renamed, read.readings)))


def _renamed(reading: Reading) -> Reading:
    mentions = tuple(replace(each, digest=_SHOWN) for each in reading.mentions)
    return replace(reading, digest=_SHOWN, mentions=mentions)
