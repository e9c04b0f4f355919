"""The rules about merchants, stores, people and the keys they hold."""
