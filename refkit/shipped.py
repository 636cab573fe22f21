"""The sample digest that the package carries, so that there is something to try where there is no checkout."""

from __future__ import annotations

from importlib import resources
from io import BytesIO

from refkit import pipeline
from refkit.model import Mention

NAME = "sample.txt"


def sample() -> list[Mention]:
    """Return the mentions of the shipped sample digest: 53 papers, which the shipped catalogue knows.

    They say that they were read from standard input, so that a refkit.lock of theirs is that of the current folder.
    """
    data = (resources.files("refkit.digests") / NAME).read_bytes()
    return list(pipeline.survey(["-"], encoding="utf-8", stdin=BytesIO(data)).mentions)
