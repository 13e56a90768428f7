"""The components of a lesson: claims, predictions, quizzes, exercises that check themselves."""

from dropout_lab.teaching.checking import check
from dropout_lab.teaching.claiming import claim, claims
from dropout_lab.teaching.predicting import predict
from dropout_lab.teaching.quizzes import quiz

__all__ = ["check", "claim", "claims", "predict", "quiz"]
