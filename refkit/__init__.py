"""refkit: paper digests in, BibTeX or Zotero out."""

__version__ = "0.1.0"
