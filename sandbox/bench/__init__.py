"""Measures what the shop costs: round trips, request units, money, cold starts and processor time."""
