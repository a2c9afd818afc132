"""What the pages say can be found: every link leads somewhere, every route and parameter is written of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.template.stack import ROOT, Stack

PAGES = [ROOT / "README.md", ROOT / "events" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)


def anchor_of(heading: str) -> str:
    """Return how a page's heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            headings = HEADING.findall(target.read_text(encoding="utf-8"))
            assert anchor in map(anchor_of, headings), link


def test_every_parameter_is_written_of(shop: Stack) -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    missing = {name for name in shop.template["Parameters"] if f"`{name}`" not in text}
    assert not missing


def test_every_route_is_written_of(shop: Stack) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    staff = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
    for route in shop.routes:
        method, path = route.split(" ")
        page = staff if path.startswith("/admin/") else readme
        named = re.compile(rf"{re.escape(path)}[`?]")
        assert any(method in line and named.search(line) for line in page.splitlines()), route


def test_the_readme_counts_right(shop: Stack) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    counts = f"{len(shop.functions)} functions, {len(shop.of('AWS::DynamoDB::Table'))} tables"
    assert f"{counts} and {len(shop.routes)} routes" in readme


def test_every_decision_has_its_number_once() -> None:
    numbers = [path.name.split("-")[0] for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
