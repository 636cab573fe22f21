from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string

import refkit
from refkit import registry
from refkit.model import Mention


def ids(digest: Path) -> list[str | None]:
    found = refkit.resolve(refkit.read(digest))
    return [each.record.arxiv_id if each.record else None for each in found]


def test_the_sample_digest_gives_all_53(root: Path, truth: Sequence[dict[str, Any]]) -> None:
    assert ids(root / "seeds/trending-papers.txt") == [row["arxiv_id"] for row in truth]


def test_the_original_digest_gives_the_same_53(shared: Path) -> None:
    """Needs the digest of ../shared."""
    lines = (shared / "seeds/truth.jsonl").read_text(encoding="utf-8").splitlines()
    assert ids(shared / "seeds/trending-papers.txt") == [json.loads(line)["arxiv_id"] for line in lines]


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_the_sample_becomes_53_entries_and_the_same_bytes_twice(root: Path, dialect: str) -> None:
    def run() -> str:
        return refkit.to_bibtex(
            refkit.tag(refkit.resolve(refkit.read(root / "seeds/trending-papers.txt"))), dialect=dialect
        )

    text = run()
    library = parse_string(text)
    assert len(library.entries) == 53
    assert not library.failed_blocks
    assert run() == text
    assert all(entry.fields_dict["keywords"].value for entry in library.entries)


def test_a_folder_is_surveyed_and_what_cannot_be_read_does_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Mamba\nGPT-4 Technical Report\n117\n")
    (tmp_path / "b.jsonl").write_text("{")
    (tmp_path / "c.jsonl").write_text('{"title": "Mamba"}\n')
    (tmp_path / "d.pdf").write_bytes(b"%PDF-1.7")
    steps: list[tuple[int, int]] = []
    seen = refkit.survey([tmp_path], progress=lambda done, total: steps.append((done, total)))
    assert [Path(reading.digest).name for reading in seen.readings] == ["a.txt", "c.jsonl"]
    assert [mention.title for mention in seen.mentions] == ["Mamba", "GPT-4 Technical Report", "Mamba"]
    assert [skipped.reason for reading in seen.readings for skipped in reading.skipped] == ["a count"]
    assert [Path(error.digest).name for error in seen.unread] == ["b.jsonl"]
    assert [each.reason for each in seen.passed_over] == ["a PDF file"]
    assert steps == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(refkit.DigestError, match=r"b\.jsonl:1: not JSON"):
        refkit.survey([tmp_path, tmp_path / "b.jsonl"])


def test_one_digest_is_read_by_the_reader_and_the_columns_that_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('Year,Thesis\n2018,"Learning to Navigate the Web"\n')
    (mention,) = refkit.read(path, columns={"title": "Thesis"})
    assert mention.title == "Learning to Navigate the Web"
    assert [each.title for each in refkit.read(path, reader="titles")][-1].startswith("2018,")
    with pytest.raises(refkit.UsageError, match=r"The reader 'hf-trending' reads no columns; --column is for: .*table"):
        refkit.read(path, reader="hf-trending", columns={"title": "Thesis"})
    with pytest.raises(refkit.UsageError, match="titel"):
        refkit.read(path, columns={"titel": "Thesis"})
    with pytest.raises(refkit.DigestError, match="it is a folder; name a file in it"):
        refkit.read(tmp_path)


def test_a_fault_of_a_reader_is_a_sentence_and_does_not_take_the_others_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Faulty:
        name = "faulty"

        def recognise(self, text: str) -> float:
            return float(len(text) < 10)

        def read(self, text: str, *, digest: str) -> Iterator[Mention]:
            raise ZeroDivisionError(f"{digest}: {text}")

    monkeypatch.setitem(registry.READERS, "faulty", f"{__name__}:Faulty")
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda kind, name: Faulty if name == "faulty" else load(kind, name))
    (tmp_path / "a.txt").write_text("Mamba")
    (tmp_path / "b.txt").write_text("Mamba: Linear-Time Sequence Modeling")
    with pytest.raises(refkit.DigestError, match=r"a\.txt: reading it failed with ZeroDivisionError: .*; report this"):
        refkit.read(tmp_path / "a.txt")
    assert len(refkit.survey([tmp_path]).readings) == 1


def test_a_paper_named_twice_is_one_work_with_both_mentions() -> None:
    found = refkit.resolve(
        [Mention(title="Learning to Navigate the Web", line=3), Mention(title="LEARNING TO NAVIGATE THE WEB", line=9)]
    )
    (work,) = refkit.tag(found)
    assert [mention.line for mention in work.mentions] == [3, 9]
    assert work.provenance["authors"] == "catalogue"
    assert "abstract" not in work.provenance


def test_ten_thousand_duplicates_are_one_entry() -> None:
    works = refkit.tag(refkit.resolve([Mention(title="Discrete Key-Value Bottleneck")] * 10_000))
    assert refkit.to_bibtex(works).count("@misc") == 1


def test_an_unknown_format_is_a_sentence() -> None:
    with pytest.raises(refkit.UsageError, match="There is no format named 'docx'"):
        refkit.to_bibtex([], dialect="docx")


def test_the_public_names_are_these_and_all_load() -> None:
    for name in refkit.__all__:
        assert getattr(refkit, name) is not None
    assert set(refkit._HOME_OF) | {"__version__"} == set(refkit.__all__)
    assert dir(refkit) == sorted(refkit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'resolv'"):
        _ = refkit.resolv  # type: ignore[attr-defined]
