"""The threat model names only what exists: each file, and each test that is said to show something."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.template.stack import ROOT

PAGE = ROOT / "docs" / "security.md"
AREAS = ROOT / "layers" / "commerce" / "commerce"
#: A file, perhaps with a test of it; or `::test_name` alone, which is of the file named before in the same line.
NAMED = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|yaml|toml|lock|txt))?(?:::(test_\w+))?`")
CLAIMS = [
    (number, found[1], found[2])
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), start=1)
    for found in NAMED.finditer(line)
    if found[1] or found[2]
]


def find(path: str) -> Path:
    """Return the file of a path that the page names: of the repository, or of the shop's code."""
    (known,) = [place for place in (ROOT / path, AREAS / path) if place.is_file()]
    return known


@pytest.mark.parametrize("number", sorted({number for number, _, _ in CLAIMS}))
def test_what_a_line_names_exists(number: int) -> None:
    file: Path | None = None
    for _, path, test in [claim for claim in CLAIMS if claim[0] == number]:
        if path:
            file = find(path)
        if test:
            assert file, f"line {number}: {test} is of no file"
            tree = ast.parse(file.read_text(encoding="utf-8"))
            names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert test in names, f"line {number}: {file.name} has no {test}"


def test_every_row_of_an_attack_is_shown_by_a_test() -> None:
    text = PAGE.read_text(encoding="utf-8")
    attacks = text[text.index("## A stranger") : text.index("## What is not protected")]
    rows = [line for line in attacks.splitlines() if line.startswith("| ") and "Shown by" not in line]
    assert rows
    for row in rows:
        shown = row.rstrip(" |").rsplit(" | ", 1)[1]
        assert "`tests/" in shown or shown.startswith("The same"), row
