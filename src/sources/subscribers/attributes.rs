//! Merge fields that a service keeps in one cell, as a JSON object or as Python prints a dictionary. Knows no column.

use serde_json::{Map, Value};

/// The names and values of an object; what is nested inside stays JSON. `None` when the cell is not an object.
pub fn read(cell: &str) -> Option<Vec<(String, String)>> {
    let cell = cell.trim();
    if !cell.starts_with('{') {
        return None;
    }
    let map: Map<String, Value> =
        serde_json::from_str(cell).ok().or_else(|| serde_json::from_str(&python_to_json(cell)?).ok())?;
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(map.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// A Python literal as JSON: other quotation marks, and `True`, `False`, `None`. `None` when a text does not end.
fn python_to_json(cell: &str) -> Option<String> {
    let mut json = String::with_capacity(cell.len());
    let mut chars = cell.chars();
    let mut bare = String::new();
    let flush = |bare: &mut String, json: &mut String| {
        json.push_str(match bare.as_str() {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            other => other,
        });
        bare.clear();
    };
    while let Some(c) = chars.next() {
        if c != '\'' && c != '"' {
            if c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-') {
                bare.push(c);
            } else {
                flush(&mut bare, &mut json);
                json.push(c);
            }
            continue;
        }
        flush(&mut bare, &mut json);
        let mut text = String::new();
        loop {
            match chars.next()? {
                end if end == c => break,
                '\\' => text.extend(escaped(&mut chars)?),
                other => text.push(other),
            }
        }
        json.push_str(&Value::String(text).to_string());
    }
    flush(&mut bare, &mut json);
    Some(json)
}

/// The character after a backslash.
fn escaped(chars: &mut std::str::Chars) -> Option<Vec<char>> {
    let code = |chars: &mut std::str::Chars, digits: usize| {
        let hex: String = chars.by_ref().take(digits).collect();
        u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)
    };
    Some(match chars.next()? {
        'n' | 'r' | 't' => vec![' '],
        'x' => vec![code(chars, 2)?],
        'u' => vec![code(chars, 4)?],
        'U' => vec![code(chars, 8)?],
        quote @ ('\\' | '\'' | '"') => vec![quote],
        other => vec!['\\', other],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_both_kinds_are_read() {
        let pairs =
            |cell: &str| read(cell).map(|pairs| pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>());
        for (cell, expected) in [
            ("{}", Some(vec![])),
            (
                r#"{"city": "Oslo", "n": 3, "vip": true, "none": null}"#,
                Some(vec!["city=Oslo", "n=3", "vip=true", "none="]),
            ),
            (r#"{"a": {"b": [1, "x"]}}"#, Some(vec![r#"a={"b":[1,"x"]}"#])),
            (
                "{'city': 'Oslo', 'vip': True, 'n': -1.5, 'x': None}",
                Some(vec!["city=Oslo", "vip=true", "n=-1.5", "x="]),
            ),
            (r#"{'who': "O'Brien", 'say': 'a "b" \'c\'\n'}"#, Some(vec!["who=O'Brien", "say=a \"b\" 'c' "])),
            ("{'a': 'open", None),
            ("Oslo", None),
        ] {
            let expected = expected.map(|pairs: Vec<&str>| pairs.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(pairs(cell), expected, "{cell}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_cell_makes_it_panic(cell in "\\{.{0,60}\\}?") {
            let _ = read(&cell);
        }
    }
}
