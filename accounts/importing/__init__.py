"""Import from Excel and CSV: from a file to rows, to a preview, to the database. Whoever imports something uses it.

`reading` turns any file into lines of cells, `columns` lines into values; neither knows what they are of. A `kind` says
what a line means and how it is written, of the address book, say; `kept` is the model of what is shown in between.
`preview` shows, `apply` does what was shown. Of a large file (`size`) a worker does both (`background`).
"""
