from reports.models.categories import Category, Question, TextTemplate
from reports.models.keys import ApiKey
from reports.models.reports import Assignment, Feedback, Report, Step

__all__ = ["ApiKey", "Assignment", "Category", "Feedback", "Question", "Report", "Step", "TextTemplate"]
