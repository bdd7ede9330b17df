"""The server: flows, runs, events and streams over HTTP, with the worker that walks the runs in the same process."""
