"""What a platform can choose."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TenancyConfig(BaseModel):
    """How a platform lets programs in."""

    model_config = ConfigDict(extra="forbid")

    api_key_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        title="Longest life of an API key, in days",
        description="New keys expire after this many days at the latest. Without it they may last for ever.",
    )
