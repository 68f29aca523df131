"""A school's logo and colour: validation and visibility."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts.models import Membership, Role, School, User
from accounts.models.branding import OURS, Palette, _luminance, _read, check_colour, contrast, tidy_colour
from accounts.navigation import navigation
from accounts.school.logo import MAX_LOGO_BYTES, STORED_SIZE, read_logo
from assessments import links
from assessments.models import Invitation
from tests.factories import MembershipFactory, given_logo, png

WHITE = (255, 255, 255)


def upload(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


# --- Colour ---------------------------------------------------------------------------------------


def test_default_palette_equals_base_css() -> None:
    assert Palette.of("") == Palette(OURS, Palette.of(OURS).dark, "#f2eef5")
    assert Palette.of("geen kleur; }").colour == OURS


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_accepted_colour_is_readable_on_white_and_tint(colour: str) -> None:
    try:
        check_colour(colour)
    except ValidationError:
        assert contrast(_read(colour), WHITE) < 4.5
        return
    brand = Palette.of(colour)
    for shade in (brand.colour, brand.dark):
        assert contrast(_read(shade), WHITE) >= 4.5
        assert contrast(_read(shade), _read(brand.tint)) >= 4.5
    assert _luminance(_read(brand.tint)) >= 0.86


@pytest.mark.parametrize(
    ("colour", "message"),
    [
        ("#ff0000", "het contrast met wit is 3,9 op 1, en 4,5 op 1 is nodig"),
        ("#777777", "het contrast met wit is 4,4 op 1"),
        ("#ffff00", "het contrast met wit is 1,0 op 1"),
        ("paars", "Dit is geen kleurcode."),
        ("#12345", "Dit is geen kleurcode."),
    ],
)
def test_refused_colour_names_its_contrast(colour: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check_colour(colour)


@pytest.mark.parametrize(
    ("typed", "kept"), [("1D5FA8", "#1d5fa8"), ("#ABC", "#aabbcc"), (" #1d5fa8 ", "#1d5fa8"), ("", "")]
)
def test_a_colour_is_tidied(typed: str, kept: str) -> None:
    assert tidy_colour(typed) == kept


def test_stylesheet_leaves_semantic_colours_alone(client: Client) -> None:
    response = client.get(reverse("school:colour", args=["1d5fa8"]))
    css = response.content.decode()
    assert "--brand:#1d5fa8" in css
    assert response["Content-Type"] == "text/css"
    assert "immutable" in response["Cache-Control"]
    for meaning in ("--purple", "--green", "--red", "--blue", "--amber"):
        assert meaning not in css


@pytest.mark.parametrize("address", ["1d5fa", "1D5FA8", "red", "1d5fa8;}", "%7D"])
def test_invalid_colour_url_gets_404(client: Client, address: str) -> None:
    assert client.get(f"/school/kleur/{address}.css").status_code == 404


# --- Logo -----------------------------------------------------------------------------------------


def test_logo_is_stored_as_a_small_png() -> None:
    out = BytesIO()
    picture = Image.new("CMYK", (3000, 900))
    picture.save(out, "JPEG", comment=b"<script>alert(1)</script>")
    logo = read_logo(upload(out.getvalue(), "logo.jpg"))
    drawn = Image.open(BytesIO(logo.content))
    assert (drawn.format, drawn.width <= STORED_SIZE[0], drawn.height <= STORED_SIZE[1]) == ("PNG", True, True)
    assert b"script" not in logo.content


def test_logo_metadata_is_removed() -> None:
    logo = read_logo(upload(png() + b"<?php evil ?>"))
    assert b"evil" not in logo.content


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a hundred bytes with these dimensions in its header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def gif() -> bytes:
    out = BytesIO()
    Image.new("P", (300, 100)).save(out, "GIF")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "geen PNG of JPEG"),
        (b"", "geen PNG of JPEG"),
        (png()[:60], "geen PNG of JPEG"),
        (gif(), "geen PNG of JPEG"),
        (bomb(60_000, 60_000), "te veel pixels"),
        (bomb(5_000, 4_000), "te veel pixels"),
        (png(600, 10), "600 × 10 pixels: te klein, te smal of te laag"),
        (png(10, 600), "10 × 600 pixels: te klein, te smal of te laag"),
        (png(40, 16_000), "hooguit 6000 pixels breed en hoog"),
        (png(16_000, 40), "hooguit 6000 pixels breed en hoog"),
        (b"x" * (MAX_LOGO_BYTES + 1), "groter dan 2 MB"),
    ],
    ids=["svg", "empty", "broken", "gif", "bomb", "large picture", "flat", "narrow", "high", "long", "large file"],
)
def test_invalid_logo_is_refused_with_a_reason(content: bytes, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read_logo(upload(content))


def test_logo_is_served_as_cacheable_png(client: Client, school: School) -> None:
    file = given_logo(school)
    response = client.get(reverse("school:logo", args=[school.pk, file.pk]))
    assert (response["Content-Type"], response.content) == ("image/png", png())
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_older_logo_redirects_and_missing_logo_gets_404(client: Client, school: School) -> None:
    file = given_logo(school)
    answer = client.get(reverse("school:logo", args=[school.pk, file.pk + 1]))
    assert answer.url == reverse("school:logo", args=[school.pk, file.pk])
    School.objects.update(logo=None)
    assert client.get(reverse("school:logo", args=[school.pk, file.pk])).status_code == 404


def test_no_other_file_is_served_as_a_logo(client: Client, school: School, other_school: School) -> None:
    file = given_logo(school)
    assert client.get(reverse("school:logo", args=[other_school.pk, file.pk])).status_code == 404


# --- On the pages ----------------------------------------------------------------------------------


def branding_of(user: User | AnonymousUser) -> object:
    request = RequestFactory().get("/")
    request.user = user
    return navigation(request)["nav_branding"] or None


@pytest.fixture
def blue(school: School) -> School:
    given_logo(school)
    School.objects.filter(pk=school.pk).update(colour="#1d5fa8")
    school.refresh_from_db()
    return school


def test_people_of_the_school_see_its_logo_and_colour(client: Client, docent: User, blue: School) -> None:
    client.force_login(docent)
    page = client.get("/mijn-digibib/").content.decode()
    assert f'<img src="{blue.branding.logo_url}" alt="ROC Hier">' in page
    assert f'<link rel="stylesheet" href="{blue.branding.style_url}">' in page


def test_people_of_several_schools_see_the_default_branding(docent: User, blue: School, other_school: School) -> None:
    assert branding_of(docent) == blue.branding
    MembershipFactory(user=docent, school=blue, role=Role.EXAMENCOMMISSIE)
    assert branding_of(docent) == blue.branding
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    assert branding_of(docent) is None
    assert branding_of(AnonymousUser()) is None


def test_header_and_branding_cost_one_query(docent: User, blue: School, django_assert_num_queries) -> None:
    request = RequestFactory().get("/")
    request.user = docent
    with django_assert_num_queries(1):
        context = navigation(request)
        assert context["nav_branding"].colour
        assert context["nav_tabs"]


def test_examiner_sees_the_school_s_branding(client: Client, invitation: Invitation, blue: School) -> None:
    page = client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]), follow=True)
    assert blue.branding.logo_url in page.content.decode()
    assert blue.branding.style_url in page.content.decode()


def test_first_login_has_the_school_s_branding(client: Client, blue: School, student: Membership) -> None:
    User.objects.filter(pk=student.user_id).update(details_checked_at=None)
    client.force_login(student.user)
    assert blue.branding.logo_url in client.get("/welkom/").content.decode()
