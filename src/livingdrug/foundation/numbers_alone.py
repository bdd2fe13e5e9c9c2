"""Records whose numbers are numbers: ``true`` is not 1. Pydantic reads it so, and a slip of the hand would enrol one patient."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError


class NumbersAlone(BaseModel):
    """A record that refuses true and false where a number is expected, alone or in a list."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_boolean(cls, value: Any, info: ValidationInfo) -> Any:
        if value is True or value is False or (type(value) is list and any(type(one) is bool for one in value)):
            kind = _wanted(cls, str(info.field_name))
            if kind:
                raise PydanticCustomError(kind, "a number")  # type: ignore[arg-type]
        return value


@lru_cache(maxsize=4096)
def _wanted(record: type[BaseModel], name: str) -> str:
    """The finding to tell where a field takes numbers and no boolean; ``""`` for any other field."""
    kinds = _kinds(record.model_fields[name].annotation)
    if bool in kinds or Any in kinds or object in kinds or not {int, float} & kinds:
        return ""
    return "float_type" if float in kinds else "int_type"


def _kinds(annotation: Any) -> set[Any]:
    """Every type that an annotation is made of."""
    inner = get_args(annotation)
    return {annotation} if not inner else {kind for one in inner for kind in _kinds(one)}
