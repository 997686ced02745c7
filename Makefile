# What a person can do here: `make` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

# Parameters count only where they are typed behind make: a variable of that name in the environment
# (LANGUAGE is a common one) does not. They reach the command quoted, whatever signs they hold.
typed = $(if $(filter command,$(origin $(1))),$($(1)))
export ASK_UNIT = $(call typed,UNIT)
export ASK_YEARS = $(call typed,YEARS)
export ASK_DATA = $(call typed,DATA)
export ASK_FILE = $(call typed,FILE)
export ASK_LANGUAGE = $(call typed,LANGUAGE)
export ASK_OUT = $(call typed,OUT)
export ASK_PERIOD = $(call typed,PERIOD)
export ASK_GROUP = $(call typed,GROUP)
# A misspelt parameter is refused, not passed over.
KNOWN := UNIT YEARS DATA FILE LANGUAGE OUT PERIOD GROUP PYTHON
UNKNOWN := $(filter-out $(KNOWN),$(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $(v))),$(v))))
ASKED = $${ASK_UNIT:+--unit "$$ASK_UNIT"} $${ASK_YEARS:+--years "$$ASK_YEARS"} $${ASK_DATA:+--data "$$ASK_DATA"} \
	$${ASK_LANGUAGE:+--language "$$ASK_LANGUAGE"} $${ASK_OUT:+--out "$$ASK_OUT"}

# A period and a group are asked of the bulletin alone.
ONE_UNIT = test -z "$$ASK_PERIOD$$ASK_GROUP" || { echo 'make $@ 不用 PERIOD 和 GROUP：它们用于 make bulletin。' \
	'| make $@ takes no PERIOD and no GROUP: they are for make bulletin.' >&2; exit 2; }
# What takes a whole folder takes no unit, years or file.
ONLY_DATA = test -z "$$ASK_UNIT$$ASK_YEARS$$ASK_FILE$$ASK_LANGUAGE$$ASK_PERIOD$$ASK_GROUP" || { echo 'make $@ 只用 DATA 和 OUT：它读整个文件夹。' \
	'| make $@ takes DATA and OUT alone: it reads the whole folder.' >&2; exit 2; }

.DEFAULT_GOAL := help
.PHONY: help typed report trends bulletin batch read check score lab notebooks docs gallery test browser lint lock clean

help: ## 列出可做的事 | list what can be done
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

report: typed $(READY) ## 运行一次：UNIT=… YEARS=… DATA=…，或 FILE=… | one run
	@$(ONE_UNIT)
	@$(BIN)/analysis report $(ASKED) $${ASK_FILE:+--file "$$ASK_FILE"}

trends: typed $(READY) ## 一个单位逐年的比率与变化：UNIT=… YEARS=… DATA=… | rates and trends of a unit
	@$(ONE_UNIT)
	@test -z "$$ASK_FILE" || { echo 'make trends 不用 FILE：它读一个单位的各年报告。 | make trends takes no FILE: it' \
		'reads the reports of a unit, year by year.' >&2; exit 2; }
	@$(BIN)/analysis trends $(ASKED)

bulletin: typed $(READY) ## 全部单位一期的通报：DATA=… PERIOD=2024 或 2024Q1 GROUP=… | all units in a period
	@test -z "$$ASK_UNIT$$ASK_YEARS$$ASK_FILE" || { echo 'make bulletin 只用 DATA、PERIOD、GROUP、LANGUAGE 和 OUT。' \
		'| make bulletin takes DATA, PERIOD, GROUP, LANGUAGE and OUT alone.' >&2; exit 2; }
	@$(BIN)/analysis bulletin $${ASK_DATA:+--data "$$ASK_DATA"} $${ASK_PERIOD:+--period "$$ASK_PERIOD"} \
		$${ASK_GROUP:+--group "$$ASK_GROUP"} $${ASK_LANGUAGE:+--language "$$ASK_LANGUAGE"} $${ASK_OUT:+--out "$$ASK_OUT"}

batch: typed $(READY) ## 一年一次：UNIT=… YEARS=… DATA=… | one run a year
	@test -z "$$ASK_FILE" || { echo 'make batch 不用 FILE；单个文件请用 make report FILE=… | make batch takes no' \
		'FILE; for one file use make report FILE=…' >&2; exit 2; }
	@$(BIN)/analysis run problems $(ASKED)

read: typed $(READY) ## 读一个文件夹成 Parquet：DATA=… OUT=… | read a folder into Parquet
	@$(ONLY_DATA)
	@$(BIN)/analysis read "$${ASK_DATA:-data/reports}" --out "$${ASK_OUT:-store}"

check: typed $(READY) ## 像审计那样核对：DATA=… OUT=… | check reports as an auditor would
	@$(ONLY_DATA)
	@$(BIN)/analysis check "$${ASK_DATA:-data/reports}" --out "$${ASK_OUT:-store}"

score: typed $(READY) ## 按负面清单评分：DATA=… OUT=… | score reports by a rubric
	@$(ONLY_DATA)
	@$(BIN)/analysis score "$${ASK_DATA:-data/reports}" --out "$${ASK_OUT:-store}"

typed:
	@test -z "$(UNKNOWN)" || { echo "没有参数 $(UNKNOWN)：可用的是 UNIT YEARS DATA FILE LANGUAGE OUT PERIOD GROUP。 | There is no" \
		"parameter $(UNKNOWN): there are UNIT YEARS DATA FILE LANGUAGE OUT PERIOD GROUP." >&2; exit 2; }

lab: $(READY) ## 在 JupyterLab 中打开笔记本 | open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=notebooks

notebooks: $(READY) ## 重新运行随附的笔记本 | execute the committed notebooks again
	@$(BIN)/analysis refresh $(NOTEBOOKS)

docs: $(READY) ## 由声明文件生成 docs 中的字典 | make the dictionaries in docs from the declarations
	@$(BIN)/analysis docs

gallery: $(READY) ## 重画文档中的图例 | draw the gallery of charts again
	@$(BIN)/analysis gallery

test: $(READY) browser lint ## 全部检查：单元测试、笔记本、格式 | unit tests, notebooks, linters
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder tests
	$(BIN)/pytest --nbval notebooks

browser: ## 装好测试用的浏览器 Chromium（已有则不动） | the browser of the tests, unless there is one
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	root=; test "$$(id -u)" = 0 || root='sudo -n'; export DEBIAN_FRONTEND=noninteractive; \
	command -v apt-get >/dev/null && $$root true 2>/dev/null && $$root apt-get -qq update >/dev/null && \
	$$root apt-get -qq install -y --no-install-recommends chromium >/dev/null || \
	{ echo '测试要用浏览器 Chromium，这里没有，也装不了：请自行安装，如 sudo apt-get install chromium。' \
	'| The tests need the browser Chromium, which is not here and cannot be installed: install it, say with' \
	'sudo apt-get install chromium.' >&2; exit 1; }

lint: $(READY) ## 只查格式 | linters only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lock: $(READY) ## 重新锁定依赖版本 | lock the versions again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header \
		--no-emit-index-url --upgrade pyproject.toml --output-file requirements.lock

clean: ## 删除环境和输出 | remove environment and output
	rm -rf $(VENV) reports store

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo '需要 Python 3.11 或更新版本；请用 make PYTHON=python3.12 … 指定。' \
		  '| Python 3.11 or newer is needed; name it with PYTHON=…' >&2; exit 1; }
	@echo '正在建立运行环境（只在首次，约需几分钟）…… | building the environment, once, some minutes …' >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
