"""Keeps links out of the logs: those of examiners, and of who is asked to join a school."""

import logging
import re

_LINK = re.compile(r"(/beoordelen/(?!u/)|/uitnodiging/)[^/\s\"']+")


class HideExaminerLinks(logging.Filter):
    """Replaces the token in every logged '/beoordelen/<token>/' and '/uitnodiging/<token>/' by three dots.

    Whoever reads the logs may not act as an examiner, nor join a school in another's name; a link is all it takes.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "/beoordelen/" in message or "/uitnodiging/" in message:
            record.msg, record.args = _LINK.sub(r"\1…", message), None
        return True
