# Two commands matter: `make book` builds the site, `make test` checks everything.
# Each sets up what it needs in .venv; nothing has to be installed by hand.

PYTHON ?= python3
PORT ?= 8000
CHAPTERS ?= $(wildcard chapters/*.ipynb)
# `make book REPOSITORY=https://github.com/OWNER/NAME` adds buttons for Binder and Colab.
REPOSITORY ?=

VENV := .venv
BIN := $(VENV)/bin
# pip writes RECORD last. A package without one was cut off by a kill; pip would take it for whole.
FORGET_HALVES := find $(VENV)/lib -maxdepth 3 -name '*.dist-info' ! -exec test -f '{}/RECORD' ';' \
  -exec rm -r '{}' + 2>/dev/null;
PIP := $(FORGET_HALVES) $(BIN)/python -m pip --disable-pip-version-check install --quiet
SITE := _build/html
BUILT := _build/site-is-built
BOOK_SOURCES = $(wildcard *.yml *.bib Makefile assets book chapters dropout_lab tests)
NEWEST := _build/newest
LOWEST := _build/lowest
REQUIREMENTS := requirements.txt
WHEELS := $(VENV)/browser-wheels
LOCKED = $(if $(HASHES),--require-hashes -r hashes.txt)
# Where PyTorch comes from, if not from the index of all packages. On Linux without a GPU:
# TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# What a cell prints arrives in one piece or in several, as the machine is busy; it is stored as one.
ONE_STREAM := --NotebookExporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor
CHAPTER_SETTINGS := EXPLORE_PUBLISH=1 MPLBACKEND=agg
# A distribution of Pyodide for the site to serve; without one browsers ask Pyodide's host.
PYODIDE ?=
# HASHES=1 installs what makes and publishes the site from hashes.txt, each file by its digest.
HASHES ?=
# `make test ALL=1` also runs what only a change of the build can break: before publishing, weekly.
ALL ?=
# What is dated has the date of the last commit: the same input gives the same bytes.
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2> /dev/null),1767225600)
# `make bench LONG=1` measures an hour of use instead.
LONG ?=
# What the tests of the package alone leave out: the chapters, the site, its tools, TensorFlow.
BOOK_TESTS := api_reference bench binder build cards chapters complete framework_failures jupyterlab \
  launch ledger lite live_chapters models_elsewhere new_chapter policy printing prose site solutions \
  teaching training_keras training_scripts typography weight workflows

# Real data beside the clone, if nothing else is said; the tests look there, too.
DROPOUT_LAB_DATA ?= $(wildcard $(CURDIR)/../shared/data)

# Written beside and then moved: neither a full disk nor a kill leaves half a chapter. One that says
# that its data are "not at hand" drew others; the site would show those.
define execute
	@set -e; trap 'rm -rf "$$drafts"' EXIT; trap 'exit 1' INT TERM; \
	for chapter in $(1); do \
	  drafts=$$(dirname $$chapter)/.draft-$$$$; draft=$$drafts/$$(basename $$chapter); echo $$chapter; \
	  $(CHAPTER_SETTINGS) $(if $(DROPOUT_LAB_DATA),DROPOUT_LAB_DATA="$(DROPOUT_LAB_DATA)") \
	    $(BIN)/jupyter nbconvert --log-level=WARN --to notebook --execute \
	    --ExecutePreprocessor.record_timing=False $(ONE_STREAM) \
	    --output-dir "$$drafts" $$chapter; \
	  if grep -q '^ *"[A-Za-z ]* not at hand' "$$draft"; then \
	    echo "$$chapter stays as it was: its data are not at hand. Set DROPOUT_LAB_DATA." >&2; exit 1; \
	  fi; \
	  mv "$$draft" $$chapter; \
	done
endef

.NOTPARALLEL:
.PHONY: help book lite pyodide serve pdf epub pictures test chapter chapters lint bench links newest lowest wheel publish hashes sbom audit clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(VENV)/book-is-installed ## build the site from the stored outputs, warnings as errors
	@# Pages depend on each other, so all are written, or none if nothing has changed since. What is
	@# in the files counts, not their times: a clock may go back, and a copy keeps the old time.
	@sources="$$(find $(BOOK_SOURCES) -name __pycache__ -prune -o -type f -exec cksum {} + \
	  | LC_ALL=C sort | cksum)"; built="$$(cat $(BUILT) 2>&1)"; \
	asked="$(VENV) $(REPOSITORY) $(SITE_URL) $(LITE) $(PDF) $$sources"; \
	if [ ! -f $(SITE)/index.html ] || [ $< -nt $(BUILT) ] || [ "$$built" != "$$asked" ]; then \
	  : Sphinx goes by time. What it read with other programs, or would not read again, it forgets.; \
	  if [ $< -nt $(BUILT) ] || { [ "$${built%"$$sources"}" = "$$built" ] && [ -z "$$(find \
	    $(BOOK_SOURCES) -name __pycache__ -prune -o -type f -newer $(BUILT) -print -quit)" ]; }; \
	  then rm -f $(BUILT); fi; \
	  echo $(BIN)/python -m book build .; \
	  ASKED="$$asked" $(BIN)/python -m book build . -W -n --keep-going --quiet; \
	fi
	@echo "The book is built. Open $(SITE)/index.html, or run: make serve"

lite: export LITE := 1
lite: $(VENV)/lite-is-installed book ## build the site with Python in the browser; PYODIDE=folder or archive serves it too
	$(BIN)/python -m book.lite $(SITE)/lite $(WHEELS) $(PYODIDE)
	@echo "Python in the browser is built. It needs a server: make serve LITE=1"

pyodide: $(VENV)/lite-is-installed ## fetch what PYODIDE=_build/pyodide of make lite takes
	$(BIN)/python -m book.lite.pyodide _build/pyodide

serve: book ## serve the site on this machine only
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

pdf: $(VENV)/pdf-is-installed book ## print the whole book as one PDF
	@$(BIN)/python -m browsers.chromium
	$(BIN)/python -m book.paper
	@echo "The book is printed: _build/pdf/dropout-lab.pdf"

epub: $(VENV)/pdf-is-installed book ## make an e-book of the whole book
	@$(BIN)/python -m browsers.chromium
	$(BIN)/python -m book.paper.ebook
	@echo "The e-book is made: _build/epub/dropout-lab.epub"

pictures: $(VENV)/all-is-installed book ## record the picture that the README shows
	@$(BIN)/python -m browsers.chromium
	$(BIN)/python -m book.readme_pictures

test: $(VENV)/all-is-installed $(VENV)/lite-is-installed book ## run the tests: unit, doctest, nbval, a real browser; every one with ALL=1
	@$(BIN)/python -m browsers.chromium
	@$(BIN)/python -m browsers.firefox
	@$(BIN)/python -m browsers.axe
	@# Three processes also on two cores: some of them wait for a kernel or a browser.
	$(CHAPTER_SETTINGS) $(BIN)/python -m pytest --numprocesses 3 --dist loadscope --no-loadscope-reorder \
	  $(if $(ALL),,-m "not all")

chapters: $(VENV)/all-is-installed ## execute all chapters in place; stop at the first error
	$(call execute,$(CHAPTERS))

chapter: $(VENV)/all-is-installed ## write a new chapter that passes its tests: make chapter NAME=17_title
	$(BIN)/python -m book.new_chapter "$(NAME)"
	$(call execute,chapters/$(NAME).ipynb)

lint: $(VENV)/lint-is-installed ## check style, docstrings, types and workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --quiet --offline .github

bench: $(VENV)/all-is-installed book ## measure each budget, and fail if one is broken; with LONG=1 an hour of use
	@$(BIN)/python -m browsers.chromium
	$(CHAPTER_SETTINGS) $(BIN)/python -m bench $(if $(LONG),long)

links: $(VENV)/book-is-installed ## follow the book's links to other sites; fails if one is broken
	$(BIN)/jupyter-book build . --quiet --builder linkcheck --path-output _build/links

newest: $(NEWEST)/requirements.txt ## run the tests with the newest release of each dependency
	rm -rf $(NEWEST)/venv
	$(MAKE) $(NEWEST)/venv/all-is-installed VENV=$(NEWEST)/venv REQUIREMENTS=$<
	@echo "Other than pinned:"
	@$(NEWEST)/venv/bin/python -m pip freeze | grep -vxF $(addprefix -f ,$(wildcard *.txt)) || true
	@# All is installed; nothing else may bring a pin back.
	$(MAKE) test VENV=$(NEWEST)/venv PIP=true

lowest: ## run the package's tests with the lowest versions that pyproject.toml allows
	rm -rf $(LOWEST)
	$(MAKE) $(LOWEST)/floors-are-installed VENV=$(LOWEST)
	@# Matplotlib 3.10 keeps the sizes of texts, up to a limit: the memory is measured elsewhere.
	DROPOUT_LAB_DATA= $(CHAPTER_SETTINGS) $(LOWEST)/bin/python -m pytest --numprocesses 4 \
	  --dist loadscope dropout_lab tests $(BOOK_TESTS:%=--ignore=tests/test_%.py) \
	  -k "not chromium and not firefox and not test_memory_grows_by_the_stored_text_alone"

wheel: ## build the wheel, and try it where nothing else is installed; FLOORS=1 with the lowest versions
	rm -rf _build/wheel
	mkdir -p _build/wheel/source
	cp -r dropout_lab pyproject.toml README.md LICENSE _build/wheel/source
	find _build/wheel/source -name __pycache__ -prune -exec rm -r {} +
	$(PYTHON) -m venv _build/wheel/empty
	cd _build/wheel && export PIP_DISABLE_PIP_VERSION_CHECK=1 && \
	  empty/bin/python -m pip wheel --quiet --no-deps --wheel-dir . ./source && \
	  empty/bin/python -m pip install --quiet *.whl $(if $(FLOORS),$$(grep '^dependencies' source/pyproject.toml \
	    | grep -oE '[a-z]+>=[0-9.]+' | sed 's/>=/==/')) && \
	  empty/bin/python ../../tests/with_the_wheel.py

publish: $(VENV)/publish-is-installed ## push the built site to the branch gh-pages of origin
	@half="$$(find $(SITE) $(wildcard $(BUILT).draft) -maxdepth 1 -name '*.draft' -print -quit)"; \
	if [ "$$half" ]; then echo "$(SITE) is not whole, see $$half; make it again" >&2; exit 1; fi
	@for part in lite/notebooks/index.html dropout-lab.pdf; do \
	  if [ ! -f $(SITE)/$$part ] && grep -rqsF "$$part" --include='*.html' $(SITE)/chapters; then \
	    echo "$(SITE) has links to $$part and not the file; run: make lite, make pdf" >&2; exit 1; \
	  fi; \
	done
	$(BIN)/ghp-import --no-jekyll --no-history --push --force \
	  --message "The site at $$(git rev-parse --short HEAD)" $(SITE)

hashes: | $(VENV)/is-made ## pin every file that makes and publishes the site by its digest
	$(PIP) uv
	grep -E '^(playwright|pypdf|ghp-import)==' requirements.txt | $(BIN)/uv pip compile --quiet \
	  --generate-hashes --no-annotate --custom-compile-command "make hashes" \
	  --python-version 3.11.9 --python-platform x86_64-unknown-linux-gnu \
	  --constraints constraints.txt hashes.in - --output-file hashes.txt

sbom: $(VENV)/audit-is-installed ## list beside the built site what made it (CycloneDX)
	$(BIN)/cyclonedx-py requirements hashes.txt --pyproject pyproject.toml --output-reproducible \
	  --output-file $(SITE)/.sbom.cdx.json.draft
	@mv $(SITE)/.sbom.cdx.json.draft $(SITE)/sbom.cdx.json

audit: $(VENV)/audit-is-installed ## ask for known weaknesses of each version that is pinned
	@mkdir -p _build
	grep -hoE '^[A-Za-z0-9._-]+==[^ ;]+' requirements*.txt constraints.txt hashes.txt \
	  binder/requirements.txt | tr 'A-Z_' 'a-z-' | sort -u > _build/pinned.txt
	$(BIN)/pip-audit --disable-pip --no-deps --requirement _build/pinned.txt

clean: ## delete the built site and the virtual environment
	rm -rf _build $(VENV) build *.egg-info

$(VENV)/is-made:
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else \
	  "Python 3.11 to 3.13 is needed; name one with: make PYTHON=python3.12")'
	$(FORGET_HALVES) $(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/book-is-installed: requirements-book.txt constraints.txt | $(VENV)/is-made
	$(PIP) $(or $(LOCKED),-r requirements-book.txt)
	@touch $@

$(VENV)/lite-is-installed: requirements-lite.txt book/lite/wheels.txt constraints.txt | $(VENV)/is-made
	$(PIP) $(or $(LOCKED),-r requirements-lite.txt)
	rm -rf $(WHEELS)
	$(BIN)/python -m pip --disable-pip-version-check download --quiet --no-deps --only-binary :all: \
	  --dest $(WHEELS) -r book/lite/wheels.txt
	@$(if $(HASHES),for wheel in $(WHEELS)/*; do \
	  grep -q "sha256:$$(sha256sum < $$wheel | cut -d ' ' -f 1)" hashes.txt || \
	  { echo "$$wheel is not in hashes.txt" >&2; exit 1; }; done)
	@touch $@

$(VENV)/pdf-is-installed: $(VENV)/book-is-installed requirements.txt
	$(PIP) $(or $(LOCKED),-c constraints.txt $$(grep -E '^(playwright|pypdf)==' requirements.txt))
	@touch $@

$(VENV)/lint-is-installed: requirements.txt requirements-book.txt constraints.txt | $(VENV)/is-made
	@# NumPy and Matplotlib bring the types that the package's are made of.
	$(PIP) -c constraints.txt $$(grep -hE '^(ruff|mypy|check-jsonschema|zizmor|numpy|matplotlib)==' \
	  requirements.txt requirements-book.txt)
	@touch $@

$(VENV)/publish-is-installed: requirements.txt constraints.txt | $(VENV)/is-made
	$(PIP) $(or $(LOCKED),-c constraints.txt "$$(grep '^ghp-import==' requirements.txt)")
	@touch $@

$(VENV)/audit-is-installed: hashes.txt | $(VENV)/is-made
	$(PIP) --require-hashes -r hashes.txt
	@touch $@

$(VENV)/all-is-installed: requirements.txt requirements-book.txt constraints.txt pyproject.toml | $(VENV)/is-made
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) $$(grep '^torch\b' $(REQUIREMENTS)))
	$(PIP) -r $(REQUIREMENTS)
	@touch $@ $(foreach part,book lint pdf publish,$(VENV)/$(part)-is-installed)

$(VENV)/floors-are-installed: pyproject.toml requirements.txt | $(VENV)/is-made
	@# Without setuptools, of which PyTorch needs a later one.
	grep -oE '"[a-z-]+>=[0-9.]+"' pyproject.toml | sed -e '/setuptools/d' -e 's/"//g' -e 's/>=/==/' | sort -u \
	  > $(VENV)/floors.txt
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) $$(grep '^torch\b' $(REQUIREMENTS)))
	$(PIP) -c $(VENV)/floors.txt -e ".[demos]" $$(grep -E \
	  '^(torch|scipy|pytest|pytest-xdist|nbval|hypothesis|beautifulsoup4)==' requirements.txt)
	@touch $@

# No pins and no constraints, but for jupyter-book: version 2 is another program.
$(NEWEST)/requirements.txt: $(wildcard requirements*.txt)
	@mkdir -p $(@D)
	sed -E -e '/^-[cr] /d' -e 's/==[^ ;]*//' -e 's/^jupyter-book$$/&<2/' $^ > $@.draft
	@mv $@.draft $@
