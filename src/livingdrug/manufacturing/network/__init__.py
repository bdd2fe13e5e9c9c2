"""A network of centres and factories: queues, lines, lanes, and what they cost patients."""
