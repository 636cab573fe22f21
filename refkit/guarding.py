"""Calls to what others wrote: a fault of a plug-in becomes a sentence, and takes nothing else down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from refkit.errors import RefkitError

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


def guard(
    call: Callable[[], _T],
    refuse: Callable[[str], RefkitError],
    passing: tuple[type[RefkitError], ...] = (RefkitError,),
) -> _T:
    """Call a plug-in; a fault of it is raised as `refuse` puts it into a sentence, errors on purpose pass."""
    try:
        return call()
    except passing:
        raise
    except SystemExit as error:  # a script that was never meant to be imported ends the program
        raise refuse(f"ended the program with exit({error.code}); report this to its author") from error
    except Exception as error:  # the one broad handler: round a plug-in call
        _log.debug("a plug-in failed", exc_info=True)
        raise refuse(f"failed with {type(error).__name__}: {error}; report this to its author") from error
