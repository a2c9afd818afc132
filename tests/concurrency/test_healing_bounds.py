"""How far the shop goes by itself: per case, run and day; the switch, the dry run; and what a dead worker leaves."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from commerce.healing.bounds import Mode
from commerce.healing.change_settings import SettingsChanged, change_settings
from commerce.healing.decide import HealingOff, approve_case, dismiss_case, replay_letter
from commerce.healing.model import Action, State
from commerce.healing.open_case import Opened, open_case
from commerce.healing.preview import preview
from commerce.kernel.errors import InvalidRequest
from commerce.payments.messages import CheckMessage
from commerce.payments.port import LookUpRequest, Refused
from tests.support import engines
from tests.support.books import assert_books
from tests.support.healing import LONG, Clinic, everything, finding
from tests.support.interleave import ANY, Crash, Side, interleaving, together
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept
from tests.support.shop import Shop

SKU = "LAP-1"
WHY: dict[str, Any] = {"by": "staff-1", "reason": "looked at it"}


@pytest.fixture
def clinic(shop: Shop) -> Clinic:
    shop.sell(SKU, stock=9)
    return Clinic(shop)


@pytest.fixture(params=["ministack", pytest.param("dynoxide", marks=pytest.mark.dynoxide)])
def url(request: pytest.FixtureRequest) -> str:
    """Where each of the two engines answers."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def letters(clinic: Clinic, count: int) -> None:
    number = clinic.shop.order("of the letters", (SKU, 1)).order.number
    for place in range(count):
        body = CheckMessage(number, place + 1).to_json()
        clinic.queues.lay("payment", body, clinic.shop.clock.now())


def test_no_more_than_the_limit_in_one_run(clinic: Clinic) -> None:
    clinic.set(actions={Action.REQUEUE: {"per_run": 2}})
    letters(clinic, 5)
    clinic.run()
    assert len(clinic.queues.sent) == 2
    clinic.run()
    clinic.run()
    assert len(clinic.queues.sent) == 5, "what was left is due at the next"


def test_no_more_than_the_limit_on_one_day_by_the_shop_and_by_people(clinic: Clinic) -> None:
    clinic.set(actions={Action.REQUEUE: {"per_day": 2}})
    letters(clinic, 4)
    clinic.run()
    clinic.run()
    assert len(clinic.queues.sent) == 2
    left = clinic.cases(State.OPEN)
    with pytest.raises(HealingOff, match="2 times today"):
        approve_case(clinic.staff, left[0].id, None, **WHY)
    clinic.later(12 * LONG)
    assert len(clinic.queues.sent) == 4, "the next day is another"


def test_two_who_count_at_once_never_count_past_the_limit(clinic: Clinic) -> None:
    now = clinic.shop.clock.now()
    spent = together(*[lambda: clinic.desk.cases.spend("requeue", "2026-11-22", 3, now)] * 6)
    assert sorted(spent) == [False] * 3 + [True] * 3


def test_people_may_approve_no_more_often_than_one_item_may_be_tried(clinic: Clinic) -> None:
    letters(clinic, 1)
    clinic.run()
    (case,) = clinic.cases(State.HEALED)
    for _ in range(3):
        clinic.queues.lay("payment", str(case.finding.body), clinic.shop.clock.now())
        clinic.run()
        replay_letter(clinic.staff, case.id, **WHY)
    clinic.queues.lay("payment", str(case.finding.body), clinic.shop.clock.now())
    clinic.run()
    with pytest.raises(HealingOff, match="3 times"):
        replay_letter(clinic.staff, case.id, **WHY)


def test_what_is_switched_off_is_handed_over_and_what_is_to_be_proposed_is(clinic: Clinic) -> None:
    clinic.set(actions={Action.REQUEUE: {"mode": Mode.OFF}})
    letters(clinic, 1)
    clinic.run()
    (case,) = clinic.cases(State.FOR_PERSON)
    with pytest.raises(HealingOff, match="switched off"):
        replay_letter(clinic.staff, case.id, **WHY)
    clinic.set(actions={Action.REQUEUE: {"mode": Mode.PROPOSE}})
    letters(clinic, 2)
    clinic.run()
    (proposed,) = clinic.cases(State.PROPOSED)
    assert clinic.queues.sent == []
    approve_case(clinic.staff, proposed.id, None, **WHY)
    assert len(clinic.queues.sent) == 1
    assert clinic.events(proposed) == ["CaseOpened", "CaseProposed", "CaseActing", "CaseHealed"]


def test_the_switch_stops_everything_and_leaves_letters_where_they_are(clinic: Clinic, mpesa: Mpesa) -> None:
    letters(clinic, 3)
    clinic.run()
    (case, *_) = clinic.cases(State.HEALED)
    clinic.set(enabled=False)
    placed = clinic.shop.order("key", (SKU, 1))
    mpesa.pay(placed.order.number)
    clinic.queues.lay("payment", "{}", clinic.shop.clock.now())
    before = everything(clinic.shop)
    assert clinic.later().skipped == "switched_off"
    with pytest.raises(HealingOff):
        replay_letter(clinic.staff, case.id, **WHY)
    assert everything(clinic.shop) == before
    assert clinic.queues.left() == 1
    assert len(clinic.queues.sent) == 3


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    open_case(clinic.desk, finding())
    clinic.shop.clock.forward(LONG / 6)
    clinic.run()
    mpesa.pay(placed.order.number)
    clinic.set(dry_run=True)
    clinic.queues.lay("payment", "{}", clinic.shop.clock.now())
    clinic.shop.clock.forward(LONG)
    before, asked = everything(clinic.shop), len(mpesa.looked_up)
    run = clinic.run()
    foreseen = preview(clinic.staff)
    assert run.skipped == "dry_run"
    assert run.would[Action.RE_VERIFY.value] == 1, run
    assert run.would.total() == len(foreseen)
    assert everything(clinic.shop) == before, "in any table"
    assert len(mpesa.looked_up) == asked, "at any provider"
    assert (clinic.queues.left(), clinic.queues.sent) == (1, []), "in any queue"


def test_a_preview_is_what_the_run_then_does(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    clinic.shop.clock.forward(LONG / 6)
    clinic.run()
    mpesa.pay(placed.order.number)
    clinic.shop.clock.forward(LONG)
    foreseen = {case.finding.about: (case.action, case.state) for case in preview(clinic.staff)}
    clinic.run()
    clinic.run()
    for about, (action, state) in foreseen.items():
        case = clinic.about(about)
        assert (action, state) == (case.action, State.OPEN), about
        assert case.tries or case.state is State.HEALED, "what one action put in order needs no other"


def test_what_a_person_dismissed_is_not_found_again(clinic: Clinic) -> None:
    assert open_case(clinic.desk, finding()) is Opened.NEW
    clinic.run()
    (case,) = clinic.cases(State.FOR_PERSON)
    dismiss_case(clinic.staff, case.id, **WHY)
    assert open_case(clinic.desk, finding()) is Opened.KNOWN
    assert clinic.cases() == []


def test_only_what_is_allowed_for_a_kind_can_be_approved(clinic: Clinic) -> None:
    open_case(clinic.desk, finding())
    clinic.run()
    (case,) = clinic.cases(State.FOR_PERSON)
    for action in (None, Action.REFUND, Action.RELEASE, Action.REQUEUE):
        with pytest.raises(InvalidRequest):
            approve_case(clinic.staff, case.id, action, **WHY)


# -- settings


def test_settings_have_versions_that_can_be_read_and_set_again(clinic: Clinic) -> None:
    first = clinic.set(dry_run=True)
    second = clinic.set(enabled=False)
    assert (first.version, second.version) == (1, 2)
    assert clinic.desk.settings.version(0) != first
    assert clinic.desk.settings.version(1) == first
    assert clinic.desk.settings.version(9) is None
    again = first.model_copy(update={"version": 2})
    assert change_settings(clinic.desk, again, **WHY).version == 3
    assert clinic.desk.settings.read().model_copy(update={"version": 1}) == first
    events = clinic.shop.till.log.trail("healing/settings")
    assert [(event.data["version"], event.data["by"]) for event in events][-1] == (3, "staff-1")
    assert events[-1].data["before"]["enabled"] is False
    assert events[-1].data["after"]["enabled"] is True


def test_two_change_the_settings_at_once_and_one_is_told(clinic: Clinic) -> None:
    wanted = clinic.desk.settings.read()
    results = together(
        *[partial(change_settings, clinic.desk, wanted.model_copy(update={"model": on}), **WHY) for on in (True, False)]
    )
    assert sum(isinstance(result, SettingsChanged) for result in results) == 1
    assert clinic.desk.settings.read().version == 1


# -- a worker dies


def ailing(shop: Shop, mpesa: Mpesa) -> Clinic:
    """Return a shop in which several things are wrong at once: every run has much to do."""
    shop.sell(SKU, stock=9)
    clinic = Clinic(shop)
    paid = shop.order("paid", (SKU, 1))
    mpesa.pay(paid.order.number)
    failed = shop.order("failed", (SKU, 1))
    mpesa.fail(failed.order.number)
    gone = shop.order("late", (SKU, 2))
    assert shop.expire(gone)
    mpesa.pay(gone.order.number)
    clinic.queues.lay("payment", CheckMessage(paid.order.number, 1).to_json(), shop.clock.now())
    clinic.queues.lay("notify", "{}", shop.clock.now())
    shop.clock.forward(LONG)
    return clinic


def cured(clinic: Clinic, mpesa: Mpesa) -> tuple[Any, ...]:
    """Let healing go on, and everything else settle; return where it all stands, tries and times aside."""
    for _ in range(3):
        clinic.later()
    postman = Postman(clinic.shop, mpesa)
    postman.settle_down()
    for _ in range(2):
        clinic.later(4 * LONG)
    found = assert_kept(clinic.shop)
    assert_books(clinic.shop, mpesa, found, settled=True)
    orders = {one.order.number: (one.order.status, one.order.paid, len(one.refunds)) for one in found}
    cases = {case.finding.about: case.state for case in clinic.cases(*State) if "/mail" not in case.finding.about}
    return orders, clinic.shop.stock(SKU), cases, clinic.queues.left()


def test_a_run_survives_a_crash_at_every_call(url: str) -> None:
    """Before and after each call to a table or a provider the worker dies; the next runs find it all, once."""
    shop, mpesa = fresh(url)
    clinic = ailing(shop, mpesa)
    with interleaving(shop) as steps:
        clinic.run()
    calls = len(steps.calls)
    expected = cured(clinic, mpesa)
    assert calls > 40
    # Every ninth place: the whole series would take minutes, and each step of a run makes several calls.
    places: list[tuple[Side, int]] = [("after", place) for place in range(1, calls + 1, 9)]
    for side, place in places:
        shop, mpesa = fresh(url)
        clinic = ailing(shop, mpesa)
        with interleaving(shop) as steps:
            steps.crash(side, ANY, nth=place)
            with pytest.raises(Crash):
                clinic.run()
        assert_kept(shop)
        assert cured(clinic, mpesa) == expected, (side, place, steps.calls[-3:])


def fresh(url: str) -> tuple[Shop, Mpesa]:
    mpesa = Mpesa()
    return Shop(engines.fresh_database(url), provider=mpesa), mpesa


def test_after_healing_nothing_is_acted_on_twice(shop: Shop, mpesa: Mpesa) -> None:
    clinic = ailing(shop, mpesa)
    cured(clinic, mpesa)
    acted = [case.tries for case in clinic.cases(*State)]
    sent = len(clinic.queues.sent)
    for _ in range(5):
        clinic.later()
    assert [case.tries for case in clinic.cases(*State)] == acted
    assert len(clinic.queues.sent) == sent


def test_a_fault_in_one_case_does_not_keep_the_others_waiting(shop: Shop, mpesa: Mpesa) -> None:
    clinic = ailing(shop, mpesa)

    def broken(request: LookUpRequest) -> Refused:
        raise ZeroDivisionError("0712345678")

    mpesa.look_up = broken  # type: ignore[method-assign]
    clinic.run()
    tried = [case for case in clinic.cases() if case.tries]
    assert tried
    assert any(queue == "verify" for queue, _ in clinic.queues.sent)
    for case in tried:
        assert "0712345678" not in str(clinic.shop.till.log.trail(case.subject)), "a fault's words may hold anything"


# -- a model


class Scripted:
    """A model that says what a test wants."""

    def __init__(self, answer: Action | None) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    def propose(self, question: Any) -> Action | None:
        self.asked.append(question)
        return self.answer


def unknown(clinic: Clinic, scripted: Scripted, **settings: Any) -> str:
    """Let the shop give up on an outcome that nobody knows, with a model at hand; return what the case is about."""
    placed = clinic.shop.order("key", (SKU, 1))
    assert clinic.shop.expire(placed)
    clinic.set(**settings)
    clinic.desk = clinic.make(classifier=scripted)
    for _ in range(12):
        clinic.later()
    return f"order/{placed.order.number}/attempt/1/outcome"


def test_a_model_proposes_where_the_rules_have_no_answer_and_a_person_decides(clinic: Clinic, mpesa: Mpesa) -> None:
    model = Scripted(Action.RESERVE_AGAIN)
    about = unknown(clinic, model, model=True)
    case = clinic.about(about)
    assert (case.state, case.action, case.proposed_by) == (State.PROPOSED, Action.RESERVE_AGAIN, "model")
    assert case.tries == 3, "nothing was done on its word"
    (question,) = [one for one in model.asked if one.kind == "stuck_payment"]
    assert question.choices == [Action.RESERVE_AGAIN, Action.HAND_OVER]
    told = str(question)
    for secret in ("0712345678", "254712345678", "wanjiku", about.split("/")[1]):
        assert secret not in told.lower()
    mpesa.pay(about.split("/")[1])
    approve_case(clinic.staff, case.id, None, **WHY)
    assert clinic.about(about).state is State.HEALED


@pytest.mark.parametrize("answer", [Action.REFUND, Action.RELEASE, Action.RE_VERIFY, Action.HAND_OVER, None])
def test_what_a_model_may_not_propose_is_handed_over(clinic: Clinic, answer: Action | None) -> None:
    about = unknown(clinic, Scripted(answer), model=True)
    assert clinic.about(about).state is State.FOR_PERSON


def test_a_model_is_not_asked_unless_people_switched_it_on(clinic: Clinic) -> None:
    model = Scripted(Action.RESERVE_AGAIN)
    about = unknown(clinic, model)
    assert model.asked == []
    assert clinic.about(about).state is State.FOR_PERSON
    off = Scripted(Action.RESERVE_AGAIN)
    other = Clinic(clinic.shop)
    other.set(model=True, actions={Action.RESERVE_AGAIN: {"mode": Mode.OFF}})
    other.desk = other.make(classifier=off)
    open_case(other.desk, clinic.about(about).finding.model_copy(update={"about": f"{about}/again"}))
    other.later()
    assert off.asked == [], "there is nothing that it could choose"
