"""Judging models by the held-out part of a version: answers, baselines, metrics, verdicts."""
