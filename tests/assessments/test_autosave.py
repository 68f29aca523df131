"""The value that is kept when several tabs and devices save, with requests lost, repeated and reordered."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.autosave import MAX_PAGES, Base, Sender, Verdict, decide, fingerprint
from assessments.examiner import saving
from assessments.rubric import read_uncorrected

TEXT = st.text("ab", max_size=3)


# --- One field -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kept", "typed", "base", "own", "verdict"),
    [
        ("a", "a", "b", False, Verdict.SAME),
        ("a", "b", "a", False, Verdict.WRITE),
        ("a", "", "a", False, Verdict.WRITE),  # cleared by the writer who saw it
        ("b", "a", "a", False, Verdict.KEEP),  # changed by the other only
        ("b", "c", "a", False, Verdict.CONFLICT),
        ("b", "", "a", False, Verdict.CONFLICT),
        ("", "b", "a", False, Verdict.CONFLICT),  # cleared by the other
        ("b", "c", "a", True, Verdict.WRITE),  # a lost answer
        ("b", "a", "a", True, Verdict.WRITE),  # and typed again
        ("", "b", None, False, Verdict.WRITE),
        ("a", "b", None, False, Verdict.CONFLICT),
    ],
)
def test_rule_for_one_field(kept: str, typed: str, base: str | None, own: bool, verdict: Verdict) -> None:
    assert decide(kept=kept, typed=typed, base=base, own=own) is verdict


@given(TEXT, TEXT, st.none() | TEXT)
def test_unseen_value_is_never_overwritten(kept: str, typed: str, base: str | None) -> None:
    if decide(kept=kept, typed=typed, base=base) is Verdict.WRITE:
        assert kept in (base, "")


@given(TEXT, st.dictionaries(st.integers(1, 10**17), st.sampled_from("OVG")))
def test_base_round_trips(text: str, scores: dict[int, str]) -> None:
    assert Base.read(str(Base.of(text, scores))) == Base.of(text, scores)


def test_only_the_newest_pages_are_remembered() -> None:
    heard: list[list[object]] = []
    senders = [Sender(page=f"{number:016x}", number=1) for number in range(MAX_PAGES + 2)]
    for sender in senders:
        heard = sender.heard_after(heard)
    assert len(heard) == MAX_PAGES
    assert senders[-1].is_late(heard)
    assert not senders[0].is_late(heard)


@pytest.mark.parametrize("sent", [{}, {"page": "x"}, {"page": "0" * 17, "save-number": "1"}])
def test_invalid_page_is_anonymous(sent: dict[str, str]) -> None:
    sender = Sender.read(sent)
    assert sender.page == ""
    assert not sender.is_late([["", 5]])
    assert not sender.wrote("")


# --- Two pages on an unreliable network -------------------------------------------------------------
@dataclass
class Request:
    post: dict[str, str]
    values: dict[str, str]


@dataclass
class OpenPage:
    """A model of static/js/autosave.js for one part; both follow the rules of this file."""

    column: object
    number_of: int
    earlier: str = ""
    saves: int = 0
    value: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    conflict: dict[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"{self.number_of:016x}"

    def open(self, values: dict[str, str]) -> None:
        self.value, self.known = dict(values), dict(values)

    def reload(self, values: dict[str, str], number_of: int) -> OpenPage:
        """Restore the browser's copy over the reloaded page."""
        again = OpenPage(self.column, number_of, earlier=self.page)
        again.open(values)
        for name in self.unsent:
            again.value[name], again.known[name] = self.value[name], self.known[name]
        again.pending = set(self.pending)
        return again

    @property
    def unsent(self) -> list[str]:
        return [name for name in self.value if self.value[name] != self.known[name] or name in self.pending]

    def send(self) -> Request | None:
        names = [name for name in self.unsent if name not in self.conflict]
        if not names:
            return None
        self.saves += 1
        self.pending |= set(names)
        values = {name: self.value[name] for name in names}
        scores = {int(name.split("-")[2]): v for name, v in self.known.items() if name.startswith("score-") and v}
        base = Base(fingerprint(self.known[self.column.justification_field]), scores)
        post = {f"base-{self.column.assignment.pk}": str(base)}
        post |= {"page": self.page, "earlier-page": self.earlier, "save-number": str(self.saves), **values}
        return Request(post, values)

    def receive(self, request: Request, kept: dict[str, str], conflicts: dict[str, str]) -> None:
        for name, now in kept.items():
            if name in conflicts:
                self.conflict[name] = now
            elif name in request.values and self.value[name] != request.values[name]:
                if now == request.values[name]:  # typed on since; the sent value arrived
                    self.known[name] = now
                    self.pending.discard(name)
            elif name in request.values or name not in self.unsent:
                self.value[name] = self.known[name] = now
                self.pending.discard(name)

    def resolve(self, *, take: bool) -> None:
        """Choose 'Neem over' or 'Houd wat hier staat'; both values were shown."""
        for name, now in self.conflict.items():
            self.known[name] = now
            self.pending.discard(name)
            if take:
                self.value[name] = now
        self.conflict = {}


STEP = st.one_of(
    st.tuples(st.just("type"), st.integers(0, 1), TEXT),
    st.tuples(st.just("score"), st.integers(0, 1), st.sampled_from(["O", "V", "G", ""])),
    st.tuples(st.just("send"), st.integers(0, 1), st.none()),
    st.tuples(st.just("arrive"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("resolve"), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("reload"), st.integers(0, 1), st.none()),
)


class World:
    """The server and two open pages of one examiner on one part."""

    def __init__(self, invitation):
        self.invitation = invitation
        self.pages = [self.fresh(1), self.fresh(2)]
        self.made = 2
        self.sent: list[tuple[int, Request]] = []
        self.seen: list[dict[str, set[str]]] = [self.all_seen(page) for page in self.pages]
        self.once_kept = self.all_seen(self.pages[0])

    def column(self):
        return read_uncorrected(self.invitation.assessment, contact=self.invitation.contact).columns[0]

    def kept(self) -> dict[str, str]:
        column = self.column()
        return {column.justification_field: column.justification} | {name: v for _, name, v in column.lines}

    def fresh(self, number: int) -> OpenPage:
        page = OpenPage(self.column(), number)
        page.open(self.kept())
        return page

    def all_seen(self, page: OpenPage) -> dict[str, set[str]]:
        return {name: {value} for name, value in page.value.items()}

    def mark_seen(self, index: int) -> None:
        page = self.pages[index]
        for name, value in [*page.value.items(), *page.known.items(), *page.conflict.items()]:
            self.seen[index][name].add(value)

    def act(self, step: str, index: int, what: object) -> None:
        if step == "arrive":
            self.arrive(index, heard=bool(what))
            return
        page = self.pages[index]
        if step in ("type", "score"):
            name = page.column.justification_field if step == "type" else list(page.value)[-1]
            if name not in page.conflict:
                page.value[name] = str(what)
        elif step == "send" and (request := page.send()):
            self.sent.append((index, request))
        elif step == "resolve":
            page.resolve(take=bool(what))
        elif step == "reload":
            self.made += 1
            self.pages[index] = page.reload(self.kept(), self.made)
        self.mark_seen(index)

    def arrive(self, which: int, *, heard: bool) -> None:
        """Let a request arrive, maybe again; its answer is received or lost."""
        if which >= len(self.sent):
            return
        index, request = self.sent[which]
        before = self.kept()
        saved = saving.save_post(invitation=self.invitation, post=request.post)
        after = self.kept()
        for name, was in before.items():
            if after[name] != was:
                assert was in self.seen[index][name], "overwrote what its writer never saw"
                assert after[name] == request.values[name]
                self.once_kept[name].add(after[name])
        page = self.pages[index]
        if heard and request.post["page"] == page.page:
            conflicts = {name: kept for conflict in saved.conflicts for name, kept in conflict.fields}
            page.receive(request, after, conflicts)
            self.mark_seen(index)

    def settle(self) -> None:
        """Restore the network: each page sends until nothing is left."""
        for index in (0, 1, 0, 1):
            self.pages[index].resolve(take=False)
            for _ in range(3):
                if request := self.pages[index].send():
                    self.sent.append((index, request))
                    self.arrive(len(self.sent) - 1, heard=True)
                    self.pages[index].resolve(take=False)
            assert self.pages[index].unsent == []
            for name, value in self.pages[index].value.items():
                assert value in self.once_kept[name], "stands on a screen as saved, and never was"


@given(st.lists(STEP, max_size=25))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 2)
def test_typed_text_survives_network_failures(invitation, steps):
    with transaction.atomic():
        world = World(invitation)
        for step in steps:
            world.act(*step)
        world.settle()
        transaction.set_rollback(True)


def test_lost_answer_is_no_conflict(invitation):
    world = World(invitation)
    for step in [("type", 0, "a"), ("send", 0, None), ("arrive", 0, False), ("type", 0, "ab"), ("send", 0, None)]:
        world.act(*step)
    world.act("arrive", 1, True)
    assert world.pages[0].conflict == {}
    assert world.kept()[world.column().justification_field] == "ab"


def test_overtaken_request_changes_nothing(invitation):
    world = World(invitation)
    for step in [("type", 0, "a"), ("send", 0, None), ("type", 0, ""), ("send", 0, None), ("arrive", 1, True)]:
        world.act(*step)
    world.act("arrive", 0, True)
    assert world.kept()[world.column().justification_field] == ""


def test_reload_after_a_lost_answer_is_no_conflict(invitation):
    world = World(invitation)
    for step in [("type", 0, "a"), ("send", 0, None), ("type", 0, "ab"), ("arrive", 0, False), ("reload", 0, None)]:
        world.act(*step)
    world.act("send", 0, None)
    world.act("arrive", 1, True)
    assert world.pages[0].conflict == {}
    assert world.kept()[world.column().justification_field] == "ab"


# --- Cleared scores ----------------------------------------------------------------------------------
SCORED = [("score", 0, "V"), ("send", 0, None), ("arrive", 0, True), ("reload", 1, None)]


def last_score(world: World) -> str:
    return list(world.kept().values())[-1]


def test_cleared_score_is_cleared_on_both_devices(invitation):
    world = World(invitation)
    for step in [*SCORED, ("score", 0, ""), ("send", 0, None), ("arrive", 1, True)]:
        world.act(*step)
    assert last_score(world) == ""
    for step in [("type", 1, "a"), ("send", 1, None), ("arrive", 2, True)]:
        world.act(*step)
    assert list(world.pages[1].value.values())[-1] == ""


def test_score_set_after_lost_clearing_is_kept(invitation):
    world = World(invitation)
    for step in [*SCORED, ("score", 0, ""), ("send", 0, None), ("arrive", 1, False), ("score", 0, "V")]:
        world.act(*step)
    for step in [("send", 0, None), ("arrive", 2, True)]:
        world.act(*step)
    assert (last_score(world), world.pages[0].conflict) == ("V", {})


@pytest.mark.parametrize(("first", "second"), [("", "G"), ("G", "")])
def test_cleared_and_changed_score_is_a_conflict(invitation, first, second):
    world = World(invitation)
    for step in [*SCORED, ("score", 0, first), ("send", 0, None), ("score", 1, second), ("send", 1, None)]:
        world.act(*step)
    world.act("arrive", 1, True)
    world.act("arrive", 2, True)
    assert last_score(world) == first
    assert list(world.pages[1].conflict.values()) == [first]
