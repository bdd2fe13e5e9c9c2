"""A calibration told: on the terminal, and as a page."""
