"""The e-mails the shop sent on this machine: read from the emulator's SES, shown as pages."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.stack.engine import Engine
from sandbox.stack.pages import page

# A message's own HTML is shown in a frame that may run nothing and load nothing but pictures.
_MESSAGE_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True)
class Mail:
    """One message as it was sent."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str | None
    sent_at: datetime


def read_mails(engine: Engine) -> list[Mail]:
    """Every message sent since the start, newest first."""
    answer = httpx.get(f"{engine.url}/_ministack/ses/messages", timeout=10, trust_env=False)
    answer.raise_for_status()
    found = [
        Mail(
            id=one["MessageId"],
            sender=one["Source"],
            to=tuple(one["To"]),
            subject=one["Subject"],
            text=one["BodyText"] or "",
            html=one["BodyHtml"] or None,
            sent_at=datetime.fromtimestamp(one["Timestamp"], UTC),
        )
        for account in answer.json()["messages"].values()
        for one in account
    ]
    return sorted(found, key=lambda mail: mail.sent_at, reverse=True)


def outbox_routes(engine: Engine) -> list[Route]:
    """The pages: the list with one message open, and a message's own HTML for its frame."""

    def show(request: Request) -> Response:
        mails = read_mails(engine)
        wanted = request.query_params.get("message")
        opened = next((mail for mail in mails if mail.id == wanted), mails[0] if mails else None)
        return _outbox(mails, opened)

    def body(request: Request) -> Response:
        mail = next((one for one in read_mails(engine) if one.id == request.path_params["id"]), None)
        if mail is None or mail.html is None:
            return Response(status_code=404)
        return HTMLResponse(mail.html, headers={"content-security-policy": _MESSAGE_CSP})

    return [Route("/sandbox/outbox", show), Route("/sandbox/outbox/{id:path}/body", body)]


def _outbox(mails: list[Mail], opened: Mail | None) -> HTMLResponse:
    if opened is None:
        content = (
            '<div class="empty"><h2>No e-mail yet</h2>'
            "<p>Place an order in the <a href='/'>shop</a>; what the buyer gets appears here.</p></div>"
        )
    else:
        items = "".join(_item(mail, mail.id == opened.id) for mail in mails)
        content = f'<div class="mail"><nav aria-label="Messages">{items}</nav>{_reading(opened)}</div>'
    count = f"{len(mails)} message{'' if len(mails) == 1 else 's'}, newest first"
    return page("Outbox", f'<h1>Outbox <small id="count">{count}</small></h1>{content}', script="outbox.js", wide=True)


def _item(mail: Mail, current: bool) -> str:
    mark = ' aria-current="true"' if current else ""
    return (
        f'<a href="?message={quote(mail.id, safe="")}"{mark}><b>{html.escape(mail.subject)}</b>'
        f"<span>{html.escape(', '.join(mail.to))}</span>{_time(mail)}</a>"
    )


def _reading(mail: Mail) -> str:
    shown = (
        f'<iframe title="The message" src="/sandbox/outbox/{quote(mail.id, safe="@")}/body" sandbox></iframe>'
        if mail.html
        else f"<pre>{html.escape(mail.text)}</pre>"
    )
    plain = f"<details><summary>Plain text</summary><pre>{html.escape(mail.text)}</pre></details>"
    return (
        f"<article><header><h2>{html.escape(mail.subject)}</h2><dl><dt>From</dt><dd>{html.escape(mail.sender)}</dd>"
        f"<dt>To</dt><dd>{html.escape(', '.join(mail.to))}</dd><dt>Sent</dt><dd>{_time(mail)}</dd></dl></header>"
        f"{shown}{plain if mail.html and mail.text else ''}</article>"
    )


def _time(mail: Mail) -> str:
    return f'<time datetime="{mail.sent_at:%Y-%m-%dT%H:%M:%SZ}">{mail.sent_at:%d %b %Y, %H:%M:%S} UTC</time>'
