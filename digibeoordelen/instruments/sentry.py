"""Reports of errors to Sentry, which may be another's server: without people's data."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration

from digibeoordelen.logs import hide

from .request_id import current_request_id

KEPT_OF_REQUEST = ("method", "url")
DROPPED = ("user", "extra", "breadcrumbs", "server_name")  # `extra` has what a logger or Celery was given


def start(dsn: str, **options: Any) -> None:
    """Report uncaught errors, and what is logged as an error; neither variables, forms nor what was done before."""
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(), CeleryIntegration(propagate_traces=False)],
        trace_propagation_targets=[],  # other systems learn nothing of this
        before_send=clean,
        **options,
    )


def clean(event: Any, hint: dict[str, Any]) -> Any:
    """Return the event without query string, cookies, headers, links, mailboxes and the rows of a database error."""
    kept = {name: value for name, value in event.items() if name not in DROPPED}
    request = kept.get("request", {})
    kept["request"] = {name: request[name].partition("?")[0] for name in KEPT_OF_REQUEST if name in request}
    for exception in kept.get("exception", {}).get("values", []):
        exception["value"] = (exception.get("value") or "").partition("\n")[0]
    kept.get("logentry", {}).pop("params", None)
    kept["tags"] = {**kept.get("tags", {}), "request_id": current_request_id()}
    return _hide_all(kept)


def _hide_all(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _hide_all(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_hide_all(value) for value in part]
    return hide(part) if isinstance(part, str) else part
