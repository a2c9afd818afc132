"""What is mutated, and which tests must notice. The tests of the area itself, no others: they say its rules."""

from __future__ import annotations

#: Tests of pure code need none of the fixtures that import the whole shop.
PURE = ("--noconftest",)


def _pure(*names: str) -> tuple[str, ...]:
    return (*PURE, *(f"tests/unit/test_{name}.py" for name in names), "tests/unit/test_stored_records.py")


#: By file below layers/commerce/commerce: what pytest is told.
JUDGES: dict[str, tuple[str, ...]] = {
    "board/model.py": _pure("board_model"),
    "catalog/model.py": _pure("catalog_model"),
    "customers/model.py": _pure("customers_model"),
    "healing/model.py": _pure("healing_model"),
    "inventory/model.py": _pure("inventory_allocation", "shipments_and_returns"),
    "ordering/model.py": _pure("ordering_model", "payments_model"),
    "payments/model.py": _pure("payments_amounts", "payments_model"),
    "promotions/model.py": _pure("promotions_model"),
    "reviews/model.py": _pure("reviews_model"),
    "security/model.py": _pure("security_model"),
    "shipping/model.py": _pure("shipping_model", "shipping_quotes"),
    "tax/model.py": _pure("tax_model", "tax_rates"),
    # On one engine: what a commit means is what DynamoDB answers.
    "kernel/commit.py": ("-k", "not ministack", "tests/concurrency/test_commit.py"),
}
