"""The sandbox as an authorization server: login, consent, tokens, revocation (RFC 6749, 7009, 7636, 8252, 8414, 9207).

Pure like the rest of the sandbox: clock and secrets are handed in, and nothing here reads or writes. Written out
rather than taken from a library, because it is also there to be read, and to be tried with a library on the other side.
``authority`` puts the parts together.
"""
