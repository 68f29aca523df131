"""Keep the toolkit's clients and tokens out of Django's admin: Schoolbeheer makes and revokes them."""

from django.contrib import admin
from oauth2_provider import models

for model in (
    models.get_application_model(),
    models.get_access_token_model(),
    models.get_grant_model(),
    models.get_id_token_model(),
    models.get_refresh_token_model(),
    models.get_device_grant_model(),
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
