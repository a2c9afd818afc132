"""Mutation testing of the models and of the commit: `make mutate`."""
