"""Node types: manifests and the handlers that ship with the engine."""
