"""Stage 3: services and indexes -> arXiv records. To add a source: copy `catalogue.py`, name it in `registry.py`."""
