"""``python -m flowengine``: the command line."""

from __future__ import annotations

from flowengine.cli.entry import main

if __name__ == "__main__":
    main()
