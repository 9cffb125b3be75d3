//! Splits names that run together without separators, "OpenAIGPT-5Mistral Large 2". Knows the rest of the page.

/// Common names with a capital inside, in which the step from small to capital is not a boundary.
const INNER_CAPITALS: &[&str] = &[
    "OpenAI",
    "ChatGPT",
    "DeepMind",
    "Google DeepMind",
    "DeepSeek",
    "GitHub",
    "GitHub Copilot",
    "LangChain",
    "LangGraph",
    "LlamaIndex",
    "PyTorch",
    "TensorFlow",
    "YouTube",
    "LinkedIn",
    "AlphaFold",
    "AlphaGo",
    "StarCoder",
    "MiniMax",
    "CoreWeave",
    "ElevenLabs",
    "SenseTime",
    "JavaScript",
    "TypeScript",
    "PostgreSQL",
    "WebGPU",
    "NotebookLM",
    "PaLM",
    "LoRA",
    "QLoRA",
    "RoBERTa",
    "MoE",
    "MLOps",
    "LLaMA",
    "CodeLlama",
    "InstructGPT",
    "AutoGPT",
    "WhatsApp",
    "TikTok",
    "DALL·E",
    "GenAI",
    "AgentKit",
];
/// A line longer than this is not a list of names.
const LONGEST: usize = 600;
/// The longest single name, in characters.
const NAME: usize = 60;
/// How many characters of the page are searched for names.
const SEARCHED: usize = 200_000;

/// The text in which names are looked up.
pub(super) struct Known(String);

/// A way to split the names: its cost and where its last name begins.
type Way = (u32, Vec<usize>);

impl Known {
    pub(super) fn new<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut text = String::from("\n");
        for line in lines {
            if text.len() + line.len() > SEARCHED {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        Self(text)
    }

    /// The line's names, and whether another reading is nearly as good. Every way to cut the line at a change of case is
    /// weighed: a name that the page or the list above knows is cheap, an unknown one dear, and dearer for every step
    /// from small to capital letter inside it.
    pub(super) fn split(&self, line: &str) -> (Vec<String>, bool) {
        let pieces: Vec<&str> =
            line.split([',', ';', '|', '·', '•']).map(str::trim).filter(|p| !p.is_empty()).collect();
        if pieces.len() > 1 && !line.contains("DALL·E") {
            return (pieces.into_iter().map(str::to_owned).collect(), false);
        }
        let chars: Vec<char> = line.chars().collect();
        if chars.len() > LONGEST || self.cost(line, &chars) <= 2 {
            return (vec![line.to_owned()], chars.len() > LONGEST);
        }
        let mut ways = self.ways(&chars).into_iter();
        let Some((cost, cuts)) = ways.next() else { return (vec![line.to_owned()], true) };
        let doubtful = ways.next().is_some_and(|(next, _)| next <= cost + 1);
        let ends = cuts.iter().copied().skip(1).chain([chars.len()]);
        let name = |(from, to): (usize, usize)| chars.get(from..to).unwrap_or_default().iter().collect::<String>();
        (cuts.iter().copied().zip(ends).map(name).map(|n| n.trim().to_owned()).collect(), doubtful)
    }

    /// The two cheapest ways.
    fn ways(&self, chars: &[char]) -> Vec<Way> {
        let cuts: Vec<usize> = (0..=chars.len()).filter(|at| is_cut(chars, *at)).collect();
        let mut best: Vec<Vec<Way>> = vec![vec![(0, Vec::new())]];
        for (i, end) in cuts.iter().enumerate().skip(1) {
            let mut here: Vec<Way> = Vec::new();
            for (j, from) in cuts.iter().enumerate().take(i).rev().take_while(|(_, from)| end - **from <= NAME) {
                let piece = chars.get(*from..*end).unwrap_or_default();
                let cost = self.cost(&piece.iter().collect::<String>(), piece);
                for (before, starts) in best.get(j).into_iter().flatten() {
                    let starts = starts.iter().copied().chain([*from]).collect();
                    here.push((before + cost, starts));
                }
            }
            here.sort();
            here.truncate(2);
            best.push(here);
        }
        best.pop().unwrap_or_default()
    }

    fn cost(&self, name: &str, chars: &[char]) -> u32 {
        let known = INNER_CAPITALS.contains(&name) || self.has(name);
        let steps = (1..chars.len()).filter(|at| is_step(chars, *at)).count();
        match known {
            true if chars.len() <= 3 => 5,
            true => 2,
            false => 6 + 7 * u32::try_from(steps).unwrap_or(u32::MAX / 8),
        }
    }

    /// Whether the page has the name as a separate phrase.
    fn has(&self, name: &str) -> bool {
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !name.is_empty()
            && self.0.match_indices(name).any(|(at, _)| {
                let (before, after) =
                    (self.0.get(..at).unwrap_or_default(), self.0.get(at + name.len()..).unwrap_or_default());
                !inside(before.chars().next_back()) && !inside(after.chars().next())
            })
    }
}

/// Whether a name may begin here: at a capital or digit that follows something of another kind, or a capital after a capital.
fn is_cut(chars: &[char], at: usize) -> bool {
    let (Some(left), Some(right)) = (at.checked_sub(1).and_then(|l| chars.get(l)), chars.get(at)) else {
        return true;
    };
    is_step(chars, at)
        || (left.is_uppercase() && right.is_uppercase())
        || (left.is_alphabetic() && right.is_ascii_digit())
}

/// Whether a small letter, digit or closing sign stands right before a capital.
fn is_step(chars: &[char], at: usize) -> bool {
    let (Some(left), Some(right)) = (at.checked_sub(1).and_then(|l| chars.get(l)), chars.get(at)) else {
        return false;
    };
    right.is_uppercase() && (left.is_lowercase() || left.is_numeric() || matches!(left, ')' | '+' | '#' | '!' | '™'))
}
