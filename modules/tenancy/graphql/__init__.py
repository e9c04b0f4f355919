"""What a client can ask about merchants, stores, people and platforms."""

from modules.tenancy.graphql import accounts, merchants, passwords, platforms, signing, stores, team
from modules.tenancy.graphql.graph import graph

__all__ = ["accounts", "graph", "merchants", "passwords", "platforms", "signing", "stores", "team"]
