"""The doors to the outside world: HTTP and what goes with it."""
