# dxfvision: `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV ?= .venv
PROFILE ?= standard
HOME_DIR ?= .
# `make setup TORCH_CPU=1` takes PyTorch's CPU build (200 MB) from its own index; without it the
# plain index gives the CUDA build (3 GB), which runs on a CPU just as well.
TORCH_CPU ?=
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check
export BENTOML_DO_NOT_TRACK := True
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PREFECT_SERVER_METRICS_ENABLED := true
export PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT := false

# `make up PROFILES=camera` starts the camera agent, too.
PROFILES ?=
# Compose v2 where it is, else docker-compose.
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.PHONY: help setup docs run serve prefect images up down ps bundle test test-deploy fuzz fuzz-http check fmt bench peers smoke monitoring samples pictures lock clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: apt-get install python3.11-venv, or make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "venv failed: apt-get install python3.11-venv, then rm -r $(VENV) and try again"; exit 1; }
	@echo "Installing the locked packages into $(VENV); once, a few minutes."
	@$(if $(TORCH_CPU),$(PIP) install -q --no-deps --index-url $(TORCH_INDEX) $$(grep '^torch==' requirements.txt))
	@$(PIP) install -q -r requirements.txt 2> $(VENV)/install.log || { cat $(VENV)/install.log; exit 1; }
	@$(PIP) install -q --no-deps --no-build-isolation -e . 2>> $(VENV)/install.log || { cat $(VENV)/install.log; exit 1; }
	@$(PIP) check
	@touch $@

setup: $(READY) ## make .venv and install the lock

run: $(READY) ## drawings in data/raw/dxf_templates -> a trained, checked, served model
	@$(BIN)/dxfvision run --home $(HOME_DIR) --profile $(PROFILE)

serve: $(READY) ## serve the champion over HTTP on http://127.0.0.1:3000
	@$(BIN)/dxfvision serve --home $(HOME_DIR)

prefect: $(READY) ## a Prefect server with its UI on http://127.0.0.1:4200
	@$(BIN)/prefect server start

images: ## build the images dxfvision-serve and dxfvision-worker
	@DXFVISION_REVISION=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) $(COMPOSE) build

up: ## start everything in containers: pipeline, service, and what watches them
	@$(if $(PROFILES),COMPOSE_PROFILES=$(PROFILES)) deploy/prepare.sh
	@$(if $(PROFILES),COMPOSE_PROFILES=$(PROFILES)) DXFVISION_REVISION=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) \
	  $(COMPOSE) up -d --remove-orphans
	@$(COMPOSE) ps

down: ## stop the containers; volumes, and so everything made, stay
	@COMPOSE_PROFILES=camera $(COMPOSE) down

ps: ## show the containers and how they are
	@COMPOSE_PROFILES=camera $(COMPOSE) ps

bundle: $(READY) ## pack all that a box without network needs into dist/; IMAGES=1 with container images
	@deploy/bundle.sh --home $(HOME_DIR) $(if $(IMAGES),--images)

test: $(READY) ## all tests: unit, flows, service, doctests
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not alone"
	@$(BIN)/python -m pytest -m alone

test-deploy: $(READY) ## the real stack under real Prometheus, Alertmanager and node-exporter (Debian packages)
	@DXFVISION_DEPLOY=1 $(BIN)/python -m pytest tests/deploy

fuzz: $(READY) ## 10,000 broken drawings: each must end in a verdict
	@DXFVISION_FUZZ=10000 $(BIN)/python -m pytest -q tests/unit/geometry/test_fuzz.py --timeout=3600

fuzz-http: $(READY) ## 6,000 requests that nobody means well, and some from the service's own description
	@DXFVISION_HTTP_FUZZ=6000 $(BIN)/python -m pytest -q -rP tests/service/test_fuzz.py tests/service/test_described.py --timeout=3600

check: $(READY) ## ruff, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

fmt: $(READY) ## sort imports and format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## all benchmarks into docs/benchmarks.md; QUICK=1 only shows that they work; OPTIONS=...
	@$(BIN)/python tests/benchmarks/bench_all.py $(if $(QUICK),--quick) $(OPTIONS)

# Their licences differ from ours (Ultralytics: AGPL-3.0): nothing of the project imports or installs them.
peers: $(READY) ## whom the benchmarks compare with (Ultralytics, albumentations), in a place of their own
	@$(PYTHON) -m venv .venv-peers
	@$(if $(TORCH_CPU),.venv-peers/bin/pip install -q --index-url $(TORCH_INDEX) $$(grep -E '^torch(vision)?==' tests/benchmarks/peers/requirements.txt))
	@.venv-peers/bin/pip install -q -r tests/benchmarks/peers/requirements.txt

smoke: $(READY) ## the whole pipeline on the tiny profile, in a throw-away home folder
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/dxfvision run --home "$$folder" --drawings data/raw/dxf_templates --profile tiny && \
	$(BIN)/dxfvision run --home "$$folder" --drawings data/raw/dxf_templates --profile tiny

docs: $(READY) ## write the pages that are made from the code, then build the site in build/site
	@$(BIN)/python -m components.documentation.write .
	@$(BIN)/sphinx-build -q -W --keep-going -n -b html -c docs . build/site
	@echo "Open build/site/index.html"

monitoring: $(READY) ## write docs/metrics.md and the dashboards again from what the code declares
	@$(BIN)/python -m components.operations.stages.metrics_table docs/metrics.md
	@$(BIN)/python -m components.monitoring.write monitoring/grafana/dashboards

samples: $(READY) ## draw the sample drawings again
	@$(BIN)/python -m components.geometry.sample_drawings data/raw/dxf_templates

pictures: $(READY) ## put the sheet of the last run into docs/pictures
	@$(BIN)/python -m components.visualization.reduced $(HOME_DIR)/reports/dataset/train_labels.png docs/pictures/dataset.jpg

lock: $(READY) ## resolve requirements*.txt again from pyproject.toml
	@compile() { CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --strip-extras \
	    --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --no-emit-options -o "$$2" --extra "$$1" "$${@:3}" pyproject.toml && \
	  sed -i -E -e 's/^(torch==[0-9.]+)\+cpu/\1/' \
	    -e '/^dxfvision @ /,/^[a-z]/{/^(dxfvision @|    #)/d}' "$$2"; }; \
	compile dev requirements.txt && compile serve requirements-serve.txt --extra camera -c requirements.txt && \
	compile worker requirements-worker.txt -c requirements.txt

clean: ## remove what runs made in this folder; drawings, photographs and .venv stay
	@rm -rf .state reports models/registry models/exported models/checkpoint.pth*
	@find data/processed data/annotations models/opencv_templates -type f ! -name README.md -delete
