"""Keeps mailed links and e-mail addresses out of the logs, and the log of an outage short."""

import logging
import re

from celery.beat import SchedulingError
from redis.exceptions import ConnectionError as RedisConnectionError

# A URL within a URL (`?next=`, or in a Referer) is percent-encoded, once more at each redirect.
_SLASH = r"(?:/|%(?:25)*2[Ff])"
_PAGES = (
    rf"beoordelen{_SLASH}(?!u{_SLASH})",
    rf"account-aanmaken{_SLASH}bevestigen{_SLASH}",
    rf"wachtwoord-vergeten{_SLASH}nieuw{_SLASH}",
    rf"uitnodiging{_SLASH}",
    rf"agenda{_SLASH}",
    rf"e-mailadres{_SLASH}(?:bevestigen|stoppen){_SLASH}",
)
_LINK = re.compile(rf"({_SLASH}(?:{'|'.join(_PAGES)}))(?:(?!{_SLASH})[^\s\"'&])+")
# The part before the @ of an e-mail address, which mail servers repeat in what they answer.
_MAILBOX = re.compile(r"[^\s@<>\"'“”‘’()\[\],;:=/&?]{1,64}(@|%(?:25)*40)(?=[\w-]+\.[\w-])")


class HideMailedLinks(logging.Filter):
    """Replaces the tokens of examiner and account links, and mailboxes, in logged messages and tracebacks by '…'.

    A link is all that is needed to act as its owner.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (hidden := hide(message)) != message:
            record.msg, record.args = hidden, None
        if record.exc_info:  # formatters use `exc_text` if it is set
            record.exc_text = hide(record.exc_text or logging.Formatter().formatException(record.exc_info))
        return True


class ShortenOutages(logging.Filter):
    """Logs in one line that the broker is gone: beat takes a hundred, for each task that is due."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, (SchedulingError, RedisConnectionError)):
            text = record.getMessage().partition("\n")[0]
            record.msg, record.args, record.exc_info = text, None, None
        return True


def hide(text: str) -> str:
    """Return the text with '…' for tokens and mailboxes."""
    return _MAILBOX.sub(r"…\1", _LINK.sub(r"\1…", text))
