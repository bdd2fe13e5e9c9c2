"""Users' own tables: read once, by one reader, and told what was understood; then graded or scored.

`files` (bytes to cells) → `columns` (headings to quantities) → `cells` (text to numbers) → `people` (rows to patients and
days) → `grading`, `scoring`. docs/units_and_tables.md tells users the rules.
"""
