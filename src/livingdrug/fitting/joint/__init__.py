"""All calibration trials fitted at once: what may move, what was published, the search, what is left uncertain."""
