"""The people of a school and their roles.

`roles` grants and revokes roles, each with a log entry. People without a role are invited, one by one (`invite`) or
from a list (`importing`), and accept through `join`.
"""
