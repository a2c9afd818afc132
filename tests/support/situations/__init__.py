"""Which use cases meet where: a table of situations, each with all that may be at work in it at the same moment."""
