from __future__ import annotations

import sys
from pathlib import Path

# The command and the tests share the modules of this folder.
sys.path.append(str(Path(__file__).parent))
