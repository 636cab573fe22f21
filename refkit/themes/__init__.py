"""Stage 4: a work -> its themes. The shipped taxonomy is `themes.toml`."""
