"""The published OpenAPI file of OKE MBO-toetsafname 1.0.1 (CC0, see LICENSE), as tools can read it.

`ooapiv5_MBO.yaml` is a copy of https://github.com/NetwerkExamineringDigitalisering/NED-OOAPI.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "ooapiv5_MBO.yaml"
SERVED = (
    "/",
    "/components",
    "/components/{componentId}",
    "/offerings/{offeringId}",
    "/offerings/{offeringId}/associations",
    "/associations/{associationId}",
    "/associations/{associationId}/url",
    "/documents/{documentId}",
)
COMPOUND = ("allOf", "oneOf", "anyOf", "properties")
LEFT_OUT = ("example", "examples", "readOnly")
SIBLINGS = ("type", "writeOnly", "nullable", "additionalProperties")


@functools.cache
def published() -> dict[str, Any]:
    """Return the served part of the file with `$ref`s: it repeats its schemas by YAML aliases that contain themselves.

    `readOnly` is left out: the file has it on `primaryCode` and `person`, which the flows send and it requires itself.
    Each operation has the responses that others have, and 409: PATCH of an association has 200 and 400 alone.
    An association is `anyOf` three shapes, where the file has `oneOf`: each fits all three.
    One of its other paths is invalid: `/groups/{groupId}/members` has a parameter that its address lacks.
    """
    raw = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    named: dict[Hashable, str] = {}
    schemas: dict[str, Any] = {}

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        own = tuple(name for name in COMPOUND if isinstance(node.get(name), list if name.endswith("Of") else dict))
        if not own:
            return {str(key): plain(value) for key, value in node.items() if key not in LEFT_OUT}
        key = tuple((name, id(node[name])) for name in own) + tuple(
            (name, repr(node[name])) for name in SIBLINGS if name in node
        )
        if key not in named:
            name = named[key] = f"Shape{len(named)}"
            schemas[name] = {}
            schemas[name].update({k: plain(v) for k, v in node.items() if k not in LEFT_OUT})
        return {"$ref": f"#/components/schemas/{named[key]}"}

    served = {path: plain(raw["paths"][path]) for path in SERVED}
    one = served["/associations/{associationId}"]["get"]["responses"]["200"]["content"]["application/json"]
    shape = schemas[one["schema"]["$ref"].rpartition("/")[2]]
    shape["anyOf"] = shape.pop("oneOf")
    problem = served["/components"]["get"]["responses"]["400"]
    for item in served.values():
        for operation in item.values():
            for status in ("401", "403", "404", "405", "409", "429"):
                operation["responses"].setdefault(status, problem)
    security = raw["components"]["securitySchemes"]
    info = {"title": raw["info"]["title"], "version": raw["info"]["version"]}
    components = {"schemas": schemas, "securitySchemes": security}
    servers = [{"url": "http://testserver/ooapi"}]
    return {"openapi": raw["openapi"], "info": info, "servers": servers, "paths": served, "components": components}
