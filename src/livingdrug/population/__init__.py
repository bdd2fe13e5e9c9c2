"""Virtual patients: who they are before anything happens to them."""

from livingdrug.population.cohort import Cohort
from livingdrug.population.drawing import draw, model_parameters
from livingdrug.population.spread import individual_parameters

__all__ = ["Cohort", "draw", "individual_parameters", "model_parameters"]
