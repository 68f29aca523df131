"""The address book as a page of its own (source text, appendix 'Beheren Adresboek'), for who is Docent."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Role, School, User
from accounts.search import matches

from . import correct as correcting
from .forms import NewContactForm, form_for
from .models import Contact
from .people import AlreadyListed, add_by_hand
from .way_back import way_back

PAGE_SIZE = 50


def get_schools(user: User) -> QuerySet[School]:
    """The schools whose address book `user` keeps; 404 for who is Docent nowhere."""
    schools = user.schools_as(Role.DOCENT)
    if not schools:
        raise Http404
    return schools


def get_contact(user: User, pk: int) -> Contact:
    """Someone in the address book of the docent's schools; else 404."""
    return get_object_or_404(Contact.objects.for_docent(user).listed().select_related("school"), pk=pk)


def get_contact_by_hand(user: User, pk: int) -> Contact:
    """Someone whom people added, in the address book or taken out of it; else 404."""
    return get_object_or_404(Contact.objects.for_docent(user).by_hand(), pk=pk)


@require_GET
def contacts(request: UserRequest) -> HttpResponse:
    schools = get_schools(request.user)
    query = request.GET.get("q", "").strip()
    school = next((one for one in schools if str(one.pk) == request.GET.get("school")), None)
    found = Contact.objects.listed().filter(school__in=[school] if school else list(schools)).select_related("school")
    if query:
        found = found.filter(matches(query))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {"page": page, "query": query, "schools": schools, "school": school, "several": len(schools) > 1}
    return render(request, "addressbook/contacts.html", context)


@require_http_methods(["GET", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """'Contactpersoon opslaan'."""
    schools = get_schools(request.user)
    form = NewContactForm(request.POST or None, schools=schools, initial={"at_school": request.GET.get("school")})
    there = None
    if request.method == "POST" and form.is_valid():
        try:
            contact = add_by_hand(school=form.school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            there = listed.contact
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(reverse("addressbook:contacts", query={"q": contact.email}))
    return render(request, "addressbook/add.html", {"form": form, "there": there})


@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, contact_id: int) -> HttpResponse:
    """The pencil: all fields of who was added by hand, 'Functie' and 'Organisatie' of who has an account.

    Leads back to the list, or to the page that `terug` names.
    """
    contact = get_contact(request.user, contact_id)
    form = form_for(contact, request.POST or None)
    opened = request.POST.get("opened") or correcting.fingerprint(contact, form.fields)
    context = {"contact": contact, "form": form, "opened": opened, "back": way_back(request)}
    if request.method == "POST" and form.is_valid():
        try:
            sent = correcting.correct(contact=contact, values=form.cleaned_data, opened=opened, by=request.user)
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            context["there"] = None if listed.contact.removed_at else listed.contact
        except correcting.Changed as changed:
            context["opened"] = correcting.fingerprint(changed.contact, form.fields)
            context |= {"changed": changed, "differences": form.differences(changed.contact)}
        except Contact.DoesNotExist:
            messages.error(request, f"{contact.full_name} staat niet meer in het adresboek.")
            return _go_back(request)
        else:
            messages.success(request, _saved(form.instance, sent))
            return _go_back(request, before=contact.email, now=form.instance.email)
    return render(request, "addressbook/edit.html", context)


def _saved(contact: Contact, sent: int) -> str:
    done = f"De gegevens van {contact.full_name} zijn bewaard."
    if not sent:
        return done
    count = "1 uitnodiging gaat" if sent == 1 else f"{sent} uitnodigingen gaan"
    return f"{done} {count} opnieuw op weg, naar {contact.email}."


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, contact_id: int) -> HttpResponse:
    """The bin, of who was added by hand."""
    contact = get_contact_by_hand(request.user, contact_id)
    if request.method == "GET" and contact.removed_at is None:
        sentence = (
            f"{contact.full_name} ({contact.email}) gaat uit het adresboek en kan niet meer als examinator worden "
            "gekozen. In beoordelingen waarvoor deze examinator al gekozen is, verandert er niets."
        )
        return render(request, "addressbook/remove.html", {"contact": contact, "sentence": sentence})
    if request.method == "POST" and correcting.take_out(contact=contact):
        undo = reverse("addressbook:put_back", args=[contact.pk])
        messages.success(request, f"{contact.full_name} is uit het adresboek verwijderd.", extra_tags=undo)
    else:
        messages.info(request, f"{contact.full_name} was al uit het adresboek verwijderd.")
    return _go_back(request)


@require_POST
def put_back(request: UserRequest, contact_id: int) -> HttpResponse:
    """'Ongedaan maken' of a removal."""
    contact = get_contact_by_hand(request.user, contact_id)
    correcting.put_back(contact=contact)
    messages.success(request, f"{contact.full_name} staat weer in het adresboek.")
    return redirect(reverse("addressbook:contacts", query={"q": contact.email}))


def _go_back(request: UserRequest, *, before: str = "", now: str = "") -> HttpResponse:
    """To where one came from: another page, or the list with its search; one on the address follows the address."""
    if back := way_back(request):
        return redirect(back)
    search = request.GET.copy()
    if before and search.get("q") == before:
        search["q"] = now
    return redirect(reverse("addressbook:contacts", query=search))
