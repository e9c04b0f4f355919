"""Billing: tiers, subscriptions and the ledger of monthly recurring revenue."""
