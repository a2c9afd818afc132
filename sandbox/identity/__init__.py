"""A token issuer for this machine: it says of anybody whatever it is asked to, and signs it."""

from sandbox.identity.issuer import AUDIENCE, Issuer
from sandbox.identity.people import PEOPLE, Person
from sandbox.identity.routes import identity_routes

__all__ = ["AUDIENCE", "PEOPLE", "Issuer", "Person", "identity_routes"]
