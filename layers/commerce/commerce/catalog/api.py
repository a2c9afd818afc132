"""The catalogue as its API shows it. Amounts are integer minor units (KES cents, USD cents), tax included."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from commerce.catalog.browse_products import ListedProduct, ProductPage
from commerce.catalog.model import Image, Variant
from commerce.catalog.show_product import ShownProduct
from commerce.catalog.store import StoredCategory
from commerce.kernel.money import Currency
from commerce.tax.model import TaxClass

Amounts = Annotated[
    dict[Currency, int],
    Field(description="Minor units per currency, tax included.", examples=[{"KES": 7_850_000, "USD": 60_500}]),
]
SlugText = Annotated[str, Field(examples=["thinkpad-t14-gen-3"])]
ShelfText = Annotated[str, Field(description="The category's slug.", examples=["laptops"])]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProductCard(_Answer):
    """A product in a list."""

    slug: SlugText
    name: Annotated[str, Field(examples=["ThinkPad T14 Gen 3"])]
    brand: Annotated[str, Field(examples=["Lenovo"])]
    category: ShelfText
    condition: Annotated[str, Field(examples=["Refurbished, grade A"])]
    summary: Annotated[str, Field(examples=["A quiet 14-inch machine for long days of code."])]
    image: Image
    price_from: Amounts
    in_stock: Annotated[bool, Field(description="Whether any variant can be bought now.")]
    variants: Annotated[int, Field(description="How many variants there are.", examples=[2])]

    @classmethod
    def of(cls, listed: ListedProduct) -> Self:
        """Show a product of a page."""
        product = listed.product
        return cls(
            slug=product.slug,
            name=product.name,
            brand=product.brand,
            category=product.category,
            condition=product.condition,
            summary=product.summary,
            image=product.images[0],
            price_from=product.price_from(),
            in_stock=listed.in_stock,
            variants=len(product.variants),
        )


class ProductList(_Answer):
    """A page of products."""

    items: list[ProductCard]
    next_cursor: Annotated[
        str | None,
        Field(
            description="Hand it back as `cursor` for the next page; null at the end. A page may hold fewer products "
            "than `limit`, or none, and still have a next one.",
            examples=["WyJsYXB0b3BzI3RoaW5rcGFkLXQxNC1nZW4tMyIsICI1ZDQxNDAyYWJjNGIiXQ"],
        ),
    ]

    @classmethod
    def of(cls, page: ProductPage) -> Self:
        """Show a page."""
        return cls(items=[ProductCard.of(listed) for listed in page.items], next_cursor=page.next_cursor)


class VariantView(_Answer):
    """What is put into a basket: one SKU."""

    sku: Annotated[str, Field(examples=["TP-T14G3-16-512"])]
    name: Annotated[str, Field(examples=["16 GB / 512 GB"])]
    attributes: Annotated[dict[str, str], Field(examples=[{"memory": "16 GB", "storage": "512 GB"}])]
    prices: Amounts
    weight_grams: Annotated[int, Field(description="Packed weight.", examples=[1900])]
    available: Annotated[int, Field(description="Units that can be bought now.", examples=[3])]

    @classmethod
    def of(cls, variant: Variant, available: int) -> Self:
        """Show a variant and what is left of it."""
        return cls(
            sku=variant.sku,
            name=variant.name,
            attributes=variant.attributes,
            prices=variant.prices,
            weight_grams=variant.weight_grams,
            available=available,
        )


class ProductDetail(_Answer):
    """A product's page."""

    slug: SlugText
    name: Annotated[str, Field(examples=["ThinkPad T14 Gen 3"])]
    brand: Annotated[str, Field(examples=["Lenovo"])]
    category: ShelfText
    condition: Annotated[str, Field(examples=["Refurbished, grade A"])]
    summary: str
    description: str
    tax_class: TaxClass
    images: list[Image]
    variants: list[VariantView]
    in_stock: Annotated[bool, Field(description="Whether any variant can be bought now.")]

    @classmethod
    def of(cls, shown: ShownProduct) -> Self:
        """Show a product."""
        product, left = shown.product, shown.available
        return cls(
            slug=product.slug,
            name=product.name,
            brand=product.brand,
            category=product.category,
            condition=product.condition,
            summary=product.summary,
            description=product.description,
            tax_class=product.tax_class,
            images=list(product.images),
            variants=[VariantView.of(variant, left.get(variant.sku, 0)) for variant in product.variants],
            in_stock=any(left.get(variant.sku, 0) > 0 for variant in product.variants),
        )


class CategoryView(_Answer):
    """A category."""

    slug: Annotated[str, Field(examples=["laptops"])]
    name: Annotated[str, Field(examples=["Laptops"])]
    products: Annotated[int, Field(description="How many products it has for sale.", examples=[12])]


class CategoryList(_Answer):
    """All categories, by name."""

    items: list[CategoryView]

    @classmethod
    def of(cls, stored: list[StoredCategory]) -> Self:
        """Show the categories."""
        return cls(
            items=[
                CategoryView(slug=each.category.slug, name=each.category.name, products=each.products)
                for each in stored
            ]
        )
