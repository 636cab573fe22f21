"""Stage 1: the text of a digest -> mentions.

To add a reader: copy `titles.py`, name it in `registry.py`, add its cases in tests/digests/.
"""
