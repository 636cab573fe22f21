"""A user's program, which is checked and not run: each `reveal_type` has what the checkers must say of it.

Its last part is wrong on purpose: on these lines, and on no others, they must complain.
"""

# ruff: noqa: F821 - checkers know reveal_type, and nothing of this runs
from pathlib import Path

import refkit

mentions = refkit.read(Path("digest.txt"), columns={"title": "Paper"})
reveal_type(mentions)  # list[Mention]
reveal_type(refkit.sample())  # list[Mention]
reveal_type(refkit.survey(["mails"]).mentions)  # list[Mention]
reveal_type(mentions[0].issued)  # PartialDate | None

sources = refkit.open_sources(["catalogue", "arxiv"], network=False, notify=print)
reveal_type(sources)  # list[Source]
locks = refkit.Locks(mentions)
resolutions = refkit.resolve(mentions, sources=sources, locks=locks, progress=lambda done, total: print(done / total))
reveal_type(resolutions)  # list[Resolution]
reveal_type(resolutions[0].record)  # ArxivRecord | None
reveal_type(resolutions[0].candidates)  # tuple[Candidate, ...]
reveal_type(resolutions[0].candidates[0].evidence.title.score)  # float | None
reveal_type(locks.keep(resolutions))  # tuple[Path, ...]

cancel = refkit.Cancel()
stream = refkit.stream(iter(mentions), sources=sources, cancel=cancel, portion=10)
reveal_type(stream)  # Generator[Resolution, None, None]
for found in stream:
    reveal_type(found)  # Resolution
    if found.verdict is refkit.Verdict.MATCHED:
        stream.close()
        cancel.cancel()
reveal_type(refkit.resolve_many(mentions))  # Iterator[Resolution]

works = refkit.tag(resolutions)
reveal_type(works)  # list[Work]
reveal_type(works[0].published)  # Publication | None
reveal_type(refkit.publish(works, enrichers=refkit.open_enrichers(["dblp"])).works)  # list[Work]
reveal_type(refkit.to_bibtex(works, dialect="biblatex"))  # str
reveal_type(refkit.__version__)  # str
with refkit.open_zotero() as zotero:
    reveal_type(zotero.apply(zotero.plan(works)))  # Report

mention = refkit.Mention(title="Mamba", line=3)
try:
    refkit.resolve([mention])
except refkit.DigestError as error:
    reveal_type(error.line)  # int
except refkit.RefkitError as error:
    reveal_type(error.exit_code)  # int

refkit.resolv(mentions)  # wrong: there is no such name
refkit.resolve("digest.txt")  # wrong: text is no list of mentions
refkit.Mention()  # wrong: a mention has a title
mention.title = "Samba"  # wrong: values are frozen
refkit.to_bibtex(resolutions)  # wrong: resolutions are no works
len(resolutions[0].record.title)  # wrong: there may be no record
