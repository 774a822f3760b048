//! YAML and JSON as trees in which every node knows its place.
//!
//! What a scalar means is left to the reader: YAML 1.1 and 1.2 differ in it, and JSON has quotes. JSON is read as the YAML
//! that it is.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

/// The most nodes that one text may stand for, aliases written out: far beyond any manifest, and far below what a text of
/// aliases of aliases would ask for.
const MAX_NODES: usize = 200_000;

/// One node with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// Where something begins in a text: line and column from 1, and the number of characters before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The characters before it.
    pub offset: usize,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text, with what its writing says about it.
    Scalar(Scalar),
    /// Items.
    Sequence(Vec<Node>),
    /// Keys and values, in the order of the text, duplicates included.
    Mapping(Vec<(Node, Node)>),
}

/// A scalar as it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text, escapes resolved.
    pub text: String,
    /// Whether it has neither quotes nor a block's `|` or `>`, so that the text decides on the type.
    pub plain: bool,
    /// The type that a tag gives it (`str` for `!!str`, the whole tag for one that is not YAML's own).
    pub tag: Option<String>,
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where the reader gave up.
    pub place: Place,
    /// Why.
    pub message: String,
}

/// Every document of a text. A document without content is a plain scalar of no text.
pub fn read(text: &str) -> Result<Vec<Node>, Fault> {
    let options = granit_parser::options! {
        emit_comments: false,
        // As libyaml, and with it kubectl.
        block_scalar_eof_without_line_feed: true,
        // A long key is a label or a path, and no attack.
        simple_key_max_lookahead: 16_384,
    };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        nodes: 0,
    };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (event, span) => documents.push(reader.node(event, span)?),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Fault {
                place: place(*error.marker()),
                message: error.info(),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The node that `event` begins, with all that is in it.
    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node, Fault> {
        let place = place(span.start);
        let before = self.nodes;
        self.count(1, place)?;
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                    tag: tag.as_deref().map(type_name),
                };
                (Content::Scalar(scalar), anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd | Event::StreamEnd, _) => break,
                        (event, span) => items.push(self.node(event, span)?),
                    }
                }
                (Content::Sequence(items), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd | Event::StreamEnd, _) => break,
                        (event, span) => {
                            let key = self.node(event, span)?;
                            let (event, span) = self.next()?;
                            entries.push((key, self.node(event, span)?));
                        }
                    }
                }
                (Content::Mapping(entries), anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    let message = "an alias within the very node that it stands for has no end".to_owned();
                    return Err(Fault { place, message });
                };
                self.count(size, place)?;
                return Ok(node);
            }
            _ => (Content::Sequence(Vec::new()), 0),
        };
        let node = Node { place, content };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the text stands for more than {MAX_NODES} nodes");
        Err(Fault { place, message })
    }
}

/// `str` for `!!str`; a tag that is not YAML's own is left whole.
fn type_name(tag: &Tag) -> String {
    tag.suffix_in_namespace("tag:yaml.org,2002:")
        .map_or_else(|| tag.original(), std::borrow::Cow::into_owned)
}

fn place(marker: Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
        offset: marker.index(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_whatever_its_spaces() {
        let json = "{\n\t\"a\": [1, \"x\\/y\\u00e9\\ud83d\\ude00\"],\n\t\"b\" : {\"a\":1,\"a\":null}}\n";
        let documents = read(json).unwrap();
        let [
            Node {
                content: Content::Mapping(entries),
                ..
            },
        ] = documents.as_slice()
        else {
            panic!("{documents:?}")
        };
        let [(_, list), (key, _)] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!((key.place.line, key.place.column), (3, 2));
        let Content::Sequence(items) = &list.content else {
            panic!("{list:?}")
        };
        let Content::Scalar(text) = &items[1].content else {
            panic!("{items:?}")
        };
        assert_eq!(text.text, "x/yé😀");
    }

    #[test]
    fn aliases_are_written_out_but_not_without_end() {
        let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (before, letter) in ('a'..='g').zip('b'..='h') {
            let aliases = vec![format!("*{before}"); 10].join(", ");
            text.extend([format!("{letter}: &{letter} ["), aliases, "]\n".to_owned()]);
        }
        let fault = read(&text).unwrap_err();
        assert_eq!(fault.message, "the text stands for more than 200000 nodes");
        assert!(read("a: &a [x]\nb: *a\n").is_ok());
    }
}
