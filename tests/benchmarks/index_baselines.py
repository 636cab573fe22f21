"""Measure the local index beside other ways to find a title: the same titles, the same questions, one run.

    python tests/benchmarks/index_baselines.py INDEX... --real SEED.jsonl.gz [--folder DIR] [--questions 2000]
        [--json FILE]

The others are given the titles of the index: tantivy (any word, BM25), SQLite's FTS5 (all words; any word, bm25) and
rapidfuzz over all titles (their keys, so that it compares what the index compares). Slow ones are asked the first few
questions only, and the index is held against each on just these. Rates and ratios are of CPU time, so that other work
on the machine does not count. Run by hand; `pip install tantivy` first.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import index_speed  # type: ignore[import-not-found]
from rapidfuzz.distance import Indel
from rapidfuzz.process import extract

from refkit.metadata.index import codes
from refkit.metadata.index.reading import Index
from refkit.normalize import title_key

_FOUND = 10
_WORD = re.compile(r"\w+")
Find = Callable[[str], list[int]]
Titles = Sequence[tuple[str, str]]
Measured = dict[str, Any]


class Question(NamedTuple):
    """A title as it is asked for, and the key of the one that is meant."""

    asked: str
    key: str


class Rival(NamedTuple):
    """A way to find titles: what it is, how many questions it is asked, and what makes it of titles and their keys.

    Made, it has a function that returns rows, best first, and a size in bytes.
    """

    name: str
    most: int
    make: Callable[[Titles, Path], tuple[Find, int]]


def titles_of(index: Index) -> list[tuple[str, str]]:
    """Return title and key of each record."""
    entries = (index._titles[row] for row in range(len(index)))
    return [(codes.fields_of(entry)[0], codes.key_of(entry).decode()) for entry in entries]


def words_of(title: str) -> list[str]:
    return _WORD.findall(title.lower())


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def tantivy_words(titles: Titles, folder: Path) -> tuple[Find, int]:
    """An inverted index of words; those with any word of the question, by BM25."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("title", stored=False)
    builder.add_unsigned_field("row", stored=True)
    made = tantivy.Index(builder.build(), path=str(folder))
    writer = made.writer(256_000_000, 2)
    for row, (title, _) in enumerate(titles):
        writer.add_document(tantivy.Document(title=title, row=row))
    writer.commit()
    writer.wait_merging_threads()
    made.reload()
    searcher = made.searcher()

    def find(asked: str) -> list[int]:
        query = made.parse_query(" ".join(words_of(asked)), ["title"])
        return [searcher.doc(place)["row"][0] for _, place in searcher.search(query, _FOUND).hits]

    return find, size_of(folder)


def fts5(titles: Titles, folder: Path) -> sqlite3.Connection:
    """Return a database with an inverted index of words, and nothing else; the one that is there, if there is one."""
    path = folder.parent / "titles.fts5"
    if path.exists():
        return sqlite3.connect(path)
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("CREATE VIRTUAL TABLE titles USING fts5(title, content='', tokenize='unicode61')")
    rows = ((row, title) for row, (title, _) in enumerate(titles))
    database.executemany("INSERT INTO titles(rowid, title) VALUES (?, ?)", rows)
    database.execute("INSERT INTO titles(titles) VALUES ('optimize')")
    database.commit()
    return database


def fts5_of(joined: str) -> Callable[[Titles, Path], tuple[Find, int]]:
    """Return what asks FTS5 for words that are joined so."""

    def make(titles: Titles, folder: Path) -> tuple[Find, int]:
        database = fts5(titles, folder)

        def find(asked: str) -> list[int]:
            query = joined.join(f'"{word}"' for word in words_of(asked)) or '""'
            told = "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rank LIMIT ?"
            return [row for (row,) in database.execute(told, (query, _FOUND))]

        return find, (folder.parent / "titles.fts5").stat().st_size

    return make


def rapidfuzz_all(titles: Titles, _: Path) -> tuple[Find, int]:
    """Compare with each title in turn, letter by letter."""
    keys = [key for _, key in titles]

    def find(asked: str) -> list[int]:
        return [row for _, _, row in extract(title_key(asked), keys, scorer=Indel.normalized_similarity, limit=_FOUND)]

    return find, sum(map(len, keys))


RIVALS = (
    Rival("tantivy, any word, BM25", 1000, tantivy_words),
    Rival("FTS5, all words", 1000, fts5_of(" ")),
    Rival("FTS5, any word, bm25", 30, fts5_of(" OR ")),
    Rival("rapidfuzz, all titles", 20, rapidfuzz_all),
)


def asked_of(find: Find, questions: Sequence[Question], keys: Sequence[str]) -> list[Measured]:
    """Return of each question how long it took (ms), and whether the right title came first, and among ten."""
    find("Titels liek thiz no papr haz")  # what is loaded at the first question is not counted
    results = []
    for question in questions:
        wall, cpu = time.perf_counter(), time.process_time()
        rows = find(question.asked)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        right = [keys[row] == question.key for row in rows]
        results.append({"wall": wall * 1e3, "cpu": cpu * 1e3, "first": right[:1] == [True], "ten": any(right)})
    return results


def summed(results: Sequence[Measured]) -> Measured:
    """Return means, and the wall time that 50 and 99 % stay under."""
    count = len(results)
    means = {name: sum(each[name] for each in results) / count for name in ("cpu", "first", "ten")}
    wall = sorted(each["wall"] for each in results)
    return {"asked": count, **means, "p50": wall[count // 2], "p99": wall[count * 99 // 100]}


def questions(index: Index, real: Path, count: int) -> dict[str, list[Question]]:
    """Return real titles of the index, as they are but for case and punctuation, and spoilt in all other ways."""
    chance = random.Random(20261126)  # noqa: S311 - a sample, not a secret
    titles = [index_speed.plain(each.title) for each in islice(index_speed.known(index, real, chance), 2 * count)]
    sets = {"noisy": (index_speed.HARD, titles[:count]), "exact": (index_speed.EXACT, titles[count:])}
    return {
        name: [
            Question(asked, title_key(title))
            for title, asked in zip(chosen, index_speed.spoilt(kinds, chosen, chance), strict=True)
        ]
        for name, (kinds, chosen) in sets.items()
    }


def compared(path: Path, real: Path, folder: Path, count: int) -> Iterator[tuple[str, Measured]]:
    """Yield what the index does, then each rival beside it, by the kind of questions."""
    index = Index.open(path)
    titles = titles_of(index)
    keys = [key for _, key in titles]
    asked = questions(index, real, count)
    gc.freeze()  # millions of titles are not to be looked through again and again
    own = {
        kind: asked_of(lambda title: [hit.row for hit in index.find(title, limit=_FOUND)], each, keys)
        for kind, each in asked.items()
    }
    size = path.stat().st_size / len(index)
    yield "refkit", {"records": len(index), "bytes": size, **{kind: summed(each) for kind, each in own.items()}}
    for rival in RIVALS:
        place = folder / rival.make.__name__
        place.mkdir(exist_ok=True)
        began = time.perf_counter()
        try:
            find, bytes_ = rival.make(titles, place)
        except ImportError:
            index_speed.told(f"{rival.name} is left out: `pip install {rival.name.split(',')[0]}` first.")
            continue
        built = time.perf_counter() - began
        found: Measured = {"built": built, "bytes": bytes_ / len(index)}
        for kind, each in asked.items():
            theirs, ours = asked_of(find, each[: rival.most], keys), summed(own[kind][: rival.most])
            found[kind] = {**summed(theirs), "ours": ours}
        index_speed.told(f"{path}: {rival.name} done")
        yield rival.name, found


def report(results: dict[str, Measured], kind: str) -> str:
    """Return a table of one kind of questions."""
    head = ["", "bytes a record", "asked", "titles a second and core", "p50, p99, ms", "first; among ten",
            "refkit on the same: first; among ten", "times as slow"]  # fmt: skip
    rows = []
    for name, found in results.items():
        each = found[kind]
        ours = each.get("ours")
        rows.append(
            [
                name,
                f"{found['bytes']:.0f}",
                f"{each['asked']:,}",
                _rate(1000 / each["cpu"]),
                f"{each['p50']:.3g}, {each['p99']:.3g}",
                f"{each['first']:.3f}; {each['ten']:.3f}",
                f"{ours['first']:.3f}; {ours['ten']:.3f}" if ours else "",
                _rate(each["cpu"] / ours["cpu"]) if ours else "1",
            ]
        )
    return f"{results['refkit']['records']:,} records, {kind} titles:\n\n{index_speed.table(head, rows)}"


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path, nargs="+")
    parser.add_argument("--real", type=Path, required=True, help="real records: titles to ask for")
    parser.add_argument("--folder", type=Path, help="for the files of the others  [default: a temporary one]")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    everything = {}
    for path in options.index:
        folder = Path(tempfile.mkdtemp(prefix="baselines.", dir=options.folder))
        try:
            everything[path.name] = dict(compared(path, options.real, folder, options.questions))
        finally:
            shutil.rmtree(folder)
        for kind in ("noisy", "exact"):
            print(report(everything[path.name], kind), flush=True)
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
