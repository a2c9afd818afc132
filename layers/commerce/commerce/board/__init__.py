"""The order board: orders as staff look for them."""
