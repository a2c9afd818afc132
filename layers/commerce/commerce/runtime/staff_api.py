"""The staff API: orders, money, goods, codes and reviews, for those whose token says that they work here."""

from __future__ import annotations

from fastapi import FastAPI

from commerce.runtime.api_problems import answer_problems
from commerce.runtime.staff_access import Dependencies
from commerce.runtime.staff_api_audit import audit_routes
from commerce.runtime.staff_api_catalog import catalog_routes
from commerce.runtime.staff_api_healing import healing_routes
from commerce.runtime.staff_api_orders import order_routes
from commerce.runtime.staff_api_refunds import refund_routes
from commerce.runtime.staff_api_returns import return_routes
from commerce.runtime.staff_api_reviews import review_routes
from commerce.runtime.staff_api_second_factor import second_factor_routes
from commerce.runtime.staff_api_security import security_routes
from commerce.runtime.staff_api_shipments import shipment_routes
from commerce.runtime.staff_api_stock import stock_routes
from commerce.runtime.staff_api_vouchers import voucher_routes
from commerce.runtime.staff_route import StaffRoute


def create_app(dependencies: Dependencies) -> FastAPI:
    """Make the API. `dependencies` is called by requests only, so the OpenAPI document needs no environment.

    Path functions are async although they block: one Lambda environment serves one request at a time.
    """
    app = FastAPI(
        title="Salama staff",
        version="1.0.0",
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    answer_problems(app)
    app.router.route_class = StaffRoute
    app.state.dependencies = dependencies
    for add in (
        order_routes,
        shipment_routes,
        refund_routes,
        return_routes,
        catalog_routes,
        stock_routes,
        voucher_routes,
        review_routes,
        healing_routes,
        second_factor_routes,
        security_routes,
        audit_routes,
    ):
        add(app.router, dependencies)
    return app
