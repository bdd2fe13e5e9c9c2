"""PEtab (version 1): parameter estimation problems of systems biology, as other programs exchange them."""
