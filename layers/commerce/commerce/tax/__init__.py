"""Dated value-added tax."""
