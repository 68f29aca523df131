"""The models of the exchange, each in the module of its name."""

from .partner import Partner, SittingOrigin

__all__ = ["Partner", "SittingOrigin"]
