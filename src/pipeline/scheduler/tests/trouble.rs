//! A month of trouble by the dice: kills, full disks, a relay or an outbox that is away. What was sent is exact, and nothing spins.

use super::*;

/// What is wrong with the world for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    None,
    /// The process dies before this commit of each look.
    Kills(usize),
    /// Nothing can be written.
    NoSpace,
    RelayAway,
    NoOutbox,
}

/// A plan by the dice: xorshift, so that a seed is a plan.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn trouble(&mut self) -> Trouble {
        match self.roll(9) {
            0 | 1 => Trouble::Kills(usize::try_from(self.roll(12)).unwrap()),
            2 => Trouble::NoSpace,
            3 | 4 => Trouble::RelayAway,
            5 => Trouble::NoOutbox,
            _ => Trouble::None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_kills_full_disks_and_broken_relays_is_exact_and_nothing_spins() {
    for seed in [0x5eed, 0x1234_5678_9abc] {
        Box::pin(bad_month(seed)).await;
    }
}

async fn bad_month(seed: u64) {
    let mut workspace = Workspace::new("2026-03-02T00:00:00Z");
    let (database, outbox) = (workspace.dir.path().join("data/digest.db"), workspace.dir.path().join("outbox"));
    let config = workspace.dir.path().join("config.toml");
    let whole = std::fs::read_to_string(&config).unwrap();
    let away = whole.replace("transport = \"file\"", "transport = \"smtp\"").replace("port = 587", "port = 1");
    assert_ne!(whole, away);
    let aside = workspace.dir.path().join("aside");
    let (mut dice, mut kills, mut looks, mut moments) = (Dice(seed), 0, 0, 0);
    let end: DateTime<Utc> = "2026-04-03T00:00:00Z".parse().unwrap();
    while workspace.now < end {
        // For one to three hours; the last two days are quiet, so that all can come to its end.
        let quiet = workspace.now > end - TimeDelta::days(2);
        let trouble = if quiet { Trouble::None } else { dice.trouble() };
        std::fs::write(&config, if trouble == Trouble::RelayAway { &away } else { &whole }).unwrap();
        if trouble == Trouble::NoOutbox && outbox.exists() {
            std::fs::rename(&outbox, &aside).unwrap();
            std::fs::write(&outbox, "").unwrap();
        }
        if trouble == Trouble::None {
            for folder in std::fs::read_dir(workspace.dir.path().join("issues")).unwrap() {
                let name = folder.unwrap().file_name().into_string().unwrap();
                // What was approved before stays so; what cannot be approved now is not.
                drop(name.parse().map(|name| workspace.site().drafts().approve(&name, "Ann")));
            }
        }
        let until = workspace.now + TimeDelta::minutes(60 + i64::try_from(dice.roll(120)).unwrap());
        while workspace.now < until {
            moments += 1;
            let mut steps = 0;
            loop {
                looks += 1;
                steps += 1;
                assert!(steps < 30, "it spins at {} under {trouble:?}, seed {seed}", workspace.now);
                match trouble {
                    Trouble::Kills(commits) if steps == 1 => fuse::arm(&database, commits),
                    Trouble::NoSpace => fuse::arm(&database, 0),
                    _ => {}
                }
                let tick = workspace.work().await;
                if fuse::disarm(&database) && matches!(trouble, Trouble::Kills(_)) {
                    kills += 1;
                    workspace.sql("UPDATE lease SET expires_ms = 0");
                    workspace.holder = format!("after kill {kills}");
                }
                match tick {
                    Ok(Tick::Did { .. } | Tick::Send(_)) => {}
                    Ok(Tick::Rest(Some(at))) => {
                        workspace.now = at.clamp(workspace.now + TimeDelta::seconds(20), until);
                        break;
                    }
                    _ => {
                        workspace.now += TimeDelta::minutes(20);
                        break;
                    }
                }
            }
        }
        if aside.exists() {
            std::fs::remove_file(&outbox).unwrap();
            std::fs::rename(&aside, &outbox).unwrap();
        }
    }
    let ends = |word: &str| {
        let line = |line: String| line.strip_suffix(word).map(|line| line[12..].trim_end().to_owned());
        workspace.journal().into_iter().filter_map(line).collect::<Vec<_>>()
    };
    let (sent, skipped) = (ends(" sent"), ends(" skipped"));
    assert!(sent.len() >= 4, "{sent:?} went out, {skipped:?} did not, seed {seed}");
    assert_eq!(sent.len() + skipped.len(), 9, "each run has an end: {sent:?}, {skipped:?}, seed {seed}");
    let mut copies = workspace.outbox();
    copies.retain(|folder, _| folder != "letters" && !folder.ends_with("-test"));
    copies.retain(|_, count| *count > 0);
    assert_eq!(copies, sent.iter().map(|issue| (issue.clone(), 2)).collect(), "exactly what is on record, seed {seed}");
    let (delivered, tries) = workspace.tries();
    assert_eq!(delivered, 2 * i64::try_from(sent.len()).unwrap());
    assert!(tries <= delivered + kills, "{tries} tries of {delivered} copies, {kills} kills, seed {seed}");
    assert!(kills > 5, "{kills} kills, seed {seed}");
    assert!(looks < 3 * moments, "{looks} looks at {moments} moments, seed {seed}");
    for issue in sent.iter().chain(&skipped) {
        let told =
            letters(&workspace, &format!("{issue}:stopped")) + letters(&workspace, &format!("{issue}:send-failed"));
        assert!(told <= 2 * 4, "{told} letters about {issue}, seed {seed}");
    }
}
