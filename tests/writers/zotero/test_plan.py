"""Plans: one change a paper, with its reason, and nothing left to do after it was carried out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refkit.model import ArxivRecord, Author, Op, PartialDate, ThemeTag, Work
from refkit.writers.zotero.items import Options, object_key
from refkit.writers.zotero.merge import Base
from refkit.writers.zotero.places import PENDING, Places, new_collection
from refkit.writers.zotero.plan import Child, ItemChange, Library, plan

NOW = "2025-03-13T08:00:00Z"
LIBRARY_NAME = "user/1"
ROBOTS = ArxivRecord(
    arxiv_id="2409.20154",
    title="GravMAD: Grounded Spatial Value Maps",
    authors=(Author(family="Chen", given="Yangtao"),),
    abstract="Robots follow instructions.",
    categories=("cs.RO", "cs.AI"),
    submitted=PartialDate(2024, 9, 30),
    updated=PartialDate(2025, 3, 3),
    comments="9 pages",
    doi="10.1000/published",
    version=2,
)
FLOW = ArxivRecord(
    arxiv_id="math/0211159",
    title="The entropy formula for the Ricci flow",
    authors=(Author(family="Perelman", given="Grisha"),),
    categories=("math.DG",),
    submitted=PartialDate(2002, 11, 11),
)
KEY = object_key(LIBRARY_NAME, ROBOTS.arxiv_id)
TWIN: dict[str, Any] = {
    "itemType": "journalArticle",
    "title": "Published Title",
    "DOI": "10.1000/PUBLISHED",
    "tags": [{"tag": "mine"}],
}


def work(record: ArxivRecord = ROBOTS, *themes: str) -> Work:
    return Work(record=record, themes=tuple(ThemeTag(theme) for theme in themes or ("Robots",)))


def thing(key: str = "AAAAAAAA", **values: Any) -> dict[str, Any]:
    return {"key": key, "version": 3, "itemType": "preprint", **values}


class Server:
    """A library and refkit's memory of it; carries out plans as the server does, all of them or only the items."""

    def __init__(
        self, items: Iterable[Mapping[str, Any]] = (), bases: Iterable[Base] = (), *, client_keys: bool = True
    ) -> None:
        self.items: dict[str, dict[str, Any]] = {item["key"]: dict(item) for item in items}
        self.bases = {base.key: base for base in bases}
        self.collections: list[dict[str, Any]] = []
        self.known: dict[str, str] = {}
        self.children: list[dict[str, Any]] = []
        self.client_keys = client_keys
        self.version = 100

    def plan(self, works: Iterable[Work], options: Options | None = None) -> list[ItemChange]:
        options = options or Options()
        library = Library(
            name=LIBRARY_NAME,
            items=self.items,
            bases=self.bases,
            places=Places(self.collections, self.known, recreate=options.recreate),
            client_keys=self.client_keys,
            now=NOW,
        )
        return plan(works, library, options)

    def apply(self, changes: Iterable[ItemChange], *, children: bool = True) -> None:
        for change in changes:
            key = change.key if self.client_keys or change.op is not Op.CREATE else f"{self.version:08}"
            base = change.base
            if change.data:
                self._write(key, change)
            if base and change.writes:
                base = msgspec.structs.replace(base, collections=tuple(map(self._placed, base.collections)))
            if base and children:
                made = {child.role: child.key or "made" for child in change.children}
                base = msgspec.structs.replace(base, children={**base.children, **made})
                self.children += [child.data for child in change.children]
            if base:
                self.bases[key] = msgspec.structs.replace(base, key=key)

    def _write(self, key: str, change: ItemChange) -> None:
        self.version += 1
        old = self.items.get(key, {})
        assert (change.op is Op.CREATE) == (not old)
        assert change.version == int(old.get("version", 0))
        data = dict(change.data)
        if "collections" in data:
            data["collections"] = [self._placed(each) for each in data["collections"]]
        self.items[key] = {**old, **data, "key": key, "version": self.version}
        if not self.items[key].get("deleted"):
            self.items[key].pop("deleted", None)

    def _placed(self, key: str) -> str:
        if not key.startswith(PENDING):
            return key
        places = Places(self.collections, self.known)
        for path in places.missing(key.removeprefix(PENDING)):
            data = new_collection(path, places.parent_of(path) or "", LIBRARY_NAME, own_key=True)
            places.add(path, data)
            self.collections.append(data)
            self.known[path] = data["key"]
        return places.key_of(key.removeprefix(PENDING))


def one(server: Server, options: Options | None = None, each: Work | None = None) -> ItemChange:
    (change,) = server.plan([each or work()], options)
    return change


def test_a_paper_that_is_not_there_is_created_with_its_note_and_its_pdf() -> None:
    change = one(Server())
    assert (change.op, change.key, change.reason, change.version) == (Op.CREATE, KEY, "it is not in the library", 0)
    assert change.data == {
        "itemType": "preprint",
        "title": "GravMAD: Grounded Spatial Value Maps",
        "creators": [{"creatorType": "author", "firstName": "Yangtao", "lastName": "Chen"}],
        "abstractNote": "Robots follow instructions.",
        "repository": "arXiv",
        "archiveID": "arXiv:2409.20154",
        "DOI": "10.48550/arXiv.2409.20154",
        "url": "http://arxiv.org/abs/2409.20154",
        "date": "2025-03-03",
        "shortTitle": "GravMAD",
        "libraryCatalog": "arXiv.org",
        "extra": "arXiv:2409.20154 [cs.RO]",
        "accessDate": NOW,
        "tags": [
            {"tag": "Robots"},
            {"tag": "Computer Science - Robotics", "type": 1},
            {"tag": "Computer Science - Artificial Intelligence", "type": 1},
        ],
        "collections": [],
        "relations": {},
    }
    assert change.children == (
        Child(
            role="note",
            key=object_key(LIBRARY_NAME, "2409.20154", "note"),
            data={"itemType": "note", "note": "Comment: 9 pages", "tags": []},
        ),
        Child(
            role="pdf",
            key=object_key(LIBRARY_NAME, "2409.20154", "pdf"),
            data={
                "itemType": "attachment",
                "linkMode": "linked_url",
                "title": "Preprint PDF",
                "url": "https://arxiv.org/pdf/2409.20154v2",
                "accessDate": NOW,
                "contentType": "application/pdf",
                "tags": [],
            },
        ),
    )
    assert change.diff["title"] == ("", "GravMAD: Grounded Spatial Value Maps")
    assert change.diff["tags"][1].startswith("+Robots, +Computer Science - Robotics, ")
    assert change.base == Base(
        key=KEY,
        arxiv_id="2409.20154",
        created=True,
        fields={name: change.data[name] for name in change.base.fields} if change.base else {},
        extra="arXiv:2409.20154 [cs.RO]",
        tags={"Robots": 0, "Computer Science - Robotics": 1, "Computer Science - Artificial Intelligence": 1},
    )


def test_what_a_new_paper_gets_is_shown_in_the_order_in_which_it_is_told() -> None:
    change = one(Server(), Options(collection="Reading", theme_collections=True, pdf="file"), work(ROBOTS, "A", "B"))
    assert list(change.diff.items()) == [
        ("title", ("", "GravMAD: Grounded Spatial Value Maps")),
        ("tags", ("", "+A, +B, +Computer Science - Robotics, +Computer Science - Artificial Intelligence")),
        ("collections", ("", "+Reading/A, +Reading/B")),
        ("note", ("", "+the comment as a note")),
        ("pdf", ("", "+the PDF, downloaded")),
    ]
    assert change.notes == ()


def test_of_a_paper_without_title_tags_and_notes_nothing_more_is_shown() -> None:
    bare = Work(record=ArxivRecord(arxiv_id="2409.20154", title=""))
    assert one(Server(), Options(pdf="none"), bare).diff == {"title": ("", "")}


def test_where_the_library_makes_the_keys_there_is_none_of_ours() -> None:
    change = one(Server(client_keys=False))
    assert (change.op, change.key) == (Op.CREATE, "2409.20154")
    assert change.base is not None
    assert change.base.key == ""
    assert [child.key for child in change.children] == ["", ""]


@pytest.mark.parametrize(
    ("options", "roles", "mode"),
    [
        (Options(), ["note", "pdf"], "linked_url"),
        (Options(pdf="file"), ["note", "pdf"], "imported_url"),
        (Options(pdf="none"), ["note"], ""),
        (Options(note=False), ["pdf"], "linked_url"),
        (Options(note=False, pdf="none"), [], ""),
    ],
)
def test_the_notes_and_attachments_are_those_of_the_options(options: Options, roles: list[str], mode: str) -> None:
    children = one(Server(), options).children
    assert [child.role for child in children] == roles
    assert [child.data["linkMode"] for child in children if child.role == "pdf"] == ([mode] if mode else [])
    assert [child.is_file for child in children] == [role == "pdf" and mode == "imported_url" for role in roles]


def test_a_paper_that_is_there_as_published_gets_its_id_and_tags_and_is_not_added_again() -> None:
    change = one(Server([thing(**TWIN, extra="read: yes")]), Options(collection="Reading"))
    assert (change.op, change.key, change.version) == (Op.UPDATE, "AAAAAAAA", 3)
    assert change.reason == "found as published, by DOI"
    assert change.data == {
        "extra": "read: yes\narXiv:2409.20154 [cs.RO]",
        "tags": [
            {"tag": "mine"},
            {"tag": "Robots"},
            {"tag": "Computer Science - Robotics", "type": 1},
            {"tag": "Computer Science - Artificial Intelligence", "type": 1},
        ],
        "collections": ["@Reading"],
    }
    assert change.diff["collections"] == ("", "+Reading")
    assert change.children == ()


def test_an_item_that_the_user_made_gets_no_note_and_no_attachment() -> None:
    change = one(Server([thing(archiveID="arXiv:2409.20154")]))
    assert (change.op, change.children) == (Op.UPDATE, ())


def test_an_item_with_everything_is_kept_and_the_reason_says_how_it_was_found() -> None:
    server = Server()
    server.apply([one(server)])
    change = one(server)
    assert (change.op, change.key, change.data, change.children) == (Op.KEEP, KEY, {}, ())
    assert change.reason == "found by its arXiv id in archiveID; nothing to add"
    assert not change.writes


@pytest.mark.parametrize("base", [True, False])
def test_an_item_in_the_trash_is_left_there_and_the_plan_says_so(base: bool) -> None:  # noqa: FBT001
    server = Server()
    server.apply([one(server)])
    server.items[KEY]["deleted"] = 1
    if not base:
        server.bases.clear()
    change = one(server)
    assert (change.op, change.key, change.version, change.writes) == (Op.KEEP, KEY, 101, False)
    assert "in the trash" in change.reason
    assert "--recreate" in change.reason
    back = one(server, Options(recreate=True))
    assert (back.op, back.key, back.data["deleted"]) == (Op.UPDATE, KEY, 0)
    assert back.diff["trash"] == ("", "taken out of it")
    server.apply([back])
    assert "deleted" not in server.items[KEY]
    assert one(server).op is Op.KEEP


def test_a_published_twin_in_the_trash_is_left_there_too() -> None:
    change = one(Server([thing(**TWIN, deleted=1)]))
    assert (change.op, change.key, change.writes) == (Op.KEEP, "AAAAAAAA", False)
    assert "in the trash" in change.reason


def test_what_refkit_undo_put_into_the_trash_comes_back_with_the_next_sync() -> None:
    server = Server()
    server.apply([one(server)])
    server.items[KEY]["deleted"] = 1
    server.bases[KEY] = msgspec.structs.replace(server.bases[KEY], undone=True)
    change = one(server)
    assert (change.op, change.data) == (Op.UPDATE, {"deleted": 0})
    assert change.base is not None
    assert change.base.undone is False


def test_what_refkit_undo_put_into_a_trash_that_was_emptied_is_made_again() -> None:
    server = Server()
    server.apply([one(server)])
    server.items.clear()
    server.bases[KEY] = msgspec.structs.replace(server.bases[KEY], undone=True)
    assert one(server).op is Op.CREATE


@pytest.mark.parametrize("client_keys", [True, False])
def test_an_item_that_was_deleted_for_good_is_not_made_again_and_the_plan_says_so(
    client_keys: bool,  # noqa: FBT001
) -> None:
    server = Server(client_keys=client_keys)
    server.apply([one(server)])
    (key,) = server.items
    server.items.clear()
    change = one(server)
    assert (change.op, change.key, change.writes) == (Op.KEEP, key, False)
    assert "you deleted it for good" in change.reason
    again = one(server, Options(recreate=True))
    assert (again.op, again.reason) == (Op.CREATE, "it is not in the library")
    assert len(again.children) == 2


def test_a_copy_outside_the_trash_is_taken_instead_of_the_one_in_it() -> None:
    server = Server()
    server.apply([one(server)])
    server.items[KEY]["deleted"] = 1
    server.items["ZZZZZZZZ"] = thing("ZZZZZZZZ", extra="arXiv:2409.20154")
    assert one(server).key == "ZZZZZZZZ"


def test_further_copies_are_named() -> None:
    copies = [thing(key, archiveID="arXiv:2409.20154") for key in ("AAAAAAAA", "BBBBBBBB", "CCCCCCCC")]
    assert "it stands 2 more times in the library: BBBBBBBB, CCCCCCCC" in one(Server(copies)).notes


def test_what_the_user_changed_or_removed_stays_so_and_the_plan_says_so() -> None:
    server = Server()
    server.apply([one(server)])
    server.items[KEY] |= {"title": "Mine", "tags": [], "extra": "", "version": 200}
    change = one(server)
    assert (change.op, change.data) == (Op.KEEP, {})
    for word in ("title", "extra", "tag Robots", "tag Computer Science - Robotics"):
        assert word in change.reason


def test_what_stays_as_the_user_left_it_is_named_after_how_the_paper_was_found() -> None:
    server = Server()
    server.apply([one(server)])
    server.items[KEY] |= {"title": "Mine", "shortTitle": "", "version": 200}
    kept = one(server)
    assert kept.reason == (
        "found by its arXiv id in archiveID; nothing to add; yours stays as you left it: title, shortTitle"
    )
    assert (kept.version, kept.notes, kept.diff) == (200, (), {})
    more = one(server, each=work(ROBOTS, "Robots", "Vision"))
    assert more.reason == "found by its arXiv id in archiveID; yours stays as you left it: title, shortTitle"
    assert (more.version, more.notes) == (200, ())


NEWER = msgspec.structs.replace(ROBOTS, title="GravMAD: A Newer Title", updated=PartialDate(2025, 4, 4))


def test_a_new_version_is_followed_where_the_user_changed_nothing() -> None:
    server = Server()
    server.apply([one(server)])
    change = one(server, each=work(NEWER))
    assert (change.op, change.data) == (Op.UPDATE, {"title": "GravMAD: A Newer Title", "date": "2025-04-04"})
    assert change.diff["date"] == ("2025-03-03", "2025-04-04")


def test_the_short_title_goes_when_the_new_title_has_none() -> None:
    server = Server()
    server.apply([one(server)])
    server.apply([one(server, each=work(msgspec.structs.replace(ROBOTS, title="A Newer Title")))])
    assert (server.items[KEY]["title"], server.items[KEY]["shortTitle"]) == ("A Newer Title", "")


def test_what_both_sides_changed_is_a_conflict_that_is_told_and_not_written() -> None:
    server = Server()
    server.apply([one(server)])
    server.items[KEY] |= {"title": "Mine", "date": "2024", "version": 200}
    conflict = one(server, each=work(NEWER))
    assert (conflict.op, conflict.data) == (Op.CONFLICT, {})
    assert "title is 'GravMAD: A Newer Title' by now, but yours is 'Mine'" in conflict.reason
    assert "date is '2025-04-04' by now, but yours is '2024'" in conflict.reason
    assert conflict.reason.endswith("yours stays")
    assert (conflict.version, conflict.notes) == (200, ())
    server.apply([conflict])
    assert one(server, each=work(NEWER)).op is Op.KEEP


def test_a_conflict_beside_a_write_is_told_in_a_note() -> None:
    server = Server()
    server.apply([one(server)])
    server.items[KEY] |= {"title": "Mine", "version": 200}
    change = one(server, each=work(NEWER))
    assert (change.op, change.data) == (Op.UPDATE, {"date": "2025-04-04"})
    assert change.notes == ("title is 'GravMAD: A Newer Title' by now, but yours is 'Mine'; yours stays",)
    assert change.reason == "found by its arXiv id in archiveID"


def test_a_conflict_beside_a_missing_note_is_told_too() -> None:
    server = Server()
    server.apply([one(server)], children=False)
    server.items[KEY] |= {"title": "Mine", "version": 200}
    change = one(server, each=work(msgspec.structs.replace(ROBOTS, title="GravMAD: Another Subtitle")))
    assert (change.op, change.data, len(change.children)) == (Op.UPDATE, {}, 2)
    assert "yours is 'Mine'" in " ".join((change.reason, *change.notes))


def test_a_note_that_the_user_deleted_is_not_made_again() -> None:
    server = Server()
    server.apply([one(server)])
    server.children.clear()
    assert one(server).children == ()


def test_a_note_that_was_not_made_yet_is_made_later() -> None:
    server = Server()
    server.apply([one(server, Options(pdf="none", note=False))])
    change = one(server)
    assert (change.op, change.data, [child.role for child in change.children]) == (Op.UPDATE, {}, ["note", "pdf"])
    assert change.diff == {"note": ("", "+the comment as a note"), "pdf": ("", "+a link to the PDF")}


def test_an_item_under_refkits_key_is_its_own_though_it_remembers_nothing() -> None:
    server = Server()
    server.apply([one(server)])
    server.bases.clear()
    change = one(server)
    assert (change.data, [child.role for child in change.children]) == ({}, ["note", "pdf"])
    assert change.base is not None
    assert change.base.created


def test_a_collection_that_the_user_deleted_is_named_and_not_made_again() -> None:
    server = Server()
    options = Options(collection="Reading/2025-03")
    server.apply([one(server, options)])
    assert len(server.collections) == 2
    server.collections.clear()
    server.items[KEY]["collections"] = []
    for change in (one(server, options), one(server, options, work(FLOW))):
        assert change.data.get("collections", []) == []
        assert any("you deleted the collection Reading/2025-03" in note for note in change.notes)
    assert one(server, msgspec.structs.replace(options, recreate=True), work(FLOW)).data["collections"] == [
        "@Reading/2025-03"
    ]


def test_collections_that_nobody_asked_for_are_left_as_they_are() -> None:
    server = Server([thing(archiveID="arXiv:2409.20154", collections=["GONE2345"])])
    assert "collections" not in one(server).data
    change = one(server, Options(collection="Reading"))
    assert change.data["collections"] == ["@Reading"]  # Zotero takes none that is gone
    assert change.notes == ()


def test_a_theme_that_cannot_be_a_tag_is_told_in_a_note() -> None:
    change = one(Server(), each=work(ROBOTS, "x" * 300))
    assert any("has 300 characters" in note for note in change.notes)
    server = Server()
    server.apply([change])
    assert any("has 300 characters" in note for note in one(server, each=work(ROBOTS, "x" * 300)).notes)


@pytest.mark.parametrize(("title", "latex"), [("", "keep"), ("\x01\x7f", "keep"), ("$$", "unicode"), ("{}", "unicode")])
def test_a_paper_without_a_title_is_planned_all_the_same(title: str, latex: Any) -> None:
    record = msgspec.structs.replace(ROBOTS, title=title)
    assert one(Server(), Options(latex=latex), work(record)).op is Op.CREATE


def test_the_changes_come_in_the_order_of_ids_one_for_each_paper() -> None:
    works = [work(FLOW), work(ROBOTS), work(msgspec.structs.replace(FLOW, arxiv_id="0704.0001")), work(ROBOTS)]
    ids = [change.work.record.arxiv_id for change in Server().plan(works)]
    assert ids == ["0704.0001", "2409.20154", "math/0211159"]


def test_two_memories_of_one_paper_that_of_an_item_that_is_there_counts() -> None:
    gone = Base(key="ZZZZZZZZ", arxiv_id=ROBOTS.arxiv_id, created=True)
    here = Base(key="AAAAAAAA", arxiv_id=ROBOTS.arxiv_id, created=True, children={"note": "x", "pdf": "y"})
    for bases in ((gone, here), (here, gone)):
        change = one(Server([thing(title="All changed")], bases))
        assert (change.key, change.op) == ("AAAAAAAA", Op.UPDATE)


def test_two_papers_that_share_a_published_version_do_not_take_turns_in_its_extra() -> None:
    server = Server([thing(**TWIN)])
    other = work(msgspec.structs.replace(ROBOTS, arxiv_id="2501.00001"))
    for each in (work(), other):
        server.apply([one(server, each=each)])
    assert (one(server).data, one(server, each=other).data) == ({}, {})
    assert server.items["AAAAAAAA"]["extra"].splitlines() == [
        "arXiv:2409.20154 [cs.RO]",
        "arXiv:2501.00001 [cs.RO]",
    ]


ODD: list[dict[str, Any]] = [
    {},
    {"title": None},
    {"title": 5, "creators": None, "tags": [], "collections": None, "extra": None, "date": 2024},
    {"itemType": "note", "note": "arXiv:2409.20154"},
    {"itemType": "attachment", "url": "https://arxiv.org/pdf/2409.20154", "title": "Preprint PDF"},
    {"itemType": "annotation"},
    {"itemType": None, "title": "GravMAD: Grounded Spatial Value Maps"},
    {"title": "x\x00\ud800", "deleted": True},
    {"tags": [{"tag": f"tag {number}"} for number in range(5000)]},
    {"tags": [{}, {"tag": None}, {"tag": 5}]},
    {"creators": [{}, {"name": None}, {"lastName": 5}]},
    {"itemType": "book", "DOI": ["10.1000/published"], "extra": 2409.20154},
    {"url": {"a": 1}, "archiveID": 2409.20154, "deleted": None},
]


def test_a_library_full_of_odd_items_is_no_obstacle() -> None:
    odd = [{"key": f"ODD{number:05}", "version": 1, "itemType": "preprint", **each} for number, each in enumerate(ODD)]
    changes = Server(odd).plan([work(), work(FLOW)])
    assert [change.op for change in changes] == [Op.CREATE, Op.CREATE]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_an_odd_item_that_is_the_paper_is_completed(number: int) -> None:
    odd = {"itemType": "book", **ODD[number], "key": "AAAAAAAA", "version": 1, "extra": "arXiv:2409.20154"}
    server = Server([odd])
    server.apply(server.plan([work()]))
    assert one(server).op in {Op.KEEP, Op.CREATE}
    assert len(server.items) == 1 + (odd["itemType"] in {"note", "attachment", "annotation"})


def test_an_item_whose_tags_are_null_is_completed() -> None:
    assert one(Server([thing(archiveID="arXiv:2409.20154", tags=None)])).op is Op.UPDATE


TEXTS = st.sampled_from(["First", "Second: Part", "Third? Yes"])
RECORDS = st.builds(
    ArxivRecord,
    arxiv_id=st.sampled_from(["2409.20154", "math/0211159"]),
    title=TEXTS,
    authors=st.sampled_from([(), ROBOTS.authors, FLOW.authors]),
    abstract=st.sampled_from(["", "Abstract."]),
    categories=st.sampled_from([(), ("cs.RO",), ("cs.RO", "x"), ("quant-ph", "cs.RO")]),
    submitted=st.sampled_from([None, PartialDate(2024, 9, 30)]),
    comments=st.sampled_from(["", "9 pages"]),
    doi=st.sampled_from(["", "10.1000/published"]),
    version=st.integers(0, 2),
)
WORKS = st.lists(
    st.builds(
        lambda record, themes: Work(record=record, themes=tuple(map(ThemeTag, themes))),
        RECORDS,
        st.lists(st.sampled_from(["Robots", "CI/CD", "Vision"]), unique=True),
    ),
    max_size=3,
    unique_by=lambda each: each.record.arxiv_id,
)
OPTIONS = st.builds(
    Options,
    categories=st.booleans(),
    collection=st.sampled_from(["", "Reading", "Reading/2025-03"]),
    theme_collections=st.booleans(),
    pdf=st.sampled_from(["link", "file", "none"]),
    note=st.booleans(),
)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"itemType": st.sampled_from(["preprint", "preprint", "journalArticle", "note"])},
        optional={
            "title": TEXTS,
            "archiveID": st.sampled_from(["arXiv:2409.20154", "arXiv:math/0211159", ""]),
            "DOI": st.sampled_from(["10.1000/published", "10.48550/arXiv.math/0211159", ""]),
            "extra": st.sampled_from(["", "mine", "arXiv:2409.20154"]),
            "date": st.sampled_from(["", "2025"]),
            "tags": st.sampled_from([[], [{"tag": "Robots"}, {"tag": "mine"}]]),
            "deleted": st.just(1),
        },
    ),
    max_size=4,
).map(lambda items: [{**item, "key": f"ITEM{number:04}", "version": 1} for number, item in enumerate(items)])
SERVERS = st.builds(lambda items, own: Server(items, client_keys=own), ITEMS, st.booleans())


def apart(server: Server, works: list[Work], options: Options) -> list[Work]:
    """The works that do not share an item with another one: these take turns on it, see above."""
    changes = server.plan(works, options)
    count = Counter(change.key for change in changes)
    return [change.work for change in changes if count[change.key] == 1]


@given(SERVERS, WORKS, OPTIONS)
def test_planning_twice_gives_the_same(server: Server, works: list[Work], options: Options) -> None:
    before = msgspec.json.encode(server.items)
    assert server.plan(works, options) == server.plan(works, options)
    assert msgspec.json.encode(server.items) == before


@given(SERVERS, WORKS, OPTIONS)
def test_the_order_of_the_works_does_not_matter(server: Server, works: list[Work], options: Options) -> None:
    assert server.plan(works[::-1], options) == server.plan(works, options)


@given(SERVERS, WORKS, OPTIONS, st.integers(0, 3))
def test_a_plan_of_several_works_is_that_of_each(
    server: Server, works: list[Work], options: Options, split: int
) -> None:
    each = server.plan(works[:split], options) + server.plan(works[split:], options)
    assert sorted(each, key=lambda change: change.work.record.arxiv_id) == server.plan(works, options)


@settings(max_examples=300)
@given(SERVERS, WORKS, OPTIONS)
def test_after_a_plan_was_carried_out_everything_is_kept(server: Server, works: list[Work], options: Options) -> None:
    works = apart(server, works, options)
    server.apply(server.plan(works, options))
    count = len(server.items)
    again = server.plan(works, options)
    assert [change.op for change in again] == [Op.KEEP] * len(works)
    server.apply(again)
    assert len(server.items) == count


@given(SERVERS, WORKS, OPTIONS, OPTIONS)
def test_other_options_never_make_an_item_twice(
    server: Server, works: list[Work], options: Options, others: Options
) -> None:
    works = apart(server, works, options)
    server.apply(server.plan(works, options))
    count = len(server.items)
    server.apply(server.plan(works, others))
    assert len(server.items) == count
    keys = [item["key"] for item in server.items.values()]
    assert len(set(keys)) == len(keys)


@given(SERVERS, WORKS, OPTIONS)
def test_each_change_has_a_reason_and_says_what_it_writes(server: Server, works: list[Work], options: Options) -> None:
    for change in server.plan(works, options):
        assert change.reason
        assert change.writes == (change.op in {Op.CREATE, Op.UPDATE})
        assert bool(change.diff) == change.writes
        assert "note" not in {item.get("itemType") for key, item in server.items.items() if key == change.key}
        if change.op is Op.UPDATE:
            assert set(change.data) <= set(change.diff)
