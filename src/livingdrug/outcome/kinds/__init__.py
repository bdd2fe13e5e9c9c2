"""Kinds of endpoint, one file each: which formulas a file holds and the columns they become."""
