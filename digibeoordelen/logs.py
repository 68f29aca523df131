"""Keeps mailed links out of the logs."""

import logging
import re

# An address within an address (`?next=`, or in a Referer) is percent-encoded, and once more each time it is passed on.
_SLASH = r"(?:/|%(?:25)*2[Ff])"
_PAGES = (
    rf"beoordelen{_SLASH}(?!u{_SLASH})",
    rf"account-aanmaken{_SLASH}bevestigen{_SLASH}",
    rf"wachtwoord-vergeten{_SLASH}nieuw{_SLASH}",
    rf"uitnodiging{_SLASH}",
    rf"e-mailadres{_SLASH}(?:bevestigen|stoppen){_SLASH}",
)
_LINK = re.compile(rf"({_SLASH}(?:{'|'.join(_PAGES)}))(?:(?!{_SLASH})[^\s\"'&])+")


class HideMailedLinks(logging.Filter):
    """Replaces the token in every logged '/beoordelen/<token>/', and in links about accounts, by three dots.

    Whoever reads the logs may not act as an examiner, choose another's password or join a school in another's name,
    and a link is all it takes. What an error says of itself is looked through, too.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _LINK.search(message):
            record.msg, record.args = _hide(message), None
        if record.exc_info:  # a formatter takes the text that is there
            record.exc_text = _hide(record.exc_text or logging.Formatter().formatException(record.exc_info))
        return True


def _hide(text: str) -> str:
    return _LINK.sub(r"\1…", text)
