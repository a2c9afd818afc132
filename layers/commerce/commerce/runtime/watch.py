"""What the shop measures of itself: one line of CloudWatch's embedded metric format on the log for each figure.

CloudWatch makes metrics of the lines by itself: nothing is called, nothing waits, and no permission is needed. Every
figure bears the service and the stage. Dimensions hold names out of short lists (a method, a currency, a kind), never
an order's number or anything of a person: each new value is a metric of its own that is paid for by the month.

Importing this is free where the Logger of Powertools is, and costs 160 million instructions where it is not: the light
webhooks count nothing, and CloudWatch counts their calls anyway.
"""

from __future__ import annotations

import os

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from commerce.payments.watched_provider import FAULTS

NAMESPACE = "Salama"


def count(name: str, value: float = 1, /, **dimensions: str) -> None:
    """Count something that happened: by its dimensions, and in all for the alarms, which cannot add dimensions up.

    Whoever calls this for a message of a queue counts at least once: a message that is delivered again counts again.

    Parameters
    ----------
    name
        As CloudWatch shows it; one that ends with ``Seconds`` is shown in seconds.
    value
        How many, or an amount in minor units.
    """
    _emit(name, value, dimensions, in_all=True)


def gauge(name: str, value: float, /, **dimensions: str) -> None:
    """Note how something stands now, under its dimensions alone: levels of different things do not add up."""
    _emit(name, value, dimensions, in_all=False)


def note_provider_call(provider: str, operation: str, outcome: str, seconds: float) -> None:
    """Measure one call of a payment provider.

    ``ProviderErrors`` is 0 for a call that went well: its average is the provider's error rate, its number of samples
    the number of calls.
    """
    count("ProviderCalls", provider=provider, operation=operation, outcome=outcome)
    count("ProviderErrors", float(outcome in FAULTS), provider=provider)
    gauge("ProviderSeconds", seconds, provider=provider, operation=operation)


def _emit(name: str, value: float, dimensions: dict[str, str], *, in_all: bool) -> None:
    unit = MetricUnit.Seconds if name.endswith("Seconds") else MetricUnit.Count
    shop = {"service": os.environ.get("POWERTOOLS_SERVICE_NAME", "salama"), "stage": os.environ.get("STAGE", "local")}
    line = EphemeralMetrics(namespace=NAMESPACE, default_dimensions=shop if in_all else shop | dimensions)
    line.add_metric(name, unit, value)
    if in_all and dimensions:
        line.add_dimensions(**dimensions)
    line.flush_metrics()
