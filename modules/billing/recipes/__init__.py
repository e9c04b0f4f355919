"""Foreign data sets, turned into rows of the import files."""
