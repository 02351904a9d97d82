# make lab    read the book: creates .venv, installs, opens JupyterLab at chapter 00 (PORT=8888, BROWSER=no on a headless machine)
# make test   every gate; `make test-all` adds the slow ones
# make test-processors  unit tests and chapters as on other processors, one after the other (over an hour); one: make processor-avx2
# make test-browser  every chapter run in JupyterLab in Chromium, every demo operated, with its times in ms (CHAPTERS="02 05": only those)
# make fuzz   N odd inputs to readers, options, boxes and commands; only our own errors may come out (N=100000)
# make kills  N commands killed at random moments, resumed and compared with undisturbed ones (N=120: a quarter of an hour)
# make sync   chapter sources (.py) -> notebooks (.ipynb); `make book` runs them too and stores outputs (CHAPTERS="01 02": only those)
# make site   the web book, static pages in book/site/build/html (a minute or two; npm fetches MathJax the first time)
# make assignments  the four problem sets as nbgrader's course folder, in build/assignments (book/TEACHING.md says how to use it);
#             KEEP=private adds public/, the whole project without a solution; OUT=DIR puts all of it elsewhere
# make room   all that a computer without a network needs, in build/room (OUT=DIR; book/TEACHING.md says how to use it)
# make slides a deck of slides a chapter, offline pages in build/slides (cells tagged `slide`; npm fetches MathJax the first time)
# make results  measure the classic trackers again, into data/results/ (OTB=DIR: the ten sequences; some minutes, on a quiet machine)
# make results-trackers   every tracker of the book, into trackers_otb10.csv and trackers_synthetic.csv (half an hour, likewise)
# make results-starts     the same from several boxes up to a pixel beside the true one: starts_otb10.csv, starts_synthetic.csv
#                         (an hour; accuracy only, so other work beside it does no harm; goes on where it stopped)
# make results-processors DSST on the ten real sequences with OpenBLAS's kernels of other processors: dsst_processors.csv
# make results-ingredients UDT+ with one ingredient more each time, on real sequences: ch12_ingredients.json
#                         (a quarter of an hour; goes on where it stopped; REAL=DIR names the sequences)
# make results-adaptation  networks adapted to the videos they track, for chapter 16: ch16_adaptation.json (REAL=DIR; goes on
#                         where it stopped, a quarter of an hour on a quiet machine); results-more-data: trained on parts of the
#                         videos in VIDEOS, ch16_more_data.json (a quarter of an hour, likewise)
# make results-costs      what chapter 17's cost model takes in: ch17_costs.json (two minutes, on a quiet machine)
# make results-choice     what tells two networks apart, from anchors of real sequences: ch11_choice.json (goes on where it stopped)
# make results-scale      the features' scale, from anchors of real sequences and on ball1: ch11_scale.json (likewise)
# make results-preset     each setting of the preset book changed, from anchors of real sequences: ch11_preset.json (likewise)
# make results-long       losses and anchors of three runs of 6,000 steps: ch11_long.json (two hours; likewise)
# make results-published  the authors' released boxes, scored for chapter 13 (needs `published/` among the outside data)
# make results-vot        failures and curves of released VOT results, and ball1 with restarts, for chapter 14 (needs `published/`, `vot/`)
# make results-experiments  every experiment of chapter 15 at scale small: experiments_small.csv (goes on where it stopped)
# make results-experiments-starts  AUC of its ablation's networks from three starts in other sequences (REAL, OTB): experiments_starts.csv
# make results-experiments-real  its ablation on the videos in VIDEOS, judged on REAL, for the arms that need no true box:
#                         experiments_medium.csv (four hours on one core; likewise)
# make results-doses     four networks against the renderer's knobs, for chapter 15 (likewise; WEIGHTS=DIR: the authors')
# make results-training  train and evaluate again every run of chapter 11's tables (VIDEOS=DIR; an hour on two cores; goes on where it stopped)

PYTHON ?= python3
PORT ?= 8888
BROWSER ?= yes
CHAPTERS ?=
OTB ?= ../shared/otb
VIDEOS ?= ../shared/videos
REAL ?= ../shared/val
WEIGHTS ?= ../shared/weights
BIN := .venv/bin
SECONDS_A_CELL := 120
NBVAL = $(BIN)/python -m pytest -p no_skips --nbval --nbval-cell-timeout=$(SECONDS_A_CELL)
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
START = $(firstword $(sort $(wildcard book/00_*.ipynb)))

# Without a working interpreter (never made, or Python was upgraded) whatever was installed is gone too.
$(shell [ -x $(BIN)/python ] || rm -f .venv/*.stamp)

space := $(subst ,, )

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help lab test test-all test-processors lint unit unit-all nbval unit-and-nbval fuzz kills sync book site assignments room slides results results-trackers results-starts results-processors results-ingredients results-published results-vot results-training results-experiments results-experiments-starts results-experiments-real results-experiments-recipe results-doses results-adaptation results-more-data results-costs results-choice results-attributes results-scale results-preset results-long test-browser
help:
	@sed -n 's|^# make|make|p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed; name yours: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	{ echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv

# A stamp is written once its install has succeeded; a change of these two files makes it outdated.
.venv/book.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e ".[book]"
	$(BIN)/python -m ipykernel install --sys-prefix --name python3
	mkdir -p .venv/share/jupyter/lab/settings
	echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
	> .venv/share/jupyter/lab/settings/overrides.json
	touch $@

.venv/test.stamp: .venv/book.stamp
	$(PIP) --quiet -e ".[book,test]"
	touch $@

.venv/site.stamp: .venv/book.stamp book/site/constraints.txt
	$(PIP) --quiet -c book/site/constraints.txt -e ".[book,site]"
	touch $@

.venv/grade.stamp: .venv/book.stamp book/assignments/constraints.txt
	$(PIP) --quiet -c book/assignments/constraints.txt -e ".[book,grade]"
	touch $@

lab: .venv/book.stamp
	$(BIN)/python -m jupyterlab --ip=127.0.0.1 --port=$(PORT) $(ROOT) $(if $(filter no,$(BROWSER)),--no-browser) \
	--config=book/jupyter_server_config.py --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/$(START)

test: lint unit-and-nbval

test-all: lint unit-all nbval test-processors

lint: .venv/test.stamp
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

unit: .venv/test.stamp
	$(BIN)/python -m pytest

unit-all: .venv/test.stamp .venv/site.stamp .venv/grade.stamp
	$(BIN)/python -m pytest -m ""

# Every chapter as a reader without outside data sees it, then the chapters that use such data once more with it.
nbval: .venv/test.stamp
	UDT_DATA=none PYTHONPATH=tests $(NBVAL) book/
	@chapters=$$($(BIN)/python book/tools/chapters.py outside); \
	if [ -n "$$chapters" ]; then set -x; PYTHONPATH=tests $(NBVAL) $$chapters; fi

# Side by side, for each keeps one core busy. The chapters' report is printed when both have ended.
unit-and-nbval: .venv/test.stamp
	@OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(MAKE) --no-print-directory nbval > .venv/nbval.log 2>&1 & chapters=$$!; \
	trap "kill $$chapters 2> /dev/null" EXIT; trap "exit 130" INT TERM; \
	status=0; $(MAKE) --no-print-directory unit || status=$$?; \
	printf "the chapters, which run beside them: "; \
	while kill -0 $$chapters 2> /dev/null; do printf .; sleep 5; done; echo; \
	wait $$chapters || status=$$?; cat .venv/nbval.log; exit $$status

# As on other processors: each library has its own switch for the instructions it may use. `own`: all there are, on one
# thread and on two; `avx2`: no AVX-512 and no AMX; `sse`: nothing above SSE4.2. A cell may take longer without them.
PROCESSORS := own1 own2 avx2 sse
own1 := OMP_NUM_THREADS=1
own2 := OMP_NUM_THREADS=2
avx2 := OMP_NUM_THREADS=1 ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell \
	OPENCV_CPU_DISABLE=AVX512-SKX NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR"
sse := OMP_NUM_THREADS=1 ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem \
	OPENCV_CPU_DISABLE=AVX512-SKX,AVX2,FP16,AVX NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR"

test-processors: $(PROCESSORS:%=processor-%)

.PHONY: $(PROCESSORS:%=processor-%)
$(PROCESSORS:%=processor-%): processor-%: .venv/test.stamp
	$($*) $(MAKE) --no-print-directory unit-and-nbval SECONDS_A_CELL=600

# The part of it that is not slow runs in `make test` too.
test-browser: .venv/test.stamp
	$(BIN)/python -m pytest -m "browser" tests/browser $(if $(CHAPTERS),-k "$(subst $(space), or ,$(strip $(CHAPTERS)))")

fuzz: .venv/test.stamp
	$(BIN)/python tests/fuzz/fuzz.py --inputs $(or $(N),2000)

kills: .venv/test.stamp
	$(BIN)/python tests/fuzz/kills.py --kills $(or $(N),120)

sync: .venv/book.stamp
	$(BIN)/python book/tools/chapters.py sync $(CHAPTERS)

book: .venv/book.stamp
	$(BIN)/python book/tools/chapters.py run $(CHAPTERS)

site: .venv/site.stamp
	$(BIN)/python book/tools/web_book.py

OUT ?= build/assignments
assignments: .venv/grade.stamp
	$(BIN)/python book/tools/assignments.py $(OUT) $(if $(KEEP),--keep $(KEEP))

room: OUT = build/room
room: .venv/book.stamp
	$(BIN)/python book/tools/room.py $(OUT)

slides: .venv/book.stamp
	$(BIN)/python book/tools/slides.py build/slides

# The measured tables in data/results/, from nothing; on a quiet machine, for the speeds.
CLASSIC = --tracker mosse kcf dsst csrt kcf-opencv mosse-opencv --jobs 1
results: .venv/book.stamp
	rm -rf runs/classic_otb10 runs/classic_synthetic
	$(BIN)/python -m udtlib evaluate $(CLASSIC) --dataset otb --root $(OTB) --out runs/classic_otb10 \
	--table data/results/classic_otb10.csv
	$(BIN)/python -m udtlib evaluate $(CLASSIC) --dataset synthetic --out runs/classic_synthetic \
	--table data/results/classic_synthetic.csv

TRACKERS := $(BIN)/python book/tools/tracker_results.py
results-trackers: .venv/book.stamp
	rm -rf runs/trackers_otb10 runs/trackers_synthetic
	$(TRACKERS) otb --root $(OTB) --out runs/trackers_otb10 --table data/results/trackers_otb10.csv
	$(TRACKERS) synthetic --out runs/trackers_synthetic --table data/results/trackers_synthetic.csv

STARTS := --starts 5 --slow-starts 3
results-starts: .venv/book.stamp
	$(TRACKERS) otb --root $(OTB) --out runs/starts_otb10 --table data/results/starts_otb10.csv $(STARTS)
	$(TRACKERS) synthetic --out runs/starts_synthetic --table data/results/starts_synthetic.csv $(STARTS)

results-processors: .venv/book.stamp
	$(BIN)/python book/tools/dsst_processors.py --root $(OTB) --out runs/dsst_processors \
	--table data/results/dsst_processors.csv

results-ingredients: .venv/book.stamp
	$(BIN)/python book/tools/ingredient_results.py --real $(REAL) --out runs/ingredients \
	--table data/results/ch12_ingredients.json
	$(BIN)/python book/tools/ingredient_results.py --real $(REAL) --out runs/alone --table data/results/ch12_alone.json \
	--frames all --every 1 --only scale flow "second look" "settings for VOT" camera velocity "camera beside flow" \
	"velocity beside flow"

PATCHES := runs/training/patches.raw
$(PATCHES): | .venv/book.stamp
	mkdir -p $(@D)
	$(BIN)/python -m udtlib data pack $(VIDEOS) --out $@

EXPERIMENTS := $(BIN)/python -m udtlib experiment
results-experiments: .venv/book.stamp
	for name in ablation noise way-back ludt; do \
	$(EXPERIMENTS) run $$name --scale small --out runs/experiments_small || exit 1; done
	$(EXPERIMENTS) table runs/experiments_small --table data/results/experiments_small.csv

# Needs the runs of results-experiments.
results-experiments-starts: .venv/book.stamp
	$(BIN)/python book/tools/second_results.py --sets synthetic val=$(REAL) otb=$(OTB) --runs runs/experiments_small \
	--experiment ablation --out runs/experiments_starts --table data/results/experiments_starts.csv

# The arms that packed videos can teach, judged on the real sequences of REAL.
PACKED := udt standard-loss single-trajectory+weights single-trajectory time-shuffled random
results-experiments-real: .venv/book.stamp $(PATCHES)
	$(EXPERIMENTS) run ablation --scale medium --arms $(PACKED) --videos $(PATCHES) --val $(REAL) \
	--out runs/experiments_medium
	$(EXPERIMENTS) table runs/experiments_medium --table data/results/experiments_medium.csv

# What the parts of the recipe add, for chapter 11.
results-experiments-recipe: .venv/book.stamp $(PATCHES)
	$(EXPERIMENTS) run recipe --scale medium --seeds 3 --videos $(PATCHES) --val $(REAL) \
	--out runs/experiments_recipe
	$(EXPERIMENTS) table runs/experiments_recipe --table data/results/experiments_recipe.csv

results-doses: .venv/book.stamp
	$(BIN)/python book/tools/dose_results.py --weights $(WEIGHTS) --out runs/doses \
	--table data/results/experiments_doses.csv

SPOT := $(BIN)/python book/tools/spot_results.py
results-adaptation: .venv/book.stamp
	$(SPOT) adaptation --real $(REAL) --out runs/adaptation --table data/results/ch16_adaptation.json

results-more-data: .venv/book.stamp $(PATCHES)
	$(SPOT) more-data --patches $(PATCHES) --real $(REAL) --out runs/more-data \
	--table data/results/ch16_more_data.json

results-costs: .venv/book.stamp
	$(BIN)/python book/tools/cost_results.py --table data/results/ch17_costs.json

# Goes on where it stopped; FLAGS="--network seed-1=FILE" measures further networks.
results-choice: .venv/book.stamp
	$(BIN)/python book/tools/choice_results.py --real $(REAL) --out runs/choice --table data/results/ch11_choice.json $(FLAGS)

# Chapter 15: the authors' networks and the one that ships on OTB's sequences, for their attributes.
results-attributes: .venv/book.stamp
	$(BIN)/python book/tools/choice_results.py --real $(OTB) --out runs/attributes \
	--table data/results/ch15_attributes.json --only udt "authors' UDT" "authors' DCFNet"

results-scale: .venv/book.stamp
	$(BIN)/python book/tools/scale_results.py --real $(REAL) --out runs/scale --table data/results/ch11_scale.json $(FLAGS)

# FLAGS="--network seed-0=FILE seed-1=FILE udt=udt": the seeds of the recipe of udt.
results-preset: .venv/book.stamp
	$(BIN)/python book/tools/preset_results.py --real $(REAL) --out runs/preset --table data/results/ch11_preset.json $(FLAGS)

# The recipe of the network that ships, with more steps and weight decay; each run takes half an hour on one core.
LONG := --steps 6000 --batch 8 --optimiser muon --first-rate 2e-2 --last-rate 2e-3 --schedule cosine --warm-up 10 \
	--weight-decay 0.5 --gain 1 --average 0.98 --augment 1 --smear 12 --precision bfloat16 --hold-out 0.15 --keep 500 6000
results-long: .venv/book.stamp $(PATCHES)
	for seed in 0 1 2; do [ -e runs/long/seed-$$seed/weights.safetensors ] || $(BIN)/python -m udtlib train $(PATCHES) \
	--out runs/long/seed-$$seed --seed $$seed --no-compare $(LONG) \
	$$([ ! -e runs/long/seed-$$seed/checkpoint.safetensors ] || echo --resume) || exit 1; done
	$(BIN)/python book/tools/long_results.py --real $(REAL) --out runs/long/anchors --table data/results/ch11_long.json \
	--runs runs/long/seed-0 runs/long/seed-1 runs/long/seed-2

results-published: .venv/book.stamp
	$(BIN)/python book/tools/published_results.py

results-vot: .venv/book.stamp
	$(BIN)/python book/tools/vot_results.py

# Every run and evaluation of chapter 11 from the commands stored with the results; what is there already is not repeated.
TRAINING := runs/training
TRAINING_RESULTS := $(abspath $(BIN))/python $(CURDIR)/book/tools/training_results.py
results-training: .venv/book.stamp
	mkdir -p $(TRAINING)
	cd $(TRAINING) && export PATH="$(abspath $(BIN)):$$PATH" UDT_DATA="$(abspath $(OTB)/..)" && \
	{ [ -e patches.raw ] || udt data pack $(abspath $(VIDEOS)) --out patches.raw; } && \
	{ [ -e clips.raw ] || udt data render --out clips.raw --clips 400 --frames 40 --seed 100; } && \
	$(TRAINING_RESULTS) commands > commands.sh && sh -e commands.sh && $(TRAINING_RESULTS) collect .
