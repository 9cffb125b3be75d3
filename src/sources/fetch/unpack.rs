//! Takes a body out of its packing (gzip, deflate, brotli), up to a limit. Knows headers' words, and nothing of what is inside.

use std::io::Read;

use super::{Failure, Fetched};

/// A body packed more often than this is a joke.
const LAYERS: usize = 2;

/// What `Accept-Encoding` may name.
pub const ACCEPTED: &str = "gzip, deflate, br";

impl Fetched {
    /// The body without its packing: by its header, or by its first bytes where a server hands out a `.gz` without a word.
    ///
    /// # Errors
    /// More than `most` bytes unpacked, a packing that is not known, or one that is broken before anything came out of it.
    pub fn unpacked(self, most: usize) -> Result<Vec<u8>, Failure> {
        let named = self.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
        let mut layers: Vec<&str> =
            named.split(',').map(str::trim).filter(|layer| !matches!(*layer, "" | "identity")).collect();
        if layers.len() > LAYERS {
            return Err(Failure::Broken(format!("the response is compressed {} times over", layers.len())));
        }
        let mut body = self.body;
        while let Some(layer) = layers.pop() {
            body = unpack(layer, &body, most)?;
        }
        if body.starts_with(&[0x1f, 0x8b]) {
            body = unpack("gzip", &body, most)?;
        }
        Ok(body)
    }
}

fn unpack(layer: &str, packed: &[u8], most: usize) -> Result<Vec<u8>, Failure> {
    match layer {
        "gzip" | "x-gzip" if packed.starts_with(&[0x1f, 0x8b]) => read(flate2::read::MultiGzDecoder::new(packed), most),
        // Some servers say so and send it plain.
        "gzip" | "x-gzip" => Ok(packed.to_vec()),
        // RFC 9110 means zlib's form; some send the bare one.
        "deflate" => read(flate2::read::ZlibDecoder::new(packed), most)
            .or_else(|_| read(flate2::read::DeflateDecoder::new(packed), most)),
        "br" => read(brotli_decompressor::Decompressor::new(packed, 4_096), most),
        other => Err(Failure::Broken(format!("the response is compressed as `{other}`, which was not requested"))),
    }
}

/// All that comes out, at most `most` bytes. What came before a broken end is kept: a feed that is cut is read as far as it is whole.
fn read(from: impl Read, most: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let ended = from.take(limit).read_to_end(&mut out);
    if out.len() > most {
        return Err(Failure::Large(most));
    }
    match ended {
        Err(why) if out.is_empty() => Err(Failure::Broken(format!("the response cannot be decompressed: {why}"))),
        _ => Ok(out),
    }
}
