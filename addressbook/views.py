"""The pages of the address book (source text, appendix 'Beheren Adresboek'), for Docents."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest, confirmation
from accounts.models import Role, School, User
from accounts.search import matches

from .correct import ContactChanged, correct, fingerprint, remove_contact, restore_contact
from .forms import NewContactForm, form_for
from .models import Contact
from .people import AlreadyListed, add_by_hand
from .return_url import return_url

PAGE_SIZE = 50


def get_schools(user: User) -> QuerySet[School]:
    """Return the schools where `user` is Docent; raise 404 if there are none."""
    schools = user.schools_as(Role.DOCENT)
    if not schools:
        raise Http404
    return schools


def get_contact(user: User, pk: int) -> Contact:
    """Return a listed contact of the docent's schools; else raise 404."""
    return get_object_or_404(Contact.objects.for_docent(user).listed().select_related("school"), pk=pk)


def get_contact_by_hand(user: User, pk: int) -> Contact:
    """Return a contact without an account, listed or removed, of the docent's schools; else raise 404."""
    return get_object_or_404(Contact.objects.for_docent(user).by_hand(), pk=pk)


@require_GET
def contacts(request: UserRequest) -> HttpResponse:
    schools = get_schools(request.user)
    query = request.GET.get("q", "").strip()
    school = next((item for item in schools if str(item.pk) == request.GET.get("school")), None)
    queryset = Contact.objects.listed().filter(school__in=[school] if school else list(schools))
    if query:
        queryset = queryset.filter(matches(query))
    page = Paginator(queryset.select_related("school"), PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {
        "page": page,
        "searchable": True,
        "query": query,
        "schools": schools,
        "school": school,
        "several": len(schools) > 1,
    }
    return render(request, "addressbook/contacts.html", context)


@require_http_methods(["GET", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """'Contactpersoon opslaan'."""
    schools = get_schools(request.user)
    form = NewContactForm(request.POST or None, schools=schools, initial={"at_school": request.GET.get("school")})
    existing = None
    if request.method == "POST" and form.is_valid():
        try:
            contact = add_by_hand(school=form.school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            existing = listed.contact
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(reverse("addressbook:contacts", query={"q": contact.email}))
    return render(request, "addressbook/add.html", {"form": form, "existing": existing})


@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, contact_id: int) -> HttpResponse:
    """Edit a contact, then return to the list or to `terug`."""
    contact = get_contact(request.user, contact_id)
    form = form_for(contact, request.POST or None)
    opened = request.POST.get("opened") or fingerprint(contact, form.fields)
    context = {"contact": contact, "form": form, "opened": opened, "back": return_url(request)}
    if request.method == "POST" and form.is_valid():
        try:
            sent = correct(contact=contact, values=form.cleaned_data, opened=opened, by=request.user)
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            context["existing"] = None if listed.contact.removed_at else listed.contact
        except ContactChanged as changed:
            context["opened"] = fingerprint(changed.contact, form.fields)
            context |= {"changed": changed, "differences": form.differences(changed.contact)}
        except Contact.DoesNotExist:
            messages.error(request, f"{contact.full_name} staat niet meer in het adresboek.")
            return _go_back(request)
        else:
            messages.success(request, _saved_message(form.instance, sent))
            return _go_back(request, before=contact.email, now=form.instance.email)
    return render(request, "addressbook/edit.html", context)


def _saved_message(contact: Contact, sent: int) -> str:
    message = f"De gegevens van {contact.full_name} zijn bewaard."
    if not sent:
        return message
    count = "1 uitnodiging gaat" if sent == 1 else f"{sent} uitnodigingen gaan"
    return f"{message} {count} opnieuw op weg, naar {contact.email}."


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, contact_id: int) -> HttpResponse:
    """Remove a contact that was added by hand."""
    contact = get_contact_by_hand(request.user, contact_id)
    if request.method == "GET" and contact.removed_at is None:
        sentence = (
            f"{contact.full_name} ({contact.email}) gaat uit het adresboek en kan niet meer als examinator worden "
            "gekozen. In beoordelingen waarvoor deze examinator al gekozen is, verandert er niets."
        )
        back_url = return_url(request) or reverse("addressbook:contacts", query=request.GET)
        back = (back_url, "Terug naar het adresboek")
        return confirmation(request, f"{contact.full_name} verwijderen?", sentence, verb="Verwijderen", back=back)
    if request.method == "POST" and remove_contact(contact=contact):
        undo = reverse("addressbook:put_back", args=[contact.pk])
        messages.success(request, f"{contact.full_name} is uit het adresboek verwijderd.", extra_tags=undo)
    else:
        messages.info(request, f"{contact.full_name} was al uit het adresboek verwijderd.")
    return _go_back(request)


@require_POST
def put_back(request: UserRequest, contact_id: int) -> HttpResponse:
    """Undo a removal ('Ongedaan maken')."""
    contact = get_contact_by_hand(request.user, contact_id)
    restore_contact(contact=contact)
    messages.success(request, f"{contact.full_name} staat weer in het adresboek.")
    return redirect(reverse("addressbook:contacts", query={"q": contact.email}))


def _go_back(request: UserRequest, *, before: str = "", now: str = "") -> HttpResponse:
    """Redirect to `terug`, else to the list with its search; a search for the old address becomes the new one."""
    if back := return_url(request):
        return redirect(back)
    search = request.GET.copy()
    if before and search.get("q") == before:
        search["q"] = now
    return redirect(reverse("addressbook:contacts", query=search))
