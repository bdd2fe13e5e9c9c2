"""How a trial's data become a decision: go on with the treatment, or not."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from livingdrug.catalog.records.base import CatalogRecord


class Rule(CatalogRecord):
    """A decision rule.

    Further keys (``p0``, ``alpha``, ``looks`` …) belong to the method, one file each in `livingdrug.design.methods` (trials) or
    `livingdrug.design.phase_1` (dose finding); they are held against it when the rule is used.

    Attributes
    ----------
    method
        A file of `livingdrug.design.methods` or `livingdrug.design.phase_1`.
    endpoint
        Catalog name of the endpoint that decides; empty where the request names it.
    source, where, status
        Where the method was read.
    """

    model_config = ConfigDict(extra="allow")

    method: str
    endpoint: str = ""
    summary: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Literal["read", "unverified", "own"] = "own"
    note: str = ""

    @property
    def further(self) -> dict[str, Any]:
        """The keys that belong to the method, as the file gives them."""
        return {key: value for key, value in (self.model_extra or {}).items() if value is not None}
