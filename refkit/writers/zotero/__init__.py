"""Works -> a Zotero library: plan, apply, undo, over the web API, the desktop's local API or its connector."""
