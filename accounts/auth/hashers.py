"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's memory and one round more: 19 MiB and some 70 ms of one core a log-in.

    Django's 100 MiB and 8 lanes take as much for every thread of a web server, and no core has the lanes to spare.
    """

    memory_cost = 19_456  # KiB
    time_cost = 3
    parallelism = 1
