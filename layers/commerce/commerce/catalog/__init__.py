"""The catalogue: products, their variants and prices."""
