"""Endpoints and their estimators: from one number a patient to one number a group."""
