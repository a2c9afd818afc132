"""The catalogue's HTTP API: products, categories and delivery prices, with its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from commerce.catalog.api import CategoryList, ProductDetail, ProductList
from commerce.catalog.browse_products import DEFAULT_LIMIT, MAX_LIMIT, browse_products
from commerce.catalog.list_categories import list_categories
from commerce.catalog.model import Availability
from commerce.catalog.show_product import show_product
from commerce.catalog.store import Catalog
from commerce.kernel.errors import NotFound, ShopError
from commerce.kernel.money import Currency
from commerce.runtime.problems import PROBLEM, Invalid, problem, title_of
from commerce.shipping.api import ShippingQuoteList
from commerce.shipping.model import ShippingConfig
from commerce.shipping.quote_shipping import quotes

INVALID, MISSING = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND
#: Seconds for which anybody may show an answer again. Stock is only ever promised by checkout.
FRESH_SECONDS = 15
SETTLED_SECONDS = 300


class FieldProblem(BaseModel):
    """What is wrong with one member of the request."""

    field: Annotated[str, Field(examples=["limit"])]
    message: Annotated[str, Field(examples=["Input should be less than or equal to 100"])]


class Problem(BaseModel):
    """Why the request was not carried out (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:salama:problem:invalid-request"])]
    title: Annotated[str, Field(examples=["Unprocessable Content"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=["Some fields are missing or wrong."])]
    errors: list[FieldProblem] = []


@dataclass(frozen=True, slots=True)
class CatalogDependencies:
    """What the API works with."""

    catalog: Catalog
    available: Availability
    shipping: ShippingConfig


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
    for kind in (ShopError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _refuse)

    @app.get("/products", tags=["catalogue"], responses=_problems(INVALID), summary="List products")
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

    @app.get("/products/{slug}", tags=["catalogue"], responses=_problems(MISSING, INVALID), summary="Show a product")
    async def get_product(
        response: Response, slug: Annotated[str, PathParameter(max_length=80, examples=["thinkpad-t14-gen-3"])]
    ) -> ProductDetail:
        """A product with its variants, and how many of each can be bought now."""
        having = dependencies()
        shown = show_product(having.catalog, having.available, slug)
        return _fresh(response, FRESH_SECONDS, ProductDetail.of(shown))

    @app.get("/categories", tags=["catalogue"], summary="List categories")
    async def get_categories(response: Response) -> CategoryList:
        """All categories by name, each with its number of products for sale."""
        return _fresh(response, SETTLED_SECONDS, CategoryList.of(list_categories(dependencies().catalog)))

    @app.get("/shipping-quotes", tags=["shipping"], responses=_problems(INVALID), summary="Quote delivery")
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

    describe = app.openapi

    def openapi() -> dict[str, Any]:
        return _with_problem_media_type(describe())

    app.openapi = openapi  # type: ignore[method-assign]
    return app


T = TypeVar("T")


def _fresh(response: Response, seconds: int, answer: T) -> T:
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return answer


def _problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    return {status.value: {"model": Problem, "description": title_of(status)} for status in statuses}


async def _refuse(request: Request, error: Exception) -> Response:
    # After a fault's answer Starlette raises it again, and Mangum logs it with its trace.
    if isinstance(error, RequestValidationError):
        error = Invalid([_fault(fault) for fault in error.errors()])
    elif isinstance(error, HTTPException):
        error = NotFound("There is nothing at this address.")
    status, headers, body = problem(error)
    return Response(json.dumps(body), status, headers)


def _fault(fault: Mapping[str, Any]) -> dict[str, str]:
    # A location starts with where the value stood: ("query", "limit").
    return {"field": ".".join(str(part) for part in fault["loc"][1:]), "message": str(fault["msg"])}


def _with_problem_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Say of every error answer that it is problem+json; FastAPI documents them with the routes' own media type."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "application/json" in answer.get("content", {}):
                    answer["content"][PROBLEM] = answer["content"].pop("application/json")
    return document
