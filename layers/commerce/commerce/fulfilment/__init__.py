"""Fulfilment: orders on their way to their buyers, and orders that staff cancel."""
