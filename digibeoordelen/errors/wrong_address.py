"""Responses to GET for a POST-only URL, and to a mailed link with extra characters at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, ResolverMatch, resolve
from django.views.defaults import page_not_found

from accounts.language import activate_language

LONGEST_LINK = 3  # segments: 'account-aanmaken/bevestigen/<token>'


class PostOnlyMiddleware:
    """Redirects GET of a POST-only URL to the page above it, as after login (`next`) or from the history."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and response.status_code == 405:
            return HttpResponseRedirect(next(path for path, _ in _above(request.path_info.rstrip("/"))))
        return response


def not_found(request: HttpRequest, exception: Http404) -> HttpResponseBase:
    """Return 404, but for a mailed link with extra characters its view's page for a wrong token."""
    if request.resolver_match is None and request.method == "GET":
        for path, match in _above("/".join(request.path_info.split("/")[: LONGEST_LINK + 2])):
            if match.kwargs.keys() in ({"token"}, {"code"}):
                activate_language(request, match.func)
                wrong = {name: value + request.path_info[len(path) - 1 :] for name, value in match.kwargs.items()}
                page: HttpResponseBase = match.func(request, **wrong)
                return page
    return page_not_found(request, exception)


def _above(path: str) -> Iterator[tuple[str, ResolverMatch]]:
    """Yield the valid URLs above `path`, nearest first; at least the home page."""
    segments = path.split("/")[1:]
    for count in range(len(segments) - 1, -1, -1):
        above = "/" + "".join(f"{segment}/" for segment in segments[:count])
        try:
            yield above, resolve(above)
        except Resolver404:
            continue
