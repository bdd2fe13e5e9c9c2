"""Cellular-kinetics data as users have them: NONMEM-style, CDISC ADPC-like, or a plain table."""
