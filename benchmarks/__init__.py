"""Speed of the engine beside other people's solvers: ``python -m benchmarks``."""
