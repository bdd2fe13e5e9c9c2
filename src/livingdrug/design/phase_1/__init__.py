"""Ways to find a dose, one file each with an object ``FINDER``; a rule file of the catalogue names its method."""
