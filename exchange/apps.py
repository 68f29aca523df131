from django.apps import AppConfig
from django.db.models.signals import post_save


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = "uitwisseling"

    def ready(self) -> None:
        from assessments.models import Event, Sitting

        from .calling import deliveries
        from .models import Delivery, Partner, WebhookMessage
        from .webhooks import messages

        Delivery.work = deliveries.work
        WebhookMessage.work = messages.work
        post_save.connect(deliveries.on_event, sender=Event, dispatch_uid="exchange.deliver_result")
        post_save.connect(messages.on_event, sender=Event, dispatch_uid="exchange.queue_messages")
        post_save.connect(deliveries.on_partner, sender=Partner, dispatch_uid="exchange.resume")
        post_save.connect(deliveries.on_sitting, sender=Sitting, dispatch_uid="exchange.deliver_report")
