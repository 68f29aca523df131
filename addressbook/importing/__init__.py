"""Import of examiners from Excel and CSV: `accounts.importing` reads, shows and counts.

`contacts` says what a line means for the address book, `write` brings the good ones into it.
"""
