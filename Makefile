# 121 爱回家: few commands, one page. `make` alone lists them.
# Works on Debian 12 as root, or as a user with sudo; elsewhere it says what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
# further arguments for demo, run, test and bench: make demo ARGS="--speed 60"
ARGS ?=
# which Python makes the environment; the first one that is new enough is taken
PYTHON ?= python3

# Debian package and the file that shows it is there
TEST_PACKAGES := \
  mosquitto:/usr/sbin/mosquitto \
  mosquitto-clients:/usr/bin/mosquitto_pub \
  openssl:/usr/bin/openssl \
  postgresql-15:/usr/lib/postgresql/15/bin/postgres \
  postgresql-15-postgis-3:/usr/share/postgresql/15/extension/postgis.control \
  chromium:/usr/bin/chromium \
  gdal-bin:/usr/bin/ogrinfo \
  fonts-noto-cjk:/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

define INSTALL_PACKAGES
as_root() {
  if [ "$$(id -u)" = 0 ]; then "$$@"; else sudo "$$@"; fi
}
may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }
}
install_packages() {
  if ! may_install; then
    echo "Missing: $$*. Nothing was installed, because that needs root. Please run:" >&2
    echo "  apt-get update && apt-get install -y $$*" >&2
    return 1
  fi
  echo "Installing Debian packages: $$*"
  as_root apt-get -q update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$$@"
}
endef

.PHONY: help
help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- using it --------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/.installed ## make .venv with the command aihuijia in it (again only when something changed)

.PHONY: demo
demo: setup ## the whole service with stand-in bands and phones; ARGS="--help" shows how to steer it
	@exec $(BIN)/aihuijia demo $(ARGS)

.PHONY: run
run: setup ## the whole service in one process, with your settings (docs/settings.md)
	@exec $(BIN)/aihuijia up $(ARGS)

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(INSTALL_PACKAGES)
	new_enough() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
	if ! { new_enough $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1; }; then
	  chosen=
	  for candidate in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14; do
	    if new_enough "$$candidate"; then chosen="$$candidate"; break; fi
	  done
	  if [ -z "$$chosen" ] && ! command -v python3 >/dev/null; then
	    install_packages python3-venv
	    new_enough python3 && chosen=python3
	  fi
	  if [ -z "$$chosen" ]; then
	    echo "Python 3.11 or newer is needed; name it with: make setup PYTHON=/path/to/python3" >&2
	    exit 1
	  fi
	  if ! "$$chosen" -c 'import ensurepip, venv' 2>/dev/null; then
	    package=python3-venv
	    case "$$chosen" in python3.1*) package="$$chosen-venv";; esac
	    install_packages "$$package"
	  fi
	  echo "Making $(VENV) with $$("$$chosen" --version)"
	  "$$chosen" -m venv --clear $(VENV)
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[plots]'
	touch $@
	echo "Ready: $(BIN)/aihuijia"

# -- checking it -----------------------------------------------------------------------------------

.PHONY: test-setup
test-setup: $(VENV)/.installed-dev ## what the tests need: the dev extra, and Debian packages where missing
	@$(INSTALL_PACKAGES)
	missing=()
	for pair in $(TEST_PACKAGES); do
	  [ -e "$${pair#*:}" ] || missing+=("$${pair%%:*}")
	done
	if [ $${#missing[@]} -gt 0 ]; then
	  echo "The tests need servers and a browser as Debian packages them; they are not started."
	  if may_install && [ ! -e /usr/sbin/policy-rc.d ]; then
	    # Debian asks this file whether a freshly installed service may start: no.
	    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d'
	    as_root chmod 755 /usr/sbin/policy-rc.d
	    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
	  fi
	  install_packages "$${missing[@]}"
	  if [ -d /run/systemd/system ]; then  # … nor at the next boot; tests start their own
	    for service in mosquitto postgresql; do
	      case " $${missing[*]} " in
	        *" $$service "* | *" $$service-15 "*) as_root systemctl disable --quiet "$$service";;
	      esac
	    done
	  fi
	fi

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,plots]'
	touch $@

.PHONY: check
check: $(VENV)/.installed-dev ## lint, format, types
	@$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

.PHONY: test
test: test-setup check ## everything that can be checked: lint, format, types, tests
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: bench
bench: test-setup ## messages per second from publish to committed and judged
	@$(BIN)/python -m benchmarks.ingest $(ARGS)

.PHONY: bench-geofence
bench-geofence: test-setup ## judgements per second, beside Shapely alone and PostGIS
	@$(BIN)/python -m benchmarks.geofence $(ARGS)

.PHONY: bench-alerts
bench-alerts: test-setup ## from a trigger's commit to the provider's door; --part soak kills and counts
	@$(BIN)/python -m benchmarks.alerts $(ARGS)

.PHONY: bench-api
bench-api: test-setup ## lists, boxes and map programs' pages with 100,000 elders, beside the bare SQL
	@$(BIN)/python -m benchmarks.api $(ARGS)

# -- keeping it ------------------------------------------------------------------------------------

.PHONY: words
words: $(VENV)/.installed-dev ## collect new texts into the Chinese catalogues (core and api), to be translated
	@scratch=$$(mktemp -d)
	trap 'rm -rf "$$scratch"' EXIT
	printf '[python: **.py]\n[jinja2: **/templates/**.html]\n' >"$$scratch/mapping"
	collect() {  # <catalogue> <folder>…  New texts go to its end; nothing else is touched.
	  local catalogue=$$1; shift
	  $(BIN)/pybabel -q extract -F "$$scratch/mapping" -k N_ -k worded --no-location --no-wrap \
	    -o "$$scratch/texts.pot" "$$@"
	  $(BIN)/python - "$$catalogue" "$$scratch/texts.pot" <<-'SCRIPT'
	import io, sys
	from pathlib import Path
	from babel.messages.catalog import Catalog
	from babel.messages.pofile import read_po, write_po
	path = Path(sys.argv[1])
	before, said = path.read_bytes(), Path(sys.argv[2]).read_bytes()
	known, found = read_po(io.BytesIO(before)), read_po(io.BytesIO(said))
	fresh, written = Catalog(), io.BytesIO()
	[fresh.add(m.id) for m in found if m.id and m.id not in known]
	write_po(written, fresh, omit_header=True, width=100)
	after = before + (b"\n" + written.getvalue() if len(fresh) else b"")
	path.write_bytes(after)
	empty = sum(1 for m in read_po(io.BytesIO(after)) if m.id and not m.string)
	print(f"{path}: {len(fresh)} new texts, {empty} without a translation")
	SCRIPT
	}
	collect core/locale/zh.po core alerts store
	collect api/locale/zh.po api

.PHONY: constraints
constraints: $(VENV)/.installed-dev ## write the versions installed now into constraints.txt
	@{ grep '^#' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable; } >constraints.new
	mv constraints.new constraints.txt

.PHONY: clean
clean: ## remove caches and build leftovers; .venv and var/ stay
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print0 | xargs -0 -r rm -rf
