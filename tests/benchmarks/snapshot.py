"""Make a snapshot of arXiv's metadata of any size out of real records, for measuring.

    python tests/benchmarks/snapshot.py SEED.jsonl.gz OUT.jsonl --records 3000000 [--seed 1] [--holdout FILE.jsonl]

SEED has real records in the shape of the public snapshot; their lines are kept as they are. 12 % of them get a
near-duplicate: a word or a number changed, "II" behind, and for half of these the same beginning of the abstract, if
the real one has any. All the others are put together: a title of halves and words of two or more titles of one
category, an abstract of the sentences of real ones with words exchanged, authors of real names, one in five in a
combination that was not seen before. The same seed gives the same bytes, with any number of processes.

`--holdout` leaves 2,000 real records out of everything and writes their lines to a file: titles without an answer.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import multiprocessing
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from refkit.metadata.index.codes import decode_id, encode_id
from refkit.metadata.snapshot import SnapshotLine
from refkit.normalize import title_key

HELD_OUT = 2000
# Records that are made at once, by their own stream of chances: the same whatever process makes them.
CHUNK = 4000
# Of the real records: so many get a near-duplicate; at most this share of a snapshot is real.
_SIBLINGS, _MOST_REAL = 0.12, 2 / 3
_OLD = 0.12  # of the made records: ids before April 2007, as arXiv has them
_MONTHS = range(3, 235)  # of the other ids, counted from January 2007: April 2007 to July 2026
# arXiv grows by a tenth a year: 4,600 records a month in 2007, 28,000 in 2026.
_GROWTH = 1.1
_FIRST_OLD = 1 << 31  # the number of an old id
_FIRST_DAY, _TODAY = date(1986, 1, 1).toordinal(), date(2026, 11, 26).toordinal()
# Each day as ISO writes it, and as e-mails do.
_DAYS = [f"{day.isoformat()}{day:%a}, {day.day} {day:%b} {day.year}"
         for day in map(date.fromordinal, range(_FIRST_DAY, _TODAY))]  # fmt: skip
# 400,000 real titles have 106,000 words, and twice as many titles 1.49 times as many: 3 M would have 335,000.
_NEW_WORD = 0.09
# Of 587,862 real papers .16 % have the title of another.
_NAMESAKES = 0.0016
_LINE = re.compile(r"(.{1,78}|\S+)(?: |$)")
_LICENCES = ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "http://creativecommons.org/licenses/by/4.0/", None)
_JOURNALS = (("Phys. Rev. D", "10.1103/PhysRevD."), ("Astron. Astrophys.", "10.1051/0004-6361/"),
             ("J. High Energy Phys.", "10.1007/JHEP"), ("IEEE Access", "10.1109/ACCESS."),
             ("Phys. Lett. B", "10.1016/j.physletb."), ("Nature Commun.", "10.1038/s41467-"))  # fmt: skip
_LINKS = (" for ", " of ", " in ", ": ", " and ", " with ", " via ", " on ")
_SMALL = frozenset("a an and as at by for from in into is of on or the to via with".split())
_WORDS_CHANGED = ("extended", "modified", "revisited", "general", "higher", "local", "discrete", "weak", "dual", "fast")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_ENCODER = json.JSONEncoder(check_circular=False)
_GENERATED = -1
Array = NDArray[Any]


class Line(SnapshotLine, kw_only=True, rename={"journal_ref": "journal-ref", "report_no": "report-no"}):
    """A record of the seed, and the line that it stood in."""

    raw: bytes = b""


class Material(NamedTuple):
    """What records are made of."""

    lines: list[Line]
    titles: list[list[str]]
    group_of: list[int]  # of each title
    groups: list[list[list[str]]]  # titles in words, by category
    group_words: list[list[str]]
    categories: list[str]
    words: Array  # of all sentences, one after the other
    sentences: Array  # where each begins, and how many words it has
    mentions: list[tuple[str, ...]]
    families: list[str]
    givens: list[str]
    long_words: list[str]


def read_seed(path: Path) -> list[Line]:
    """Return the records of a seed."""
    decode = msgspec.json.Decoder(Line).decode
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return [msgspec.structs.replace(decode(line), raw=line.rstrip() + b"\n") for line in file]


def held_out(lines: Sequence[Line], chance: random.Random, count: int) -> list[Line]:
    """Return records whose title no other has, so that without them it has no answer."""
    keys = [title_key(line.title) for line in lines]
    borne = Counter(keys)
    alone = [line for line, key in zip(lines, keys, strict=True) if borne[key] == 1 and len(key) >= 15]
    return chance.sample(alone, count)


def material(lines: list[Line], chance: random.Random) -> Material:
    """Take real records apart."""
    first = [(line.categories or "").split(" ")[0] for line in lines]
    number = {name: place for place, name in enumerate(sorted(set(first)))}
    titles = [line.title.split() for line in lines]
    groups: list[list[list[str]]] = [[] for _ in number]
    for name, words in zip(first, titles, strict=True):
        groups[number[name]].append(words)
    sentences = [each.split() for line in lines if line.abstract for each in _SENTENCE_END.split(line.abstract)]
    sizes = np.array([len(sentence) for sentence in sentences])
    mentions = [(*parts, "", "")[:3] for line in lines for parts in line.authors_parsed or () if parts]
    families, givens = ([*dict.fromkeys(name[place] for name in mentions if name[1])] for place in (0, 1))
    chance.shuffle(families)
    chance.shuffle(givens)
    group_words = [[word for words in group for word in words] for group in groups]
    long_words = sorted({word for words in titles for word in words if len(word) > 5 and word.isalpha()})
    return Material(
        lines, titles, [number[name] for name in first], groups, group_words,
        [line.categories for line in lines if line.categories],
        np.array([word for sentence in sentences for word in sentence], object),
        np.stack([np.cumsum(sizes) - sizes, sizes], axis=1), mentions, families, givens, long_words,
    )  # fmt: skip


def make_plan(lines: Sequence[Line], count: int, chance: random.Random, held: Sequence[Line]) -> Array:
    """Return `count` ids in order, and for each where it comes from.

    That is a real record's number, -2 - n (a near-duplicate of n) or `_GENERATED`. Ids of `held` stay free.
    """
    reals = list(range(len(lines)))
    if len(reals) > count * _MOST_REAL:
        reals = sorted(chance.sample(reals, int(count * _MOST_REAL)))
    siblings = chance.sample(reals, int(len(reals) * _SIBLINGS))
    used = np.array([encode_id(line.id) for line in lines], np.int64)
    every = np.sort(np.append(used, [encode_id(line.id) for line in held]))
    made = _free_codes(every.astype(np.int64), count - len(reals))
    rest = np.full(len(made), _GENERATED)
    rest[chance.sample(range(len(made)), len(siblings))] = -2 - np.array(siblings)
    plan = np.stack([np.concatenate([used[reals], made]), np.concatenate([reals, rest])], axis=1)
    return plan[np.argsort(plan[:, 0])]


def _free_codes(used: Array, count: int) -> Array:
    """Return `count` ids that are not used: months and archives fill from their first number on, as arXiv's do."""
    new = {f"{7 + month // 12:02}{month % 12 + 1:02}.": _GROWTH ** (month // 12) for month in _MONTHS}
    old = Counter(decode_id(int(code))[:-3] for code in used if code >= _FIRST_OLD)
    olds = _filled({stem: float(old[stem]) for stem in sorted(old)}, used, int(count * _OLD))
    return np.concatenate([olds, _filled(new, used, count - len(olds))])


def _filled(weights: dict[str, float], used: Array, count: int) -> Array:
    """Return ids of months in proportion to their weights; where a month is full, more of the others."""
    free = [_free(stem, used) for stem in weights]
    room = np.array([len(codes) for codes in free])
    shares = np.array(list(weights.values()))
    low, high = 0.0, 1e9
    for _ in range(60):  # what to multiply the weights by, so that these are `count` ids
        middle = (low + high) / 2
        low, high = (low, middle) if np.minimum(room, shares * middle).sum() > count else (middle, high)
    sizes = np.minimum(room, np.ceil(shares * high)).astype(int)
    found = np.concatenate([codes[:size] for codes, size in zip(free, sizes, strict=True)])
    return np.delete(found, np.linspace(0, len(found) - 1, max(0, len(found) - count)).astype(int))


def _free(stem: str, used: Array) -> Array:
    """Return the ids of a month that are not used."""
    width = 3 if "/" in stem else 4 if stem < "1501" else 5
    first = encode_id(f"{stem}{1:0{width}}")
    end = first + 10**width - 1
    begin, stop = np.searchsorted(used, [first, end])
    return np.setdiff1d(np.arange(first, end), used[begin:stop])


class Maker:
    """Makes the records of one chunk."""

    def __init__(self, made_of: Material, seed: Sequence[int]) -> None:
        self._of = made_of
        self._chance = random.Random(f"{seed}")  # noqa: S311 - data to measure with
        self._random = self._chance.random
        self._many = np.random.default_rng(seed)
        self._abstracts: Iterator[str] = iter(())

    def _one(self, texts: Sequence[Any]) -> Any:
        return texts[int(self._random() * len(texts))]

    def line(self, row: int, code: int, source: int) -> bytes:
        """Return the line of a record."""
        if source >= 0:
            return self._of.lines[source].raw
        if source == _GENERATED:
            title, categories, abstract = self._title(), self._one(self._of.categories), self._abstract()
        else:
            title, categories, abstract = self._sibling(self._of.lines[-2 - source])
        return self._encoded(row, decode_id(code), title, categories, abstract)

    def _encoded(self, row: int, arxiv_id: str, title: str, categories: str, abstract: str) -> bytes:
        versions, update_date = self._versions(arxiv_id)
        authors = self._authors(row)
        shown = [f"{given} {family}" if given else family for family, given, _ in authors]
        if len(shown) > 1 and self._random() < 0.5:
            shown[-2:] = [f"{shown[-2]} and {shown[-1]}"]
        fields = {
            "id": arxiv_id,
            "submitter": shown[0],
            "authors": wrapped(", ".join(shown), "\n  "),
            "title": wrapped(title, "\n  "),
            **self._published(),
            "categories": categories,
            "license": self._one(_LICENCES),
            "abstract": f"  {wrapped(abstract, chr(10) + '  ')}\n",
            "versions": versions,
            "update_date": update_date,
            "authors_parsed": authors,
        }
        return (_ENCODER.encode(fields) + "\n").encode("ascii")

    def _title(self) -> str:
        """Return a title of parts of two titles of one category, often with words of further ones."""
        of, chance = self._of, self._random
        if chance() < _NAMESAKES:
            return " ".join(self._one(of.titles))
        while True:
            place = int(chance() * len(of.titles))
            group = of.group_of[place]
            head, tail = self._part(of.titles[place]), self._part(self._one(of.groups[group]))
            if chance() < 0.6:
                for _ in range(1 + int(chance() * 3)):
                    part = self._one((head, tail))
                    part[int(chance() * len(part))] = self._one(of.group_words[group])
            if chance() < _NEW_WORD:
                tail[int(chance() * len(tail))] = self._new_word()
            title = " ".join(head) + (self._one(_LINKS) if chance() < 0.4 else " ") + " ".join(tail)
            if title.count("$") % 2 == 0 and title.count("{") == title.count("}") and "::" not in title:
                return title[0].upper() + title[1:]

    def _part(self, words: list[str]) -> list[str]:
        """Return half of a title, or thereabouts: from its beginning, its end or its middle."""
        size = max(1, round(len(words) * (0.3 + 0.4 * self._random())))
        start = int(self._random() * (len(words) - size + 1))
        part = words[start : start + size]
        while len(part) > 1 and part[-1].lower() in _SMALL:
            part.pop()
        while len(part) > 1 and part[0].lower() in _SMALL:
            del part[0]
        return part

    def _new_word(self) -> str:
        """Return a word that most likely no title has: half of one and half of another."""
        first, second = self._one(self._of.long_words), self._one(self._of.long_words)
        return first[: 3 + int(self._random() * 3)] + second[-3 - int(self._random() * 3) :]  # type: ignore[no-any-return]

    def _sibling(self, line: Line) -> tuple[str, str, str]:
        """Return title, categories and abstract of a near-duplicate."""
        words = line.title.split()
        numbers = [place for place, word in enumerate(words) if word.isdecimal()]
        place = self._one(numbers or range(len(words)))
        if numbers:
            words[place] = str(int(words[place]) + 1 + int(self._random() * 9))
        elif self._random() < 0.3:
            words.append(self._one(("II", "III", "II.", "(II)", "Part II")))
        else:
            words[place] = self._one(_WORDS_CHANGED)
        opening = (line.abstract or "").split() if self._random() < 0.5 else []
        abstract = " ".join([*opening[: len(opening) // 3], *self._abstract().split()[len(opening) // 3 :]])
        return " ".join(words), line.categories or self._one(self._of.categories), abstract

    def _abstract(self) -> str:
        """Return an abstract of sentences of real ones, with every second word another's: few phrases recur."""
        for text in self._abstracts:
            return text
        self._abstracts = iter(self._many_abstracts(500))
        return next(self._abstracts)

    def _many_abstracts(self, count: int) -> list[str]:
        made, chances = self._of, self._many
        counts = chances.integers(5, 12, count)
        starts, sizes = made.sentences[chances.integers(0, len(made.sentences), counts.sum())].T
        shifts = starts - (np.cumsum(sizes) - sizes)
        places = np.repeat(shifts, sizes) + np.arange(sizes.sum())
        exchanged = np.flatnonzero(chances.random(len(places)) < 0.5)
        places[exchanged] = chances.integers(0, len(made.words), len(exchanged))
        words = made.words[places].tolist()
        ends = [0, *np.cumsum(sizes)[np.cumsum(counts) - 1].tolist()]
        return [" ".join(words[begin:end]) for begin, end in pairwise(ends)]

    def _authors(self, row: int) -> list[tuple[str, ...]]:
        """Return names: one that none had before, others of real mentions or of records before this one."""
        random, mentions = self._random, self._of.mentions
        count = 1 + int(self._chance.expovariate(0.24))
        if random() < 0.005:
            size = min(1000, int(self._chance.lognormvariate(4.2, 1.1)) + 10)
            start = int(random() * max(1, len(mentions) - size))  # neighbours work together again and again
            return [self._invented(row), *mentions[start : start + size]]
        found = [mentions[int(random() * len(mentions))] if random() < 0.7 else self._invented(int(random() * row))
                 for _ in range(count)]  # fmt: skip
        found[int(random() * count)] = self._invented(row)
        return found

    def _invented(self, number: int) -> tuple[str, str, str]:
        """Return a name that nobody has: real family and given names, combined in an order that does not repeat."""
        families, givens = self._of.families, self._of.givens
        return families[number * 7919 % len(families)], givens[number * 104_729 % len(givens)], ""

    def _versions(self, arxiv_id: str) -> tuple[list[dict[str, str]], str]:
        """Return the versions of a paper, and the day on which its record was changed last."""
        digits = arxiv_id.rpartition("/")[2][:4]
        year, month = int(digits[:2]), int(digits[2:])
        year += 1900 if year > 90 else 2000
        days = [date(year, month, 1).toordinal() + int(self._random() * 28) - _FIRST_DAY]
        while self._random() < 0.35:
            days.append(min(days[-1] + int(self._chance.expovariate(0.01)), len(_DAYS) - 1))
        second = int(self._random() * 86_400)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} GMT"
        versions = [{"version": f"v{number}", "created": f"{_DAYS[each][10:]} {clock}"}
                    for number, each in enumerate(days, start=1)]  # fmt: skip
        return versions, _DAYS[days[-1]][:10]

    def _published(self) -> dict[str, str | None]:
        """Return comments, journal and DOI; with the real records, which have none here, a third have a DOI."""
        volume, page = int(self._random() * 900) + 10, int(self._random() * 900_000) + 10_000
        journal, prefix = self._one(_JOURNALS) if self._random() < 0.385 else (None, "")
        return {
            "comments": f"{page % 40 + 4} pages, {page % 13} figures" if self._random() < 0.7 else None,
            "journal-ref": journal and f"{journal} {volume} ({page % 30 + 1992}) {page}",
            "doi": journal and f"{prefix}{volume}.{page:06}",
            "report-no": None,
        }


def wrapped(text: str, feed: str) -> str:
    """Return a text in lines of at most 78 characters, if its words let that be."""
    return feed.join(_LINE.findall(text))


def chunk(made_of: Material, plan: Array, number: int, seed: int) -> bytes:
    """Return the lines of a chunk."""
    maker = Maker(made_of, (seed, number))
    begin = number * CHUNK
    rows = plan[begin : begin + CHUNK].tolist()
    return b"".join(maker.line(row, *each) for row, each in enumerate(rows, start=begin))


def _work(queue: Any, made_of: Material, plan: Array, numbers: range, seed: int) -> None:
    for number in numbers:
        queue.put(chunk(made_of, plan, number, seed))


def chunks(made_of: Material, plan: Array, *, seed: int, processes: int) -> Iterator[bytes]:
    """Yield the lines of all chunks in order."""
    count = -(-len(plan) // CHUNK)
    fork = multiprocessing.get_context("fork")  # the material is shared, not sent
    queues = [fork.Queue(3) for _ in range(processes)]
    gc.freeze()
    for place, queue in enumerate(queues):
        fork.Process(
            target=_work, args=(queue, made_of, plan, range(place, count, processes), seed), daemon=True
        ).start()
    for number in range(count):
        yield queues[number % processes].get(timeout=600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed_file", type=Path, metavar="SEED.jsonl.gz")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl")
    parser.add_argument("--records", type=int, default=3_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--holdout", type=Path, help="file for the lines of the records that are left out")
    options = parser.parse_args()
    start = time.perf_counter()
    gc.disable()  # nothing goes before the end
    chance = random.Random(options.seed)  # noqa: S311 - data to measure with
    lines = [line for line in read_seed(options.seed_file) if line.title.split()]
    held = held_out(lines, chance, min(HELD_OUT, len(lines) // 20)) if options.holdout else []
    if held:
        options.holdout.write_bytes(b"".join(line.raw for line in held))
    out = {line.id for line in held}
    lines = [line for line in lines if line.id not in out]
    plan = make_plan(lines, options.records, chance, held)
    made_of = material(lines, chance)
    with options.out.open("wb") as file:
        for data in chunks(made_of, plan, seed=options.seed, processes=options.processes):
            file.write(data)
        size = file.tell()
    count, seconds = len(plan), time.perf_counter() - start
    print(f"{count:,} records, {size / 1e9:.2f} GB, {size / count:,.0f} bytes each, {seconds:.0f} s")


if __name__ == "__main__":
    main()
