"""The five stages in a row: the only module that knows them all."""

from __future__ import annotations

import datetime as dt
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from refkit import asking, settled, tagging, writing
from refkit.config import TAGGERS, ZoteroSettings
from refkit.errors import Interrupted
from refkit.folders import cache_folder, data_folder, state_folder
from refkit.locks import Locks
from refkit.matching.resolver import Resolver
from refkit.model import Candidate, Mention, Resolution, Work
from refkit.opening import surroundings
from refkit.pace import Clock
from refkit.plugins import ALL, ANY, Selection, Wanted
from refkit.protocols import Notify, silent
from refkit.theme_edits import tagged

if TYPE_CHECKING:
    from refkit.digests.loading import Survey
    from refkit.metadata.oai_harvest import Harvester
    from refkit.protocols import Source, Tagger, Writer
    from refkit.themes.rules import Taxonomy
    from refkit.writers.zotero.library import Zotero
    from refkit.writers.zotero.planfile import PlanFile

Progress = Callable[[int, int], None]


def read(
    digest: str | Path,
    *,
    reader: str = "",
    encoding: str | None = None,
    stdin: BinaryIO | None = None,
    columns: Mapping[str, str] | None = None,
    readers: Wanted = ANY,
) -> list[Mention]:
    """Read one digest; `-` is standard input, `reader` forces a format instead of recognising it.

    `columns` names the columns of a table, or the keys of JSON and YAML, by the field of a mention: {"title": "Paper"}.
    `readers` are those that take part in recognising, with their settings; plug-ins of other packages are among them.
    Raises DigestError (file, line, remedy) for a digest that cannot be read or holds no title, UsageError for an
    unknown reader, or columns for one that has none.
    """
    from refkit.reading import Desk  # only where digests are read

    return list(Desk(reader, columns or {}, encoding, stdin, readers).read(str(digest)).mentions)


def survey(
    digests: Iterable[str | Path],
    *,
    reader: str = "",
    encoding: str | None = None,
    stdin: BinaryIO | None = None,
    columns: Mapping[str, str] | None = None,
    leave_out: str = "",
    progress: Progress | None = None,
    readers: Wanted = ANY,
) -> Survey:
    """Read digests, folders (all files in and below them) and patterns like "mails/**/*.eml"; options are as of `read`.

    It tells what was read, what was skipped and why, and which files of folders could not be read; `leave_out` is a
    file that is not read there. Raises as `read` for a digest that is named itself, and if nothing at all can be read.
    """
    from refkit.reading import Desk  # as above

    desk = Desk(reader, columns or {}, encoding, stdin, readers)
    return desk.survey([str(digest) for digest in digests], leave_out, progress)


def cache_content() -> tuple[Path, dict[str, int]]:
    """Return where answers are kept, and how many: `answers`, `empty`, `expired`, `records`, `bytes`."""
    from refkit.metadata import cache  # as above: only where it is wanted

    path = cache_folder() / cache.FILE
    return path, msgspec.structs.asdict(cache.inspect(path, dt.datetime.now(dt.UTC)))


def clear_cache() -> tuple[Path, bool]:
    """Forget all answers; return where they were kept, and whether there were any. Raises WriteError."""
    from refkit.metadata import cache  # as above

    path = cache_folder() / cache.FILE
    return path, cache.clear(path)


def index_path(settings: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the local index is or will be, by the settings of the source `index`. Raises ConfigError."""
    from refkit.metadata.index.source import index_path  # as above

    return index_path({**(settings or {}), **asking.environment("index", environ)}, data_folder())


def open_harvester(
    settings: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    notify: Notify | None = None,
) -> Harvester:
    """Return what asks arXiv for the records that were changed since a day; settings are those of `[sources.oai]`.

    Raises ConfigError for a setting that cannot be used.
    """
    from refkit.metadata.oai_harvest import Harvester  # as above

    around = surroundings(notify=notify)
    return Harvester.open({**(settings or {}), **asking.environment("oai", environ)}, around)


def spool_of(index: Path) -> Path:
    """Return where the harvest for an index is kept until it is in it: one place for each index."""
    name = zlib.crc32(os.path.realpath(index).encode(errors="replace"))
    return state_folder() / "harvest" / f"{name:08x}.jsonl"


def resolve(
    mentions: Iterable[Mention],
    *,
    sources: Sequence[Source] | None = None,
    locks: Locks | None = None,
    locked: bool = False,
    refresh: bool = False,
    progress: Progress | None = None,
) -> list[Resolution]:
    """Decide which arXiv record each mention means: one resolution a mention, in the same order.

    A source that fails gives FAILED with the reason, never NOT_FOUND. Without `sources` the shipped catalogue is asked,
    then a local index if there is one, then arXiv. What `locks` know is not asked (with `refresh`, only what a person
    decided); `locked` asks nobody at all, and raises UsageError for what they do not know. Ctrl-C raises Interrupted, a
    KeyboardInterrupt that carries what was decided by then.
    """
    asked = tuple(mentions)
    held = Locks(asked) if locked and locks is None else locks
    known, still = settled.recall(held, asked, refresh=refresh, final=locked)
    if locked or (known and not still):
        return settled.together(known, ())
    try:
        fresh = Resolver(asking.guarded(sources)).resolve([asked[place] for place in still], progress)
    except Interrupted as stop:
        raise Interrupted(settled.together(known, stop.resolutions, held)) from stop
    return settled.together(known, fresh, held)


def look_up(mention: Mention, arxiv_id: str, *, sources: Sequence[Source]) -> Candidate | None:
    """Return the record with an id, weighed as a candidate; None if no source has it. Raises SourceError."""
    return settled.look_up(mention, arxiv_id, asking.guarded(sources))


def search(mention: Mention, text: str, *, sources: Sequence[Source]) -> tuple[tuple[Candidate, ...], str]:
    """Return what sources find by words of a title, weighed for a mention, as `settled.search`. Raises SourceError."""
    return settled.search(mention, text, asking.guarded(sources))


def tag(
    resolutions: Iterable[Resolution], *, taxonomy: Taxonomy | None = None, taggers: Sequence[Tagger] = ()
) -> list[Work]:
    """Return the matched papers as works with their themes: one work a paper, however many mentions led to it.

    A work gets what any of the `taggers` gives it; without any, the rules with the taxonomy are taken, and without that
    the shipped one. What a person changed of a paper's themes (refkit.lock) holds. Raises ConfigError for a taxonomy
    that cannot be used.
    """
    from refkit.themes.rules import RuleTagger  # 2,000 terms, only where works are tagged

    found = tuple(resolutions)
    return tagged(tagging.works(found), found, tagging.Taggers(taggers or [RuleTagger(taxonomy)]))


def open_taggers(
    names: Sequence[str] = TAGGERS,
    *,
    themes: Sequence[str] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    selection: Selection = ALL,
) -> list[Tagger]:
    """Return the named taggers to `tag` by; `themes` and `settings` are those of a configuration.

    Raises UsageError for an unknown name or none, ConfigError for a setting or a file that cannot be used.
    """
    return tagging.open_taggers(names, surroundings(), themes=themes, settings=settings, selection=selection)


def to_bibtex(
    works: Iterable[Work], *, dialect: str = "bibtex", key_format: str = "", selection: Selection = ALL
) -> str:
    """Return the works as BibTeX (or, with `dialect="biblatex"`, BibLaTeX): the same works give the same text.

    `dialect` may be any format of `refkit bibtex --format` that is one text, `key_format` is a formula for citekeys
    (docs/keys.md). Raises UsageError for a format that there is not or a formula that cannot be read, WriteError if an
    entry could not be written so that it reads back.
    """
    parts: list[str] = []
    writer = writing.open_text(dialect, key_format, parts.append, selection=selection)
    writer.apply(writer.plan(tuple(works)))
    return "".join(parts)


def open_zotero(
    settings: ZoteroSettings | None = None,
    *,
    library: str = "",
    plan: PlanFile | None = None,
    recreate: bool = False,
    network: bool = True,
    sources: Mapping[str, Mapping[str, Any]] | None = None,
    environ: Mapping[str, str] = os.environ,
    notify: Notify | None = None,
) -> Zotero:
    """Return a Zotero library to plan, apply and undo in, held against other runs until it is closed.

    The way and the key are found as docs/zotero.md says; `library` wins over what environment and settings say. With a
    saved `plan`, the library is that of the plan. `sources` are the settings of sources: PDFs are downloaded as `arxiv`
    is asked, and not without `network`. Raises UsageError if there is no way into Zotero, WriteRefused for a key that
    it does not know, WriteUnavailable if it does not answer.
    """
    from refkit.metadata.arxiv_pdf import ArxivPdfs  # all this only where Zotero is written to
    from refkit.writers.zotero import locate
    from refkit.writers.zotero.credentials import config_folder
    from refkit.writers.zotero.items import Options
    from refkit.writers.zotero.library import Teller

    chosen = settings or ZoteroSettings()
    teller = Teller(notify or silent)
    around = surroundings(network=network, notify=teller.notify)
    pdfs = ArxivPdfs.open({**(sources or {}).get("arxiv", {}), **asking.environment("arxiv", environ)}, around)
    names = ("collection", "theme_collections", "categories", "pdf", "note", "date", "latex")
    place = locate.Place(
        settings=chosen,
        library=library,
        environ=environ,
        config=config_folder(),
        around=around,
        clock=Clock(),
        teller=teller,
        download=pdfs.fetch,
    )
    options = Options(recreate=recreate, **{name: getattr(chosen, name) for name in names})
    return locate.open_library(place, options, plan)


def open_place(
    name: str,
    settings: Mapping[str, Any] | None = None,
    *,
    path: str = "",
    network: bool = True,
    notify: Notify | None = None,
    selection: Selection = ALL,
) -> Writer:
    """Return a writer of another package that keeps a place (a folder of notes), to plan and apply in.

    `settings` are those of `[writers.NAME]`; `path`, where it is given, wins over the one there. Raises UsageError,
    ConfigError, PluginError.
    """
    around = surroundings(network=network, notify=notify)
    return writing.open_place(name, settings or {}, around, over={"path": path} if path else {}, selection=selection)


def load_zotero_plan(path: Path) -> PlanFile:
    """Return a plan that `Zotero.save` wrote. Raises UsageError for a file that is none."""
    from refkit.writers.zotero.planfile import load_plan  # as above

    return load_plan(path)
