"""The issuer's addresses under `/sandbox/identity`: discovery, keys and their rotation, tokens, a page to sign in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from commerce.identity.permissions import Role
from sandbox.identity.issuer import LIFETIME, Issuer
from sandbox.identity.people import PEOPLE, Person

HOME = "/sandbox/identity"
# A path of this site: `//host` and `/\host` would lead elsewhere.
_PATH = re.compile(r"/(?![/\\])[!-~]{0,1000}")


def identity_routes(issuer: Issuer, page: Callable[[str, str], Response]) -> list[BaseRoute]:
    """What the issuer answers; `page` puts the sandbox's frame around a title and its HTML."""

    def configuration(request: Request) -> Response:
        return JSONResponse(issuer.configuration())

    def keys(request: Request) -> Response:
        return JSONResponse(issuer.keys())

    async def token(request: Request) -> Response:
        try:
            person = Person.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        return JSONResponse(_grant(issuer, person), headers={"cache-control": "no-store"})

    def choose(request: Request) -> Response:
        redirect = request.query_params.get("redirect", "/")
        if not _PATH.fullmatch(redirect):
            return JSONResponse({"error": "redirect is no path of this site"}, 422)
        return page("Sign in", _sign_in(redirect))

    async def sign_in(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", errors="replace"))
        given = {name: values[-1] for name, values in fields.items()}
        redirect = given.get("redirect", "/")
        if not _PATH.fullmatch(redirect):
            return JSONResponse({"error": "redirect is no path of this site"}, 422)
        try:
            person = _person(given)
        except ValidationError as error:
            return _refused(error)
        path = redirect.partition("#")[0]
        return RedirectResponse(
            f"{path}#{urlencode(_grant(issuer, person))}", 303, headers={"cache-control": "no-store"}
        )

    def rotate(request: Request) -> Response:
        issuer.rotate()
        return JSONResponse(issuer.keys())

    return [
        Route(f"{HOME}/.well-known/openid-configuration", configuration),
        Route(f"{HOME}/jwks.json", keys),
        Route(f"{HOME}/rotate", rotate, methods=["POST"]),
        Route(f"{HOME}/token", token, methods=["POST"]),
        Route(HOME, choose),
        Route(f"{HOME}/", choose),
        Route(f"{HOME}/", sign_in, methods=["POST"]),
    ]


def _grant(issuer: Issuer, person: Person) -> dict[str, str | int]:
    return {"access_token": issuer.token_for(person), "token_type": "Bearer", "expires_in": LIFETIME}


def _person(given: Mapping[str, str]) -> Person:
    roles = given.get("roles", "").split()
    return Person.model_validate({"email": given.get("email", ""), "name": given.get("name", ""), "roles": roles})


def _refused(error: ValidationError) -> Response:
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]) or "body", "message": fault["msg"]}
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return JSONResponse({"errors": faults}, 422)


def _sign_in(redirect: str) -> str:
    people = "".join(f"<li>{_form(person, redirect)}</li>" for person in PEOPLE)
    roles = "".join(f'<option value="{role}">{role}</option>' for role in Role)
    back = html.escape(redirect, quote=True)
    return (
        "<h1>Sign in</h1><p>Nobody is asked for a password here: this page stands in for the shop's identity provider. "
        f"You go on to <code>{back}</code>.</p>"
        f'<ul class="cards people">{people}</ul><h2>Somebody else</h2><form class="who" method="post" action="{HOME}/">'
        f'<input type="hidden" name="redirect" value="{back}">'
        '<label>E-mail<input name="email" type="email" required maxlength="254" autocomplete="off"></label>'
        '<label>Name<input name="name" maxlength="120" autocomplete="off"></label>'
        f'<label>Works here as<select name="roles"><option value="">nobody: buys only</option>{roles}</select></label>'
        "<button>Sign in</button></form>"
    )


def _form(person: Person, redirect: str) -> str:
    hidden = {"redirect": redirect, "email": person.email, "name": person.name, "roles": " ".join(person.roles)}
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value, quote=True)}">'
        for name, value in hidden.items()
    )
    return (
        f'<form method="post" action="{HOME}/">{fields}<button><b>{html.escape(person.name)}</b>'
        f"<span>{html.escape(' and '.join(person.roles) or 'customer')}</span>"
        f"<code>{html.escape(person.email)}</code></button></form>"
    )
