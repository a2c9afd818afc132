"""Examples for the API document. Every person, number and receipt is made up."""

from __future__ import annotations

from typing import Any

CHECKOUT: dict[str, Any] = {
    "items": [{"sku": "LAP-T480-16-512", "quantity": 1}],
    "currency": "KES",
    "customer": {"name": "Wanjiku Kamau", "email": "wanjiku@example.com", "phone": "0712 345 678"},
    "shipping": {"zone": "nairobi_metro", "address": {"line1": "Moi Avenue 1", "city": "Nairobi", "country": "KE"}},
    "payment": {"method": "mpesa", "phone": "0712 345 678"},
}

RETRY: dict[str, Any] = {"email": "wanjiku@example.com", "payment": {"method": "mpesa", "phone": "0712 345 678"}}

BY_CARD: dict[str, Any] = CHECKOUT | {"currency": "USD", "payment": {"method": "card"}}
WITH_CODES: dict[str, Any] = CHECKOUT | {"voucher": "KARIBU10", "credit": "7K2M9-QX4TD-R8W3N-5VZ1C"}

RETRY_BY_CARD: dict[str, Any] = RETRY | {"payment": {"method": "card"}}

CHECK: dict[str, Any] = {
    "code": "KARIBU10",
    "items": [{"sku": "LAP-T480-16-512", "quantity": 1}],
    "currency": "KES",
    "shipping": {"zone": "nairobi_metro"},
    "customer": {"email": "wanjiku@example.com", "phone": "0712 345 678"},
}

RETURN: dict[str, Any] = {
    "email": "wanjiku@example.com",
    "items": [{"sku": "LAP-T480-16-512", "quantity": 1}],
    "reason": "wrong_item",
    "resolution": "refund",
    "note": "The box holds another model.",
}

#: As the carriers' endpoint takes it.
PARCEL: dict[str, Any] = {
    "id": "dhl-20261124-000817",
    "reference": "7K2M9QX4TD-S1",
    "tracking": "JD014600003KE",
    "status": "delivered",
    "occurred_at": "2026-11-24T10:42:00+03:00",
    "description": "Handed over in Nairobi",
}

#: As Stripe posts it (provider facts, 4), shortened.
STRIPE_EVENT: dict[str, Any] = {
    "id": "evt_3PqT0aLkdIwHu7ix1X2Y3Z4A",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {
        "object": {
            "id": "pi_3PqT0aLkdIwHu7ix0sample1",
            "object": "payment_intent",
            "metadata": {"order_number": "7K2M9QX4TD", "attempt": "1"},
        }
    },
}

#: As Daraja posts it (provider facts, 1.4); Balance mostly has no Value.
CALLBACK: dict[str, Any] = {
    "Body": {
        "stkCallback": {
            "MerchantRequestID": "29115-34620561-1",
            "CheckoutRequestID": "ws_CO_22112026120015000712345678",
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "CallbackMetadata": {
                "Item": [
                    {"Name": "Amount", "Value": 45300},
                    {"Name": "MpesaReceiptNumber", "Value": "TKM4A1B2C3"},
                    {"Name": "Balance"},
                    {"Name": "TransactionDate", "Value": 20261122120015},
                    {"Name": "PhoneNumber", "Value": 254712345678},
                ]
            },
        }
    }
}

#: As Daraja posts it (provider facts, 1.7).
REPORT: dict[str, Any] = {
    "Result": {
        "ResultType": 0,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": "7K2M9QX4TD-R1",
        "ConversationID": "AG_20261122_2010325b025970fbd7c6",
        "TransactionID": "TKM5D6E7F8",
        "ResultParameters": {"ResultParameter": [{"Key": "OriginalTransactionID", "Value": "TKM4A1B2C3"}]},
    }
}
