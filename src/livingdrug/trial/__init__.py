"""Arms, runs, comparisons and misfit: the line itself."""
