"""Plug-ins of other packages: found by their entry points, and a broken one takes nothing else down."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from refkit import plugins, protocols, registry
from refkit.plugins import METHODS, Plugin, Selection

GOOD = """
from refkit import Answer, ArxivRecord, ConfigError, Mention, Op, Change, Published, Publication, Report, ThemeTag

class Owls:
    name = "owls"
    def recognise(self, text): return 1.0 if text.startswith("%owls") else 0.0
    def read(self, text, *, digest):
        for number, line in enumerate(text.splitlines(), 1):
            if not line.startswith("%"):
                yield Mention(title=line, digest=digest, line=number, raw=line)

class Source:
    name, network = "nest", False
    def __init__(self, delay): self.delay = delay
    @classmethod
    def open(cls, settings, surroundings):
        if not isinstance(settings.get("delay", 1), int):
            raise ConfigError("`delay` is a number of seconds.")
        return cls(settings.get("delay", 1))
    def search(self, mentions, *, limit):
        return [Answer((ArxivRecord(arxiv_id="2401.00007", title=each.title),)[:limit]) for each in mentions]
    def lookup(self, ids): return {}

class Press:
    name, network = "press", False
    def published(self, works):
        return [[Published(publication=Publication(type="book", container_title="Owls", doi="10.1/x"),
                           title=each.record.title, source="press")] for each in works]

class Tagger:
    name = "birds"
    def tag(self, work): return (ThemeTag("birds", ("owls",)),)

class Writer:
    name = "lines"
    def __init__(self, out=None): self.out = out or print
    def plan(self, works): return [Change(op=Op.CREATE, key=each.record.arxiv_id, work=each) for each in works]
    def apply(self, changes):
        self.out("".join(f"{each.key} {[tag.theme for tag in each.work.themes]}\\n" for each in changes))
        return Report(done=tuple(changes))
"""
GOOD_POINTS = {
    "readers": {"owls": "good_owls:Owls"},
    "sources": {"nest": "good_owls:Source"},
    "enrichers": {"press": "good_owls:Press"},
    "taggers": {"birds": "good_owls:Tagger"},
    "writers": {"lines": "good_owls:Writer"},
}
BAD = """
import sys
class Reader:
    def recognise(self, text): return 0.0
    def read(self, text, *, digest): return iter(())
class Raises(Reader):
    name = "raises"
    def __init__(self): raise ZeroDivisionError("by me")
class Nameless(Reader): pass
class Another(Reader): name = "another-name"
class NoMethod:
    name = "no-method"
    def recognise(self, text): return 0.0
class OtherCall(Reader):
    name = "other-call"
    def read(self, text): return iter(())
class Clash(Reader): name = "markdown"
class Crashes(Reader):
    name = "crashes"
    def recognise(self, text): raise KeyError("owl")
class Huge(Reader):
    name = "huge"
    def recognise(self, text): return 7
class Unnetworked:
    name = "unnetworked"
    def search(self, mentions, *, limit): return []
    def lookup(self, ids): return {}
class Exits(Unnetworked):
    name, network = "exits", True
    def __init__(self): sys.exit(9)
class Faulty:
    name = "faulty"
    def tag(self, work): return ["owls"]
function = len
"""
BROKEN = {
    "import-error": ("bad_owls.nowhere:Reader", "importing bad_owls.nowhere:Reader failed with ModuleNotFoundError"),
    "syntax": ("syntax_owls:Reader", "failed with SyntaxError"),
    "ends": ("ending_owls:Reader", "ended the program with exit(3)"),
    "missing": ("bad_owls:Missing", "failed with AttributeError"),
    "no-attribute": ("bad_owls", "failed with AttributeError"),
    "raises": ("bad_owls:Raises", "opening it failed with ZeroDivisionError: by me"),
    "nameless": ("bad_owls:Nameless", "has no `name`, but its entry point says 'nameless'"),
    "renamed": ("bad_owls:Another", "has the name 'another-name', but its entry point says 'renamed'"),
    "no-method": ("bad_owls:NoMethod", "has no method `read(text, digest=...)`"),
    "other-call": ("bad_owls:OtherCall", "cannot be called as `read(text, digest=...)`"),
    "function": ("bad_owls:function", "is builtin_function_or_method, not a class"),
    "markdown": ("bad_owls:Clash", "refkit has a reader of this name itself"),
}


class Installed:
    """A folder on the path of Python, with packages that were installed there."""

    def __init__(self, folder: Path) -> None:
        self.site, self.work = folder / "site", folder / "work"
        self.site.mkdir()
        self.work.mkdir()
        (self.site / "good_owls.py").write_text(GOOD, encoding="utf-8")
        (self.site / "bad_owls.py").write_text(BAD, encoding="utf-8")
        (self.site / "syntax_owls.py").write_text("class Reader(:\n", encoding="utf-8")
        (self.site / "ending_owls.py").write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
        (self.work / "list.txt").write_text("%owls\nHow Owls Sleep\n", encoding="utf-8")

    def package(self, name: str, points: dict[str, dict[str, str]] | str, version: str = "1.0") -> None:
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        if isinstance(points, dict):
            points = "".join(
                f"[refkit.{table}]\n{''.join(f'{key} = {value}{chr(10)}' for key, value in some.items())}"
                for table, some in points.items()
            )
        (info / "entry_points.txt").write_text(points, encoding="utf-8")

    def run(self, *arguments: str, config: str = "") -> subprocess.CompletedProcess[str]:
        (self.work / "refkit.toml").write_text(textwrap.dedent(config), encoding="utf-8")
        path = os.pathsep.join([str(self.site), str(Path(plugins.__file__).parents[1])])
        return subprocess.run(
            [sys.executable, "-m", "refkit", *arguments],
            cwd=self.work,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def listed(self, *arguments: str, config: str = "", code: int = 1) -> dict[str, dict[str, str]]:
        done = self.run("plugins", "--json", *arguments, config=config)
        assert done.returncode == code, done.stderr
        return {f"{each['kind']} {each['name']}": each for each in json.loads(done.stdout)["plugins"]}


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def test_good_plug_ins_of_every_kind_work_beside_broken_ones(installed: Installed) -> None:
    installed.package("good-owls", GOOD_POINTS)
    installed.package("bad-owls", {"readers": {name: target for name, (target, _) in BROKEN.items()}})
    config = """
        taggers = ["rules", "birds"]
        format = "lines"
        [sources]
        use = ["nest"]
        """
    done = installed.run("bibtex", "list.txt", "--published", "--enricher", "press", config=config)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2401.00007 ['birds']\n"
    assert "The reader 'raises' of bad-owls 1.0 is broken: opening it failed with ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr


def test_each_broken_plug_in_is_listed_with_its_reason(installed: Installed) -> None:
    installed.package("good-owls", GOOD_POINTS)
    installed.package("bad-owls", {"readers": {name: target for name, (target, _) in BROKEN.items()}})
    found = installed.listed()
    for name, (_, reason) in BROKEN.items():
        listed = found[f"reader {name}"]
        assert (listed["origin"], listed["status"]) == ("bad-owls 1.0", "broken"), name
        assert reason in listed["reason"], name
    for name in ("reader owls", "source nest", "enricher press", "tagger birds", "writer lines"):
        assert (found[name]["origin"], found[name]["status"], found[name]["reason"]) == ("good-owls 1.0", "ok", "")
    plain = installed.run("plugins", "--kind", "reader")
    assert plain.returncode == 1
    assert "reader  raises        bad-owls 1.0   broken: opening it failed with ZeroDivisionError" in plain.stdout


def test_without_plug_ins_all_is_well(installed: Installed) -> None:
    found = installed.listed(code=0)
    ours = {f"{kind} {name}" for kind, table in registry.KINDS.items() for name in table}
    assert {name for name, each in found.items() if each["origin"] == "built in"} == ours
    assert {name: each["status"] for name, each in found.items() if name in ours and each["status"] != "ok"} == {
        "tagger learned": "needs settings"  # the file of what was learnt
    }


def test_of_two_with_one_name_neither_is_taken(installed: Installed) -> None:
    installed.package("good-owls", {"readers": {"owls": "good_owls:Owls"}})
    installed.package("other-owls", {"readers": {"owls": "good_owls:Owls"}}, "2.0")
    done = installed.run("read", "list.txt", "--reader", "owls")
    assert done.returncode == 2
    assert "other-owls 2.0 has a reader of this name too" in done.stderr
    assert installed.run("read", "list.txt").returncode == 0


@pytest.mark.parametrize("points", [f"[refkit.readers]\n{line}\n" for line in ("torn", "torn = ???", "= x")])
def test_entry_points_that_cannot_be_read_take_nothing_down(points: str, installed: Installed) -> None:
    installed.package("torn-owls", points)
    installed.package("good-owls", GOOD_POINTS)
    found = installed.listed("--kind", "reader")
    assert found["reader owls"]["status"] in {"ok", "broken"}
    assert [each["status"] for each in found.values() if each["origin"] == "torn-owls 1.0"] == ["broken"]
    assert installed.run("read", "list.txt").returncode == 0


def test_a_reader_that_fails_while_recognising_is_passed_over(installed: Installed) -> None:
    points = {"readers": {"crashes": "bad_owls:Crashes", "huge": "bad_owls:Huge", "owls": "good_owls:Owls"}}
    installed.package("owls", points)
    done = installed.run("read", "list.txt")
    assert done.returncode == 0, done.stderr
    assert "the reader 'crashes' failed with KeyError: 'owl'" in done.stderr
    assert "it is sure by 7, not by a number from 0 to 1" in done.stderr
    assert "How Owls Sleep" in done.stdout


def test_a_broken_source_is_a_failure_and_never_not_found(installed: Installed) -> None:
    installed.package("bad-owls", {"sources": {"exits": "bad_owls:Exits", "unnetworked": "bad_owls:Unnetworked"}})
    config = 'sources = ["catalogue", "exits", "unnetworked"]\n'
    done = installed.run("bibtex", "list.txt", "--reader", "titles", config=config)
    assert done.returncode == 3
    assert "exits: it is broken: opening it ended the program with exit(9)" in done.stderr
    assert (
        "does not say whether it needs the network" in installed.listed(config=config)["source unnetworked"]["reason"]
    )


def test_a_broken_tagger_loses_only_its_own_themes(installed: Installed) -> None:
    installed.package("owls", {**GOOD_POINTS, "taggers": {"birds": "good_owls:Tagger", "faulty": "bad_owls:Faulty"}})
    config = 'taggers = ["faulty", "birds"]\nsources = ["nest"]\nformat = "lines"\n'
    done = installed.run("bibtex", "list.txt", config=config)
    assert (done.returncode, done.stdout) == (0, "2401.00007 ['birds']\n")
    assert "the tagger 'faulty' failed with TypeError: it gave list, not a tuple of ThemeTag" in done.stderr


def test_settings_of_a_plug_in_are_refused_with_file_line_and_path(installed: Installed) -> None:
    installed.package("good-owls", GOOD_POINTS)
    config = 'digests = ["list.txt"]\n\n[sources]\nuse = ["nest"]\n\n[sources.nest]\n# seconds\ndelay = "long"\n'
    done = installed.run("bibtex", config=config)
    assert done.returncode == 2
    assert "refkit.toml:8: sources.nest.delay: `delay` is a number of seconds." in done.stderr
    listed = installed.listed(config=config)["source nest"]
    assert listed["status"] == "misconfigured"
    assert "refkit.toml:8: sources.nest.delay" in listed["reason"]
    done = installed.run("read", "list.txt", config="[readers.owls]\nspeed = 3\n")
    assert done.returncode == 2
    assert "refkit.toml:2: readers.owls.speed: The reader 'owls' has no settings; remove speed" in done.stderr


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            'sources = ["nest", "nobody"]\n',
            "refkit.toml:1: sources: There is no source named 'nobody'; the sources are: ",
        ),
        ('[taggers]\nuse = ["nobody"]\n', "refkit.toml:2: taggers.use: There is no tagger named 'nobody'"),
        (
            '\nformat = "nothing"\n',
            "refkit.toml:2: format: There is no format named 'nothing'; the formats are: bibtex, ",
        ),
        ('format = "zotero"\n', "refkit.toml:1: format: There is no format named 'zotero'"),
        ('readers = ["nobody"]\n', "refkit.toml:1: readers: There is no reader named 'nobody'"),
        ("[plugins]\nonly = 3\n", "refkit.toml:2: the setting 'only' cannot be used"),
        ("[plugins]\nwith = []\n", "refkit.toml:2: there is no setting named 'with'; the settings are: only"),
        (
            '[plugins]\ndisable = ["birds.owl"]\n',
            "refkit.toml:2: the setting 'disable' cannot be used: plugins.dis",
        ),
        ('[writers]\nuse = ["lines"]\n', "writers.use: a writer is named with --format"),
    ],
)
def test_a_wrong_name_is_a_sentence_with_its_place(config: str, message: str, installed: Installed) -> None:
    installed.package("good-owls", GOOD_POINTS)
    done = installed.run("bibtex", "list.txt", "--no-network", config=config)
    assert done.returncode == 2
    assert message in done.stderr


def test_what_is_disabled_is_not_taken(installed: Installed) -> None:
    installed.package("good-owls", GOOD_POINTS)
    found = installed.listed(config='[plugins]\ndisable = ["readers.owls", "arxiv", "mice"]\nonly = ["nest"]\n', code=0)
    disabled = {name for name, each in found.items() if each["status"] == "disabled"}
    assert disabled == {"reader owls", "source arxiv", "enricher press", "tagger birds", "writer lines"}
    told = installed.run("plugins", config='[plugins]\ndisable = ["mice"]\n').stderr
    assert "plugins.disable names 'mice', and no plug-in of this name is installed" in told
    done = installed.run("read", "list.txt", "--reader", "owls", config='[plugins]\ndisable = ["owls"]\n')
    assert done.returncode == 2
    assert "The reader named 'owls' is not to be taken, as [plugins] in the configuration says." in done.stderr
    read = json.loads(installed.run("read", "list.txt", "--json", config="[plugins]\nonly = []\n").stdout)
    assert "owls" not in json.dumps(read["files"][0]["readers"])


def test_readers_are_asked_in_the_order_of_the_configuration(installed: Installed) -> None:
    (installed.site / "more_owls.py").write_text(
        "from good_owls import Owls\nclass More(Owls): name = 'more'\n", encoding="utf-8"
    )
    installed.package("good-owls", {"readers": {"owls": "good_owls:Owls", "more": "more_owls:More"}})
    for order in (["owls", "more"], ["more", "owls"]):
        done = installed.run("read", "list.txt", "--json", config=f"readers = {json.dumps(order)}\n")
        assert json.loads(done.stdout)["files"][0]["readers"][0]["name"] == order[0]


@pytest.mark.parametrize(
    ("config", "told"),
    [("", "from owls"), ('readers = ["titles"]\n', ""), ('[plugins]\ndisable = ["owls"]\n', "")],
)
def test_what_is_watched_is_read_by_the_same_readers(installed: Installed, config: str, told: str) -> None:
    installed.package("good-owls", {"readers": {"owls": "good_owls:Owls"}})
    (installed.site / "good_owls.py").write_text(
        GOOD.replace("title=line", "title=line, abstract='from owls'"), encoding="utf-8"
    )
    done = installed.run("watch", "list.txt", "--into", "refs.bib", "--no-network", config=config)
    assert done.returncode == 1, done.stderr
    (queue,) = (installed.work / "refkit-queue").glob("*.jsonl")
    waiting = [json.loads(line) for line in queue.read_text(encoding="utf-8").splitlines()]
    assert [each.get("abstract", "") for each in waiting if each["title"] == "How Owls Sleep"] == [told]


def test_a_reader_that_knows_columns_is_told_which_to_read(installed: Installed) -> None:
    taking = """
class Taking:
    name = "taking"
    columns = {}
    def __init__(self, columns=None): self.columns = columns or {}
    def recognise(self, text): return 1.0
    def read(self, text, *, digest):
        yield Mention(title=f"Owls by {self.columns['title']}", digest=digest, line=1, raw=text)
"""
    code = GOOD + taking
    (installed.site / "good_owls.py").write_text(code, encoding="utf-8")
    installed.package("good-owls", {"readers": {"owls": "good_owls:Owls", "taking": "good_owls:Taking"}})

    def read(*arguments: str, config: str = "") -> str:
        done = installed.run("read", "list.txt", "--json", "--column", "title=Paper", *arguments, config=config)
        return done.stdout + done.stderr

    assert "Owls by Paper" in read()
    assert "Owls by Paper" not in read(config='[plugins]\ndisable = ["taking"]\n')
    told = read("--reader", "owls")
    assert "The reader 'owls' reads no columns; --column is for: " in told
    assert "taking" in told
    assert "No reader that may be taken reads columns" in read(config='readers = ["owls", "markdown"]\n')
    installed.package("bad-owls", {"readers": {"bad": "bad_owls:Nothing"}})
    assert "The reader 'bad' of bad-owls 1.0 is broken" in read("--reader", "bad")


def test_the_shapes_are_those_of_the_protocols() -> None:
    for kind, methods in METHODS.items():
        protocol: Any = getattr(protocols, kind.capitalize())
        for method in methods:
            parameters = inspect.signature(getattr(protocol, method.name)).parameters.values()
            placed = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
            named = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
            assert (placed[1:], named) == (list(method.arguments), list(method.named)), f"{kind}.{method.name}"


def test_a_selection_leaves_what_is_built_in_unless_it_is_disabled() -> None:
    ours, theirs = Plugin("reader", "bib", "x:Y"), Plugin("reader", "owls", "x:Y", "owls 1.0")
    assert Selection().allows(ours)
    assert Selection(only=()).allows(ours)
    assert not Selection(only=()).allows(theirs)
    assert Selection(only=("readers.owls",)).allows(theirs)
    assert not Selection(disable=("readers.bib",)).allows(ours)
    assert Selection(disable=("writers.bib",)).allows(ours)


def test_help_does_not_ask_what_is_installed(installed: Installed) -> None:
    installed.package("bad-owls", {"readers": {"ends": "ending_owls:Reader"}})
    for arguments in (("--help",), ("plugins", "--help"), ("new", "--help"), ("bibtex", "--help")):
        code = (
            "import sys\nfrom refkit.cli import main\n"
            f"main({list(arguments)!r}, standalone_mode=False)\nassert 'importlib.metadata' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
