"""Every route of the template, under every way there is to spoil a request."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from tests.attacks.hostile import Attack, Request, attacks, good_request
from tests.attacks.invariants import assert_harmless
from tests.attacks.scene import TEMPLATE, Scene
from tests.support.gateway import Gateway, Lane, Reply

LANES = Gateway(TEMPLATE, lambda function, event: None).lanes
ATTACKS = list(attacks())
_keys = itertools.count()


def send(scene: Scene, request: Request, **more: Any) -> Reply:
    return scene.ask(request.method, request.target, headers=request.headers, body=request.body, **more)


def spoilt(lane: Lane, scene: Scene, attack: Attack) -> Request | None:
    """Spoil the route's good request, sent under a key of its own: none is answered as the repeat of another."""
    good = good_request(lane, scene)
    if not attack.applies(good):
        return None
    return attack.spoil(good.header("idempotency-key", f"attack-{next(_keys)}"))


@pytest.mark.parametrize("lane", LANES, ids=[lane.key for lane in LANES])
def test_no_request_breaks_leaks_or_changes_anything(lane: Lane, scene: Scene) -> None:
    faults = []
    for attack in ATTACKS:
        request = spoilt(lane, scene, attack)
        if request is None:
            continue
        # A minute passes, or the limits would answer everything.
        scene.world.shop.clock.forward(timedelta(minutes=1))
        scene.forget()
        reply = send(scene, request)
        what = f"{lane.key} with {attack.name}"
        try:
            assert_harmless(scene, reply, what=what, staff=lane.key.partition(" ")[2].startswith("/admin"))
            assert lane.method != "GET" or scene.written == [], f"{what}: wrote {scene.written}"
        except AssertionError as fault:
            faults.append(str(fault).partition("\n")[0])
    assert not faults, "\n".join(faults)
