//! When an edition goes out, and what to do for it at a given time: both as functions of their arguments. Knows no
//! clock, no store and no mail; `pipeline` does what is decided here.

mod calendar;
mod settings;
mod steps;

pub use calendar::{Run, date_after, next_date, runs, send_time};
pub use settings::Settings;
pub use steps::{Approval, Done, Facts, Next, Reason, Sending, Step, What, decide};
