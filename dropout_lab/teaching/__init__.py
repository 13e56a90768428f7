"""The components of a lesson: claims that hold, quizzes, exercises that check themselves."""

from dropout_lab.teaching.checking import check
from dropout_lab.teaching.claiming import claim, claims
from dropout_lab.teaching.quizzes import quiz

__all__ = ["check", "claim", "claims", "quiz"]
