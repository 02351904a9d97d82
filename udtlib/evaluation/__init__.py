"""Evaluation: policies, one-pass evaluation, scores. Book: chapter 01."""
