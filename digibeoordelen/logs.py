"""Keeps examiners' links out of the logs."""

import logging
import re

_LINK = re.compile(r"(/beoordelen/)(?!u/)[^/\s\"']+")


class HideExaminerLinks(logging.Filter):
    """Replaces the token in every logged '/beoordelen/<token>/' by three dots.

    Whoever reads the logs may not act as an examiner, and a link is all an examiner needs.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "/beoordelen/" in message:
            record.msg, record.args = _LINK.sub(r"\1…", message), None
        return True
