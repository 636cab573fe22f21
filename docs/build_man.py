"""Make the man pages and completion scripts that are installed with refkit; hatchling calls this for a wheel.

By hand: `python docs/build_man.py FOLDER` writes them into FOLDER/share, as they would stand in an environment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# Where shells look by themselves for completions, below a prefix.
COMPLETIONS = {
    "bash": "share/bash-completion/completions/refkit",
    "zsh": "share/zsh/site-functions/_refkit",
    "fish": "share/fish/vendor_completions.d/refkit.fish",
}


def write(folder: Path) -> dict[str, str]:
    """Write the files below a folder; return where each belongs below a prefix, by its path here."""
    sys.path.insert(0, str(ROOT))
    try:
        from refkit.cli import main
        from refkit.cli.completion import script
        from refkit.cli.man import man_pages
    finally:
        sys.path.remove(str(ROOT))
    texts = {f"share/man/man1/{name}": text for name, text in man_pages(main).items()}
    texts |= {place: script(shell) for shell, place in COMPLETIONS.items()}
    for place, text in texts.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {str(folder / place): place for place in texts}


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # by hand, where nothing is built
    pass
else:

    class ManPages(BuildHookInterface):  # type: ignore[type-arg, misc]
        """Puts the pages into the wheel's shared data."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling passes it
            """Write the files into build/share, and name them to the builder."""
            build_data["shared_data"].update(write(ROOT / "build/share"))


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/share"))
