"""Webex Engage Streaming: channel events that are handed on to Webex Engage, from the outbox, at least once."""
