from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "digibeoordelen.demo"
    label = "demo"
    verbose_name = "demo"
