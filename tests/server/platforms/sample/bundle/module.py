"""A declaration and nothing else: it puts what others do behind a switch of its own."""

from __future__ import annotations

from server.contracts.features import FeatureDeclaration
from server.contracts.menu import Frontend, MenuItem
from server.contracts.module import ModuleDefinition

module = ModuleDefinition(
    code="bundle",
    name="Bundle",
    description="Extras in one switch.",
    features=(FeatureDeclaration("extra_help", "Extra help", "Help at any hour.", order=50),),
    menu=(
        MenuItem(
            code="bundle.help",
            label="Help",
            path="/help",
            icon="help",
            frontends=frozenset({Frontend.MERCHANT}),
            permission="modules.view",
        ),
    ),
)
