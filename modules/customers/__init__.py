"""The people who buy in a store."""
