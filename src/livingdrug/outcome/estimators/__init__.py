"""The statistics of a trial, one to a file."""
