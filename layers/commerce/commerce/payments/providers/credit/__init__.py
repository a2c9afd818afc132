"""Orders that need no money: vouchers and store credit cover them."""
