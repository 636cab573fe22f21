"""How many small changes to the matcher, the writers and the pipeline make a test fail.

    python tests/benchmarks/mutants.py --measure /tmp/reached
    python tests/benchmarks/mutants.py --data /tmp/reached --seed 20261127

The first runs all tests under coverage (pip install coverage) and notes which test runs which line. The second draws
100 of all mutants (`mutating.py`), applies each to a copy of this checkout, and runs the tests that reach it, the quick
ones first, until one fails: those that run its lines, those beside its module, and, if only a program that a test
starts runs them, all that start programs. At the end it prints a table and what survived. A test that fails in the copy
without a mutant kills nothing. If the time is over before all tests were run, the mutant counts as neither: give more
with `--seconds`, above all where other programs run beside it. Each mutant has its number: `--only 3,14` runs these of
the same draw again.
"""

from __future__ import annotations

import argparse
import ast
import concurrent.futures
import contextlib
import difflib
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData

sys.path.insert(0, str(Path(__file__).parent))
from mutating import Mutant, mutants  # type: ignore[import-not-found]

ROOT = Path(__file__).parents[2]
PLACES = ("refkit/matching", "refkit/writers", "refkit/pipeline.py", "refkit/asking.py")
AT_ONCE = str(2 * (os.cpu_count() or 1))  # half of the time tests wait
# So many tests are run first: most mutants die of these, and pytest need not find all others.
FIRST = 30
# Tests that take so many seconds come last.
SLOW = 5
# A test that takes longer hangs.
HANGING = 90
_READS_CODE = re.compile(r"\bast\.parse\b")
_STARTS_PROGRAMS = re.compile(r"\b(?:subprocess|on_terminal|Popen)\b")
_PROPERTIES = re.compile(r"^@given\b", re.MULTILINE)
_SLOW = re.compile(r"^([\d.]+)s (?:call|setup) +([^\s\[]+)", re.MULTILINE)
_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)
_SETTINGS = """[run]
parallel = true
source = {root}/refkit
data_file = {data}/.coverage
concurrency = multiprocessing,thread
patch = subprocess
dynamic_context = test_function
disable_warnings = no-data-collected,module-not-imported,module-not-measured,already-imported,couldnt-parse,no-sysmon
"""
# A property that fails is killed: which example is the smallest need not be found out, which takes minutes.
_NO_SHRINKING = """from hypothesis import Phase, settings
def pytest_collection():
    settings.register_profile("mutants", deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")
"""


class Drawn(NamedTuple):
    number: int
    path: str
    source: str
    mutant: Mutant

    @property
    def diff(self) -> str:
        lines = self.source.splitlines(), self.mutant.applied(self.source).splitlines()
        return "\n".join(difflib.unified_diff(*lines, self.path, self.path, lineterm="", n=1))


class Fate(NamedTuple):
    drawn: Drawn
    fate: str
    by: str = ""
    seconds: float = 0.0
    tests: int = 0


def measure(data: Path) -> None:
    """Run all tests under coverage, and keep the code that was measured beside what it says."""
    data.mkdir(parents=True)
    (data / "rc").write_text(_SETTINGS.format(root=ROOT, data=data), "utf-8")
    shutil.copytree(ROOT / "refkit", data / "refkit")
    command = ["coverage", "run", f"--rcfile={data}/rc", "-m", "pytest", "-n", AT_ONCE, "--dist", "loadfile"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (data / "log").open("w") as log:
        subprocess.run(
            [sys.executable, "-m", *command, "--durations=0"], cwd=ROOT, stdout=log, env=environ, check=False
        )
    subprocess.run([sys.executable, "-m", "coverage", "combine", f"--rcfile={data}/rc"], cwd=data, check=True)


class Reached:
    """Which tests run a line, by what was measured; lines are those of today's code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        data = CoverageData(str(folder / ".coverage"))
        data.read()
        self._measured = {_inside(name): name for name in data.measured_files()}
        self._data = data
        self._lines: dict[str, dict[int, list[str]]] = {}
        self._files = {_dotted(path): str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
        self._texts = {name: (ROOT / name).read_text("utf-8") for name in self._files.values()}
        self.seconds: Counter[str] = Counter()
        for seconds, test in _SLOW.findall((folder / "log").read_text("utf-8")):
            self.seconds[test] += float(seconds)  # type: ignore[assignment]
        self._used, self._made = _uses()

    def by(self, path: str, lines: Iterable[int]) -> set[str]:
        """Return the contexts in which any of the lines ran; "" is an import, or a program that a test started."""
        if path not in self._lines:
            known = self._data.contexts_by_lineno(self._measured[path]) if path in self._measured else {}
            measured = self._folder / path  # not there if it has come since
            before = measured.read_text("utf-8").splitlines() if measured.exists() else []
            now = (ROOT / path).read_text("utf-8").splitlines()
            same = difflib.SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks()
            moved = {b + at + 1: a + at + 1 for a, b, size in same for at in range(size)}
            self._lines[path] = {line: known.get(old, []) for line, old in moved.items()}
        return {each for line in lines for each in self._lines[path].get(line, ())}

    def contexts(self, drawn: Drawn) -> set[str]:
        """Return the contexts that reach a mutant, or what it is used by."""
        for lines in drawn.mutant.lines:
            if found := self.by(drawn.path, lines):
                return found
        names, seen, found = list(drawn.mutant.names), set(drawn.mutant.names), set()
        for name in names:
            for path, line in self._used[name]:
                found |= self.by(path, [line])
            further = self._made[drawn.path, name] - seen
            seen |= further
            names += further
        return found

    def tests(self, drawn: Drawn) -> list[str]:
        """Return what to run, as pytest names it: the tests beside the module, then others, the slow ones last.

        What runs when the module is imported may be looked at by tests that read the code.
        """
        contexts = self.contexts(drawn)
        beside = self._beside(drawn.path)
        found = {test for each in contexts for test in self._named(each)}
        quick = {test for test in found if self.seconds[test] < SLOW}

        def far(test: str) -> tuple[object, ...]:
            name = test.partition("::")[0]
            return name not in beside, -len(os.path.commonpath([name[6:], drawn.path[7:]])), self.seconds[test], test

        slow = sorted(found - quick, key=lambda test: self.seconds[test])
        tests = [*sorted(quick, key=far), *beside, *slow, *self._unnamed(drawn.path, contexts)]
        reading = [] if drawn.mutant.lines else self._reading()
        return list(dict.fromkeys([*reading, *tests]))

    def _reading(self) -> list[str]:
        """Return the quick test files that read the code itself."""
        texts = sorted(self._texts.items())
        return [name for name, text in texts if _READS_CODE.search(text) and not _STARTS_PROGRAMS.search(text)]

    def _beside(self, path: str) -> list[str]:
        """Return the test files named after a module, or else all in the folder that mirrors its own."""
        folder, stem = Path("tests", *Path(path).parts[1:-1]), Path(path).stem
        there = [name for name in sorted(self._texts) if Path(name).is_relative_to(folder)]
        own = [name for name in there if Path(name).stem in {f"test_{stem}", f"test_{stem}s"}]
        return own or [name for name in there if Path(name).parent == folder]

    def _unnamed(self, path: str, contexts: set[str]) -> list[str]:
        """Return the files whose tests coverage cannot tell apart: examples of hypothesis, and programs they start."""
        signs = [_STARTS_PROGRAMS] if "" in contexts else []
        signs += [_PROPERTIES] if any(each.startswith("hypothesis.") for each in contexts) else []
        stage = f"tests/{Path(path).parts[1]}"
        near = (name for name in sorted(self._texts) if name.startswith((stage, "tests/cli/", "tests/test_")))
        return [name for name in near if any(sign.search(self._texts[name]) for sign in signs)]

    def _named(self, context: str) -> list[str]:
        """Return the test of a context; one of a contract is run wherever its class is used."""
        parts = context.split(".<locals>", maxsplit=1)[0].split(".")
        for at in range(len(parts), 0, -1):
            name = self._files.get(".".join(parts[:at]), "")
            if name:
                return ["::".join([name, *parts[at:]])] if f"def {parts[-1]}" in self._texts[name] else []
        if context.startswith("refkit.testing.") and parts[-2].endswith("Contract"):
            return [name for name, text in self._texts.items() if parts[-2] in text]
        return []


def _inside(path: str) -> str:
    return f"refkit/{path.rpartition('/refkit/')[2]}"


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _uses() -> tuple[dict[str, list[tuple[str, int]]], dict[tuple[str, str], set[str]]]:
    """Return where functions use a name, and of which names of the same module it makes others."""
    used: dict[str, list[tuple[str, int]]] = defaultdict(list)
    made: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in (ROOT / "refkit").rglob("*.py"):
        name = str(path.relative_to(ROOT))
        for statement in ast.parse(path.read_text("utf-8")).body:
            own = [
                each.id
                for each in ast.walk(statement)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            ]
            if isinstance(statement, ast.ClassDef | ast.FunctionDef):
                own = [statement.name]
            for node in ast.walk(statement):
                if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                    said = node.id if isinstance(node, ast.Name) else node.attr
                    used[said].append((name, node.lineno))
                    made[name, said].update(own if isinstance(statement, ast.Assign | ast.AnnAssign) else ())
    return used, made


class Copy:
    """A copy of the checkout in which mutants are applied, one at a time."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self.tree = folder / "tree"
        away = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "*.egg-info")
        shutil.copytree(ROOT, self.tree, ignore=away)
        (folder / "no_shrinking.py").write_text(_NO_SHRINKING, "utf-8")
        if (ROOT.parent / "shared").exists():
            (folder / "shared").symlink_to((ROOT.parent / "shared").resolve())

    def try_out(self, drawn: Drawn, tests: Sequence[str], failing: Iterable[str]) -> Fate:
        """Return what comes of a mutant if these tests are run, but for those that are `failing` without one."""
        began = time.monotonic()
        without = [f"--deselect={each}" for each in sorted(failing)]
        with self._mutated(drawn):
            for portion in (tests[:FIRST], tests[FIRST:]):
                left = self._seconds - (time.monotonic() - began)
                fate, by = self.run(portion, left, "-x", *without) if portion else ("survived", "")
                if fate != "survived":
                    break
        return Fate(drawn, fate, by, time.monotonic() - began, len(tests))

    @contextlib.contextmanager
    def _mutated(self, drawn: Drawn) -> Iterator[None]:
        path = self.tree / drawn.path
        self._forget(path)
        path.write_text(drawn.mutant.applied(drawn.source), "utf-8")
        try:
            yield
        finally:
            path.write_text(drawn.source, "utf-8")
            self._forget(path)

    @staticmethod
    def _forget(path: Path) -> None:
        """Remove what Python compiled: it would take a file of the same size and second for the same."""
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()

    def run(self, tests: Sequence[str], seconds: float, *options: str) -> tuple[str, str]:
        """Run tests until one fails; return killed, hangs, survived or unfinished, and the test that tells."""
        names, log = self._folder / "names", self._folder / "log"
        names.write_text("\n".join(tests), "utf-8")
        hanging = ("-o", f"faulthandler_timeout={HANGING}", "-o", "faulthandler_exit_on_timeout=true")
        command = [
            sys.executable,
            "-m",
            "pytest",
            *options,
            "-p",
            "no:cacheprovider",
            "-p",
            "no_shrinking",
            *hanging,
        ]
        # Plain asserts: to tell how ten thousand authors differ takes minutes.
        command += ["--tb=line", "--assert=plain", f"--basetemp={self._folder / 'tmp'}", f"@{names}"]
        environ = {**os.environ, "PYTHONPATH": f"{self.tree}{os.pathsep}{self._folder}"}
        with log.open("w") as output:
            running = subprocess.Popen(
                command, cwd=self.tree, env=environ, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                code = running.wait(max(seconds, 1))
            except subprocess.TimeoutExpired:
                return "unfinished", ""
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
                running.wait()
        text = log.read_text("utf-8", errors="replace")
        if code == 5 or re.search(r"^ERROR: not found:", text, re.MULTILINE):
            raise SystemExit(f"pytest did not find what it should run:\n{text[-2000:]}")
        if code == 0:
            return "survived", ""
        return ("hangs" if "Timeout (" in text else "killed"), " ".join(_FAILED.findall(text)) or "(at import)"


def draw(seed: int, count: int) -> tuple[int, list[Drawn]]:
    """Return how many mutants there are, and some of them."""
    found = []
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")) or [ROOT / place]:
            source = path.read_text("utf-8")
            found += [Drawn(0, str(path.relative_to(ROOT)), source, each) for each in mutants(source)]
    chosen = random.Random(seed).sample(found, count)  # noqa: S311 - the same draw each time
    return len(found), [each._replace(number=number) for number, each in enumerate(chosen, 1)]


def judge(chosen: Sequence[Drawn], reached: Reached, copies: Sequence[Copy]) -> list[Fate]:
    """Return the fate of each mutant, after those that a test kills which fails anyway were tried without it."""
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(drawn: Drawn) -> Fate:
        copy = free.get()
        try:
            fate = copy.try_out(drawn, [test for test in reached.tests(drawn) if test not in failing], failing)
        finally:
            free.put(copy)
        print(f"{drawn.number} {drawn.path} {fate.fate} {fate.seconds:.0f} s, {fate.tests} {fate.by}", flush=True)
        return fate

    failing: set[str] = set()
    fates: dict[int, Fate] = {}
    with concurrent.futures.ThreadPoolExecutor(len(copies)) as pool:
        again = list(chosen)
        while again:
            fates |= {fate.drawn.number: fate for fate in pool.map(one, again)}
            killers = sorted({test for fate in fates.values() for test in fate.by.split() if "::" in test} - failing)
            wrong = set(copies[0].run(killers, 3600, "--maxfail=1000")[1].split()) if killers else set()
            failing |= wrong
            again = [fate.drawn for fate in fates.values() if wrong & set(fate.by.split())]
            print(f"{len(wrong)} of {len(killers)} tests fail without a mutant: {' '.join(sorted(wrong))}", flush=True)
    return [fates[each.number] for each in chosen]


def table(fates: Sequence[Fate]) -> str:
    rows = [
        "| mutants | drawn | killed | hang | survived | tests not all run in time |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    kinds = sorted({fate.drawn.mutant.kind for fate in fates})
    groups = [(place, [each for each in fates if each.drawn.path.startswith(place)]) for place in PLACES]
    groups += [(kind, [each for each in fates if each.drawn.mutant.kind == kind]) for kind in kinds]
    for name, those in [*groups, ("all", list(fates))]:
        by = Counter(each.fate for each in those)
        told = " | ".join(str(by[fate]) for fate in ("killed", "hangs", "survived", "unfinished"))
        rows.append(f"| {name} | {len(those)} | {told} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="make such a folder, and do nothing else")
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--only", type=lambda text: {int(each) for each in text.split(",")}, default=set())
    parser.add_argument("--seconds", type=float, default=300, help="for the tests of one mutant")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure.resolve())
        return
    total, chosen = draw(options.seed, options.count)
    print(f"seed {options.seed}: {options.count} of {total:,} mutants", flush=True)
    reached = Reached(options.data)
    with tempfile.TemporaryDirectory() as folder:
        copies = [Copy(Path(folder, name), options.seconds) for name in ("one", "two")]
        fates = judge([each for each in chosen if each.number in (options.only or {each.number})], reached, copies)
    for fate in fates:
        if fate.fate in {"survived", "unfinished"}:
            print(
                f"\n{fate.drawn.number} ({fate.drawn.mutant.kind}), {fate.fate}, {fate.tests} tests\n{fate.drawn.diff}"
            )
    print(f"\n{table(fates)}")


if __name__ == "__main__":
    main()
