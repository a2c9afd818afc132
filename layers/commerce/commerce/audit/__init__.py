"""The event log: what happened, written with what changed."""
