"""What a page says of the mails that were just sent."""

from typing import Any


def delivery_lines(response: Any) -> list[str]:
    sending = response.context.get("sending")
    return [line.text for line in sending.lines] if sending else []
