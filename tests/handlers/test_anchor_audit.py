"""The signature over each day's archive."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from commerce.audit.archive import Archive
from commerce.audit.digest import DayDigest
from commerce.runtime import aws
from tests.handlers.event_files import load
from tests.handlers.test_archive_events import archive, stream, versions
from tests.handlers.world import Context, World

__all__ = ["archive"]
DAY = "2026-11-22"


@pytest.fixture
def night(world: World, archive: Archive) -> str:
    """Archive an order's events, and let the day end; return the segment."""
    clock = world.shop.clock
    clock.moment = clock.moment.replace(day=22, hour=9, minute=0)
    world.call("archive_events", stream(world, world.order()))
    clock.moment = clock.moment.replace(day=23, hour=0, minute=30)
    (key,) = archive.segments_of(DAY)
    return key


def test_the_day_before_is_signed_for(world: World, archive: Archive, night: str) -> None:
    assert world.play("anchor_audit", "every_night") == {"days": [DAY]}
    digest = DayDigest.model_validate_json(archive.body(f"digests/{DAY}.json") or b"")
    assert [(segment.key, segment.events) for segment in digest.segments] == [(night, 2)]
    assert digest.computed() == digest.digest
    assert (digest.previous, digest.late, digest.events) == (None, (), 2)


def test_anybody_with_the_public_key_can_check_it(world: World, archive: Archive, night: str) -> None:
    world.play("anchor_audit", "every_night")
    digest = DayDigest.model_validate_json(archive.body(f"digests/{DAY}.json") or b"")
    public = load_der_public_key(aws.client("kms").get_public_key(KeyId=digest.key_id)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signature, over = base64.b64decode(digest.signature), bytes.fromhex(digest.digest)
    public.verify(signature, over, ec.ECDSA(utils.Prehashed(SHA256())))


def test_an_event_that_is_delivered_twice_changes_nothing(world: World, archive: Archive, night: str) -> None:
    world.play("anchor_audit", "every_night")
    before = versions(archive)
    assert world.play("anchor_audit", "every_night") == {"days": []}
    assert versions(archive) == before


def test_missed_nights_are_made_up_for(world: World, archive: Archive, night: str) -> None:
    world.shop.clock.moment = world.shop.clock.moment.replace(day=26)
    event = load("anchor_audit", "every_night")
    assert world.call("anchor_audit", event, Context(seconds_left=1)) == {"days": [DAY]}, "at least one a run"
    days = ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert world.call("anchor_audit", event, Context(seconds_left=900)) == {"days": days}
