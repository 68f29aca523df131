"""What a delivery status notification (RFC 3464) reports.

Not by flufl.bounce: that returns the addresses that failed, which are known here, but neither the server's words, which
the sender is shown, nor the status; and what is no such notification it guesses from sentences in the text, also of a
mail that the notification returns.
"""

from __future__ import annotations

from email.message import Message
from typing import Any, cast

FAILED = ("fail", "error", "expired")  # the last two of OpenSMTPD and SendGrid


def read_failure(message: Message[Any, Any]) -> str | None:
    """Return the words of the server that could not deliver; None if the message reports no final failure.

    They are '' where it gave none, and come from outside: of any length, with any character. Nothing but the report
    itself counts, not the mail that is returned with it, which may be a report too.
    """
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    reports = [part for part in _parts(message) if part.get_content_type() == "message/delivery-status"]
    recipients = [fields for report in reports for fields in _parts(report) if fields["Action"] is not None]
    if not recipients or not all(str(fields["Action"]).strip().lower().startswith(FAILED) for fields in recipients):
        return None
    first = recipients[0]
    # The type of the words before them: 'smtp; 550 5.1.1 …'.
    return str(first.get("Diagnostic-Code", "")).partition(";")[2].strip() or str(first.get("Status", "")).strip()


def _parts(message: Message[Any, Any]) -> list[Message[Any, Any]]:
    """Return the direct parts; of a delivery status its groups of fields: of the mail, then one for each recipient."""
    return cast("list[Message[Any, Any]]", message.get_payload()) if message.is_multipart() else []
