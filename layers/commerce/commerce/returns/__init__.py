"""Returns: what buyers send back, and what becomes of the goods and the money."""
