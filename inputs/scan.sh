#!/bin/sh
# A scan over beta: one run directory for each value. Start it again to resume what was stopped.
# usage: inputs/scan.sh [INPUT] [BETA...]
set -eu
input=${1:-inputs/su3_quenched.toml}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- 5.5 5.6 5.7 5.8

for beta in "$@"; do
    name="scan_beta_$beta"
    status=0
    lqcdnn generate "$input" --set "run.name=$name" --set "action.gauge.beta=$beta" || status=$?
    # 75: stopped early (time limit or signal); this script again goes on from there
    [ "$status" -eq 0 ] || exit "$status"
    lqcdnn measure "$input" --set "run.name=$name" --set "action.gauge.beta=$beta"
    lqcdnn analyze "$name"
done
