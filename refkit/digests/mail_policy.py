"""How `email` reads the fields of a mail, so that none can slow it down or stop it: loaded only where there is one."""

from __future__ import annotations

from email.message import Message
from email.policy import Compat32
from typing import Any

# The stdlib takes fields apart in quadratic time. Long names of files and lists of people have some 3,000 characters.
_LONGEST = 10_000


class Part(Message):
    """A mail, or a part of one."""

    def get_param(self, *args: Any, **named: Any) -> Any:
        """Return a parameter of a field as the stdlib does, nothing where that fails (on `a*` beside `a*0`)."""
        try:
            return super().get_param(*args, **named)
        except (TypeError, ValueError, IndexError):
            return args[1] if len(args) > 1 else named.get("failobj")


class _Bounded(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST]


# Keeps the first 10,000 characters of each field.
BOUNDED = _Bounded(message_factory=Part)
