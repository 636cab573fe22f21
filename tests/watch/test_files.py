"""Folders, mailboxes and Maildirs: only what is new is read, and nothing is lost when mails are moved."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from refkit.errors import DigestError
from refkit.watch import run as watch_run
from refkit.watch.files import FilesReading, letter_name, read_files
from refkit.watch.state import Seen, name_of

WEB, FAIR, VOX = (
    "Learning to Navigate the Web",
    "This Thing Called Fairness: Disciplinary Confusion Realizing a Value in Technology",
    "VoxPoser: Composable 3D Value Maps for Robotic Manipulation with Language Models",
)
Look = Callable[..., FilesReading]


@pytest.fixture
def look() -> Look:
    """Read what is at a path as a run does, and remember it for the next call."""
    state = {"seen": Seen()}
    read = watch_run._reading("", {}, None)

    def run(path: Path | str, *, leave_out: tuple[str, ...] = ()) -> FilesReading:
        seen = state["seen"]
        found = read_files(str(path), seen, read, leave_out)
        names = (*found.letters, *map(name_of, found.mentions))
        state["seen"] = replace(seen, files=found.files, entries=seen.including(names))
        return found

    return run


def titles(found: FilesReading) -> list[str]:
    return [each.title for each in found.mentions]


def alert(title: str, number: int) -> str:
    """Return a mail as Google Scholar's alerts are, with one paper."""
    return (
        f"Message-ID: <{number}@example.org>\nDate: Tue, 02 Jan 2024 03:04:05 +0000\nFrom: a@example.org\n"
        "Subject: new articles\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
        f'<html><body><h3><a class="gse_alrt_title" href="https://arxiv.org/abs/1812.0919{number}">{title}</a></h3>'
        "<div>A Lovelace - arXiv preprint, 2024</div></body></html>\n"
    )


def chat(number: int) -> str:
    """Return a mail without any digest, of which each line could be a title."""
    return (
        f"Message-ID: <{number}@example.org>\nDate: Tue, 02 Jan 2024 03:04:05 +0000\nFrom: b@example.org\n"
        "Subject: lunch\nMIME-Version: 1.0\nContent-Type: text/plain\n\n"
        "Shall We Have Lunch at the Harbour on Thursday\nThe New Canteen Is Open Again for Everybody\n"
    )


def mailbox(*mails: str) -> str:
    return "".join(f"From MAILER-DAEMON Tue Jan  2 03:04:05 2024\n{mail}\n" for mail in mails)


def test_only_files_that_changed_are_opened(tmp_path: Path, look: Look) -> None:
    for name, title in (("a.txt", WEB), ("b.txt", FAIR)):
        (tmp_path / name).write_text(f"{title}\n", encoding="utf-8")
    assert titles(look(tmp_path)) == [WEB, FAIR]
    assert look(tmp_path).opened == 0
    with (tmp_path / "a.txt").open("a", encoding="utf-8") as file:
        file.write(f"{VOX}\n")
    assert look(tmp_path).opened == 1


def test_a_file_that_was_moved_or_touched_is_not_read_again(tmp_path: Path, look: Look) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{WEB}\n", encoding="utf-8")
    look(tmp_path)
    os.utime(path, (1, 1))
    assert look(tmp_path).opened == 0
    path.rename(tmp_path / "b.txt")
    found = look(tmp_path)
    assert (found.opened, list(found.files)) == (0, [str(tmp_path / "b.txt")])


def test_an_empty_folder_has_nothing_yet_and_a_missing_one_is_told(tmp_path: Path, look: Look) -> None:
    assert look(tmp_path).closed == ()
    (error,) = look(tmp_path / "gone").closed
    assert "there is no such file; correct its name" in str(error)
    with pytest.raises(DigestError, match="no file has a name of this pattern"):
        look(tmp_path / "*.eml")


def test_what_cannot_be_read_is_told_once_and_the_others_are_read(tmp_path: Path, look: Look) -> None:
    (tmp_path / "a.txt").write_text(f"{WEB}\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"name": 3}\n', encoding="utf-8")
    first = look(tmp_path)
    assert titles(first) == [WEB]
    assert [each.digest for each in first.unread] == [str(tmp_path / "b.jsonl")]
    assert look(tmp_path).unread == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_opened_is_tried_again(tmp_path: Path, look: Look) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{WEB}\n", encoding="utf-8")
    path.chmod(0)
    assert len(look(tmp_path).closed) == 1
    path.chmod(0o600)
    assert titles(look(tmp_path)) == [WEB]


def test_places_are_left_out(tmp_path: Path, look: Look) -> None:
    (tmp_path / "queue").mkdir()
    for name in ("a.txt", "queue/b.txt", "queue.txt"):
        (tmp_path / name).write_text(f"{WEB}\n", encoding="utf-8")
    found = look(tmp_path, leave_out=(str(tmp_path / "queue"),))
    assert sorted(found.files) == [str(tmp_path / "a.txt"), str(tmp_path / "queue.txt")]


def test_a_file_that_is_written_to_meanwhile_is_left_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{WEB}\n", encoding="utf-8")
    stats = iter([(1, 1), (2, 2)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("refkit.watch.files._stat", lambda _: next(stats))
        found = read_files(str(tmp_path), Seen(), watch_run._reading("", {}, None))
    assert (found.mentions, dict(found.files)) == ((), {})


def test_of_a_mailbox_only_new_letters_are_read(tmp_path: Path, look: Look) -> None:
    path = tmp_path / "alerts"
    path.write_text(mailbox(alert(WEB, 1), chat(2)), encoding="utf-8")
    first = look(path)
    assert titles(first) == [WEB]
    assert first.skipped == {"a letter without a digest": 1}
    path.write_text(mailbox(alert(WEB, 1), chat(2), alert(VOX, 3)), encoding="utf-8")
    second = look(path)
    assert titles(second) == [VOX]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert VOX in lines[second.mentions[0].line - 1]
    assert second.skipped == {}
    assert len(second.letters) == 1


def test_a_mail_program_may_write_into_the_head_of_a_letter() -> None:
    mail = alert(WEB, 1).encode()
    assert letter_name(b"X-Mozilla-Status: 0001\n" + mail) == letter_name(mail)
    assert letter_name(mail.replace(b"\n", b"\r\n")) == letter_name(mail)
    assert letter_name(mail[:-40]) != letter_name(mail)
    assert letter_name(alert(WEB, 2).encode()) != letter_name(mail)


def test_a_letter_that_was_cut_when_it_was_read_is_read_when_it_is_whole(tmp_path: Path, look: Look) -> None:
    whole = mailbox(alert(WEB, 1), alert(VOX, 3))
    path = tmp_path / "alerts"
    path.write_text(whole[: whole.rindex("VoxPoser")], encoding="utf-8")
    assert titles(look(path)) == [WEB]
    path.write_text(whole, encoding="utf-8")
    assert titles(look(path)) == [VOX]


def test_in_a_maildir_mails_move_and_chats_are_no_digests(tmp_path: Path, look: Look) -> None:
    for box in ("cur", "new", "tmp"):
        (tmp_path / box).mkdir()
    (tmp_path / "new" / "1.host").write_text(alert(WEB, 1), encoding="utf-8")
    (tmp_path / "new" / "2.host").write_text(chat(2), encoding="utf-8")
    (tmp_path / "tmp" / "3.host").write_text(alert(VOX, 3), encoding="utf-8")
    first = look(tmp_path)
    assert titles(first) == [WEB]
    assert first.skipped == {"a letter without a digest": 1}
    (tmp_path / "new" / "1.host").rename(tmp_path / "cur" / "1.host:2,S")
    (tmp_path / "tmp" / "3.host").rename(tmp_path / "new" / "3.host")
    second = look(tmp_path)
    assert (titles(second), second.opened) == ([VOX], 1)


def test_a_mail_that_is_a_file_of_its_own_may_be_a_plain_list(tmp_path: Path, look: Look) -> None:
    (tmp_path / "list.eml").write_text(chat(2), encoding="utf-8")
    assert len(titles(look(tmp_path))) == 2
