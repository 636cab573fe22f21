"""Upgrading any file: what is not of an upgraded entry keeps its bytes, and a second run changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from bibtexparser.entrypoint import parse_string as bib_parse
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.errors import UsageError
from refkit.model import PartialDate, Publication, Published, Work
from refkit.upgrading import Status, Upgrade, explain, find, plan
from refkit.writers.bib_file import BibFile, Block, plain

TITLE = "Learning to Navigate the Web"
PUBLICATIONS = [
    Publication(type="paper-conference", container_title="ICLR", issued=PartialDate(2019), pages="1-10", volume="7"),
    Publication(type="article-journal", container_title="Journal of the Web", issued=PartialDate(2019, 5), volume="3",
                issue="2", pages="12-34", doi="10.1000/web.3"),
    Publication(type="chapter", container_title="A Book", issued=PartialDate(2020), publisher="X & Y"),
]  # fmt: skip


class Knows:
    """A service that says of every paper that it was published so."""

    name, network = "knows", True

    def __init__(self, publication: Publication) -> None:
        self._publication = publication

    def published(self, works: Sequence[Work]) -> Sequence[Sequence[Published]]:
        return [
            [Published(publication=self._publication, title=w.record.title, authors=w.record.authors)] for w in works
        ]


def run(text: str, publication: Publication = PUBLICATIONS[0]) -> Upgrade:
    return plan(BibFile.parse(text.encode(), "refs.bib"), enrichers=[Knows(publication)])


OWN = {
    "note": "{my {own} note}",
    "keywords": '"a, b"',
    "file": "{:x.pdf:PDF}",
    "annote": "{50% \\& more}",
    "rating": "5",
}
IDS = [
    {"eprint": "{1812.09195}", "archivePrefix": "{arXiv}"},
    {"eprint": '"arXiv:1812.09195v2"'},
    {"journal": "{arXiv preprint arXiv:1812.09195}"},
    {"doi": "{10.48550/arXiv.1812.09195}"},
    {"url": "{https://arxiv.org/abs/1812.09195}", "pubstate": "{prepublished}"},
    {"journal": '"CoRR"', "volume": "{abs/1812.09195}", "pages": "{arXiv--1812}"},
    {"eprint": "{1812.09195}", "eprinttype": "{arxiv}", "date": "{2018-12}"},
]
OTHERS = [
    "% a comment with an @ in it\n", '@string{s = {A " B}}\n', "@comment{@misc{x, title = {y}}}\n", "\n\n", "\r\n",
    "é ",
    "@article{done, title = {T}, journal = {Nature}, eprint = {1901.00001}}\n", "@book(b, title = {B})\n",
    "@misc{broken, title = {never closed\n", "@misc{nofields}\n", "@misc{, title = {No Key}}\n", '@preamble{"x"}\n',
]  # fmt: skip


@st.composite
def entries(draw: st.DrawFn) -> str:
    """An entry of a preprint in one of the many ways in which people and programs write it."""
    fields = {"title": draw(st.sampled_from(["{%s}", '"%s"', "{{%s}}"])) % TITLE}
    fields |= {"author": "{Gur, Izzeddin and Rueckert, Ulrich}", **draw(st.sampled_from(IDS))}
    fields |= draw(st.sampled_from([{}, {"year": "2018"}, {"year": "{2018}", "month": "dec"}]))
    fields |= {name: OWN[name] for name in draw(st.lists(st.sampled_from(sorted(OWN)), max_size=3))}
    names = draw(st.permutations(sorted(fields)))
    end, indent = draw(st.sampled_from(["\n", "\r\n", " "])), draw(st.sampled_from(["", "  ", "\t"]))
    equals = draw(st.sampled_from([" = ", "=", "\t= "]))
    width = draw(st.sampled_from([0, 15]))
    lines = [f"{name if width == 0 else name.ljust(width)}{equals}{fields[name]}" for name in names]
    if draw(st.booleans()):
        body = f"{end}{indent}, ".join(["", *lines]) + end
    else:
        comment = f"% a comment{end}" if "\n" in end and draw(st.booleans()) else ""
        body = f",{end}{comment}{indent}".join(["", *lines]) + draw(st.sampled_from(["", ","])) + end
    opening, closing = draw(st.sampled_from([("{", "}"), ("(", ")")]))
    kind = draw(st.sampled_from(["misc", "article", "Online", "UNPUBLISHED"]))
    return f"@{kind}{opening}key{draw(st.integers(0, 99))}{body}{closing}\n"


def own(block: Block) -> list[tuple[str, str]]:
    return [
        (field.name, field.value) for field in block.fields if field.name in OWN or field.name in {"title", "author"}
    ]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(OTHERS) | entries(), max_size=6), st.sampled_from(PUBLICATIONS))
def test_only_what_must_change_does_and_only_once(parts: list[str], publication: Publication) -> None:
    text = "".join(parts)
    done = run(text, publication)
    before, after = done.file.blocks, BibFile.parse(done.text.encode(), "x").blocks
    upgraded = {outcome.line for outcome in done.outcomes if outcome.status is Status.UPGRADED}
    assert len(before) == len(after)
    assert text.count("% a comment") == done.text.count("% a comment")
    for old, new in zip(before, after, strict=True):
        if old.line not in upgraded or old.kind != "entry":
            assert text[old.start : old.end] == done.text[new.start : new.end]
            continue
        assert (new.kind, new.key) == ("entry", old.key)
        assert own(new) == own(old)
        names = [field.name.casefold() for field in new.fields]
        assert len(set(names)) == len(names)
        assert "eprint" in names
        values = {field.name.casefold(): plain(field.value) for field in new.fields}
        assert "arxiv" not in " ".join(
            values.get(name, "") for name in ("journal", "booktitle", "volume", "doi", "pages")
        )
        assert values.get("year", values.get("date", ""))[:4] == str(publication.issued)[:4]
    assert not [outcome for outcome in done.outcomes if outcome.status is Status.LEFT and "read back" in outcome.reason]
    assert run(done.text, publication).text == done.text


@settings(deadline=None, max_examples=50)
@given(entries(), st.sampled_from(PUBLICATIONS))
def test_an_upgraded_entry_is_read_by_others(entry: str, publication: Publication) -> None:
    done = run(entry.replace("% a comment", ""), publication)  # bibtexparser has no comments inside of entries
    assert done.outcomes[0].status is Status.UPGRADED
    library = bib_parse(done.text)
    assert not library.failed_blocks
    (read,) = library.entries
    kinds = {"paper-conference": "inproceedings", "article-journal": "article", "chapter": "incollection"}
    kind = kinds[publication.type]
    assert read.entry_type.casefold() in {kind, "inbook" if kind == "incollection" else kind}


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_left_alone(data: bytes) -> None:
    if b"\0" in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return  # no text: refused by the scanner
    done = plan(BibFile.parse(data, "any.bib"), enrichers=[Knows(PUBLICATIONS[0])])
    assert done.file.encoded(done.text) == data


def test_a_paper_that_nobody_has_is_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"No source has arXiv:2401.00001"):
        find("2401.00001")
    file = BibFile.parse(b"@misc{a, title = {never closed\n", "refs.bib")
    with pytest.raises(UsageError, match=r"refs\.bib:1: the entry a cannot be looked up: .*never closed"):
        explain(file, "a")
