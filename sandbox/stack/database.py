"""The shop's own view of the deployed tables, for code that runs beside the functions: seeding, the demo, tests."""

from __future__ import annotations

from commerce.kernel.tables import Database
from sandbox.stack.deployment import Deployment
from sandbox.stack.engine import CREDENTIALS, REGION, Engine


def open_database(engine: Engine, deployment: Deployment) -> Database:
    """The tables of a deployment; usable from any thread."""
    database = Database(deployment.tables, region=REGION, host=engine.url)
    database.connection.session.set_credentials(*CREDENTIALS.values())
    # Made here, with these credentials: a session belongs to its thread, the client to all.
    assert database.connection.client
    return database
