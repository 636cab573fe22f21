"""The ways in which arXiv's OAI-PMH service fails its callers, by name, and when they happen.

Collected from what its users reported, and those of the query service, before which the same network stands
(specs/arxiv.md 1.9, 3.1).
"""

from __future__ import annotations

from refkit.testing.fault_rules import FaultRules

# In front of the program: what the query service does, too.
_OF_ALL = ("503", "503-retry-0", "429", "429-retry-after", "500", "html", "reset", "truncated", "cut-short")
# "expired" refuses the token of the request, "empty" says that nothing matches, "hang" gives no answer.
OAI_FAULTS: tuple[str, ...] = (*_OF_ALL, "expired", "empty", "hang")


_rules = FaultRules(OAI_FAULTS)
every, script = _rules.every, _rules.script
