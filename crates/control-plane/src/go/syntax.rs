//! The errors of Go's `encoding/json` for text that is not JSON (`scanner.go`).

use structured_merge::go::Quoted;

/// What is wrong with the text, or nothing where it is JSON.
pub(crate) fn syntax_error(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner { text, at: 0 };
    let outcome = scanner.whole();
    outcome.err()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// The next byte. The end counts as a space once, since that is how Go finds out whether a value is complete.
    fn peek(&self) -> Option<u8> {
        match self.text.get(self.at) {
            None if self.at == self.text.len() => Some(b' '),
            byte => byte.copied(),
        }
    }

    fn skip_space(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        {
            self.at += 1;
        }
    }

    /// What is wrong with the byte that comes next.
    fn stranger(&self, place: &str) -> String {
        match self.peek() {
            None => "unexpected end of JSON input".to_owned(),
            Some(b'\'') => format!("invalid character '\\'' {place}"),
            Some(b'"') => format!("invalid character '\"' {place}"),
            Some(byte) => {
                let quoted = Quoted(&char::from(byte).to_string()).to_string();
                format!("invalid character '{}' {place}", &quoted[1..quoted.len() - 1])
            }
        }
    }

    fn expect(&mut self, accepts: impl Fn(u8) -> bool, place: &str) -> Result<u8, String> {
        match self.peek().filter(|byte| accepts(*byte)) {
            Some(byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => Err(self.stranger(place)),
        }
    }

    /// As [`expect`](Self::expect), after white space.
    fn expect_next(&mut self, accepts: impl Fn(u8) -> bool, place: &str) -> Result<u8, String> {
        self.skip_space();
        self.expect(accepts, place)
    }

    fn whole(&mut self) -> Result<(), String> {
        self.value()?;
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.stranger("after top-level value")),
        }
    }

    fn value(&mut self) -> Result<(), String> {
        let begins = |byte: u8| matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n');
        match self.expect_next(begins, "looking for beginning of value")? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            first => self.number(first),
        }
    }

    fn object(&mut self) -> Result<(), String> {
        const KEY: &str = "looking for beginning of object key string";
        if self.expect_next(|byte| matches!(byte, b'"' | b'}'), KEY)? == b'}' {
            return Ok(());
        }
        loop {
            self.string()?;
            self.expect_next(|byte| byte == b':', "after object key")?;
            self.value()?;
            if self.expect_next(|byte| matches!(byte, b',' | b'}'), "after object key:value pair")? == b'}' {
                return Ok(());
            }
            self.expect_next(|byte| byte == b'"', KEY)?;
        }
    }

    fn array(&mut self) -> Result<(), String> {
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value()?;
            if self.expect_next(|byte| matches!(byte, b',' | b']'), "after array element")? == b']' {
                return Ok(());
            }
        }
    }

    /// The rest of a string after its first quote.
    fn string(&mut self) -> Result<(), String> {
        loop {
            match self.expect(|byte| byte >= b' ', "in string literal")? {
                b'"' => return Ok(()),
                b'\\' => {
                    let escapes = |byte: u8| br#"bfnrt\/"u"#.contains(&byte);
                    if self.expect(escapes, "in string escape code")? == b'u' {
                        for _ in 0..4 {
                            self.expect(|byte| byte.is_ascii_hexdigit(), "in \\u hexadecimal character escape")?;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for wanted in word.bytes().skip(1) {
            let place = format!("in literal {word} (expecting '{}')", char::from(wanted));
            self.expect(|byte| byte == wanted, &place)?;
        }
        Ok(())
    }

    /// The rest of a number after its first byte.
    fn number(&mut self, first: u8) -> Result<(), String> {
        let first = match first {
            b'-' => self.expect(|byte| byte.is_ascii_digit(), "in numeric literal")?,
            digit => digit,
        };
        if first != b'0' {
            self.skip_digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.expect(|byte| byte.is_ascii_digit(), "after decimal point in numeric literal")?;
            self.skip_digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.expect(|byte| byte.is_ascii_digit(), "in exponent of numeric literal")?;
            self.skip_digits();
        }
        Ok(())
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::syntax_error;

    /// What Go 1.26 says of each.
    #[test]
    fn syntax_errors_are_told_in_the_words_of_go() {
        for (text, error) in [
            (
                r#" {"a": [1, -2.5e+3, "x\u00e4\n", true, false, null], "b": {}} "#,
                None,
            ),
            ("x", Some("invalid character 'x' looking for beginning of value")),
            ("", Some("unexpected end of JSON input")),
            ("{", Some("unexpected end of JSON input")),
            ("[1,", Some("unexpected end of JSON input")),
            ("\"abc", Some("unexpected end of JSON input")),
            ("tru", Some("invalid character ' ' in literal true (expecting 'e')")),
            ("nil", Some("invalid character 'i' in literal null (expecting 'u')")),
            ("{}x", Some("invalid character 'x' after top-level value")),
            (r#"{"a"}"#, Some("invalid character '}' after object key")),
            (
                "{1}",
                Some("invalid character '1' looking for beginning of object key string"),
            ),
            (
                r#"{"a":1,}"#,
                Some("invalid character '}' looking for beginning of object key string"),
            ),
            (
                r#"{"a":1 "b"}"#,
                Some("invalid character '\"' after object key:value pair"),
            ),
            ("[1 2]", Some("invalid character '2' after array element")),
            ("[1,]", Some("invalid character ']' looking for beginning of value")),
            (
                "{'a':1}",
                Some("invalid character '\\'' looking for beginning of object key string"),
            ),
            ("\"a\nb\"", Some("invalid character '\\n' in string literal")),
            (r#""\x""#, Some("invalid character 'x' in string escape code")),
            (
                r#""\u00g0""#,
                Some("invalid character 'g' in \\u hexadecimal character escape"),
            ),
            ("-", Some("invalid character ' ' in numeric literal")),
            (
                "1.",
                Some("invalid character ' ' after decimal point in numeric literal"),
            ),
            ("1e", Some("invalid character ' ' in exponent of numeric literal")),
            ("01", Some("invalid character '1' after top-level value")),
            ("é", Some("invalid character 'Ã' looking for beginning of value")),
        ] {
            assert_eq!(syntax_error(text.as_bytes()).as_deref(), error, "{text}");
        }
    }
}
