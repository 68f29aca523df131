"""Limits on wrong links and codes per address, and on costly requests.

A valid link or code is never refused. Tokens are signed and codes random, so these limits save work, log noise and an
examiner's mailbox.
"""

from __future__ import annotations

from datetime import timedelta

from accounts.auth.rate_limits import Limit

WRONG = {  # by reason of `links.NoAccess`, and IP address
    "unknown": Limit("unknown", 20, timedelta(minutes=10)),
    # Higher: a whole classroom may share an IP address, and a missing cookie is often innocent.
    "no_cookie": Limit("no-cookie", 60, timedelta(minutes=10)),
}
WRONG_CODES = Limit("wrong-code", 20, timedelta(minutes=10))
CHECKED_FILES = Limit("checked-file", 60, timedelta(minutes=10))  # uploads, right or wrong: each costs a hash
NEW_LINKS_BY_ADDRESS = Limit("new-link-address", 60, timedelta(minutes=10))  # by IP address and invitation
COPIES = Limit("copy", 10, timedelta(minutes=10))  # by invitation: each renders a PDF during the request
NEW_LINKS_BY_INVITATION = Limit("new-link-invitation", 10, timedelta(hours=24))  # mails, not clicks
