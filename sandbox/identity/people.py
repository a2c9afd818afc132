"""Who may sign in, and the made-up people that the sign-in page offers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^\s@\x00-\x1f]+@[^\s@]+$")]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Person(BaseModel):
    """Somebody the issuer vouches for. Their e-mail address is who they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Email
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    roles: Annotated[tuple[Role, ...], Field(max_length=10)] = ()


PEOPLE = (
    Person(email="achieng@example.com", name="Achieng Otieno"),
    Person(email="wanjiku@example.com", name="Wanjiku Kamau"),
    Person(email="halima@salama.test", name="Halima Abdi", roles=("vendor",)),
    Person(email="otieno@salama.test", name="Otieno Odhiambo", roles=("agent",)),
    Person(email="baraka@salama.test", name="Baraka Mwangi", roles=("support",)),
    Person(email="njeri@salama.test", name="Njeri Wambui", roles=("finance", "admin")),
)
