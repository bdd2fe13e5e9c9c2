"""Who responds, and why: published associations beside the same ones in simulated patients, and what decides among them.

It stands in the room of trials because it runs them and asks their results; fitting and reports, above, may read it.
"""
