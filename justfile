# Short names for the project's commands; `just` alone lists them.

_default:
    @just --list

# Everything that must pass before a merge
ci:
    .ci/run

# The same, with arguments for cargo test: just test send::
test *args:
    scripts/test {{args}}

# Formats the code
fmt:
    cargo fmt

# The whole way on the sample publication; mails nobody
demo:
    cargo run --quiet -- demo

# Takes docs/screenshots/ anew
screenshots:
    scripts/screenshots

# The benchmarks
bench:
    cargo bench --locked
