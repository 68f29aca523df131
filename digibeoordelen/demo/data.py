"""The demo's initial data: a school with its people and address book, and its assessments."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from accounts.search import normalise
from addressbook.models import Contact
from addressbook.people import add_by_hand
from assessments.models import Assessment
from exams.models import AccountExam, Exam

from . import assessments
from .accounts import DEMO_ACCOUNTS, DEMO_PASSWORD, DEMO_SCHOOL, DemoAccount

STUDENTS = [  # (first name, infix, last name)
    ("Bram", "", "Jansen"),
    ("Noor", "", "Visser"),
    ("Yusuf", "", "Yıldız"),
    ("Sanne", "van den", "Berg"),
    ("Zoë", "", "Kuipers"),
    ("Milan", "", "de Wit-Öztürk"),
    ("Amira", "", "Haddad"),
    ("Thijs", "", "Mulder"),
    ("Lotte", "", "Hendriks"),
    ("Daan", "van der", "Veen"),
    ("Chaima", "El", "Idrissi"),
    ("Ruben", "", "Bos"),
    ("Fleur", "", "Dijkstra"),
    ("Jayden", "", "Pinas"),
    ("Femke", "", "Postma"),
    ("Kevin", "", "Nguyen"),
    ("Merel", "", "Schouten"),
    ("Oumaima", "", "Bakkali"),
    ("Sem", "", "Willems"),
    ("Roos", "ter", "Horst"),
    ("Mohamed", "", "Amrani"),
    ("Isa", "", "Koster"),
    ("Liam", "", "van Leeuwen"),
    ("Puck", "", "Groen"),
]
WITHOUT_NUMBER = ("Tess", "", "Vermeer")  # 'bijna altijd is het studentnummer niet ingevuld'
COLLEAGUES = [  # (role, address, name): not on the login page, with the same password
    (Role.DOCENT, "bart.timmer", ("Bart", "", "Timmer")),
    (Role.EXAMENCOMMISSIE, "hilde.wouters", ("Hilde", "", "Wouters")),
    (Role.EXAMENCOMMISSIE, "omar.bakker", ("Omar", "", "Bakker")),
]
# A second committee, for one programme; Omar Bakker is a member of this one alone.
COMMITTEE, PROGRAMME = "Examencommissie Logistiek", "25743"
COMMITTEES_OF = {"examencommissie": True, "hilde.wouters": True, "omar.bakker": False}  # of the default one too?
CONTACTS = [  # (first name, infix, last name, function, organisation, side)
    ("Wilma", "", "Hofstede", "Teamleider", "Zorgcentrum De Linde", Contact.Side.WORKPLACE),
    ("Hans", "", "Brouwer", "Wijkverpleegkundige", "Thuiszorg Rivierenland", Contact.Side.WORKPLACE),
    ("Soraya", "", "Benali", "Werkbegeleider", "Ziekenhuis Waalzicht", Contact.Side.WORKPLACE),
    ("Peter", "van", "Rijn", "Magazijnchef", "Logistiek Centrum Betuwe", Contact.Side.WORKPLACE),
    ("Anneke", "", "Smit", "Assessor", DEMO_SCHOOL, Contact.Side.SCHOOL),
    ("Gerard", "", "Kok", "Bedrijfsleider", "Tuincentrum 't Zand", Contact.Side.WORKPLACE),
]


def load() -> None:
    """Create the demo's exams and people, and with a new school its assessments; idempotent.

    What was changed or deleted since of the assessments stays so: they come with the school, in one transaction.
    """
    call_command("load_exam", *sorted((settings.BASE_DIR / "exams" / "data").glob("*.yaml")), "--publish", verbosity=0)
    with transaction.atomic():
        school_settings = {"mail_domains": "school.demo.example", "number_forms": "999999"}
        school, is_new = School.objects.get_or_create(
            name=DEMO_SCHOOL, defaults={"digital_assessment_active": True, "register_on": True, **school_settings}
        )
        for account in DEMO_ACCOUNTS:
            _load_account(account, school)
        for role, address, colleague in COLLEAGUES:
            _membership(_user(f"{address}@demo.example", colleague), school, role)
        for number, name in enumerate(STUDENTS, 100_101):
            _load_student(school, name, str(number))
        _load_student(school, WITHOUT_NUMBER, "")
        _load_contacts(school)
        _add_exams_to_accounts()
        if is_new:
            _load_committees(school)
            if not Assessment.objects.exists():
                assessments.load(school)


def _load_committees(school: School) -> None:
    """Give the new school a second committee, and each an exam office."""
    default, second = school.default_committee, school.committees.create(name=COMMITTEE)
    second.programmes.create(school=school, code=PROGRAMME)
    for address, is_in_default in COMMITTEES_OF.items():
        role = school.memberships.get(role=Role.EXAMENCOMMISSIE, user__email=f"{address}@demo.example")
        role.committees.set([default, second] if is_in_default else [second])
    for committee in (default, second):
        committee.exam_offices.create(name="Examenbureau", email="examenbureau@demo.example")


def _load_account(account: DemoAccount, school: School) -> None:
    user = _user(account["email"], (account["first_name"], account["infix"], account["last_name"]))
    if account["role"] == "CONSORTIUM":
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    else:
        number = "100100" if account["role"] == Role.STUDENT else ""
        _membership(user, school, account["role"], number)


def _load_student(school: School, name: tuple[str, str, str], number: str) -> None:
    first_name, infix, last_name = name
    name_part = normalise(f"{first_name}.{infix}{last_name}")
    address = "".join(char for char in name_part if char.isascii() and (char.isalnum() or char == "."))
    _membership(_user(f"{address}@student.demo.example", name), school, Role.STUDENT, number)


def _load_contacts(school: School) -> None:
    for first_name, infix, last_name, function, organisation, side in CONTACTS:
        email = f"{first_name}.{last_name}@examinator.demo.example".lower()
        if not school.contacts.filter(email=email).exists():
            contact = Contact(
                first_name=first_name,
                infix=infix,
                last_name=last_name,
                email=email,
                function=function,
                organisation=organisation,
                side=side,
            )
            add_by_hand(school=school, contact=contact)


def _add_exams_to_accounts() -> None:
    owners = Membership.objects.filter(user__email__endswith="demo.example", role__in=[Role.DOCENT, Role.STUDENT])
    for user_id in owners.values_list("user_id", flat=True):
        if AccountExam.objects.filter(user_id=user_id).exists():
            continue
        AccountExam.objects.bulk_create(AccountExam(user_id=user_id, exam=exam) for exam in Exam.objects.all())


def _membership(user: User, school: School, role: str, number: str = "") -> None:
    Membership.objects.get_or_create(user=user, school=school, role=role, defaults={"student_number": number})


@cache
def _password() -> str:
    """Hash the password once: thirty times would take half of the first start."""
    return make_password(DEMO_PASSWORD)


def _user(email: str, name: tuple[str, str, str]) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        first_name, infix, last_name = name
        user = User(email=email, first_name=first_name, infix=infix, last_name=last_name)
        user.details_checked_at = timezone.now()
        user.password = _password()
        user.save()
    return user
