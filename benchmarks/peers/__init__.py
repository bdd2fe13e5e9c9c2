"""One file for each peer: a class with `name`, `tolerances` and `course(tolerance) -> states (patients, checks, states)`.

Peers are told what doses and rules changed at each check (`Reference.after`) and do not evaluate rules: their times are
those of integration and of restarting at checks. Each is measured at the loosest tolerance of its list whose error is
not larger than asked.
"""
