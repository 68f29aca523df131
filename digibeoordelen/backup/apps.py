from django.apps import AppConfig


class BackupConfig(AppConfig):
    name = "digibeoordelen.backup"
    label = "backup"
    verbose_name = "reservekopie"
