//! Runs the shipped composer, with the shipped defaults, over a directory of editorial data and writes what it decides, one
//! JSON Lines file a task: `cargo run --release --example editorial -- DATA OUT`. `bench/editorial` scores the files.

mod data;
mod pairing;
mod selection;
mod stories;
mod wording;

use std::path::PathBuf;
use std::time::Instant;

#[expect(clippy::print_stderr, reason = "a program of its own, which tells how far it is")]
fn main() -> anyhow::Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [data, out] = paths.as_slice() else {
        anyhow::bail!("usage: editorial DATA OUT, where DATA holds selection/, dedupe/, pairing/ and wording/");
    };
    std::fs::create_dir_all(out)?;
    let dev = data.join("dev");
    let data = if dev.is_dir() { dev } else { data.clone() };
    for (task, run) in [
        ("selection", selection::run as fn(&_, &_) -> anyhow::Result<()>),
        ("stories", stories::run),
        ("pairing", pairing::run),
        ("wording", wording::run),
    ] {
        let start = Instant::now();
        run(&data, out)?;
        eprintln!("{task}: {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
