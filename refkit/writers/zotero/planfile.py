"""A plan on paper: saved for somebody to read, applied later as it stands, or refused where it no longer fits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from refkit.errors import UsageError
from refkit.files import write_atomic
from refkit.model import Op
from refkit.writers.zotero.backend import Target
from refkit.writers.zotero.items import Options
from refkit.writers.zotero.plan import ItemChange

_FORMAT = 1


class PlanFile(Struct, frozen=True, kw_only=True):
    """A plan with all that it depends on: the library, the options, when it was made (as the API writes times)."""

    refkit_plan: int = _FORMAT
    target: Target
    options: Options
    made: str
    changes: tuple[ItemChange, ...]


def save_plan(path: Path, plan: PlanFile) -> None:
    """Write a plan, whole or not at all. Raises WriteError."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(plan), indent=1).decode() + "\n")


def load_plan(path: Path) -> PlanFile:
    """Read a plan. Raises UsageError for a file that is none, or of another version of refkit."""
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=PlanFile)
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist; make a plan with `refkit sync-zotero --plan {path}`.") from error
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a plan that this refkit can read ({error}); make it anew.") from error
    if plan.refkit_plan != _FORMAT:
        raise UsageError(f"{path} is a plan of another version of refkit (format {plan.refkit_plan}); make it anew.")
    return plan


def still_fits(saved: Sequence[ItemChange], planned: Sequence[ItemChange]) -> tuple[list[ItemChange], list[ItemChange]]:
    """Divide a saved plan into what can be done today, and what would be planned otherwise today.

    What an earlier run of the same plan has done counts as done; only what is missing of it is left to do.
    """
    today = {change.work.record.arxiv_id: change for change in planned}
    fits: list[ItemChange] = []
    changed: list[ItemChange] = []
    for change in saved:
        new = today.get(change.work.record.arxiv_id)
        if new is not None and _essence(new) == _essence(change):
            fits.append(new)  # the same, with what is remembered by now
        elif new is not None and _is_done(change, new):
            fits.append(new)
        else:
            changed.append(change)
    return fits, changed


def _is_done(saved: ItemChange, new: ItemChange) -> bool:
    """Whether refkit itself did what was planned, and nothing of the item, or only notes and PDFs, are left to do."""
    if new.data or new.base is None or not saved.writes:
        return False
    ours = new.base.created or saved.op is Op.UPDATE
    return ours and {child.role for child in new.children} <= {child.role for child in saved.children}


def _essence(change: ItemChange) -> Any:
    """Return what is sent of a change, and for which version, without the time at which it was planned."""
    version = change.version if change.writes else None
    children = [(child.role, child.key, _timeless(child.data)) for child in change.children]
    return msgspec.to_builtins((change.op, change.key, version, _timeless(change.data), children))


def _timeless(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "accessDate"}
