"""Staff see what there is of each SKU, and correct it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from commerce.board.show_order import show_trail
from commerce.board.views import Trail
from commerce.catalog.browse_products import browse_products
from commerce.catalog.store import Catalog
from commerce.identity.permissions import Permission
from commerce.inventory.adjust_stock import MOST_UNITS, adjust_stock, sku_counters
from commerce.inventory.store import Counters, Stock
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import By, Dependencies, Once, Reason, StaffRequest, needs
from commerce.runtime.staff_api_catalog import SHELVES, Shelf

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST

DEFAULT_LIMIT = 25
MAX_LIMIT = 50
SkuText = Annotated[str, PathParameter(max_length=64)]


class StockView(BaseModel):
    """Units of one SKU: available + reserved + sold = received."""

    model_config = ConfigDict(frozen=True)

    sku: str
    available: int = Field(description="Can be bought now")
    reserved: int = Field(description="Held for orders that are not paid yet")
    sold: int
    received: int

    @classmethod
    def of(cls, sku: str, counters: Counters) -> Self:
        """Show a SKU's counters."""
        return cls(sku=sku, **counters._asdict())


class ListedStock(StockView):
    """The same with what the SKU is."""

    slug: str
    name: str
    category: str


class StockList(BaseModel):
    """The SKUs of a page of products."""

    model_config = ConfigDict(frozen=True)

    items: list[ListedStock]
    next_cursor: str | None


class AdjustmentRequest(StaffRequest):
    """Units that come to what is for sale, or, below zero, go from it."""

    change: Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS)]
    reason: Reason


def stock_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    @routes.get(
        "/admin/stock",
        openapi_extra=needs(Permission.READ_STOCK),
        responses=problems(FORBIDDEN, INVALID),
        tags=["stock"],
        summary="List stock",
    )
    async def list_stock(
        shelf: Shelf = "for_sale",
        q: Annotated[str, Query(max_length=100, description="Words of the product, or a SKU.")] = "",
        category: Annotated[str | None, Query(max_length=80)] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Products on a page.")] = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> StockList:
        """Every counter of the SKUs of a page of products."""
        having = dependencies()
        stock = Stock(having.database)
        page = browse_products(
            Catalog(having.database, shelf=SHELVES[shelf]),
            stock.available,
            category=category or None,
            text=q,
            limit=limit,
            cursor=cursor or None,
        )
        products = [each.product for each in page.items]
        counted = stock.counters({sku: count for each in products for sku, count in each.buckets().items()})
        items = [
            ListedStock(
                sku=variant.sku,
                slug=product.slug,
                name=product.name if variant.name == product.name else f"{product.name}, {variant.name}",
                category=product.category,
                **counted[variant.sku]._asdict(),
            )
            for product in products
            for variant in product.variants
        ]
        return StockList(items=items, next_cursor=page.next_cursor)

    @routes.get(
        "/admin/stock/{sku}/events",
        openapi_extra=needs(Permission.READ_STOCK),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["stock"],
        summary="Show a SKU's events",
    )
    async def get_stock_events(sku: SkuText) -> Trail:
        """Deliveries and corrections of a SKU, oldest first."""
        return show_trail(dependencies().log, f"sku/{sku}")

    @routes.post(
        "/admin/stock/{sku}/adjustments",
        openapi_extra=needs(Permission.ADJUST_STOCK),
        responses=problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID),
        tags=["stock"],
        summary="Correct a SKU's stock",
    )
    async def adjust_sku(sku: SkuText, request: AdjustmentRequest, by: By, once: Once) -> StockView:
        """Add units or take some away, once for each Idempotency-Key; never what orders hold or have bought."""
        having = dependencies()
        counters = once(
            f"sku/{sku}",
            lambda: adjust_stock(
                having.database,
                having.clock,
                sku=sku,
                change=request.change,
                reason=request.reason,
                by=by,
                key=once.key,
            ),
        )
        return StockView.of(sku, counters or sku_counters(having.database, sku))
