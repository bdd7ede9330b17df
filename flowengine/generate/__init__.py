"""Makes recordings for a flow: as few as it finds that exercise every edge and every outcome."""
