//! How other processes, here and on other machines, know this one.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Host and process, for people.
pub fn name() -> String {
    let host = rustix::system::uname();
    format!("{} {}", host.nodename().to_string_lossy(), std::process::id())
}

/// What identifies this process: the boot of the machine, the PID namespace, the PID, and when it started. Empty where there is no /proc (Linux).
pub fn identity() -> String {
    let pid = std::process::id();
    match (machine(), started(pid)) {
        (Some(machine), Some(started)) => format!("{machine} {pid} {started}"),
        _ => String::new(),
    }
}

/// Whether a process with this identity ran on this machine and has died. `false` in case of doubt.
pub fn has_died(identity: &str) -> bool {
    let Some((there, process)) = identity.split_once(' ') else { return false };
    let Some((pid, since)) = process.split_once(' ') else { return false };
    let Ok(pid) = pid.parse() else { return false };
    machine().is_some_and(|here| here == there) && started(pid).is_none_or(|started| started != since)
}

/// A clock that keeps running while the machine is suspended.
pub fn uptime() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// This boot of the machine, and our PID namespace.
fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let processes = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), processes.to_str()?))
}

/// When a process started, in clock ticks since the boot; `None` if there is none with this PID, or only a zombie.
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in parentheses, may hold anything (proc(5)).
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18)).flatten().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_dead_only_when_it_ran_here_and_is_gone() {
        let ours = identity();
        assert!(!has_died(&ours), "{ours}");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("a process");
        let theirs = format!("{} {} {}", machine().expect("Linux"), child.id(), started(child.id()).expect("it runs"));
        assert!(!has_died(&theirs));
        child.kill().expect("a signal");
        while started(child.id()).is_some() {
            std::thread::yield_now();
        }
        assert!(has_died(&theirs), "dead, though its parent has not asked yet");
        child.wait().expect("its end");
        assert!(has_died(&theirs));
        let pid = std::process::id().to_string();
        for other in [String::new(), "x".into(), ours.replacen(&pid, "x", 1), format!("elsewhere{theirs}")] {
            assert!(!has_died(&other), "{other}");
        }
        let earlier = format!("{} {pid} 1", machine().expect("Linux"));
        assert!(has_died(&earlier), "another process has its number now");
    }

    #[test]
    fn the_uptime_grows() {
        let before = uptime();
        assert!(before > Duration::ZERO && uptime() >= before);
    }
}
