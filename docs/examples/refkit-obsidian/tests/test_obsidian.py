from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from refkit_obsidian import ObsidianWriter

from refkit import ArxivRecord, Author, Change, ConfigError, Op, PartialDate, Report, ThemeTag, Work
from refkit.testing import PlaceWriterContract

OWLS = Work(
    record=ArxivRecord(
        arxiv_id="2401.00007",
        title='Owls: "Silent" Flight / Night',
        abstract="How owls fly.",
        authors=(Author("Träuble", "Ada"),),
        submitted=PartialDate(2024, 1, 3),
    ),
    themes=(ThemeTag("birds"),),
)


class Vault:
    """A vault as a user handles it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocked: dict[str, Path] = {}

    def open(self) -> ObsidianWriter:
        return ObsidianWriter.open({"path": str(self.folder)}, None)

    def written(self) -> Mapping[str, str]:
        return {str(path): path.read_text(encoding="utf-8") for path in self.folder.rglob("*") if path.is_file()}

    def note(self, arxiv_id: str) -> Path:
        return next(Path(path) for path, text in self.written().items() if f'arxiv: "{arxiv_id}"' in text)

    def edit(self, arxiv_id: str) -> str:
        path = self.note(arxiv_id)
        text = path.read_text(encoding="utf-8").replace("---\n", "---\nrating: 5 of five owls\n", 1)
        path.write_text(f"{text}\nmy own words\n", encoding="utf-8")
        return "rating: 5 of five owls"

    def add(self) -> str:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "Mine.md").write_text("my own note\n", encoding="utf-8")
        return "my own note"

    def obstruct(self, arxiv_id: str) -> None:
        self.folder.mkdir(exist_ok=True)
        titles = {"2401.00002": "Deep Songs.md"}
        self.blocked[arxiv_id] = self.folder / titles[arxiv_id] / "full"
        self.watch(arxiv_id)

    def watch(self, arxiv_id: str) -> None:
        """Let the name of the note be taken, between planning and writing, by a folder that is not empty."""
        vault, blocked = self, self.blocked[arxiv_id]

        class Late(ObsidianWriter):
            def apply(self, changes: Sequence[Change]) -> Report:
                blocked.mkdir(parents=True, exist_ok=True)
                return super().apply(changes)

        self.open = lambda: Late.open({"path": str(vault.folder)}, None)  # type: ignore[method-assign]

    def clear(self, arxiv_id: str) -> None:
        blocked = self.blocked.pop(arxiv_id)
        blocked.rmdir()
        blocked.parent.rmdir()
        del self.open


class TestContract(PlaceWriterContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Vault:
        return Vault(tmp_path / "vault")


def write(vault: Vault, work: Work) -> str:
    writer = vault.open()
    report = writer.apply(writer.plan([work]))
    assert report.failed == ()
    return vault.note(work.record.arxiv_id).read_text(encoding="utf-8")


def other(**changes: object) -> Work:
    from msgspec.structs import replace

    return replace(OWLS, record=replace(OWLS.record, **changes))


def test_a_note_has_properties_and_the_abstract(tmp_path: Path) -> None:
    text = write(Vault(tmp_path), OWLS)
    assert text.startswith('---\ntitle: "Owls: \\"Silent\\" Flight / Night"\nauthors: ["Ada Träuble"]\nyear: 2024\n')
    assert 'tags: ["birds"]\n' in text
    assert "How owls fly." in text
    assert [path.name for path in tmp_path.iterdir()] == ["Owls Silent Flight Night.md"]


def test_what_changed_on_arxiv_is_written_and_what_the_user_changed_stays(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    write(vault, OWLS)
    note = vault.note("2401.00007")
    note.write_text(note.read_text().replace("year: 2024", "year: 2023").replace("How owls fly.", "Mine."))
    text = write(vault, other(title="Owls at Night", abstract="Another.", submitted=PartialDate(2025)))
    assert 'title: "Owls at Night"' in text
    assert "year: 2023" in text
    assert "Mine." in text
    assert "Another." not in text


def test_a_note_that_was_renamed_or_moved_is_found(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    write(vault, OWLS)
    (tmp_path / "birds").mkdir()
    vault.note("2401.00007").rename(tmp_path / "birds/Eulen.md")
    assert [change.op for change in vault.open().plan([OWLS])] == [Op.KEEP]


def test_a_note_of_the_user_with_the_same_name_is_not_taken(tmp_path: Path) -> None:
    own = tmp_path / "owls silent flight night.md"
    own.write_text("mine\n")
    write(Vault(tmp_path), OWLS)
    assert own.read_text() == "mine\n"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("settings", [{}, {"path": ""}, {"path": 3}, {"path": "x", "folder": "y"}])
def test_settings_that_cannot_be_used_are_refused(settings: Mapping[str, object]) -> None:
    with pytest.raises(ConfigError):
        ObsidianWriter.open(settings, None)
