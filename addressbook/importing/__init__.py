"""Import of examiners: `contacts` validates lines for an address book, `write` saves the valid ones."""
