"""SCIM 2.0 (RFC 7643 and 7644): a school's directory keeps its people, and the groups that give roles.

Off until Schoolbeheer makes a key. `scim2-models` reads, validates and patches the resources; `people` and `groups` say
what a change does here, with the functions of `accounts.people`. `views` is the protocol, `screen_views` the page of
Schoolbeheer.
"""
