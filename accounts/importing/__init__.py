"""Import from Excel and CSV, in two steps: `preview` what a file would do, then `job` does exactly that.

`reading` turns a file into lines of cells, `columns` these into values; a `Kind` validates and writes them.
"""
