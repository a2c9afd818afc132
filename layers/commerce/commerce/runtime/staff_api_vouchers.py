"""Staff keep the voucher codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from commerce.identity.permissions import Permission
from commerce.kernel.errors import Conflict, InvalidRequest, NotFound, StaleWrite
from commerce.promotions.model import Voucher, voucher_code
from commerce.promotions.publish_voucher import publish_voucher, switch_voucher
from commerce.promotions.store import StoredVoucher, Vouchers
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import (
    By,
    Dependencies,
    Once,
    OnceIfKeyed,
    Reason,
    StaffDependencies,
    StaffRequest,
    as_json,
    needs,
)

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
Code = Annotated[str, PathParameter(max_length=40, examples=["KARIBU10"])]


class VoucherChanged(Conflict):
    """Somebody changed the voucher at the same time."""


class StaffVoucher(BaseModel):
    """A voucher as it is kept. Amounts are minor units."""

    model_config = ConfigDict(frozen=True)

    voucher: Voucher
    revision: int

    @classmethod
    def of(cls, stored: StoredVoucher) -> Self:
        """Show a voucher."""
        return cls(voucher=stored.voucher, revision=stored.revision)


class CountedVoucher(StaffVoucher):
    """A voucher with how often it is used by placed and paid orders."""

    used: int


class VoucherList(BaseModel):
    """A page of vouchers, by code."""

    model_config = ConfigDict(frozen=True)

    items: list[StaffVoucher]
    next_cursor: str | None = Field(description="The last code of the page; null at the end")


class VoucherRequest(StaffRequest):
    """What a code promises from now on. Orders that use it keep what they were promised."""

    voucher: Annotated[Voucher, as_json(Voucher)]
    reason: Reason


class SwitchRequest(StaffRequest):
    """Whether a code can be used."""

    active: bool
    reason: Reason


def voucher_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""
    refusals = problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID)

    @routes.get(
        "/admin/vouchers",
        openapi_extra=needs(Permission.READ_VOUCHERS),
        responses=problems(FORBIDDEN, INVALID),
        tags=["vouchers"],
        summary="List vouchers",
    )
    async def list_vouchers(
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT, cursor: str | None = None
    ) -> VoucherList:
        """All codes, by name, page by page."""
        vouchers = Vouchers(dependencies().database)
        after = _code(cursor, field="cursor") if cursor else None
        codes = vouchers.codes(after=after, limit=limit + 1)
        shown = codes[:limit]
        items = [StaffVoucher.of(each) for each in vouchers.vouchers(shown)]
        return VoucherList(items=items, next_cursor=shown[-1] if len(codes) > limit else None)

    @routes.get(
        "/admin/vouchers/{code}",
        openapi_extra=needs(Permission.READ_VOUCHERS),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["vouchers"],
        summary="Show a voucher",
    )
    async def get_voucher(code: Code) -> CountedVoucher:
        """A voucher, and how often it is used."""
        return _counted(dependencies(), code)

    @routes.put(
        "/admin/vouchers/{code}",
        openapi_extra=needs(Permission.EDIT_VOUCHERS),
        responses=refusals,
        tags=["vouchers"],
        summary="Write a voucher",
    )
    async def put_voucher(code: Code, request: VoucherRequest, by: By, once: OnceIfKeyed) -> CountedVoucher:
        """Open a code, or change what it promises."""
        if request.voucher.code != _code(code, field="code"):
            raise InvalidRequest("This is not the code of the address.", field="voucher.code")
        having = dependencies()

        def publish() -> None:
            with _told_when_others_change_it():
                publish_voucher(
                    having.database, having.clock, request.voucher, by=by, reason=request.reason, record=having.record
                )

        once(f"voucher/{request.voucher.code}", publish)
        return _counted(having, code)

    @routes.post(
        "/admin/vouchers/{code}/active",
        openapi_extra=needs(Permission.EDIT_VOUCHERS),
        responses=refusals,
        tags=["vouchers"],
        summary="Switch a voucher off or on",
    )
    async def switch_code(code: Code, request: SwitchRequest, by: By, once: Once) -> CountedVoucher:
        """Switch a code off or on; it keeps its uses."""
        having = dependencies()
        name = _code(code, field="code")

        def switch() -> None:
            with _told_when_others_change_it():
                switch_voucher(
                    having.database,
                    having.clock,
                    name,
                    active=request.active,
                    by=by,
                    reason=request.reason,
                    record=having.record,
                )

        once(f"voucher/{name}", switch)
        return _counted(having, code)


def _counted(having: StaffDependencies, code: str) -> CountedVoucher:
    vouchers = Vouchers(having.database)
    stored = vouchers.voucher(_code(code, field="code"))
    if stored is None:
        raise NotFound("There is no such voucher.")
    used = sum(each.used for each in vouchers.by_shard(stored.voucher.code, stored.voucher.shards))
    return CountedVoucher(voucher=stored.voucher, revision=stored.revision, used=used)


def _code(text: str, *, field: str) -> str:
    try:
        return voucher_code(text)
    except ValueError:
        raise InvalidRequest("A code has 3 to 32 letters, digits and dashes.", field=field) from None


@contextmanager
def _told_when_others_change_it() -> Iterator[None]:
    try:
        yield
    except StaleWrite:
        raise VoucherChanged("Somebody else changed this voucher meanwhile. Look at it again.") from None
