"""The commands: one file each, named as it is typed, with an object `COMMAND`; a file alone is found (`livingdrug.cli.app`).

Such a file imports what it needs to be described and no more: the work is imported when the command runs.
"""
