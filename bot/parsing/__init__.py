"""Parse strangers' documents in separate processes with limits on time and memory.

``parser_pool`` runs in this program, ``parser_worker`` in the process, which imports nothing of
this program but the readers; ``parser_jobs`` is shared by both.
"""
