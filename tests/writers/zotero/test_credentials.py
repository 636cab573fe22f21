from __future__ import annotations

import importlib
import json
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from refkit.errors import ConfigError, UsageError, WriteError
from refkit.keyrings import FindKeyring, Keyring, system_keyring
from refkit.secret import Secret
from refkit.writers.zotero import credentials
from refkit.writers.zotero.credentials import (
    KEYRING,
    LocalKeyStore,
    Login,
    check_key,
    config_folder,
    describe_access,
    find_login,
    forget_login,
    may_write,
    save_login,
    server_of,
    wanted_library,
)

SERVER = "https://api.zotero.org"
KEY, OTHER = "k3yOfAda" * 3, "an0therKey" * 2
ADA = Login(server=SERVER, user_id=1000001, username="ada")
posix = pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")


class Kept:
    """A keyring that works."""

    def __init__(self) -> None:
        self.content: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.content.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.content[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.content[service_name, username]


class Forgetful(Kept):
    """A keyring that keeps nothing and says nothing, as the package's null backend."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        pass


class Broken(Kept):
    """A keyring without a backend, as on a machine without a desktop."""

    def get_password(self, service_name: str, username: str) -> str | None:
        raise RuntimeError(f"no backend for {service_name} {username}")

    def set_password(self, service_name: str, username: str, password: str) -> None:
        raise RuntimeError(f"no backend for {service_name} {username} {len(password)}")


def nothing() -> None:
    return None


def finder(keyring: Keyring) -> FindKeyring:
    return lambda: keyring


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Finding, saving and forgetting a login


def test_without_any_key_there_is_no_login(tmp_path: Path) -> None:
    assert find_login(SERVER, {}, tmp_path / "none", nothing) is None
    assert find_login(SERVER, {"ZOTERO_API_KEY": " "}, tmp_path, finder(Kept())) is None
    assert list(tmp_path.iterdir()) == []


def test_the_environment_comes_first_and_our_own_variable_before_the_common_one(tmp_path: Path) -> None:
    keyring = finder(Kept())
    save_login(ADA, Secret("kept"), tmp_path, keyring)
    environ = {"REFKIT_ZOTERO_KEY": f" {KEY}\r\n", "ZOTERO_API_KEY": OTHER}
    assert find_login(SERVER, environ, tmp_path, keyring) == (
        Login(server=SERVER),
        Secret(KEY),
        "the environment variable REFKIT_ZOTERO_KEY",
    )
    found = find_login(SERVER, {**environ, "REFKIT_ZOTERO_KEY": ""}, tmp_path, keyring)
    assert found
    assert found[1:] == (Secret(OTHER), "the environment variable ZOTERO_API_KEY")


def test_a_key_of_the_environment_does_not_open_the_keyring(tmp_path: Path) -> None:
    def opened() -> Keyring:
        pytest.fail("the keyring was opened")

    assert find_login(SERVER, {"ZOTERO_API_KEY": KEY}, tmp_path, opened)


def test_the_keyring_keeps_a_login_and_no_file_is_written(tmp_path: Path) -> None:
    keyring = finder(Kept())
    assert save_login(ADA, Secret(KEY), tmp_path, keyring) == KEYRING == "the system keyring"
    assert list(tmp_path.iterdir()) == []
    assert find_login(SERVER + "/", {}, tmp_path, keyring) == (ADA, Secret(KEY), KEYRING)


def test_a_bare_key_that_was_put_into_the_keyring_by_hand_is_found(tmp_path: Path) -> None:
    keyring = Kept()
    keyring.set_password("refkit", SERVER, KEY)
    assert find_login(SERVER, {}, tmp_path, finder(keyring)) == (Login(server=SERVER), Secret(KEY), KEYRING)


@pytest.mark.parametrize("keyring", [None, Broken(), Forgetful()], ids=["none", "broken", "forgetful"])
def test_without_a_keyring_that_works_a_file_keeps_a_login(tmp_path: Path, keyring: Keyring | None) -> None:
    folder = tmp_path / "refkit"
    where = save_login(ADA, Secret(KEY), folder, lambda: keyring)
    assert where == str(folder / "zotero.json")
    assert find_login(SERVER, {}, folder, lambda: keyring) == (ADA, Secret(KEY), where)
    assert [path.name for path in folder.iterdir()] == ["zotero.json"]


@posix
def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        save_login(ADA, Secret(KEY), tmp_path / "refkit", nothing)
    finally:
        os.umask(before)
    assert mode(tmp_path / "refkit") == 0o700
    assert mode(tmp_path / "refkit/zotero.json") == 0o600


@posix
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o660, 0o602, 0o610, 0o601, 0o620])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, rights: int) -> None:
    path = Path(save_login(ADA, Secret(KEY), tmp_path, nothing))
    path.chmod(rights)
    with pytest.raises(ConfigError, match="chmod 600") as refused:
        find_login(SERVER, {}, tmp_path, nothing)
    assert KEY not in str(refused.value)
    save_login(ADA, Secret(OTHER), tmp_path, nothing)
    assert mode(path) == 0o600


def test_rights_do_not_count_where_systems_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(save_login(ADA, Secret(KEY), tmp_path, nothing))
    path.chmod(0o644)
    monkeypatch.setattr(credentials, "os", SimpleNamespace(name="nt", path=os.path))
    assert find_login(SERVER, {}, tmp_path, nothing)


def test_the_file_can_be_read_by_people(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    path = Path(save_login(ADA, Secret(KEY), folder, nothing))
    LocalKeyStore(folder, nothing).put("abcdefghijkl", Secret(OTHER))
    assert json.loads(path.read_bytes()) == {
        SERVER: {"key": KEY, "user_id": 1000001, "username": "ada"},
        "desktop abcdefghijkl": {"key": OTHER, "user_id": 0, "username": ""},
    }
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert lines[1].startswith(f'  "{SERVER}": {{')
    assert lines[-1] == "}\n"


def test_a_file_that_cannot_be_written_is_a_sentence_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    store = LocalKeyStore(tmp_path, nothing)
    store.put("abcdefghijkl", Secret(KEY))
    path = tmp_path / "zotero.json"
    monkeypatch.setattr(credentials, "replace_file", fail)
    monkeypatch.setattr(Path, "unlink", fail)
    for change in (
        lambda: save_login(ADA, Secret(OTHER), tmp_path, nothing),
        lambda: store.put("mnopqrstuvwx", Secret(OTHER)),
        lambda: store.forget("abcdefghijkl"),
    ):
        with pytest.raises(WriteError) as told:
            change()
        assert str(told.value) == f"{path} could not be written (No space left on device); correct its permissions."
    assert store.get("abcdefghijkl") == Secret(KEY)


def test_a_file_that_cannot_be_read_is_a_sentence_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "zotero.json").mkdir(mode=0o700)
    with pytest.raises(ConfigError, match=r"zotero\.json cannot be read \(.+\); correct its permissions"):
        find_login(SERVER, {}, tmp_path, nothing)


class Stubborn(Kept):
    """A keyring that forgets nothing."""

    def delete_password(self, service_name: str, username: str) -> None:
        raise RuntimeError(f"{service_name} {username} stays")


def test_a_key_that_stays_where_it_was_is_not_called_forgotten(tmp_path: Path) -> None:
    keyring = finder(Stubborn())
    save_login(ADA, Secret(KEY), tmp_path, keyring)
    assert forget_login(SERVER, tmp_path, keyring) == ()
    assert find_login(SERVER, {}, tmp_path, keyring) == (ADA, Secret(KEY), KEYRING)


def test_a_login_is_kept_for_a_server_with_or_without_a_slash(tmp_path: Path) -> None:
    save_login(Login(server=f"{SERVER}/", user_id=5), Secret(KEY), tmp_path, nothing)
    found = find_login(SERVER, {}, tmp_path, nothing)
    assert found
    assert found[0] == Login(server=SERVER, user_id=5, username="")


def test_each_server_has_its_own_login(tmp_path: Path) -> None:
    bob = Login(server="http://127.0.0.1:8080", user_id=2, username="bob")
    save_login(ADA, Secret(KEY), tmp_path, nothing)
    save_login(bob, Secret(OTHER), tmp_path, nothing)
    found = find_login(bob.server, {}, tmp_path, nothing)
    assert found
    assert found[:2] == (bob, Secret(OTHER))
    assert forget_login(SERVER, tmp_path, nothing) == (str(tmp_path / "zotero.json"),)
    assert find_login(SERVER, {}, tmp_path, nothing) is None
    assert find_login(bob.server, {}, tmp_path, nothing) == found


def test_a_key_is_kept_in_one_place_only(tmp_path: Path) -> None:
    keyring = Kept()
    file = save_login(ADA, Secret("old"), tmp_path, nothing)
    assert save_login(ADA, Secret(KEY), tmp_path, finder(keyring)) == KEYRING
    assert not Path(file).exists()
    assert save_login(ADA, Secret(OTHER), tmp_path, finder(keyring), to_file=True) == file
    assert keyring.content == {}
    assert find_login(SERVER, {}, tmp_path, finder(keyring)) == (ADA, Secret(OTHER), file)


def test_forgetting_says_where_a_key_was(tmp_path: Path) -> None:
    keyring = Kept()
    assert forget_login(SERVER, tmp_path, finder(keyring)) == ()
    save_login(ADA, Secret(KEY), tmp_path, finder(keyring))
    file = save_login(ADA, Secret(KEY), tmp_path, nothing)
    assert forget_login(SERVER + "/", tmp_path, finder(keyring)) == (KEYRING, file)
    assert find_login(SERVER, {}, tmp_path, finder(keyring)) is None
    assert list(tmp_path.iterdir()) == []
    assert forget_login(SERVER, tmp_path, finder(Broken())) == ()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"https://api.zotero.org": "s3cr3t"}', b'{"\xff": {}}', b"s3cr3t"])
def test_a_broken_file_is_a_sentence_that_quotes_nothing_of_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "zotero.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="is broken; remove it") as broken:
        find_login(SERVER, {}, tmp_path, nothing)
    assert "s3cr3t" not in str(broken.value)


def test_a_folder_that_is_none_is_a_sentence_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "refkit").write_text("a file", encoding="utf-8")
    with pytest.raises((WriteError, ConfigError), match="correct its permissions") as told:
        save_login(ADA, Secret(KEY), tmp_path / "refkit", nothing)
    assert KEY not in str(told.value)


def test_a_file_that_is_linked_to_stays_linked(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "zotero.json"
    link.symlink_to(tmp_path / "elsewhere/keys.json")
    save_login(ADA, Secret(KEY), tmp_path, nothing)
    assert link.is_symlink()
    assert find_login(SERVER, {}, tmp_path, nothing)


def test_nothing_shows_a_key_by_accident(tmp_path: Path) -> None:
    path = save_login(ADA, Secret(KEY), tmp_path, nothing)
    found = find_login(SERVER, {}, tmp_path, nothing)
    assert found
    assert KEY not in f"{found} {found[1]!r} {found[1]:}"
    stored = credentials._load(Path(path))
    assert KEY not in repr(stored)
    with pytest.raises(TypeError):
        json.dumps(found[1])


# The shape of a key


@pytest.mark.parametrize("text", [KEY, f"  {KEY}", f"{KEY}\r\n", f"\t{KEY}\n\n"])
def test_blanks_and_line_ends_round_a_key_are_left_out(text: str) -> None:
    assert check_key(text, "standard input") == Secret(KEY)


@pytest.mark.parametrize(
    "text", ["s3cr3t key", "s3cr3t\nkey", '"s3cr3t"', "s3cr3té", "s3cr3t\0", "s3cr3t-1", "s3cr3t٣"]
)
def test_a_key_with_other_characters_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError, match="Standard input holds no key: Zotero's have letters and digits only") as told:
        check_key(text, "standard input")
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize(("where", "start"), [("the file x", "The file x"), ("X", "X"), ("/a/b", "/a/b")])
def test_a_sentence_begins_with_the_place(where: str, start: str) -> None:
    with pytest.raises(UsageError, match=f"^{start} holds no key"):
        check_key("", where)


def test_no_key_at_all_is_a_sentence_with_the_place_to_make_one() -> None:
    with pytest.raises(UsageError, match=r"holds no key; make one at https://www\.zotero\.org/settings/keys"):
        check_key(" \n", "standard input")


def test_a_stored_key_of_another_shape_is_not_sent(tmp_path: Path) -> None:
    keyring = Kept()
    keyring.set_password("refkit", SERVER, "s3cr3t\r\nHost: example.org")
    with pytest.raises(UsageError, match="The system keyring holds no key"):
        find_login(SERVER, {}, tmp_path, finder(keyring))
    keyring.set_password("refkit", "desktop abcdefghijkl", "s3cr3t\r\n\r\n!")
    with pytest.raises(UsageError, match="The system keyring holds no key"):
        LocalKeyStore(tmp_path, finder(keyring)).get("abcdefghijkl")


# Keys of desktops


@pytest.mark.parametrize("keyring", [None, Kept(), Broken()], ids=["none", "works", "broken"])
def test_keys_of_desktops_are_kept_and_forgotten_by_the_id_of_their_server(
    tmp_path: Path, keyring: Keyring | None
) -> None:
    store = LocalKeyStore(tmp_path, lambda: keyring)
    assert store.get("abcdefghijkl") is None
    store.put("abcdefghijkl", Secret(KEY))
    store.put("mnopqrstuvwx", Secret(OTHER))
    again = LocalKeyStore(tmp_path, lambda: keyring)
    assert again.get("abcdefghijkl") == Secret(KEY)
    assert (tmp_path / "zotero.json").exists() is not isinstance(keyring, Kept) or isinstance(keyring, Broken)
    again.forget("abcdefghijkl")
    again.forget("abcdefghijkl")
    assert store.get("abcdefghijkl") is None
    assert store.get("mnopqrstuvwx") == Secret(OTHER)


def test_a_key_that_is_no_key_is_told_with_the_place_it_was_found_in(tmp_path: Path) -> None:
    path = tmp_path / "zotero.json"
    path.write_text(json.dumps({SERVER: {"key": "a b"}, "desktop abcdefghijkl": {"key": ""}}), encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(UsageError) as told:
        find_login(SERVER, {}, tmp_path, nothing)
    assert str(told.value).startswith(f"{path} holds no key: ")
    with pytest.raises(UsageError) as told:
        LocalKeyStore(tmp_path, nothing).get("abcdefghijkl")
    assert str(told.value).startswith(f"{path} holds no key; ")
    with pytest.raises(UsageError, match=r"^The environment variable ZOTERO_API_KEY holds no key"):
        find_login(SERVER, {"ZOTERO_API_KEY": "a b"}, tmp_path, nothing)


def test_logins_and_desktops_do_not_disturb_each_other(tmp_path: Path) -> None:
    LocalKeyStore(tmp_path, nothing).put("abcdefghijkl", Secret(OTHER))
    save_login(ADA, Secret(KEY), tmp_path, nothing)
    forget_login(SERVER, tmp_path, nothing)
    assert LocalKeyStore(tmp_path, nothing).get("abcdefghijkl") == Secret(OTHER)


# The package `keyring`


def install(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code, encoding="utf-8")
    (package / "errors.py").write_text("class KeyringError(Exception): pass\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()


FAILING = """
from keyring.errors import KeyringError
def fail(*_): raise KeyringError("locked")
get_password = set_password = delete_password = fail
"""
WORKING = """
kept = {}
def get_password(service, name): return kept.get((service, name))
def set_password(service, name, password): kept[service, name] = password
def delete_password(service, name): del kept[service, name]
"""


@pytest.fixture
def _clean_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("keyring", "keyring.errors"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name, None))  # so that it is put back


@pytest.mark.usefixtures("_clean_modules")
@pytest.mark.parametrize(("code", "kept"), [(WORKING, True), (FAILING, False)], ids=["works", "locked"])
def test_the_package_keyring_is_used_if_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, *, kept: bool
) -> None:
    install(tmp_path / "site", code, monkeypatch)
    where = save_login(ADA, Secret(KEY), tmp_path / "refkit")
    assert (where == KEYRING) is kept
    assert find_login(SERVER, {}, tmp_path / "refkit") == (ADA, Secret(KEY), where)
    assert forget_login(SERVER, tmp_path / "refkit") == (where,)


def test_the_package_keyring_need_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python marks a module that cannot be imported
    assert system_keyring() is None


# Servers and libraries


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other folders")
def test_keys_are_kept_where_configuration_is_and_no_folder_is_made_for_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_folder() == tmp_path / "refkit"
    assert list(tmp_path.iterdir()) == []


def test_the_server_is_zotero_s_own_unless_the_environment_names_another() -> None:
    assert server_of({}) == server_of({"REFKIT_ZOTERO_URL": " "}) == SERVER
    assert server_of({"REFKIT_ZOTERO_URL": "http://127.0.0.1:8080/"}) == "http://127.0.0.1:8080"
    assert server_of({"REFKIT_ZOTERO_URL": " https://example.org/zotero/ "}) == "https://example.org/zotero"


@pytest.mark.parametrize(
    "url",
    ["api.zotero.org", "ftp://x", "https://user:word@x", "https://x?key=1", "https://a b", "https://x/y?key=1", "https://",
     "https://x/a b", "https://x#y", "https://x/y#z", "xhttps://x"],
)  # fmt: skip
def test_a_server_that_is_no_address_is_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match=r"write an address like https://api\.zotero\.org"):
        server_of({"REFKIT_ZOTERO_URL": url})


@pytest.mark.parametrize(
    ("environ", "setting", "option", "library"),
    [
        ({}, "", "", "user"),
        ({"REFKIT_ZOTERO_LIBRARY": "Readers"}, "77", "42", "42"),
        ({"REFKIT_ZOTERO_LIBRARY": " Our Readers "}, "77", "", "Our Readers"),
        ({"ZOTERO_LIBRARY_ID": "5", "ZOTERO_LIBRARY_TYPE": "group"}, "77", " ", "77"),
        ({"ZOTERO_LIBRARY_ID": "5", "ZOTERO_LIBRARY_TYPE": "group"}, "", "", "5"),
        ({"ZOTERO_LIBRARY_ID": "5", "ZOTERO_LIBRARY_TYPE": "Groups"}, "", "", "5"),
        ({"ZOTERO_LIBRARY_ID": "5", "ZOTERO_LIBRARY_TYPE": "user"}, "", "", "user"),
        ({"ZOTERO_LIBRARY_ID": "5", "ZOTERO_LIBRARY_TYPE": "Users"}, "", "", "user"),
        ({"ZOTERO_LIBRARY_ID": "five", "ZOTERO_LIBRARY_TYPE": "user"}, "", "", "user"),
        ({"ZOTERO_LIBRARY_ID": "5"}, "", "", "user"),
        ({"ZOTERO_LIBRARY_ID": " 5 ", "ZOTERO_LIBRARY_TYPE": " group "}, "", "", "5"),
        ({"ZOTERO_LIBRARY_TYPE": "shelf"}, "", "", "user"),
        ({"ZOTERO_LIBRARY_TYPE": "group"}, "", "", "user"),
        ({"REFKIT_ZOTERO_LIBRARY": "user", "ZOTERO_LIBRARY_ID": "5", "ZOTERO_LIBRARY_TYPE": "group"}, "", "", "user"),
    ],
)
def test_the_library_is_the_one_that_was_named_closest_by(
    environ: dict[str, str], setting: str, option: str, library: str
) -> None:
    assert wanted_library(environ, setting, option) == library


@pytest.mark.parametrize(("number", "kind"), [("five", "group"), ("5", "shelf"), ("5x", "groups"), ("٣", "group")])
def test_a_pair_that_means_no_library_is_a_sentence(number: str, kind: str) -> None:
    with pytest.raises(UsageError, match="write a number and user or group"):
        wanted_library({"ZOTERO_LIBRARY_ID": number, "ZOTERO_LIBRARY_TYPE": kind}, "", "")


# What a key may do


@pytest.mark.parametrize(
    ("access", "lines", "write"),
    [
        (
            {
                "user": {"library": True, "files": True, "notes": True, "write": True},
                "groups": {"all": {"library": True}},
            },
            ["your library: read and write", "files in it: yes", "all groups: read only"],
            True,
        ),
        ({"user": {"library": True}}, ["your library: read only", "files in it: no", "groups: no access"], False),
        (
            {"groups": {"123": {"library": True, "write": True}, "42": {"library": True}}},
            ["your library: no access", "group 42: read only", "group 123: read and write"],
            True,
        ),
        ({}, ["your library: no access", "groups: no access"], False),
        (
            {"user": {"library": True, "files": True}, "groups": {"11": {}, "9": {}, "all": {"write": True}, "10": {}}},
            [
                "your library: read only",
                "files in it: yes",
                "all groups: no access",
                "group 9: no access",
                "group 10: no access",
                "group 11: no access",
            ],
            True,
        ),
        ({"user": {"write": True}}, ["your library: no access", "groups: no access"], True),
        ({"user": "x", "groups": []}, ["your library: no access", "groups: no access"], False),
        (
            {"user": {"library": True, "write": False}, "groups": {"5": {"library": True, "write": False}, "6": 7}},
            ["your library: read only", "files in it: no", "group 5: read only"],
            False,
        ),
    ],
)
def test_what_a_key_may_do_is_told_in_words(access: dict[str, object], lines: list[str], *, write: bool) -> None:
    assert describe_access(access) == lines
    assert may_write(access) is write
