"""Who looks around: the shelves, what delivery costs, the ways to pay; and a signed-in customer's own notes."""

from __future__ import annotations

import json

from sandbox.bench.events import Event, load
from sandbox.bench.world import LINES, Run, World

SLUG = "lenovo-thinkpad-t480"
BROWSED = {
    "browse: categories": "categories",
    "browse: first page of products": "products",
    "browse: a product": "product",
    "browse: delivery to a zone": "shipping_quotes",
}


def visitors(world: World, run: Run) -> None:
    """Run their flows. The first look of each kind is not counted: it fetches the provider's keys."""
    for name, case in BROWSED.items():
        run(name, "browse_catalog", load("browse_catalog", case))
    reviews = load("browse_catalog", "reviews")
    run("browse: a product's reviews", "browse_catalog", _about(reviews, f"/products/{SLUG}/reviews"))
    run("ways to pay", "offer_payment_methods", load("offer_payment_methods", "in_shillings"))
    world.call("serve_customer", load("serve_customer", "cart"))
    saved = load("serve_customer", "save_cart")
    items = [{"sku": sku, "quantity": 1} for sku, _ in LINES]
    run("customer: save a cart", "serve_customer", saved | {"body": json.dumps({"items": items, "currency": "KES"})})
    run("customer: show the cart", "serve_customer", load("serve_customer", "cart"))
    run(
        "customer: add the first wish",
        "serve_customer",
        _about(load("serve_customer", "add_wish"), f"/me/wishlist/{SLUG}"),
    )
    run("customer: show the wishes", "serve_customer", load("serve_customer", "wishlist"))


def _about(event: Event, path: str) -> Event:
    """Point an event at the product that is on the sample shop's shelves."""
    event["requestContext"]["http"]["path"] = path
    return event | {"rawPath": path, "pathParameters": {"slug": SLUG}}
