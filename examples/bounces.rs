//! Prints what returned mails say, one line a file: `FILE<TAB>CLASS`, FILE without folder and ending, CLASS the strongest that is said of any
//! recipient. With `--why` also the status and the words that decided. Knows no list: `digest bounces import` is what acts.
//!
//!     cargo run --example bounces -- [--why] FILES…

use std::io::{BufWriter, Write};
use std::path::Path;

use digest::model::EvidenceKind;
use digest::sources::{BounceFinding, BounceKind, read_bounce};

fn main() -> std::io::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut why = false;
    for argument in std::env::args_os().skip(1) {
        if argument == "--why" {
            why = true;
            continue;
        }
        let path = Path::new(&argument);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let finding = read_bounce(&std::fs::read(path)?);
        write!(out, "{name}\t{}", class(&finding))?;
        for failure in finding.failures.iter().filter(|_| why) {
            write!(out, "\t{} {}", failure.status, failure.diagnostic)?;
        }
        writeln!(out)?;
    }
    out.flush()
}

fn class(finding: &BounceFinding) -> &'static str {
    if finding.kind != BounceKind::Bounce {
        return finding.kind.as_str();
    }
    let says = |kind: &EvidenceKind| finding.failures.iter().any(|failure| failure.evidence == *kind);
    let strongest = [EvidenceKind::Hard, EvidenceKind::Soft, EvidenceKind::AboutUs].into_iter().find(says);
    strongest.unwrap_or(EvidenceKind::Soft).as_str()
}
