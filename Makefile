# make demo      builds, runs and verifies the digits example in an emulator
# make test      every test
# make check     style, types, C warnings
# make bench     instructions, flash and RAM against TensorFlow Lite Micro: docs/benchmarks.md
# make bench-record   records the instruction counts that the tests hold changes against
# make fuzz      the model reader on hostile bytes, FUZZ_SECONDS per target
#
# Each first installs what it needs: system packages by apt where they are missing, the rest in
# .venv. PYTHON chooses the interpreter that .venv is made with.

PYTHON ?= python3
FUZZ_SECONDS ?= 60

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TRAIN_STAMP := $(VENV)/.installed-train

KERNELS := $(wildcard mcugen/kernels/src/*.c mcugen/cmsis_nn_int4/src/*.c)
C_FILES := $(shell find mcugen/kernels mcugen/cmsis_nn_int4 mcugen/platform bench/plugin -name '*.[ch]' 2>/dev/null)
C_FLAGS := -std=c99 -O2 -Wall -Wextra -Wconversion -Wshadow -Werror -c -o /dev/null -Imcugen/kernels/include \
           -Imcugen/cmsis_nn_int4/include
# Each sees other sections of the kernels: plain C, DSP, Helium.
COMPILERS := 'gcc' $(foreach cpu,-mcpu=cortex-m0 -mcpu=cortex-m4 -mcpu=cortex-m55_-mfloat-abi=hard,\
             'arm-none-eabi-gcc -mthumb $(subst _, ,$(cpu))')

DIGITS := examples/digits/digits.tflite
SAMPLES := examples/digits/samples.npz

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup system demo test check bench bench-record fuzz clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

setup: system $(STAMP)

system:
	@PYTHON='$(PYTHON)' tools/install_system_packages.sh

$(STAMP): pyproject.toml mcugen/version.py | system
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"mcugen needs Python 3.11 or later, $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=python3.11")'
	@echo "Installing mcugen and its Python packages in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[verify,dev]'
	@touch $@

$(TRAIN_STAMP): $(STAMP)
	@echo "Installing TensorFlow and what the offline data sets need in $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,data,dev-train]'
	@# TFLM's headers, to compile generated code with: only its files, since it asks for an old numpy.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps xmos-ai-tools==1.4.2
	@touch $@

demo: setup
	$(BIN)/mcugen build $(DIGITS) --board qemu_m4 --output build/demo --force
	$(BIN)/mcugen run $(DIGITS) --board qemu_m4 --input $(SAMPLES)
	$(BIN)/mcugen verify $(DIGITS) --board qemu_m4 --input $(SAMPLES)

test: setup $(TRAIN_STAMP)
	$(BIN)/pytest

check: setup
	@tools/install_system_packages.sh clang-format
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	clang-format --dry-run -Werror $(C_FILES)
	@set -e; for compiler in $(COMPILERS); do \
	  echo "$$compiler: warnings of $(words $(KERNELS)) kernels"; \
	  for kernel in $(KERNELS); do $$compiler $(C_FLAGS) $$kernel; done; \
	done

bench: setup
	$(BIN)/python -m bench.run

bench-record: setup
	$(BIN)/python -m bench.record

fuzz: setup
	set -e; for target in tests/fuzz/fuzz_*.py; do \
	  $(BIN)/python $$target -max_total_time=$(FUZZ_SECONDS); \
	done

clean:
	rm -rf build dist
