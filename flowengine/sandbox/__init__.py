"""The local Engage: a stateful server that speaks the Engage side of the contract on loopback.

``server`` holds ``Sandbox`` and ``serve`` and is the only module that needs aiohttp; everything else is pure.
The wire contract is ours, not Cisco's: it takes over what is public of Engage and decides the rest.
"""
