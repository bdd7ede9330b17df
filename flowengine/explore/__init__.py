"""Walks every outcome of every node of a flow, without a recording, and says where that leads."""
