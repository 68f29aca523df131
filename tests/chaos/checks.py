"""What must hold after a fault: nothing that was acknowledged is lost, and nothing is done twice."""

from __future__ import annotations

import hashlib
from collections import Counter

from .installation import Installation
from .traffic import Seen, text_of

SAVED = "select id, justification from assessments_assignment where justification <> ''"
COMPLETED = "select assessment_id from assessments_assignment group by 1 having bool_and(completed_at is not null)"
FINAL = "select id from assessments_assessment where status = 'FINAL' and grade is not null"
SENT = "select message_id from outbox_outgoingmail where state = 'SENT'"
PDFS = """
select file.file, file.sha256 from assessments_document document
join outbox_storedfile file on file.id = document.file_id order by document.id desc
"""
# Each of these happens once to an assessment of this traffic.
DONE_TWICE = """
select assessment_id, kind, count(*) from assessments_event where kind in ('COMPLETED', 'FINALISED', 'DOCUMENT_MADE')
group by 1, 2 having count(*) > 1
union all select assessment_id, 'document', count(*) from assessments_document group by 1 having count(*) > 1
union all select about.assessment_id, mail.kind, count(*) from assessments_mailabout about
join outbox_outgoingmail mail on mail.id = about.mail_id group by 1, 2 having count(*) > 1
"""


def find_lost(it: Installation, seen: Seen) -> list[str]:
    """Return what people were told was saved, completed, final or sent and is not."""
    kept = dict(it.rows(SAVED))
    lost = [f"save {number} of {pk}" for pk, number in seen.saved.items() if not _is_as_new(kept.get(pk, ""), number)]
    for what, pks, sql in (("completed", seen.completed, COMPLETED), ("final", seen.final, FINAL)):
        lost += [f"{what}: {pk}" for pk in pks - {pk for (pk,) in it.rows(sql)}]
    arrived = {mail.message_id for mail in it.sink.received}
    return lost + [f"mail {message_id}" for (message_id,) in it.rows(SENT) if message_id not in arrived]


def _is_as_new(text: str, number: int) -> bool:
    """Return whether the text is of save `number` or a later one."""
    return text >= text_of(number)


def find_damaged(it: Installation, count: int) -> list[str]:
    """Return which of the newest `count` PDFs are not as they were made."""
    rows = it.rows(PDFS)[:count]
    return [name for name, sha256 in rows if hashlib.sha256(it.stored(name) or b"").hexdigest() != sha256]


def find_doubled(it: Installation) -> list[str]:
    return [" ".join(map(str, row)) for row in it.rows(DONE_TWICE)]


def count_repeated(it: Installation) -> int:
    """Return how many mails arrived once more than needed, under the same Message-ID."""
    arrived = Counter((mail.to, mail.message_id) for mail in it.sink.received)
    return arrived.total() - len(arrived)
