#!/bin/sh
# The vllm command, with what a small CPU needs behind the arguments of `vllm serve`, so that those for GPUs work unchanged.
if [ "${1-}" = serve ]; then
    # shellcheck disable=SC2086  # words, on purpose
    exec /opt/vllm/bin/vllm "$@" ${CPU_SERVE_ARGS-}
fi
exec /opt/vllm/bin/vllm "$@"
