"""The OpenAPI 3.1 document, made from the routes themselves."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import msgspec

from hourloom.web.problems import Problem
from hourloom.web.routes import Access, Answer, Parameter, Route, Streamed

Json = dict[str, Any]  # a JSON object

_PROBLEM = {"description": "What went wrong."}
_STEP_UP = {
    "name": "Hourloom-Step-Up",
    "in": "header",
    "required": False,
    "description": "The ticket of `POST /api/v1/step-up`. Without it the answer is 403 `step_up_needed`, "
    "except on the local socket of a database that has no passphrase.",
    "schema": {"type": "string"},
}


class ActivityWatchError(msgspec.Struct):
    """What went wrong, in ActivityWatch's shape."""

    message: str
    code: str
    type: str = ""


def document(routes: Sequence[Route], version: str) -> Json:
    """Return the whole document."""
    # What editors ask for is WakaTime's API, not ours; docs/editors.md lists it.
    ours = [route for route in routes if not route.is_for_editors]
    described = [route for route in ours if not (route.path.endswith("/") and len(route.path) > 1)]
    types = [t for route in described for t in _types_of(route)] + [Problem, ActivityWatchError]
    schemas, components = msgspec.json.schema_components(
        types, schema_hook=_schema_hook, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(map(_key, types), schemas, strict=True))
    paths: Json = {}
    for route in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hourloom", "version": version, "license": {"name": "Apache-2.0"}},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, by_type: dict[str, Json]) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [_parameter(p, by_type) for p in route.parameters if p.source in ("path", "query")],
        "responses": _responses(route, by_type),
    }
    if route.access is not Access.ANYONE:
        operation["security"] = [{"token": []}] if route.access is Access.TOKEN else [{"token": []}, {}]
    if route.scope:
        operation["x-scope"] = route.scope
    if route.step_up:
        operation["x-step-up"] = True
        operation["parameters"].append(_STEP_UP)
    for parameter in route.parameters:
        if parameter.source == "body":
            operation["requestBody"] = {
                "required": not route.body_is_optional,
                "content": {"application/json": {"schema": by_type[_key(parameter.type)]}},
            }
        if parameter.source == "upload":
            operation["requestBody"] = {
                "required": True,
                "content": {
                    "application/json": {"schema": {}},
                    "multipart/form-data": {"schema": {"type": "object"}},
                },
            }
    return operation


def _responses(route: Route, by_type: dict[str, Json]) -> Json:
    good: Json = {"description": route.summary or "Done."}
    if isinstance(route.shows, str):
        good["content"] = {route.shows: {"schema": {"type": "string"}}}
    elif _has_schema(route.shows):
        good["content"] = {"application/json": {"schema": by_type[_key(route.shows)]}}
    error = ActivityWatchError if route.is_activitywatch else Problem
    kind = "application/json" if route.is_activitywatch else "application/problem+json"
    wrong = _PROBLEM | {"content": {kind: {"schema": by_type[_key(error)]}}}
    responses: Json = {str(route.status): good}
    for status, meaning in route.also.items():
        responses[str(status)] = {"description": meaning}
        if status >= 400:
            responses[str(status)]["content"] = {"application/json": {"schema": {}}}
    return responses | {"4XX": wrong, "5XX": wrong}


def _parameter(parameter: Parameter, by_type: dict[str, Json]) -> Json:
    described: Json = {
        "name": parameter.name,
        "in": parameter.source,
        "required": parameter.source == "path" or parameter.default is inspect.Parameter.empty,
        "schema": by_type[_key(parameter.type)],
    }
    return described


def _types_of(route: Route) -> list[Any]:
    sent = [p.type for p in route.parameters if p.source in ("path", "query", "body")]
    return [*sent, route.shows] if _has_schema(route.shows) else sent


def _has_schema(shows: Any) -> bool:
    return shows not in (Any, bytes, Answer, Streamed) and not isinstance(shows, str)


def _key(type_: Any) -> str:
    return repr(type_)


def _schema_hook(type_: Any) -> Json:
    if type_ in (msgspec.Raw, object):
        return {"description": "Any JSON value."}
    raise NotImplementedError
