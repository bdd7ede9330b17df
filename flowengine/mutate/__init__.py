"""Which changes of a flow its recordings notice: small changes, one at a time, and the recordings run on each."""
