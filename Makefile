# Everything a new machine needs is Python 3.11-3.13 with venv, and make. CONTRIBUTING.md says more.
PORT ?= 8000
PYTHON ?= python3
START = $(PYTHON) start

TESTS = python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: run test proofs check bench reset lock format chromium

run: ## the whole product on http://127.0.0.1:$(PORT)
	@exec $(START) --port $(PORT)

test: chromium ## the tests, a few at a time; ARGS="tests/house -k port" chooses, ARGS="-n 0" one by one
	@exec $(START) --dev -- $(TESTS) -m "not proof" $(ARGS)

proofs: chromium ## what is shown by brute force: kills, floods, a hundred thousand cases, every page; as long again
	@exec $(START) --dev -- $(TESTS) -m "proof or hypothesis" --hypothesis-profile proofs $(ARGS)

check: ## format, lint, types, import contracts, missing migrations, templates
	@exec $(START) --dev -- sh -c ' \
		ruff format --check . && ruff check . && mypy && lint-imports && \
		python manage.py makemigrations --check --dry-run && djlint --lint --quiet templates'

bench: ## the benchmarks; the table is kept in bench.json under RIGHTLINE_HOME
	@exec $(START) --dev -- python manage.py bench $(ARGS)

reset: ## forget the data under RIGHTLINE_HOME
	@$(START) --reset

format: ## bring the code into shape
	@exec $(START) --dev -- sh -c 'ruff format . && ruff check --fix .'

lock: ## write the lock files from the .in files
	@exec $(START) --dev -- sh -c ' \
		for name in requirements requirements-dev requirements-uv; do \
			uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
				--custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; \
		done'

chromium:
	@sh .ci/chromium
