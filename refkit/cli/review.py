"""`refkit review`: settle what is ambiguous or not found, once; the choices are kept in refkit.lock."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from refkit.cli import common, review_web, screen
from refkit.cli.common import with_asking, with_digests, with_reading

if TYPE_CHECKING:
    from refkit.cli.review_asking import LookUp
    from refkit.config import Settings
    from refkit.locks import Locks
    from refkit.model import Candidate, Mention, Resolution

EPILOG = (
    "Keys: a accept the first candidate; 1-9 that one; d no paper of arXiv; s skip; i type an arXiv id; m more; "
    "u undo; q quit; ? help. "
    "Exit codes: 0 everything is settled; 1 some titles are still open; 2 the command, a digest, refkit.lock or the "
    "configuration must be changed; 3 a source failed; 130 interrupted: what was decided is kept. With --web, Ctrl-C "
    "is the end, not an interrupt."
)
INTERRUPTED = "refkit: interrupted; what was decided by then is kept"
_TERMINAL = "/dev/tty"
_BY_HAND = frozenset({"accepted", "none"})


@click.command(epilog=EPILOG)
@with_digests
@click.option("--list", "listing", is_flag=True, help="Print what would be asked, and ask nothing.")
@screen.with_json("With --list, print it as JSON; else what was decided, or removed, at the end.")
@click.option("--again", is_flag=True, help="Ask also what you decided before.")
@click.option("--web", is_flag=True, help="Ask on a page in the browser; the server is for this machine only.")
@click.option(
    "--port",
    metavar="NUMBER",
    type=click.IntRange(1, 65535),
    help="With --web: the port of the server.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="With --web: print the address, and open no browser.")
@click.option("--prune", is_flag=True, help="Only remove what refkit.lock holds of titles that are in no DIGEST.")
@with_reading
@with_asking
def review(
    digests: tuple[str, ...],
    *,
    listing: bool,
    as_json: bool,
    again: bool,
    prune: bool,
    web: bool,
    port: int | None,
    no_browser: bool,
    **options: Any,
) -> None:
    """Settle the titles of digests that are ambiguous or not found, one key each.

    DIGEST is as for `refkit bibtex`. Each title is shown with its candidates side by side, with marks on the words that
    differ. Your choices are kept in refkit.lock beside the digest, at once; every command obeys them. With --web this
    is a page in your browser, which also changes themes and writes BibTeX or to Zotero.
    """
    from refkit.errors import UsageError
    from refkit.locks import Locks

    chosen = common.settings()
    _refuse_mixed(listing=listing, prune=prune, web=web, only_web=no_browser or port is not None)
    if not prune and _nothing_waits(digests, listing=listing, as_json=as_json):
        return
    if web:
        review_web.refuse_without_extra()
    elif not (listing or prune):
        _refuse_without_terminal(digests or chosen.digests)
    read = common.read(chosen, digests, options)
    unread = common.tell_what_was_not_read(read)
    if prune:
        if unread:
            raise UsageError("--prune would forget what was decided on files that cannot be read; correct them first.")
        _prune(Locks(read.mentions), read.mentions, as_json=as_json)
        return
    options |= {"locked": False, "lock": True}
    with review_web.listening(port) if web else nullcontext() as door:
        found = common.resolve(chosen, read.mentions, options, keep=not listing)
        if door:
            shown = _again(chosen, found, options) if again else found
            sys.exit(max(review_web.serve(chosen, shown, options, door, opens=not no_browser), unread))
    to_ask = _to_ask(chosen, found, options, again=again)
    if listing:
        code = _list(to_ask, found, as_json=as_json)
    else:
        code = _ask(chosen, to_ask, found, options)
        if as_json:
            screen.print_json(_document(Locks(read.mentions), [each.mention for each in to_ask]))
    sys.exit(max(code, unread))


def _refuse_mixed(*, listing: bool, prune: bool, web: bool, only_web: bool) -> None:
    """Raise UsageError for options that do not go together."""
    from refkit.errors import UsageError

    if web and (listing or prune):
        raise UsageError("--web shows a page, --list and --prune show none; leave out one of them.")
    if only_web and not web:
        raise UsageError("--port and --no-browser go with --web.")


def _nothing_waits(names: Sequence[str], *, listing: bool, as_json: bool) -> bool:
    """Say so if folders are named with nothing in them but a lock: the queue of `refkit watch` when all is settled."""
    from refkit import account
    from refkit.locks import FILE

    try:
        if not names or any(set(os.listdir(name)) - {FILE} for name in names):  # noqa: PTH208 - names, no paths
            return False
    except OSError:  # a file, or a folder that cannot be looked into: it is told when it is read
        return False
    if as_json and listing:
        screen.print_text(account.as_json((), ()))
    elif as_json:
        screen.print_json({"version": 1, "asked": 0, "decisions": [], "locks": []})
    screen.say(f"refkit: nothing to ask: no title waits in {' and '.join(names)}")
    return True


def _refuse_without_terminal(digests: Sequence[str]) -> None:
    """Raise UsageError if nobody could press a key."""
    from refkit.errors import UsageError

    from_stdin = "-" in digests
    if sys.stdout.isatty() and (os.path.exists(_TERMINAL) if from_stdin else sys.stdin and sys.stdin.isatty()):  # noqa: PTH110
        return
    raise UsageError(
        "`refkit review` asks on a terminal, and here is none; `refkit review --list` prints what it would ask."
    )


def _document(locks: Locks, asked: Sequence[Mention]) -> dict[str, Any]:
    """Return what the locks now decide on the titles that were asked about."""
    decided = [(mention, locks.find(mention)) for mention in asked]
    return {
        "version": 1,
        "asked": len(decided),
        "decisions": [
            {
                "title": mention.title,
                "digest": mention.digest,
                "line": mention.line,
                "decided": each.decided if each and each.by_hand else None,
                "arxiv_id": each.record.arxiv_id if each and each.by_hand and each.record else None,
            }
            for mention, each in decided
        ],
        "locks": list(map(str, locks.paths)),
    }


def _prune(locks: Locks, mentions: Sequence[Mention], *, as_json: bool) -> None:
    gone = locks.prune(mentions)
    removed = []
    for each in gone:
        meant = f"arXiv:{each.record.arxiv_id}" if each.record else "no paper"
        removed.append(f"removed: {each.title} ({each.decided}, {meant})")
    if as_json:
        rows = [
            {"title": each.title, "decided": each.decided, "arxiv_id": each.record.arxiv_id if each.record else None}
            for each in gone
        ]
        screen.print_json({"version": 1, "removed": rows, "locks": list(map(str, locks.paths))})
    else:
        screen.print_lines(removed)
    several = "1 decision" if len(gone) == 1 else f"{len(gone)} decisions"
    screen.say(f"refkit: {several} removed from {' and '.join(map(str, locks.paths))}")


def _to_ask(chosen: Settings, found: Sequence[Resolution], options: dict[str, Any], *, again: bool) -> list[Resolution]:
    """Return what is open, in the order of the digest; `again` also what was decided by hand, as if it were not."""
    from refkit.model import Verdict

    unsure = {Verdict.AMBIGUOUS, Verdict.NOT_FOUND}
    fresh = _again(chosen, found, options) if again else found
    pairs = zip(found, fresh, strict=True)
    return [new for old, new in pairs if new is not old or (not old.decided and old.verdict in unsure)]


def _again(chosen: Settings, found: Sequence[Resolution], options: dict[str, Any]) -> list[Resolution]:
    """Return what is found where also what was decided by hand is asked as if it were not."""
    by_hand = {place: each.mention for place, each in enumerate(found) if each.decided in _BY_HAND}
    fresh = common.resolve(chosen, tuple(by_hand.values()), options, obey=False) if by_hand else []
    instead = dict(zip(by_hand, fresh, strict=True))
    return [instead.get(place, each) for place, each in enumerate(found)]


def _list(to_ask: Sequence[Resolution], found: Sequence[Resolution], *, as_json: bool) -> int:
    from refkit import account

    if as_json:
        screen.print_text(account.as_json(to_ask, ()))
    else:
        screen.print_lines("\n".join(account.explain(each) for each in to_ask).splitlines())
        screen.say(f"refkit: `refkit review` would ask {len(to_ask)} of {_titles(len(found))}")
    return common.exit_code(found)


def _ask(chosen: Settings, to_ask: Sequence[Resolution], found: Sequence[Resolution], options: dict[str, Any]) -> int:
    """Ask on the terminal; return the exit code."""
    from refkit.cli.review_asking import Asking
    from refkit.cli.review_screen import Screen
    from refkit.locks import Locks
    from refkit.model import Verdict

    if not sys.stdin or not sys.stdin.isatty():  # the digest came from standard input
        sys.stdin = open(_TERMINAL, encoding="utf-8")  # noqa: SIM115, PTH123 - until the end of the program
    failed = [each for each in found if each.verdict is Verdict.FAILED]
    if failed:
        common.summarise(failed)
    if not to_ask:
        screen.say(f"refkit: nothing to ask: {_titles(len(found) - len(failed))} matched or settled")
        return 3 if failed else 0
    asking = Asking(to_ask, Locks(each.mention for each in found), Screen(), _look_up(chosen, options))
    interrupted = False
    try:
        asking.run()
    except KeyboardInterrupt:
        interrupted = True
        screen.warn(INTERRUPTED)
    screen.say(f"refkit: {asking.summary()}")
    return 130 if interrupted else 3 if failed else 1 if asking.left else 0


def _look_up(chosen: Settings, options: dict[str, Any]) -> LookUp:
    """Return what looks a paper up by its id, at the sources of this run."""
    from refkit import pipeline

    def look_up(mention: Mention, arxiv_id: str) -> Candidate | None:
        with screen.display("asking for the record") as shown:
            sources = common.open_sources(chosen, options, shown.notify)
            return pipeline.look_up(mention, arxiv_id, sources=sources)

    return look_up


def _titles(number: int) -> str:
    return "1 title" if number == 1 else f"{number} titles"
