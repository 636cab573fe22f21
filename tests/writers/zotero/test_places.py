"""What paths of collections mean in a library that people rename, move, delete and fill with equal names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.writers.zotero.items import object_key
from refkit.writers.zotero.places import PENDING, Place, Places, new_collection


def folder(key: str, name: object, parent: object = False, **values: Any) -> dict[str, Any]:  # noqa: FBT002
    return {"key": key, "version": 1, "name": name, "parentCollection": parent, **values}


READING = folder("AAAAAAAA", "Reading")
MARCH = folder("BBBBBBBB", "2025-03", "AAAAAAAA")
CI_CD = folder("CCCCCCCC", "CI/CD")
LIBRARY = [READING, MARCH, CI_CD, folder("DDDDDDDD", "Reading", "CCCCCCCC")]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("Reading", "AAAAAAAA"),
        ("Reading/2025-03", "BBBBBBBB"),
        ("CI\\/CD", "CCCCCCCC"),
        ("CI\\/CD/Reading", "DDDDDDDD"),
        ("reading", "@reading"),
        ("2025-03", "@2025-03"),
        ("Reading/2025-04", "@Reading/2025-04"),
        ("CI/CD", "@CI/CD"),
    ],
)
def test_a_path_means_the_collection_of_these_names_or_one_to_be_made(path: str, key: str) -> None:
    assert Places(LIBRARY, {}).resolve(path) == Place(path, key)
    assert Places(LIBRARY, {}).key_of(path) == ("" if key.startswith(PENDING) else key)


@pytest.mark.parametrize("order", [1, -1])
def test_of_equal_names_one_is_taken_always_the_same(order: int) -> None:
    twins = [folder("BBBBBBBB", "Reading"), folder("AAAAAAAA", "Reading")]
    assert Places(twins[::order], {}).resolve("Reading").key == "AAAAAAAA"


def test_a_collection_in_the_trash_is_not_there() -> None:
    places = Places([folder("AAAAAAAA", "Reading", deleted=1)], {})
    assert places.resolve("Reading").key == "@Reading"


@pytest.mark.parametrize("moved", [{"name": "Papers"}, {"parentCollection": "CCCCCCCC"}, {"name": "P", "version": 9}])
def test_a_known_collection_is_followed_when_it_is_renamed_or_moved(moved: dict[str, Any]) -> None:
    places = Places([{**READING, **moved}, MARCH, CI_CD], {"Reading": "AAAAAAAA"})
    assert places.resolve("Reading") == Place("Reading", "AAAAAAAA")
    assert places.resolve("Reading/2025-03").key == "BBBBBBBB"
    assert places.missing("Reading/2025-04") == ["Reading/2025-04"]
    assert places.parent_of("Reading/2025-04") == "AAAAAAAA"


def test_a_known_collection_wins_over_a_new_one_of_its_name() -> None:
    library = [folder("ZZZZZZZZ", "Papers"), folder("AAAAAAAA", "Reading")]
    assert Places(library, {"Reading": "ZZZZZZZZ"}).resolve("Reading").key == "ZZZZZZZZ"


def test_a_known_collection_is_followed_though_the_one_above_it_is_gone() -> None:
    places = Places([folder("BBBBBBBB", "2025-03")], {"Reading": "AAAAAAAA", "Reading/2025-03": "BBBBBBBB"})
    assert places.resolve("Reading/2025-03").key == "BBBBBBBB"
    assert places.missing("Reading/2025-03/Robots") == ["Reading/2025-03/Robots"]
    assert places.parent_of("Reading/2025-03/Robots") == "BBBBBBBB"


@pytest.mark.parametrize("collections", [[], [folder("AAAAAAAA", "Reading", deleted=1)]])
def test_a_known_collection_that_the_user_deleted_is_not_made_again(collections: list[dict[str, Any]]) -> None:
    known = {"Reading": "AAAAAAAA"}
    assert Places(collections, known).resolve("Reading") == Place("Reading", "")
    assert Places(collections, known, recreate=True).resolve("Reading") == Place("Reading", "@Reading")


def test_a_deleted_collection_is_not_made_again_for_one_below_it() -> None:
    assert Places([], {"Reading": "AAAAAAAA"}).resolve("Reading/Robots") == Place("Reading/Robots", "")


def test_a_deleted_collection_that_the_user_made_anew_is_taken() -> None:
    assert Places([folder("BBBBBBBB", "Reading")], {"Reading": "AAAAAAAA"}).resolve("Reading").key == "BBBBBBBB"


def test_the_missing_ones_are_named_outermost_first() -> None:
    places = Places(LIBRARY, {})
    assert places.missing("Reading/2025-03/A\\/B/C") == ["Reading/2025-03/A\\/B", "Reading/2025-03/A\\/B/C"]
    assert places.missing("New/2025-03") == ["New", "New/2025-03"]
    assert places.missing("Reading/2025-03") == []


@pytest.mark.parametrize(
    ("path", "parent"),
    [("Reading", ""), ("New", ""), ("Reading/New", "AAAAAAAA"), ("CI\\/CD/New", "CCCCCCCC"), ("New/Newer", None)],
)
def test_the_parent_of_a_path(path: str, parent: str | None) -> None:
    assert Places(LIBRARY, {}).parent_of(path) == parent


def test_what_was_asked_for_and_is_there_is_followed_from_then_on() -> None:
    places = Places(LIBRARY, {})
    for path in ("Reading/2025-03", "New", "CI\\/CD"):
        places.resolve(path)
    places.key_of("Reading")
    assert places.resolved == {"Reading/2025-03": "BBBBBBBB", "CI\\/CD": "CCCCCCCC"}


def test_a_collection_that_was_made_is_there_from_then_on() -> None:
    places = Places([], {})
    places.add("Reading", folder("AAAAAAAA", "Reading"))
    places.add("Reading/A\\/B", folder("BBBBBBBB", "A/B", "AAAAAAAA"))
    assert places.resolve("Reading/A\\/B").key == "BBBBBBBB"
    assert places.existing(["AAAAAAAA", "BBBBBBBB", "CCCCCCCC"]) == ["AAAAAAAA", "BBBBBBBB"]
    assert Places([], {}).existing(["AAAAAAAA"]) == []


def test_no_path_means_no_collection() -> None:
    assert Places(LIBRARY, {}).key_of("") == ""


def test_a_new_collection_as_it_is_sent() -> None:
    own = new_collection("CI\\/CD/A\\/B", "CCCCCCCC", "user/1", own_key=True)
    assert own == {
        "key": object_key("user/1", "collection", "CCCCCCCC", "A/B"),
        "version": 0,
        "name": "A/B",
        "parentCollection": "CCCCCCCC",
        "relations": {},
    }
    top = new_collection("Reading", "", "user/1", own_key=False)
    assert top == {"name": "Reading", "parentCollection": False, "relations": {}}


def test_equal_names_in_other_places_or_libraries_have_keys_of_their_own() -> None:
    places = [
        ("Reading", "", "user/1"),
        ("Reading", "AAAAAAAA", "user/1"),
        ("Reading", "", "group/1"),
        ("R", "", "user/1"),
    ]
    assert len({new_collection(*place, own_key=True)["key"] for place in places}) == len(places)


def test_of_keys_those_that_are_gone_are_left_out_but_not_those_in_the_trash() -> None:
    places = Places([*LIBRARY, folder("EEEEEEEE", "Old", deleted=1)], {})
    assert places.existing(["XXXXXXXX", "CCCCCCCC", "EEEEEEEE", "AAAAAAAA"]) == ["CCCCCCCC", "EEEEEEEE", "AAAAAAAA"]


@pytest.mark.parametrize(
    "odd",
    [
        {"key": "EEEEEEEE"},
        {"key": "EEEEEEEE", "name": None, "parentCollection": None},
        {"key": "EEEEEEEE", "name": 5, "parentCollection": "XXXXXXXX"},
        {"key": "EEEEEEEE", "name": "Reading", "parentCollection": "EEEEEEEE"},
    ],
)
def test_odd_collections_are_passed_over(odd: dict[str, Any]) -> None:
    assert Places([odd, READING], {}).resolve("Reading").key == "AAAAAAAA"


NAMES = st.sampled_from(["A", "B", "A/B", "é"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/".join(name.replace("/", "\\/") for name in names))


@given(st.lists(PATHS, min_size=1, max_size=5), st.booleans())
def test_each_missing_collection_is_made_once_and_found_then(paths: list[str], again: bool) -> None:  # noqa: FBT001
    places = Places([], {})
    made: dict[str, dict[str, Any]] = {}
    for path in paths:
        for part in places.missing(path):
            parent = places.parent_of(part)
            assert parent is not None
            data = new_collection(part, parent, "user/1", own_key=True)
            assert data["key"] not in made
            made[data["key"]] = data
            places.add(part, data)
    later = Places(made.values(), {}) if again else places
    for path in paths:
        assert later.missing(path) == []
        assert later.resolve(path) == Place(path, later.key_of(path))
        assert later.key_of(path) in made
