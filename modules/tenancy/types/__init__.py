"""The GraphQL types of merchants, stores, people and platforms."""
