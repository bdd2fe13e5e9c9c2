"""Cohort x lots x protocol to courses (what happened) and visits (what was seen)."""
