"""Exports with their results, and batches of assessments to make final."""

from .export import WORD_LENGTH, Export, ExportedResult, ExportedResultQuerySet, ExportProfile, ExportProfileQuerySet
from .final_batch import NOT_DONE, FinalBatch, FinalBatchItem

__all__ = [
    "NOT_DONE",
    "WORD_LENGTH",
    "Export",
    "ExportProfile",
    "ExportProfileQuerySet",
    "ExportedResult",
    "ExportedResultQuerySet",
    "FinalBatch",
    "FinalBatchItem",
]
