# Two commands: `make run` shows what this is, `make test` proves it. Both set up what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-browser lint studio benchmarks fuzz clean

run: $(VENV)/.run
	$(BIN)/flowengine run flows/sms-inbound.yaml --trigger flows/triggers/sms-inbound.yaml

test: $(VENV)/.dev
	$(BIN)/pytest --numprocesses auto --dist worksteal

# Needs a Chromium, and says how to get one.
test-browser: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[browser,dev]"
	$(BIN)/pytest tests/browser

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The built page has to be that of its source; needs Node.
studio:
	cd flowengine/studio/web && npm ci --no-audit --no-fund && npm run check && npm run build
	git diff --exit-code flowengine/studio/assets

benchmarks: $(VENV)/.dev
	for one in walk http_steps startup evaluate validate dryrun durable waiting hooks studio_documents studio; do $(BIN)/python benchmarks/$$one.py || exit 1; done

fuzz: $(VENV)/.dev
	$(BIN)/python tests/fuzz/fuzz.py 300000

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@ $(VENV)/.run
