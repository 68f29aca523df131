"""Reading Excel and CSV that anyone may have made, for whatever is imported: address book, exams.

`reading` turns any file into lines of cells, `columns` lines into values; `workbook` opens an .xlsx, and refuses what
would not fit in memory. What the cells mean is said where they are imported.
"""
