"""Arms, endpoints and estimators: from what was seen to what it means."""
