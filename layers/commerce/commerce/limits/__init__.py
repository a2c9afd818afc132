"""Rate limits that cost one write."""
