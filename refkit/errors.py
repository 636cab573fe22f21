"""The errors of refkit, by what the reader of the message has to do.

    RefkitError                 every error that refkit raises on purpose
    ├── UsageError              exit 2: change the command, the digest or the configuration
    │   ├── ConfigError         the configuration file cannot be used as written
    │   ├── PluginError         a plug-in of another package is broken: update or remove it
    │   └── DigestError         the digest cannot be read as written (file and line)
    ├── SourceError             exit 3: a source failed; never the same as "not found"
    │   ├── SourceUnavailable   no answer: try again later
    │   └── BadResponse         an answer that is not one: report it
    └── WriteError              exit 2: the result could not be written
        ├── WriteConflict       the destination changed since the plan was made
        ├── WriteRefused        the destination does not allow it: another key, another library
        └── WriteUnavailable    exit 3: the destination gave no answer; try again later
            └── Unanswered      it is not known whether a write was carried out: read before writing again
                └── AlreadySent its write token was used before
    KeyboardInterrupt
    └── Interrupted             exit 130: the user pressed Ctrl-C; carries what was decided by then

Each message is a sentence that says what, where and what to do, so that the command line can print it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class RefkitError(Exception):
    """Base of every error that refkit raises on purpose; `exit_code` is the command line's."""

    exit_code = 2


class UsageError(RefkitError):
    """The command, its options or a file named in it must be changed by the user."""


class ConfigError(UsageError):
    """A configuration file cannot be used as written; the message starts with file and line where known."""


class PluginError(UsageError):
    """A plug-in of another package cannot be used; `reason` alone says why, without its name."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class DigestError(UsageError):
    """A digest cannot be read as written; the message starts with `file:line`.

    `digest` is the name that the user gave, `line` counts from 1 (0: the file as a whole).
    """

    def __init__(self, digest: str, line: int, problem: str) -> None:
        where = f"{digest}:{line}" if line else digest
        super().__init__(f"{where}: {problem}")
        self.digest = digest
        self.line = line
        self.problem = problem


class SourceError(RefkitError):
    """A source failed; what it was asked for is FAILED, never NOT_FOUND."""

    exit_code = 3


class SourceUnavailable(SourceError):  # noqa: N818 - the tree names what happened, not that it is an error
    """No usable answer came in time; trying again later may help."""


class BadResponse(SourceError):  # noqa: N818 - as above
    """An answer came that is not one (an HTML page, cut XML); trying again will hardly help."""


class WriteError(RefkitError):
    """A result could not be written; what stood there before is untouched."""


class WriteConflict(WriteError):  # noqa: N818 - as above
    """The destination changed since the plan was made; plan again."""


class WriteRefused(WriteError):  # noqa: N818 - as above
    """The destination does not allow it; the message names the remedy (another key, another library)."""


class WriteUnavailable(WriteError):  # noqa: N818 - as above
    """The destination could not be reached, or gave no usable answer in time; trying again later may help."""

    exit_code = 3


class Unanswered(WriteUnavailable):
    """A write was sent, but whether it was carried out is not known; only reading tells."""


class AlreadySent(Unanswered):
    """The server has received a write with this token before; what came of it, only reading tells."""


class Interrupted(KeyboardInterrupt):
    """The user interrupted the work; `resolutions` is what was decided by then, the rest FAILED."""

    exit_code = 130

    def __init__(self, resolutions: Sequence[Any]) -> None:
        super().__init__("interrupted")
        self.resolutions = tuple(resolutions)
