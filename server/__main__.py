"""`python -m server` is `facet`."""

from server.cli import main

main()
