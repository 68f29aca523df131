"""How often one address may try what is wrong, and ask what costs work.

Whoever holds a link or a code that is right is never kept out. A token can't be guessed (it is
signed), nor a document's code (it is random), so what these limits save is work and noise, and an
examiner's mailbox.
"""

from __future__ import annotations

from datetime import timedelta

from accounts.auth.rate_limits import Limit

WRONG = {  # by reason of `links.NoAccess`, and address
    "unknown": Limit("unknown", 20, timedelta(minutes=10)),
    # Whoever has no cookie may have had one: a school's whole classroom shares an address.
    "no_cookie": Limit("no-cookie", 60, timedelta(minutes=10)),
}
WRONG_CODES = Limit("wrong-code", 20, timedelta(minutes=10))
CHECKED_FILES = Limit("checked-file", 60, timedelta(minutes=10))  # uploads, right or wrong: each costs a hash
NEW_LINKS_BY_ADDRESS = Limit("new-link-address", 60, timedelta(minutes=10))  # by address and invitation
COPIES = Limit("copy", 10, timedelta(minutes=10))  # by invitation: each is a PDF that is made while one waits
NEW_LINKS_BY_INVITATION = Limit("new-link-invitation", 10, timedelta(hours=24))  # mails, not clicks
