"""The sections of the report, one file each, found by this folder.

A section is a file with ``ORDER`` (where it stands, the smallest first) and ``section(source) -> Section | None`` (None where the trial
has nothing of the kind). Numbers are given to what is shown; one section speaks of another by its title.
"""
