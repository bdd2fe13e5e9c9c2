"""What each kind of catalog file holds: one module, with a class `Record`, for each kind."""
