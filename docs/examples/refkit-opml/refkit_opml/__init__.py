"""The reader `opml`: reading lists of outliners, as OmniOutliner, Logseq, Workflowy and Dynalist export them.

OPML (opml.org/spec2.opml) is XML: `<outline text="A title" url="https://..."/>`, nested. What has outlines below it is
a heading. An outline with `xmlUrl` is a feed that somebody follows, not a paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from refkit import DigestError, Mention, Skipped

_ROOT = re.compile(r"\A\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<opml\b", re.DOTALL)
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(?P<id>\d{4}\.\d{4,5})")


class OpmlReader:
    """Reads one title an outline that has none below it; the outlines above it are its heading."""

    name = "opml"

    def recognise(self, text: str) -> float:
        """Surely for a text of which the root is `<opml>`."""
        return 1.0 if _ROOT.match(text) else 0.0

    def read(self, text: str, *, digest: str) -> Iterator[Mention | Skipped]:
        """Yield titles and feeds in order. Raises DigestError for what is no XML, or has no outline at all."""
        outlines = _Outlines(text)
        try:
            outlines.parse()
        except expat.ExpatError as error:
            problem = f"it is not well-formed XML ({expat.ErrorString(error.code)}); export it again."
            raise DigestError(digest, min(error.lineno, len(outlines.lines)), problem) from error
        if not outlines.found:
            raise DigestError(digest, 0, "there is no outline with a text in it.")
        for outline in outlines.found:
            if outline.feed:
                yield Skipped(outline.line, outline.text, "a feed, not a paper")
            elif not outline.is_heading:
                yield self._mention(outline, outlines.lines, digest)

    def _mention(self, outline: _Outline, lines: list[str], digest: str) -> Mention:
        arxiv_id = _ARXIV.search(outline.url)
        return Mention(
            title=outline.text,
            heading=" / ".join(outline.above),
            url=outline.url,
            arxiv_id=arxiv_id["id"] if arxiv_id else "",
            digest=digest,
            line=outline.line,
            raw=lines[outline.line - 1].strip(),
        )


class _Outline:
    """One outline as it stands in the file."""

    def __init__(self, attributes: dict[str, str], above: tuple[str, ...], line: int) -> None:
        self.text = " ".join((attributes.get("text") or attributes.get("title") or "").split())
        self.url = (attributes.get("url") or attributes.get("htmlUrl") or "").strip()
        self.feed = "xmlUrl" in attributes
        self.above, self.line = above, line
        self.is_heading = False


class _Outlines:
    """The outlines of a text, in its order."""

    def __init__(self, text: str) -> None:
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.found: list[_Outline] = []
        self._open: list[_Outline] = []

    def parse(self) -> None:
        parser = expat.ParserCreate("utf-8")
        # Entities that a file declares itself may grow without end, and no outliner writes them.
        parser.EntityDeclHandler = _refuse_entities
        parser.StartElementHandler = lambda name, attributes: self._start(name, attributes, parser.CurrentLineNumber)
        parser.EndElementHandler = self._end
        data = re.sub(r"\A\ufeff?\s*<\?xml[^>]*\?>", _blank, "\n".join(self.lines))
        parser.Parse(data.encode("utf-8", "replace"), True)  # noqa: FBT003 - the end of it

    def _start(self, name: str, attributes: dict[str, str], line: int) -> None:
        if name != "outline":
            return
        above = tuple(each.text for each in self._open if each.text)
        for each in self._open[-1:]:
            each.is_heading = True
        outline = _Outline(attributes, above, line)
        self._open.append(outline)
        if outline.text:
            self.found.append(outline)

    def _end(self, name: str) -> None:
        if name == "outline":
            self._open.pop()


def _blank(declaration: re.Match[str]) -> str:
    """Return only the line ends of an XML declaration: the text is decoded already, whatever encoding it names."""
    return "\n" * declaration[0].count("\n")


def _refuse_entities(*_: object) -> None:
    error = expat.ExpatError("entities are declared")
    error.code, error.lineno = expat.errors.codes[expat.errors.XML_ERROR_RECURSIVE_ENTITY_REF], 1
    raise error
