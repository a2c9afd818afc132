"""Who calls: what a verified token says, and nothing a client says of itself."""
