from django import template

from digibeoordelen.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount

register = template.Library()


@register.simple_tag
def demo_accounts() -> list[DemoAccount]:
    return DEMO_ACCOUNTS


@register.simple_tag
def demo_password() -> str:
    return DEMO_PASSWORD
