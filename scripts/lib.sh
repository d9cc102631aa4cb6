# Shared by the scripts: sourced, not run.
set -eu
cd "$(dirname "$0")/.."

# step TEXT COMMAND...: says what is being done and how long it took.
step() {
    echo "==> $1"
    begun=$(date +%s)
    shift
    "$@" || { status=$?; echo "    FAILED after $(($(date +%s) - begun)) s" >&2; return $status; }
    echo "    done in $(($(date +%s) - begun)) s"
}

as_root() {
    scripts/as-root "$@"
}

# Build as whoever calls, but run tests and the demo as root: they enter a
# Debian root of their own.
cargo() {
    scripts/cargo "$@"
}

run_as_root() {
    triple=$(cargo -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
    export "CARGO_TARGET_${triple}_RUNNER=$PWD/scripts/as-root"
}
