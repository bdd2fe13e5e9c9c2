"""One file for each integration method."""
