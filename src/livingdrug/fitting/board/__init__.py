"""The scoreboard's predictions: trials simulated at their own size, many times, and the one freeze before anybody looks."""
