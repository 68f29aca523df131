"""The models of the exchange, each in the module of its name."""

from .call import Call
from .partner import CATALOGUE, SITTINGS, Partner, PartnerKey, SittingOrigin
from .receiver import Delivery, DeliveryQuerySet, Receiver
from .webhook import Webhook, WebhookMessage, WebhookType, type_of

__all__ = [
    "CATALOGUE",
    "SITTINGS",
    "Call",
    "Delivery",
    "DeliveryQuerySet",
    "Partner",
    "PartnerKey",
    "Receiver",
    "SittingOrigin",
    "Webhook",
    "WebhookMessage",
    "WebhookType",
    "type_of",
]
