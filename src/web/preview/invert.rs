//! Makes a page look as under a mail program's forced dark mode: every colour's lightness is mirrored. An approximation of
//! what Outlook on the web does, and near to Gmail's app on an iPhone. Knows no media query.

use super::markup::{Span, into_head, name, spans, with_attributes};

/// The CIE lightness of the darkest background, that of #333333: white becomes this, black becomes white.
const DARKEST: f64 = 21.25;

/// The page with its colours mirrored, in style sheets, `style` and the old colour attributes. Pictures stay as they are.
pub fn invert(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 256);
    for span in spans(html) {
        match span {
            Span::Style(css) => out.push_str(&sheet(css)),
            Span::Tag(tag) if !name(tag).starts_with('/') => out.push_str(&with_attributes(tag, attribute)),
            Span::Tag(text) | Span::Other(text) => out.push_str(text),
        }
    }
    // Without colours, a page is black on white.
    into_head(&out, "<style>:root{background-color:#333333;color:#ffffff}</style>")
}

fn attribute(name: &str, value: &str) -> Option<String> {
    if name.eq_ignore_ascii_case("style") {
        return Some(declarations(value));
    }
    let colour = ["bgcolor", "color", "text", "link", "bordercolor"];
    colour.iter().any(|known| name.eq_ignore_ascii_case(known)).then(|| recolour(value))
}

/// Rewrites a style sheet: text before a `}` is declarations, text before a `{` is not.
fn sheet(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['{', '}']) {
        let (segment, after) = rest.split_at(at);
        if after.starts_with('}') {
            out.push_str(&declarations(segment));
        } else {
            out.push_str(segment);
        }
        out.push_str(&after[..1]);
        rest = &after[1..];
    }
    out + rest
}

/// `name: value; …` with the colours mirrored in the values of properties that take colours.
fn declarations(css: &str) -> String {
    let mut depth = 0_usize;
    let mut parts = css.split_inclusive(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ';' && depth == 0
    });
    let one = |part: &str| match part.split_once(':') {
        Some((property, value)) if takes_colour(property) => format!("{property}:{}", recolour(value)),
        _ => part.to_owned(),
    };
    parts.by_ref().map(one).collect()
}

fn takes_colour(property: &str) -> bool {
    let property = property.to_ascii_lowercase();
    ["color", "background", "border", "outline", "fill", "stroke", "shadow"].iter().any(|word| property.contains(word))
        && !property.contains("color-scheme")
}

/// A value with each colour in it mirrored; quoted text and `url()` stay as they are.
fn recolour(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let length = word(rest);
        let segment = &rest[..length.max(first.len_utf8())];
        match read(segment) {
            Some((rgb, alpha)) => out.push_str(&write(mirror(rgb), &alpha)),
            None => out.push_str(segment),
        }
        rest = &rest[segment.len()..];
    }
    out
}

/// The length of a possible colour, or of a whole quoted text or function; 0 for any other character.
fn word(text: &str) -> usize {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match text.chars().next() {
        Some('#') => 1 + text[1..].find(|c| !plain(c)).unwrap_or(text.len() - 1),
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or(text.len(), |end| end + 2),
        Some(c) if plain(c) => {
            let end = text.find(|c| !plain(c)).unwrap_or(text.len());
            let function = ["url", "rgb", "rgba"].iter().any(|name| text[..end].eq_ignore_ascii_case(name));
            match text[end..].find(')') {
                Some(close) if function && text[end..].starts_with('(') => end + close + 1,
                _ => end,
            }
        }
        _ => 0,
    }
}

/// The colours that HTML 4 names.
const NAMES: &[(&str, u32)] = &[
    ("black", 0x00_00_00),
    ("silver", 0xc0_c0_c0),
    ("gray", 0x80_80_80),
    ("grey", 0x80_80_80),
    ("white", 0xff_ff_ff),
    ("maroon", 0x80_00_00),
    ("red", 0xff_00_00),
    ("purple", 0x80_00_80),
    ("fuchsia", 0xff_00_ff),
    ("green", 0x00_80_00),
    ("lime", 0x00_ff_00),
    ("olive", 0x80_80_00),
    ("yellow", 0xff_ff_00),
    ("navy", 0x00_00_80),
    ("blue", 0x00_00_ff),
    ("teal", 0x00_80_80),
    ("aqua", 0x00_ff_ff),
];

type Rgb = [f64; 3];

/// A colour and its opacity as written (empty: opaque).
fn read(word: &str) -> Option<(Rgb, String)> {
    if let Some((_, rgb)) = NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
        let [_, red, green, blue] = rgb.to_be_bytes();
        return Some(([red, green, blue].map(f64::from), String::new()));
    }
    if let Some(digits) = word.strip_prefix('#') {
        let digits: Vec<f64> = digits.chars().map(|c| c.to_digit(16).map(f64::from)).collect::<Option<_>>()?;
        let wide: Vec<f64> = match digits.len() {
            3 | 4 => digits.iter().map(|d| d * 17.0).collect(),
            6 | 8 => digits.chunks(2).map(|pair| pair[0] * 16.0 + pair[1]).collect(),
            _ => return None,
        };
        let alpha = wide.get(3).map_or_else(String::new, |alpha| format!("{:.3}", alpha / 255.0));
        return Some(([wide[0], wide[1], wide[2]], alpha));
    }
    let (function, inside) = word.strip_suffix(')')?.split_once('(')?;
    if !function.eq_ignore_ascii_case("rgb") && !function.eq_ignore_ascii_case("rgba") {
        return None;
    }
    let mut parts = inside.split([',', ' ', '/']).filter(|part| !part.is_empty());
    let mut byte = || -> Option<f64> {
        let part = parts.next()?;
        let number = match part.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().ok()? * 2.55,
            None => part.parse().ok()?,
        };
        number.is_finite().then_some(number.clamp(0.0, 255.0))
    };
    let rgb = [byte()?, byte()?, byte()?];
    Some((rgb, parts.next().unwrap_or_default().to_owned()))
}

fn write(rgb: Rgb, alpha: &str) -> String {
    let [red, green, blue] = rgb;
    if alpha.is_empty() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 by `mirror`")]
        let [red, green, blue] = [red, green, blue].map(|channel| channel.round() as u8);
        return format!("#{red:02x}{green:02x}{blue:02x}");
    }
    format!("rgba({red:.0},{green:.0},{blue:.0},{alpha})")
}

/// sRGB to CIE XYZ under D65 (IEC 61966-2-1), one row for each of X, Y and Z, divided by the white point.
const TO_XYZ: [[f64; 3]; 3] = [
    [0.412_456_4 / WHITE[0], 0.357_576_1 / WHITE[0], 0.180_437_5 / WHITE[0]],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9 / WHITE[2], 0.119_192_0 / WHITE[2], 0.950_304_1 / WHITE[2]],
];
const TO_RGB: [[f64; 3]; 3] = [
    [3.240_454_2 * WHITE[0], -1.537_138_5, -0.498_531_4 * WHITE[2]],
    [-0.969_266_0 * WHITE[0], 1.876_010_8, 0.041_556_0 * WHITE[2]],
    [0.055_643_4 * WHITE[0], -0.204_025_9, 1.057_225_2 * WHITE[2]],
];
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

/// The same colour with its CIELAB lightness mirrored into the range from the darkest background to white; hue and
/// chroma are kept as far as sRGB allows.
fn mirror(rgb: Rgb) -> Rgb {
    let light = |channel: f64| {
        let channel = channel / 255.0;
        if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    };
    let bent = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let [x, y, z] = times(&TO_XYZ, rgb.map(light)).map(bent);
    let lightness = 116.0 * y - 16.0;
    let mirrored = (100.0 - lightness) * (100.0 - DARKEST) / 100.0 + DARKEST;
    // Up to a factor, CIELAB's a* and b* are x - y and y - z; they stay the same.
    let moved = (mirrored + 16.0) / 116.0 - y;
    let straight = |t: f64| if t > 0.206_893 { t.powi(3) } else { (t - 16.0 / 116.0) / 7.787 };
    let channel = |light: f64| {
        let channel = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (channel * 255.0).clamp(0.0, 255.0)
    };
    times(&TO_RGB, [x + moved, y + moved, z + moved].map(straight)).map(channel)
}

fn times(matrix: &[[f64; 3]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * x + row[1] * y + row[2] * z)
}
