"""Virtual patients: who they are before anything happens to them."""
