"""Contracts: what an answer must look like, whether it does, and what good answers look like."""
