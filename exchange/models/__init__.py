"""The models of the exchange, each in the module of its name."""

from .partner import Partner, SittingOrigin
from .receiver import Delivery, Receiver

__all__ = ["Delivery", "Partner", "Receiver", "SittingOrigin"]
