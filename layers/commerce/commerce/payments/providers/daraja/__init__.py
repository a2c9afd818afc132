"""Safaricom's Daraja: M-Pesa in Kenya."""
