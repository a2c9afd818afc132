"""Settings: what each function reads from its environment, typed and checked before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from commerce.runtime.environment import SettingsError

S = TypeVar("S", bound="Settings")


def _seconds(text: object) -> object:
    return tuple(int(part) for part in text.split(",") if part.strip()) if isinstance(text, str) else text


Seconds = Annotated[int, Field(ge=1)]
Delays = Annotated[tuple[Annotated[int, Field(ge=0, le=900)], ...], BeforeValidator(_seconds), Field(min_length=1)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$")]


class Settings(BaseModel):
    """Reads each field from the environment variable of its name in capitals.

    A function reads few of them, so each builds its checks when it is first read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class TableSettings(Settings):
    """The tables a function was given; what it was not given it cannot reach."""

    catalog_table: str | None = None
    stock_table: str | None = None
    orders_table: str | None = None
    events_table: str | None = None
    guards_table: str | None = None
    vouchers_table: str | None = None
    board_table: str | None = None
    customers_table: str | None = None
    reviews_table: str | None = None
    security_table: str | None = None
    staff_table: str | None = None
    healing_table: str | None = None

    def names(self) -> dict[str, str]:
        """Return the physical names by the shop's own."""
        return {
            field.removesuffix("_table"): name
            for field, name in self.model_dump().items()
            if field.endswith("_table") and name
        }


class DoorSettings(Settings):
    """Whose keys are taken at the door: with no secret, nobody is asked for one and no service can call."""

    door_secret_id: str = ""
    signature_window_seconds: Seconds = 300


class DarajaSettings(Settings):
    """Which Daraja, and who the shop is there."""

    daraja_base_url: Url
    daraja_shortcode: str
    daraja_party_b: str = ""
    daraja_payout_shortcode: str = ""
    daraja_transaction_type: str = "CustomerPayBillOnline"
    daraja_timeout_seconds: float = Field(default=12.0, gt=0, le=25)


class PaymentSettings(DarajaSettings):
    """How payments are handled."""

    public_base_url: Url
    payment_window_seconds: Seconds = 120
    check_delays_seconds: Delays = (20, 30, 60, 120, 240, 480)
    refund_delays_seconds: Delays = (30, 60, 300, 600, 900)
    prompts_per_phone_per_hour: int = Field(default=6, ge=1)

    @property
    def payment_window(self) -> timedelta:
        """How long one attempt may take."""
        return timedelta(seconds=self.payment_window_seconds)


class CheckoutSettings(PaymentSettings):
    """How orders are placed."""

    reservation_seconds: Seconds = 900
    orders_per_customer_per_hour: int = Field(default=20, ge=1)


class AddressSettings(Settings):
    """How often one address may check out."""

    checkouts_per_address_per_minute: int = Field(default=60, ge=1)


class SecondFactorSettings(Settings):
    """Whether those who move money must show a second factor, and what its secrets are encrypted with."""

    second_factor: Literal["required", "off"] = "required"
    second_factor_key_id: str


class StatusSettings(Settings):
    """How often a minute one order may be asked for, and one address may ask for orders in vain."""

    status_limit_per_minute: int = Field(default=60, ge=1)


class VoucherSettings(Settings):
    """How often what a voucher would do may be asked for."""

    voucher_checks_per_minute: int = Field(default=10, ge=1)


class ReturnSettings(Settings):
    """How long goods may be sent back."""

    return_window_days: int = Field(default=14, ge=1)

    @property
    def return_window(self) -> timedelta:
        """How long after delivery a return may be asked for."""
        return timedelta(days=self.return_window_days)


class SecuritySettings(Settings):
    """How long security events are kept."""

    security_retention_days: int = Field(default=400, ge=30)

    @property
    def retention(self) -> timedelta:
        """How long after it happened an event is kept."""
        return timedelta(days=self.security_retention_days)


class HealingSettings(Settings):
    """What healing goes by. Bounds are no settings of a deployment: staff set them (`commerce.healing.bounds`).

    `healing_spare_seconds` is how much longer than by its own delays something may take before it counts as stuck.
    """

    first_check_seconds: Annotated[int, Field(ge=0)] = 20
    healing_spare_seconds: Annotated[int, Field(ge=0)] = 600
    healing_model_id: str = ""


class MailSettings(Settings):
    """Who writes to buyers."""

    mail_from: str
    shop_name: str = "Salama"
    storefront_url: Url


def read(kind: type[S], environment: Mapping[str, str]) -> S:
    """Read a function's settings.

    Raises
    ------
    SettingsError
        Naming the variables that are missing or wrong.
    """
    given = {field: environment[field.upper()] for field in kind.model_fields if environment.get(field.upper())}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = ", ".join(f"{str(fault['loc'][0]).upper()} ({fault['msg']})" for fault in error.errors())
        raise SettingsError(f"settings: {wrong}") from None
