"""What each kind of catalog file holds: one module, with a class of its name, for each kind."""
