"""The three-way comparison: what refkit put there and nobody touched follows refkit, everything else is the user's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.writers.zotero.items import Wanted
from refkit.writers.zotero.merge import Base, Merge, created, has_id, merge, same, shown, tag_list, tag_names

ID = "2409.20154"
LINE = f"arXiv:{ID} [cs.RO]"
KEY = "AAAAAAAA"
CHEN = {"creatorType": "author", "firstName": "Yangtao", "lastName": "Chen"}
FIELDS: Mapping[str, Any] = {"title": "First Title", "creators": [CHEN], "date": "2024-09-30", "repository": "arXiv"}
TAGS = {"Robots": 0, "Computer Science - Robotics": 1}


def want(*, extra: str = LINE, tags: Mapping[str, int] | None = None, **fields: Any) -> Wanted:
    return Wanted(arxiv_id=ID, fields={**FIELDS, **fields}, extra=extra, tags=TAGS if tags is None else tags)


def made(wanted: Wanted | None = None, collections: tuple[str, ...] = ("CCCCCCCC",)) -> tuple[dict[str, Any], Base]:
    """What refkit created, as it stands in the library, and what it remembers of it."""
    data, base = created(wanted or want(), KEY, collections, "2025-03-13T00:00:00Z")
    return {**data, "key": KEY, "version": 5}, base


def merged(item: Mapping[str, Any], wanted: Wanted, base: Base | None, *collections: str) -> Merge:
    return merge(item, wanted, base, {key: f"path of {key}" for key in collections})


def test_a_new_item_is_whole_and_all_of_it_is_remembered() -> None:
    data, base = created(want(), KEY, ("CCCCCCCC",), "2025-03-13T00:00:00Z")
    assert data == {
        "itemType": "preprint",
        **FIELDS,
        "extra": LINE,
        "accessDate": "2025-03-13T00:00:00Z",
        "tags": [{"tag": "Robots"}, {"tag": "Computer Science - Robotics", "type": 1}],
        "collections": ["CCCCCCCC"],
        "relations": {},
    }
    assert base == Base(
        key=KEY, arxiv_id=ID, created=True, fields=FIELDS, extra=LINE, tags=TAGS, collections=("CCCCCCCC",)
    )


def test_an_untouched_item_needs_nothing() -> None:
    item, base = made()
    result = merged(item, want(), base, "CCCCCCCC")
    assert (result.patch, result.diff, result.kept, result.conflicts) == ({}, {}, (), ())
    assert result.base == base


@pytest.mark.parametrize(
    ("before", "theirs", "ours", "patched", "kept", "conflict"),
    [
        ("A", "A", "B", True, False, False),
        ("A", " A ", "B", True, False, False),
        ("A", "X", "A", False, True, False),
        ("A", "", "A", False, True, False),
        ("A", "X", "B", False, False, True),
        ("A", "", "B", False, False, True),
        ("A", None, "B", False, False, True),
        ("A", "B", "B", False, False, False),
        ("A", 5, "B", False, False, True),
        (None, "", "B", True, False, False),
        (None, None, "B", True, False, False),
        (None, "X", "B", False, False, False),
        (None, "B", "B", False, False, False),
    ],
)
def test_a_field_by_what_was_offered_what_stands_there_and_what_is_offered(
    before: str | None, theirs: object, ours: str, *, patched: bool, kept: bool, conflict: bool
) -> None:
    fields = {"title": "T"} if before is None else {"title": "T", "date": before}
    base = Base(key=KEY, arxiv_id=ID, created=True, fields=fields, extra=LINE)
    item = {"key": KEY, "itemType": "preprint", "title": "T", "date": theirs, "extra": LINE}
    wanted = Wanted(arxiv_id=ID, fields={"title": "T", "date": ours}, extra=LINE)
    result = merged(item, wanted, base)
    assert result.patch == ({"date": ours} if patched else {})
    assert result.diff == ({"date": (str(theirs or "").strip(), ours)} if patched else {})
    assert result.kept == (("date",) if kept else ())
    assert bool(result.conflicts) is conflict
    # What somebody else had filled in before refkit saw it stays theirs: None.
    assert result.base.fields["date"] == (None if before is None and theirs == "X" else ours)


def test_a_conflict_names_the_field_and_both_values() -> None:
    item, base = made()
    result = merged({**item, "title": "Mine"}, want(title="Second Title"), base)
    assert result.conflicts == ("title is 'Second Title' by now, but yours is 'Mine'",)


def test_a_conflict_is_told_once_and_stays_the_users_afterwards() -> None:
    item, base = made()
    item["title"] = "Mine"
    first = merged(item, want(title="Second Title"), base)
    second = merged(item, want(title="Second Title"), first.base)
    assert (second.patch, second.conflicts, second.kept) == ({}, (), ("title",))


def test_an_item_that_the_user_made_is_filled_where_it_is_empty_only() -> None:
    item = {"key": KEY, "itemType": "preprint", "title": "Mine", "repository": "arXiv", "creators": []}
    result = merged(item, want(), None)
    assert {name: result.patch.get(name) for name in FIELDS} == {**FIELDS, "title": None, "repository": None}
    assert (result.kept, result.conflicts) == ((), ())
    assert result.base.created is False


def test_an_item_that_the_user_made_raises_no_conflict_on_the_second_run() -> None:
    item = {"key": KEY, "itemType": "preprint", "title": "Mine", "extra": LINE}
    first = merged(item, want(), None)
    second = merged({**item, **first.patch}, want(), first.base)
    assert (second.patch, second.conflicts) == ({}, ())


def test_an_item_made_on_another_machine_raises_no_conflict_on_the_second_run() -> None:
    item, _ = made()
    item["title"] = "Mine"
    first = merged(item, want(), Base(key=KEY, arxiv_id=ID, created=True))
    second = merged({**item, **first.patch}, want(), first.base)
    assert (first.patch, second.patch, second.conflicts) == ({}, {}, ())


def test_the_users_title_is_not_followed_when_ours_changes() -> None:
    item = {"key": KEY, "itemType": "preprint", "title": "Mine", "extra": LINE}
    first = merged(item, want(), None)
    second = merged({**item, **first.patch}, want(title="Second Title", date="2025-01-01"), first.base)
    assert second.patch == {"date": "2025-01-01"}


def test_the_users_title_is_not_followed_though_it_equals_ours_at_first() -> None:
    item = {"key": KEY, "itemType": "preprint", **FIELDS, "extra": LINE}
    first = merged(item, want(), None)
    assert merged(item, want(title="Second Title"), first.base).patch.get("title") is None


@pytest.mark.parametrize("kind", ["journalArticle", "conferencePaper", "book", None])
def test_an_item_of_another_type_gets_the_id_and_the_tags_and_no_fields(kind: str | None) -> None:
    item = {"key": KEY, "itemType": kind, "title": "Published", "tags": [{"tag": "mine"}], "extra": "read: yes"}
    result = merged(item, want(), None, "CCCCCCCC")
    assert result.patch == {
        "extra": f"read: yes\n{LINE}",
        "tags": [{"tag": "mine"}, *tag_list(TAGS)],
        "collections": ["CCCCCCCC"],
    }
    assert result.base.fields == {}
    assert result.diff["extra"] == ("read: yes", f"read: yes | {LINE}")


def test_fields_are_not_offered_again_after_the_user_made_it_a_journal_article() -> None:
    item, base = made()
    result = merged({**item, "itemType": "journalArticle", "repository": ""}, want(title="Second"), base, "CCCCCCCC")
    assert (result.patch, result.conflicts) == ({}, ())


OTHER_ID = "2501.00001"


def test_an_item_that_is_known_as_another_paper_gets_the_line_and_the_tags_and_no_fields() -> None:
    """A published version may be that of two papers, or an item name a second one in Extra."""
    base = Base(key=KEY, arxiv_id=OTHER_ID, created=True, fields={"date": ""}, extra=f"arXiv:{OTHER_ID}")
    item = {"key": KEY, "itemType": "preprint", "title": "Other", "date": "", "extra": f"arXiv:{OTHER_ID}\n"}
    result = merged(item, want(tags={"Robots": 0}), base)
    both = f"arXiv:{OTHER_ID}\n{LINE}"
    assert result.patch == {"extra": both, "tags": [{"tag": "Robots"}]}
    assert result.diff == {
        "extra": (f"arXiv:{OTHER_ID}", f"arXiv:{OTHER_ID} | {LINE}"),
        "tags": ("", "+Robots"),
    }
    assert result.base == msgspec.structs.replace(base, tags={"Robots": 0})
    again = merged({**item, "extra": both}, want(extra=f"arXiv:{ID} [cs.AI]", tags={}), base)
    assert (again.patch, again.kept, again.base.extra) == ({}, (), f"arXiv:{OTHER_ID}")


@pytest.mark.parametrize(
    ("known", "wanted", "patched"),
    [
        ({"title": "A: B", "shortTitle": "A"}, {"title": "C"}, {"title": "C", "shortTitle": ""}),
        (
            {"title": "A: B", "shortTitle": "A"},
            {"title": "C: D", "shortTitle": "C"},
            {"title": "C: D", "shortTitle": "C"},
        ),
        ({"title": "A: B", "shortTitle": "A"}, {}, {}),
        ({"title": "A: B", "shortTitle": None}, {"title": "C"}, {"title": "C"}),
        ({"title": "A: B"}, {"title": "C"}, {"title": "C"}),
    ],
)
def test_a_short_title_goes_with_the_subtitle(
    known: dict[str, Any], wanted: dict[str, Any], patched: dict[str, Any]
) -> None:
    base = Base(key=KEY, arxiv_id=ID, created=True, fields=known, extra=LINE)
    item = {"key": KEY, "itemType": "preprint", "title": "A: B", "shortTitle": "A", "extra": LINE}
    result = merged(item, Wanted(arxiv_id=ID, fields=wanted, extra=LINE), base)
    assert (result.patch, result.conflicts) == (patched, ())


def test_what_is_added_is_shown_by_its_name() -> None:
    result = merged({"key": KEY, "itemType": "book"}, want(), None, "CCCCCCCC", "DDDDDDDD")
    assert result.diff == {
        "extra": ("", LINE),
        "tags": ("", "+Robots, +Computer Science - Robotics"),
        "collections": ("", "+path of CCCCCCCC, +path of DDDDDDDD"),
    }


OTHER = f"arXiv:{ID} [cs.AI]"


@pytest.mark.parametrize(
    ("before", "theirs", "ours", "after"),
    [
        ("", "", LINE, LINE),
        ("", None, LINE, LINE),
        ("", " \n", LINE, LINE),
        ("", "read: yes", LINE, f"read: yes\n{LINE}"),
        ("", "read: yes\n\n", LINE, f"read: yes\n{LINE}"),
        ("", LINE, LINE, None),
        ("", f"arXiv: {ID}", LINE, None),
        ("", f"ARXIV ID:{ID}v2 [cs.AI]", LINE, None),
        ("", "arXiv:2409.2015", LINE, f"arXiv:2409.2015\n{LINE}"),
        ("", f"arXiv:{ID}7", LINE, f"arXiv:{ID}7\n{LINE}"),
        ("", f"see arXiv:{ID}", LINE, f"see arXiv:{ID}\n{LINE}"),
        ("", "1", LINE, f"1\n{LINE}"),
        ("", 1, LINE, f"1\n{LINE}"),
        (LINE, LINE, OTHER, OTHER),
        (LINE, f"a: 1\n{LINE}\nb: 2", OTHER, f"a: 1\n{OTHER}\nb: 2"),
        (LINE, f"a: 1\r\n{LINE}\r\nb: 2", OTHER, f"a: 1\n{OTHER}\nb: 2"),
        (LINE, f"{LINE} read it", OTHER, None),
        (LINE, "", LINE, None),
        (LINE, "a: 1", LINE, None),
        (LINE, "a: 1", OTHER, None),
        (LINE, OTHER, OTHER, None),
    ],
)
def test_extra_is_merged_by_lines(before: str, theirs: object, ours: str, after: str | None) -> None:
    base = Base(key=KEY, arxiv_id=ID, extra=before)
    result = merged({"key": KEY, "itemType": "book", "extra": theirs}, want(extra=ours, tags={}), base)
    assert result.patch == ({} if after is None else {"extra": after})
    assert (result.base.extra == ours) is (after is not None or ours in {theirs, before})


def test_a_removed_line_of_extra_is_said_to_be_kept() -> None:
    item, base = made()
    assert merged({**item, "extra": "mine"}, want(), base).kept == ("extra",)


@pytest.mark.parametrize(
    ("before", "theirs", "sent", "kept"),
    [
        ({}, [], ["Robots", "AI"], []),
        ({}, None, ["Robots", "AI"], []),
        ({}, ["mine"], ["mine", "Robots", "AI"], []),
        ({}, ["Robots"], ["Robots", "AI"], []),
        ({}, ["Robots", "AI", "mine"], None, []),
        ({"Robots": 0, "AI": 1}, ["Robots", "AI"], None, []),
        ({"Robots": 0, "AI": 1}, ["AI"], None, ["tag Robots"]),
        ({"Robots": 0, "AI": 1}, ["robots"], None, ["tag Robots", "tag AI"]),
        ({"Robots": 0}, [], ["AI"], ["tag Robots"]),
        ({"Old": 0}, ["Old"], ["Old", "Robots", "AI"], []),
    ],
)
def test_tags_are_added_once_and_never_again(
    before: dict[str, int], theirs: list[str] | None, sent: list[str] | None, kept: list[str]
) -> None:
    tags = None if theirs is None else [{"tag": name} for name in theirs]
    item = {"key": KEY, "itemType": "book", "extra": LINE, "tags": tags}
    base = Base(key=KEY, arxiv_id=ID, extra=LINE, tags=before)
    result = merged(item, want(tags={"Robots": 0, "AI": 1}), base)
    assert ([tag["tag"] for tag in result.patch["tags"]] if result.patch else None) == sent
    assert list(result.kept) == kept
    assert set(before) <= set(result.base.tags)


def test_the_types_and_the_order_of_the_users_tags_stay() -> None:
    tags = [{"tag": "z", "type": 1}, {"tag": "a"}, {"tag": "Robots", "type": 1}]
    patch = merged({"key": KEY, "itemType": "book", "extra": LINE, "tags": tags}, want(), None).patch
    assert patch["tags"] == [*tags, {"tag": "Computer Science - Robotics", "type": 1}]


def test_an_item_with_thousands_of_tags_keeps_them_all() -> None:
    tags = [{"tag": f"tag {number}"} for number in range(5000)]
    result = merged({"key": KEY, "itemType": "book", "extra": LINE, "tags": tags}, want(), None)
    assert result.patch["tags"] == [*tags, *tag_list(TAGS)]
    assert result.diff["tags"] == ("", "+Robots, +Computer Science - Robotics")


@pytest.mark.parametrize(
    ("before", "theirs", "sent", "kept"),
    [
        ((), [], ["CCCCCCCC", "DDDDDDDD"], []),
        ((), None, ["CCCCCCCC", "DDDDDDDD"], []),
        ((), ["XXXXXXXX", "DDDDDDDD"], ["XXXXXXXX", "DDDDDDDD", "CCCCCCCC"], []),
        (("CCCCCCCC",), ["XXXXXXXX"], ["XXXXXXXX", "DDDDDDDD"], ["collection path of CCCCCCCC"]),
        (("CCCCCCCC", "DDDDDDDD"), [], None, ["collection path of CCCCCCCC", "collection path of DDDDDDDD"]),
    ],
)
def test_collections_are_added_once_and_never_again(
    before: tuple[str, ...], theirs: list[str] | None, sent: list[str] | None, kept: list[str]
) -> None:
    item = {"key": KEY, "itemType": "book", "extra": LINE, "collections": theirs}
    base = Base(key=KEY, arxiv_id=ID, extra=LINE, collections=before)
    result = merged(item, want(tags={}), base, "CCCCCCCC", "DDDDDDDD")
    assert result.patch.get("collections") == sent
    assert list(result.kept) == kept
    assert set(before) <= set(result.base.collections)


def test_a_tag_that_the_user_had_before_refkit_and_removes_stays_removed() -> None:
    item: dict[str, Any] = {"key": KEY, "itemType": "book", "extra": LINE, "tags": [{"tag": "Robots"}]}
    first = merged(item, want(tags={"Robots": 0}), None)
    assert merged({**item, "tags": []}, want(tags={"Robots": 0}), first.base).patch == {}


def test_a_collection_that_the_user_had_before_refkit_and_leaves_is_not_entered_again() -> None:
    item: dict[str, Any] = {"key": KEY, "itemType": "book", "extra": LINE, "collections": ["CCCCCCCC"]}
    first = merged(item, want(tags={}), None, "CCCCCCCC")
    assert merged({**item, "collections": []}, want(tags={}), first.base, "CCCCCCCC").patch == {}


def test_what_is_remembered_besides_stays() -> None:
    item, base = made()
    known = msgspec.structs.replace(base, children={"note": "NNNNNNNN"}, undone=True)
    result = merged(item, want(title="Second Title"), known).base
    assert (result.children, result.created, result.key, result.arxiv_id) == (known.children, True, KEY, ID)
    assert result.undone is False


@pytest.mark.parametrize("name", ["tags", "creators"])
@pytest.mark.parametrize("value", [[None], ["x"], [5]])
def test_lists_of_odd_values_are_left_as_they_are(name: str, value: list[object]) -> None:
    item, base = made()
    for known in (base, None):
        assert merged({**item, name: value}, want(), known).patch.get(name, value)[: len(value)] == value


@given(
    st.dictionaries(
        st.sampled_from(["itemType", *FIELDS, "extra", "collections"]),
        st.sampled_from([None, "", "x", 0, 5, 2.5, True]),
    ).map(lambda values: {name: value for name, value in values.items() if name != "collections" or not value})
)
def test_missing_properties_numbers_and_null_are_no_exception(values: dict[str, Any]) -> None:
    for kind in ("preprint", "book"):
        result = merged({"itemType": kind, **values, "key": KEY}, want(), None, "CCCCCCCC")
        assert not set(result.patch) & {name for name, value in values.items() if value and name != "extra"}


TEXTS = st.sampled_from(["", "A", "B", "C: D", " A "])
LINES = st.sampled_from([LINE, OTHER])
NAMES = ["Robots", "AI", "Vision"]
SOME_TAGS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([0, 1]))
KEYS = st.lists(st.sampled_from(["CCCCCCCC", "DDDDDDDD"]), unique=True)
FIELD_NAMES = ["title", "date", "abstractNote"]
WANTS = st.builds(
    Wanted,
    arxiv_id=st.just(ID),
    fields=st.fixed_dictionaries(dict.fromkeys(FIELD_NAMES, TEXTS)).map(
        lambda fields: {name: value.strip() for name, value in fields.items() if value}
    ),
    extra=LINES,
    tags=SOME_TAGS,
)
ITEMS = st.fixed_dictionaries(
    {"itemType": st.sampled_from(["preprint", "book"])},
    optional={
        **dict.fromkeys(FIELD_NAMES, TEXTS),
        "extra": st.sampled_from(["", "mine", LINE, OTHER, f"a\n{LINE}\nb"]),
        "tags": SOME_TAGS.map(tag_list),
        "collections": KEYS,
    },
).map(lambda item: {**item, "key": KEY, "version": 1})
# Runs of refkit, each with what it wants by then, and what the user does to the item before the next one.
EDITS = st.dictionaries(st.sampled_from([*FIELD_NAMES, "extra", "tags", "collections"]), st.integers(0, 7), max_size=3)
RUNS = st.lists(st.tuples(EDITS, WANTS, KEYS), min_size=1, max_size=4)


def edited(item: dict[str, Any], edits: Mapping[str, int]) -> dict[str, Any]:
    """The item after the user removed (even numbers) or changed (odd ones) some of it."""
    new = dict(item)
    for name, number in edits.items():
        if name == "tags":
            tags = list(item.get("tags") or ())
            new["tags"] = tags[number // 2 :] if number % 2 == 0 else [*tags, {"tag": f"mine {number}"}]
        elif name == "collections":
            new["collections"] = list(item.get("collections") or ())[number // 2 :]
        else:
            new[name] = "" if number % 2 == 0 else f"mine {number}"
    return new


def starts(item: dict[str, Any] | None, wanted: Wanted) -> tuple[dict[str, Any], Base | None]:
    return (item, None) if item is not None else made(wanted, ())


@given(st.none() | ITEMS, RUNS)
def test_after_a_patch_nothing_is_left_to_patch(start: dict[str, Any] | None, runs: list[Any]) -> None:
    item, base = starts(start, runs[0][1])
    for edits, wanted, keys in runs:
        item = edited(item, edits)
        result = merged(item, wanted, base, *keys)
        item, base = {**item, **result.patch}, result.base
        again = merged(item, wanted, base, *keys)
        assert again.patch == {}


@given(st.none() | ITEMS, RUNS)
def test_an_edit_of_the_user_is_never_in_a_patch(start: dict[str, Any] | None, runs: list[Any]) -> None:
    item, base = starts(start, runs[0][1])
    # What refkit wrote, or what it offered and the user has, too.
    ours: dict[str, Any] = {} if start is not None else dict(runs[0][1].fields)
    for edits, wanted, keys in runs:
        new = edited(item, edits)
        result = merged(new, wanted, base, *keys)
        for name in result.patch.keys() & set(FIELD_NAMES):
            assert same(new.get(name), ours.get(name))
        agreed = {name: value for name, value in wanted.fields.items() if name in ours and same(new.get(name), value)}
        ours |= agreed | {name: value for name, value in result.patch.items() if name in FIELD_NAMES}
        item, base = {**new, **result.patch}, result.base
        for name in ("tags", "collections"):
            assert list(item.get(name) or ())[: len(new.get(name) or ())] == list(new.get(name) or ())


@given(st.none() | ITEMS, RUNS)
def test_a_tag_or_collection_that_refkit_added_and_the_user_removed_never_comes_back(
    start: dict[str, Any] | None, runs: list[Any]
) -> None:
    item, base = starts(start, runs[0][1])
    ours: set[str] = tag_names(item) if start is None else set()
    removed: set[str] = set()
    for edits, wanted, keys in runs:
        new = edited(item, edits)
        removed |= (ours & _members(item)) - _members(new)
        result = merged(new, wanted, base, *keys)
        item, base = {**new, **result.patch}, result.base
        ours |= _members(item) - _members(new)
        assert not removed & _members(item)


def _members(item: Mapping[str, Any]) -> set[str]:
    return tag_names(item) | set(item.get("collections") or ())


@given(ITEMS, WANTS, KEYS)
def test_a_merge_does_not_change_what_it_is_given(item: dict[str, Any], wanted: Wanted, keys: list[str]) -> None:
    before = msgspec.json.encode((item, wanted))
    merged(item, wanted, Base(key=KEY, arxiv_id=ID), *keys)
    assert msgspec.json.encode((item, wanted)) == before


@given(ITEMS, WANTS, KEYS)
def test_what_is_remembered_survives_a_file(item: dict[str, Any], wanted: Wanted, keys: list[str]) -> None:
    result = merged(item, wanted, None, *keys)
    read = msgspec.json.decode(msgspec.json.encode(result.base), type=Base)
    assert read == result.base
    item = {**item, **result.patch}
    assert merged(item, wanted, read, *keys) == merged(item, wanted, result.base, *keys)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("a", "a", True),
        (" a\n", "a", True),
        ("", None, True),
        ("a", "A", False),
        (0, "", True),
        ([CHEN], [CHEN], True),
        ([CHEN], [{**CHEN, "name": ""}], True),
        ([CHEN], [{**CHEN, "lastName": "Chen "}], True),
        ([CHEN], [{**CHEN, "lastName": "Chan"}], False),
        ([CHEN], [CHEN, CHEN], False),
        ([CHEN, {"name": "A"}], [{"name": "A"}, CHEN], False),
        ([CHEN], "Chen", False),
    ],
)
def test_values_are_the_same_as_zotero_sees_them(one: object, other: object, *, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


@pytest.mark.parametrize("other", ["", None, []])
def test_an_empty_list_is_the_same_as_nothing(other: object) -> None:
    assert same([], other)
    assert same(other, [])


@pytest.mark.parametrize(
    ("extra", "arxiv_id", "there"),
    [
        (f"arXiv:{ID}", ID, True),
        (f"a: b\n  arXiv ID: {ID}", ID, True),
        (f"arxiv-id:{ID}v3", ID, True),
        (f"arXiv:{ID}0", ID, False),
        (f"see arXiv:{ID}", ID, False),
        ("arXiv:2409x20154", ID, False),
        ("arXiv:math/0211159", "math/0211159", True),
        ("", ID, False),
    ],
)
def test_whether_extra_has_the_id(extra: str, arxiv_id: str, *, there: bool) -> None:
    assert has_id(extra, arxiv_id) is there


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n b ", "a | b"),
        ([CHEN, {"name": "A Team"}], "Yangtao Chen; A Team"),
        ([{"lastName": "Plato"}], "Plato"),
        ([{"firstName": "Ada"}], "Ada"),
        (["a", {"name": "b"}], "a; b"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        (5, "5"),
        ([], ""),
    ],
)
def test_a_value_is_shown_short_and_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_tags_are_written_as_the_api_does_and_read_by_name() -> None:
    assert tag_list({"a": 0, "b": 1}) == [{"tag": "a"}, {"tag": "b", "type": 1}]
    assert tag_names({"tags": tag_list({"a": 0, "b": 1})}) == {"a", "b"}
    assert tag_names({}) == tag_names({"tags": None}) == set()
