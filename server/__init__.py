"""The Facet kernel: knows what a module is, never which modules exist."""
