"""Public data sets as customers."""
