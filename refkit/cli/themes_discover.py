"""`refkit themes discover`: a pile without tags in, themes to edit out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, screen
from refkit.cli.common import with_digests, with_output, with_reading

if TYPE_CHECKING:
    from refkit.themes.discovered_file import Proposal, Returned
    from refkit.themes.discovering import Discovery
    from refkit.themes.vocabulary import Paper

EPILOG = (
    "Exit codes: 0 themes are proposed; 1 files of a folder could not be read; 2 the command, a file or the "
    "configuration must be changed, or there are too few papers."
)


@click.command(epilog=EPILOG)
@with_digests
@with_output("Write the themes to this new file (.toml) instead of standard output.")
@click.option(
    "--count",
    type=click.IntRange(2, 100),
    metavar="N",
    help="Make so many themes.  [default: as many as part the papers best]",
)
@screen.with_json("With --output: print the themes and their papers as JSON.")
@with_reading
def discover(
    digests: tuple[str, ...], output: Path | None, *, count: int | None, as_json: bool, **options: Any
) -> None:
    """Propose themes for papers that nobody has tagged, as a file to edit and to use with --themes.

    DIGEST is as for `refkit bibtex`; only what it says itself is looked at, so abstracts help. Each theme has a name
    and terms from the titles, and its papers as comments. Papers that fit nowhere stand at the end.

    For instance: refkit themes discover digest.txt -o my-themes.toml
    """
    from refkit.themes import discovered_file, discovering, vocabulary

    chosen = common.settings()
    _refuse(output, as_json=as_json)
    survey = common.read(chosen, digests, options, leave_out=str(output or ""))
    papers = vocabulary.papers_of(survey.mentions)
    with screen.display("finding themes"):
        found = discovering.discover(papers, count=count or 0)
    proposals = discovered_file.propose(found, papers)
    text = discovered_file.themes_text(proposals, [papers[place].title for place in found.left_out])
    if output:
        _write(output, text)
    else:
        screen.print_text(text)
    returned = discovered_file.give_back(found, papers, proposals)
    if as_json:
        screen.print_json(_document(found, proposals, returned, papers))
    for line in remarks(found, proposals, returned):
        screen.say(f"refkit: {line}")
    sys.exit(common.tell_what_was_not_read(survey))


def _refuse(output: Path | None, *, as_json: bool) -> None:
    """Refuse a file that is no TOML by its name, or that is there: a person may have edited it."""
    from refkit.errors import UsageError

    if not output:
        if as_json:
            raise UsageError("--json prints what was found, so name a file for the themes with --output.")
        return
    if output.suffix.casefold() != ".toml":
        raise UsageError(f"{output} is no file of themes by its name; name one like my-themes.toml.")
    if os.path.lexists(output):
        raise UsageError(
            f"{output} is there already, and perhaps you edited it; name another file, or remove it first."
        )


def _write(output: Path, text: str) -> None:
    from refkit.files import write_atomic

    write_atomic(output, text)
    screen.say(f"refkit: the themes are written to {output}; edit it, and use it with --themes {output}")


def remarks(found: Discovery, proposals: Sequence[Proposal], returned: Returned) -> Iterator[str]:
    """Yield how many themes there are and why, how many of the papers they give back, and how many fit nowhere."""
    most = max(found.silhouettes.values(), default=0.0)
    tried = f", of {min(found.silhouettes)} to {max(found.silhouettes)} tried" if len(found.silhouettes) > 1 else ""
    yield f"{len(proposals)} themes of {returned.papers} papers{tried} (silhouette at best {most:.2f})"
    yield (
        f"the themes give {returned.right} of these papers back, and {returned.other} times the theme of another group"
    )
    if found.left_out:
        yield f"{len(found.left_out)} papers fit nowhere and are left out; they stand at the end"


def _document(
    found: Discovery, proposals: Sequence[Proposal], returned: Returned, papers: Sequence[Paper]
) -> dict[str, Any]:
    return {
        "version": 1,
        "themes": [
            {
                "theme": each.theme.id,
                "label": each.theme.label,
                "terms": {term.words: term.weight for term in each.theme.terms},
                "titles": list(each.titles),
            }
            for each in proposals
        ],
        "left_out": [papers[place].title for place in found.left_out],
        "silhouettes": {str(count): round(share, 4) for count, share in found.silhouettes.items()},
        "given_back": {"papers": returned.papers, "right": returned.right, "other": returned.other},
    }
