"""From blood draw to a lot in a bag: yields, failures, waiting."""

from livingdrug.manufacturing.lots import Lots
from livingdrug.manufacturing.making import make

__all__ = ["Lots", "make"]
