"""`refkit themes learn`: a library with tags in, what tells its tags apart out, and proposals for a digest."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.common import with_asking, with_output, with_reading

if TYPE_CHECKING:
    from refkit.config import Settings
    from refkit.model import Mention, Resolution, ThemeTag, Work
    from refkit.themes.learning import Learnt
    from refkit.themes.model_file import Model, Tag

EPILOG = (
    "Exit codes: 0 it is learnt; 1 titles of the digest to propose for did not match, or files of a folder could not "
    "be read; 2 the command, a file or the configuration must be changed; 3 a source or Zotero failed; 130 interrupted."
)
NO_LIBRARY = (
    "No library to learn from: name an export with tags (`refkit themes learn library.bib -o my-themes.model.json`), "
    "or use --zotero for the library in Zotero itself."
)
_COLUMNS = (
    screen.Column("tag"),
    *(screen.Column(head, right=True) for head in ("papers", "precision", "recall", "F1", "from")),
    screen.Column("given"),
)


@click.command(epilog=EPILOG)
@click.argument("libraries", nargs=-1, metavar="[LIBRARY]...", type=click.Path())
@with_output("Keep what was learnt in this file (.json), for the tagger `learned`.")
@click.option("--zotero", is_flag=True, help="Learn from your Zotero library, through the way and key of sync-zotero.")
@click.option("--library", metavar="NAME", default="", help='With --zotero: "user", or a group by its name or number.')
@click.option(
    "--to",
    type=click.Choice(["web", "desktop"]),
    help="With --zotero: the way into it.  [default: web if a key is known, else the running Zotero]",
)
@click.option("--headings", is_flag=True, help="Take the headings that papers stand under as tags, too.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.05, 0.99),
    metavar="P",
    help="Propose a tag only if it is right with this probability.  [default: 0.4]",
)
@click.option(
    "--fewest",
    type=click.IntRange(3),
    metavar="N",
    help="Learn the tags that so many papers have, and more.  [default: 8]",
)
@click.option(
    "--propose",
    metavar="DIGEST",
    multiple=True,
    type=click.Path(),
    help="Print the tags that the papers of this digest would get, and why (may be repeated).",
)
@screen.with_json("Print all of it as JSON.")
@with_reading
@with_asking
def learn(
    libraries: tuple[str, ...],
    output: Path | None,
    propose: tuple[str, ...],
    *,
    headings: bool,
    confidence: float | None,
    fewest: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Learn the tags of your own library, to propose them for new papers.

    LIBRARY is a .bib, RIS or CSL-JSON file with keywords, or any list with headings (--headings). Printed is how well
    each tag can be told; with -o it is kept. Nothing is downloaded, and nothing of your library leaves this machine.

    For instance: refkit themes learn library.bib -o my-themes.model.json --propose digest.txt
    """
    from refkit.themes.learned import LearnedTagger

    chosen = common.settings()
    _refuse(libraries, output, options)
    mentions, unread = _library(chosen, libraries, options)
    learnt = _learn(mentions, headings=headings, confidence=confidence, fewest=fewest)
    kept = [_keep(output, learnt.model)] if output else []
    if not as_json:
        screen.print_table(_COLUMNS, [_row(tag) for tag in learnt.model.tags])
    for line in (*remarks(learnt), *kept):
        screen.say(f"refkit: {line}")
    works, code = _proposed(chosen, propose, options) if propose else ([], 0)
    tagger = LearnedTagger(learnt.model)
    proposed = [(work, tagger.tag(work)) for work in works]
    if as_json:
        screen.print_json(_document(learnt, output, proposed))
    else:
        screen.print_lines(line for work, tags in proposed for line in proposals(work, tags))
    sys.exit(max(code, unread))


def _refuse(libraries: Sequence[str], output: Path | None, options: dict[str, Any]) -> None:
    from refkit.errors import UsageError

    if not libraries and not options["zotero"]:
        raise UsageError(NO_LIBRARY)
    for name in ("library", "to"):
        if options[name] and not options["zotero"]:
            raise UsageError(f"--{name} is for the library in Zotero; add --zotero, or leave it out.")
    if output and output.suffix.casefold() != ".json":
        raise UsageError(f"{output} is no file of JSON by its name; name one like my-themes.model.json.")
    common.refuse_the_digest(output, libraries)


def _library(chosen: Settings, libraries: Sequence[str], options: dict[str, Any]) -> tuple[list[Mention], int]:
    """Return the papers to learn from, and the exit code of what could not be read."""
    mentions: list[Mention] = []
    unread = 0
    if libraries:
        survey = common.read(chosen, libraries, options)
        unread = common.tell_what_was_not_read(survey)
        mentions += survey.mentions
    if options["zotero"]:
        mentions += _zotero(chosen, options)
    return mentions, unread


def _zotero(chosen: Settings, options: dict[str, Any]) -> list[Mention]:
    from msgspec.structs import replace

    from refkit import pipeline

    settings = replace(chosen.zotero, to=options["to"]) if options["to"] else chosen.zotero
    with screen.display("asking Zotero") as display:
        opened = pipeline.open_zotero(settings, library=options["library"], notify=display.notify)
    with opened, screen.display("reading the library") as display:
        opened.show(display.notify, display.progress)
        return opened.papers()


def _learn(mentions: Sequence[Mention], *, headings: bool, confidence: float | None, fewest: int | None) -> Learnt:
    from refkit.themes import learning, vocabulary

    return learning.learn(
        vocabulary.papers_of(mentions, headings=headings),
        confidence=learning.CONFIDENCE if confidence is None else confidence,
        fewest=vocabulary.FEWEST if fewest is None else fewest,
    )


def _row(tag: Tag) -> tuple[str, ...]:
    """Return how many papers have a tag, how well it was told from the others, and from where on it is given."""
    figures = (tag.precision, tag.recall, tag.f1, tag.threshold)
    return tag.name, str(len(tag.papers)), *(f"{each:.2f}" for each in figures), "yes" if tag.applied else "no"


def remarks(learnt: Learnt) -> Iterator[str]:
    """Yield what the reader should know besides: what was learnt from, and what was not learnt, and why."""
    papers, tags = len(learnt.model.papers), learnt.model.tags
    yield f"learnt {len(tags)} tags from {papers} papers; each figure is of papers that were left out of what told them"
    if learnt.unused:
        yield f"{learnt.unused} further papers were not used: {papers}, spread evenly, are the most"
    poor = [tag.name for tag in tags if not tag.applied]
    if poor:
        yield f"never given, since their words do not tell their papers: {_few(poor)}"
    for reason, names in learnt.vocabulary.left_out.items():
        yield f"not learnt, since {reason}: {_few(names)}"


def _few(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _keep(output: Path, model: Model) -> str:
    from refkit.themes.model_file import save_model

    changed = save_model(output, model)
    return f"what was learnt is {'written to' if changed else 'already in'} {output}"


def _proposed(chosen: Settings, digests: Sequence[str], options: dict[str, Any]) -> tuple[list[Work], int]:
    """Return the papers of digests, matched or not, and the exit code of that."""
    from refkit.tagging import works

    survey = common.read(chosen, digests, options)
    resolutions = common.resolve(chosen, survey.mentions, {**options, "locked": False, "lock": False})
    unread = common.tell_what_was_not_read(survey)
    common.summarise(resolutions)
    common.say_what_was_not_asked(resolutions, chosen, options)
    return [*works(resolutions), *_unmatched(resolutions)], max(common.exit_code(resolutions), unread)


def _unmatched(resolutions: Sequence[Resolution]) -> Iterator[Work]:
    """Yield what was not matched as if it was a paper: what the digest itself says of it is enough to be tagged."""
    from refkit.model import ArxivRecord, Work

    for resolution in resolutions:
        if not resolution.record:
            mention = resolution.mention
            yield Work(record=ArxivRecord(arxiv_id="", title=mention.title), mentions=(mention,))


def proposals(work: Work, tags: Sequence[ThemeTag]) -> Iterator[str]:
    """Yield a paper, and each tag proposed for it with its confidence, the words and the papers that argued."""
    arxiv_id = f"  arXiv:{work.record.arxiv_id}" if work.record.arxiv_id else ""
    yield f"\n{work.record.title}{arxiv_id}"
    if not tags:
        yield "  nothing is proposed"
    for tag in sorted(tags, key=lambda tag: (-tag.confidence, tag.theme)):
        yield f"  {tag.confidence:.2f}  {tag.theme}: {', '.join(tag.evidence)}"
        yield from (f"        like {title}" for title in tag.neighbours)


def _document(
    learnt: Learnt, output: Path | None, proposed: Sequence[tuple[Work, Sequence[ThemeTag]]]
) -> dict[str, Any]:
    model = learnt.model
    return {
        "version": 1,
        "papers": len(model.papers),
        "unused": learnt.unused,
        "tags": [
            {
                "tag": tag.name,
                "papers": len(tag.papers),
                "precision": tag.precision,
                "recall": tag.recall,
                "f1": tag.f1,
                "threshold": tag.threshold,
                "given": tag.applied,
            }
            for tag in model.tags
        ],
        "left_out": {reason: list(names) for reason, names in learnt.vocabulary.left_out.items()},
        "output": str(output) if output else None,
        "proposals": [
            {
                "title": work.record.title,
                "arxiv_id": work.record.arxiv_id or None,
                "tags": [
                    {
                        "tag": tag.theme,
                        "confidence": tag.confidence,
                        "evidence": list(tag.evidence),
                        "neighbours": list(tag.neighbours),
                    }
                    for tag in tags
                ],
            }
            for work, tags in proposed
        ],
    }
