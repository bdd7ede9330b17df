"""Results that come later: what is posted to a caller's ``webhookurl``, when, how often, and how it is signed.

``poster`` alone waits and posts; everything else is pure.
"""
