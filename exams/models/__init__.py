"""Exams, their versions with their content, and uploaded files; each model is in the module of its name."""

from .content import SCORE_CHOICES, CoreTask, Criterion, ExamUnit, Part, WorkProcess
from .exam import AccountExam, Exam, ExamVersion
from .published import PublishedContent
from .upload import Upload

__all__ = [
    "SCORE_CHOICES",
    "AccountExam",
    "CoreTask",
    "Criterion",
    "Exam",
    "ExamUnit",
    "ExamVersion",
    "Part",
    "PublishedContent",
    "Upload",
    "WorkProcess",
]
