"""What the outside speaks to: the GraphQL endpoint, its limits, probes and the fences around them."""
