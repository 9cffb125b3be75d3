//! Runs the shipped composer, with the shipped defaults, over a directory of editorial data and writes what it decides, one
//! JSON Lines file a task: `cargo run --release --example editorial -- DATA OUT [LINES]`. `bench/editorial` scores the files.
//! LINES of `[compose]`, as `story_threshold = 0.52`, try other settings.

mod data;
mod pairing;
mod selection;
mod stories;
mod wording;

use std::path::{Path, PathBuf};
use std::time::Instant;

use digest::compose::Weights;

/// A task: from the data to the files, with the weights.
type Run = fn(&Path, &Path, &Weights) -> anyhow::Result<()>;

#[expect(clippy::print_stderr, reason = "a program of its own, which tells how far it is")]
fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(data), Some(out)) = (args.next().map(PathBuf::from), args.next().map(PathBuf::from)) else {
        anyhow::bail!("usage: editorial DATA OUT [LINES], where DATA holds selection/, dedupe/, pairing/ and wording/");
    };
    let weights: Weights = toml::from_str(&args.collect::<Vec<_>>().join("\n"))?;
    std::fs::create_dir_all(&out)?;
    let dev = data.join("dev");
    let data = if dev.is_dir() { dev } else { data.clone() };
    for (task, run) in [
        ("selection", selection::run as Run),
        ("stories", stories::run),
        ("pairing", pairing::run),
        ("wording", wording::run),
    ] {
        let start = Instant::now();
        run(&data, &out, &weights)?;
        eprintln!("{task}: {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
