"""What we believe: mechanisms as text a biologist can read, joined by recipes into one checked model."""
