from django.urls import path, re_path

from . import views

app_name = "demo"

_MAIL = r"^postvak/(?P<name>[0-9a-f]{24})"

urlpatterns = [
    path("postvak/", views.mailbox, name="mailbox"),
    re_path(_MAIL + r"/$", views.mail, name="mail"),
    re_path(_MAIL + r"/opgemaakt/$", views.mail_html, name="mail_html"),
    re_path(_MAIL + r"/bijlage/(?P<position>[0-9]{1,3})/$", views.attachment, name="attachment"),
]
