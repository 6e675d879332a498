module inferops.dev/dev/cluster/tools/pause

go 1.24.0
