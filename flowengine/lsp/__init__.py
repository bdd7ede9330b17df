"""The language server: what an editor asks about the text of a flow, answered while it is being written."""
