"""The designer's desk: replicates of a trial, operating characteristics of decision rules, sensitivity."""
