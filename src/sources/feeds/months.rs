//! Months by name, in the languages that feeds come in.

/// The beginnings of month names; of several that fit a word the longest counts. English, French, German, Spanish, Italian,
/// Portuguese, Dutch, Polish, Russian, Greek, without accents.
#[rustfmt::skip]
const MONTHS: &[(&str, u32)] = &[
    ("jan", 1), ("ene", 1), ("gen", 1), ("sty", 1), ("янв", 1), ("ιαν", 1),
    ("feb", 2), ("fev", 2), ("lut", 2), ("фев", 2), ("φεβ", 2),
    ("mar", 3), ("mrt", 3), ("maa", 3), ("мар", 3), ("μαρ", 3), ("mae", 3),
    ("apr", 4), ("avr", 4), ("abr", 4), ("kwi", 4), ("апр", 4), ("απρ", 4),
    ("may", 5), ("mai", 5), ("mag", 5), ("mei", 5), ("maj", 5), ("мая", 5), ("маи", 5), ("μαι", 5),
    ("jun", 6), ("juin", 6), ("giu", 6), ("cze", 6), ("июн", 6), ("ιουν", 6),
    ("jul", 7), ("juil", 7), ("lug", 7), ("lip", 7), ("июл", 7), ("ιουλ", 7),
    ("aug", 8), ("aou", 8), ("ago", 8), ("sie", 8), ("авг", 8), ("αυγ", 8),
    ("sep", 9), ("set", 9), ("wrz", 9), ("szept", 9), ("сен", 9), ("σεπ", 9),
    ("oct", 10), ("okt", 10), ("ott", 10), ("out", 10), ("paz", 10), ("окт", 10), ("οκτ", 10),
    ("nov", 11), ("lis", 11), ("noi", 11), ("ноя", 11), ("νοε", 11),
    ("dec", 12), ("dez", 12), ("dic", 12), ("gru", 12), ("дек", 12), ("δεκ", 12),
];

/// The month, from 1, that a word in lower case and without accents names or begins with; of several that fit, the longest beginning counts.
pub(super) fn month(word: &str) -> Option<u32> {
    let fits = MONTHS.iter().filter(|(start, _)| word.starts_with(start));
    fits.max_by_key(|(start, _)| start.len()).map(|(_, month)| *month)
}
