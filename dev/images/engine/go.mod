module inferops.dev/engine

go 1.24
