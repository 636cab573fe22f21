"""BibTeX and BibLaTeX: cases, TeX, ids, broken entries, the same paper twice, and what is no paper."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from refkit.digests.bib import BibReader
from refkit.digests.bib_fields import names_of
from refkit.digests.loading import read_mentions
from refkit.digests.tex import readable
from refkit.errors import DigestError
from refkit.model import Mention, PartialDate, Skipped
from refkit.normalize import title_key
from refkit.testing import ReaderContract
from refkit.testing.contracts import case_input


class TestContract(ReaderContract):
    @pytest.fixture
    def reader(self) -> BibReader:
        return BibReader()

    @pytest.fixture
    def cases(self) -> Path:
        return Path(__file__).with_name("bib")


def entry(fields: str) -> Mention:
    (mention,) = read_mentions(f"@article{{a, title = {{Mamba}}, {fields}}}", BibReader(), digest="a.bib")[0]
    return mention


def skipped(text: str) -> list[Skipped]:
    return [item for item in BibReader().read(text, digest="a.bib") if isinstance(item, Skipped)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{{BERT}: Pre-training}", "BERT: Pre-training"),
        (r"Schr{\"o}dinger and {\'E}. Br\'{e}zis", "Schrödinger and É. Brézis"),
        (r"The {$\alpha$}-Decay of $x_{1}^2$", r"The $\alpha$-Decay of $x_{1}^2$"),
        (r"100\% of R\&D at \$5", "100% of R&D at $5"),
        (r"\emph{Deep} \textbf{Learning}~--- ``Now''", "Deep Learning — “Now”"),
        ("Gain of 50% over {GAN}s", "Gain of 50% over GANs"),
        ("A\n   B", "A B"),
        ("An open $ sign", "An open sign"),
        ("", ""),
    ],
)
def test_tex_is_read_as_people_do_and_formulas_stay(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Vaswani, Ashish and Noam Shazeer", ("Vaswani, Ashish", "Noam Shazeer")),
        ("Gu, A. and\n  Dao, T. AND others", ("Gu, A.", "Dao, T.")),
        ("{Barnes and Noble} and {\\'E}lie Cartan", ("Barnes and Noble", "Élie Cartan")),
        ("family=Gogh, given=Vincent, prefix=van", ("van Gogh, Vincent",)),
        ("Anders and Andy Anderson", ("Anders", "Andy Anderson")),
        ("", ()),
    ],
)
def test_names_are_parted_by_and_outside_of_braces(written: str, read: tuple[str, ...]) -> None:
    assert names_of(written) == read


@pytest.mark.parametrize(
    ("fields", "arxiv_id"),
    [
        ("eprint = {2312.00752}, archivePrefix = {arXiv}", "2312.00752"),
        ("eprint = {hep-th/9901001v2}, eprinttype = {arXiv}", "hep-th/9901001"),
        ("eprint = {2312.00752}", "2312.00752"),
        ("eprint = {2312.00752}, eprinttype = {pubmed}", ""),
        ("journal = {arXiv preprint arXiv:2312.00752}", "2312.00752"),
        ("journal = {CoRR}, volume = {abs/2312.00752}", "2312.00752"),
        ("doi = {10.48550/ARXIV.2312.00752}", "2312.00752"),
        (r"howpublished = {\url{https://arxiv.org/pdf/2312.00752v1.pdf}}", "2312.00752"),
        ("arxivId = {2312.00752}", "2312.00752"),
        ("pages = {2312.00752}, note = {Accepted 2312.00752}", ""),
    ],
)
def test_an_arxiv_id_is_found_wherever_files_have_it(fields: str, arxiv_id: str) -> None:
    assert entry(fields).arxiv_id == arxiv_id


def test_keys_of_dblp_are_ids() -> None:
    text = "@article{DBLP:journals/corr/abs-1706-03762, title = {Attention}}"
    assert read_mentions(text, BibReader(), digest="a.bib")[0][0].arxiv_id == "1706.03762"


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ("year = 2024, month = mar", PartialDate(2024, 3)),
        ("year = {2024}, month = {March}, day = {13}", PartialDate(2024, 3, 13)),
        ('year = "2024", month = "13~" # mar', PartialDate(2024, 3, 13)),
        ("year = 2024, month = 3", PartialDate(2024, 3)),
        ("date = {2024-03-13/2024-04-01}", PartialDate(2024, 3, 13)),
        ("date = {2024-03-13T10:00:00Z}", PartialDate(2024, 3, 13)),
        ("year = {in press}", None),
        ("year = {c. 2024}, month = {Spring}", PartialDate(2024)),
    ],
)
def test_dates_are_read_in_the_forms_of_both(fields: str, date: PartialDate | None) -> None:
    assert entry(fields).issued == date


def test_a_volume_lends_its_year_and_shared_data_all() -> None:
    text = """@xdata{x, author = {Ada Lovelace}, year = 1943}
    @inproceedings{a, title = {Mamba}, crossref = {v}, author = {Gu, A.}}
    @article{b, title = {Notes}, xdata = {x}}
    @proceedings{v, title = {A Volume}, year = {2023}}"""
    first, second = read_mentions(text, BibReader(), digest="a.bib")[0]
    assert (first.title, first.issued) == ("Mamba", PartialDate(2023))
    assert (second.authors, second.issued) == (("Ada Lovelace",), PartialDate(1943))


def test_shared_data_and_a_volume_both_lend_but_not_the_doi_of_the_volume() -> None:
    text = """@xdata{x, keywords = {agents}}
    @xdata{y, author = {Gu, A.}}
    @inproceedings{a, title = {Mamba}, xdata = {x, y}, crossref = {v}}
    @proceedings{v, title = {A Volume}, year = {2023}, doi = {10.1000/volume}}"""
    (mention,) = read_mentions(text, BibReader(), digest="a.bib")[0]
    assert (mention.authors, mention.keywords, mention.issued) == (("Gu, A.",), ("agents",), PartialDate(2023))
    assert mention.doi == ""


def test_entries_that_refer_to_each_other_end() -> None:
    text = "@article{a, title={Mamba}, crossref={b}}\n@article{b, title={Cobra}, crossref={a}}"
    assert len(read_mentions(text, BibReader(), digest="a.bib")[0]) == 2


def test_what_a_later_entry_adds_goes_into_the_first() -> None:
    text = """@inproceedings{a, title = {Mamba}, author = {Gu, Albert}, doi = {10.1000/a}}
    @article{b, title = {{MAMBA}}, author = {A. Gu}, eprint = {2312.00752}, archiveprefix = {arXiv}}"""
    mentions, passed = read_mentions(text, BibReader(), digest="a.bib")
    assert [(each.arxiv_id, each.doi) for each in mentions] == [("2312.00752", "10.1000/a")]
    assert [each.reason for each in passed] == ["the same paper as in line 1"]


def test_two_titles_with_one_id_are_both_read() -> None:
    text = "@misc{a, title={Mamba}, eprint={2312.00752}}\n@misc{b, title={Something Else}, eprint={2312.00752}}"
    assert len(read_mentions(text, BibReader(), digest="a.bib")[0]) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("@software{a, title = {A Tool}, doi = {10.5281/zenodo.1}}", "a program"),
        ("@misc{a, title = {A Tool}, url = {https://github.com/a/b}}", "a program"),
        ("@online{a, title = {A Page}, url = {https://example.org}}", "a web page"),
        ("@proceedings{a, title = {A Volume}, doi = {10.1000/1}}", "a volume, no paper in it"),
        ("@article{a, author = {Nobody}}", "an entry (article) without a title"),
        ("@string{a = {b}}", "an abbreviation"),
        ("@comment{a}", "a comment"),
        ("Text that stands between", "a comment"),
        ("@article{a, title = {" + "Long " * 300 + "}}", "a title of 1,499 characters"),
    ],
)
def test_what_is_no_paper_is_skipped_with_its_reason(text: str, reason: str) -> None:
    found = skipped(f"@article{{m, title = {{Mamba}}}}\n{text}")
    assert [(each.line, each.reason) for each in found] == [(2, reason)]


def test_a_web_page_with_an_arxiv_id_is_a_paper() -> None:
    text = "@online{a, title = {Mamba}, url = {https://arxiv.org/abs/2312.00752}}"
    assert read_mentions(text, BibReader(), digest="a.bib")[0][0].arxiv_id == "2312.00752"


def test_a_broken_entry_costs_only_itself() -> None:
    text, _ = case_input(Path(__file__).with_name("bib") / "broken")
    mentions, passed = read_mentions(text, BibReader(), digest="a.bib")
    assert len(mentions) == 3
    assert [each.line for each in passed if each.reason.startswith("a broken entry: ")] == [1, 12]


def test_line_ends_make_no_difference() -> None:
    text, _ = case_input(Path(__file__).with_name("bib") / "library")
    lines = [
        [(each.title, each.line) for each in read_mentions(text.replace("\n", end), BibReader(), digest="a.bib")[0]]
        for end in ("\n", "\r\n", "\r")
    ]
    assert lines[0] == lines[1] == lines[2]


def test_a_page_that_says_how_to_cite_it_is_not_taken_for_a_bib_file() -> None:
    cite = "@article{a, title={Mamba}, year={2023}}"
    page = "# A tool\n\n" + "It does what one wants it to do.\n" * 40 + cite
    assert BibReader().recognise(cite) > 0.9
    assert BibReader().recognise(page) < 0.5
    assert BibReader().recognise("Attention @ Home (a title)") == 0.0


def test_nothing_that_can_be_read_is_an_error_with_its_line() -> None:
    with pytest.raises(DigestError, match=r"^a\.bib:2: a broken entry: unexpectedly reached end of file; correct it"):
        list(BibReader().read("\n@article{a, title = {Mamba", digest="a.bib"))


@pytest.mark.parametrize(
    "text",
    [
        "@article{a, title={M}" + " x={M}" * 50_000 + "}",
        "".join(f"@article{{a{n}, title={{Mamba}}, author={{A{n}, B}}}}\n" for n in range(5_000)),
        "".join(f"@article{{a{n}, title={{M {n}}}, crossref={{a{n + 1}}}}}\n" for n in range(5_000)),
        "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(3_000)) + "@article{a, title=a3000}",
        "@article{a, title={x}, abstract={" + "{\\a" * 20_000 + "}" * 20_000 + "}}",
    ],
)
def test_what_would_be_slow_is_not(text: str) -> None:
    start = time.perf_counter()
    list(BibReader().read(text, digest="a.bib"))
    assert time.perf_counter() - start < 20  # all take less than a second or two; quadratic work would take minutes


def test_the_real_file_is_read_whole(shared: Path) -> None:
    """Needs the digests of ../shared."""
    path = shared / "accuracy/raw/HEPML_first.bib"
    if not path.exists():
        pytest.skip("../shared has no raw digests")
    mentions, _ = read_mentions(path.read_text(encoding="utf-8"), BibReader(), digest="a.bib")
    assert len({title_key(each.title) for each in mentions}) == 493
    assert all(each.authors and each.issued for each in mentions)
