class Unreadable(Exception):
    """A file that can't be imported; the message (Dutch) says what is wrong and what to do."""
