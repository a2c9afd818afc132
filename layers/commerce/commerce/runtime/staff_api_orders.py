"""Staff look orders up: the board, one order, its events, and the table for spreadsheets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from commerce.board.export_orders import csv_file, export_orders
from commerce.board.model import BoardEntry
from commerce.board.search import Search, read_search
from commerce.board.search_orders import DEFAULT_LIMIT, MAX_LIMIT, BoardPage, search_orders
from commerce.board.show_order import show_order, show_trail
from commerce.board.store import Board
from commerce.board.views import StaffOrderDetail, Trail
from commerce.identity.permissions import Permission
from commerce.ordering.model import OrderStatus
from commerce.payments.store import Payments
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import Dependencies, Number, needs

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY

Text = Annotated[str, Query(max_length=254)]


class OrderList(BaseModel):
    """A page of the board, newest first."""

    model_config = ConfigDict(frozen=True)

    items: list[BoardEntry]
    next_cursor: Annotated[
        str | None,
        Field(description="Hand it back as `cursor` for the next page; null at the end. A page may hold few or none."),
    ]

    @classmethod
    def of(cls, page: BoardPage) -> Self:
        """Show a page."""
        return cls(items=list(page.items), next_cursor=page.next_cursor)


def order_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    @routes.get(
        "/admin/orders",
        openapi_extra=needs(Permission.READ_ORDERS),
        responses=problems(FORBIDDEN, INVALID),
        tags=["orders"],
        summary="Search orders",
    )
    async def find_orders(
        *,
        number: Text = "",
        email: Text = "",
        phone: Annotated[Text, Query(description="As people write it: 0712 345 678, +254712345678.")] = "",
        status: OrderStatus | None = None,
        start: Annotated[Text, Query(alias="from", description="A day or a moment, ISO 8601; UTC without zone.")] = "",
        end: Annotated[Text, Query(alias="to", description="A day (all of it) or a moment.")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    ) -> OrderList:
        """Orders that have everything asked for, newest first; of twelve months where nothing says otherwise."""
        having = dependencies()
        search = _search(number, email, phone, status, start, end)
        now = having.clock.now()
        return OrderList.of(search_orders(Board(having.database), search, now=now, limit=limit, cursor=cursor or None))

    @routes.get(
        "/admin/orders.csv",
        openapi_extra=needs(Permission.EXPORT_ORDERS),
        responses=problems(FORBIDDEN, INVALID) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
        response_class=Response,
        tags=["orders"],
        summary="Orders as a table",
    )
    async def export_orders_csv(
        *,
        number: Text = "",
        email: Text = "",
        phone: Text = "",
        status: OrderStatus | None = None,
        start: Annotated[Text, Query(alias="from")] = "",
        end: Annotated[Text, Query(alias="to")] = "",
    ) -> Response:
        """All orders that a search finds, at most 5,000, as CSV for spreadsheets: UTF-8 with a byte order mark."""
        having = dependencies()
        search = _search(number, email, phone, status, start, end)
        now = having.clock.now()
        found = export_orders(Board(having.database), search, now=now)
        name = f"orders-{now:%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return Response(csv_file(found), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get(
        "/admin/orders/{number}",
        openapi_extra=needs(Permission.READ_ORDERS),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["orders"],
        summary="Show an order",
    )
    async def get_order(number: Number) -> StaffOrderDetail:
        """An order with its attempts, refunds, shipments and returns."""
        return show_order(Payments(dependencies().database), number)

    @routes.get(
        "/admin/orders/{number}/events",
        openapi_extra=needs(Permission.READ_ORDERS),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["orders"],
        summary="Show an order's events",
    )
    async def get_order_events(number: Number) -> Trail:
        """Everything that ever happened to an order, oldest first, with who did it and why."""
        return show_trail(dependencies().log, f"order/{number}")


def _search(number: str, email: str, phone: str, status: OrderStatus | None, start: str, end: str) -> Search:
    return read_search(number=number, email=email, phone=phone, status=status, start=start, end=end)
