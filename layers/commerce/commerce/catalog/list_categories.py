"""The shop's categories."""

from __future__ import annotations

from commerce.catalog.store import Catalog, StoredCategory


def list_categories(catalog: Catalog) -> list[StoredCategory]:
    """Return all categories by name, each with its number of products for sale (one query)."""
    return sorted(catalog.categories(), key=lambda stored: (stored.category.name.casefold(), stored.category.slug))
