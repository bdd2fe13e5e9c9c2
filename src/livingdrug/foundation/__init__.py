"""Units, sources, errors, expressions and random streams: what every other room stands on."""
