"""The mail domains of a school, typed in one field: parsing, validation, and public mail services to refuse."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator

from .addresses import ascii_domain

# Public mail services, and Dutch and Belgian providers. Not complete.
_PUBLIC = """
aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.be hotmail.co.uk hotmail.com
hotmail.de hotmail.fr hotmail.nl icloud.com live.be live.co.uk live.com live.de live.fr live.nl mac.com mail.com
mail.ru me.com msn.com outlook.be outlook.com outlook.de outlook.fr outlook.nl pm.me proton.me protonmail.com
rocketmail.com tutanota.com web.de yahoo.co.uk yahoo.com yahoo.de yahoo.fr yahoo.nl yandex.com ymail.com zoho.com
caiway.nl casema.nl chello.nl freedom.nl freeler.nl hccnet.nl hetnet.nl home.nl kpnmail.nl kpnplanet.nl
multiweb.nl online.nl onsbrabantnet.nl onsnet.nu planet.nl quicknet.nl solcon.nl telfort.nl telfortglasvezel.nl
tele2.nl tiscali.nl upcmail.nl wanadoo.nl xs4all.nl zeelandnet.nl ziggo.nl zonnet.nl
belgacom.be pandora.be proximus.be skynet.be telenet.be voo.be
"""
PUBLIC_HOSTS = frozenset(_PUBLIC.split())
_SEPARATOR = re.compile(r"[\s,;]+")
_is_domain = DomainNameValidator()


def tidy_domains(typed: str) -> str:
    """Return 'school.nl student.school.nl' for '@School.nl, student.school.nl'."""
    words = (word.removeprefix("@").rstrip(".") or word for word in _SEPARATOR.split(typed.lower()))
    return " ".join(dict.fromkeys(filter(None, words))) or typed.strip()


def read_domains(tidied: str) -> list[str]:
    """Return the domains as in normalised addresses."""
    return [ascii_domain(domain) for domain in tidy_domains(tidied).split()]


def check_domains(typed: str) -> None:
    """Validate a field: raise `ValidationError` (Dutch) for an invalid domain or a public mail service."""
    for domain in read_domains(typed):
        try:
            _is_domain(domain)
        except ValidationError:
            raise ValidationError(
                f"‘{domain[:60]}’ is geen maildomein. Schrijf wat er na de @ komt, zoals school.nl; meer domeinen met "
                "een spatie ertussen."
            ) from None
        if domain in PUBLIC_HOSTS:
            raise ValidationError(
                f"{domain} is van een maildienst waar iedereen een adres kan nemen. Vul alleen domeinen van de school "
                "zelf in."
            )
