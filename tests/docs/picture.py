"""The picture of the architecture, drawn from the imports that the code really has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path

# What is drawn. Every module belongs to exactly one part.
STAGES = ("digests", "matching", "metadata", "themes", "writers")
PARTS = {
    "cli": "commands: parse, call, print",
    "work flows": "pipeline, bulk, watching, merging, reports, bench",
    "digests": "digest -> mentions",
    "matching": "mention -> resolution",
    "metadata": "sources -> records",
    "themes": "work -> themes",
    "writers": "works -> .bib, Zotero",
    "shared": "model, errors, protocols, http, files, lock",
}
# The layers of pyproject.toml whose modules are work flows: those above the stages, but the command line.
_ABOVE = "refkit.registry"
_WIDTH, _BOX, _GAP = 900, 52, 26


def parts(root: Path) -> dict[str, str]:
    """Return the part of each module of refkit, by its dotted name."""
    import tomllib

    layers = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contract = layers["tool"]["importlinter"]["contracts"][0]["layers"]
    above = next(number for number, layer in enumerate(contract) if _ABOVE in layer)
    flows = {name.strip() for layer in contract[1 : above + 1] for name in layer.split("|")}
    return {name: _part(name, flows) for name in modules(root)}


def _part(name: str, flows: set[str]) -> str:
    first = name.split(".")[1] if "." in name else ""
    if first == "cli" or first in STAGES:
        return first
    return "work flows" if f"refkit.{first}" in flows or not first else "shared"


def modules(root: Path) -> dict[str, Path]:
    """Return the modules of the package but the tools for tests, by their dotted names."""
    found = {}
    for path in sorted((root / "refkit").rglob("*.py")):
        words = path.relative_to(root).with_suffix("").parts
        if "testing" not in words and words[-1] != "__main__":
            found[".".join(words[:-1] if words[-1] == "__init__" else words)] = path
    return found


def imports(root: Path) -> set[tuple[str, str]]:
    """Return each pair of parts of which the first imports something of the second."""
    belongs = parts(root)
    found = set()
    for name, path in modules(root).items():
        for other in _imported(path):
            target = other if other in belongs else other.rpartition(".")[0]
            if name != "refkit" and target in belongs and belongs[name] != belongs[target]:
                found.add((belongs[name], belongs[target]))
    return found


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] == "refkit")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "refkit":
            yield from (f"{node.module}.{each.name}" for each in node.names)


def architecture(root: Path) -> str:
    """Return the picture as SVG: the parts as boxes, an arrow for each pair of which one imports the other."""
    boxes = _boxes()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} 400" role="img" aria-labelledby="t">',
        '<title id="t">The parts of refkit, and which imports which: arrows only point down</title>',
        "<style>text{font:13px system-ui,sans-serif;fill:#1a1a2e}.s{font-size:11px;fill:#555}"
        "rect{fill:#eef1fb;stroke:#3949ab}path{stroke:#7986cb;fill:none}"
        "svg{background:#fff}</style>",
        '<defs><marker id="a" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0 0 8 4 0 8z" style="fill:#7986cb;stroke:none"/></marker></defs>',
        f'<rect width="{_WIDTH}" height="400" style="fill:#fff;stroke:none"/>',
    ]
    lines += [_arrow(boxes, pair) for pair in sorted(imports(root))]
    lines += [line for name, place in boxes.items() for line in _box(name, place)]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _boxes() -> dict[str, tuple[int, int, int]]:
    """Return left, top and width of each box, in the order of the layers."""
    wide = _WIDTH - 2 * _GAP
    each = (wide - 4 * 14) // 5
    boxes = {"cli": (_GAP, 16, wide), "work flows": (_GAP, 120, wide), "shared": (_GAP, 330, wide)}
    return boxes | {name: (_GAP + number * (each + 14), 226, each) for number, name in enumerate(STAGES)}


def _box(name: str, place: tuple[int, int, int]) -> Iterator[str]:
    left, top, width = place
    middle = left + width / 2
    yield f'<rect x="{left}" y="{top}" width="{width}" height="{_BOX}" rx="6"/>'
    yield f'<text x="{middle:.0f}" y="{top + 22}" text-anchor="middle">{name}</text>'
    yield f'<text class="s" x="{middle:.0f}" y="{top + 40}" text-anchor="middle">{escape(PARTS[name])}</text>'


def _arrow(boxes: dict[str, tuple[int, int, int]], pair: tuple[str, str]) -> str:
    """Return the arrow from the importing part down to the imported one; past the stages it runs at the edges."""
    source, target = (boxes[name] for name in pair)
    if pair[1] == "shared" and pair[0] not in STAGES:
        out, back = (_GAP, _GAP / 2) if pair[0] == "cli" else (_WIDTH - _GAP, _WIDTH - _GAP / 2)
        way = f"M{out} {source[1] + 40}H{back:.0f}V{target[1] + 12}H{out}"
    else:
        narrow = min(source, target, key=lambda box: box[2])
        beside = 0.25 if pair[0] == "cli" and pair[1] in STAGES else 0
        way = f"M{narrow[0] + narrow[2] * (0.5 + beside):.0f} {source[1] + _BOX}V{target[1] - 1}"
    return f'<path d="{way}" marker-end="url(#a)"/>'
