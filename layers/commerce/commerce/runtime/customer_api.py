"""The HTTP API for customers: what they keep with the shop when signed in, and their reviews; with its document."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import Depends, FastAPI, Header, Response
from fastapi import Path as PathParameter

from commerce.catalog.store import Catalog
from commerce.customers.add_wish import add_wish
from commerce.customers.api import CartRequest, CartView, MeView, WishList
from commerce.customers.store import Notes
from commerce.identity.claims import Caller
from commerce.kernel.clock import Clock
from commerce.kernel.errors import NotPermitted, NotSignedIn
from commerce.kernel.tables import Database
from commerce.limits.order_lookups import OrderLookups
from commerce.reviews.api import ReviewRequest, WrittenReview, WrittenReviewView
from commerce.reviews.write_review import FindOrder, write_review
from commerce.runtime.api_problems import answer_problems, problems
from commerce.runtime.door_route import By, DoorRoute
from commerce.runtime.problems import BadHeader

BAD, NOBODY, MISSING = HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND
CONFLICT, INVALID, BUSY = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS
_VERSION_TAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)

Slug = Annotated[str, PathParameter(max_length=80, examples=["thinkpad-t14-gen-3"])]


@dataclass(frozen=True, slots=True)
class CustomerDependencies:
    """What the API works with."""

    database: Database
    clock: Clock
    find_order: FindOrder
    lookups: OrderLookups


def create_app(dependencies: Callable[[], CustomerDependencies]) -> FastAPI:
    """Make the API. `dependencies` is called by requests only, so the OpenAPI document needs no environment."""
    app = FastAPI(
        title="Salama customers",
        version="1.0.0",
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    answer_problems(app)
    app.router.route_class = DoorRoute
    _add_notes(app, dependencies)
    _add_reviews(app, dependencies)
    return app


async def signed_in(visitor: By) -> Caller:
    """Return who calls.

    Raises
    ------
    NotSignedIn
        When no token was sent.
    NotPermitted
        When a service calls: what is below /me belongs to people.
    """
    if visitor.caller is None:
        raise NotSignedIn("Please sign in.")
    if visitor.caller.service:
        raise NotPermitted("This is for people who sign in.")
    return visitor.caller


Me = Annotated[Caller, Depends(signed_in)]


def _add_notes(app: FastAPI, dependencies: Callable[[], CustomerDependencies]) -> None:
    def notes_of(caller: Caller) -> Notes:
        return Notes(dependencies().database, caller.subject)

    @app.get("/me", tags=["customers"], responses=problems(NOBODY), summary="Show who is signed in")
    async def show_me(response: Response, caller: Me) -> MeView:
        """The signed-in customer, as the token says."""
        return _private(response, MeView(subject=caller.subject, email=caller.email))

    @app.get("/me/cart", tags=["customers"], responses=problems(NOBODY), summary="Show the saved cart")
    async def show_cart(response: Response, caller: Me) -> CartView:
        """The cart that this customer saved last, on whichever device."""
        return _cart(response, CartView.of(notes_of(caller).cart()))

    @app.put("/me/cart", tags=["customers"], responses=problems(BAD, NOBODY, CONFLICT, INVALID), summary="Save a cart")
    async def save_cart(
        response: Response,
        caller: Me,
        request: CartRequest,
        if_match: Annotated[str | None, Header(description="The ETag of the cart that is replaced.")] = None,
    ) -> CartView:
        """Replace the saved cart. With a version that is no longer the stored one, 409 says which one is."""
        replaces = request.version if if_match is None else _version(if_match)
        saved = notes_of(caller).save_cart(request.cart(), dependencies().clock.now(), replaces=replaces)
        return _cart(response, CartView.of(saved))

    @app.get("/me/wishlist", tags=["customers"], responses=problems(NOBODY), summary="Show the wishlist")
    async def show_wishlist(response: Response, caller: Me) -> WishList:
        """The products this customer wishes for, newest first. One that was withdrawn since is still named."""
        return _private(response, WishList.of(notes_of(caller).wishes()))

    @app.put(
        "/me/wishlist/{slug}",
        tags=["customers"],
        status_code=HTTPStatus.NO_CONTENT,
        responses=problems(NOBODY, MISSING, CONFLICT, INVALID),
        summary="Wish for a product",
    )
    async def put_wish(caller: Me, slug: Slug) -> Response:
        """Put a product on the wishlist; again is no error. A full list (200 products) answers 409."""
        having = dependencies()
        add_wish(notes_of(caller), Catalog(having.database), having.clock, slug)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})

    @app.delete(
        "/me/wishlist/{slug}",
        tags=["customers"],
        status_code=HTTPStatus.NO_CONTENT,
        responses=problems(NOBODY, INVALID),
        summary="Drop a wish",
    )
    async def delete_wish(caller: Me, slug: Slug) -> Response:
        """Take a product off the wishlist, whether it is on it or not."""
        notes_of(caller).drop_wish(slug)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})


def _add_reviews(app: FastAPI, dependencies: Callable[[], CustomerDependencies]) -> None:
    @app.post(
        "/products/{slug}/reviews",
        tags=["reviews"],
        status_code=HTTPStatus.CREATED,
        responses=problems(BAD, MISSING, CONFLICT, INVALID, BUSY),
        summary="Review a product",
    )
    async def post_review(response: Response, visitor: By, slug: Slug, request: ReviewRequest) -> WrittenReviewView:
        """For the buyer of a delivered order that holds the product; it is shown once staff have read it.

        The same review sent again answers the same. Another one of the same order and product is refused.
        """
        having = dependencies()
        with having.lookups.asking(request.order_number, visitor.network):
            review = write_review(
                having.database,
                having.clock,
                having.find_order,
                slug,
                request.order_number,
                request.email,
                request.said(),
            )
        return _private(response, WrittenReviewView(review=WrittenReview.of(review)))


def _cart(response: Response, view: CartView) -> CartView:
    response.headers["ETag"] = f'"{view.version}"'
    return _private(response, view)


T = TypeVar("T")


def _private(response: Response, answer: T) -> T:
    response.headers["Cache-Control"] = "no-store"
    return answer


def _version(tag: str) -> int | None:
    """Read an If-Match; ``*`` takes any version."""
    if tag.strip() == "*":
        return None
    found = _VERSION_TAG.fullmatch(tag.strip())
    if found is None:
        raise BadHeader("If-Match holds the ETag of a cart.", field="If-Match")
    return int(found[1])
