"""Section of the planning model on national rules: which rows of the world's rules.csv limit the plan."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from siting.inputs.planning_base import Name, Part


class Rules(Part):
    """National rules for data centres."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True)

    national: bool = Field(
        True, description="true: rules in force (rules.csv of the world) limit the plan; false: none does"
    )
    except_: tuple[Name, ...] = Field(
        (), alias="except", description="rules of rules.csv that are left out, by name"
    )
    drafts: bool = Field(
        False,
        description="true: drafts bind as well; name what a draft would replace under except",
    )
