"""Pydantic's findings in our words: file, key, what was written, what was expected, the nearest known key."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from livingdrug.foundation.errors import did_you_mean
from livingdrug.foundation.findings import sentence, telling


def told(problem: ValidationError, record_class: type[BaseModel], file: str) -> str:
    """All findings, one to a line, and the next step."""
    lines = [_line(error, record_class, file) for error in telling(problem.errors(include_url=False))]
    if len(lines) == 1:
        return lines[0]
    return "\n".join([f"{file}: {len(lines)} problems:", *(f"- {line}" for line in lines)])


def _line(error: Any, record_class: type[BaseModel], file: str) -> str:
    key = _key(error["loc"])
    place = f'{file}, "{key}"' if key else file
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(record_class, error["loc"][:-1])
            guess = did_you_mean(str(error["loc"][-1]), known) or f" Known here: {', '.join(known) or 'nothing'}."
            return f"{place}: no such key.{guess}\n  Correct or remove it."
        case "missing":
            return f"{place}: missing.\n  Add it."
        case "value_error" | "assertion_error":
            return f"{place}: {sentence(error)}"
        case kind:
            remedy = "Use one of these" if kind in ("literal_error", "enum") else "Correct this value"
            return f"{place}: {sentence(error)}.\n  {remedy}."


def _key(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _known_keys(record_class: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys the table at `loc` may have; empty when the way there cannot be followed."""
    here: Any = record_class
    for part in loc:
        model = _model_in(here)
        if isinstance(part, int) or model is None:
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in fields:
            here = fields[part].annotation
    model = _model_in(here)
    if model is None:
        return []
    return sorted((field.alias or name) for name, field in model.model_fields.items() if name != "id")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None
