"""How response is judged: one file for each criterion, which a disease names; a file alone is found.

A criterion says what a visit shows (`status_at_visits`), how visits become what a trial records, and the words in which both are told.
See `livingdrug.clinic.criterion`.
"""
