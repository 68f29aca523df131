"""The people of a school and their roles, as Schoolbeheer keeps them.

`roles` gives, takes and ends them, each with a line in the `log`. Who has no role here yet is asked to join: one by one
(`invite`), or by a list (`importing`); `join` is what the asked do.
"""
