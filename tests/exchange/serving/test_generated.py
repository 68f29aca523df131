"""Requests that schemathesis generates from the published file, right and wrong ones: no answer is a 500.

`pytest --hypothesis-profile=explore` sends thousands.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_core.testing import MockRequest, MockResponse
from schemathesis.generation.modes import GenerationMode

from accounts.models import Membership
from exams.models import ExamUnit
from exchange.mapping import component_id
from tests.exchange.oke import published

from .conftest import BASE, Planner, known

pytestmark = pytest.mark.django_db
OPERATIONS = [
    (path, method, mode)
    for path, item in published()["paths"].items()
    for method in ("get", "put", "patch")
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if method in item and (path, mode) != ("/", GenerationMode.NEGATIVE)  # which has nothing that can be wrong
]
EXAMPLES = settings().max_examples // 5  # of each operation, right and wrong


@pytest.fixture
def ids(planner: Planner, unit: ExamUnit, student: Membership) -> dict[str, str]:
    """Ids that exist, to put where the generated ones are unknown."""
    offering = planner.new_offering(unit)
    association = planner.add(offering, known(student))
    component = str(component_id(unit.exam_version.exam, unit.code))
    return {"offeringId": offering, "associationId": association, "componentId": component, "documentId": association}


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_generated_requests(
    planner: Planner, ids: dict[str, str], path: str, method: str, mode: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_dict(published())[path][method.upper()]
    drawn = operation.as_strategy(generation_mode=mode)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=drawn, with_known=st.booleans())
    def ask(case: Any, with_known: bool) -> None:
        send(planner, path, method, case, ids if with_known else {})

    ask()


def send(planner: Planner, path: str, method: str, case: Any, ids: dict[str, str]) -> None:
    """Send the case, and hold the answer against the published file."""
    parameters = {**(case.path_parameters or {}), **ids}
    address = path.format(
        **{name: quote(str(value), safe="") for name, value in parameters.items() if f"{{{name}}}" in path}
    )
    body = case.body
    if ids and isinstance(body, dict):
        body = {**body, "component": ids["componentId"], "offering": ids["offeringId"]}
        body |= {name: ids[name] for name in ("offeringId", "associationId") if name in body}
    content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
    content = content if method != "get" else b""
    query = urlencode({name: _text(value) for name, value in (case.query or {}).items()})
    headers = {"Authorization": f"Bearer {planner.token}"}
    url = f"{BASE}{address}?{query}"
    response = planner.client.generic(method.upper(), url, content, content_type="application/json", headers=headers)
    assert response.status_code < 500, (url, content)
    if response.headers["Content-Type"].startswith("text/html"):
        return  # Django's own answer to an address that it can't read
    request = MockRequest("http://testserver", method, f"{BASE}{path}".replace("{", "").replace("}", ""))
    kind = response["Content-Type"].split(";")[0]
    planner.contract.validate_response(
        request, MockResponse(response.getvalue(), response.status_code, content_type=kind)
    )


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
