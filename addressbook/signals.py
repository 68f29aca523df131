"""What the address book tells those who import it."""

from django.dispatch import Signal

# Sent with `contact`, its new address saved, and `by` (a `User`, or None when an account was followed), in the
# transaction that saves it. A receiver returns how many invitations it sends to the new address.
address_corrected = Signal()
