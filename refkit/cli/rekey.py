"""`refkit rekey`: new citekeys for the entries of a .bib, and in the TeX files that cite them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import bibtex_into, common, screen

if TYPE_CHECKING:
    from refkit.rekeying import Rekeying

EPILOG = "Exit codes: 0 the keys are as they should be; 2 the command, a file or a formula must be changed."
# Of many places so many are named.
_MOST_SHOWN = 5


@click.command(epilog=EPILOG)
@click.argument("bib", metavar="FILE", type=click.Path(path_type=Path))
@common.with_key_format
@click.option("--all", "everything", is_flag=True, help="Rename all entries, not only those of arXiv papers.")
@click.option(
    "--tex",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A TeX file or folder that cites from FILE, with all that it reads in (may be repeated).",
)
@click.option("--rewrite-tex", is_flag=True, help="Change the keys in the TeX files too.")
@click.option("--keep-ids", is_flag=True, help="Keep old keys as aliases, in the field ids of BibLaTeX.")
@click.option(
    "--map",
    "key_map",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write old and new keys here.  [FILE.keys.tsv]",
)
@click.option("--dry-run", is_flag=True, help="Print the changes as a diff; write nothing.")
@screen.with_json("Print which key became which, or would, as JSON.")
def rekey(
    bib: Path,
    key_format: str | None,
    tex: tuple[Path, ...],
    key_map: Path | None,
    *,
    everything: bool,
    rewrite_tex: bool,
    keep_ids: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give the entries of a .bib FILE the citekeys that they would have if they were new.

    Without --rewrite-tex it refuses to rename keys that the given TeX files cite. Which key became which is written to
    FILE.keys.tsv; comments and verbatim text of TeX files are left alone.
    """
    from refkit import rekeying
    from refkit.errors import UsageError

    if rewrite_tex and not tex:
        raise UsageError("--rewrite-tex changes the files that --tex names; name them.")
    formula = key_format or common.settings().key_format
    planned = rekeying.plan_rekeying(bib, key_format=formula, everything=everything, keep_ids=keep_ids, tex=tex)
    _refuse_cited(planned, may=rewrite_tex)
    place = key_map or bib.with_name(f"{bib.name}.keys.tsv")
    if as_json:
        screen.print_json(_document(planned, place, dry_run=dry_run))
    if dry_run and not as_json:
        from refkit.writers.bib_file import unified_diff

        for name, old, new in planned.texts():
            bibtex_into.print_diff(unified_diff(name, old, new))
    elif not dry_run:
        planned.write(place)
    for remark in planned.remarks:
        screen.warn(f"refkit: {remark}")
    for line in _summary(planned, place, dry_run=dry_run):
        screen.say(line)


def _document(planned: Rekeying, place: Path, *, dry_run: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "file": str(planned.path),
        "keys": dict(planned.rekeyed.keys),
        "citations": {key: list(places) for key, places in planned.cited.items()},
        "remarks": list(planned.remarks),
        "written": bool(planned.rekeyed.keys) and not dry_run,
        "map": str(place) if planned.rekeyed.keys and not dry_run else None,
    }


def _refuse_cited(planned: Rekeying, *, may: bool) -> None:
    from refkit.errors import UsageError

    cited = planned.cited_elsewhere if may else planned.cited
    if not cited:
        return
    shown = [f"{key} ({places[0]})" for key, places in list(cited.items())[:_MOST_SHOWN]]
    more = f" and {len(cited) - _MOST_SHOWN} more" if len(cited) > _MOST_SHOWN else ""
    are = "keys that would be renamed are" if len(cited) > 1 else "key that would be renamed is"
    remedy = (
        "The TeX files that cite so are not named; add them with --tex"
        if may
        else "With --rewrite-tex the TeX files are changed too"
    )
    raise UsageError(f"{len(cited)} {are} cited: {', '.join(shown)}{more}. {remedy}; nothing is renamed.")


def _summary(planned: Rekeying, place: Path, *, dry_run: bool) -> Iterator[str]:
    keys = planned.rekeyed.keys
    if not keys:
        others = "all other keys" if planned.rekeyed.remarks else "all keys"
        yield f"refkit: {planned.path}: {others} are as they should be"
        return
    places = [each for file in planned.cited.values() for each in file if not each.rpartition(":")[0].endswith(".aux")]
    files = _count(len({each.rpartition(":")[0] for each in places}), "TeX file")
    told = f"{_count(len(keys), 'key')} renamed, {_count(len(places), 'citation')} in {files} changed"
    yield f"refkit: {planned.path}: {told}" + (
        " (nothing is written)" if dry_run else f"; old and new keys are in {place}"
    )
    if not planned.tex:
        yield "refkit: TeX files that cite them still have the old keys; name them with --tex FILE --rewrite-tex"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
