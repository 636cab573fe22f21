"""The stand-in for arXiv's query service as a program: `python -m refkit.testing.arxiv SNAPSHOT...`.

The first line that it writes is the address to ask; Ctrl-C or SIGTERM ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import NoReturn

import click
import msgspec

from refkit.errors import RefkitError
from refkit.testing.arxiv_corpus import ArxivCorpus
from refkit.testing.arxiv_faults import FAULTS, every
from refkit.testing.arxiv_recorder import ArxivRequest
from refkit.testing.arxiv_server import ArxivServer
from refkit.testing.listening import told_to_end


@click.command()
@click.argument("snapshots", metavar="SNAPSHOT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Listen here; 0 takes any free port.")
@click.option("--every", "step", type=click.IntRange(1), help="Make each N-th answer a fault.", metavar="N")
@click.option("--fault", "names", multiple=True, type=click.Choice(FAULTS), help="Only these faults, in turn.")
@click.option("--stall", type=float, default=20.0, help="How many seconds the fault 429-stalled takes.")
@click.option("--legacy-and", is_flag=True, help="Take quoted words in any order, as arXiv did until December 2025.")
@click.option("--seed", type=int, default=0, help="Order in which papers asked for by identifier are returned.")
@click.option("--log", type=click.Path(path_type=Path), help="Append each request to this file, one JSON line each.")
def main(
    *,
    snapshots: tuple[Path, ...],
    port: int,
    step: int | None,
    names: tuple[str, ...],
    stall: float,
    legacy_and: bool,
    seed: int,
    log: Path | None,
) -> None:
    """Answer like arXiv's query service from metadata snapshots (one JSON object a line, perhaps gzipped)."""
    # With --fault alone each answer is one.
    faults = every(step or 1, *names) if step or names else None
    with ExitStack() as stack:
        try:
            seen = _logger(log, stack)
            server = ArxivServer(
                ArxivCorpus.from_files(*snapshots),
                port=port,
                faults=faults,
                legacy_and=legacy_and,
                seed=seed,
                stall=stall,
                seen=seen,
            )
            stack.enter_context(server)
        except RefkitError as error:
            _leave(str(error))
        except OSError as error:
            _leave(f"{error.filename or f'Port {port}'} cannot be used ({error.strerror}).")
        told = told_to_end()
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        told.wait()


def _leave(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(2)


def _logger(path: Path | None, stack: ExitStack) -> Callable[[ArxivRequest], object]:
    if not path:
        return lambda _: None
    file = stack.enter_context(path.open("ab", buffering=0))
    lock = Lock()

    def write(request: ArxivRequest) -> None:
        with lock:
            file.write(msgspec.json.encode(request) + b"\n")

    return write


if __name__ == "__main__":
    main()
