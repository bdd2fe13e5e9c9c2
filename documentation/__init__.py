"""The documentation as a site that needs no network: pages gathered, notebooks run, figures drawn, then mkdocs.

pages of docs/ ─┐
notebooks, run ─┤
gallery, drawn ─┼─► build/documentation/pages ─► mkdocs --strict ─► site/
commands' help ─┤
changes ────────┘

`make docs` does it all; `python -m documentation` the gathering alone.
"""
