"""How much is tried: a bounded share in every test run, the whole with LIVINGDRUG_VALIDATE=1 (`make validate`);
LIVINGDRUG_FUZZ says how many examples of each kind."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "share",
    max_examples=int(os.environ.get("LIVINGDRUG_FUZZ", "25")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "whole",
    max_examples=int(os.environ.get("LIVINGDRUG_FUZZ", "2000")),
    deadline=None,
    derandomize=False,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("whole" if os.environ.get("LIVINGDRUG_VALIDATE") else "share")
