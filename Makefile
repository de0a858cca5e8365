# Wangge (网格): what people and CI run. A Python >= 3.11 and make are all that is needed.
# PYTHON=/path/to/python chooses the interpreter; ARGS="..." is handed on to wangge or pytest.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet
WORKERS ?= 2
SOAK ?= 200
FUZZ ?= 25000
ARGS ?=
# Until the first release the first step is drafted anew; from then on each change is a step of its own.
STEP ?= 0001
WHAT ?= First tables
COVERAGE := $(if $(COVER),--cov --cov-report= --cov-fail-under=95)
UV_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

# An environment that was moved along with its folder, or whose Python is gone, is made anew.
$(shell test "$$(cat $(VENV)/.installed 2>/dev/null)" = "$(CURDIR)" && $(BIN)/python -c '' 2>/dev/null \
	|| rm -f $(VENV)/.installed)

.PHONY: help run test soak fuzz sabotage peers prerelease wechat-demo check mutate format coverage bench lock migration clean

help:  ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: $(VENV)/.installed  ## 运行：open the playground in a browser / serve the channels of config.toml
	@$(BIN)/wangge run $(ARGS)

test: $(VENV)/.testable  ## 测试：all tests; COVER=1 also counts lines, at least 95 %; with ARGS only those
	@$(BIN)/python -m pytest -n $(WORKERS) $(if $(ARGS),$(ARGS),$(COVERAGE))

soak: $(VENV)/.testable  ## the long forms: SOAK=200 kills on both databases, docs/privacy.md's figures, a county's year
	@$(BIN)/python -m tests.crash.soak $(SOAK)
	@$(BIN)/python -m tests.rules.soak
	@$(BIN)/python -m benchmarks.county --write

fuzz: $(VENV)/.testable  ## the callbacks' long form: FUZZ=25000 frames spoilt outside, and as many inside
	@FUZZ_FRAMES=$(FUZZ) $(BIN)/python -m pytest -q -k "spoilt or mangled" tests/bot/channels/tencent/test_fuzz.py \
		tests/bot/channels/test_aibot_callback.py

sabotage: $(VENV)/.testable  ## break every rule of docs/privacy.md on purpose and see its test fail; ARGS="R5 R12" only those
	@$(BIN)/python -m tests.sabotage $(ARGS)

peers: $(VENV)/.testable  ## fetch the Node libraries the WeChat channels are tested against (needs npm)
	@$(BIN)/python -m tests.support.wechat.node_peers

prerelease: $(VENV)/.testable  ## the WeChat tests once more on the last pre-release of wechatpy
	@$(PIP) --no-deps --upgrade --target .cache/wechatpy wechatpy==2.0.0a26
	@PYTHONPATH=.cache/wechatpy TRIED_WECHATPY=2.0.0.alpha26 $(BIN)/python -m pytest -q -n $(WORKERS) \
		-k 'tencent or wecom or aibot or robot or official or customer or wechat' $(ARGS) tests/bot tests/flows

wechat-demo: $(VENV)/.testable  ## 微信演示：reports and a recalled warning over every WeChat channel; STAY=1 lets you speak, too
	@$(BIN)/python -m tests.support.wechat.demo $(if $(STAY),--stay)

mutate: $(VENV)/.testable  ## 变异测试：the rules changed a little everywhere, a test must notice; at most an hour, into docs/mutation.md
	@WORKERS=$(WORKERS) $(BIN)/python -m tests.mutation --survived $(ARGS)

check: $(VENV)/.testable  ## ruff, mypy --strict, the staircase of imports, and that what is installed fits together
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports
	@$(BIN)/python -m pip check --disable-pip-version-check

format: $(VENV)/.testable  ## let ruff tidy the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

coverage: $(VENV)/.testable  ## the lines the last `make test COVER=1` did not reach
	@$(BIN)/coverage report --skip-covered --show-missing

bench: $(VENV)/.testable  ## measures beside rivals, at most 30 min (BENCH=short: 3), into docs/benchmarks.md; ARGS names some
	@$(BIN)/python -m benchmarks $(if $(filter short,$(BENCH)),--short) $(ARGS)

lock: $(VENV)/.testable  ## resolve the versions anew (UPGRADE=--upgrade takes the newest that fit)
	@$(PIP) 'uv>=0.11'
	@$(BIN)/uv pip compile $(UV_OPTIONS) $(UPGRADE) pyproject.toml --extra build --extra cluster \
		-o requirements.lock
	@$(BIN)/uv pip compile $(UV_OPTIONS) $(UPGRADE) pyproject.toml --all-extras \
		-c requirements.lock -o requirements-test.lock

migration: $(VENV)/.testable  ## draft a database step from the tables (STEP=0002 WHAT="what changes"); then read it
	@$(BIN)/python -m storage.migrations.draft $(STEP) "$(WHAT)"
	@$(BIN)/ruff format --quiet storage/migrations/versions

clean:  ## throw the environment and the caches away; databases and keys stay
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov

# Made anew rather than mended in place: what a new lock no longer names is gone, too.
$(VENV)/.installed: requirements.lock pyproject.toml
	@set -e; chosen=; lame=; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
		$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
		if $$candidate -c 'import venv, ensurepip' >/dev/null 2>&1; then chosen=$$candidate; break; fi; \
		lame=$$candidate; \
	done; \
	if [ -z "$$chosen" ] && [ -n "$$lame" ]; then \
		echo "$$lame 缺少 venv，请先安装（Debian/Ubuntu：sudo apt install python3-venv），再运行一次。" >&2; \
		echo "$$lame lacks venv: install it (Debian/Ubuntu: sudo apt install python3-venv), then try again." >&2; \
		exit 1; \
	elif [ -z "$$chosen" ]; then \
		echo "找不到 Python 3.11 或更新的版本，请先安装，或用 make run PYTHON=/路径/python3 指明，再运行一次。" >&2; \
		echo "No Python 3.11 or newer found: install it or name it (make run PYTHON=/path/python3), then try again." >&2; \
		exit 1; \
	fi; \
	echo "正在准备运行环境，第一次约需一分钟…… / Setting up, about a minute the first time ..."; \
	$$chosen -m venv --clear $(VENV)
	@$(PIP) --require-hashes -r requirements.lock || { \
		echo "下载失败：请检查网络，或用环境变量 PIP_INDEX_URL 指定就近的镜像，再运行一次。" >&2; \
		echo "Download failed: check the network or set PIP_INDEX_URL to a mirror near you, then try again." >&2; \
		exit 1; }
	@$(PIP) --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

$(VENV)/.testable: requirements-test.lock $(VENV)/.installed
	@$(PIP) --require-hashes -r requirements-test.lock
	@touch $@
