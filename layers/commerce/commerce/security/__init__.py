"""The stream of security events: what was refused, and what staff did."""
