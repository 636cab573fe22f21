"""What an item is made of, field by field, against specs/field_mappings.md 4.1."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Author, PartialDate, ThemeTag, Work
from refkit.names import parse_name
from refkit.writers.zotero.items import (
    AUTOMATIC,
    LONGEST_TAG,
    MANUAL,
    Options,
    Wanted,
    clean,
    collection_name,
    object_key,
    split_path,
    wanted,
)

KEY_LETTERS = set("23456789ABCDEFGHIJKLMNPQRSTUVWXYZ")  # specs/zotero_web_api.md 3
NEW = ArxivRecord(
    arxiv_id="2409.20154",
    title="GravMAD: Grounded Spatial Value Maps",
    authors=(Author(family="Chen", given="Yangtao"), Author(family="van der Maaten", given="Laurens")),
    abstract="Robots   follow\n instructions.",
    categories=("cs.RO", "cs.AI", "quant-ph", "68T50", "I.2.9"),
    submitted=PartialDate(2024, 9, 30),
    updated=PartialDate(2025, 3, 3),
    comments="Accepted at a venue & more <b>",
    doi="10.1000/published",
    version=3,
)
OLD = ArxivRecord(
    arxiv_id="math/0211159",
    title="The entropy formula for the Ricci flow",
    authors=(Author(family="Perelman", given="Grisha"),),
    categories=("math.DG",),
    submitted=PartialDate(2002, 11, 11),
)


def item(record: ArxivRecord, *themes: str, options: Options | None = None) -> Wanted:
    work = Work(record=record, themes=tuple(ThemeTag(theme) for theme in themes))
    return wanted(work, options or Options())


def paper(**values: Any) -> ArxivRecord:
    return ArxivRecord(**{"arxiv_id": "2409.20154", "title": "A Title", **values})


@pytest.mark.parametrize(
    ("record", "name", "value"),
    [
        (NEW, "title", "GravMAD: Grounded Spatial Value Maps"),
        (
            NEW,
            "creators",
            [
                {"creatorType": "author", "firstName": "Yangtao", "lastName": "Chen"},
                {"creatorType": "author", "firstName": "Laurens van der", "lastName": "Maaten"},
            ],
        ),
        (NEW, "abstractNote", "Robots follow instructions."),
        (NEW, "repository", "arXiv"),
        (NEW, "archiveID", "arXiv:2409.20154"),
        (NEW, "DOI", "10.48550/arXiv.2409.20154"),
        (NEW, "url", "http://arxiv.org/abs/2409.20154"),
        (NEW, "date", "2025-03-03"),
        (NEW, "shortTitle", "GravMAD"),
        (NEW, "libraryCatalog", "arXiv.org"),
        (OLD, "title", "The entropy formula for the Ricci flow"),
        (OLD, "creators", [{"creatorType": "author", "firstName": "Grisha", "lastName": "Perelman"}]),
        (OLD, "repository", "arXiv"),
        (OLD, "archiveID", "arXiv:math/0211159"),
        (OLD, "DOI", "10.48550/arXiv.math/0211159"),
        (OLD, "url", "http://arxiv.org/abs/math/0211159"),
        (OLD, "date", "2002-11-11"),
        (OLD, "libraryCatalog", "arXiv.org"),
    ],
)
def test_each_field_is_that_of_the_translator(record: ArxivRecord, name: str, value: object) -> None:
    assert item(record).fields[name] == value


def test_an_item_has_these_fields_and_no_others() -> None:
    names = "title creators abstractNote repository archiveID DOI url date shortTitle libraryCatalog"
    assert set(item(NEW).fields) == set(names.split())


def test_what_is_not_known_is_left_out_and_never_filled_in() -> None:
    bare = item(paper())
    assert set(bare.fields) == {"title", "repository", "archiveID", "DOI", "url", "libraryCatalog"}
    assert (bare.note, bare.tags, bare.paths, bare.left_out) == ("", {}, (), ())
    assert set(item(OLD).fields) & {"abstractNote", "shortTitle"} == set()


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (NEW, "arXiv:2409.20154 [cs.RO]"),
        (OLD, "arXiv:math/0211159"),
        (paper(arxiv_id="hep-th/9901001", categories=("hep-th",)), "arXiv:hep-th/9901001"),
        (paper(arxiv_id="0704.0001", categories=("hep-ph",)), "arXiv:0704.0001 [hep-ph]"),
        (paper(), "arXiv:2409.20154"),
    ],
)
def test_extra_names_the_id_and_of_new_ids_the_primary_category(record: ArxivRecord, line: str) -> None:
    assert item(record).extra == line


@pytest.mark.parametrize(
    ("record", "address"),
    [
        (NEW, "https://arxiv.org/pdf/2409.20154v3"),
        (paper(), "https://arxiv.org/pdf/2409.20154"),
        (OLD, "https://arxiv.org/pdf/math/0211159"),
        (paper(arxiv_id="math/0211159", version=1), "https://arxiv.org/pdf/math/0211159v1"),
    ],
)
def test_the_pdf_has_its_version_if_that_is_known(record: ArxivRecord, address: str) -> None:
    assert item(record).pdf == address
    assert item(record, options=Options(pdf="file")).pdf == address
    assert item(record, options=Options(pdf="none")).pdf == ""


@pytest.mark.parametrize(
    ("updated", "submitted", "option", "date"),
    [
        ("2025-03-03", "2024-09-30", "updated", "2025-03-03"),
        ("2025-03-03", "2024-09-30", "submitted", "2024-09-30"),
        ("", "2024-09", "updated", "2024-09"),
        ("2025-03-03", "", "submitted", None),
        ("", "", "updated", None),
    ],
)
def test_the_date_is_that_of_the_current_version_or_as_wanted_of_the_first(
    updated: str, submitted: str, option: Any, date: str | None
) -> None:
    record = paper(
        updated=PartialDate.parse(updated) if updated else None,
        submitted=PartialDate.parse(submitted) if submitted else None,
    )
    assert item(record, options=Options(date=option)).fields.get("date") == date


NAMES = [
    ("Laurens van der Maaten", "Laurens van der", "Maaten"),
    ("J R Smith", "J. R.", "Smith"),
    ("JR Smith", "J. R.", "Smith"),
    ("J. R. Smith", "J. R.", "Smith"),
    ("J.R. Smith", "J. R.", "Smith"),
    ("JRR Tolkien", "J. R. R.", "Tolkien"),
    ("J Smith", "J.", "Smith"),
    ("J SMITH", "J.", "SMITH"),
    ("JR SMITH", "JR", "SMITH"),
    ("JOHN Smith", "JOHN", "Smith"),
    ("Jean-Pierre Serre", "Jean-Pierre", "Serre"),
    ("J.-P. Serre", "J.-P.", "Serre"),
    ("J. - P. Serre", "J.-P.", "Serre"),
    ("J-P Serre", "J.-P.", "Serre"),
    ("J – P – A Serre", "J.-P. – A.", "Serre"),  # only the first dash is drawn together
    ("Jean – Pierre Serre", "Jean-Pierre", "Serre"),
    ("Donald E. Knuth", "Donald E.", "Knuth"),
    ("М А Иванов", "М. А.", "Иванов"),
    ("Long T. Le", "Long T.", "Le"),
    ("Hans Maier [DE]", "Hans", "Maier [DE"),
    ("Hans Maier (DE)", "Hans", "Maier (DE)"),
    ("Hans [DE] Maier", "Hans [DE]", "Maier"),
    ("Hans\u00a0 Maier.", "Hans", "Maier"),
    ("Philippe Hansen-Estruch", "Philippe", "Hansen-Estruch"),
    ("Martin Luther King Jr.", "Martin Luther", "King Jr."),
]


@pytest.mark.parametrize(("name", "first", "last"), NAMES)
def test_a_name_is_divided_before_its_last_word_and_initials_get_stops(name: str, first: str, last: str) -> None:
    assert item(paper(authors=(parse_name(name),))).fields["creators"] == [
        {"creatorType": "author", "firstName": first, "lastName": last}
    ]


@pytest.mark.parametrize(
    ("author", "name"),
    [
        (Author(literal="ATLAS Collaboration"), "ATLAS Collaboration"),
        (Author(literal="The Event Horizon\n Telescope Collaboration"), "The Event Horizon Telescope Collaboration"),
        (Author(literal="Plato"), "Plato"),
        (Author(family="Plato"), "Plato"),
        (Author(given="Plato"), "Plato"),
        (Author(family="Plato", suffix="Jr."), "Plato Jr."),
    ],
)
def test_a_collaboration_or_a_single_word_stays_whole(author: Author, name: str) -> None:
    assert item(paper(authors=(author,))).fields["creators"] == [{"creatorType": "author", "name": name}]


@pytest.mark.parametrize("author", [Author(), Author(literal="\x01"), Author(family="."), Author(literal=":")])
def test_an_author_without_a_letter_is_no_creator(author: Author) -> None:
    real = Author(family="Chen", given="Yangtao")
    creators = item(paper(authors=(author, real))).fields["creators"]
    assert creators == [{"creatorType": "author", "firstName": "Yangtao", "lastName": "Chen"}]


@pytest.mark.parametrize(
    ("code", "tags"),
    [
        ("cs.CL", ["Computer Science - Computation and Language"]),
        ("stat.ML", ["Statistics - Machine Learning"]),
        ("math.MP", ["Mathematics - Mathematical Physics"]),
        ("cond-mat.supr-con", ["Condensed Matter - Superconductivity"]),
        ("eess.AS", ["Electrical Engineering and Systems Science - Audio and Speech Processing"]),
        ("q-bio.NC", ["Quantitative Biology - Neurons and Cognition"]),
        ("physics.optics", ["Physics - Optics"]),
        ("quant-ph", ["Quantum Physics"]),
        ("hep-th", ["High Energy Physics - Theory"]),
        ("astro-ph", ["Astrophysics"]),
        ("cmp-lg", ["Computation and Language"]),
        ("68T50", []),
        ("I.2.7", []),
        ("cs.XX", []),
        ("CS.CL", []),
        ("", []),
    ],
)
def test_a_category_becomes_a_tag_of_its_full_name_and_an_unknown_one_none(code: str, tags: list[str]) -> None:
    assert list(item(paper(categories=(code,))).tags) == tags


def test_all_categories_are_automatic_tags_and_themes_manual_ones() -> None:
    assert item(NEW, "Robots", "Quantum Physics").tags == {
        "Robots": MANUAL,
        "Quantum Physics": MANUAL,  # a theme of a category's name stays the user's
        "Computer Science - Robotics": AUTOMATIC,
        "Computer Science - Artificial Intelligence": AUTOMATIC,
    }
    assert (MANUAL, AUTOMATIC) == (0, 1)
    assert item(NEW, "Robots", options=Options(categories=False)).tags == {"Robots": MANUAL}


@pytest.mark.parametrize("length", [LONGEST_TAG, LONGEST_TAG + 1, 300])
def test_a_theme_that_is_too_long_for_a_tag_is_left_out_with_a_sentence(length: int) -> None:
    want = item(paper(), "x" * length, "Robots")
    fits = length <= 255
    assert ("x" * length in want.tags) is fits
    assert "Robots" in want.tags
    assert len(want.left_out) == (not fits)
    for sentence in want.left_out:
        assert sentence.startswith(f"the theme {'x' * 40}… has {length} characters")
        assert "255" in sentence
        assert len(sentence) < 200


def test_a_theme_that_is_too_long_for_a_collection_makes_none() -> None:
    for length in (256, 300):
        assert item(paper(), "x" * length, options=Options(theme_collections=True)).paths == ()
    assert item(paper(), "x" * 255, options=Options(theme_collections=True)).paths == ("x" * 255,)


def test_a_theme_of_blanks_or_control_characters_is_no_tag() -> None:
    assert item(paper(), " \n", "\x01\x7f", "a\x01b\tc").tags == {"ab c": MANUAL}


def test_the_comment_becomes_a_note_with_its_html_escaped() -> None:
    assert item(NEW).note == "Comment: Accepted at a venue &amp; more &lt;b&gt;"
    assert item(paper(comments='He said "no"\n twice')).note == 'Comment: He said "no" twice'
    assert item(NEW, options=Options(note=False)).note == ""
    assert item(paper()).note == ""


def test_a_comment_of_control_characters_makes_no_note() -> None:
    assert item(paper(comments="\x01")).note == ""


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("BERT: Pre-training of Transformers", "BERT"),
        ("A: B: C", "A"),
        ("Space : Before", "Space"),
        ("Does It Scale? A Study", "Does It Scale?"),
        ("Does It Scale? A Study: Part 2", "Does It Scale?"),
        ("Scaling: Does It? Yes", "Scaling"),
        ("Does It Scale?", None),
        ("No Subtitle", None),
        (": Odd", None),
    ],
)
def test_the_short_title_ends_at_a_colon_or_at_a_question_mark_within(title: str, short: str | None) -> None:
    assert item(paper(title=title)).fields.get("shortTitle") == short


def test_latex_is_kept_or_turned_into_characters() -> None:
    record = paper(title=r"$\mathcal{B}$-Coder", abstract=r"By Schr\"odinger")
    assert item(record).fields["title"] == r"$\mathcal{B}$-Coder"
    assert item(record).fields["abstractNote"] == r"By Schr\"odinger"
    plain = item(record, options=Options(latex="unicode")).fields
    assert (plain["title"], plain["abstractNote"]) == ("B-Coder", "By Schrödinger")


def test_what_stands_beside_control_characters_stays() -> None:
    assert clean("a~b\x7fc\x80d\x9fe\xa0f¡g\x1fh!") == "a~bcde f¡g h!"


def test_control_characters_are_dropped_as_the_server_drops_them() -> None:
    record = paper(
        title="A\x01 B\x00\x9f\n\tC\x7f: D", abstract="x\x02y", authors=(parse_name("Ada\x01 Love\x02lace"),)
    )
    fields = item(record).fields
    assert (fields["title"], fields["shortTitle"], fields["abstractNote"]) == ("A B C: D", "A B C", "xy")
    assert fields["creators"] == [{"creatorType": "author", "firstName": "Ada", "lastName": "Lovelace"}]


@pytest.mark.parametrize(
    ("options", "themes", "paths"),
    [
        (Options(), ("A",), ()),
        (Options(collection="Reading/2025-03-13"), ("A",), ("Reading/2025-03-13",)),
        (Options(collection=" /Reading// 2025 /"), (), ("Reading/2025",)),
        (Options(collection="Reading", theme_collections=True), ("A", "B"), ("Reading/A", "Reading/B")),
        (Options(collection="Reading", theme_collections=True), (), ("Reading",)),
        (Options(theme_collections=True), ("A", "CI/CD"), ("A", "CI\\/CD")),
        (Options(theme_collections=True), (), ()),
        (Options(collection="CI\\/CD", theme_collections=True), ("A",), ("CI\\/CD/A",)),
    ],
)
def test_the_collections_are_those_of_the_options(
    options: Options, themes: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    assert item(NEW, *themes, options=options).paths == paths


@given(st.lists(st.text("ab/ é", min_size=1).filter(lambda name: name == clean(name) != ""), min_size=1, max_size=4))
def test_a_path_of_names_with_slashes_is_taken_apart_again(names: list[str]) -> None:
    path = "/".join(name.replace("/", "\\/") for name in names)
    assert [collection_name(part) for part in split_path(path)] == names
    assert "/".join(split_path(path)) == path


@given(st.text(st.characters()))
@example("a \ud800 b")
@example("a \ud800")
def test_clean_text_is_left_alone(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters()))
def test_clean_text_has_no_control_characters_and_is_utf_8(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in cleaned)


@given(st.text(min_size=1).filter(lambda text: text.isprintable() and text == " ".join(text.split())))
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


PARTS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1).map(tuple)


@given(PARTS, PARTS)
def test_a_key_is_one_that_the_server_takes_and_tells_parts_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    key = object_key(*one)
    assert len(key) == 8
    assert set(key) <= KEY_LETTERS
    assert (key == object_key(*other)) == (one == other)


def test_a_key_is_the_same_on_every_machine_and_in_every_release() -> None:
    # Else an update of refkit would make every paper once more.
    assert object_key("user/1", "2409.20154") == "GJ2HCMX8"
    assert object_key("ab", "c") != object_key("a", "bc")


@given(
    st.builds(
        ArxivRecord,
        arxiv_id=st.sampled_from(["2409.20154", "math/0211159"]),
        title=st.text(st.characters()),
        abstract=st.text(st.characters()),
        comments=st.text(st.characters()),
        categories=st.lists(st.sampled_from(["cs.CL", "x", "quant-ph", "."]) | st.text()).map(tuple),
        authors=st.lists(st.builds(Author, *(st.text(st.characters(), max_size=9),) * 4)).map(tuple),
    ),
    st.lists(st.text(st.characters()), max_size=3),
    st.sampled_from(["keep", "unicode"]),
)
def test_any_record_is_some_item_that_can_be_sent(record: ArxivRecord, themes: list[str], latex: Any) -> None:
    want = item(record, *themes, options=Options(latex=latex, theme_collections=True))
    assert all(value for value in want.fields.values())
    sent = [want.extra, want.note, *want.tags, *want.paths, *(str(value) for value in want.fields.values())]
    for text in sent:
        text.encode()
    assert all(0 < len(tag) <= 255 for tag in want.tags)
