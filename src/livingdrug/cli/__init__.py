"""The command line: a thin door."""

NOTICE = "Simulation; not for patient care."
