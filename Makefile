# `make` alone lists what there is.
.DEFAULT_GOAL := help
.NOTPARALLEL:

PORT ?= 8080
EVENTS ?= 100000
FUZZ ?= 30s
EACH ?= 15s
RATE ?= 100
RUNS ?= 1000
LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SETUP := deploy/dev/setup.sh
GENERATED := api/rest/gen internal/workflow/schema web/src/api/schema.gen.ts web/docs/pages/cli.md sdk/typescript/src/gen \
	sdk/python/patchbay/models.py sdk/python/patchbay/_resources.py sdk/python/patchbay/_async_resources.py \
	sdk/go/models.gen.go sdk/go/resources.gen.go
MODULES := web/node_modules/.package-lock.json
CONSOLE := web/dist/index.html
CONSOLE_SOURCES := $(shell find RUNBOOK.md sdk/react/src sdk/browser/src web/src web/public web/index.html web/tsconfig.json web/vite.config.ts -type f 2>/dev/null)
DOCS := web/docs/dist/index.html
DOCS_MODULES := web/docs/node_modules/.package-lock.json
DOCS_SOURCES := $(shell find *.md sdk/README.md sdk/*/README.md openapi/openapi.yaml openapi/examples.json deploy/examples/workflows deploy/docs deploy/helm/patchbay/README.md web/docs/*.mjs web/docs/assets web/docs/pages -type f 2>/dev/null)
CONNECT := web/connect/dist/.vite/manifest.json
CONNECT_SOURCES := $(shell find web/connect -type f -not -path 'web/connect/dist/*' 2>/dev/null)
SDK_MODULES := sdk/node_modules/.package-lock.json
SDK := sdk/typescript/dist/index.js
SDK_SOURCES := $(shell find sdk/browser/src sdk/react/src sdk/typescript/src sdk/*/package.json sdk/build.mjs -type f 2>/dev/null)

PYTHON_TOOLS := bin/python/.installed

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what is missing: PostgreSQL, Redis, and for the tests browsers, a compiler, Python, PgBouncer, bubblewrap and Deno
	@$(SETUP) services browser firefox compiler python pooler sandbox deno

.PHONY: dev
dev: ## Start everything on http://localhost:8080 (PORT=… for another port); Ctrl-C ends it
	@$(SETUP) services
	@$(MAKE) --no-print-directory build
	@PORT=$(PORT) exec bin/patchbay dev

.PHONY: build
build: web ## Build bin/patchbay, the console and the connect page inside
	go build -o bin/patchbay ./api

.PHONY: web
web: tools $(CONSOLE) $(CONNECT) $(DOCS) ## Build the console, the connect page and the documentation, if their sources changed

.PHONY: tools
tools:
	@$(SETUP)

$(MODULES): web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(CONSOLE): $(MODULES) $(CONSOLE_SOURCES)
	cd web && npm run build

$(CONNECT): $(MODULES) $(CONNECT_SOURCES)
	cd web && npm run build:connect

$(DOCS_MODULES): web/docs/package.json web/docs/package-lock.json
	cd web/docs && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

$(DOCS): $(DOCS_MODULES) $(DOCS_SOURCES)
	cd web/docs && npm run build

$(SDK_MODULES): sdk/package.json sdk/browser/package.json sdk/react/package.json sdk/typescript/package.json sdk/package-lock.json
	cd sdk && npm ci --no-audit --no-fund
	@touch $@

$(SDK): $(SDK_MODULES) $(SDK_SOURCES)
	cd sdk && npm run build

# The part of generate that the libraries are.
.PHONY: libraries
libraries: tools $(SDK_MODULES) $(PYTHON_TOOLS)
	@mkdir -p bin/sdk
	cd sdk && npm run -s generate
	cd sdk/python && ../../bin/python/bin/datamodel-codegen && ../../bin/python/bin/ruff format -q patchbay
	go tool oapi-codegen -config sdk/go/models.yaml bin/sdk/go.json
	gofmt -w sdk/go/resources.gen.go

.PHONY: sdk
sdk: libraries ## Make the libraries' code from openapi/, and build those in TypeScript if their sources changed
	@$(MAKE) --no-print-directory $(SDK)

.PHONY: saas
saas: sdk ## Start a product that connects accounts, beside make dev
	@exec go run ./sdk/examples/saas

.PHONY: test
test: $(PYTHON_TOOLS) ## Run every test: Go, console, libraries and browser; the last line adds them up
	@PATCHBAY_DATABASE_URL= PATCHBAY_REDIS_URL= $(SETUP) services browser firefox compiler python pooler sandbox deno
	@go build -o bin/ ./internal/testkit/services ./internal/testkit/summary
	@MAKE="$(MAKE)" bin/services -- deploy/dev/test.sh

.PHONY: generate
generate: tools $(MODULES) libraries ## Make the code that comes from openapi/, and the page of commands
	go tool oapi-codegen -config openapi/server.yaml openapi/openapi.yaml
	go run ./internal/workflow/schema/make
	cd web && npx --no-install openapi-typescript ../openapi/openapi.yaml -o src/api/schema.gen.ts
	go run ./api reference > web/docs/pages/cli.md

.PHONY: examples
examples: ## Write openapi/examples.json: what the server is asked and answers in its own tests
	@PATCHBAY_DATABASE_URL= PATCHBAY_REDIS_URL= $(SETUP) services
	PATCHBAY_EXAMPLES=write go run ./internal/testkit/services -- go test -count=1 ./api/app -run '^TestOperations$$'

$(PYTHON_TOOLS): sdk/python/tools.txt
	@$(SETUP) python
	python3 -m venv bin/python && bin/python/bin/pip install -q --disable-pip-version-check -r sdk/python/tools.txt
	@touch $@

.PHONY: verify
verify: generate ## Fail if generated code is stale
	@git diff --exit-code --stat -- $(GENERATED) && test -z "$$(git ls-files --others --exclude-standard -- $(GENERATED))" || \
		{ echo "Generated code was stale. Fix: commit what make generate made of it just now" >&2; exit 1; }

.PHONY: lint
lint: tools $(MODULES) $(DOCS_MODULES) $(SDK) $(PYTHON_TOOLS) ## Check style and types
	$(LINT) run ./...
	cd sdk/go && $(LINT) run ./...
	cd deploy/check && $(LINT) run ./...
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
	cd web && npm run lint
	deploy/dev/breaking.sh
	cd web/docs && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npm run lint
	cd sdk && npm run lint
	cd sdk/python && ../../bin/python/bin/mypy && ../../bin/python/bin/ruff check . && ../../bin/python/bin/ruff format --check .

.PHONY: check
check: verify lint ## All that is checked without running anything

.PHONY: bench
bench: ## Measure (see patchbay bench --help)
	@$(SETUP) services nginx
	go build -o bin/patchbay ./api
	bin/patchbay bench --json
	go run ./internal/testkit/services -- go test -run '^$$' -bench . ./internal/account ./internal/catalog ./internal/component
	go run ./api torture refresh --only I14 --accounts 10000

.PHONY: chaos
chaos: ## Send 100,000 events and start 1,000 runs while everything is killed (EVENTS=…, RUNS=…), and print what was promised and kept
	@$(SETUP) services
	@$(MAKE) --no-print-directory build
	bin/patchbay torture deliver --events $(EVENTS)
	bin/patchbay torture runs --runs $(RUNS)

.PHONY: soak
soak: ## Use an installation for half an hour (FOR=…) while it is killed now and then, and print whether anything leaks, is lost or slows down
	@$(SETUP) services
	@$(MAKE) --no-print-directory build
	bin/patchbay torture soak --for $(if $(filter-out undefined file,$(origin FOR)),$(FOR),30m)

.PHONY: cluster-test
cluster-test: ## Kill one part after the other of a Redis Cluster, PgBouncer, PostgreSQL with a standby, servers and workers under load (EACH=15s, RATE=100), and print what became of the events
	@$(SETUP) services pooler
	@$(MAKE) --no-print-directory build
	bin/patchbay torture cluster --each $(EACH) --rate $(RATE)

.PHONY: upgrade
upgrade: ## Have this version take over from the one before, side by side and under load (EVENTS=…), and print what was promised and kept
	@$(SETUP) services
	@$(MAKE) --no-print-directory build
	@deploy/dev/upgrade.sh $(if $(filter-out undefined file,$(origin EVENTS)),$(EVENTS),3000)

.PHONY: audit
audit: ## Ask what is known to be wrong with what others wrote, and look for secrets in the history
	@deploy/dev/audit.sh

.PHONY: fuzz
fuzz: ## Try what reads what strangers send with made-up input, each target for FUZZ=30s
	@deploy/dev/fuzz.sh $(FUZZ)

.PHONY: clean
clean: ## Remove what was built; the data in .patchbay stay
	rm -rf bin web/node_modules web/docs/node_modules web/test-results web/playwright-report sdk/node_modules sdk/*/dist
	find web/dist web/connect/dist web/docs/dist -mindepth 1 ! -name .keep -delete
