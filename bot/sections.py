"""Sections (设置的一节): what all sections of the settings have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """One ``[section]`` of the settings; each field's description is the mend told when its value is bad."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)


def wrong(key: str, hint: str) -> PydanticCustomError:
    """An error that only shows when several keys are looked at together, laid at one key's door."""
    return PydanticCustomError("together", "{hint}", {"key": key, "hint": hint})
