# `make` alone tells what there is.

.PHONY: help fast check demo test bench

help:    ## what there is
	@sed -n 's/^\([a-z]*\):  *## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

fast:    ## while you work: builds everything, checks the house rules, runs the short tests
	go build ./...
	go vet ./...
	go test ./bench/tidy
	go test -short ./...

check:   ## before you send a change: all that CI does
	.ci/run

demo:    ## a folder, three continuous queries, results that move
	go run ./cmd/vexstream demo

test:    ## every test; those that need root or PostgreSQL skip themselves where there is none
	go test ./...

bench:   ## the whole suite on one page, about an hour; go run ./bench/run -list shows its sections
	go run ./bench/run
