"""Staff keep the catalogue: products, prices, and what is for sale."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from commerce.catalog.browse_products import DEFAULT_LIMIT, MAX_LIMIT, browse_products
from commerce.catalog.edit_product import change_prices, offer_product, replace_product
from commerce.catalog.model import Prices, Product, Sku
from commerce.catalog.store import PRODUCTS, WITHDRAWN, Catalog, StoredProduct
from commerce.identity.permissions import Permission
from commerce.inventory.store import Stock
from commerce.kernel.errors import InvalidRequest, NotFound
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import (
    By,
    Dependencies,
    OnceIfKeyed,
    Reason,
    StaffDependencies,
    StaffRequest,
    as_json,
    needs,
)

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST

Slug = Annotated[str, PathParameter(max_length=80, examples=["thinkpad-t14-gen-3"])]
Shelf = Literal["for_sale", "withdrawn"]
SHELVES: dict[Shelf, str] = {"for_sale": PRODUCTS, "withdrawn": WITHDRAWN}


class StaffProduct(BaseModel):
    """A product as it is kept, and its revision, which a change must name."""

    model_config = ConfigDict(frozen=True)

    product: Product
    revision: int

    @classmethod
    def of(cls, stored: StoredProduct) -> Self:
        """Show a product."""
        return cls(product=stored.product, revision=stored.revision)


class StaffProductList(BaseModel):
    """A page of products."""

    model_config = ConfigDict(frozen=True)

    items: list[Product]
    next_cursor: str | None


class ProductRequest(StaffRequest):
    """A whole product, in place of the `revision` that was looked at; 0 for a new one."""

    product: Annotated[Product, as_json(Product)]
    revision: Annotated[int, Field(ge=0)]
    reason: Reason


class PricesRequest(StaffRequest):
    """Prices by SKU, in minor units by currency, tax included. A SKU that is not named keeps its own."""

    prices: Annotated[dict[Sku, Prices], Field(min_length=1, max_length=40), as_json(dict[Sku, Prices])]
    reason: Reason


class ForSaleRequest(StaffRequest):
    """Whether a product is for sale."""

    for_sale: bool
    reason: Reason


def catalog_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""
    refusals = problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID)

    @routes.get(
        "/admin/products",
        openapi_extra=needs(Permission.READ_CATALOG),
        responses=problems(FORBIDDEN, INVALID),
        tags=["catalogue"],
        summary="List products",
    )
    async def list_products(
        shelf: Shelf = "for_sale",
        q: Annotated[str, Query(max_length=100)] = "",
        category: Annotated[str | None, Query(max_length=80)] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> StaffProductList:
        """Products for sale, or those withdrawn, in a stable order, page by page."""
        having = dependencies()
        page = browse_products(
            Catalog(having.database, shelf=SHELVES[shelf]),
            Stock(having.database).available,
            category=category or None,
            text=q,
            limit=limit,
            cursor=cursor or None,
        )
        return StaffProductList(items=[each.product for each in page.items], next_cursor=page.next_cursor)

    @routes.get(
        "/admin/products/{slug}",
        openapi_extra=needs(Permission.READ_CATALOG),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["catalogue"],
        summary="Show a product",
    )
    async def get_product(slug: Slug) -> StaffProduct:
        """A product, for sale or not, with its revision."""
        return StaffProduct.of(_product(dependencies(), slug))

    @routes.put(
        "/admin/products/{slug}",
        openapi_extra=needs(Permission.EDIT_CATALOG),
        responses=refusals,
        tags=["catalogue"],
        summary="Write a product",
    )
    async def put_product(slug: Slug, request: ProductRequest, by: By, once: OnceIfKeyed) -> StaffProduct:
        """Write a whole product. It is refused when somebody else changed the product since that revision."""
        if request.product.slug != slug:
            raise InvalidRequest("This is not the product of the address.", field="product.slug")
        having = dependencies()
        stored = once(
            f"product/{slug}",
            lambda: replace_product(
                having.database,
                having.clock,
                request.product,
                revision=request.revision,
                by=by,
                reason=request.reason,
                record=having.record,
            ),
        )
        return StaffProduct.of(stored or _product(having, slug))

    @routes.put(
        "/admin/products/{slug}/prices",
        openapi_extra=needs(Permission.EDIT_PRICES),
        responses=refusals,
        tags=["catalogue"],
        summary="Change prices",
    )
    async def put_prices(slug: Slug, request: PricesRequest, by: By, once: OnceIfKeyed) -> StaffProduct:
        """Give SKUs other prices. Orders that were placed keep theirs."""
        having = dependencies()
        stored = once(
            f"product/{slug}",
            lambda: change_prices(
                having.database,
                having.clock,
                slug,
                request.prices,
                by=by,
                reason=request.reason,
                record=having.record,
            ),
        )
        return StaffProduct.of(stored or _product(having, slug))

    @routes.put(
        "/admin/products/{slug}/for-sale",
        openapi_extra=needs(Permission.EDIT_CATALOG),
        responses=refusals,
        tags=["catalogue"],
        summary="Withdraw or restore a product",
    )
    async def put_for_sale(slug: Slug, request: ForSaleRequest, by: By, once: OnceIfKeyed) -> StaffProduct:
        """Take a product off the shelf, or put it back."""
        having = dependencies()
        stored = once(
            f"product/{slug}",
            lambda: offer_product(
                having.database,
                having.clock,
                slug,
                for_sale=request.for_sale,
                by=by,
                reason=request.reason,
                record=having.record,
            ),
        )
        return StaffProduct.of(stored or _product(having, slug))


def _product(having: StaffDependencies, slug: str) -> StoredProduct:
    stored = Catalog(having.database).product(slug, consistent=True)
    if stored is None:
        raise NotFound("There is no such product.")
    return stored
