//! What a table is taken for: whose export it is, and what each column means. What is not understood and may be an opt-out stops the
//! import here, before anybody is on the list. Knows headings and cells; decides nothing about a row.

use std::collections::BTreeSet;

use super::dates::{self, Order};
use super::hints::Hints;
use super::meaning::{self, Meaning, key};
use super::services::{self, DIGEST, OWN, PLAIN, Service};
use super::table::Table;
use super::words::{self, State, Suspicion, Word};
use super::write::REJECTS;
use crate::model::{Address, Notice, Notices};

/// A column and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading as it came.
    pub name: String,
    pub meaning: Meaning,
    pub order: Order,
    /// A column of consent in which some cells are a plain yes or no.
    pub is_flag: bool,
    /// Words that `--map` explains.
    pub words: Vec<(String, State)>,
    /// `--map` says what it means, so whatever is not a plain no is a yes.
    pub forced: bool,
}

/// The format a table was recognized as.
#[derive(Clone, Debug)]
pub struct Plan {
    pub service: &'static Service,
    pub columns: Vec<Column>,
    /// The state of everybody in it; rows can only say worse.
    pub whole: Option<State>,
}

/// What was seen in the cells of a column.
#[derive(Debug, Default)]
struct Seen {
    filled: usize,
    yes_no: usize,
    states: usize,
    no_mail: usize,
    dates: usize,
    links: usize,
    addresses: usize,
    /// The first cells that are none of these.
    others: Vec<String>,
    other: usize,
    /// The first different cells.
    different: BTreeSet<String>,
    day_first: usize,
    month_first: usize,
}

/// A column with this many different cells is free text, in which a single word means nothing.
const DIFFERENT: usize = 50;
/// Columns that are called as the documentation has them, however a file writes them.
const PLAIN_NAMES: [&str; 8] = ["email", "name", "editions", "status", "created", "consent", "confirmed", "left"];
/// How many rows are searched for the address column if no heading names it.
const ENOUGH: usize = 200;

impl Plan {
    /// Looks at the headings, and through the rows where headings do not tell enough.
    ///
    /// # Errors
    /// Every column that may be an opt-out and is not understood; no column of addresses; a hint that names no column.
    pub fn make(table: &mut Table, hints: &Hints) -> Result<Self, Notices> {
        let header = table.header.clone();
        let line = usize::try_from(table.header_line).unwrap_or(1);
        let label = table.label.clone();
        let place = move |notice: Notice| notice.at(&label, line);
        if is_own(&header) && hints.columns.is_empty() && hints.from.is_none_or(|from| from.name == DIGEST.name) {
            return Ok(Self {
                service: &DIGEST,
                columns: header.iter().map(|name| own(name)).collect(),
                whole: hints.whole,
            });
        }
        let headings: Vec<String> = header.iter().map(|name| key(name)).collect();
        unknown_hints(&headings, &header, hints).map_err(&place)?;
        let service = hints.from.or_else(|| services::recognise(&headings)).unwrap_or(&PLAIN);
        let mut found = first_look(&headings, service, hints);
        if headings.iter().take(3).eq(REJECTS.iter()) {
            (found[0], found[2]) = (Some(Meaning::Ignored), Some(Meaning::Ignored));
        }
        let seen = look(table, &headings, &found);
        let is_headless = header.iter().any(|name| Address::parse(name).is_ok());
        settle_email(&mut found, &seen).filter(|()| !is_headless).ok_or_else(|| place(no_email(&header)))?;
        let mut unclear = Vec::new();
        let mut columns = Vec::new();
        for (index, heading) in headings.iter().enumerate() {
            let settled = found[index].map_or_else(|| settle(heading, &seen[index]), Ok);
            // Where nobody's cell is filled, the service did not say.
            let settled =
                settled.map(|m| if m == Meaning::Receives && seen[index].filled == 0 { Meaning::Field } else { m });
            let meaning = settled.unwrap_or_else(|()| {
                unclear.push(place(question(&header[index], &seen[index])));
                Meaning::Ignored
            });
            let words = hints.words.iter().filter(|(column, ..)| column == heading);
            columns.push(Column {
                name: name(&header[index], index, &header),
                meaning,
                order: if seen[index].day_first > seen[index].month_first {
                    Order::DayFirst
                } else {
                    Order::MonthFirst
                },
                is_flag: seen[index].yes_no > 0,
                words: words.map(|(_, word, state)| (word.clone(), *state)).collect(),
                forced: hints.columns.iter().any(|(column, _)| column == heading),
            });
        }
        let plan = Self { service, whole: hints.whole.or_else(|| whole(table, service, &headings)), columns };
        unclear.extend(plan.by_name_alone(table, hints).map(place));
        if unclear.is_empty() { Ok(plan) } else { Err(Notices(unclear)) }
    }

    /// Whether a column says where a row stands.
    pub fn has_state(&self) -> bool {
        let tells = |column: &Column| {
            matches!(
                column.meaning,
                Meaning::Status | Meaning::OptedOut(_) | Meaning::OptedIn | Meaning::LeftAt(_) | Meaning::Receives
            )
        };
        self.whole.is_some() || self.columns.iter().any(tells)
    }

    /// Whether a column may say where consent came from.
    pub fn has_evidence(&self) -> bool {
        let tells = |column: &Column| {
            matches!(column.meaning, Meaning::Consent | Meaning::OptInTime | Meaning::ConfirmTime | Meaning::History)
        };
        self.columns.iter().any(tells)
    }

    /// A file whose name says that its people left, where no column does.
    fn by_name_alone(&self, table: &Table, hints: &Hints) -> Option<Notice> {
        if self.has_state() || hints.whole.is_some() {
            return None;
        }
        let stem = table.label.file_stem()?.to_string_lossy().to_lowercase();
        let word = stem.split(|c: char| !c.is_alphanumeric()).find(|word| words::is_no_mail(word))?.to_owned();
        let notice = Notice::new(format!("the file's name says `{word}`, but no column gives a status"));
        Some(notice.help(
            "add --map '*=unsubscribed' (or bounced, complained) to keep them off the list; --map '*=confirmed' if it is only a name",
        ))
    }
}

/// Whether the headings are those of our own export, whose other columns are merge fields as they stand.
fn is_own(header: &[String]) -> bool {
    header.len() >= OWN.len() && header.iter().zip(OWN).all(|(name, own)| name == own)
}

fn own(name: &str) -> Column {
    let known = DIGEST.columns.iter().find(|(column, _)| *column == name).map(|(_, meaning)| *meaning);
    Column {
        name: name.strip_prefix("field:").unwrap_or(name).to_owned(),
        meaning: known.unwrap_or(Meaning::Field),
        order: Order::MonthFirst,
        is_flag: false,
        words: Vec::new(),
        forced: false,
    }
}

fn unknown_hints(headings: &[String], header: &[String], hints: &Hints) -> Result<(), Notice> {
    let named = hints.columns.iter().map(|(column, _)| column).chain(hints.words.iter().map(|(column, ..)| column));
    match named.into_iter().find(|column| !headings.contains(column)) {
        None => Ok(()),
        Some(column) => Err(Notice::new(format!("--map: there is no column `{column}`"))
            .help(format!("there are {}", super::shown(&header.join(", "))))),
    }
}

/// The meanings by heading alone; `None` for a column whose cells must be examined.
fn first_look(headings: &[String], service: &Service, hints: &Hints) -> Vec<Option<Meaning>> {
    let meaning = |heading: &String| {
        let mapped = hints.columns.iter().find(|(column, _)| column == heading).map(|(_, meaning)| *meaning);
        let here = || service.columns.iter().find(|(column, _)| column == heading).map(|(_, meaning)| *meaning);
        mapped.or_else(here).or_else(|| meaning::of_heading(heading).map(|(meaning, _)| meaning))
    };
    let mut found: Vec<Option<Meaning>> = headings.iter().map(meaning).collect();
    // In a column of consent anything may stand.
    for (heading, meaning) in headings.iter().zip(&mut found) {
        if heading == "consent" && meaning.is_none() {
            *meaning = Some(Meaning::Consent);
        }
    }
    // Several columns for one thing: the one with the surest heading counts, and the others are looked at.
    let is_mapped = |heading: &String| hints.columns.iter().any(|(column, _)| column == heading);
    for single in [Meaning::Email, Meaning::Name, Meaning::FirstName, Meaning::LastName, Meaning::Created] {
        let rank = |index: &usize| {
            let heading = &headings[*index];
            if is_mapped(heading) { 0 } else { 1 + meaning::of_heading(heading).map_or(0, |(_, rank)| rank) }
        };
        let all: Vec<usize> = (0..found.len()).filter(|index| found[*index] == Some(single)).collect();
        let best = all.iter().copied().min_by_key(rank);
        all.into_iter().filter(|index| Some(*index) != best).for_each(|index| found[index] = None);
    }
    found
}

/// Looks through all rows.
fn look(table: &mut Table, headings: &[String], found: &[Option<Meaning>]) -> Vec<Seen> {
    let mut seen: Vec<Seen> = headings.iter().map(|_| Seen::default()).collect();
    let open: Vec<bool> =
        found.iter().map(|meaning| meaning.is_none_or(|m| matches!(m, Meaning::Consent | Meaning::Receives))).collect();
    let feared: Vec<bool> = headings.iter().map(|heading| words::suspicion(heading).is_some()).collect();
    let no_address = !found.contains(&Some(Meaning::Email));
    let mut rows = 0;
    for (_, cells) in table.by_ref() {
        let Ok(cells) = cells else { continue };
        rows += 1;
        for (index, cell) in cells.iter().enumerate().take(seen.len()) {
            let seen = &mut seen[index];
            if cell.contains('/') {
                match dates::order_of(cell) {
                    Some(Order::DayFirst) => seen.day_first += 1,
                    Some(Order::MonthFirst) => seen.month_first += 1,
                    None => {}
                }
            }
            if open[index] {
                seen.cell(cell, feared[index]);
            }
            if no_address && rows <= ENOUGH && Address::parse(cell).is_ok() {
                seen.addresses += 1;
            }
        }
    }
    seen
}

impl Seen {
    fn cell(&mut self, cell: &str, feared: bool) {
        let cell = cell.trim();
        if cell.is_empty() {
            return;
        }
        let word = words::yes_or_no(cell);
        if word == Word::Empty {
            return;
        }
        self.filled += 1;
        if self.different.len() <= DIFFERENT && !self.different.contains(cell) {
            self.different.insert(cell.chars().take(80).collect());
        }
        let state = words::state(cell);
        self.no_mail += usize::from(state.is_some_and(State::is_gone));
        if word != Word::Other {
            self.yes_no += 1;
        } else if state.is_some() {
            self.states += 1;
        } else if cell.starts_with("http://") || cell.starts_with("https://") {
            self.links += 1;
        } else if feared && dates::parse(cell, Order::MonthFirst).is_some() {
            self.dates += 1;
        } else {
            self.other += 1;
            if self.others.len() < 3 && !self.others.iter().any(|known| known == cell) {
                self.others.push(super::shown(cell));
            }
        }
    }
}

/// Makes the column whose cells are addresses that of the addresses, where no heading says so and there is only one.
fn settle_email(found: &mut [Option<Meaning>], seen: &[Seen]) -> Option<()> {
    if found.contains(&Some(Meaning::Email)) {
        return Some(());
    }
    let most = seen.iter().map(|seen| seen.addresses).max().filter(|most| *most > 0)?;
    let mut best = (0..seen.len()).filter(|index| seen[*index].addresses * 2 > most);
    let (only, None) = (best.next()?, best.next()) else { return None };
    found[only] = Some(Meaning::Email);
    Some(())
}

fn no_email(header: &[String]) -> Notice {
    let found = super::shown(&header.join(","));
    if header.iter().any(|name| Address::parse(name).is_ok()) {
        return Notice::new("the first row holds an address, where the names of the columns should stand")
            .help("put a row such as `email,name` before it");
    }
    let meant = header.iter().find(|column| key(column).contains("mail"));
    Notice::new(format!("the header needs a column `email`, found `{found}`")).help(match meant {
        Some(column) => {
            format!("rename `{column}` to `email`, or add --map '{column}=email', if that column has the addresses")
        }
        None => "the first row names the columns, such as email,name,editions".into(),
    })
}

/// What a column means by its heading and its cells; an error when it may say that somebody opted out, and is not understood.
fn settle(heading: &str, seen: &Seen) -> Result<Meaning, ()> {
    let is_free_text = seen.different.len() > DIFFERENT;
    let words_only = seen.yes_no + seen.states == seen.filled;
    match words::suspicion(heading) {
        _ if seen.filled == 0 => Ok(Meaning::Field),
        _ if seen.links == seen.filled => Ok(Meaning::Field),
        Some(Suspicion::Out(state)) if seen.other + seen.links == 0 => Ok(Meaning::OptedOut(state)),
        Some(Suspicion::In) if seen.other + seen.links == 0 => Ok(match (seen.dates, seen.yes_no, seen.states) {
            (_, 0, 0) if asks_consent(heading) => Meaning::OptInTime,
            (_, 0, 0) => Meaning::Field,
            (0, 0, _) => Meaning::Status,
            _ => Meaning::OptedIn,
        }),
        // Some words are known: rows with another one are left out, with the word.
        Some(Suspicion::State) if seen.states > 0 => Ok(Meaning::Status),
        Some(Suspicion::Out(_) | Suspicion::In | Suspicion::State) => Err(()),
        Some(Suspicion::Maybe) if seen.states > 0 && words_only => Ok(Meaning::Status),
        None if seen.no_mail > 0 && words_only && !is_free_text => Ok(Meaning::Status),
        Some(Suspicion::Maybe) | None if seen.no_mail > 0 && !is_free_text => Err(()),
        _ => Ok(Meaning::Field),
    }
}

/// Whether the heading of a column of dates asks when somebody agreed, and not when they were last seen.
fn asks_consent(heading: &str) -> bool {
    [
        "subscri",
        "optin",
        "optedin",
        "consent",
        "agree",
        "anmeld",
        "einwillig",
        "zustimm",
        "inscri",
        "suscri",
        "iscri",
        "toestemming",
        "samtyk",
        "samtyck",
    ]
    .iter()
    .any(|part| heading.contains(part))
}

fn question(column: &str, seen: &Seen) -> Notice {
    let shown = super::shown(column);
    let cells: Vec<String> = seen.others.iter().map(|cell| format!("`{cell}`")).collect();
    let cells = if cells.is_empty() { String::new() } else { format!(", such as {}", cells.join(", ")) };
    Notice::new(format!("the column `{shown}` may say who opted out, and its cells are not understood{cells}")).help(format!(
        "say what it means: --map '{shown}=opted_out' when a filled cell means no mail, opted_in when only a yes means mail, \
         status when it holds words for a state, field when it says nothing about consent"
    ))
}

/// The state of everybody in the file: by a column that only such files have, or by how the service names the file.
fn whole(table: &Table, service: &Service, headings: &[String]) -> Option<State> {
    let has = |column: &str| headings.iter().any(|heading| heading == column);
    let mut by_column = service.whole.iter().filter(|(column, _)| has(column));
    let first =
        by_column.next().filter(|_| by_column.next().is_none() && !service.mixed.iter().any(|column| has(column)));
    let stem = table.label.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let by_file = service.files.iter().find(|(start, _)| stem.starts_with(start));
    first.or(by_file).map(|(_, state)| *state)
}

/// A column's name as a merge field: unlike those before it, and never empty.
fn name(heading: &str, index: usize, header: &[String]) -> String {
    let before = header[..index].iter().filter(|other| *other == heading).count();
    if PLAIN_NAMES.contains(&key(heading).as_str()) && before == 0 {
        return key(heading);
    }
    match (heading.is_empty(), before) {
        (true, _) => format!("column {}", index + 1),
        (false, 0) => heading.to_owned(),
        (false, _) => format!("{heading} ({})", before + 1),
    }
}
