"""Salama's commerce package: the shop itself, one package per business area."""
