//! What a list's file holds: one CSV, the sheet of a workbook, or the CSVs of Mailchimp's ZIP. Archives are read in memory, within
//! bounds, and nothing of them is written to disk. Knows no column.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx};
use zip::ZipArchive;

use super::table::Table;
use crate::model::Notice;

/// The most that all entries of an archive may hold, unpacked, in bytes.
const UNPACKED: u64 = 100 * 1024 * 1024;
/// The most that an archive itself, or what is piped in, may hold, in bytes.
const PACKED: u64 = 256 * 1024 * 1024;
/// An entry over a megabyte may unpack to this many times its size; text does not compress better.
const RATIO: u64 = 200;
/// The most entries of an archive.
const ENTRIES: usize = 1_000;
/// The most columns of a sheet.
const COLUMNS: u32 = 1_000;

/// Where a list comes from.
#[derive(Debug)]
pub enum ListSource {
    /// A file that can be read as often as needed.
    File(File),
    /// All of what was piped in.
    Bytes(Vec<u8>),
}

impl ListSource {
    /// Takes in what can be read only once.
    ///
    /// # Errors
    /// It cannot be read, or is longer than 256 MB.
    pub fn pipe(label: &Path, source: impl Read) -> Result<Self, Notice> {
        let mut bytes = Vec::new();
        let read = source.take(PACKED + 1).read_to_end(&mut bytes);
        read.map_err(|e| Notice::new(format!("cannot read the list: {e}")).at(label, None))?;
        if bytes.len() as u64 > PACKED {
            let notice = Notice::new("more than 256 MB on standard input").at(label, None);
            return Err(notice.help("save the list to a file and import that; a file may be of any length"));
        }
        Ok(Self::Bytes(bytes))
    }
}

/// The tables of a file, each to be read as often as needed.
pub struct ListFile {
    parts: Vec<(PathBuf, Part)>,
}

enum Part {
    File(File),
    Bytes(Vec<u8>),
    Sheet(Vec<(u64, Vec<String>)>),
}

impl Part {
    fn table(&self, label: &Path) -> Result<Table<'_>, Notice> {
        match self {
            Self::File(file) => {
                let mut file = file;
                file.rewind().map_err(|e| Notice::new(format!("cannot read the list again: {e}")).at(label, None))?;
                Table::csv(label, file)
            }
            Self::Bytes(bytes) => Table::csv(label, bytes.as_slice()),
            Self::Sheet(rows) => Ok(Table::sheet(label, rows)),
        }
    }
}

impl ListFile {
    /// Opens a file, and unpacks it where it is an archive.
    ///
    /// # Errors
    /// It is an archive of another form, or one over the bounds.
    pub fn open(label: &Path, source: ListSource) -> Result<Self, Notice> {
        let unread = |e: std::io::Error| Notice::new(format!("cannot read the list: {e}")).at(label, None);
        let mut start = [0; 4];
        let part = match source {
            ListSource::File(mut file) => {
                let mut taken = (&mut file).take(4);
                let mut head = Vec::new();
                taken.read_to_end(&mut head).map_err(unread)?;
                start[..head.len()].copy_from_slice(&head);
                file.rewind().map_err(unread)?;
                Part::File(file)
            }
            ListSource::Bytes(bytes) => {
                let head = bytes.len().min(4);
                start[..head].copy_from_slice(&bytes[..head]);
                Part::Bytes(bytes)
            }
        };
        if !start.starts_with(b"PK\x03\x04") && !start.starts_with(b"PK\x05\x06") {
            return Ok(Self { parts: vec![(label.to_path_buf(), part)] });
        }
        let bytes = match part {
            Part::File(file) => match ListSource::pipe(label, file)? {
                ListSource::Bytes(bytes) => bytes,
                ListSource::File(_) => Vec::new(),
            },
            Part::Bytes(bytes) => bytes,
            Part::Sheet(_) => Vec::new(),
        };
        Ok(Self { parts: unpack(label, &bytes).map_err(|notice| notice.at(label, None))? })
    }

    /// The tables, from their first rows on.
    ///
    /// # Errors
    /// One of them cannot be read, with its file.
    pub fn tables(&self) -> Result<Vec<Table<'_>>, Notice> {
        self.parts.iter().map(|(label, part)| part.table(label)).collect()
    }
}

fn damaged(error: impl std::fmt::Display) -> Notice {
    Notice::new(format!("the archive cannot be read: {error}")).help("export the list again")
}

/// The tables of an archive: the first sheet of a workbook that holds anything, or each CSV.
fn unpack(label: &Path, bytes: &[u8]) -> Result<Vec<(PathBuf, Part)>, Notice> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let entries = entries(&mut archive)?;
    if entries.iter().any(|(name, _)| name == "xl/workbook.xml") {
        return Ok(vec![(label.to_path_buf(), Part::Sheet(sheet(bytes)?))]);
    }
    let is_csv = |name: &str| Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    // macOS adds its own metadata files in a folder.
    let lists = entries.into_iter().filter(|(name, _)| is_csv(name) && !name.starts_with("__MACOSX/"));
    let lists: Vec<(String, Vec<u8>)> = lists.collect();
    if let Some((name, _)) = lists.iter().find(|(name, _)| name.contains(['/', '\\'])) {
        let notice = Notice::new(format!("the archive holds `{}` inside a folder", super::shown(name)));
        return Err(notice.help("unpack it, and import each list on its own"));
    }
    if lists.is_empty() {
        let notice = Notice::new("the archive holds no list: neither a CSV nor a workbook (.xlsx)");
        return Err(notice.help("give the service's ZIP as it came, an .xlsx, or a CSV"));
    }
    Ok(lists.into_iter().map(|(name, bytes)| (label.join(name), Part::Bytes(bytes))).collect())
}

/// Every entry's name and bytes, as long as all of them together stay within the bounds. What an archive says of its own sizes is
/// not believed.
fn entries(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<Vec<(String, Vec<u8>)>, Notice> {
    if archive.len() > ENTRIES {
        return Err(Notice::new(format!("the archive has {} entries, more than {ENTRIES}", archive.len())));
    }
    let mut left = UNPACKED;
    let mut found = Vec::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).map_err(damaged)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().map_err(damaged)?.into_owned();
        let most = left.min(entry.compressed_size().saturating_mul(RATIO).max(1024 * 1024));
        let mut bytes = Vec::new();
        (&mut entry).take(most + 1).read_to_end(&mut bytes).map_err(damaged)?;
        if bytes.len() as u64 > most {
            let notice = Notice::new("the archive unpacks to more than 100 MB, or to more than any list would");
            return Err(notice.help("unpack it, and import the CSV inside: a file may be of any length"));
        }
        left -= bytes.len() as u64;
        found.push((name, bytes));
    }
    Ok(found)
}

/// The rows of the first sheet that holds anything, cell by cell: a workbook may claim to be a million columns wide.
fn sheet(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>, Notice> {
    let wrong = |e: calamine::XlsxError| {
        Notice::new(format!("the workbook cannot be read: {e}")).help("save the sheet as \"CSV UTF-8\"")
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(wrong)?;
    for name in book.sheet_names() {
        let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        while let Some(cell) = cells.next_cell().map_err(wrong)? {
            let (row, column) = cell.get_position();
            let text = text(&Data::from(cell.get_value().clone()));
            if text.is_empty() {
                continue;
            }
            if column >= COLUMNS {
                let notice = Notice::new(format!("the sheet has more than {COLUMNS} columns"));
                return Err(notice.help("keep those that the list needs"));
            }
            let line = u64::from(row) + 1;
            if rows.last().is_none_or(|(last, _)| *last != line) {
                rows.push((line, Vec::new()));
            }
            if let Some((_, cells)) = rows.last_mut() {
                let column = column as usize;
                cells.resize(cells.len().max(column + 1), String::new());
                cells[column] = text;
            }
        }
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

/// A cell as a CSV would have it; dates as ISO.
fn text(cell: &Data) -> String {
    match cell {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => yes.to_string(),
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
            if (hour, minute, second, milli) == (0, 0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
            }
        }
        _ => String::new(),
    }
}
