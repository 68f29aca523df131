"""The endpoints of SCIM 2.0 (RFC 7644) for one school."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from scim2_models import (
    Context,
    ListResponse,
    NotFoundException,
    NotImplementedException,
    PatchOp,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    SearchRequest,
)

from accounts.models import DirectoryGroup, DirectoryUser, School, ScimKey
from accounts.people.roles import locked

from . import groups as scim_groups
from . import people as scim_people
from .endpoint import endpoint, json_response, no_content, read_json
from .filters import GROUP_LOOKUPS, USER_LOOKUPS, condition
from .keys import base_url
from .resources import (
    CONFIG,
    MAX_RESULTS,
    PROVIDER,
    Group,
    SchoolUser,
    group_resource,
    stored_group,
    stored_user,
    user_resource,
)

DEFAULT_RESULTS = 100
ONE_MEMBER = re.compile(r'members\[value eq "([^"]*)"\]', re.IGNORECASE)


# --- Discovery -----------------------------------------------------------------------------------
@endpoint("GET", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: HttpRequest, key: ScimKey, path: str = "") -> HttpResponse:
    if path in (".search", "Bulk", "Me"):
        raise NotImplementedException
    raise NotFoundException


@endpoint("GET")
def config(request: HttpRequest, key: ScimKey) -> HttpResponse:
    return json_response(CONFIG.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@endpoint("GET")
def resource_types(request: HttpRequest, key: ScimKey) -> HttpResponse:
    return _all_of(ResourceType, list(PROVIDER.resource_types))


@endpoint("GET")
def resource_type(request: HttpRequest, key: ScimKey, name: str) -> HttpResponse:
    return _one_of(PROVIDER.resource_types, name)


@endpoint("GET")
def schemas(request: HttpRequest, key: ScimKey) -> HttpResponse:
    return _all_of(Schema, list(PROVIDER.schemas))


@endpoint("GET")
def schema(request: HttpRequest, key: ScimKey, name: str) -> HttpResponse:
    return _one_of(PROVIDER.schemas, name)


def _all_of(model: Any, resources: list[Any]) -> HttpResponse:
    count = len(resources)
    response = ListResponse[model](total_results=count, start_index=1, items_per_page=count, resources=resources)
    return json_response(response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _one_of(resources: tuple[Any, ...], name: str) -> HttpResponse:
    for resource in resources:
        if resource.id.lower() == name.lower():
            return json_response(resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))
    raise NotFoundException


# --- Users ---------------------------------------------------------------------------------------
@endpoint("GET", "POST")
def users(request: HttpRequest, key: ScimKey) -> HttpResponse:
    """List people, or add one."""
    if request.method == "GET":
        return _find_users(key, request.GET.dict())
    resource = SchoolUser.model_validate(read_json(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    parameters = _parameters(request, SchoolUser)
    person = scim_people.create_person(key=key, resource=resource)
    return _one(user_resource(person, base_url(key.school_id)), parameters, Context.RESOURCE_CREATION_RESPONSE)


@endpoint("POST")
def search_users(request: HttpRequest, key: ScimKey) -> HttpResponse:
    """List people, with the parameters in the body."""
    return _find_users(key, read_json(request))


def _find_users(key: ScimKey, parameters: dict[str, Any]) -> HttpResponse:
    search = SearchRequest[SchoolUser].model_validate(parameters)
    queryset = key.school.directory_users.filter(condition(search.filter, USER_LOOKUPS)).prefetch_related("groups")
    base = base_url(key.school_id)
    return _list(search, SchoolUser, queryset, lambda person: user_resource(person, base))


@endpoint("GET", "PUT", "PATCH", "DELETE")
def user(request: HttpRequest, key: ScimKey, public_id: UUID) -> HttpResponse:
    """Show, replace, change or delete one person."""
    school = key.school
    if request.method == "GET":
        parameters = _parameters(request, SchoolUser)
        person = get_person(school, public_id)
        return _one(user_resource(person, base_url(key.school_id)), parameters, Context.RESOURCE_QUERY_RESPONSE)
    if request.method == "DELETE":
        with locked(school):
            scim_people.delete_person(person=get_person(school, public_id))
        return no_content()
    parameters, body = _parameters(request, SchoolUser), read_json(request)
    with locked(school):
        person = get_person(school, public_id)
        resource = _changed(request, SchoolUser, stored_user(person), body)
        person = scim_people.update_person(person=person, resource=resource)
    return _one(user_resource(person, base_url(key.school_id)), parameters, _response_context(request))


def get_person(school: School, public_id: UUID) -> DirectoryUser:
    """Return a person of the school; raise `NotFoundException`."""
    people = school.directory_users.select_related("key", "user", "invitation", "school")
    person = people.filter(public_id=public_id).first()
    if person is None:
        raise NotFoundException
    return person


# --- Groups --------------------------------------------------------------------------------------
@endpoint("GET", "POST")
def groups(request: HttpRequest, key: ScimKey) -> HttpResponse:
    """List groups, or add one."""
    if request.method == "GET":
        return _find_groups(key, request.GET.dict())
    resource = Group.model_validate(read_json(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    parameters = _parameters(request, Group)
    group = scim_groups.create_group(key=key, resource=resource)
    return _group(group, parameters, Context.RESOURCE_CREATION_RESPONSE)


@endpoint("POST")
def search_groups(request: HttpRequest, key: ScimKey) -> HttpResponse:
    """List groups, with the parameters in the body."""
    return _find_groups(key, read_json(request))


def _find_groups(key: ScimKey, parameters: dict[str, Any]) -> HttpResponse:
    search = SearchRequest[Group].model_validate(parameters)
    queryset = key.school.directory_groups.filter(condition(search.filter, GROUP_LOOKUPS))
    with_members = _has_members(search)
    if with_members:
        queryset = queryset.prefetch_related("members")
    base = base_url(key.school_id)
    return _list(search, Group, queryset, lambda group: group_resource(group, base, with_members=with_members))


@endpoint("GET", "PUT", "PATCH", "DELETE")
def group(request: HttpRequest, key: ScimKey, public_id: UUID) -> HttpResponse:
    """Show, replace, change or delete one group."""
    school = key.school
    if request.method == "GET":
        parameters = _parameters(request, Group)
        return _group(get_group(school, public_id), parameters, Context.RESOURCE_QUERY_RESPONSE)
    if request.method == "DELETE":
        with locked(school):
            scim_groups.delete_group(group=get_group(school, public_id))
        return no_content()
    parameters, body = _parameters(request, Group), read_json(request)
    with locked(school):
        found = get_group(school, public_id)
        named = _named_members(body) if request.method == "PATCH" else None
        members = list(found.members.all() if named is None else found.members.filter(public_id__in=named))
        resource = _changed(request, Group, stored_group(found, members, base_url(key.school_id)), body)
        among = None if named is None else {member.pk for member in members}
        scim_groups.update_group(group=found, resource=resource, among=among)
    return _group(found, parameters, _response_context(request))


def get_group(school: School, public_id: UUID) -> DirectoryGroup:
    """Return a group of the school; raise `NotFoundException`."""
    group = school.directory_groups.select_related("school").filter(public_id=public_id).first()
    if group is None:
        raise NotFoundException
    return group


def _named_members(body: Any) -> set[UUID] | None:
    """Return the members that a PATCH names, if it leaves all others alone; None if it may not.

    A directory adds people to a group of thousands one by one: only those named are loaded.
    """
    names: set[str] = set()
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    for operation in operations if isinstance(operations, list) else [None]:
        if not isinstance(operation, dict):
            return None
        verb, path, value = (operation.get(name) for name in ("op", "path", "value"))
        one = ONE_MEMBER.fullmatch(path) if isinstance(path, str) else None
        if one and str(verb).lower() == "remove" and value is None:
            names.add(one[1])
        elif str(path).lower() == "members" and str(verb).lower() in ("add", "remove") and isinstance(value, list):
            if not value or not all(isinstance(item, dict) and isinstance(item.get("value"), str) for item in value):
                return None
            names.update(item["value"] for item in value)
        elif str(path).lower() not in ("displayname", "externalid"):
            return None
    try:
        return {UUID(name) for name in names}
    except ValueError:
        return None


def _has_members(parameters: ResponseParameters[Any]) -> bool:
    included = {str(path).lower() for path in parameters.attributes or []}
    excluded = {str(path).lower() for path in parameters.excluded_attributes or []}
    if included:
        return any(name.rpartition(":")[2].startswith("members") for name in included)
    return not any(name.rpartition(":")[2] == "members" for name in excluded)


def _group(group: DirectoryGroup, parameters: ResponseParameters[Any], context: Context) -> HttpResponse:
    resource = group_resource(group, base_url(group.school_id), with_members=_has_members(parameters))
    return _one(resource, parameters, context)


# --- Both ----------------------------------------------------------------------------------------
def _changed(request: HttpRequest, model: Any, stored: Any, body: Any) -> Any:
    """Return the stored resource after the PUT or PATCH."""
    if request.method == "PUT":
        replacement = model.model_validate(body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        replacement.replace(stored)
        return replacement
    PatchOp[model].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(stored)
    return stored


def _response_context(request: HttpRequest) -> Context:
    return Context.RESOURCE_REPLACEMENT_RESPONSE if request.method == "PUT" else Context.RESOURCE_PATCH_RESPONSE


def _parameters(request: HttpRequest, model: Any) -> Any:
    return ResponseParameters[model].model_validate(request.GET.dict())


def _one(resource: Resource[Any], parameters: ResponseParameters[Any], context: Context) -> HttpResponse:
    data = resource.model_dump(scim_ctx=context, response_parameters=parameters)
    is_new = context == Context.RESOURCE_CREATION_RESPONSE
    location = resource.meta.location if resource.meta else None
    return json_response(data, status=201 if is_new else 200, location=location or "")


def _list(search: Any, model: Any, queryset: QuerySet[Any], as_resource: Any) -> HttpResponse:
    """Return one page, of at most `MAX_RESULTS`."""
    count = min(DEFAULT_RESULTS if search.count is None else search.count, MAX_RESULTS)
    start = min(search.start_index or 1, 2**31)
    page = list(queryset.order_by("pk")[start - 1 : start - 1 + count]) if count else []
    response = ListResponse[model](
        total_results=queryset.count(),
        start_index=start,
        items_per_page=len(page),
        resources=[as_resource(stored) for stored in page],
    )
    data = response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search)
    return json_response(data)
