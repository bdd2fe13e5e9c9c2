"""Structural models, one file each."""
