"""Payments: attempts to pay an order, their settlement and refunds, and the port that providers fill."""
