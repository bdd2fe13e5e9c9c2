"""From rows to one value a patient: one file a reducer, with a function ``reduce(rows, outcome, questions)``.

Every reducer returns n values in the order of ``rows.patients``: numbers with NaN for unknown, or a list with None.
"""
