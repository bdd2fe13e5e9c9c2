"""Methods of decision, one file each with an object ``METHOD``; a rule file of the catalogue names its method."""
