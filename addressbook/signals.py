from django.dispatch import Signal

# Sent with `contact` and `by` (a `User`; None if an account was synced), in the transaction that saves the new address.
# A receiver returns how many invitations it sends to that address.
address_corrected = Signal()
