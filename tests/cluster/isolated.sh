#!/usr/bin/env bash
# Runs a command where it may bring a local cluster up and down beside the one that is in use: in network, mount, process
# and cgroup namespaces of its own, with its own state folder. Usage (root): tests/cluster/isolated.sh pytest tests/cluster
set -euo pipefail

list_cgroup_roots() { # one tree in version 2, one per controller in version 1 (where `unified` has none)
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d ! -name unified
  fi
}

run_isolated() {
  local name=inferops-isolated-$$ state root file result=0
  state=$(mktemp --directory --tmpdir "$name.XXXX")
  for root in $(list_cgroup_roots); do
    mkdir "$root/$name"
    for file in cpuset.cpus cpuset.mems; do # version 1: empty in a new group, and then no process may enter
      if [ -f "$root/$file" ]; then cat "$root/$file" >"$root/$name/$file"; fi
    done
    if [ -f "$root/$name/cpu.shares" ]; then echo 8192 >"$root/$name/cpu.shares"; fi # a whole cluster is no single process
    if [ -f "$root/$name/cpu.weight" ]; then echo 800 >"$root/$name/cpu.weight"; fi
    echo $$ >"$root/$name/cgroup.procs"
  done
  unshare --mount --net --pid --cgroup --fork --mount-proc \
    env --unset=KUBECONFIG --unset=CONTEXT INFEROPS_DEV_STATE="$state" "$0" --inside "$@" || result=$?
  for root in $(list_cgroup_roots); do
    echo $$ >"$root/cgroup.procs"
    find "$root/$name" -depth -type d -exec rmdir {} +
  done
  rm -rf --one-file-system "$state"
  exit "$result"
}

[ "${1:-}" = --inside ] || run_isolated "$@"
shift
mount --make-rprivate /
for _ in 1 2 3; do # pods of the other cluster end meanwhile, and their mounts with them
  awk '$2 ~ "^(/run|/var/lib)/inferops-dev" {print $2}' /proc/mounts | tac | xargs --no-run-if-empty umount --lazy && break
done
ip link set lo up
controllers=$(cut --delimiter=: --fields=2 /proc/self/cgroup)
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
umount --recursive /sys
mount -t sysfs sysfs /sys
if [ "$controllers" = "" ]; then # version 2: processes and child groups with controllers exclude each other
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir /sys/fs/cgroup/command
  echo 0 >/sys/fs/cgroup/command/cgroup.procs
else
  mount -t tmpfs tmpfs /sys/fs/cgroup
  for controller in $controllers; do
    folder=/sys/fs/cgroup/${controller#name=}
    case $controller in name=*) option=none,$controller ;; *) option=$controller ;; esac
    mkdir "$folder"
    mount -t cgroup -o "$option" cgroup "$folder"
  done
fi
for folder in /var/lib/cni /var/lib/kubelet /var/log/containers; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
trap 'python3 -m dev.cluster down --purge' EXIT
"$@"
