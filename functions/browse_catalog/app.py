"""GET /products, /products/{slug}, /categories and /shipping-quotes."""

from __future__ import annotations

from mangum import Mangum

from commerce.runtime import wiring
from commerce.runtime.catalog_api import create_app
from commerce.runtime.problems import PROBLEM

app = create_app(wiring.catalog_dependencies)
lambda_handler = Mangum(app, lifespan="off", text_mime_types=["application/json", PROBLEM])
