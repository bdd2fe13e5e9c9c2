"""Analysis data sets in the manner of CDISC ADaM, as Dataset-JSON 1.1 and SAS transport files (version 5)."""
