"""What a client can ask about merchants, stores, people and platforms."""

from modules.tenancy.graphql import accounts, merchants, platforms, signing, stores, team
from modules.tenancy.graphql.graph import graph

__all__ = ["accounts", "graph", "merchants", "platforms", "signing", "stores", "team"]
