"""Vouchers and store credit."""
