"""The order and its state machine."""
