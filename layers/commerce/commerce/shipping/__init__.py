"""Shipping zones and quotes."""
