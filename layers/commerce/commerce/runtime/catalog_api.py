"""The catalogue's HTTP API: products, their reviews, categories and delivery prices, with its OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import FastAPI, Query, Response
from fastapi import Path as PathParameter

from commerce.catalog.api import CategoryList, ProductDetail, ProductList
from commerce.catalog.browse_products import DEFAULT_LIMIT, MAX_LIMIT, browse_products
from commerce.catalog.list_categories import list_categories
from commerce.catalog.model import Availability
from commerce.catalog.show_product import show_product
from commerce.catalog.store import Catalog
from commerce.kernel.money import Currency
from commerce.reviews.api import ReviewList
from commerce.reviews.list_reviews import DEFAULT_LIMIT as FEW_REVIEWS
from commerce.reviews.list_reviews import MAX_LIMIT as MOST_REVIEWS
from commerce.reviews.list_reviews import list_reviews
from commerce.reviews.store import Reviews
from commerce.runtime.api_problems import answer_problems, problems
from commerce.runtime.door_route import DoorRoute
from commerce.shipping.api import ShippingQuoteList
from commerce.shipping.model import ShippingConfig
from commerce.shipping.quote_shipping import quotes

INVALID, MISSING = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND
#: Seconds for which anybody may show an answer again. Stock is only ever promised by checkout.
FRESH_SECONDS = 15
SETTLED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class CatalogDependencies:
    """What the API works with."""

    catalog: Catalog
    available: Availability
    shipping: ShippingConfig
    reviews: Reviews


def create_app(dependencies: Callable[[], CatalogDependencies]) -> FastAPI:
    """Make the API. `dependencies` is called by requests only, so the OpenAPI document needs no environment.

    Path functions are async although they block: one Lambda environment serves one request at a time, and handing the
    work to a thread would cost half a millisecond for nothing.
    """
    app = FastAPI(
        title="Salama catalogue",
        version="1.0.0",
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    answer_problems(app)
    app.router.route_class = DoorRoute

    @app.get("/products", tags=["catalogue"], responses=problems(INVALID), summary="List products")
    async def list_products(
        *,
        response: Response,
        category: Annotated[str | None, Query(max_length=80, description="A category's slug.")] = None,
        q: Annotated[
            str,
            Query(
                max_length=100,
                description="Words that must all occur, in any case, in name, brand, summary, category or SKU.",
            ),
        ] = "",
        in_stock: Annotated[bool, Query(description="True leaves out what cannot be bought now.")] = False,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    ) -> ProductList:
        """Products for sale, in a stable order, page by page. Follow `next_cursor` until it is null."""
        having = dependencies()
        page = browse_products(
            having.catalog,
            having.available,
            category=category or None,
            text=q,
            in_stock=in_stock,
            limit=limit,
            cursor=cursor or None,
        )
        return _fresh(response, FRESH_SECONDS, ProductList.of(page))

    @app.get("/products/{slug}", tags=["catalogue"], responses=problems(MISSING, INVALID), summary="Show a product")
    async def get_product(
        response: Response, slug: Annotated[str, PathParameter(max_length=80, examples=["thinkpad-t14-gen-3"])]
    ) -> ProductDetail:
        """A product with its variants, and how many of each can be bought now."""
        having = dependencies()
        shown = show_product(having.catalog, having.available, slug)
        return _fresh(response, FRESH_SECONDS, ProductDetail.of(shown))

    @app.get("/products/{slug}/reviews", tags=["reviews"], responses=problems(MISSING, INVALID), summary="List reviews")
    async def get_reviews(
        response: Response,
        slug: Annotated[str, PathParameter(max_length=80, examples=["thinkpad-t14-gen-3"])],
        limit: Annotated[int, Query(ge=1, le=MOST_REVIEWS)] = FEW_REVIEWS,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    ) -> ReviewList:
        """What buyers say of a product, newest first. Each bought it, and staff have read what they wrote."""
        having = dependencies()
        page, summary = list_reviews(having.reviews, having.catalog, slug, limit=limit, cursor=cursor or None)
        return _fresh(response, FRESH_SECONDS, ReviewList.of(page, summary))

    @app.get("/categories", tags=["catalogue"], summary="List categories")
    async def get_categories(response: Response) -> CategoryList:
        """All categories by name, each with its number of products for sale."""
        return _fresh(response, SETTLED_SECONDS, CategoryList.of(list_categories(dependencies().catalog)))

    @app.get("/shipping-quotes", tags=["shipping"], responses=problems(INVALID), summary="Quote delivery")
    async def get_shipping_quotes(
        response: Response,
        zone: Annotated[
            str | None, Query(max_length=40, description="One zone; else all that are priced in the currency.")
        ] = None,
        currency: Annotated[Currency, Query()] = Currency.KES,
        subtotal: Annotated[
            int | None, Query(ge=0, le=10**12, description="The goods' total in minor units, for free delivery.")
        ] = None,
    ) -> ShippingQuoteList:
        """What delivery costs, by zone."""
        offered = quotes(dependencies().shipping, currency, zone or None, subtotal)
        return _fresh(response, SETTLED_SECONDS, ShippingQuoteList.of(offered))

    return app


T = TypeVar("T")


def _fresh(response: Response, seconds: int, answer: T) -> T:
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return answer
