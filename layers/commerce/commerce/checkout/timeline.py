"""What happened to an order, in its buyer's words."""

from __future__ import annotations

#: Events a buyer is shown, in a buyer's words; others of the order's log are the shop's own.
TIMELINE_TEXTS: dict[str, str] = {
    "OrderPlaced": "Order placed; the goods are held for you",
    "PaymentRestarted": "Another payment was started",
    "PaymentPrompted": "Payment requested",
    "PaymentOutcomeUnknown": "We are checking whether the payment was requested",
    "PaymentFailed": "The payment did not go through",
    "PaymentConfirmed": "Payment received",
    "PaymentReceiptRecorded": "Receipt recorded",
    "PaymentHeldForReview": "Payment received in part; we are looking into it",
    "PaymentRecordRead": "The record of the payment was checked",
    "PaymentUnresolved": "The payment is not decided; our staff are looking into it",
    "PaymentClaimDisputed": "Our staff are looking into the payment",
    "LatePaymentReceived": "Payment came after the goods were sold; we are sending it back",
    "DuplicatePaymentReceived": "A second payment came; we are sending it back",
    "OrderExpired": "Not paid in time; the goods are for sale again",
    "RefundRequested": "Refund started",
    "RefundRestarted": "Refund started again",
    "RefundSent": "Refund sent",
    "RefundSettledByHand": "Refund completed",
    "RefundFoundOutside": "Refund made",
    "PaymentDisputed": "The payment is disputed with the bank",
    "DisputeClosed": "The bank has decided the dispute",
    "RefundSucceeded": "Refund completed",
    "RefundFailed": "The refund needs our staff; they have been told",
    "ShipmentSent": "Handed to the carrier",
    "OrderDelivered": "Delivered",
    "OrderCancelled": "Order cancelled",
    "ReturnRequested": "Return asked for",
    "ReturnApproved": "Return agreed to",
    "ReturnRejected": "Return not agreed to",
    "ReturnReceived": "Returned goods received",
}
