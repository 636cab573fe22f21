"""The local index: records of millions of papers in one memory-mapped file, found by title, by abstract and by id.

`layout` is the file, `packing` turns records into its sections, `reading` finds things in it, `building` makes one of a
snapshot with several processes. The format is described in docs/index.md.
"""
