"""The OpenAPI document: it is one, it is the table, and the server does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from flowengine.server.api import ROUTES
from flowengine.server.openapi import document

EXAMPLES = int(os.environ.get("FLOWENGINE_API_EXAMPLES", "8"))
"""For each operation. `FLOWENGINE_API_EXAMPLES=500 pytest tests/server/test_openapi.py` looks longer."""

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
response_schema_conformance,negative_data_rejection,positive_data_acceptance,missing_required_header,\
unsupported_method,ignored_auth"


def test_every_route_is_in_the_document() -> None:
    whole = document(ROUTES)
    assert whole["openapi"] == "3.1.0"
    found = {f"{method.upper()} {path}" for path, ways in whole["paths"].items() for method in ways}
    assert found == {route.name for route in ROUTES if not route.hidden}
    names = [way["operationId"] for ways in whole["paths"].values() for way in ways.values()]
    assert len(names) == len(set(names))


def test_its_schemas_are_schemas_and_all_references_lead_somewhere() -> None:
    whole = document(ROUTES)
    for name, schema in whole["components"]["schemas"].items():
        Draft202012Validator({**schema, "components": whole["components"]})
        assert name[0].isupper()
    for ways in whole["paths"].values():
        for way in ways.values():
            contents = [way.get("requestBody", {}).get("content", {})]
            contents += [answer.get("content", {}) for answer in way["responses"].values()]
            for content in contents:
                for one in content.values():
                    Draft202012Validator({**one["schema"], "components": whole["components"]})


def test_what_needs_a_right_says_so() -> None:
    for path, ways in document(ROUTES)["paths"].items():
        for way in (one for method, one in ways.items() if method != "head"):
            is_open = path in {"/healthz", "/readyz"} or path.startswith(("/hooks", "/callbacks"))
            assert bool(way["security"]) is not is_open
            assert ("401" in way["responses"]) is (not path.startswith("/healthz") and not path.startswith("/readyz"))


def test_the_server_gives_the_document_of_its_own_routes(shared: Any) -> None:
    assert shared.client.get("/api/openapi.json").json() == document(ROUTES)


@pytest.mark.parametrize("phase", ["coverage,fuzzing"])
def test_a_fuzzer_that_reads_the_document_finds_nothing(
    serving: Any, tokens: dict[str, str], tmp_path: Path, phase: str
) -> None:
    server = serving()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {tokens['edit']}"),
        *("--phases", phase, "--max-examples", str(EXAMPLES), "--checks", CHECKS),
        *("--exclude-path-regex", "/(live|steps)$", "--generation-deterministic", "--no-color"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
