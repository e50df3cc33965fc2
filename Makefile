LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WATCH := github.com/air-verse/air@v1.67.4

.DEFAULT_GOAL := help
.PHONY: help dev test chaos explore bench lint build services watch

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: ## Run the whole service on an embedded default
	go run . dev

test: ## Run every test against a real Postgres and a real RabbitMQ, installing what is missing
	@servers=$$(sh lib/testenv/install.sh) && eval "$$servers" && \
		GORACE=atexit_sleep_ms=0 go run ./lib/testenv/with go test -race ./... # else each process sleeps a second before its end

chaos: ## Break the running service in every way it has to survive, and write down how it went
	@servers=$$(sh lib/testenv/install.sh) && eval "$$servers" && \
		CHAOS=full go run ./lib/testenv/with go test -count=1 -timeout=90m -parallel=2 -v ./bench/chaos

explore: ## Ask the running service 200,000 things that its document allows or forbids, and write down the answers
	@servers=$$(sh lib/testenv/install.sh) && eval "$$servers" && \
		EXPLORE=full go run ./lib/testenv/with go test -count=1 -timeout=60m -v ./bench/explore

bench: ## Measure the service against the least code that does the same work, and write down the figures
	@servers=$$(sh lib/testenv/install.sh wrk) && eval "$$servers" && \
		BENCH=full go run ./lib/testenv/with go test -run='^$$' -bench=. -benchtime=5x -timeout=30m ./bench/speed

lint: ## Check style, layers and mistakes
	go vet ./...
	go run $(LINT) run

build: ## Build bin/app, static
	CGO_ENABLED=0 go build -buildvcs=auto -trimpath -ldflags="-s -w" -o bin/app .

services: ## Start Postgres, Redis, and RabbitMQ with its management UI in Docker
	docker compose up --detach --wait postgres rabbitmq redis

watch: ## Run the whole service and start it again when a file changes
	go run $(WATCH) --build.cmd "go build -o bin/app ." --build.bin bin/app --build.exclude_dir .dev,bin \
		--build.send_interrupt true --build.kill_delay 5s --tmp_dir .dev -- dev
