"""SBML documents to the equations and events that the engine takes."""
