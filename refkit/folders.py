"""Where refkit keeps things of its own: the folders of the system, or those that XDG variables name."""

from __future__ import annotations

from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of what can be had again: XDG_CACHE_HOME or the system's, not yet made."""
    import platformdirs  # 14 ms, only where something is kept

    return platformdirs.user_cache_path("refkit", appauthor=False)


def state_folder() -> Path:
    """Return the folder of what runs tell each other: XDG_STATE_HOME or the system's, not yet made."""
    import platformdirs  # as above

    return platformdirs.user_state_path("refkit", appauthor=False)


def data_folder() -> Path:
    """Return the folder of the local index: XDG_DATA_HOME or the system's, not yet made."""
    import platformdirs  # as above

    return platformdirs.user_data_path("refkit", appauthor=False)
