"""What a platform can choose."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CustomersConfig(BaseModel):
    """How a platform keeps its customers."""

    model_config = ConfigDict(extra="forbid")

    require_email: bool = Field(
        False,
        title="Require an e-mail address",
        description="Refuse to create customers without an e-mail address. Imports take them all the same.",
    )
