from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string
from click.testing import CliRunner, Result

from refkit.cli import NO_DIGEST, main
from refkit.testing import ArxivServer

WEB, SEA = "Learning to Navigate the Web", "Learning to Navigate the Sea"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arxiv_server: ArxivServer) -> None:  # noqa: ARG001
    """Run in a folder without configuration, beside a stand-in arXiv."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: object, stdin: str | bytes = "") -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def digest(*titles: str, name: str = "digest.txt") -> Path:
    path = Path(name)
    path.write_text("\n".join(titles) + "\n", encoding="utf-8")
    return path


def test_a_digest_becomes_bibtex_on_standard_output() -> None:
    result = run("bibtex", digest(WEB, "Discrete Key-Value Bottleneck"))
    assert result.exit_code == 0
    assert [entry.key for entry in parse_string(result.stdout).entries] == [
        "gur2018learning",
        "trauble2022discrete",
    ]
    assert result.stderr == "refkit: 2 titles: 2 matched, 0 ambiguous, 0 not found, 0 failed\n"


def test_what_is_not_matched_is_listed_with_place_and_reason() -> None:
    result = run("bibtex", digest(WEB, SEA))
    assert result.exit_code == 1
    assert result.stdout.count("@misc") == 1
    assert f"not found: digest.txt:2: {SEA}\n    No record with this title in the catalogue" in result.stderr
    assert "2 titles: 1 matched, 0 ambiguous, 1 not found, 0 failed" in result.stderr
    assert "only what is on this machine" not in result.stderr
    assert "only what is on this machine was asked" in run("bibtex", "digest.txt", "--no-network").stderr


def test_several_digests_and_standard_input_give_each_paper_once() -> None:
    result = run("bibtex", digest(WEB, SEA), "-", stdin=f"{WEB.upper()}\nDiscrete Key-Value Bottleneck\n")
    assert result.stdout.count("@misc") == 2
    assert "4 titles: 3 matched, 0 ambiguous, 1 not found, 0 failed (2 papers, some titles stand more than once)" in (
        result.stderr
    )


def test_output_goes_to_a_file_and_a_second_run_changes_nothing() -> None:
    path = digest(WEB, "Discrete Key-Value Bottleneck")
    assert "2 entries written to refs.bib" in run("bibtex", path, "-o", "refs.bib").stderr
    before = Path("refs.bib").stat().st_mtime_ns
    second = run("bibtex", path, "-o", "refs.bib")
    assert "2 entries already as they are in refs.bib" in second.stderr
    assert second.stdout == ""
    assert Path("refs.bib").stat().st_mtime_ns == before


def test_the_dialect_is_an_option_or_a_setting() -> None:
    path = digest(WEB)
    assert "@online{gur2018learning" in run("bibtex", path, "--format", "biblatex").stdout
    Path("refkit.toml").write_text('digests = ["digest.txt"]\nformat = "biblatex"\n', encoding="utf-8")
    assert "@online{gur2018learning" in run("bibtex").stdout
    assert "@misc{gur2018learning" in run("bibtex", "--format", "bibtex").stdout


def test_json_tells_what_was_decided_and_why() -> None:
    result = run("bibtex", digest(WEB, SEA), "--json", "-o", "refs.bib")
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["summary"] == {"titles": 2, "matched": 1, "ambiguous": 0, "not_found": 1, "failed": 0}
    web, sea = document["resolutions"]
    assert (web["verdict"], web["arxiv_id"], web["line"]) == ("matched", "1812.09195", 1)
    assert web["candidates"][0]["evidence"]["title"] == {"outcome": "match", "score": 1.0, "note": ""}
    assert (sea["verdict"], sea["arxiv_id"]) == ("not_found", None)
    assert 0 <= sea["confidence"] < 0.5
    assert Path("refs.bib").read_text(encoding="utf-8").count("@misc") == 1


def test_explain_shows_candidates_evidence_and_reason() -> None:
    result = run("explain", WEB)
    assert result.exit_code == 0
    assert "MATCHED: The title is the same." in result.stdout
    assert "arXiv:1812.09195, Izzeddin Gur, Ulrich Rueckert, Aleksandra Faust et al., 2018-12-21" in result.stdout
    assert "Adversarial Environment Generation" in result.stdout
    refused = run("explain", SEA)
    assert refused.exit_code == 1
    assert "“sea” in the digest, “web” in the record" in refused.stdout


def test_explain_takes_the_evidence_of_a_digest() -> None:
    Path("d.jsonl").write_text(json.dumps({"title": WEB, "authors": ["I. Gur", "N. Body"]}) + "\n", encoding="utf-8")
    assert "1 of 2 in the record" in run("explain", WEB, "--digest", "d.jsonl").stdout
    assert "has no title" in run("explain", SEA, "--digest", "d.jsonl").stderr
    assert "1 of 1 in the record" in run("explain", WEB, "--author", "Gur").stdout


def test_a_digest_is_not_overwritten_by_its_own_result() -> None:
    path = digest(WEB)
    result = run("bibtex", path, "-o", path)
    assert (result.exit_code, result.stderr) == (
        2,
        "refkit: digest.txt is the digest itself; name another file with --output.\n",
    )
    assert path.read_text(encoding="utf-8") == f"{WEB}\n"


def test_a_run_that_matches_nothing_leaves_a_bibliography_as_it_is() -> None:
    Path("refs.bib").write_text("@misc{precious}")
    result = run("bibtex", digest(SEA), "-o", "refs.bib")
    assert result.exit_code == 1
    assert "nothing was matched, so refs.bib is left as it is" in result.stderr
    assert Path("refs.bib").read_text() == "@misc{precious}"


def test_a_record_without_authors_is_named() -> None:
    result = run("bibtex", digest("Qwen2.5 Technical Report"))
    assert "refkit: of arXiv:2412.15115 the sources know no authors or no date; nothing was made up" in result.stderr


def test_the_readers_can_be_completed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "refkit"],
        env=os.environ
        | {"_REFKIT_COMPLETE": "bash_complete", "COMP_WORDS": "refkit bibtex --reader ti", "COMP_CWORD": "3"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "plain,titles"


def test_no_digest_and_no_configuration_is_one_sentence() -> None:
    result = run("bibtex")
    assert result.exit_code == 2
    assert result.stderr == f"refkit: {NO_DIGEST.format(command='bibtex')}\n"
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "bad.txt"),
        (lambda path: path.mkdir(), "bad.txt"),
        (lambda path: path.write_bytes(b""), "bad.txt"),
        (lambda path: path.write_bytes(b" \n\n"), "bad.txt"),
        (lambda path: path.write_bytes(b"PK\x03\x04\x00\x00binary\x00"), "bad.txt"),
        (lambda path: path.write_bytes("Schrödinger's Café\nEin Titel\n".encode("latin-1")), "bad.txt:1"),
        (lambda path: path.write_text("A title " * 2_000), "bad.txt:1"),
        (lambda path: path.write_text('{"title": 1}\n'), "bad.txt:1"),
        (lambda path: path.write_text('{"title": "A fine title"}\n{"year": 2024}\n'), "bad.txt:2"),
    ],
)
def test_bad_input_is_a_sentence_with_its_place_and_writes_nothing(make: Any, message: str) -> None:
    Path("refs.bib").write_text("precious")
    make(Path("bad.txt"))
    result = run("bibtex", "bad.txt", "-o", "refs.bib")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"refkit: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert Path("refs.bib").read_text() == "precious"


def test_one_bad_digest_among_good_ones_writes_nothing() -> None:
    result = run("bibtex", digest(WEB), "missing.txt", "-o", "refs.bib")
    assert result.exit_code == 2
    assert "missing.txt" in result.stderr
    assert not Path("refs.bib").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bibtex", "digest.txt", "--reader", "docx"), "There is no reader named 'docx'"),
        (
            ("bibtex", "digest.txt", "--format", "doc"),
            "There is no format named 'doc'; the formats are: bibtex, biblatex, ",
        ),
        (("bibtex", "digest.txt", "--encoding", "klingon"), "klingon"),
        (("bibtex", "digest.txt", "-o", "no/such/refs.bib"), "does not exist; make it first"),
        (("bibtex", "digest.txt", "-o", "."), "is a folder"),
        (("bibtex", "-", "-"), "Standard input can be read only once"),
        (("bibtex", "digest.txt", "--themes", "none.toml"), "none.toml"),
        (("explain", "  "), "The title is empty"),
        (("explan", "x"), "No such command 'explan'"),
    ],
)
def test_a_wrong_command_is_a_sentence(arguments: tuple[str, ...], message: str) -> None:
    digest(WEB)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_broken_configuration_is_a_sentence_with_its_line() -> None:
    Path("refkit.toml").write_text('digests = ["a.txt"]\nformat = \n')
    result = run("bibtex")
    assert result.exit_code == 2
    assert "refkit.toml:2: this is not valid TOML" in result.stderr


def test_latin_1_is_read_when_it_is_named() -> None:
    Path("d.txt").write_bytes(f"{WEB}\nÜber Café\n".encode("latin-1"))
    assert "1 matched" in run("bibtex", "d.txt", "--encoding", "latin-1").stderr


def test_ten_thousand_duplicates_are_merged() -> None:
    result = run("bibtex", digest(*[WEB] * 10_000))
    assert result.exit_code == 0
    assert result.stdout.count("@misc") == 1


def test_a_source_that_fails_is_exit_code_3_and_never_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from refkit.errors import SourceUnavailable
    from refkit.metadata.catalogue import CatalogueSource

    def down(*_: object, **__: object) -> None:
        raise SourceUnavailable("no answer in 30 s; try again later")

    monkeypatch.setattr(CatalogueSource, "search", down)
    assert "1 matched" in run("bibtex", digest(WEB)).stderr  # arXiv stands in
    Path("refkit.toml").write_text('sources = ["catalogue"]\n')
    result = run("bibtex", digest(WEB))
    assert result.exit_code == 3
    assert f"failed: digest.txt:1: {WEB}\n    A source failed: catalogue: no answer in 30 s" in result.stderr
    assert "not found:" not in result.stderr


def test_help_version_and_completion_answer() -> None:
    assert "Exit codes: 0 every title matched" in " ".join(run("--help").stdout.split())
    assert run("--version").stdout.startswith("refkit, version ")
    done = subprocess.run(
        [sys.executable, "-m", "refkit"],
        env={**os.environ, "_REFKIT_COMPLETE": "bash_source"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "_REFKIT_COMPLETE=bash_complete" in done.stdout


def test_a_closed_pipe_is_no_traceback(root: Path) -> None:
    command = f"{sys.executable} -m refkit bibtex seeds/trending-papers.txt 2>err.log | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False)
    log = root / "err.log"
    try:
        assert done.stdout.startswith("@misc{")
        assert "Traceback" not in log.read_text(encoding="utf-8")
    finally:
        log.unlink()


def test_progress_stays_out_of_a_pipe() -> None:
    assert "\x1b" not in run("bibtex", digest(WEB)).output


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is a thing of Unix")
def test_progress_is_shown_on_a_terminal() -> None:
    import pty

    digest(WEB)
    primary, secondary = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "refkit", "bibtex", "digest.txt"], stdout=subprocess.DEVNULL, stderr=secondary
    ) as running:
        running.wait(timeout=60)
    os.close(secondary)
    shown = b""
    while b"matching titles" not in shown:  # a slow machine shows other things before
        shown += os.read(primary, 65536)  # raises OSError at the end
    os.close(primary)


def test_every_setting_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    digest("title,year", f"{WEB},2018", name="d.csv")
    Path("mine.toml").write_text('[themes.webs]\nlabel = "Webs"\nterms = [{ weight = 6, any = ["navigate"] }]\n')
    Path("refkit.toml").write_text('digests = ["d.csv"]\nthemes = ["mine.toml"]\n')
    assert "webs}" in run("bibtex").stdout
    Path("refkit.toml").write_text('digests = ["d.csv"]\nreader = "jsonl"\n')
    assert "not JSON" in run("bibtex").stderr
    Path("latin.txt").write_bytes(f"{WEB}\nCafé\n".encode("latin-1"))
    Path("refkit.toml").write_text('digests = ["latin.txt"]\nencoding = "latin-1"\n')
    assert "1 matched" in run("bibtex").stderr
    Path("refkit.toml").write_text('digests = ["d.csv"]\nsources = []\n')
    assert "There is no source to ask" in run("bibtex").stderr
    from refkit.metadata.catalogue import CatalogueSource

    monkeypatch.setattr(CatalogueSource, "network", True)
    Path("refkit.toml").write_text('digests = ["d.csv"]\nsources = ["catalogue"]\nnetwork = false\n')
    assert "No source is left to ask" in run("bibtex").stderr
    Path("refkit.toml").write_text('digests = ["d.csv"]\n[sources]\nuse = ["catalogue"]\n')
    assert run("bibtex").exit_code == 0
    assert "No source is left to ask" in run("bibtex", "--no-network").stderr


def test_closed_streams_and_odd_names_are_no_tracebacks() -> None:
    digest(WEB)
    for command in (
        "bibtex digest.txt <&-",
        "bibtex - <&-",
        "bibtex digest.txt >&-",
        f"bibtex digest.txt -o {'x' * 300}",
    ):
        done = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m refkit {command}"], capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, command
        assert done.returncode in {0, 2}, command


def test_a_configuration_is_not_overwritten() -> None:
    Path("refkit.toml").write_text("network = false\n")
    assert run("bibtex", digest(WEB), "-o", "refkit.toml").exit_code == 2
    assert Path("refkit.toml").read_text() == "network = false\n"


def test_a_title_cannot_steer_the_terminal() -> None:
    Path("d.jsonl").write_text(json.dumps({"title": "Evil \x1b]0;title\x07 Paper"}) + "\n")
    assert "\x1b" not in run("bibtex", "d.jsonl").stderr
