"""Bibliographies in other formats: one value for an entry of any of them (`item.py`), and a reader and writer for each.

What is read here is whole entries with all their fields; the readers of digests read mentions.
"""
