"""Log records as JSON.

Not python-json-logger's: that writes `extra` too, with which Django hands over the request and its address, and formats
a traceback itself, after the filters that take links and addresses out.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime


class JSONLines(logging.Formatter):
    """Formats a record as one line of JSON, without line breaks."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            "task_id": getattr(record, "task_id", "-"),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)
