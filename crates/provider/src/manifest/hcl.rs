//! HCL as people write it and `fmt` leaves it.

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Hcl {
    /// A number, a Boolean or null; or any other expression, in its source's words.
    Source(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Hcl>),
    /// An object.
    Object(Vec<Item>),
}

/// An attribute, or an entry of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// Lines above it that begin with `#` or `//`.
    pub(super) comments: Vec<String>,
    /// The key as it is written: a name, or a text in quotes.
    pub(super) key: String,
    pub(super) value: Hcl,
}

impl Item {
    /// An entry with the key `name`, quoted where HCL wants it.
    pub(super) fn new(name: &str, value: Hcl) -> Item {
        Item {
            comments: Vec::new(),
            key: if is_identifier(name) {
                name.to_owned()
            } else {
                quoted(name)
            },
            value,
        }
    }
}

/// The longest line that a list or an object is written in.
const WIDTH: usize = 100;

/// The most leaves of a list or an object in one line.
const LEAVES: usize = 4;

/// The most objects within each other in one line.
const DEPTH: usize = 3;

/// The lines of a body or of an object's inside, at this indent.
pub(super) fn items(items: &[Item], indent: usize) -> String {
    let mut text = String::new();
    let values: Vec<String> = items.iter().map(|item| value(item, indent)).collect();
    let mut rest = items.iter().zip(&values).peekable();
    while rest.peek().is_some() {
        // The signs of a run of lines stand below each other; what goes on in the next line ends the run.
        let mut run = Vec::new();
        while let Some((item, value)) = rest.next_if(|(item, value)| is_line(item, value)) {
            run.push((item, value));
        }
        let width = run
            .iter()
            .map(|(item, _)| item.key.chars().count())
            .max()
            .unwrap_or_default();
        for (item, value) in run {
            line(&mut text, item, value, width, indent);
        }
        if let Some((item, value)) = rest.next() {
            line(&mut text, item, value, 0, indent);
        }
    }
    text
}

/// Whether `fmt` counts the item as one line: a heredoc is, as its lines are one text.
fn is_line(item: &Item, value: &str) -> bool {
    match &item.value {
        Hcl::Text(_) => value.starts_with("<<") || !value.contains('\n'),
        _ => !value.contains('\n'),
    }
}

fn line(text: &mut String, item: &Item, value: &str, width: usize, indent: usize) {
    let margin = " ".repeat(indent);
    for comment in &item.comments {
        text.extend([margin.as_str(), comment, "\n"]);
    }
    let gap = " ".repeat(width.saturating_sub(item.key.chars().count()));
    text.extend([margin.as_str(), &item.key, &gap, " = ", value, "\n"]);
}

/// The value as it follows the sign.
fn value(item: &Item, indent: usize) -> String {
    let used = indent + item.key.chars().count() + 3;
    fitting(&item.value, used).unwrap_or_else(|| block(&item.value, indent))
}

/// An expression in one line.
struct Line {
    text: String,
    leaves: usize,
    depth: usize,
}

impl Line {
    fn leaf(text: String) -> Line {
        Line {
            text,
            leaves: 1,
            depth: 0,
        }
    }
}

/// The expression in one line where it fits into one that has `used` columns already.
fn fitting(value: &Hcl, used: usize) -> Option<String> {
    let line = in_line(value)?;
    let fits = line.leaves <= LEAVES && line.depth <= DEPTH && used + line.text.chars().count() <= WIDTH;
    fits.then_some(line.text)
}

/// The expression in one line, however long; none for what needs several.
fn in_line(value: &Hcl) -> Option<Line> {
    match value {
        Hcl::Source(text) => (!text.contains('\n')).then(|| Line::leaf(text.clone())),
        Hcl::Text(text) => (!is_heredoc(text)).then(|| Line::leaf(quoted(text))),
        Hcl::List(items) => {
            let lines: Vec<Line> = items.iter().map(in_line).collect::<Option<_>>()?;
            let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            let depth = lines.iter().map(|line| line.depth).max().unwrap_or_default();
            Some(Line {
                text: format!("[{}]", texts.join(", ")),
                // Words of a command stand in one line, however many.
                leaves: if depth == 0 {
                    1
                } else {
                    lines.iter().map(|line| line.leaves).sum()
                },
                depth,
            })
        }
        Hcl::Object(items) if items.is_empty() => Some(Line::leaf("{}".to_owned())),
        Hcl::Object(items) => {
            if items.iter().any(|item| !item.comments.is_empty()) {
                return None;
            }
            let lines: Vec<Line> = items.iter().map(|item| in_line(&item.value)).collect::<Option<_>>()?;
            let texts = items.iter().zip(&lines);
            let texts: Vec<String> = texts
                .map(|(item, line)| format!("{} = {}", item.key, line.text))
                .collect();
            Some(Line {
                text: format!("{{ {} }}", texts.join(", ")),
                leaves: lines.iter().map(|line| line.leaves).sum(),
                depth: 1 + lines.iter().map(|line| line.depth).max().unwrap_or_default(),
            })
        }
    }
}

/// The expression over several lines, whose first follows the sign of a line at this indent.
fn block(value: &Hcl, indent: usize) -> String {
    let margin = " ".repeat(indent);
    match value {
        Hcl::Source(text) => text.clone(),
        Hcl::Text(text) => heredoc(text, indent),
        Hcl::Object(inside) => format!("{{\n{}{margin}}}", items(inside, indent + 2)),
        Hcl::List(list) => match list.as_slice() {
            [Hcl::Object(inside)] => format!("[{{\n{}{margin}}}]", items(inside, indent + 2)),
            list => {
                let mut text = "[\n".to_owned();
                for (index, item) in list.iter().enumerate() {
                    let used = indent + 3;
                    let item = fitting(item, used).unwrap_or_else(|| block(item, indent + 2));
                    // Nothing may stand behind the end of a heredoc.
                    let end = match (item.starts_with("<<"), index + 1 == list.len()) {
                        (true, true) => String::new(),
                        (true, false) => format!("\n{margin}  ,"),
                        (false, _) => ",".to_owned(),
                    };
                    text.extend([margin.as_str(), "  ", &item, &end, "\n"]);
                }
                text + &margin + "]"
            }
        },
    }
}

/// Whether a text is better read over several lines, and comes back from them as it is.
fn is_heredoc(text: &str) -> bool {
    let lines = text.trim_end_matches('\n').lines().count();
    lines > 1
        && !text.ends_with("\n\n")
        && !text.starts_with('\n')
        && text.chars().all(|letter| matches!(letter, '\n' | '\t') || !is_special(letter))
        // What all lines have in common would be taken for the indent of the whole.
        && text.lines().any(|line| line.starts_with(|letter: char| !letter.is_whitespace()))
        && !text.lines().any(|line| line.trim() == "EOT" || (line.trim().is_empty() && !line.is_empty()))
}

/// The text as a heredoc at this indent.
fn heredoc(text: &str, indent: usize) -> String {
    if !is_heredoc(text) {
        return quoted(text);
    }
    let margin = " ".repeat(indent);
    let mut lines = String::new();
    for line in text.trim_end_matches('\n').split('\n') {
        if !line.is_empty() {
            lines.extend([margin.as_str(), "  ", &templated(line)]);
        }
        lines.push('\n');
    }
    if text.ends_with('\n') {
        format!("<<-EOT\n{lines}{margin}EOT")
    } else {
        format!("chomp(<<-EOT\n{lines}{margin}EOT\n{margin})")
    }
}

/// The text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in templated(text).chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if is_special(letter) => quoted.extend(["\\u", &format!("{:04X}", u32::from(letter))]),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The text with what would begin a template's sequence doubled.
fn templated(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// Controls and marks that a reader does not see.
fn is_special(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a key needs no quotes. Words that are values to HCL are quoted, for readers.
fn is_identifier(name: &str) -> bool {
    let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let goes_on = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    name.starts_with(begins)
        && name.chars().all(goes_on)
        && !matches!(name, "true" | "false" | "null" | "for" | "if" | "in")
}

/// A name for a block that HCL takes: `web-app` is `web_app`.
pub(super) fn identifier(name: &str) -> String {
    let letters = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
    let identifier: String = letters.collect();
    if identifier.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        identifier
    } else {
        format!("workload_{identifier}")
    }
}
