from __future__ import annotations

import re
from pathlib import Path

import pytest

from refkit.config import PluginSettings, Settings, WatchSettings, ZoteroSettings, find_settings, read_settings
from refkit.errors import ConfigError


def write(folder: Path, text: str, name: str = "refkit.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert find_settings(tmp_path) == Settings()


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'digests = ["in/monday.txt"]\nthemes = ["mine.toml"]\nformat = "biblatex"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    settings = find_settings(below)
    assert settings.digests == (str(tmp_path / "in/monday.txt"),)
    assert settings.themes == (str(tmp_path / "mine.toml"),)
    assert settings.format == "biblatex"


def test_pyproject_counts_only_with_a_table_for_refkit(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    write(tmp_path, '[tool.refkit]\ndigests = ["x.txt"]\n', "pyproject.toml")
    write(below, "[tool.other]\n", "pyproject.toml")
    assert find_settings(below).digests == (str(tmp_path / "x.txt"),)
    write(below, "network = false\n")
    assert find_settings(below) == Settings(network=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("network = false\nformat = \n", r"refkit\.toml:2: this is not valid TOML: .*Correct the line\."),
        ("digests = [", r"refkit\.toml:1: this is not valid TOML"),
        ('\ndigest = ["x"]\n', r"refkit\.toml:2: there is no setting named 'digest'; the settings are: digests, "),
        ('digests = "x"\n', r"refkit\.toml:1: the setting 'digests' cannot be used: it must be a list, not a text"),
        ("[digests]\nx = 1\n", r"the setting 'digests' cannot be used"),
        ("digests = [1]\n", r"refkit\.toml:1: the setting 'digests' cannot be used: it must be a text, not a whole"),
        ("format = 3\n", r"refkit\.toml:1: the setting 'format' cannot be used: it must be a text, not a whole"),
    ],
)
def test_a_broken_file_is_a_sentence_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings(write(tmp_path, text))


@pytest.mark.parametrize("text", ["tool = 3\n", 'tool = ["refkit"]\n', "[[tool]]\nrefkit = 1\n"])
def test_a_pyproject_of_another_shape_says_nothing_for_refkit(tmp_path: Path, text: str) -> None:
    write(tmp_path, text, "pyproject.toml")
    assert find_settings(tmp_path) == Settings()


def test_a_table_for_refkit_that_is_none_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "[tool]\nrefkit = 1\n", "pyproject.toml")
    with pytest.raises(ConfigError, match="what it says for refkit cannot be used"):
        find_settings(tmp_path)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "refkit.toml"
    path.write_bytes(b"network = true\nreader = '\xe9'\n")
    with pytest.raises(ConfigError, match=r"refkit\.toml:2: not UTF-8 text"):
        read_settings(path)


def test_every_setting_is_documented(root: Path) -> None:
    page = (root / "docs/configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `\[?(\w+)\]?`", page, re.MULTILINE))
    structs = (Settings, ZoteroSettings, WatchSettings, PluginSettings)
    assert documented == {name for struct in structs for name in struct.__struct_fields__}


def test_what_is_watched_is_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    text = '[watch]\nwhat = ["https://example.org/feed", "mails"]\ninto = "refs.bib"\nevery = "2h"\n'
    watch = find_settings(write(tmp_path, text).parent).watch
    assert watch.what == ("https://example.org/feed", str(tmp_path / "mails"))
    assert (watch.into, watch.queue) == (str(tmp_path / "refs.bib"), "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\n[watch]\nevery = "soon"', r"refkit\.toml:3: the setting 'every' cannot be used: .*'soon' is no interval"),
        ('[watch]\nwhat = "mails"', r"refkit\.toml:2: the setting 'what' cannot be used: it must be a list"),
        ('[watch]\nfolder = "mails"', r"refkit\.toml:2: there is no setting named 'folder'; .*are: what, every, into"),
        ('[watch]\ninto = "a.bib"\nzotero = true', r"refkit\.toml:2: .*'into' .* are both set; keep one"),
        ("[watch]\ninterval = -1", r"refkit\.toml:2: the setting 'interval' cannot be used"),
        ("watch = 3", r"refkit\.toml:1: the setting 'watch' cannot be used: it must be a table"),
    ],
)
def test_a_table_to_watch_that_cannot_be_used_is_a_sentence_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings(write(tmp_path, text))


def test_sources_are_a_list_or_a_table_with_settings_of_each(tmp_path: Path) -> None:
    path = tmp_path / "refkit.toml"
    assert Settings().source_names == ("catalogue", "index", "arxiv")
    path.write_text('sources = ["arxiv"]\n', encoding="utf-8")
    assert (read_settings(path).source_names, read_settings(path).source_settings) == (("arxiv",), {})
    path.write_text("[sources.arxiv]\ninterval = 4\n", encoding="utf-8")
    assert read_settings(path).source_names == ("catalogue", "index", "arxiv")
    assert read_settings(path).source_settings == {"arxiv": {"interval": 4}}
    path.write_text('[sources]\nuse = ["catalogue"]\n', encoding="utf-8")
    assert read_settings(path).source_names == ("catalogue",)


@pytest.mark.parametrize("text", ['sources = "arxiv"', "[sources]\nuse = 3", "[sources]\narxiv = 3", "sources = [1]"])
def test_sources_of_another_shape_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "refkit.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sources|list|array"):
        read_settings(path)


def test_taggers_are_a_list_or_a_table_with_settings_of_each(tmp_path: Path) -> None:
    path = tmp_path / "refkit.toml"
    assert (Settings().tagger_names, Settings().tagger_settings) == (("rules",), {})
    path.write_text('taggers = ["headings"]\n', encoding="utf-8")
    assert (read_settings(path).tagger_names, read_settings(path).tagger_settings) == (("headings",), {})
    path.write_text('[taggers]\nuse = ["rules", "headings"]\n[taggers.headings]\nskip = ["x"]\n', encoding="utf-8")
    assert read_settings(path).tagger_names == ("rules", "headings")
    assert read_settings(path).tagger_settings == {"headings": {"skip": ["x"]}}
    path.write_text("[taggers.headings]\npath = 'x.json'\n", encoding="utf-8")
    assert read_settings(path).tagger_names == ("rules",)
    assert read_settings(path).tagger_settings == {"headings": {"path": str(tmp_path / "x.json")}}


@pytest.mark.parametrize("text", ['taggers = "rules"', "[taggers]\nuse = 3", "[taggers]\nrules = 3", "taggers = [1]"])
def test_taggers_of_another_shape_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "refkit.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"taggers|list|array"):
        read_settings(path)
