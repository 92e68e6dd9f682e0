"""Checks in three steps over plain data: observe, compare, diagnose.

``observe`` runs beside the answer; everything else here is the trusted side and
needs numpy only. This package knows no exercise.
"""
