"""Logs contain no mailed links and no e-mail addresses, from any source."""

from __future__ import annotations

import logging
from urllib.parse import quote, urlencode

import pytest
from celery.beat import SchedulingError
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError

from digibeoordelen.logs import HideMailedLinks, ShortenOutages

TOKEN = "WzEsMV0:1wQx-z_Y2b"
LINKS = [
    f"/beoordelen/{TOKEN}/",
    f"/beoordelen/{TOKEN}/nieuwe-link/",
    f"/uitnodiging/{TOKEN}/",
    f"/agenda/{TOKEN}.ics",
    f"/account-aanmaken/bevestigen/{TOKEN}/",
    f"/wachtwoord-vergeten/nieuw/{TOKEN}/",
    f"/e-mailadres/bevestigen/{TOKEN}/",
    f"/e-mailadres/stoppen/{TOKEN}/",
]


def logged(message: str, *args: object, **more: object) -> str:
    """Return the line as written to the console."""
    record = logging.LogRecord("x", logging.WARNING, "", 1, message, args, more.get("exc_info"))  # type: ignore[arg-type]
    assert HideMailedLinks().filter(record)
    return logging.Formatter().format(record)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_link_is_hidden_plain_and_percent_encoded(link: str, times: int) -> None:
    for _ in range(times):
        link = quote(link, safe="")
    for written in (link, link.replace("%2F", "%2f").replace("%252F", "%252f")):
        output = logged('Not Found: %s "%s"', f"/inloggen/?next={written}&taal=en", "einde")
        assert "V0" not in output
        assert "1wQx" not in output
        assert "…" in output
        assert output.startswith("Not Found: /inloggen/?next=")
        assert output.endswith('"einde"')


def test_link_in_a_referer_is_hidden() -> None:
    before = f"https://examen.test/inloggen/?{urlencode({'next': LINKS[2]})}"
    output = logged("Forbidden (%s): %s", f"Referer checking failed - {before} does not match.", "/inloggen/")
    assert output == (
        "Forbidden (Referer checking failed - https://examen.test/inloggen/?next=%2Fuitnodiging%2F…%2F does not match.)"
        ": /inloggen/"
    )


def test_an_error_s_own_words_are_hidden() -> None:
    with pytest.raises(ValueError, match="No page") as caught:
        raise ValueError(f"No page at {LINKS[0]}")
    output = logged("Internal Server Error: %s", "/", exc_info=(caught.type, caught.value, caught.tb))
    assert "ValueError: No page at /beoordelen/…/" in output
    assert TOKEN not in output


@pytest.mark.parametrize("written", ["erik.b@bedrijf.test", "e%C3%A9@bedrijf.test", "erik+1%40bedrijf.test"])
def test_mailbox_is_hidden(written: str) -> None:
    domain = "%40bedrijf.test" if "%40" in written else "@bedrijf.test"
    assert logged("“550 <%s>: unknown; q=%s”.", written, written) == f"“550 <…{domain}>: unknown; q=…{domain}”."


def test_mailbox_in_an_error_is_hidden() -> None:
    with pytest.raises(ValueError, match="Key") as caught:
        raise ValueError("Key (email)=(erik@bedrijf.test) already exists.")
    output = logged("Failed", exc_info=(caught.type, caught.value, caught.tb))
    assert output.endswith("Key (email)=(…@bedrijf.test) already exists.")
    assert "(erik@" not in output.splitlines()[-1]


@pytest.mark.parametrize(
    "message",
    [
        "celery@host ready.",
        "GET /beoordelen/u/7c9e6679-7425-40de-944b-e07fc1f90ae7/opslaan/",
        "GET /inloggen/?next=%2Fbeoordelen%2Fu%2F7c9e6679%2F",
        "100 % of /uitnodigingen/nieuw/",
    ],
)
def test_other_addresses_are_unchanged(message: str) -> None:
    assert logged(message) == message


def test_refused_form_is_logged_without_its_link(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(hide := HideMailedLinks())
    try:
        address = f"/uitnodiging/{TOKEN}/?next={quote(LINKS[0], safe='')}"
        Client(enforce_csrf_checks=True).post(address, headers={"referer": f"http://testserver{address}"})
    finally:
        caplog.handler.removeFilter(hide)
    assert "Forbidden" in caplog.text
    assert "1wQx" not in caplog.text


def shortened(error: Exception, message: str, *args: object) -> str:
    info = (type(error), error, None)
    record = logging.LogRecord("celery.beat", logging.ERROR, "", 1, message, args, info)
    assert ShortenOutages().filter(record)
    return logging.Formatter().format(record)


@pytest.mark.parametrize("error", [SchedulingError("Connection refused"), RedisConnectionError("Connection refused")])
def test_outage_of_the_broker_is_one_line(error: Exception) -> None:
    assert shortened(error, "Message Error: %s\n%s", error, ["  File …"]) == "Message Error: Connection refused"


def test_other_errors_keep_their_traceback() -> None:
    assert "ValueError: geen getal" in shortened(ValueError("geen getal"), "Fout")
