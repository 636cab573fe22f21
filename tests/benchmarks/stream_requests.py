"""How many requests to arXiv a stream takes by its portion, and how soon its first resolution is there.

python tests/benchmarks/stream_requests.py
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import refkit
from refkit.testing import ArxivCorpus, ArxivServer

CATALOGUE = Path(refkit.__file__).parent / "metadata/catalogue.jsonl"


def main() -> None:
    mentions = refkit.sample()
    for portion in (100, 25, 10, 1):
        with ArxivServer(ArxivCorpus.from_files(CATALOGUE)) as server, tempfile.TemporaryDirectory() as folder:
            os.environ |= {"REFKIT_ARXIV_URL": server.url, "REFKIT_ARXIV_INTERVAL": "0"}
            os.environ |= {f"XDG_{name}_HOME": folder for name in ("CACHE", "STATE")}
            began = time.monotonic()
            stream = refkit.stream(mentions, sources=refkit.open_sources(["arxiv"]), portion=portion)
            found = [next(stream)]
            first = time.monotonic() - began
            found += stream
            matched = sum(each.record is not None for each in found)
            print(f"portion {portion}: {len(server.requests)} requests, first after {first:.2f} s, {matched} matched")


if __name__ == "__main__":
    main()
