module inferops.dev/bench/gateway/wire

go 1.26.0
