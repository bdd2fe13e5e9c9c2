"""What is known: products, diseases, drugs, trials, populations, scales, guidelines and evidence, as data files."""
