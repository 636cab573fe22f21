"""What the pipeline opens for whoever calls it: caches, the index, locks, taggers, writers, a library."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import refkit
from refkit import pipeline
from refkit.config import ZoteroSettings
from refkit.errors import Interrupted
from refkit.folders import cache_folder, data_folder, state_folder
from refkit.locks import Locks
from refkit.metadata.arxiv_pdf import ArxivPdfs
from refkit.model import Answer, ArxivRecord, Author, Mention, Outcome, PartialDate, Resolution, Verdict, Work
from refkit.plugins import Selection
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.planfile import PlanFile, save_plan

WEB = ArxivRecord(
    arxiv_id="1812.09195",
    title="Learning to Navigate the Web",
    authors=(Author("Gur", "Izzeddin"),),
    submitted=PartialDate(2018, 12, 21),
)
SEA = msgspec.structs.replace(WEB, arxiv_id="1901.00001", title="Learning to Navigate the Sea")


class Listed:
    """A source that knows some records and notes what it is asked."""

    name = "listed"
    network = False

    def __init__(self, *records: ArxivRecord) -> None:
        self.records = records
        self.asked: list[str] = []

    def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:
        self.asked += [mention.title for mention in mentions]
        return [Answer(tuple(each for each in self.records if each.title == one.title)[:limit]) for one in mentions]

    def lookup(self, ids: Sequence[str]) -> Mapping[str, ArxivRecord]:
        return {each.arxiv_id: each for each in self.records if each.arxiv_id in ids}


def test_a_digest_is_read_from_standard_input_and_in_the_encoding_that_is_named(tmp_path: Path) -> None:
    (mention,) = refkit.read("-", stdin=io.BytesIO(b"Learning to Navigate the Web\n"))
    assert mention.title == WEB.title
    path = tmp_path / "digest.txt"
    path.write_bytes("Modèles de la mémoire des oiseaux".encode("utf-16-le"))
    assert [each.title for each in refkit.read(path, encoding="utf-16-le")] == ["Modèles de la mémoire des oiseaux"]
    assert [each.title for each in refkit.survey([path], encoding="utf-16-le").mentions] == [
        "Modèles de la mémoire des oiseaux"
    ]


def test_a_survey_takes_the_options_of_reading_and_leaves_a_file_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('Year,Thesis\n2018,"Learning to Navigate the Web"\n')
    (tmp_path / "b.csv").write_text('Year,Thesis\n2019,"Learning to Navigate the Sea"\n')
    columns = {"title": "Thesis"}
    both = refkit.survey([tmp_path], columns=columns)
    assert [each.title for each in both.mentions] == [WEB.title, SEA.title]
    without = refkit.survey([tmp_path], columns=columns, leave_out=str(tmp_path / "b.csv"))
    assert [each.title for each in without.mentions] == [WEB.title]
    forced = refkit.survey([tmp_path / "a.csv"], reader="titles")
    assert forced.mentions[-1].title.startswith("2018,")
    assert [each.title for each in refkit.read(tmp_path / "a.csv", columns=columns)] == [WEB.title]
    standard = refkit.survey(["-"], stdin=io.BytesIO(b"Learning to Navigate the Web\n"))
    assert [each.title for each in standard.mentions] == [WEB.title]


def test_the_cache_is_where_answers_are_kept_and_can_be_forgotten() -> None:
    path, content = pipeline.cache_content()
    assert path == cache_folder() / "answers.sqlite"
    assert set(content) == {"answers", "empty", "expired", "records", "bytes"}
    assert content["answers"] == content["bytes"] == 0
    assert pipeline.clear_cache() == (path, False)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert pipeline.clear_cache() == (path, True)
    assert not path.exists()


def test_the_index_is_where_the_settings_say_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pipeline.index_path(environ={}) == data_folder() / "arxiv.index"
    assert pipeline.index_path({"path": "a"}, {}) == Path("a")
    assert pipeline.index_path({"path": "a"}, {"REFKIT_INDEX_PATH": "b"}) == Path("b")
    assert pipeline.index_path(None, {"REFKIT_OAI_PATH": "b"}) == data_folder() / "arxiv.index"
    monkeypatch.setenv("REFKIT_INDEX_PATH", "c")
    assert pipeline.index_path() == Path("c")
    with pytest.raises(refkit.ConfigError, match=r"\[sources\.index\]"):
        pipeline.index_path({"paht": "a"}, {})


def test_the_harvest_of_each_index_has_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = pipeline.spool_of(tmp_path / "a.index")
    assert spool.parent == state_folder() / "harvest"
    assert spool.suffix == ".jsonl"
    assert len(spool.stem) == 8
    assert pipeline.spool_of(tmp_path / "b.index") != spool
    monkeypatch.chdir(tmp_path)
    assert pipeline.spool_of(Path("a.index")) == spool
    assert pipeline.spool_of(Path("\udcff.index")).parent == spool.parent


def test_a_harvester_asks_as_the_settings_and_the_environment_say(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Mapping[str, object], Any]] = []
    monkeypatch.setattr("refkit.metadata.oai_harvest.Harvester.open", lambda *given: seen.append(given))
    waited: list[str] = []
    environ = {"REFKIT_OAI_URL": "http://127.0.0.1:9/", "REFKIT_ARXIV_URL": "http://127.0.0.1:8/"}
    pipeline.open_harvester({"url": "x", "contact": "ada@example.org"}, environ=environ, notify=waited.append)
    pipeline.open_harvester(environ={})
    monkeypatch.setenv("REFKIT_OAI_URL", "http://127.0.0.1:7/")
    pipeline.open_harvester()
    (settings, around), (none, plain), (of_the_environment, _) = seen
    assert settings == {"url": "http://127.0.0.1:9/", "contact": "ada@example.org"}
    around.notify("next request in 2 s")
    assert waited == ["next request in 2 s"]
    assert none == {}
    assert of_the_environment == {"url": "http://127.0.0.1:7/"}
    assert not around.offline
    plain.notify("next request in 2 s")


def lock_with(path: Path, *mentions: Mention) -> Locks:
    """The lock beside a digest in which these mentions are decided, by a source that knows the web."""
    locks = Locks(mentions)
    locks.keep(refkit.resolve(mentions, sources=[Listed(WEB)]))
    assert path.exists()
    return Locks(mentions)


def test_what_is_locked_is_not_asked_and_what_is_not_stays_between_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    web, sea = (Mention(title=each.title, digest=str(tmp_path / "digest.txt")) for each in (WEB, SEA))
    locks = lock_with(tmp_path / "refkit.lock", web)
    source = Listed(WEB, SEA)
    found = refkit.resolve([sea, web, sea], sources=[source], locks=locks)
    assert [each.record and each.record.arxiv_id for each in found] == [SEA.arxiv_id, WEB.arxiv_id, SEA.arxiv_id]
    assert source.asked == [SEA.title]
    nobody = Listed()
    assert [each.verdict for each in refkit.resolve([web], sources=[nobody], locks=locks)] == [Verdict.MATCHED]
    assert refkit.resolve([web], sources=[], locks=locks)[0].verdict is Verdict.MATCHED
    refreshed = refkit.resolve([web], sources=[nobody], locks=locks, refresh=True)
    assert [each.verdict for each in refreshed] == [Verdict.NOT_FOUND]
    assert nobody.asked == [WEB.title]


def test_a_locked_run_asks_nobody_and_reads_the_locks_itself(tmp_path: Path) -> None:
    web, sea = (Mention(title=each.title, digest=str(tmp_path / "digest.txt")) for each in (WEB, SEA))
    locks = lock_with(tmp_path / "refkit.lock", web)
    nobody = Listed(WEB, SEA)
    for given in (None, locks):
        (found,) = refkit.resolve([web], sources=[nobody], locks=given, locked=True)
        assert found.verdict is Verdict.MATCHED
        with pytest.raises(refkit.UsageError, match="Sea"):
            refkit.resolve([web, sea], sources=[nobody], locks=given, locked=True)
    assert refkit.resolve([], sources=[nobody], locked=True) == []
    assert nobody.asked == []
    assert refkit.resolve([web], sources=[nobody])[0].verdict is Verdict.MATCHED
    assert nobody.asked == [web.title]
    (tmp_path / "refkit.lock").unlink()  # what was read before stands
    assert refkit.resolve([web], sources=[nobody], locks=locks, locked=True)[0].verdict is Verdict.MATCHED


def test_no_mentions_need_a_source_as_any_do() -> None:
    with pytest.raises(refkit.UsageError, match="There is no source to ask"):
        refkit.resolve([], sources=[])
    assert refkit.resolve([], sources=[Listed()]) == []


def test_progress_and_an_interrupt_count_what_is_asked_and_carry_what_was_locked(tmp_path: Path) -> None:
    class Impatient(Listed):
        def search(self, mentions: Sequence[Mention], *, limit: int) -> Sequence[Answer]:  # noqa: ARG002 - the shape
            raise KeyboardInterrupt

    web, sea = (Mention(title=each.title, digest=str(tmp_path / "digest.txt")) for each in (WEB, SEA))
    locks = lock_with(tmp_path / "refkit.lock", web)
    seen: list[tuple[int, int]] = []
    refkit.resolve([sea, web], sources=[Listed(SEA)], locks=locks, progress=lambda *step: seen.append(step))
    assert seen[-1] == (1, 1)
    with pytest.raises(Interrupted) as caught:
        refkit.resolve([sea, web], sources=[Impatient()], locks=locks)
    assert [each.verdict for each in caught.value.resolutions] == [Verdict.FAILED, Verdict.MATCHED]


def test_a_record_is_looked_up_and_searched_for_by_a_person_s_words() -> None:
    mention = Mention(title=WEB.title)
    found = pipeline.look_up(mention, SEA.arxiv_id, sources=[Listed(WEB, SEA)])
    assert found is not None
    assert (found.record, found.source) == (SEA, "listed")
    assert pipeline.look_up(mention, "2401.00001", sources=[Listed(WEB, SEA)]) is None
    (likely,), remark = pipeline.search(mention, SEA.title, sources=[Listed(WEB, SEA)])
    assert (likely.record, remark) == (SEA, "")
    assert likely.evidence.title.outcome is not Outcome.MATCH
    for way in (pipeline.look_up, pipeline.search):
        with pytest.raises(refkit.UsageError, match="There is no source to ask"):
            way(mention, SEA.title, sources=[])


def matched(*records: ArxivRecord) -> list[Resolution]:
    return refkit.resolve([Mention(title=each.title) for each in records], sources=[Listed(*records)])


def test_works_are_tagged_by_the_taggers_that_are_given_or_by_the_shipped_rules() -> None:
    class Every:
        name = "every"

        def tag(self, work: Work) -> tuple[refkit.ThemeTag, ...]:
            return (refkit.ThemeTag(f"Year {work.record.submitted}", evidence=("2018",)),)

    rl = msgspec.structs.replace(WEB, title="Deep Reinforcement Learning for Robot Navigation")
    (work,) = refkit.tag(matched(rl), taggers=[Every()])
    assert [tag.theme for tag in work.themes] == ["Year 2018-12-21"]
    shipped = {tag.theme for work in refkit.tag(matched(rl)) for tag in work.themes}
    assert shipped
    assert not shipped & {"Year 2018-12-21"}
    assert {tag.theme for work in refkit.tag(iter(matched(rl))) for tag in work.themes} == shipped


def test_taggers_are_opened_by_name_and_the_rules_by_default(tmp_path: Path) -> None:
    assert [each.name for each in refkit.open_taggers()] == ["rules"]
    with pytest.raises(refkit.UsageError, match="There is no tagger to take"):
        refkit.open_taggers(())
    assert refkit.open_taggers(["rules"], selection=Selection(disable=("rules",))) == []
    with pytest.raises(refkit.ConfigError, match="missing"):
        refkit.open_taggers(themes=[str(tmp_path / "missing.toml")])
    with pytest.raises(refkit.ConfigError):
        refkit.open_taggers(settings={"rules": {"nonsense": 1}})


def test_works_become_text_in_any_format_with_any_formula_for_keys() -> None:
    works = refkit.tag(matched(WEB, SEA))
    bibtex = refkit.to_bibtex(works)
    assert bibtex.count("@misc{") == 2
    assert refkit.to_bibtex(iter(works), dialect="bibtex") == bibtex
    assert "@online{" in refkit.to_bibtex(works, dialect="biblatex")
    assert "@misc{Gur2018" in refkit.to_bibtex(works, key_format="[Auth][year]")
    assert bibtex.startswith("@misc{")
    assert "\n}\n\n@misc{" in bibtex
    assert {each["title"] for each in json.loads(refkit.to_bibtex(works, dialect="csl-json"))} == {WEB.title, SEA.title}
    with pytest.raises(refkit.UsageError, match="not to be taken"):
        refkit.to_bibtex(works, dialect="ris", selection=Selection(disable=("ris",)))


LIBRARY = Target(server="https://api.zotero.org", kind="user", id=1)
PLAN = PlanFile(target=LIBRARY, options=Options(), made="2024-03-13T00:00:00Z", changes=())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Options, PlanFile | None]]:
    """With what Zotero libraries were opened."""
    seen: list[tuple[Any, Options, PlanFile | None]] = []
    monkeypatch.setattr("refkit.writers.zotero.locate.open_library", lambda *given: seen.append(given))
    return seen


def test_a_library_is_opened_as_the_settings_say(opened: list[tuple[Any, Options, PlanFile | None]]) -> None:
    settings = ZoteroSettings(
        collection="Reading", theme_collections=True, categories=False, pdf="file", note=False, date="submitted",
        latex="unicode",
    )  # fmt: skip
    refkit.open_zotero(settings, library="group", plan=PLAN, recreate=True, environ={"A": "b"})
    ((place, options, plan),) = opened
    assert (place.settings, place.library, place.environ) == (settings, "group", {"A": "b"})
    assert (place.around.cache, place.around.state) == (cache_folder(), state_folder())
    assert plan == PLAN
    assert options == Options(
        collection="Reading", theme_collections=True, categories=False, pdf="file", note=False, date="submitted",
        latex="unicode", recreate=True,
    )  # fmt: skip


def test_a_library_is_opened_with_no_settings_as_zotero_has_it(
    opened: list[tuple[Any, Options, PlanFile | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFKIT_ZOTERO_KEY", "abc")
    refkit.open_zotero()
    ((place, options, plan),) = opened
    assert (place.settings, place.library, plan) == (ZoteroSettings(), "", None)
    assert place.environ["REFKIT_ZOTERO_KEY"] == "abc"
    assert not place.around.offline
    assert options == Options()
    place.teller.notify("next request in 2 s")


def test_a_library_tells_what_is_waited_for_and_pdfs_come_as_arxiv_is_asked(
    opened: list[tuple[Any, Options, PlanFile | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Mapping[str, object], Any]] = []
    monkeypatch.setattr(ArxivPdfs, "open", lambda *given: seen.append(given) or ArxivPdfs("", Any, given[1]))  # type: ignore[arg-type, func-returns-value]
    waited: list[str] = []
    environ = {"REFKIT_ARXIV_URL": "http://127.0.0.1:9/"}
    sources: dict[str, dict[str, object]] = {"arxiv": {"url": "x", "interval": 5}, "oai": {"url": "y"}}
    refkit.open_zotero(network=False, sources=sources, environ=environ, notify=waited.append)
    ((settings, around),) = seen
    assert settings == {"url": "http://127.0.0.1:9/", "interval": 5}
    assert around.offline
    around.notify("a PDF in 3 s")
    ((place, _, _),) = opened
    assert place.around.offline
    place.teller.notify("a page in 1 s")
    assert waited == ["a PDF in 3 s", "a page in 1 s"]
    assert place.download is not None
    with pytest.raises(refkit.SourceError, match="without the network"):
        place.download("https://arxiv.org/pdf/1812.09195")


def test_a_plan_is_read_back(tmp_path: Path) -> None:
    save_plan(tmp_path / "plan.json", PLAN)
    assert pipeline.load_zotero_plan(tmp_path / "plan.json") == PLAN
    with pytest.raises(refkit.UsageError, match="does not exist"):
        pipeline.load_zotero_plan(tmp_path / "none.json")


def test_a_place_is_opened_with_its_settings_and_a_path_that_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, ...]] = []

    def note(name: str, settings: Mapping[str, Any], around: Any, **more: Any) -> None:
        seen.append((name, settings, around, more))

    monkeypatch.setattr("refkit.writing.open_place", note)
    waited: list[str] = []
    chosen = Selection(only=("shelf",))
    pipeline.open_place("shelf", {"path": "a"}, path="b", network=False, notify=waited.append, selection=chosen)
    pipeline.open_place("shelf")
    (name, settings, around, more), (_, none, plain, rest) = seen
    assert (name, settings, more) == ("shelf", {"path": "a"}, {"over": {"path": "b"}, "selection": chosen})
    assert around.offline
    around.notify("a card in 1 s")
    assert waited == ["a card in 1 s"]
    assert (none, rest) == ({}, {"over": {}, "selection": Selection()})
    assert not plain.offline


def test_a_setting_of_arxiv_that_there_is_not_and_a_place_that_nobody_installed_are_told() -> None:
    with pytest.raises(refkit.ConfigError, match="intervall"):
        refkit.open_zotero(sources={"arxiv": {"intervall": 5}}, environ={})
    with pytest.raises(refkit.UsageError, match="shelf"):
        pipeline.open_place("shelf")
