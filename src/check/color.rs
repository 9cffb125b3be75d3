//! CSS colours, and the contrast between two (WCAG 2.2). Knows no page.

use std::fmt;

/// An opaque colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Color(pub [u8; 3]);

pub const WHITE: Color = Color([255, 255, 255]);
pub const BLACK: Color = Color([0, 0, 0]);

/// Colour names used in mails: those of HTML 4 and a few more. Others count as unknown.
const NAMES: &[(&str, u32)] = &[
    ("black", 0x00_00_00),
    ("white", 0xff_ff_ff),
    ("gray", 0x80_80_80),
    ("grey", 0x80_80_80),
    ("silver", 0xc0_c0_c0),
    ("lightgray", 0xd3_d3_d3),
    ("lightgrey", 0xd3_d3_d3),
    ("darkgray", 0xa9_a9_a9),
    ("darkgrey", 0xa9_a9_a9),
    ("dimgray", 0x69_69_69),
    ("dimgrey", 0x69_69_69),
    ("whitesmoke", 0xf5_f5_f5),
    ("red", 0xff_00_00),
    ("maroon", 0x80_00_00),
    ("yellow", 0xff_ff_00),
    ("olive", 0x80_80_00),
    ("lime", 0x00_ff_00),
    ("green", 0x00_80_00),
    ("aqua", 0x00_ff_ff),
    ("cyan", 0x00_ff_ff),
    ("teal", 0x00_80_80),
    ("blue", 0x00_00_ff),
    ("navy", 0x00_00_80),
    ("fuchsia", 0xff_00_ff),
    ("magenta", 0xff_00_ff),
    ("purple", 0x80_00_80),
    ("orange", 0xff_a5_00),
];

impl Color {
    pub const fn hex(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self([red, green, blue])
    }

    /// Parses a colour; the second number is its opacity, from 0 to 1. `None` for invalid or unsupported values,
    /// such as `hsl()` and `var()`.
    pub fn parse(text: &str) -> Option<(Self, f64)> {
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('#') {
            return hex(digits);
        }
        if text.eq_ignore_ascii_case("transparent") {
            return Some((WHITE, 0.0));
        }
        if let Some((_, rgb)) = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
            return Some((Self::hex(*rgb), 1.0));
        }
        let (name, inside) = text.strip_suffix(')')?.split_once('(')?;
        if !name.eq_ignore_ascii_case("rgb") && !name.eq_ignore_ascii_case("rgba") {
            return None;
        }
        let mut numbers = inside.split([',', ' ', '/']).filter(|part| !part.is_empty());
        let mut next = |whole: f64| -> Option<f64> {
            let part = numbers.next()?;
            let value = match part.strip_suffix('%') {
                Some(percent) => percent.parse::<f64>().ok()? / 100.0 * whole,
                None => part.parse().ok()?,
            };
            value.is_finite().then_some(value.clamp(0.0, whole))
        };
        let rgb = [next(255.0)?, next(255.0)?, next(255.0)?];
        let alpha = next(1.0).unwrap_or(1.0);
        Some((Self(rgb.map(byte)), alpha))
    }

    /// This colour, with this opacity, over another.
    pub fn over(self, alpha: f64, ground: Self) -> Self {
        let mut mixed = self.0;
        for (top, bottom) in mixed.iter_mut().zip(ground.0) {
            *top = byte(f64::from(*top) * alpha + f64::from(bottom) * (1.0 - alpha));
        }
        Self(mixed)
    }

    /// The contrast with another colour, from 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to a byte")]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// `abc`, `abcd`, `aabbcc` or `aabbccdd`.
fn hex(digits: &str) -> Option<(Color, f64)> {
    let nibbles: Vec<u8> =
        digits.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = match nibbles.len() {
        3 | 4 => nibbles.iter().map(|n| n * 17).collect(),
        6 | 8 => nibbles.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect(),
        _ => return None,
    };
    let alpha = bytes.get(3).map_or(1.0, |alpha| f64::from(*alpha) / 255.0);
    Some((Color([bytes[0], bytes[1], bytes[2]]), alpha))
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
