"""The mail for Consortium staff: whether it was sent or why not, never its content, links or results."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from digibeoordelen.admin import BaseAdmin

from .kinds import KINDS, kind_label
from .models import OutgoingMail


class KindFilter(admin.SimpleListFilter):
    title = "soort"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(KINDS.items(), key=lambda kind: kind[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(OutgoingMail)
class OutgoingMailAdmin(BaseAdmin):
    list_display = ["created_at", "what", "to", "state", "attempts", "sent_at", "returned_at", "last_error"]
    list_filter = ["state", KindFilter]
    search_fields = ["to", "message_id"]
    date_hierarchy = "created_at"
    readonly_fields = [
        "what", "to", "message_id", "state", "attempts", "last_error", "created_at", "next_attempt_at", "failed_at",
        "returned_at", "sent_at",
    ]  # fmt: skip
    exclude = [
        "kind", "subject", "text", "html", "to_name", "from_name", "reply_to", "links", "headers", "announce_at",
        "claim_id", "lease_until", "is_urgent", "queued_at",
    ]  # fmt: skip
    show_full_result_count = False

    @admin.display(description="soort", ordering="kind")
    def what(self, mail: OutgoingMail) -> str:
        return kind_label(mail.kind)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingMail]:
        return OutgoingMail.objects.for_screen()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
