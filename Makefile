# rtm-wasm: the targets people use. `make help` lists them.

LISTEN ?= 127.0.0.1:8080
DATA ?= data
FUZZTIME ?= 30s
SOAK ?= 2m
KILL ?= 0s
SEED ?= 0
CLUSTER ?=
# go: build the SDK with Go's standard library instead of wasm/std
STD ?=
# yes: build the documentation into the gateway
DOCS ?=
# a version such as 1.27.4: use that Go, which the go command downloads, instead of the installed one
GO ?=
# the newest Go: a test builds everything with it, too
NEXT_GO := 1.27.4
# the output of --version; if empty, Go takes the version from git
VERSION ?=
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
ONLY ?=
OLD ?=

ifneq ($(GO),)
export GOTOOLCHAIN := go$(GO)
endif

# The race detector needs a C compiler. Without one the tests run without the race detector.
RACE := $(if $(shell command -v $$(go env CC) 2>/dev/null),-race)

.DEFAULT_GOAL := build
.PHONY: help build sdk package run test test-go test-web web-tests test-browser applications build-applications tools bench bench-gateway soak lint fuzz generate docs screenshots release docs-site deps browser clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: sdk $(if $(filter yes,$(DOCS)),docs-site) ## build bin/rtm-gateway, bin/rtm-load and web/dist (rtm.js, rtm.mjs, rtm.wasm, rtm.d.ts). DOCS=yes: the gateway serves the documentation
	CGO_ENABLED=0 go build -trimpath $(if $(VERSION),-ldflags "-X rtmwasm/version.release=$(VERSION)") -o bin/ ./gateway/cmd/rtm-gateway ./native/cmd/rtm-load

sdk: deps # web/dist, which the gateway embeds
	$(if $(filter go,$(STD)),RTM_GOFLAGS="-gcflags=all=-l -overlay=") node web/build.mjs

package: build ## make the npm package: bin/rtm-wasm.tgz
	node web/pack.mjs

release: deps docs-site/node_modules/.package-lock.json ## build the files of a release of this commit, reproducibly: bin/release. PLATFORMS="linux/amd64": only for these
	go -C scripts/release run . -platforms "$(PLATFORMS)"

run: build ## build, and serve the demo on http://127.0.0.1:8080. LISTEN=addr and DATA=dir set the address and the data folder
	exec ./bin/rtm-gateway --listen $(LISTEN) --data $(DATA)

# The Go tests mostly wait. Meanwhile make prepares the browser tests. The logs of failed parts are printed again at the end.
test: ## install what the tests need, browsers included, and run all tests
	@rm -rf bin/test
	@$(MAKE) --no-print-directory -j3 DOCS=yes ASIDE=yes AFTER=test-go test-go test-web test-browser || { status=$$?; \
		cat bin/test/*.log 2>/dev/null; \
		for part in test-go test-web applications test-browser; do [ -e bin/test/$$part.passed ] || missing="$$missing $$part"; done; \
		echo "make test: FAILED. Parts that failed or were not run:$$missing"; exit $$status; }

# For the parts of `make test`: the mark of a part that has passed, and the script that runs a part beside others.
passed = @mkdir -p bin/test && touch bin/test/$@.passed
aside = $(if $(ASIDE),scripts/aside.sh $@)

# ./tests starts first: it runs programs, takes longest and mostly waits, so several of its tests run at a time.
# -vet=all runs go vet for each package. The gateway under test embeds the files of the SDK, so they are built first.
test-go: package tools ## Go: unit, gateway and conformance tests
	GOOS=js GOARCH=wasm go vet ./core/... ./jsbridge/... ./wasm
	go test $(RACE) -vet=all -timeout 2h -p 3 -parallel 4 ./tests ./...
	$(passed)

test-web: package ## TypeScript: types and unit tests; the size limits; the npm package
	@$(aside) $(MAKE) --no-print-directory web-tests
	$(passed)

web-tests:
	npm run --silent typecheck
	npm run --silent test:web
	npm run --silent test:size
	npm run --silent test:package
	npm run --silent test:release
	npm run --silent lint:openapi

test-browser: applications tools $(AFTER) ## real pages in real browsers with a real gateway; the package in every kind of application
	npx playwright test
	$(passed)

applications: package # the applications that browser tests open: the package in every kind of application
	@$(aside) $(MAKE) --no-print-directory build-applications
	$(passed)

build-applications:
	node tests/build.mjs
	node tests/matrix/prepare.mjs

tools: browser # the browsers, and the servers and tools that tests run
	GOFLAGS=-trimpath CGO_ENABLED=0 go -C tests/s3server tool -n versitygw >/dev/null
	GOFLAGS=-trimpath CGO_ENABLED=0 go -C tests/testdata/containerlint build -o /dev/null .
	./scripts/unpack-tools.sh

bench: build browser ## measure sizes, speed and memory, as ratios. ONLY=transfers, starts, roundtrips or others: only those. VENDOR_SCRIPT=FILE: compare starts with that script
	mkdir -p tests/.build && ONLY=$(ONLY) node tests/bench/run.mjs

bench-gateway: build ## measure CPU and memory of a gateway, compared with a bare relay and centrifuge. ONLY=messages, comeback or media: only those; OLD=commit: compare media with that commit
	mkdir -p tests/.build && go -C tests/bench/relays build -o $(CURDIR)/tests/.build/relays .
	ONLY=$(ONLY) OLD=$(OLD) node tests/bench/gateway.mjs

soak: ## send files and messages over bad networks for SOAK (default 2m; for a night SOAK=8h), and kill the gateway every KILL. CLUSTER=yes: on three NATS servers, which are killed, too. SEED repeats a run. Fails if anything is lost or memory grows
	go run ./tests/soak -for $(SOAK) -kill $(KILL) -seed $(SEED) $(if $(CLUSTER),-cluster)

lint: deps ## check formatting, vet, types, docs/openapi.yaml, and known vulnerabilities of dependencies
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go -C scripts/release vet .
	GOOS=js GOARCH=wasm go vet ./core/... ./jsbridge/... ./wasm
	npm run --silent typecheck
	npm run --silent lint:openapi
	./scripts/audit.sh

fuzz: ## run each fuzz target for FUZZTIME (default 30s)
	FUZZTIME=$(FUZZTIME) ./scripts/fuzz.sh

generate: ## regenerate error codes, the limits that TypeScript needs and the wire codec (needs protoc and protoc-gen-go-lite)
	go generate ./core
	protoc --go-lite_out=. --go-lite_opt=module=rtmwasm,features=marshal+unmarshal+size core/wire/rtm.proto
	go run ./core/internal/slimwire

screenshots: build browser ## take the README's pictures of the demo: docs/images
	node tests/screenshots.mjs

docs: deps ## write the generated pages (compatibility, errors, limits) and THIRD_PARTY_LICENSES.txt
	npm run --silent docs
	go run ./tests/limits
	node scripts/licenses.mjs

docs-site: docs-site/node_modules/.package-lock.json ## build the documentation site, with search and the references of SDK and Go: bin/docs-site, and web/docs for the next build of the gateway
	npm --prefix docs-site run --silent build

deps: node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

docs-site/node_modules/.package-lock.json: docs-site/package-lock.json
	npm --prefix docs-site ci
	@touch $@

browser: # the browsers for the tests
	./scripts/install-test-tools.sh

clean: ## remove built files
	rm -rf bin test-results tests/.build
	find web/dist web/docs -mindepth 1 ! -name .gitkeep -delete
