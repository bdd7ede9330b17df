"""How a flow is drawn: the graph of it, and the languages that graph is written in."""
