"""AWS's list prices in eu-west-1, in US dollars, free tiers not counted."""

from __future__ import annotations

from dataclasses import dataclass

#: When these were written down. They were not read from AWS's own price list: DynamoDB's are us-east-1's (0.625 and
#: 0.125, from a page of 2025) and the 13 % by which Ireland was known to be dearer; Lambda's and the bus's stand in
#: secondary sources; HTTP API, SQS, logs, X-Ray and the rest are as remembered.
WRITTEN = "2026-11-22"
REGION = "eu-west-1"

MILLION = 1_000_000
GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for one of each."""

    lambda_request: float = 0.20 / MILLION
    lambda_gb_second: float = 0.0000133334
    http_request: float = 1.11 / MILLION
    write_unit: float = 0.705 / MILLION
    read_unit: float = 0.141 / MILLION
    sqs_request: float = 0.40 / MILLION
    bus_event: float = 1.00 / MILLION
    log_byte: float = 0.57 / GIGABYTE
    secret_call: float = 0.05 / 10_000
    s3_write: float = 0.005 / 1_000
    s3_read: float = 0.0004 / 1_000
    kms_call: float = 0.03 / 10_000
    trace: float = 5.00 / MILLION
    email: float = 0.10 / 1_000
    secret_month: float = 0.40
    alarm_month: float = 0.10
    metric_month: float = 0.30
    kms_key_month: float = 1.00


@dataclass(frozen=True, slots=True)
class Work:
    """What something takes of each service."""

    invocations: float = 0
    gb_seconds: float = 0
    http_requests: float = 0
    write_units: float = 0
    read_units: float = 0
    sqs_requests: float = 0
    bus_events: float = 0
    log_bytes: float = 0
    s3_writes: float = 0
    s3_reads: float = 0
    kms_requests: float = 0

    def __add__(self, other: Work) -> Work:
        return Work(*(mine + theirs for mine, theirs in zip(self._values(), other._values(), strict=True)))

    def times(self, count: float) -> Work:
        """Return this work done so many times."""
        return Work(*(value * count for value in self._values()))

    def dollars(self, prices: Prices) -> dict[str, float]:
        """Return what it costs, by service."""
        return {
            "Lambda requests": self.invocations * prices.lambda_request,
            "Lambda GB-seconds": self.gb_seconds * prices.lambda_gb_second,
            "HTTP API": self.http_requests * prices.http_request,
            "DynamoDB writes": self.write_units * prices.write_unit,
            "DynamoDB reads": self.read_units * prices.read_unit,
            "SQS": self.sqs_requests * prices.sqs_request,
            "EventBridge": self.bus_events * prices.bus_event,
            "CloudWatch Logs": self.log_bytes * prices.log_byte,
            "S3": self.s3_writes * prices.s3_write + self.s3_reads * prices.s3_read,
            "KMS": self.kms_requests * prices.kms_call,
        }

    def _values(self) -> tuple[float, ...]:
        return (
            self.invocations,
            self.gb_seconds,
            self.http_requests,
            self.write_units,
            self.read_units,
            self.sqs_requests,
            self.bus_events,
            self.log_bytes,
            self.s3_writes,
            self.s3_reads,
            self.kms_requests,
        )
