"""Every figure there is, in the order they are measured."""

from bench import contact_import

FIGURES = (contact_import.FIGURE,)
