"""What the shop tells its buyers."""
