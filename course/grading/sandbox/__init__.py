"""Processes that run student code, and the grader's handles on them."""
