//! A table of cells, row by row, whatever its file is: CSV with its many habits, or a sheet of a workbook. Knows no column.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::super::separator;
use super::records::{Cut, Records};
use crate::model::Notice;

/// A row: the line on which it begins, from 1, and its cells, or why there are none.
pub type Row = (u64, Result<StringRecord, String>);

/// How many bytes of a file are examined to detect its format.
const LOOK: usize = 64 * 1024;

/// The rows of one table, with its headings.
pub struct Table<'a> {
    pub label: PathBuf,
    /// One line each, as they came.
    pub header: Vec<String>,
    /// On which the headings stand, from 1.
    pub header_line: u64,
    rows: Rows<'a>,
}

enum Rows<'a> {
    Csv(Box<Csv<'a>>),
    Sheet(std::slice::Iter<'a, (u64, Vec<String>)>),
}

struct Csv<'a> {
    records: Records<Box<dyn Read + 'a>>,
    cells: Cells,
    /// Each line is one cell that holds the whole row, quoted again.
    wrapped: bool,
    broken: bool,
    line: u64,
}

/// Parts a record into its cells.
struct Cells {
    csv: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn new(separator: u8) -> Self {
        let mut csv = csv_core::ReaderBuilder::new();
        // A bare CR is a control character here, not a line end: CR line ends have already become LF.
        let csv = csv.delimiter(separator).terminator(csv_core::Terminator::Any(b'\n')).build();
        Self { csv, text: Vec::new(), ends: Vec::new() }
    }

    /// The cells of a whole record; `None` when they are not UTF-8.
    fn of(&mut self, record: &[u8]) -> Option<StringRecord> {
        self.csv.reset();
        self.text.resize(self.text.len().max(record.len()), 0);
        self.ends.resize(self.ends.len().max(record.len()), 0);
        let (_, _, _, cells) = self.csv.read_record(record, &mut self.text, &mut self.ends);
        let mut found = StringRecord::new();
        let mut start = 0;
        for end in &self.ends[..cells] {
            found.push_field(std::str::from_utf8(&self.text[start..*end]).ok()?);
            start = *end;
        }
        Some(found)
    }
}

impl<'a> Table<'a> {
    /// Reads the headings of a CSV.
    ///
    /// # Errors
    /// The file is not CSV, or its first row cannot be read.
    pub fn csv(label: &Path, source: impl Read + 'a) -> Result<Self, Notice> {
        let wrong = |what: String| Notice::new(what).at(label, 1);
        let failed = |e: io::Error| wrong(format!("cannot read the CSV: {e}"));
        let mut source = BufReader::with_capacity(LOOK, source);
        let start = source.fill_buf().map_err(failed)?;
        let source: Box<dyn Read + 'a> = match wide(start) {
            Some(encoding) => Box::new(Decoded::new(source, encoding)),
            None if is_no_text(start) => {
                return Err(wrong("the file is not text".into()).help("save the list as \"CSV UTF-8\" or as .xlsx"));
            }
            None => Box::new(source),
        };
        let mut records = Records::new(source);
        records.look().map_err(failed)?;
        let mut cells = Cells::new(records.separator);
        let (line, header) = loop {
            match records.next().map_err(failed)? {
                Some((line, Cut::Record(bytes))) => {
                    let latin = || wrong("the header is not UTF-8".into()).help("save the file as \"CSV UTF-8\"");
                    let header = cells.of(&bytes).ok_or_else(latin)?;
                    if header.iter().any(|cell| !cell.trim().is_empty()) {
                        break (line, header);
                    }
                }
                Some(_) => return Err(wrong("the header has a quote that is not closed, or no end".into())),
                None => break (1, StringRecord::new()),
            }
        };
        let inner = header.get(0).filter(|cell| header.len() == 1 && cell.contains([',', ';', '\t']));
        let wrapped = inner.map(|cell| (separator::of(cell.as_bytes()), cell.to_owned()));
        let csv = |cells, wrapped| Box::new(Csv { records, cells, wrapped, broken: false, line });
        let (header, rows) = match wrapped {
            Some((separator, cell)) => {
                let mut inside = Cells::new(separator);
                let header = inside.of(format!("{cell}\n").as_bytes()).unwrap_or_default();
                (header, csv(inside, true))
            }
            None => (header, csv(cells, false)),
        };
        let header = header.iter().map(heading).collect();
        Ok(Self { label: label.to_path_buf(), header, header_line: line, rows: Rows::Csv(rows) })
    }

    /// A sheet of a workbook, each row with its number; the first that holds anything has the headings.
    pub fn sheet(label: &Path, rows: &'a [(u64, Vec<String>)]) -> Self {
        let mut rows = rows.iter();
        let (line, header) = rows.next().map_or((1, Vec::new()), |(line, cells)| (*line, cells.clone()));
        let header = header.iter().map(|cell| heading(cell)).collect();
        Self { label: label.to_path_buf(), header, header_line: line, rows: Rows::Sheet(rows) }
    }
}

impl Iterator for Table<'_> {
    type Item = Row;

    /// The next row that holds anything.
    fn next(&mut self) -> Option<Row> {
        loop {
            let (line, cells) = match &mut self.rows {
                Rows::Csv(csv) => csv.next()?,
                Rows::Sheet(rows) => {
                    let (line, cells) = rows.next()?;
                    let mut cells: StringRecord = cells.iter().collect();
                    (0..self.header.len().saturating_sub(cells.len())).for_each(|_| cells.push_field(""));
                    (*line, Ok(cells))
                }
            };
            match cells {
                Ok(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => {}
                other => return Some((line, other)),
            }
        }
    }
}

impl Csv<'_> {
    fn next(&mut self) -> Option<Row> {
        if self.broken {
            return None;
        }
        let cut = match self.records.next() {
            Ok(cut) => cut,
            Err(error) => {
                self.broken = true;
                return Some((self.line + 1, Err(format!("the file cannot be read further: {error}"))));
            }
        };
        let (line, cut) = cut?;
        self.line = line;
        let cells = match cut {
            Cut::Record(bytes) => {
                let bytes = if self.wrapped { unwrapped(&bytes) } else { bytes };
                self.cells
                    .of(&bytes)
                    .ok_or_else(|| "not UTF-8 (it may be Latin-1); save the file as \"CSV UTF-8\"".to_owned())
            }
            Cut::TooLong => Err("longer than 64 kB, so it is not a row".to_owned()),
            Cut::Open => Err("a quote opens here that is not closed in the next 100 lines".to_owned()),
        };
        Some((line, cells))
    }
}

/// The row inside a line that is one quoted cell; another line stays as it is.
fn unwrapped(record: &[u8]) -> Vec<u8> {
    let inner = record.strip_suffix(b"\n").and_then(|line| line.strip_prefix(b"\"")?.strip_suffix(b"\""));
    let Some(inner) = inner else { return record.to_vec() };
    let mut row = Vec::with_capacity(record.len());
    let mut bytes = inner.iter().peekable();
    while let Some(byte) = bytes.next() {
        row.push(*byte);
        if *byte == b'"' && bytes.peek() == Some(&&b'"') {
            bytes.next();
        }
    }
    row.push(b'\n');
    row
}

/// A heading as one line: a spreadsheet's may have several.
fn heading(cell: &str) -> String {
    cell.trim_start_matches('\u{feff}').replace(char::is_control, " ").trim().to_owned()
}

/// The encoding of a file whose characters are two bytes wide, by its mark or by where its zeros stand.
fn wide(start: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = &start[..start.len().min(512)];
    match start {
        [0xff, 0xfe, ..] => return Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => return Some(encoding_rs::UTF_16BE),
        _ => {}
    }
    let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let half = start.len() / 2;
    // Headings are mostly ASCII, whose other half is zero.
    let mostly = |zeros: usize, others: usize| half > 1 && zeros * 4 > half * 3 && others * 8 < zeros;
    match (zeros(0), zeros(1)) {
        (high, low) if mostly(low, high) => Some(encoding_rs::UTF_16LE),
        (high, low) if mostly(high, low) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// Whether the bytes are no text of any encoding that is read here.
fn is_no_text(start: &[u8]) -> bool {
    let start = &start[..start.len().min(512)];
    let zeros = start.iter().filter(|byte| **byte == 0).count();
    zeros * 4 > start.len()
        || start.starts_with(b"%PDF-")
        || start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
        || start.starts_with(&[0x1f, 0x8b])
}

/// Turns another encoding into UTF-8 as it is read.
struct Decoded<R> {
    source: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    fn new(source: R, encoding: &'static encoding_rs::Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: Vec::new(),
            text: Vec::new(),
            at: 0,
            ended: false,
        }
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.raw.clear();
            let chunk = self.source.fill_buf()?;
            self.raw.extend_from_slice(chunk);
            let taken = self.raw.len();
            self.source.consume(taken);
            self.ended = taken == 0;
            // Two bytes become at most three.
            self.text.resize(taken * 3 / 2 + 16, 0);
            let (_, _, written, _) = self.decoder.decode_to_utf8(&self.raw, &mut self.text, self.ended);
            self.text.truncate(written);
            self.at = 0;
        }
        let some = (self.text.len() - self.at).min(into.len());
        into[..some].copy_from_slice(&self.text[self.at..self.at + some]);
        self.at += some;
        Ok(some)
    }
}
