"""Strangers' documents read in a process apart, which is limited, watched and expendable.

``pool`` is this program's side, ``worker`` the other one, which imports nothing of this program but
the readers; ``jobs`` is what both know.
"""
