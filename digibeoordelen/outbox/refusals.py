"""Why a queued mail may not go out any more, for reasons that only the app that wrote it knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from .links import LinkVoid

Check = Callable[[Collection[int]], Mapping[int, str]]
_checks: list[Check] = []


class MailRefused(LinkVoid):
    """The mail may not be sent; the message says why, in Dutch, for the screen."""


def register(check: Check) -> None:
    """Has `check` asked before mails are sent: their ids in, for each that may not go its reason out.

    Called from an app's `ready()`.
    """
    if check not in _checks:
        _checks.append(check)


def read_refusals(mails: Collection[int]) -> dict[int, MailRefused]:
    """The reasons of all checks, by a mail's id."""
    return {pk: MailRefused(why) for check in _checks for pk, why in check(mails).items()}
