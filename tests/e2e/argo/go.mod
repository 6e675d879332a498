module inferops.dev/tests/e2e/argo

go 1.26.0

require (
	github.com/argoproj/argo-cd/v3 v3.4.13
	github.com/yuin/gopher-lua v1.1.2
	layeh.com/gopher-json v0.0.0-20190114024228-97fed8db8427
)
