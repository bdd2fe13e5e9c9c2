"""From blood draw to a lot in a bag: supplies, yields, failures, waiting."""

from livingdrug.manufacturing.lots import Lots
from livingdrug.manufacturing.make import make, supplies

__all__ = ["Lots", "make", "supplies"]
