"""An e-mail address on a narrow screen wraps between its parts."""

import pytest

from accounts.templatetags.addresses import breakable


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("anouk@hier.test", "anouk@hier.test"),
        ("anouk.hoff@student.school.test", "anouk<wbr>.hoff@<wbr>student<wbr>.school<wbr>.test"),
        (".begint.met.een.punt@school.test", ".begint<wbr>.met<wbr>.een<wbr>.punt@<wbr>school<wbr>.test"),
        ("<b>o'brien</b>@bedrijf.test", "&lt;b&gt;o&#x27;brien&lt;/b&gt;@<wbr>bedrijf<wbr>.test"),
        ("", ""),
    ],
)
def test_long_address_breaks_and_is_escaped(address, shown):
    assert breakable(address) == shown
