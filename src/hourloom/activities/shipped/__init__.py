"""What is known of apps and sites before their user said a word: a tree of categories, a table, keywords."""

from hourloom.activities.shipped.answering import WEAK, ShippedAnswer, is_container, shipped_answer
from hourloom.activities.shipped.counting import known_of
from hourloom.activities.shipped.languages import names_in
from hourloom.activities.shipped.tree import TREE_VERSION, DefaultCategory, Language, default_tree

__all__ = [
    "TREE_VERSION",
    "WEAK",
    "DefaultCategory",
    "Language",
    "ShippedAnswer",
    "default_tree",
    "is_container",
    "known_of",
    "names_in",
    "shipped_answer",
]
