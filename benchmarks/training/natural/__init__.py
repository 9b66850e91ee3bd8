"""The next encoder and cross-encoder, trained on claims as people write them; not shipped yet.

``judge.py`` trains the cross-encoder, ``encoder.py`` the encoder. What they read is in
``written.py`` (the written claims) and ``fused.py`` (denials fused to a verb).
"""
