"""Courses to what was seen: visits, ward, grades, drugs given, events, and how follow-up ended."""
