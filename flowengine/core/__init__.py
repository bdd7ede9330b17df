"""The rules of a walk: standard library only, no clock, no random, no network, no files, no logging."""
