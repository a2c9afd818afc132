"""What staff see of the shop's own repairs, its security events and its audit trail: a small phone, the real stack."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from commerce.audit.archive import Archive
from commerce.audit.report import DayReport, FaultView, report_key
from commerce.audit.store import EventLog
from commerce.audit.verify_trail import Kind
from commerce.healing.bounds import HealingSettings
from commerce.healing.desk import Letter
from commerce.healing.letters import about_letter
from commerce.healing.model import State
from commerce.healing.settings_store import SettingsStore
from commerce.healing.store import Cases
from commerce.payments.links import CallbackLinks, Purpose
from commerce.security.kinds import SecurityKind
from sandbox.identity import Person
from sandbox.stack import Stack
from sandbox.stack.door import STAFF_KEY
from sandbox.stack.engine import CREDENTIALS, REGION
from sandbox.stack.schedule import scheduled_event
from sandbox.stack.startup import SECRET
from tests.e2e.browsing import SMALL_PHONE
from tests.e2e.test_stack import until
from tests.e2e.test_staff_page import PATIENCE, at, look_until, open_paid, order, press, show_code, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.stack]

#: Requests of one page at the same time; each has a process of its own.
AT_ONCE = 3
OLD_DAY = "2020-02-29"
ODD_ADDRESSES = ["#/healing/100%", "#/security/%E0%A4%A", "#/%zz", "#/constructor/x", "#/audit?day=%"]


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page on a small phone; a script error or a broken content policy fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(viewport=SMALL_PHONE).new_page()
        opened.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield opened
        assert not scrolls_sideways(opened)
        browser.close()
        # Chromium calls every refusal an error of the page.
        assert [one for one in complaints if "Failed to load resource" not in one] == []


@pytest.fixture(scope="module", autouse=True)
def awake(stack: Stack) -> None:
    """Start the staff API's processes before a page waits for them: on a busy machine that takes longer."""
    token = stack.issuer.token_for(Person(email="early@salama.test", name="Early", roles=("admin",)))
    known = {"authorization": f"Bearer {token}", "x-client-key": STAFF_KEY}

    def answers(_: int) -> bool:
        try:
            asked = httpx.get(f"{stack.api_url}/admin/healing/settings", headers=known, timeout=120, trust_env=False)
        except httpx.TransportError:
            return False
        return asked.status_code == 200

    with ThreadPoolExecutor(AT_ONCE) as askers:
        until(lambda: all(askers.map(answers, range(AT_ONCE))), 120)


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def client(stack: Stack, service: str) -> Any:
    return boto3.client(service, endpoint_url=stack.aws_url, region_name=REGION, **CREDENTIALS)  # type: ignore[call-overload]


def heal(stack: Stack) -> dict[str, Any]:
    """Run the scheduled repair once; return what it says it did."""
    answer = stack.lambda_.invoke(
        FunctionName=stack.functions["heal_failures"], Payload=json.dumps(scheduled_event()).encode()
    )
    told = answer["Payload"].read()
    assert not answer.get("FunctionError"), told
    done: dict[str, Any] = json.loads(told)
    return done


def poison(stack: Stack) -> str:
    """Leave a message that nobody can read with the dead letters of e-mails; return the name of its case."""
    body = f"no JSON {uuid.uuid4()}"
    return case_of(stack, Letter("notify", "", "", body, datetime.now(UTC)))


def case_of(stack: Stack, letter: Letter) -> str:
    """Leave a dead letter, and have repairs run until its case waits for a person; return the case's name."""
    case = about_letter(letter).case_id
    stack.sqs.send_message(QueueUrl=stack.queues[f"{letter.queue.title()}DeadLetters"], MessageBody=letter.body)

    def handed_over() -> bool:
        heal(stack)
        found = Cases(stack.database, EventLog(stack.database)).read(case)
        return found is not None and found.state is State.FOR_PERSON

    # A run leaves when another one is going on.
    until(handed_over, 90)
    return case


def open_case(page: Page, case: str) -> None:
    """Find a case among those that wait for a person, and open it."""
    page.click(at("tab-healing"))
    page.click(at("cases-for_person"))
    page.click(f"{at('case-row')}[data-case='{case}'] {at('open-case')}")
    expect(page.locator(at("case-title"))).to_contain_text("notify")
    state_is(page, "for_person")


def state_is(page: Page, state: str) -> None:
    expect(page.locator(at("case-state"))).to_have_attribute("data-state", state)


def entries(page: Page) -> Locator:
    """What the case's page says happened."""
    return page.locator(at("entry"))


def has_focus(page: Page) -> None:
    """The keyboard must be somewhere on the page, not lost with what was drawn anew."""
    expect(page.locator("main :focus")).to_have_count(1)


def test_a_dead_letter_is_dismissed_and_another_acted_on(page: Page, stack: Stack) -> None:
    first, second = poison(stack), poison(stack)
    sign_in(page, stack)
    page.click(at("tab-healing"))
    expect(page.locator(at("count-for_person"))).not_to_have_text("0")
    open_case(page, first)
    expect(page.locator(at("matter"))).to_contain_text("the queue notify")
    expect(page.locator(at("effects"))).to_contain_text("a person decides")

    page.click(at("dismiss-case"))
    page.click(at("ask-confirm"))
    expect(page.locator("[data-fault=reason]")).to_have_text("Say why, in a few words.")
    press(page, "It was a trial")
    app = show_code(page)
    page.wait_for_selector(at("ask"), state="hidden")
    state_is(page, "dismissed")
    expect(entries(page).last).to_contain_text("Dismissed")
    expect(entries(page).last).to_contain_text("you")
    expect(page.locator(at("live"))).to_have_text("Decided. The case is now: Dismissed.")
    expect(page.locator(at("dismiss-case"))).to_have_count(0)
    has_focus(page)

    open_case(page, second)
    page.click(at("approve-case"))
    expect(page.locator(at("ask-action"))).to_have_value("requeue")
    press(page, "The worker was mended")
    show_code(page, app)
    page.wait_for_selector(at("ask"), state="hidden")
    state_is(page, "healed")
    expect(entries(page).last).to_contain_text("Sent to the queue notify")
    page.click(at("back"))
    page.click(at("cases-healed"))
    expect(page.locator(f"{at('case-row')}[data-case='{second}']")).to_be_visible()


def test_a_dead_letter_is_sent_back(page: Page, stack: Stack) -> None:
    case = poison(stack)
    sign_in(page, stack)
    open_case(page, case)
    page.click(at("replay-case"))
    press(page, "The worker was mended")
    show_code(page)
    page.wait_for_selector(at("ask"), state="hidden")
    state_is(page, "healed")
    expect(entries(page).nth(2)).to_have_attribute("data-what", "begins: requeue")
    page.click(at("back"))
    page.click(at("preview"))
    expect(page.get_by_role("heading", level=1)).to_have_text("What would be done now")


def test_a_case_of_an_order_says_how_it_stood(page: Page, stack: Stack) -> None:
    number = order(stack)
    facts = {"order_number": number, "attempt": 1, "attention": True}
    body = json.dumps(
        {"detail-type": "PaymentClaimDisputed", "source": "salama", "detail": {"id": str(uuid.uuid4()), "data": facts}}
    )
    case = case_of(stack, Letter("payment", "", "", body, datetime.now(UTC)))
    sign_in(page, stack)
    page.click(at("tab-healing"))
    page.click(at("cases-for_person"))
    row = page.locator(f"{at('case-row')}[data-case='{case}']")
    expect(row.locator(at("case-order"))).to_have_text(number)
    row.locator(at("open-case")).click()
    stood = entries(page).last.locator("li")
    expect(stood.first).to_contain_text(re.compile(r"^order: \w+ \(before\)$"))
    page.click(at("approve-case"))
    press(page, "To see whether it can be done")
    show_code(page)
    expect(page.locator(at("ask-error"))).to_have_text("There is nothing to ask the provider for.")
    page.click(at("ask-cancel"))
    page.click(f"{at('matter')} {at('case-order')}")
    expect(page.locator(at("order-number"))).to_have_text(number)


def test_what_was_and_what_is_in_words(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.base_url}/staff/")
    before, after = (
        {"payment": "unknown", "version": 2, "held": 1},
        {"payment": "succeeded", "version": 2, "by": {"a": 1}},
    )
    told = page.evaluate(
        "async ([before, after]) => (await import('/staff/js/case-words.js')).changes(before, after)", [before, after]
    )
    assert told == ["payment: unknown → succeeded", "version: 2", "held: 1 (before)", 'by: {"a":1} (after)']


@pytest.fixture
def bounds(stack: Stack) -> Iterator[Callable[..., HealingSettings]]:
    """Change the bounds beside the page, as a colleague would; afterwards all is as it was."""
    store = SettingsStore(stack.database, EventLog(stack.database))
    began = store.read()

    def change(**members: Any) -> HealingSettings:
        before = store.read()
        after = before.model_copy(update={**members, "version": before.version + 1})
        store.change(before, after, by="colleague", reason="a test", now=datetime.now(UTC))
        return after

    yield change
    change(**began.model_dump(include={"enabled", "dry_run", "model"}), actions=began.actions)


def test_the_switch_stops_everything(page: Page, stack: Stack, bounds: Callable[..., HealingSettings]) -> None:
    sign_in(page, stack)
    page.click(at("tab-healing"))
    standing = page.locator(at("standing"))
    expect(standing).to_have_attribute("data-state", "on")
    page.click(at("switch"))
    # Somebody changed something else meanwhile: the switch works all the same.
    bounds(dry_run=True)
    press(page, "It heals what is well")
    show_code(page)
    page.wait_for_selector(at("ask"), state="hidden")
    expect(standing).to_have_attribute("data-state", "off")
    expect(page.locator(at("live"))).to_have_text("Healing is off.")
    expect(page.locator(at("switch"))).to_be_focused()
    assert heal(stack)["skipped"] == "switched_off"


def test_bounds_are_set_and_a_colleagues_are_not_overwritten(
    page: Page, stack: Stack, bounds: Callable[..., HealingSettings]
) -> None:
    sign_in(page, stack)
    page.click(at("tab-healing"))
    page.click(at("settings"))
    version = page.locator(at("settings-version"))
    said = page.locator(at("settings-said"))
    page.click(at("save-settings"))
    expect(said).to_contain_text("Nothing is different")
    page.fill(at("per_day-release"), "10001")
    page.click(at("save-settings"))
    expect(said).to_contain_text("Release what is held: most a day is a whole number from 1 to 10000.")
    expect(page.locator(at("per_day-release"))).to_be_focused()
    page.fill(at("per_day-release"), "10")
    page.select_option(at("mode-requeue"), "propose")
    page.click(at("save-settings"))
    expect(page.locator(at("differences")).locator("li")).to_have_text(
        ["Send it on its way again: By itself → After approval", "Release what is held, most a day: 500 → 10"]
    )
    press(page, "Fewer at first")
    app = show_code(page)
    page.wait_for_selector(at("ask"), state="hidden")
    expect(page.locator(at("per_day-release"))).to_have_value("10")
    expect(page.locator(at("mode-requeue"))).to_have_value("propose")

    page.check(at("set-dry_run"))
    page.click(at("save-settings"))
    now = bounds(model=True)
    press(page, "To see what it does")
    show_code(page, app)
    page.wait_for_selector(at("ask"), state="hidden")
    expect(said).to_contain_text(f"yours were not saved. The settings are at version {now.version} now.")
    expect(page.locator(at("set-dry_run"))).to_be_checked()
    expect(page.locator(at("read-again"))).to_be_focused()
    page.click(at("read-again"))
    expect(version).to_have_text(f"Version {now.version}")
    expect(page.locator(at("set-model"))).to_be_checked()
    expect(page.locator(at("set-dry_run"))).not_to_be_checked()


def test_a_forged_callback_and_an_unreadable_one_are_seen(page: Page, stack: Stack) -> None:
    number = order(stack)
    sign_in(page, stack)
    page.click(at("tab-security"))
    offered = page.locator(f"{at('security-kind')} option")
    expect(offered).to_have_count(1 + len(SecurityKind))
    assert {option.get_attribute("value") for option in offered.all()} == {"", *SecurityKind}
    page.select_option(at("security-kind"), "callback_forged")
    page.click(at("security-go"))
    page.wait_for_selector(f"{at('security')}, {at('nothing')}")
    forged = f"{at('security-row')}[data-kind=callback_forged]:has-text('/hooks/daraja/')"
    before = page.locator(forged).count()
    answer = httpx.post(
        f"{stack.api_url}/hooks/daraja/{'0' * 63}/result", json={"Result": {}}, trust_env=False, timeout=60
    )
    assert answer.status_code == 404
    look_until(page, f"{forged} >> nth={before}")
    expect(page.locator(forged).first).to_contain_text("a token that is not ours")

    body = '{"Body": <img src=x onerror="document.title=1"><script>document.title=2</script>'
    assert httpx.post(callback(stack, number), content=body, trust_env=False, timeout=60).status_code == 200
    page.select_option(at("security-kind"), "callback_unreadable")
    page.click(at("security-go"))
    row = f"{at('security-row')}[data-kind=callback_unreadable]:has-text('{number}')"
    look_until(page, row)
    page.click(f"{row} {at('open-security')}")
    expect(page.locator(at("quarantined"))).to_have_text(body)
    expect(page.locator(at("quarantined")).locator("*")).to_have_count(0)
    expect(page).to_have_title("Staff · Duka Salama")
    page.goto(f"{stack.base_url}/staff/#/security?day=31.12.&kind=callback_forged")
    expect(page.locator(at("nothing"))).to_contain_text("Write the day as")
    expect(page.locator(at("security-kind"))).to_have_value("callback_forged")


def callback(stack: Stack, number: str) -> str:
    """Return the address at which Daraja reports on an order's first attempt."""
    kept = client(stack, "secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    return CallbackLinks(stack.api_url, [json.loads(kept)["callback_key"]]).address(Purpose.PAYMENT, number, 1)


def test_an_orders_trail_is_checked(page: Page, stack: Stack) -> None:
    number = order(stack)
    sign_in(page, stack)
    open_paid(page, number)
    page.click(at("check-trail"))
    verdict = page.locator(at("verdict"))
    expect(verdict).to_have_attribute("data-state", "sound")
    expect(verdict).to_contain_text("each as it was written")
    first = EventLog(stack.database).trail(f"order/{number}")[0]
    place = {"pk": {"S": first.subject}, "sk": {"S": first.sequence}}
    stack.dynamodb.update_item(
        TableName=stack.tables["events"],
        Key=place,
        UpdateExpression="SET #at = :at",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":at": {"S": "2026-01-01T00:00:00.000000Z"}},
    )
    page.click(at("check-trail"))
    expect(verdict).to_have_attribute("data-state", "broken")
    expect(page.locator(at("audit-fault")).first).to_contain_text(first.sequence)
    expect(page.locator(f"{at('audit-fault')}[data-fault-kind=changed]").first).to_be_visible()


@pytest.fixture
def old_day(stack: Stack) -> Iterator[DayReport]:
    """What verifying a day of long ago came to."""
    s3 = client(stack, "s3")
    (bucket,) = [each["Name"] for each in s3.list_buckets()["Buckets"] if "archive" in each["Name"]]
    fault = FaultView(event="order/7K2M9QX4TD/00000002", fault=Kind.MISSING, detail="<b>It is archived only.</b>")
    report = DayReport(
        day=OLD_DAY, digest="ab" * 32, signed=True, sound=False, events=12, found=1, faults=(fault,), complete=True,
        checked_at="2020-03-01T01:30:00.000000Z",
    )  # fmt: skip
    report.write(Archive(s3, bucket))
    yield report
    s3.delete_object(Bucket=bucket, Key=report_key(OLD_DAY))


def test_a_day_is_looked_up(page: Page, stack: Stack, old_day: DayReport) -> None:
    sign_in(page, stack)
    page.click(at("tab-audit"))
    expect(page.locator(at("nothing"))).to_have_text("This day was not verified yet.")
    page.fill(at("audit-day-input"), old_day.day)
    page.click(at("audit-go"))
    expect(page.locator(at("verdict"))).to_contain_text("Not sound: 1 fault among 12 events.")
    expect(page.locator(at("audit-fault"))).to_contain_text("<b>It is archived only.</b>")
    expect(page.locator(at("audit-day"))).to_contain_text("holds")


def test_who_may_not_and_who_is_offline_is_told(page: Page, stack: Stack) -> None:
    sign_in(page, stack, role="agent")
    for tab, permission in {"healing": "healing.read", "security": "security.read", "audit": "audit.read"}.items():
        page.click(at(f"tab-{tab}"))
        expect(page.locator(at("fault"))).to_contain_text(f"It takes the permission {permission}")
    page.context.set_offline(True)
    page.click(at("tab-stock"))
    expect(page.locator(at("fault"))).to_contain_text("could not be reached")
    page.context.set_offline(False)
    page.click(at("again"))
    expect(page.locator(at("stock-row")).first).to_be_visible()


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_odd_address_breaks_nothing(page: Page, stack: Stack, address: str) -> None:
    sign_in(page, stack)
    page.wait_for_selector(at("filters"))
    page.evaluate("address => { window.location.hash = address; }", address)
    # What is no view is the board; what is nothing in a view is said.
    expect(page.locator(f"{at('filters')}, {at('fault')}, {at('nothing')}").first).to_be_visible()
    page.click(at("tab-healing"))
    expect(page.locator(at("standing"))).to_be_visible()
