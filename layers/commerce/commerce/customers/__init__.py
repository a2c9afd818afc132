"""What signed-in customers keep with the shop: a wishlist and a cart."""
