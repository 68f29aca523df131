"""Import from Excel and CSV: from a file to rows, to a preview, to the address book.

`accounts.importing` reads the file. `contacts` says what a line means for the address book, `preview` keeps what is
shown, `apply` does what was shown. Of a large file (`size`) a worker does both (`background`).
"""
