"""Works in each format: what is written of a paper, what is refused, and that other programs find it again."""

from __future__ import annotations

import html
import json
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

import refkit
from refkit import registry
from refkit.digests.csl import CslReader
from refkit.digests.jsonl import JsonlReader
from refkit.digests.ris import RisReader
from refkit.errors import WriteError
from refkit.model import ArxivRecord, Author, Mention, PartialDate, Publication, Report, ThemeTag, Work
from refkit.writers.formats.bibliography import html_page, markdown
from refkit.writers.formats.item import Item, Name
from refkit.writers.formats.works import (
    CslJsonWriter,
    HtmlWriter,
    ItemWriter,
    JsonlWriter,
    MarkdownWriter,
    RisWriter,
)

FORMATS = [name for name in registry.FORMATS if name not in ("bibtex", "biblatex")]
RECORD = ArxivRecord(
    arxiv_id="2310.03173",
    title=r"$\mathcal{B}$-Coder: 50% of Schr\"odinger's $\alpha$ & <b>",
    authors=(
        Author(family="van der Maaten", given="Laurens"),
        Author(family="King", given="M. L.", suffix="Jr."),
        Author(literal="ATLAS Collaboration"),
    ),
    abstract="We show that $x_i^2$ is\nsmall. It does hold, as we can see in this paper.",
    categories=("cs.LG", "cs.PL"),
    submitted=PartialDate(2023, 10, 4),
)
MENTION = Mention(title="B-Coder", digest="list.txt", line=3, raw="B-Coder")
PREPRINT = Work(
    record=RECORD,
    mentions=(MENTION,),
    themes=(ThemeTag("agents", ("coder",)), ThemeTag("rl", ("value",))),
    provenance={"title": "catalogue"},
)
PUBLISHED = Work(
    record=RECORD,
    publication=Publication(
        type="paper-conference",
        container_title="Proceedings of X",
        event_title="X 2024",
        pages="1–9",
        issued=PartialDate(2024, 5),
        doi="10.1/x",
        publisher="ACM",
    ),
)


def written(works: list[Work], name: str) -> str:
    return refkit.to_bibtex(works, dialect=name)


def test_csl_json_is_what_zotero_makes_of_a_preprint() -> None:
    (row,) = json.loads(written([PREPRINT], "csl-json"))
    assert row == {
        "id": "vandermaaten2023bcoder",
        "type": "article",
        "author": [
            {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
            {"family": "King", "given": "M. L.", "suffix": "Jr."},
            {"literal": "ATLAS Collaboration"},
        ],
        "issued": {"date-parts": [[2023, 10, 4]]},
        "publisher": "arXiv",
        "number": "arXiv:2310.03173",
        "title": r"$\mathcal{B}$-Coder: 50% of Schrödinger's α & &lt;b>",
        "DOI": "10.48550/arXiv.2310.03173",
        "URL": "https://arxiv.org/abs/2310.03173",
        "abstract": "We show that $x_i^2$ is small. It does hold, as we can see in this paper.",
        "note": "arXiv:2310.03173 [cs.LG]",
        "keyword": "agents, rl",
    }


def test_csl_json_of_a_published_version_keeps_the_preprint_in_the_note() -> None:
    (row,) = json.loads(written([PUBLISHED], "csl-json"))
    wanted = {
        "type": "paper-conference", "container-title": "Proceedings of X", "event-title": "X 2024", "page": "1-9",
        "publisher": "ACM", "DOI": "10.1/x", "note": "arXiv:2310.03173 [cs.LG]", "id": "vandermaaten2023bcoder",
    }  # fmt: skip
    assert wanted.items() <= row.items()
    assert row["issued"] == {"date-parts": [[2024, 5]]}
    assert "number" not in row


@pytest.mark.parametrize("kind", ["article-journal", "paper-conference", "chapter", "book"])
def test_all_that_is_known_of_a_published_version_is_written(kind: str) -> None:
    known = Publication(
        type=kind, title=r"On Schr\"odinger", container_title=r"J. \& Co", event_title=r"E \& F", volume="1", issue="2",
        pages="3--5", number="e6", publisher=r"A \& B", issued=PartialDate(2024), doi="10.1/x",
    )  # fmt: skip
    (row,) = json.loads(written([Work(record=RECORD, publication=known)], "csl-json"))
    assert {name: value for name, value in row.items() if name not in ("author", "abstract", "id")} == {
        "type": kind, "title": "On Schrödinger", "container-title": "J. & Co", "event-title": "E & F", "volume": "1",
        "issue": "2", "page": "3-5", "number": "e6", "publisher": "A & B", "issued": {"date-parts": [[2024]]},
        "DOI": "10.1/x", "URL": "https://arxiv.org/abs/2310.03173", "note": "arXiv:2310.03173 [cs.LG]",
    }  # fmt: skip


def test_what_is_not_known_of_a_published_version_is_left_out() -> None:
    bare = ArxivRecord(arxiv_id="2310.03173v2", title="T")
    (row,) = json.loads(written([Work(record=bare, publication=Publication(type="book"))], "csl-json"))
    assert {name: value for name, value in row.items() if name != "id"} == {
        "type": "book", "title": "T", "URL": "https://arxiv.org/abs/2310.03173", "note": "arXiv:2310.03173"
    }  # fmt: skip


def test_ris() -> None:
    assert written([PREPRINT], "ris") == (
        "TY  - UNPB\n"
        "ID  - vandermaaten2023bcoder\n"
        "AU  - van der Maaten, Laurens\n"
        "AU  - King, M. L., Jr.\n"
        "AU  - ATLAS Collaboration\n"
        "TI  - $\\mathcal{B}$-Coder: 50% of Schrödinger's α & <b>\n"
        "DO  - 10.48550/arXiv.2310.03173\n"
        "UR  - https://arxiv.org/abs/2310.03173\n"
        "AB  - We show that $x_i^2$ is small. It does hold, as we can see in this paper.\n"
        "PY  - 2023\n"
        "DA  - 2023/10/04/\n"
        "PB  - arXiv\n"
        "M1  - arXiv:2310.03173 [cs.LG]\n"
        "KW  - agents\n"
        "KW  - rl\n"
        "ER  - \n"
    )
    text = written([PUBLISHED], "ris")
    for line in (
        "TY  - CONF",
        "C3  - Proceedings of X",
        "T2  - X 2024",
        "SP  - 1",
        "EP  - 9",
        "N1  - arXiv:2310.03173 [cs.LG]",
    ):
        assert f"{line}\n" in text


def test_jsonl_holds_all_of_a_work() -> None:
    (line,) = written([PREPRINT], "jsonl").splitlines()
    row = json.loads(line)
    assert msgspec.convert(row["work"], Work) == PREPRINT
    assert row["authors"] == ["Laurens van der Maaten", "M. L. King Jr.", "ATLAS Collaboration"]
    assert (row["key"], row["issued"], row["keywords"]) == ("vandermaaten2023bcoder", "2023-10-04", ["agents", "rl"])


@pytest.mark.parametrize(
    ("name", "reader"), [("csl-json", CslReader()), ("ris", RisReader()), ("jsonl", JsonlReader())]
)
def test_it_is_a_digest_again(name: str, reader: Any) -> None:
    text = written([PREPRINT], name)
    assert reader.recognise(text) > 0.9
    (mention,) = [each for each in reader.read(text, digest="x") if isinstance(each, Mention)]
    assert mention.arxiv_id == "2310.03173"
    assert mention.issued == PartialDate(2023, 10, 4)
    assert "Coder: 50% of Schrödinger's α &" in mention.title
    assert [author.split()[-1].strip(",") for author in mention.authors][2] == "Collaboration"
    assert mention.abstract.startswith("We show that")


def test_markdown_in_the_plain_style() -> None:
    assert written([PREPRINT], "markdown") == (
        "- van der Maaten, L., King, M. L., Jr. & ATLAS Collaboration (2023). "
        r"$\mathcal{B}$-Coder: 50% of Schrödinger's α & \<b\>. arXiv:2310.03173. "
        "<https://doi.org/10.48550/arXiv.2310.03173>\n"
    )
    assert "In *Proceedings of X*, pp. 1–9. ACM. <https://doi.org/10.1/x> [arXiv:2310.03173](" in written(
        [PUBLISHED], "markdown"
    )


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.add(tag)
        self.ids += [known["id"] or ""] if "id" in known else []
        self.links += [known["href"] or ""] if "href" in known else []


HOSTILE = Item(
    key='a"><script>',
    type="webpage",
    names={"author": (Name(literal="<script>alert(1)</script>"),)},
    texts={"title": "x &lt;i>y<script>alert(1)</script>", "URL": "javascript:alert(1)"},
    keywords=('<img src="x">',),
)


def test_a_page_of_html_stands_by_itself_and_escapes_everything() -> None:
    text = html_page([HOSTILE, HOSTILE], by_theme=True, title="<script>").text
    page = _Page()
    page.feed(text)
    assert not page.tags & {"script", "img", "link"}
    assert not page.links
    assert page.ids == ['a"><script>']
    assert html.escape("<script>alert(1)</script>") in text
    page.feed(written([PREPRINT], "html"))
    assert page.ids[-1] == "vandermaaten2023bcoder"
    assert page.links == ["https://doi.org/10.48550/arXiv.2310.03173"]


def test_markdown_escapes_what_would_be_markup() -> None:
    text = markdown([HOSTILE, Item(key="b", texts={"title": "a_b *c* [d](e) `f` # | $5 and $6 <!-- -->"})]).text
    assert r"a\_b \*c\* \[d\](e) \`f\` \# \| \$5 and \$6 \<!-- --\>" in text
    assert "<script>" not in text


def test_by_theme_a_paper_stands_below_each_of_its_themes() -> None:
    other = Work(record=ArxivRecord(arxiv_id="2401.00001", title="Other"))
    items = [Item(key="a", keywords=("rl", "agents")), Item(key="b")]
    text = markdown(items, by_theme=True).text
    assert re.findall(r"## (.*)|- .*?(\ba|\bb)\.", text) == [
        ("agents", ""), ("", "a"), ("rl", ""), ("", "a"), ("Other", ""), ("", "b"),
    ]  # fmt: skip
    assert (
        written([other], "markdown")
        == "- (n.d.). Other. arXiv:2401.00001. <https://doi.org/10.48550/arXiv.2401.00001>\n"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_of_works_does_not_matter(name: str) -> None:
    works = [Work(record=ArxivRecord(arxiv_id=f"2401.0000{place}", title=f"Title {place}")) for place in range(1, 9)]
    wanted = written(works, name)
    random.Random(1).shuffle(works)  # noqa: S311 - a shuffle, no secret
    assert written(works, name) == wanted
    assert wanted.endswith("\n")


@pytest.mark.parametrize("name", registry.FORMATS)
def test_a_paper_has_the_key_of_the_bib_file_in_every_format(name: str) -> None:
    bib = re.findall(r"@misc\{(.*),", written([PREPRINT], "bibtex"))
    assert bib == ["vandermaaten2023bcoder"]
    if name != "markdown":  # which shows no keys
        assert bib[0] in written([PREPRINT], name)


def test_a_publication_of_a_kind_that_is_none_does_not_hide_the_preprint() -> None:
    work = Work(record=RECORD, publication=Publication(type="posted-content", container_title="bioRxiv"))
    assert written([work], "csl-json") == written([Work(record=RECORD)], "csl-json")


@pytest.mark.parametrize("name", FORMATS)
def test_no_works_make_an_empty_bibliography(name: str) -> None:
    assert written([], name) in {"", "[]\n"} or name == "html"


def test_what_cannot_be_written_is_an_error() -> None:
    def full(_: str) -> None:
        raise OSError("disk full")

    writer = CslJsonWriter(full)
    with pytest.raises(WriteError, match="csl-json text could not be written: disk full"):
        writer.apply(writer.plan([PREPRINT]))


def test_without_a_place_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    writer = CslJsonWriter()
    writer.apply(writer.plan([PREPRINT]))
    assert capsys.readouterr().out == written([PREPRINT], "csl-json")


def test_a_format_says_how_its_items_are_written() -> None:
    with pytest.raises(NotImplementedError):
        ItemWriter().write([], [])


@pytest.mark.parametrize(
    ("kind", "name"),
    [(CslJsonWriter, "csl-json"), (RisWriter, "ris"), (JsonlWriter, "jsonl"), (MarkdownWriter, "markdown"),
     (HtmlWriter, "html")],
)  # fmt: skip
def test_a_writer_has_the_name_of_its_format_and_takes_keys(kind: type[ItemWriter], name: str) -> None:
    texts: list[str] = []
    writer = kind(texts.append, key=lambda record: f"key-{record.arxiv_id}")
    (change,) = changes = writer.plan([PREPRINT, PREPRINT])
    assert change.key == "key-2310.03173"
    assert writer.apply(changes) == Report(done=(change,))
    assert texts == [writer.render(changes)]
    assert writer.name == name


@pytest.mark.parametrize("date", [None, PartialDate(None, 3, 5)])
def test_without_a_year_there_is_no_date(date: PartialDate | None) -> None:
    work = Work(record=ArxivRecord(arxiv_id="2401.00001", title="T", submitted=date))
    assert "issued" not in json.loads(written([work], "csl-json"))[0]


def test_a_day_without_a_month_is_not_written_as_a_month() -> None:
    work = Work(record=ArxivRecord(arxiv_id="2401.00001", title="T", submitted=PartialDate(2024, None, 5)))
    (row,) = json.loads(written([work], "csl-json"))
    assert row["issued"] == {"date-parts": [[2024]]}


def test_importing_the_writers_is_light() -> None:
    heavy = "{'bibtexparser', 'pylatexenc', 'citeproc', 'lxml'}"
    code = f"import sys, refkit.writers.formats.works as _; print({heavy} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
