//! How the mail looks: pictures of both sample issues, with every optional part and with none, at three widths, light, dark, inverted
//! and without style sheet, against those in tests/pictures/. A difference is reported in a designer's words: moved, grew, changed colour.
//!
//! After an intended change: `DIGEST_NEW_PICTURES=1 scripts/test pictures`, then look at them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::browser::Browser;
use crate::house::Test;
use crate::preview::Preview;

const ISSUES: [(&str, &str); 2] = [("midweek", "2024-07-31-midweek"), ("sunday", "2024-08-04-sunday")];
const WIDTHS: [u32; 3] = [600, 375, 320];
const LOOKS: [&str; 4] = ["light", "dark", "inverted", "plain"];
/// The settings in the sample's config.toml for the optional parts of an issue.
const OPTIONAL: [&str; 7] = ["mark", "greeting", "signature", "poll", "reply", "forward", "next_date"];

/// A colour channel may differ by this much, since browser versions smooth the edges of letters differently.
const SMOOTHING: u8 = 96;
/// This many pixels of a thousand may differ by more.
const PER_MILLE: usize = 2;

/// Every block that a designer would name, a line each: what it is, its first words, where it stands, how it looks, its
/// borders: a thin line that only changes its colour is too little for the pixels to tell.
const BLOCKS: &str = r"
    const round = n => Math.round(n);
    const out = [];
    for (const element of document.querySelectorAll('body,h1,h2,h3,p,li,a,table,td,div,span')) {
        const own = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(' ').replace(/[\s\u00a0\u034f\u200c]+/g, ' ').trim();
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        const filled = /^(TD|BODY|DIV)$/.test(element.tagName) && style.backgroundColor !== 'rgba(0, 0, 0, 0)' && box.height > 0;
        const sides = ['Top', 'Right', 'Bottom', 'Left'].filter(side => parseFloat(style['border' + side + 'Width']) > 0)
            .map(side => `${side.toLowerCase()} ${round(parseFloat(style['border' + side + 'Width']))}px ${style['border' + side + 'Color']}`);
        if ((!own && !filled && !sides.length) || !box.width || style.display === 'none') continue;
        const name = element.tagName.toLowerCase() + ' ' + (own ? JSON.stringify(own.slice(0, 40)) : filled ? 'filled' : 'lined');
        out.push(`${name} at ${round(box.left)},${round(box.top + scrollY)} size ${round(box.width)}x${round(box.height)} ` +
            `${style.color} on ${style.backgroundColor} ${round(parseFloat(style.fontSize))}px/${style.fontWeight}` + (sides.length ? ', ' + sides.join(', ') : ''));
    }
    return out.join('\n');
";

struct Picture {
    width: usize,
    height: usize,
    /// RGB, row by row.
    pixels: Vec<u8>,
}

impl Picture {
    fn read(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut subscriber = decoder.read_info().unwrap();
        let mut bytes = vec![0; subscriber.output_buffer_size().unwrap()];
        let info = subscriber.next_frame(&mut bytes).unwrap();
        let step = info.color_type.samples();
        assert!(step >= 3, "a picture in grey");
        bytes.truncate(info.buffer_size());
        let mut pixels = bytes;
        if step == 4 {
            for at in 0..pixels.len() / 4 {
                pixels.copy_within(at * 4..at * 4 + 3, at * 3);
            }
            pixels.truncate(pixels.len() / 4 * 3);
        }
        Self { width: info.width as usize, height: info.height as usize, pixels }
    }

    /// With a palette of the 64 most frequent colours; the others, smoothed edges of letters, map to the nearest: flat
    /// colours stay exact, and the file has a third of the bytes.
    fn write(&self, file: &Path) {
        let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
        self.pixels.chunks(3).for_each(|pixel| *counts.entry([pixel[0], pixel[1], pixel[2]]).or_default() += 1);
        let mut palette: Vec<[u8; 3]> = counts.keys().copied().collect();
        palette.sort_by_key(|color| (std::cmp::Reverse(counts[color]), *color));
        palette.truncate(64);
        let distance =
            |a: &[u8; 3], b: &[u8; 3]| a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>();
        let nearest =
            |color: &[u8; 3]| (0..=63).zip(&palette).min_by_key(|(_, entry)| distance(entry, color)).unwrap().0;
        let indices: HashMap<[u8; 3], u8> = counts.keys().map(|color| (*color, nearest(color))).collect();
        let bytes: Vec<u8> = self.pixels.chunks(3).map(|pixel| indices[&[pixel[0], pixel[1], pixel[2]]]).collect();
        let out = std::io::BufWriter::new(fs::File::create(file).unwrap());
        let mut encoder = png::Encoder::new(out, self.width.try_into().unwrap(), self.height.try_into().unwrap());
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette.concat());
        encoder.set_compression(png::Compression::High);
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }

    /// The pixels whose colour clearly differs, numbered from the top left in rows of the wider width.
    fn different(&self, other: &Self) -> Vec<usize> {
        let (width, height) = (self.width.max(other.width), self.height.max(other.height));
        let mut different = Vec::new();
        for y in 0..height {
            // Most rows are the same, and a page has thousands.
            if self.row(y).is_some_and(|row| Some(row) == other.row(y)) {
                continue;
            }
            let differs = |x: &usize| match (self.at(*x, y), other.at(*x, y)) {
                (Some(old), Some(new)) => old.iter().zip(new).any(|(a, b)| a.abs_diff(b) > SMOOTHING),
                _ => true,
            };
            different.extend((0..width).filter(differs).map(|x| y * width + x));
        }
        different
    }

    /// The picture faded, with the differences from `old` in red.
    fn marked(&self, old: &Self) -> Self {
        let (width, height) = (self.width.max(old.width), self.height.max(old.height));
        let faded = |at: usize| self.at(at % width, at / width).unwrap_or([255; 3]).map(|c| 191 + c / 4);
        let mut pixels: Vec<u8> = (0..width * height).flat_map(faded).collect();
        for at in old.different(self) {
            pixels[at * 3..at * 3 + 3].copy_from_slice(&[220, 0, 40]);
        }
        Self { width, height, pixels }
    }

    fn row(&self, y: usize) -> Option<&[u8]> {
        self.pixels.get(y * self.width * 3..(y + 1) * self.width * 3)
    }

    fn at(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let at = (y * self.width + x) * 3;
        (x < self.width && y < self.height).then(|| [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]])
    }
}

/// A block's name, and its number among blocks of that name; its place, size and look.
type Block<'a> = ((&'a str, usize), [&'a str; 3]);

/// The lines of a list of blocks, in the order of the page.
fn blocks(list: &str) -> Vec<Block<'_>> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let block = |line| {
        let (name, rest) = str::rsplit_once(line, " at ")?;
        let (place, rest) = rest.split_once(" size ")?;
        let (size, look) = rest.split_once(' ')?;
        let nth = seen.entry(name).or_default();
        *nth += 1;
        Some(((name, *nth), [place, size, look]))
    };
    list.lines().filter_map(block).collect()
}

/// The differences of two lists of blocks in a designer's words, from the top of the page: new, moved, resized or restyled, then
/// removed.
fn told(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (blocks(old), blocks(new));
    let was: HashMap<_, _> = old.iter().copied().collect();
    let mut said = Vec::new();
    for ((name, nth), is) in &new {
        let Some(was) = was.get(&(*name, *nth)) else {
            said.push(format!("{name} is new, at {}", is[0]));
            continue;
        };
        let mut changes = String::new();
        for (what, (was, is)) in ["moved", "resized", "restyled"].iter().zip(was.iter().zip(is)) {
            if was != is {
                let _ = write!(changes, " {what} from {was} to {is};");
            }
        }
        if !changes.is_empty() {
            said.push(format!("{name}:{changes}"));
        }
    }
    let gone = old.iter().filter(|(key, _)| new.iter().all(|(other, _)| other != key));
    said.extend(gone.map(|((name, _), was)| format!("{name} is gone, was at {}", was[0])));
    said
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)
}

/// Compares one picture, or keeps it as the new reference; without `pixels` only its list of blocks, which has nearly all that there
/// is to say and a fiftieth of the bytes. Returns what there is to say.
fn compare(name: &str, png: &[u8], blocks: &str, pixels: bool) -> Option<String> {
    let picture = Picture::read(png);
    let (png_file, text_file) = (reference(&format!("{name}.png")), reference(&format!("{name}.txt")));
    if std::env::var_os("DIGEST_NEW_PICTURES").is_some() {
        if pixels {
            picture.write(&png_file);
        }
        fs::write(text_file, blocks.to_owned() + "\n").unwrap();
        return None;
    }
    let missing = |_| panic!("there is no reference {name}: make it with DIGEST_NEW_PICTURES=1");
    let said = told(&fs::read_to_string(text_file).unwrap_or_else(missing), blocks);
    let old = if pixels { Picture::read(&fs::read(png_file).unwrap()) } else { Picture::read(png) };
    let (different, all) = (old.different(&picture).len(), picture.width * picture.height);
    if said.is_empty() && different * 1000 <= all * PER_MILLE {
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.png")), png).unwrap();
    picture.marked(&old).write(&folder.join(format!("{name}-difference.png")));
    let mut text = format!(
        "{name}: {different} pixels of {all} are another colour; see {}\n",
        folder.join(format!("{name}-difference.png")).display()
    );
    let more = said.len().saturating_sub(12);
    said.iter().take(12).for_each(|line| text += &format!("    {line}\n"));
    if more > 0 {
        text += &format!("    and {more} more\n");
    }
    Some(text)
}

/// The sample's two issues without what its editor and its configuration add: as composed, and no more.
fn bare() -> Test {
    let test = Test::new();
    test.run("demo shown").success();
    let optional = |line: &&str| OPTIONAL.iter().any(|key| line.starts_with(&format!("{key} = ")));
    let config = test.read("shown/config.toml");
    let left: Vec<&str> = config.lines().filter(|line| !optional(line)).collect();
    test.write("config.toml", &(left.join("\n") + "\n"));
    fs::remove_dir_all(test.path("content")).unwrap();
    fs::rename(test.path("shown/content"), test.path("content")).unwrap();
    for (edition, issue) in ISSUES {
        let (day, time) = (&issue[..10], if edition == "midweek" { "04" } else { "05" });
        test.run_at(&format!("{day}T{time}:00:00Z"), &format!("compose {edition} --date {day}")).success();
    }
    test
}

#[test]
fn both_issues_look_as_they_did() {
    let Some(browser) = Browser::start() else { return };
    let test = Test::new();
    test.run("demo shown").success();
    let bare = bare();
    let both = [("full", test.path("shown")), ("bare", bare.path(""))];
    let mut said = Vec::new();
    for ((parts, root), (edition, issue)) in both.iter().flat_map(|both| ISSUES.map(|issue| (both, issue))) {
        let preview = Preview::start_in(root, issue);
        let url = |look: &str, pictures: &str| {
            format!("http://127.0.0.1:{}/mail?issue={issue}&look={look}&pictures={pictures}", preview.port)
        };
        for width in WIDTHS {
            browser.size(width, 900);
            let mut light = String::new();
            for look in LOOKS {
                browser.open(&url(look, "on"));
                let blocks = browser.run(BLOCKS).as_str().unwrap().to_owned();
                let png = browser.picture();
                let wide = Picture::read(&png).width;
                let inside = browser.run("return document.documentElement.scrollWidth");
                assert!(
                    wide == width as usize && inside == width,
                    "{edition} {parts} {look}: {inside} of {width} pixels"
                );
                let pixels = *parts == "full" || width == 375;
                said.extend(compare(&format!("{edition}-{parts}-{width}-{look}"), &png, &blocks, pixels));
                if look == "light" {
                    light = blocks;
                }
            }
            // Nothing in the mail depends on pictures: without them the words stay where they were.
            browser.open(&url("light", "off"));
            let blocks = browser.run(BLOCKS);
            assert_eq!(blocks, light.as_str(), "{edition} {parts} at {width}: not the same without pictures");
        }
    }
    assert!(
        said.is_empty(),
        "the mail looks different. If it is meant: DIGEST_NEW_PICTURES=1 scripts/test pictures\n{}",
        said.concat()
    );
}

#[test]
fn a_designer_is_told_what_moved() {
    let old = "h2 \"News\" at 20,100 size 300x24 rgb(0, 0, 0) on rgba(0, 0, 0, 0) 22px/700\n\
               p \"gone at last\" at 20,130 size 300x24 rgb(0, 0, 0) on rgba(0, 0, 0, 0) 16px/400";
    let new = "h2 \"News\" at 20,102 size 300x24 rgb(9, 0, 0) on rgba(0, 0, 0, 0) 22px/700\n\
               p \"fresh\" at 20,130 size 300x24 rgb(0, 0, 0) on rgba(0, 0, 0, 0) 16px/400";
    assert_eq!(told(old, old), Vec::<String>::new());
    assert_eq!(
        told(old, new),
        [
            "h2 \"News\": moved from 20,100 to 20,102; restyled from rgb(0, 0, 0) on rgba(0, 0, 0, 0) 22px/700 to \
             rgb(9, 0, 0) on rgba(0, 0, 0, 0) 22px/700;",
            "p \"fresh\" is new, at 20,130",
            "p \"gone at last\" is gone, was at 20,130",
        ]
    );
}

#[test]
fn a_pixel_is_another_when_its_colour_clearly_is() {
    let picture = |pixels: &[u8]| Picture { width: 2, height: pixels.len() / 6, pixels: pixels.to_vec() };
    let old = picture(&[0, 0, 0, 200, 200, 200]);
    assert_eq!(old.different(&picture(&[90, 0, 0, 200, 110, 200])).len(), 0, "smoothed otherwise");
    assert_eq!(old.different(&picture(&[100, 0, 0, 200, 100, 200])), [0, 1]);
    assert_eq!(old.different(&picture(&[0, 0, 0, 200, 200, 200, 0, 0, 0, 0, 0, 0])), [2, 3], "taller by a row");
}
