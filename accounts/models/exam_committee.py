"""The exam committees of a school, each for the programmes it names (WEB, article 7.4.5)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.fields import AddressField, LineField, NameField, ProseField
from accounts.mail.addresses import mailable

from .membership import Membership, MembershipQuerySet
from .school import DEFAULT_COMMITTEE, School
from .user import Role, User


class ExamCommitteeQuerySet(models.QuerySet["ExamCommittee"]):
    def with_member(self, user: User) -> ExamCommitteeQuerySet:
        """Filter those that `user` is a member of, whatever the session.

        A user with the role Examencommissie who is a member of none belongs to the school's default committee.
        """
        roles = Membership.objects.filter(user=user, role=Role.EXAMENCOMMISSIE).order_by()
        pairs = list(roles.values_list("school", "committees"))
        named = [committee for _, committee in pairs if committee is not None]
        without = [school for school, committee in pairs if committee is None]
        return self.filter(Q(pk__in=named) | Q(is_default=True, school__in=without))

    def visible_to(self, user: User) -> ExamCommitteeQuerySet:
        """Filter those that `user` is a member of, of the schools that `user.schools_as` gives access to."""
        return self.with_member(user).filter(school__in=user.schools_as(Role.EXAMENCOMMISSIE))

    def of_programme(self, *, school: int, code: str) -> ExamCommittee:
        """Return the committee of a programme (crebo or keuzedeel code) at a school, else the school's default."""
        either = self.filter(Q(programmes__code=code) | Q(is_default=True), school=school).order_by("is_default")
        committee: ExamCommittee = either[0]
        return committee

    def keep_programmes(self, *, school: int) -> None:
        """Have those who move the school's programmes wait for this transaction, and wait for them.

        A shared lock, which Django has no call for; SQLite has one writer at a time.
        """
        if connection.vendor == "postgresql":
            query, params = self.filter(school=school).order_by().values("pk").query.sql_with_params()
            with connection.cursor() as cursor:
                cursor.execute(f"{query} FOR SHARE", params)

    def covers(self, *, school: str = "school", code: str = "exam__code") -> Q:
        """Match the rows of another model, with a school and a programme's code, that belong to these committees."""
        programmes = CommitteeProgramme.objects.filter(school=OuterRef(school), code=OuterRef(code))
        default = Q(**{f"{school}__in": self.filter(is_default=True).order_by().values("school")})
        own = Exists(programmes.filter(committee__in=self.order_by().values("pk")))
        return Q(own) | (default & ~Q(Exists(programmes)))


class ExamCommittee(models.Model):
    """A committee, with the programmes it decides on.

    A school has one default committee, without `programmes` of its own: it has every programme that no other names.
    """

    school = models.ForeignKey(School, models.CASCADE, related_name="committees", verbose_name="school")
    name = LineField("naam", max_length=120, default=DEFAULT_COMMITTEE)
    is_default = models.BooleanField("standaard", default=False, editable=False)
    four_eyes = models.BooleanField(
        "vier ogen bij het afronden",
        default=False,
        help_text="Aan: het ene lid van de examencommissie draagt een beoordeling voor, een ander lid rondt die af.",
    )
    reminder_text = ProseField(
        "tekst in herinneringen",
        blank=True,
        max_length=1000,
        help_text="Staat in elke herinnering aan een examinator bij een opleiding van deze commissie. Leeg: niets "
        "extra's.",
    )
    members = models.ManyToManyField(Membership, related_name="committees", blank=True, verbose_name="leden")

    objects = ExamCommitteeQuerySet.as_manager()

    class Meta:
        verbose_name = "examencommissie"
        verbose_name_plural = "examencommissies"
        ordering = ["-is_default", Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint("school", Lower("name"), name="exam_committee_name_once_per_school"),
            models.UniqueConstraint(
                fields=["school"], condition=Q(is_default=True), name="exam_committee_one_default_per_school"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="exam_committee_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def people(self) -> MembershipQuerySet:
        """Return the roles of its members, as `ExamCommitteeQuerySet.with_member` finds them."""
        members = Q(committees=self)
        if self.is_default:
            members |= Q(committees__isnull=True)
        return Membership.objects.filter(members, school=self.school_id, role=Role.EXAMENCOMMISSIE)


class CommitteeProgramme(models.Model):
    """A programme (crebo or keuzedeel code) of a committee; `school` is the committee's."""

    committee = models.ForeignKey(ExamCommittee, models.CASCADE, related_name="programmes")
    school = models.ForeignKey(School, models.CASCADE, related_name="+", db_index=False)
    code = LineField("code", max_length=10)

    class Meta:
        verbose_name = "opleiding van een examencommissie"
        verbose_name_plural = "opleidingen van een examencommissie"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["school", "code"], name="programme_in_one_committee_per_school")]

    def __str__(self) -> str:
        return self.code


class ExamOffice(models.Model):
    """An address of the committee's list to which a final PDF can be mailed."""

    committee = models.ForeignKey(
        ExamCommittee, models.CASCADE, related_name="exam_offices", verbose_name="examencommissie"
    )
    name = NameField("naam", max_length=120)
    email = AddressField("e-mailadres")

    class Meta:
        verbose_name = "examenbureau"
        verbose_name_plural = "examenbureaus"
        ordering = ["name"]
        constraints = [models.UniqueConstraint("committee", Lower("email"), name="exam_office_once_per_committee")]

    def clean(self) -> None:
        try:
            self.email = mailable(self.email)
        except ValidationError as error:
            raise ValidationError({"email": error}) from None

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"
