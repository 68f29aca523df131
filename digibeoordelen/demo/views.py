"""`/demo/postvak/`: all mail of the demo, without login."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import cast

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from .mailbox import MailFile, get_mail, mails

View = Callable[..., HttpResponse]

MAILS_PER_PAGE = 50
# A mail may have styles but no scripts, and its links open in a new tab. Same origin, so that the mailbox can read its
# height.
_mail_policy = cast(  # the package's types know views without arguments only
    "Callable[[View], View]",
    csp(
        {
            "default-src": [NONE],
            "style-src": [UNSAFE_INLINE],
            "img-src": ["data:"],
            "base-uri": [NONE],
            "form-action": [NONE],
            "frame-ancestors": [SELF],
            "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-same-origin"],
        }
    ),
)
_may_frame = cast("Callable[[View], View]", csp_update({"frame-src": [SELF]}))


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    page = Paginator(mails(), MAILS_PER_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "demo/mailbox.html", {"page": page})


@login_not_required
@require_safe
@_may_frame
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show a mail: its text part, its HTML part in a frame, and its attachments."""
    mail_file = _get_or_404(name)
    message = mail_file.message
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    context = {
        "mail": mail_file,
        "head": mail_file.head,
        "text": text.get_content() if text else "",
        "has_html": html is not None,
        "attachments": [part.get_filename("bijlage") for part in _attachments(message)],
    }
    return render(request, "demo/mail.html", context)


@login_not_required
@require_safe
@xframe_options_sameorigin
@_mail_policy
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """Return the HTML part, for the frame on the mail's page."""
    html = _get_or_404(name).message.get_body(["html"])
    if html is None:
        raise Http404
    return HttpResponse('<base target="_blank">' + html.get_content())


@login_not_required
@require_safe
def attachment(request: HttpRequest, name: str, position: str) -> HttpResponse:
    """Return an attachment as a download, never shown as a page of this site."""
    for index, part in enumerate(_attachments(_get_or_404(name).message)):
        if index == int(position):
            response = HttpResponse(part.get_payload(decode=True), content_type=part.get_content_type())
            filename = part.get_filename("bijlage").replace("/", "_")
            response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
            return response
    raise Http404


def _get_or_404(name: str) -> MailFile:
    mail_file = get_mail(name)
    if mail_file is None:
        raise Http404
    return mail_file


def _attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    return message.iter_attachments()
