"""One shop for each module of attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.scene import Scene, staged


@pytest.fixture(scope="module")
def _scene(ministack_url: str) -> Iterator[Scene]:
    with staged(ministack_url) as scene:
        yield scene


@pytest.fixture
def scene(_scene: Scene) -> Scene:
    """Return the module's shop, with no security event noted yet."""
    _scene.forget()
    return _scene
