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
