"""Numbers only: ordinary differential equations of many patients at once, with doses and rules at checks."""
