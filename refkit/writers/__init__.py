"""Stage 5: works -> a file or a library. To add a writer: copy `bibtex.py`, name it in `registry.py`."""
