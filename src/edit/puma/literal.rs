use ruby_prism::{Node, NodeList};

/// A value that the text itself gives, without running anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Integer(i128),
    Float(f64),
    Text(Vec<u8>),
    Symbol(Vec<u8>),
    True,
    False,
    Nil,
    List(Vec<Literal>),
    Map(Vec<(Literal, Literal)>),
}

impl Literal {
    /// The value of `node`, if it is a literal. `"…".freeze` is one, a text with something interpolated is none.
    pub(super) fn of(node: &Node<'_>) -> Option<Literal> {
        Literal::within(node, 16)
    }

    fn within(node: &Node<'_>, levels: usize) -> Option<Literal> {
        let levels = levels.checked_sub(1)?;
        if let Some(integer) = node.as_integer_node() {
            let value = integer.value();
            let (negative, digits) = value.to_u32_digits();
            // Four digits could overflow the sign; nothing of Puma's is that large.
            let number =
                (digits.len() < 4).then(|| digits.iter().rev().fold(0, |sum, &digit| sum << 32 | i128::from(digit)))?;
            return Some(Literal::Integer(if negative { -number } else { number }));
        }
        if let Some(float) = node.as_float_node() {
            return Some(Literal::Float(float.value()));
        }
        if let Some(text) = node.as_string_node() {
            return Some(Literal::Text(text.unescaped().to_vec()));
        }
        if let Some(symbol) = node.as_symbol_node() {
            return Some(Literal::Symbol(symbol.unescaped().to_vec()));
        }
        if let Some(parts) = node.as_interpolated_string_node() {
            // Texts side by side, or the lines of a heredoc.
            let parts = parts.parts();
            let texts = parts.iter().map(|part| match Literal::within(&part, levels) {
                Some(Literal::Text(text)) => Some(text),
                _ => None,
            });
            return Some(Literal::Text(texts.collect::<Option<Vec<_>>>()?.concat()));
        }
        if let Some(array) = node.as_array_node() {
            return list(&array.elements(), levels).map(Literal::List);
        }
        if let Some(hash) = node.as_hash_node() {
            return map(&hash.elements(), levels).map(Literal::Map);
        }
        if let Some(hash) = node.as_keyword_hash_node() {
            return map(&hash.elements(), levels).map(Literal::Map);
        }
        if let Some(parentheses) = node.as_parentheses_node() {
            let body = parentheses.body()?;
            let body = body.as_statements_node()?.body();
            let only = (body.len() == 1).then(|| body.first())??;
            return Literal::within(&only, levels);
        }
        if let Some(call) = node.as_call_node() {
            let frozen = call.name().as_slice() == b"freeze" && call.arguments().is_none() && call.block().is_none();
            let receiver = call.receiver().filter(|_| frozen)?;
            return Literal::within(&receiver, levels);
        }
        let constant = [
            (node.as_true_node().is_some(), Literal::True),
            (node.as_false_node().is_some(), Literal::False),
            (node.as_nil_node().is_some(), Literal::Nil),
        ];
        constant.into_iter().find_map(|(is, literal)| is.then_some(literal))
    }

    /// As Ruby writes it, always in the same way.
    pub fn print(&self) -> String {
        match self {
            Literal::Integer(number) => number.to_string(),
            Literal::Float(number) => format!("{number:?}"),
            Literal::Text(text) => quoted(text),
            Literal::Symbol(symbol) => format!(":{}", name(symbol).unwrap_or_else(|| quoted(symbol))),
            Literal::True => "true".to_owned(),
            Literal::False => "false".to_owned(),
            Literal::Nil => "nil".to_owned(),
            Literal::List(items) => format!("[{}]", items.iter().map(Literal::print).collect::<Vec<_>>().join(", ")),
            Literal::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| format!("{} => {}", key.print(), value.print()));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The text, where it is one and UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Literal::Text(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }
}

fn list(nodes: &NodeList<'_>, levels: usize) -> Option<Vec<Literal>> {
    nodes.iter().map(|node| Literal::within(&node, levels)).collect()
}

fn map(nodes: &NodeList<'_>, levels: usize) -> Option<Vec<(Literal, Literal)>> {
    let pair = |node: Node<'_>| {
        let pair = node.as_assoc_node()?;
        Some((Literal::within(&pair.key(), levels)?, Literal::within(&pair.value(), levels)?))
    };
    nodes.iter().map(pair).collect()
}

fn name(symbol: &[u8]) -> Option<String> {
    let plain = !symbol.is_empty() && symbol.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    plain.then(|| String::from_utf8_lossy(symbol).into_owned())
}

/// In double quotes, with what Ruby would interpolate and what is not UTF-8 escaped.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' | '#' => out.extend(['\\', character]),
                '\n' => out.push_str("\\n"),
                character if character.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
                character => out.push(character),
            }
        }
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    out + "\""
}

/// Source bytes as text, two different ones never as the same.
pub(super) fn readable(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    out
}
