"""Transactions and the events that follow them."""
