"""Which static files are collected: of the packages' files only those that pages load."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Leaves out Bootstrap's and htmx's other editions: compressing them is most of what collecting costs."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "bootstrap-*",
        "bootstrap.css*",
        "bootstrap.rtl.*",
        "htmax-*",
        "htmx-4*",
        "hx-*",
    ]
