"""All figures, in the order in which they are measured."""

from bench.figures import (
    afnames_list,
    contact_import,
    csv_export,
    form_opening,
    killed_worker,
    mail_rate,
    pdf,
    pdf_archive,
    result_rate,
    student_search,
    two_workers,
    xlsx_export,
)

FIGURES = (
    form_opening.FIGURE,
    afnames_list.FIGURE_A,
    afnames_list.FIGURE_B,
    student_search.FIGURE,
    pdf.WEASYPRINT,
    pdf.CHROMIUM,
    csv_export.TIME,
    csv_export.MEMORY,
    xlsx_export.TIME,
    xlsx_export.MEMORY,
    contact_import.FIGURE,
    mail_rate.FIGURE,
    killed_worker.FIGURE,
    two_workers.FIGURE,
    pdf_archive.TIME,
    pdf_archive.MEMORY,
    result_rate.FIGURE,
)
