"""How often `refkit check` would call a right id wrong, and find a wrong one, by the share of letters that agree.

    python tests/benchmarks/wrong_ids.py ../shared/accuracy/pairs.jsonl.gz ../shared/accuracy/arxiv-400k.jsonl.gz

Titles of digests stand for those of entries. Each is held against its own record and against another one, drawn at
random: once without authors, once with those of its record. The table is in docs/checking.md.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from pathlib import Path

from refkit.checking import is_another
from refkit.matching.evidence import weigh
from refkit.metadata.snapshot import read_records
from refkit.model import ArxivRecord, Evidence, Mention

SHARES = (0.3, 0.4, 0.5, 0.6, 0.8, 1.01)


def main(pairs: Path, snapshot: Path) -> None:
    draw = random.Random(1)  # noqa: S311 - the same draw each time
    with gzip.open(pairs) as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if row["in_pool"] and not row["suspect_link"]]
    wanted = {row["arxiv_id"] for row in rows}
    own: dict[str, ArxivRecord] = {}
    others: list[ArxivRecord] = []
    with gzip.open(snapshot) as lines:
        for record in read_records(lines, name=snapshot.name):
            if record.arxiv_id in wanted:
                own[record.arxiv_id] = record
            elif draw.random() < 0.02:
                others.append(record)
    rows = [row for row in rows if row["arxiv_id"] in own]
    print("| authors | share | right ids called wrong | wrong ids found |\n|---|---:|---:|---:|")
    for named in (False, True):
        right: list[Evidence] = []
        wrong: list[Evidence] = []
        for row in rows:
            record = own[row["arxiv_id"]]
            mention = Mention(title=row["title"], authors=tuple(map(str, record.authors)) if named else ())
            right.append(weigh(mention, record))
            wrong.append(weigh(mention, draw.choice(others)))
        for share in SHARES:
            called = sum(is_another(each, share) for each in right)
            found = sum(is_another(each, share) for each in wrong)
            who = "of the record" if named else "none"
            print(f"| {who} | {share:.2f} | {called} of {len(right)} | {found} of {len(wrong)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
