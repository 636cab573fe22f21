"""The site builds strictly and asks nobody; pages made from the code are what the code says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent


def test_the_reference_is_what_the_code_says() -> None:
    command = [sys.executable, str(SCRIPTS / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000] + "\nmake them anew: python tests/docs/generate.py"


def test_the_site_builds_and_no_page_asks_another_server(tmp_path: Path) -> None:
    if not importlib.util.find_spec("zensical"):
        pytest.skip("needs the extra docs")
    command = [sys.executable, str(SCRIPTS / "build_site.py"), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    first = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert not re.search(r'<(?:script|img)[^>]+src="https?:', first)
    assert (tmp_path / "site/reference/cli.html").exists()
