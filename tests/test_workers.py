from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from refkit import workers
from refkit.errors import UsageError

# Each portion takes half a minute, if it is not the one that tells that all processes are at work.
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from refkit import workers

def work(portion):
    (Path(sys.argv[1]) / str(os.getpid())).touch()
    time.sleep(30 if portion else 0)
    return portion

if __name__ == "__main__":
    portions = ((n, n) for n in range(9))
    try:
        for _ in workers.in_processes(work, portions, 2, doing="sleeps", then="wait"):
            pass
    except KeyboardInterrupt:
        sys.exit(130)
"""


def interrupted(folder: Path, *moments: float) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run the program and press Ctrl-C so many seconds after all is at work (less than 0: after it was started)."""
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "seen").mkdir()
    command = [sys.executable, str(folder / "program.py"), str(folder / "seen")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + 30
    while moments[0] >= 0 and len(list((folder / "seen").iterdir())) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    began = time.monotonic()
    for moment in moments:
        time.sleep(max(0.0, abs(moment) - (time.monotonic() - began)))
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=40)
    return subprocess.CompletedProcess(command, process.returncode, out, err), time.monotonic() - began


@pytest.mark.parametrize("moments", [(0.1,), (0.1, 0.15), (0.1, 0.11, 0.12, 0.3)])
def test_ctrl_c_ends_what_is_under_way_at_once_however_often_it_is_pressed(
    tmp_path: Path, moments: tuple[float, ...]
) -> None:
    done, seconds = interrupted(tmp_path, *moments)
    assert done.returncode in {130, -signal.SIGINT}
    assert "spawn_main" not in done.stderr
    assert seconds < 10


@pytest.mark.parametrize("moment", [-0.4, -0.6, -0.8])
def test_ctrl_c_is_heard_while_the_processes_are_started(tmp_path: Path, moment: float) -> None:
    done, seconds = interrupted(tmp_path, moment)
    assert done.returncode in {130, -signal.SIGINT, 1}  # 1: it was importing still
    assert "spawn_main" not in done.stderr
    assert seconds < 10


def test_a_caller_that_wants_no_more_ends_the_processes() -> None:
    results = workers.in_processes(abs, ((n, n) for n in range(-9, 0)), 2, doing="counts", then="try it again")
    assert next(results) == (-9, 9)
    results.close()  # type: ignore[attr-defined]


def test_an_error_in_a_process_is_raised_here() -> None:
    with pytest.raises(UsageError, match="no number"):
        list(workers.in_processes(refuse, ((n, n) for n in range(9)), 2, doing="counts", then="try it again"))


def refuse(number: int) -> int:
    raise UsageError(f"{number} is no number")
