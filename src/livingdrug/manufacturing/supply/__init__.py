"""Where cells come from: one file a kind of supply, with a function ``supply(plan, cohort, numbers, seed)``."""
