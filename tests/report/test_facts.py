from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from refkit.model import (
    ArxivRecord,
    Author,
    Candidate,
    Evidence,
    Mention,
    PartialDate,
    Resolution,
    ThemeTag,
    Verdict,
    Work,
)
from refkit.report.facts import (
    Occasion,
    Pair,
    Paper,
    open_titles,
    papers_of,
    recurring_authors,
    short_names,
    theme_counts,
    theme_pairs,
    timeline,
)


def paper(date: str = "", themes: Sequence[str] = (), authors: Sequence[str] = (), number: int = 1) -> Paper:
    record = ArxivRecord(
        arxiv_id=f"2401.{number:05}",
        title="T",
        authors=tuple(Author(literal=name) for name in authors),
        submitted=PartialDate.parse(date) if date else None,
    )
    found = Resolution(mention=Mention(title="T"), verdict=Verdict.MATCHED, reason="The title is the same.")
    return Paper(work=Work(record=record, themes=tuple(ThemeTag(theme) for theme in themes)), resolution=found)


dates = st.dates(dt.date(1991, 8, 14), dt.date(2040, 1, 1)).map(str)
PARTIAL = dates | dates.map(lambda day: day[:7]) | dates.map(lambda day: day[:4]) | st.just("") | st.just("--03-13")


@given(st.lists(st.tuples(PARTIAL, st.sets(st.sampled_from("abc"))), max_size=30))
def test_every_dated_paper_stands_in_one_column_and_each_theme_counts_it_once(
    given_: list[tuple[str, set[str]]],
) -> None:
    papers = [paper(date, sorted(themes)) for date, themes in given_]
    dated = [(date, themes) for date, themes in given_ if date[:1].isdigit()]
    line = timeline(papers)
    if line is None:
        assert not dated
        return
    assert sum(line.everything) == len(dated)
    assert line.undated == len(papers) - len(dated)
    assert {name: sum(counts) for name, counts in line.rows} == {
        theme: sum(theme in themes for _, themes in dated) for theme in {each for _, themes in dated for each in themes}
    }
    assert 1 <= len(line.columns) <= 12
    assert all(one.first + one.length == two.first for one, two in zip(line.columns, line.columns[1:], strict=False))
    assert line.everything[0]
    assert line.everything[-1]


def columns(*days: str) -> list[str]:
    line = timeline([paper(day) for day in days])
    return [column.label for column in line.columns] if line else []


def test_columns_are_as_short_as_fit_and_no_shorter_than_the_dates_are_exact() -> None:
    assert columns("2024-01-31", "2024-03-01") == ["2024-01", "2024-02", "2024-03"]
    assert columns("2023-01", "2024-02-29")[::4] == ["2023 Q1", "2024 Q1"]
    assert columns("2019-05", "2024-05") == ["2019", "2020", "2021", "2022", "2023", "2024"]
    assert columns("2024-01-31", "2024") == ["2024"]
    assert columns("1993-05", "2015-05")[0] == "1992–93"
    assert columns() == columns("") == []


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c.txt"]), min_size=1, max_size=4).map("/".join), unique=True))
def test_names_of_digests_are_different_ends_of_their_paths(paths: list[str]) -> None:
    names = short_names(paths)
    assert len(set(names)) == len(paths)
    assert all(path.endswith(name) for path, name in zip(paths, names, strict=True))


def test_a_name_is_no_longer_than_it_must_be() -> None:
    assert short_names(["/Users/me/a.txt", "/Users/me/b.txt", "/Users/you/b.txt"]) == ["a.txt", "me/b.txt", "you/b.txt"]
    assert short_names(["standard input"]) == ["standard input"]
    assert short_names([]) == []


def test_themes_pairs_and_authors_are_counted_by_paper_most_first() -> None:
    papers = [
        paper(themes=["b", "a"], authors=["Ada", "Bo", "Ada"]),
        paper(themes=["a", "b", "c"], authors=["Bo", "Cy"]),
        paper(themes=["c"], authors=["Bo", "Ada"]),
    ]
    assert theme_counts(papers) == [("a", 2), ("b", 2), ("c", 2)]
    assert theme_pairs(papers) == [Pair("a", "b", 2), Pair("a", "c", 1), Pair("b", "c", 1)]
    assert recurring_authors(papers) == [("Bo", 3), ("Ada", 2)]


def mentioned(line: int, digest: str, record: ArxivRecord | None, title: str = "T") -> Resolution:
    candidates = (Candidate(record=record, evidence=Evidence(), score=1.0, source="index"),) if record else ()
    verdict = Verdict.MATCHED if record else Verdict.NOT_FOUND
    mention = Mention(title=title, digest=digest, line=line)
    return Resolution(mention=mention, verdict=verdict, reason="R.", candidates=candidates)


def test_a_paper_and_an_open_title_stand_once_with_all_their_places() -> None:
    record = ArxivRecord(arxiv_id="2401.00001", title="T")
    found = [
        mentioned(1, "/x/a.txt", record),
        mentioned(2, "/x/a.txt", None, "U"),
        mentioned(3, "/x/b.txt", record),
        mentioned(4, "/x/b.txt", None, "U"),
    ]
    occasion = Occasion(zotero={"2401.00001": "zotero://select/library/items/ABCD2345"})
    (one,) = papers_of(found, [Work(record=record)], {"2401.00001": "@misc{x}"}, occasion)
    assert one.places == (("a.txt", 1), ("b.txt", 3))
    assert (one.bibtex, one.zotero[:9]) == ("@misc{x}", "zotero://")
    (open_one,) = open_titles(found, occasion)
    assert open_one.places == (("a.txt", 2), ("b.txt", 4))
