"""Flow files: YAML text with positions, and the syntax of a flow."""
