"""Keeps mailed links out of the logs."""

import logging
import re

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


class HideMailedLinks(logging.Filter):
    """Replaces the tokens of examiner and account links in logged messages and tracebacks by '…'.

    A link is all that is needed to act as its owner.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _LINK.search(message):
            record.msg, record.args = _hide(message), None
        if record.exc_info:  # formatters use `exc_text` if it is set
            record.exc_text = _hide(record.exc_text or logging.Formatter().formatException(record.exc_info))
        return True


def _hide(text: str) -> str:
    return _LINK.sub(r"\1…", text)
