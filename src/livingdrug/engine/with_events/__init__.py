"""Models with events of their own: one patient at a time, stopping exactly where a condition turns."""
