"""From what an activity was about to its category, project and tags."""

from hourloom.activities.classifying.classifier import Classifier, Memory
from hourloom.activities.classifying.texts import described

__all__ = ["Classifier", "Memory", "described"]
