"""The signs a table may hold, as columns: headings, units, ranges and words of `catalog/sign/`."""

from __future__ import annotations

from livingdrug.catalog.records.sign import Sign
from livingdrug.catalog.signs import Signs
from livingdrug.foundation.yes_no import YES_NO
from livingdrug.interop.user_tables.columns import Column


def column_of(sign: Sign) -> Column:
    """What a column of this sign may hold; yes and no where it is one or the other."""
    return Column(
        sign.id,
        sign.unit,
        sign.meaning,
        sign.low,
        sign.high,
        sign.whole,
        sign.headings,
        YES_NO if sign.whole and sign.high == 1.0 else sign.levels,
        needs_unit=sign.needs_unit,
        high_without_unit=sign.high_without_unit,
    )


def columns_of(signs: Signs) -> dict[str, Column]:
    """Sign -> the column it may stand in, in order."""
    return {name: column_of(sign) for name, sign in signs.items()}
